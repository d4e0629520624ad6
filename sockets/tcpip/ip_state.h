/* IP's own structures, shared by ip.c (the host's queues and its task), ip_ethernet.c, ip_myrinet.c (the two ways out)
 * and ip_fragment.c. */
#ifndef SOCKETS_IP_STATE_H
#define SOCKETS_IP_STATE_H

#include "sockets/tcpip/ip.h"

/* A packet or a piece of one, as an interface carries it. */
struct ip_frame {
	GList link; /* in one queue at a time; data is the frame */
	struct ip_packet *packet;
	uint32_t number;         /* Ethernet: among those from one node to another */
	uint16_t identification; /* RFC 791: the same for all pieces of a packet */
	uint32_t offset;         /* of a piece: where it stands in its packet; a multiple of 8 */
	bool more;               /* pieces follow */
	struct ip *receiver;     /* Ethernet */
	sim_time due;            /* Myrinet: when IP sees it */
};

struct ip_frame *ip_frame_new(struct ip_packet *p);
void ip_frame_free(struct ip_frame *f);

struct ip_peer;

struct ip {
	struct kernel *kernel;
	struct task *task;
	GQueue inbox; /* struct ip_frame, for the task */
	struct ip_work *first_work, *last_work;
	GQueue leaving; /* struct leaving */
	bool draining;  /* a task is at it; a driver may make it wait */
	ip_receiver receivers[IP_UDP + 1];
	ip_disturber disturb;
	void *disturb_arg;
	struct ip_counts counts;
	/* ip_fragment.c */
	uint16_t last_identification;
	GQueue partial; /* struct partial, oldest first */
	/* ip_ethernet.c */
	struct ip_peer *peers; /* one a node */
	GQueue coming;         /* frames on the wire to here */
	GQueue arrived;        /* ... that no interrupt has told of */
	struct cpu_irq irq;
	bool interrupting;
	/* ip_myrinet.c */
	GQueue delayed; /* frames that the driver has, by date */
	struct sim_event delay;
};

/* ip_handle: frames that came to the kernel's task. */
void ip_handle(struct ip *ip, struct ip_frame *f);
void ip_free_frames(GQueue *frames);

/* Ways out.  `send` is called when the packet has been paid for, and takes the frame. */
void ip_ethernet_start(struct ip *ip);
void ip_ethernet_stop(struct ip *ip);
void ip_ethernet_send(struct ip *ip, unsigned node, struct ip_frame *f);
#define ETHERNET_MTU (1500u - IP_HEADER_BYTES) /* IEEE 802.3 */

/* ip_myrinet_reaches: by the raw firmware on both NICs. */
bool ip_myrinet_reaches(const struct ip *ip, unsigned node);
void ip_myrinet_start(struct ip *ip);
void ip_myrinet_stop(struct ip *ip);
void ip_myrinet_send(struct ip *ip, unsigned node, struct ip_frame *f);
uint32_t ip_myrinet_mtu(const struct ip *ip);

/* Fragments. */
/* ip_cut: calls each(ip, node, frame) with the pieces of `p`, which it takes; none is longer than `mtu`. */
void ip_cut(struct ip *ip, unsigned node, struct ip_packet *p, uint32_t mtu,
            void (*each)(struct ip *ip, unsigned node, struct ip_frame *f));
/* ip_join: takes a piece; the packet if it has become whole, else NULL. */
struct ip_packet *ip_join(struct ip *ip, struct ip_frame *f);
void ip_fragments_stop(struct ip *ip);

#endif
