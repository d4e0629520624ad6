/* What every packet of the reliable link looks like on the wire, and the routes that the driver writes.  Part of the
 * contracts firmware/<program>/abi.h. */
#ifndef FIRMWARE_LINK_WIRE_H
#define FIRMWARE_LINK_WIRE_H

#include "firmware/include/be.h"

#define LINK_MAX_NODES 64u
#define LINK_MAX_HOPS  8u

/* How the control block of every program begins: what the driver writes before it starts the LANai.  first_sequence: 16
 * bits, the same on every node; give_up_ticks: without progress, after which a node is down, 0: never; reliable: 1:
 * packets are kept and retransmitted, 0: sent once, order is not checked; incarnation: 0 at power-on, another value,
 * never used before, after each reset of the NIC. */
#define LINK_CONTROL                                                                                                   \
	be32 magic;           /* 00 H of the program */                                                                \
	be32 version;         /* 04 H of the program's contract */                                                     \
	be32 node;            /* 08 H own node number */                                                               \
	be32 n_nodes;         /* 0c H */                                                                               \
	be32 window;          /* 10 H packets in flight to one node, 1..24 */                                          \
	be32 ack_every;       /* 14 H packets */                                                                       \
	be32 ack_delay_ticks; /* 18 H without another packet; an acknowledgement is owed at most twice as long */      \
	be32 rto_ticks;       /* 1c H ticks are of 0.5 us */                                                           \
	be32 first_sequence;  /* 20 H */                                                                               \
	be32 give_up_ticks;   /* 24 H */                                                                               \
	be32 reliable;        /* 28 H */                                                                               \
	be32 incarnation      /* 2c H */
struct link_control {
	LINK_CONTROL;
};

struct link_node {
	be32 route_bytes; /* 00 H 0 = unreachable (sends to it are bad descriptors) */
	be32 route[2]; /* 04 H up to LINK_MAX_HOPS bytes, first byte first, LEFT-padded so that the last byte ends the
	                *      field: SA = 8 - route_bytes leading bytes to skip (a whole word may be skipped) */
	be32 spare;    /* 0c */
};

/* Behind the route bytes: type << 16 | kind << 8 | source node; the link word: sequence << 16 | acknowledgement (the
 * next sequence number expected from the other node); then, of data, two words of the program, the second of which ends
 * with the length in bytes of what follows. */
#define LINK_KIND_DATA    1u
#define LINK_KIND_ACK     2u /* type and link only; the sequence field is 0 */
#define LINK_KIND_NACK    3u /* as ACK, and the packet that it names is missing: go back to it now */
#define LINK_KIND_SYN     4u /* type and link only: makes the link anew (firmware/link/session.h) */
#define LINK_KIND_SYNACK  5u
#define LINK_HEADER       8u  /* bytes: type and link */
#define LINK_DATA_HEADER  16u /* of a data packet */
#define LINK_LENGTH_BITS  13u
#define LINK_LENGTH(word) ((word)&0x1FFFu)

#endif
