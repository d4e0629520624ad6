/* TCP: the kernel's byte streams, for every peer that the fast network does not reach, and for setting up the fast
 * ones.
 *
 * RFC 793 over sockets/tcpip/ip.h with what a 1997 kernel had (RFC 1122): three-way handshake, cumulative
 * acknowledgements, the receiver's window (SO_RCVBUF), retransmission time-out with Karn's rule and fast retransmit,
 * slow start and congestion avoidance, Nagle unless TCP_NODELAY, delayed acknowledgements, FIN in both directions, RST,
 * TIME_WAIT, keeping what was sent until it is acknowledged after close().  Ports of applications and of the library's
 * shadow sockets are one space.
 *
 * An end (struct tcp) is the kernel's: it may outlive the description that made it (tcp_leave()).  Its link (link.h) is
 * what a description moves data with: put() and take() are the system calls' inner part and charge the call, the copy,
 * the checksum and the segments that leave in it; a task of the kernel passes its own memory.  What changes later is
 * told by poke(arg), from tasks; poke only wakes: with cpu_wake(task, host.wakeup_us), since it is an interrupt that
 * lets a task go on that has blocked.
 *
 * Everything here is called from tasks. */
#ifndef SOCKETS_TCP_H
#define SOCKETS_TCP_H

#include "sockets/link.h"
#include "sockets/tcpip/ip.h"

struct tcp;
struct tcp_listener;

struct tcp_options {
	uint32_t send_buffer, receive_buffer; /* bytes */
	bool no_delay;
};

struct tcp_name {
	unsigned node;
	uint16_t port;
};

void tcp_start(struct kernel *k); /* one a host: by sock_start(), after ip_start() */
void tcp_stop(struct kernel *k);

/* tcp_connect: begins; NULL if that pair of ports is in use.  Then tcp_state() says how it goes. */
struct tcp *tcp_connect(struct kernel *k, uint16_t port, struct tcp_name to, const struct tcp_options *options,
                        void (*poke)(void *arg), void *arg);
enum tcp_progress { TCP_CONNECTING, TCP_OPEN, TCP_FAILED };
enum tcp_progress tcp_progress(const struct tcp *t);
int tcp_error(const struct tcp *t); /* why it failed or broke: ECONNREFUSED, ETIMEDOUT, ECONNRESET, EHOSTUNREACH; 0 */
struct link *tcp_link(struct tcp *t);
struct tcp_name tcp_local(const struct tcp *t), tcp_remote(const struct tcp *t);
void tcp_set_options(struct tcp *t, const struct tcp_options *options);
/* tcp_on_poke: another one is told from now on; poke NULL: nobody. */
void tcp_on_poke(struct tcp *t, void (*poke)(void *arg), void *arg);
/* tcp_leave: nobody has a handle on it any more.  What was put leaves still, with FIN behind it; if `reset`, or if
 * unread bytes are left, it ends with RST at once. (The link's stop() is tcp_leave() without reset.) */
void tcp_leave(struct tcp *t, bool reset);
/* tcp_drained: has the peer acknowledged everything, FIN included? for SO_LINGER, with `poke` still on. */
bool tcp_drained(const struct tcp *t);

/* tcp_listen: NULL if the port has a listener.  poke: there is something to accept. */
struct tcp_listener *tcp_listen(struct kernel *k, uint16_t port, unsigned backlog, const struct tcp_options *options,
                                void (*poke)(void *arg), void *arg);
struct tcp *tcp_accept(struct tcp_listener *l); /* NULL if there is none; nobody is poked for it yet */
bool tcp_acceptable(const struct tcp_listener *l);
void tcp_unlisten(struct tcp_listener *l); /* RST to those that nobody has accepted */

/* tcp_port_used: has any end or listener of this host that local port? */
bool tcp_port_used(const struct kernel *k, uint16_t port);

struct tcp_counts {
	uint64_t segments_sent, segments_received, retransmitted;
	uint64_t acknowledgements; /* sent, with nothing else */
	uint64_t bytes_sent, bytes_received;
	uint64_t resets;  /* sent and received */
	uint64_t damaged; /* wrong checksum, or a header that makes no sense: dropped */
};
struct tcp_counts tcp_counts(const struct kernel *k);

#endif
