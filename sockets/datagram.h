/* Datagram sockets (SOCK_DGRAM): what a description is instead of one end of a stream.
 *
 * A datagram goes by UDP (udp.h), or by Active Messages, where both hosts' NICs run them and the peer's endpoint is
 * known already (fast_datagram.h): that does not enter the kernel.  So datagrams may come in another order than they
 * were sent, and are lost where a queue is full.  Ports, errors and what poll() says are UDP's in Linux. */
#ifndef SOCKETS_DATAGRAM_H
#define SOCKETS_DATAGRAM_H

#include "sockets/description.h"

/* datagram_new: of a fresh description.  datagram_free: the last close. */
struct datagram *datagram_new(void);
void datagram_free(struct description *d);
/* datagram_bound: the description has a port now; 0 or -EADDRINUSE. */
int datagram_bound(struct description *d);
/* datagram_connect: `to` is where datagrams go without an address, and the only one that they come from; NULL: that is
 * over.  0 or -errno. */
int datagram_connect(struct description *d, const struct address *to);
int datagram_shut(struct description *d, int how);
/* datagram_progress: takes in what has come by Active Messages. */
void datagram_progress(struct description *d);
void datagram_changed(struct description *d); /* SO_RCVBUF was set */

/* datagram_send: all of it, as one; `to` NULL: to where the socket is connected.  datagram_receive: into as much of the
 * memory as it fills; what it returns is the length of the datagram that came, which may be more. */
int64_t datagram_send(struct description *d, const struct iovec *vector, size_t n, const struct address *to, int flags);
int64_t datagram_receive(struct description *d, const struct iovec *vector, size_t n, struct address *from, int flags);

/* Both only look. */
unsigned datagram_readiness(const struct description *d);
uint32_t datagram_next_bytes(const struct description *d); /* for FIONREAD */

#endif
