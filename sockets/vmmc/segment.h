/* Segments: what the kernels of two hosts say to each other over the Ethernet to set connections up and take them down.
 *
 * Each is a flow of SimGrid as long as its headers and content; the kernel of the sender numbers them for each
 * receiver, and the receiver's handles them in that order. */
#ifndef SOCKETS_SEGMENT_H
#define SOCKETS_SEGMENT_H

#include "sockets/network.h"

enum segment_kind {
	SEGMENT_SYN,
	SEGMENT_SYN_ACK,
	SEGMENT_ACK,
	SEGMENT_FIN,
	SEGMENT_FIN_ASK,
	SEGMENT_FIN_ACK,
	SEGMENT_RST,
	SEGMENT_ONLY_TCP /* to a SYN: the port listens for TCP only */
};

struct segment {
	enum segment_kind kind;
	uint16_t from_port, to_port;
	uint32_t to;              /* the receiver's connection number; 0 in a SYN */
	uint32_t from;            /* the sender's */
	struct greeting greeting; /* SYN, SYN-ACK */
	/* set by segment_send() */
	unsigned node; /* the sender's */
	uint32_t number;
	struct kernel *receiver;
};

/* segment_send: to the kernel of `node`; the running task pays for it. */
void segment_send(struct kernel *from, unsigned node, const struct segment *s);

/* segment_handle: one that has come, by the kernel's task: setup_segments.c. */
void segment_handle(struct kernel *k, const struct segment *s);

void segment_start(struct kernel *k);
void segment_stop(struct kernel *k);

#endif
