/* IP packets between the kernels of two hosts: the datagram service below TCP and UDP.
 *
 * A packet goes over the Myrinet if both hosts' NICs run the raw firmware (host-lib/raw.h) and a route joins them, else
 * over the Ethernet or a wide-area link, as a flow of SimGrid.  Bytes really travel.  On the Myrinet a packet can be
 * lost or come late; SimGrid's flows lose nothing, and packets between two hosts are handed up in the order of their
 * sending.
 *
 * WHO CALLS.  ip_send() only from tasks (a system call, or the kernel's own task): it charges the running task.  What
 * arrives interrupts CPU 0 (host.interrupt_us and the driver's share), and is then handled by the kernel's task, one
 * packet after another: ip_receiver of its protocol is called there and charges what the protocol costs.  A timer
 * (calendar event) that wants something sent asks the kernel's task: ip_later().
 *
 * COSTS of a packet here: driver and IP (host.ip_*), interrupt; copies and checksums belong to the protocols above. */
#ifndef SOCKETS_IP_H
#define SOCKETS_IP_H

#include "sockets/kernel.h"

#define IP_HEADER_BYTES 20u /* RFC 791, without options */

enum ip_protocol { IP_TCP = 6, IP_UDP = 17 };

/* A packet: what follows the IP header.  Counted by its owner: ip_send() takes it, a receiver owns it. */
struct ip_packet {
	unsigned from, to; /* nodes */
	enum ip_protocol protocol;
	uint32_t bytes;
	uint8_t data[]; /* TCP or UDP header in network order, and content */
};

struct ip_packet *ip_packet_new(enum ip_protocol protocol, uint32_t bytes);
void ip_packet_free(struct ip_packet *p);

typedef void (*ip_receiver)(struct kernel *k, struct ip_packet *p);

void ip_start(struct kernel *k); /* one a host: by sock_start() */
void ip_stop(struct kernel *k);
/* ip_receive: who handles the packets of a protocol on this host. */
void ip_receive(struct kernel *k, enum ip_protocol protocol, ip_receiver receiver);
/* ip_mtu: most bytes of a packet to that node, IP header not included. */
uint32_t ip_mtu(const struct kernel *k, unsigned node);
void ip_send(struct kernel *k, unsigned node, struct ip_packet *p);
/* ip_later: work(arg) runs in the kernel's task, soon; from tasks and events.  ip_forget: not any more. */
struct ip_work {
	struct ip_work *next;
	void (*work)(void *arg);
	void *arg;
	bool queued;
};
void ip_later(struct kernel *k, struct ip_work *w);
void ip_forget(struct kernel *k, struct ip_work *w);

#endif
