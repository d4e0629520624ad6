/* UDP: the kernel's datagrams, RFC 768 over sockets/ip.h.
 *
 * A port of a host is a struct udp: a queue of datagrams that came, up to `buffer` bytes (SO_RCVBUF); what does not fit
 * is dropped, as is what has a wrong checksum or length.  A datagram to a port that nobody has is answered by a notice
 * (as ICMP's port unreachable), which the sender's port keeps as its error if it is connected to who refused.  Ports of
 * UDP are a space of their own.
 *
 * Tasks call everything here. udp_send() charges copy, checksum and what a datagram costs (host.segment_send_us), and
 * returns when the packet has left; who receives pays for the copy in udp_peek(). */
#ifndef SOCKETS_UDP_H
#define SOCKETS_UDP_H

#include "sockets/tcpip/ip.h"

#define UDP_HEADER_BYTES 8u
#define UDP_MAX          (IP_PACKET_MAX - UDP_HEADER_BYTES) /* bytes of a datagram: 65507 */

struct udp;

struct udp_name {
	unsigned node;
	uint16_t port;
};

void udp_start(struct kernel *k); /* one a host: by sock_start(), after ip_start() */
void udp_stop(struct kernel *k);

/* udp_open: NULL if the port is taken.  poke(arg): something came; from tasks; it only wakes. */
struct udp *udp_open(struct kernel *k, uint16_t port, uint32_t buffer, void (*poke)(void *arg), void *arg);
void udp_close(struct udp *u);
bool udp_port_used(const struct kernel *k, uint16_t port);
/* udp_connect: only datagrams and refusals of that peer are taken from now on (what is queued stays); NULL: anybody's,
 * and no refusals. */
void udp_connect(struct udp *u, const struct udp_name *peer);
void udp_set_buffer(struct udp *u, uint32_t buffer);
/* udp_send: at most UDP_MAX bytes. */
void udp_send(struct udp *u, struct udp_name to, const uint8_t *data, uint32_t bytes);
/* udp_next: length of the first datagram, and who sent it; -1: there is none.  udp_error: ECONNREFUSED once for each
 * refusal, 0: none. */
int64_t udp_next(const struct udp *u, struct udp_name *from);
int udp_error(struct udp *u);
/* udp_peek: up to `bytes` bytes of the first datagram, at the cost of the copy; udp_drop: it goes. */
void udp_peek(const struct udp *u, uint8_t *to, uint32_t bytes);
void udp_drop(struct udp *u);

struct udp_counts {
	uint64_t sent, received, damaged, overflowed, refused;
};
struct udp_counts udp_counts(const struct kernel *k);

#endif
