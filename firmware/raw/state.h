/* Everything that the raw firmware remembers, in one structure (firmware/arch).  What the host sees is in
 * firmware/raw/abi.h.  A packet is a send buffer, an arrival a receive buffer, a peer another node. */
#ifndef FIRMWARE_RAW_STATE_H
#define FIRMWARE_RAW_STATE_H

#include "firmware/common/state.h"
#include "firmware/raw/abi.h"

#define RAW_PACKETS  4u
#define RAW_ARRIVALS 8u

#define CTRL(member) (RAW_CTRL + (uint32_t)offsetof(struct raw_ctrl, member))

#define NODE_BITS 6
_Static_assert(1u << NODE_BITS == LINK_MAX_NODES, "node numbers");

/* Layout of a send buffer and of a receive buffer: multiples of 64 bytes, so that no two share a trace tag. */
#define HEADER        ((uint32_t)sizeof(struct raw_packet))
#define ROUTE_AT      0u /* LINK_MAX_HOPS bytes, left-padded, then the packet without a gap */
#define PACKET_TYPE   (ROUTE_AT + LINK_MAX_HOPS)
#define PACKET_LENGTH (PACKET_TYPE + 4u)
#define PACKET_DATA   (PACKET_TYPE + HEADER)
#define PACKET_BYTES  ((PACKET_DATA + RAW_MTU + 63u) & ~63u)
#define ARRIVAL_BYTES ((HEADER + RAW_MTU + 4u + 63u) & ~63u) /* packet and residue */

_Static_assert(RAW_BUFFERS + RAW_PACKETS * PACKET_BYTES + RAW_ARRIVALS * ARRIVAL_BYTES <= RAW_SRAM_BYTES,
               "the buffers fit");

enum dma_use { DMA_DEPOSIT, DMA_FETCH };

struct peer {
	uint32_t route[2];
	uint32_t start;         /* offset in a send buffer of the first word with route bytes */
	uint32_t skip;          /* bytes of that word to skip (SA) */
	uint32_t reachable;     /* there is a route */
} __attribute__((aligned(32))); /* the address of a peer is a shift away from its number */

struct packet {
	struct transfer fetch;
	uint32_t at, last;   /* SRAM addresses of the buffer and of its last word */
	struct packet *next; /* free, or waiting for the send engine */
	struct peer *peer;   /* NULL: its descriptor was bad */
};

struct arrival {
	COMMON_ARRIVAL;
};

struct raw {
	COMMON_STATE;
	uint32_t type_of_0, type; /* what packets of node 0, and ours, begin with */
	/* sending */
	uint32_t poll; /* SRAM address of the word that the idle loop reads: next control word, or raw_ctrl.zero */
	uint32_t slot, slot_bus;     /* SRAM address of the next descriptor, bus address of its data */
	uint32_t sent;               /* raw_ctrl.sent */
	struct packet *free_packets; /* NULL: the next descriptor waits */
	struct packet *sending;      /* in the send engine */
	struct packet *waiting;      /* for it, in order */
	struct packet *waiting_last; /* valid if one waits */
	/* receiving */
	uint32_t taken;                          /* slots used so far, modulo 2^32 */
	uint32_t entry, entry_first, entry_end;  /* bus addresses: the next slot, the first, behind the last */
	uint32_t untold;                         /* datagrams in memory that no interrupt has told of */
	uint32_t coalesce_count, coalesce_ticks; /* control block */

	struct peer peers[LINK_MAX_NODES];
	struct packet packets[RAW_PACKETS];
	struct arrival arrivals[RAW_ARRIVALS];
};

ARCH_DECLARE_STATE(struct raw);
#define S ARCH_STATE(struct raw)

#include "firmware/common/engines.h"

/* raw_init: reads raw_ctrl and the node table; false (0), and raw_ctrl.ready = RAW_REFUSED, if they are not for us. */
uint32_t raw_init(void);

#endif
