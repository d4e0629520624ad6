/* Datagrams by Active Messages, between two ports whose processes have told each other their endpoints.
 *
 * A port asks for the endpoint behind another one by UDP, on shadow ports (network.h), and answers who asks.  Until it
 * knows, and for what is longer than AM_MAX, or finds no credit, fast_port_send() says no, and the datagram goes by
 * UDP. A handler puts what comes into the port's queue, up to `buffer` bytes; what does not fit is dropped. */
#ifndef SOCKETS_FAST_DATAGRAM_H
#define SOCKETS_FAST_DATAGRAM_H

#include "host-lib/am.h"
#include "sockets/tcpip/udp.h"

struct fast_port;

/* fast_port_open: for a process that has an endpoint; NULL if the shadow port is taken or memory is exhausted.
 * poke(arg): something came; from tasks. */
struct fast_port *fast_port_open(struct kernel *k, struct process *p, uint16_t port, uint32_t buffer,
                                 void (*poke)(void *arg), void *arg);
void fast_port_close(struct fast_port *f);
void fast_port_set_buffer(struct fast_port *f, uint32_t buffer);
/* fast_port_connect: only that peer's datagrams are taken from now on; NULL: anybody's. */
void fast_port_connect(struct fast_port *f, const struct udp_name *peer);
/* fast_port_send: false: it cannot go this way now. */
bool fast_port_send(struct fast_port *f, struct udp_name to, const uint8_t *data, uint32_t bytes);
/* As udp_next(), udp_peek(), udp_drop(). */
int64_t fast_port_next(const struct fast_port *f, struct udp_name *from);
void fast_port_peek(const struct fast_port *f, uint8_t *to, uint32_t bytes);
void fast_port_drop(struct fast_port *f);

struct fast_port_counts {
	uint64_t sent, received, overflowed, nonsense;
};
struct fast_port_counts fast_port_counts(const struct fast_port *f);

#endif
