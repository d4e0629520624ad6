/* Set-up and breakage of connections: what a host's kernel does with each kind of segment. */
#ifndef SOCKETS_CONNECT_H
#define SOCKETS_CONNECT_H

#include "sockets/description.h"

/* connect_begin: gives `d` a number and a stream over `area`. */
void connect_begin(struct description *d, const struct area *area);
/* connect_say: a segment of this kind about `d` to its peer's kernel; `d` may be gone when it returns. */
void connect_say(const struct description *d, enum segment_kind kind);
/* connect_import: the peer's area; 0, or -ENOBUFS, and the peer is told.  A peer that has closed already cannot be
 * imported, but what it sent is there all the same: that is no error, and the stream has no proxy. */
int connect_import(struct description *d);
/* connect_end: no segment and no byte concerns `d` any more. */
void connect_end(struct description *d);
/* connect_abandon: ends a set-up that is under way; no effect on any other. */
void connect_abandon(struct description *d);
/* connect_refuse: answers a segment that nobody expects. */
void connect_refuse(struct kernel *k, const struct segment *s);

/* By the kernel's task.  accept.c: */
void connect_on_syn(struct kernel *k, const struct segment *s);
void connect_on_ack(struct kernel *k, const struct segment *s);
/* accept_forget: `d` waits in the queue of a listener for an acknowledgement that will not come; false if it does not.
 */
bool accept_forget(struct description *d);
/* connect.c: */
void connect_on_syn_ack(struct kernel *k, const struct segment *s);
void connect_on_fin(struct kernel *k, const struct segment *s);
void connect_on_fin_ask(struct kernel *k, const struct segment *s);
void connect_on_fin_ack(struct kernel *k, const struct segment *s);
void connect_on_rst(struct kernel *k, const struct segment *s);

#endif
