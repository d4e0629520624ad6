/* Segments: what the kernels of two hosts say to each other over the Ethernet to set connections up and take them down.
 *
 * Each is a flow of SimGrid as long as its headers and content; the kernel of the sender numbers them for each
 * receiver, and the receiver's handles them in that order. */
#ifndef SOCKETS_SEGMENT_H
#define SOCKETS_SEGMENT_H

#include <stdint.h>

struct kernel;

enum segment_kind {
	SEGMENT_SYN,
	SEGMENT_SYN_ACK,
	SEGMENT_ACK,
	SEGMENT_FIN,
	SEGMENT_FIN_ASK,
	SEGMENT_FIN_ACK,
	SEGMENT_RST
};

struct segment {
	enum segment_kind kind;
	uint16_t from_port, to_port;
	uint32_t to;               /* the receiver's connection number; 0 in a SYN */
	uint32_t from;             /* the sender's */
	uint32_t name, ring_bytes; /* SYN, SYN-ACK: of the sender's area */
	/* set by segment_send() */
	unsigned node; /* the sender's */
	uint32_t number;
	struct kernel *receiver;
};

/* segment_send: to the kernel of `node`; the running task pays for it. */
void segment_send(struct kernel *from, unsigned node, const struct segment *s);

void segment_start(struct kernel *k);
void segment_stop(struct kernel *k);

#endif
