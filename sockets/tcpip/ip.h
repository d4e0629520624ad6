/* IP packets between the kernels of two hosts: the datagram service below TCP and UDP.
 *
 * A packet goes over the Myrinet if both hosts' NICs run the raw firmware (host-lib/raw.h) and a route joins them, else
 * over the Ethernet or a wide-area link, as a flow of SimGrid.  Bytes really travel.  On the Myrinet a packet can be
 * lost or come late; SimGrid's flows lose nothing, and packets between two hosts are handed up in the order of their
 * sending.
 *
 * WHO CALLS.  ip_send() only from tasks (a system call, or the kernel's own task): it charges the running task.  It
 * does not wait, so that a protocol's work on its state is never interrupted: the packet stands behind those that leave
 * the host already, and leaves when its task has called ip_flush(), which pays.  What arrives interrupts CPU 0
 * (host.interrupt_us), and is then handled by the kernel's task, one packet after another: ip_receiver of its protocol
 * is called there and charges what the protocol costs; the task flushes behind it.  A timer (calendar event) that wants
 * something sent asks the kernel's task: ip_later().
 *
 * COSTS of a packet here: the driver's (host.ethernet_*_us, host.myrinet_*_us) and the interrupt, which tells of all
 * packets that came until its handler runs; what IP costs is in the segment's (host.segment_*_us); copies and checksums
 * belong to the protocols above. */
#ifndef SOCKETS_IP_H
#define SOCKETS_IP_H

#include "sockets/kernel.h"

#define IP_HEADER_BYTES 20u    /* RFC 791, without options */
#define IP_PACKET_MAX   65515u /* bytes behind the header: RFC 791's 65535 */

enum ip_protocol { IP_ICMP = 1, IP_TCP = 6, IP_UDP = 17 };

/* A packet: what follows the IP header.  Counted by its owner: ip_send() takes it, a receiver owns it. */
struct ip_packet {
	unsigned from, to; /* nodes */
	enum ip_protocol protocol;
	uint32_t bytes;
	sim_time cost;  /* of making it: the task that sends it pays when it leaves */
	uint8_t data[]; /* TCP or UDP header in network order, and content */
};

struct ip_packet *ip_packet_new(enum ip_protocol protocol, uint32_t bytes);
void ip_packet_free(struct ip_packet *p);

typedef void (*ip_receiver)(struct kernel *k, struct ip_packet *p);

void ip_start(struct kernel *k); /* one a host: by sock_start() */
void ip_stop(struct kernel *k);
/* ip_receive: who handles the packets of a protocol on this host. */
void ip_receive(struct kernel *k, enum ip_protocol protocol, ip_receiver receiver);
/* ip_mtu: most bytes of a packet to that node that is not cut in fragments, IP header not included. */
uint32_t ip_mtu(const struct kernel *k, unsigned node);
/* ip_send: of at most IP_PACKET_MAX bytes; what is longer than ip_mtu() travels in fragments, of which none may be
 * lost. */
void ip_send(struct kernel *k, unsigned node, struct ip_packet *p);
/* ip_flush: the running task pays its debt, then for each packet that it sent, which leaves.  Other tasks may run
 * meanwhile.  In the kernel's task: no effect, since it does so behind each piece of its work, not within. */
void ip_flush(struct kernel *k);
/* ip_later: work(arg) runs in the kernel's task, soon; from tasks and events.  ip_forget: not any more. */
struct ip_work {
	struct ip_work *next;
	void (*work)(void *arg);
	void *arg;
	bool queued;
};
void ip_later(struct kernel *k, struct ip_work *w);
void ip_forget(struct kernel *k, struct ip_work *w);

/* ip_disturb: for tests: each packet that leaves this host passes disturb(arg, packet), which may change its bytes and
 * says how many copies of it are sent: 0, 1 or more; NULL: none passes any more. */
typedef unsigned (*ip_disturber)(void *arg, struct ip_packet *p);
void ip_disturb(struct kernel *k, ip_disturber disturb, void *arg);

struct ip_counts {
	uint64_t sent, received, interrupts;
	uint64_t dropped; /* queue of the adapter full; no handler of its protocol; fragments that never became whole */
};
struct ip_counts ip_counts(const struct kernel *k);

#endif
