/* The descriptor table of a process: small numbers, from 3 on (0..2 are the standard streams, which are no sockets).
 *
 * A call looks its descriptor up, which counts as a reference to the description until description_release(). */
#ifndef SOCKETS_DESCRIPTORS_H
#define SOCKETS_DESCRIPTORS_H

#include "sockets/description.h"

/* descriptors_open: the process' table and its way to the NIC, if that has room for one more process, made at first
 * use; 0 or -errno. */
int descriptors_open(struct process *p);
/* descriptors_inherit: `child`, which has no table yet, gets the same descriptors, for the same descriptions. */
void descriptors_inherit(struct process *child, const struct process *parent);
/* descriptors_progress: for calls that will sleep in the kernel: what has come over the fast network is taken in
 * before.
 */
void descriptors_progress(struct process *p);
/* descriptors_add: gives the caller's reference to the lowest free descriptor, or -EMFILE, and keeps nothing. */
int descriptors_add(struct process *p, struct description *d);
/* descriptors_room: 0 or -EMFILE. */
int descriptors_room(const struct process *p);
/* descriptors_get: NULL and *error (-EBADF, -ENOTSOCK). */
struct description *descriptors_get(const struct process *p, int fd, int *error);
/* descriptors_take: the same, and the descriptor is free; its reference is the caller's. */
struct description *descriptors_take(struct process *p, int fd, int *error);
/* description_release: lets one reference go; the last closes. */
void description_release(struct description *d);

#endif
