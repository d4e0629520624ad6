/* The reliable link's structures.
 *
 * firmware/link is a template: vmmc and am each compile it as a part of themselves.  A program's own state.h defines
 * PROGRAM_TYPE (the packet type), PROGRAM_SHORT_DATA and PROGRAM_LONG_DATA (bytes of data of the two sizes of send
 * buffer), COUNTER(name) (its counter of that name) and CTRL(member) (address of a member of its control block), then
 * includes this header, declares one structure S that has LINK_STATE and the members
 *
 *   uint32_t events;                      bits of ISR that a turn looks for
 *   struct packet ack_packet;             a buffer for control packets
 *   struct peer peers[LINK_MAX_NODES];
 *
 * and includes peers.h.  link.c, session.c and receive.c are included by files of the same names in the program's
 * folder.  Its control block has the members window, first_sequence, give_up_ticks, reliable, incarnation and down of
 * struct control block; its counters have the names that COUNTER() is given here.
 *
 * A peer is another node with both directions of the link to it; a packet is a send buffer, held until its peer has
 * acknowledged it; an arrival is a receive buffer. */
#ifndef FIRMWARE_LINK_STATE_H
#define FIRMWARE_LINK_STATE_H

#include "firmware/common/state.h"
#include "firmware/link/wire.h"

#include <stddef.h>
#include <stdint.h>

#define LINK_NODE_BITS 6
_Static_assert(1u << LINK_NODE_BITS == LINK_MAX_NODES, "node numbers");

/* Layout of a send buffer; a multiple of 64 bytes, so that no two share a trace tag. */
#define PACKET_ROUTE       0u /* LINK_MAX_HOPS bytes, left-padded, then the packet without a gap */
#define PACKET_TYPE        8u
#define PACKET_LINK        12u
#define PACKET_DEST        16u
#define PACKET_KEY         20u
#define PACKET_DATA        24u
#define PACKET_SHORT_BYTES ((PACKET_DATA + PROGRAM_SHORT_DATA + 63u) & ~63u)
#define ROUTE_AT           PACKET_ROUTE
#define PACKET_LONG_BYTES  ((PACKET_DATA + PROGRAM_LONG_DATA + 63u) & ~63u)

/* Layout of a receive buffer: the packet, data, residue; a multiple of 64. */
#define ARRIVAL_DATA     LINK_DATA_HEADER
#define ARRIVAL_OVERHEAD (LINK_DATA_HEADER + 4u)
#define ARRIVAL_BYTES    (PROGRAM_LONG_DATA + 64u)

struct peer;
struct port;

/* DMA_DEPOSIT: of a struct arrival; DMA_FETCH: of a packet; DMA_DROP: of one whose peer
 * went down meanwhile: it is freed, not sent; DMA_REPORT: of a port; DMA_WALK: of a walk; DMA_PART: of an
 * arrival, all but its last; DMA_POST: of a post. */
enum dma_use { DMA_DEPOSIT, DMA_FETCH, DMA_DROP, DMA_REPORT, DMA_WALK, DMA_PART, DMA_POST };

/* transfer.events, whatever its use: the last transfer that was started before the driver's signal and may rely on what
 * the signal takes away (dma_sync). */
#define TRANSFER_SYNCS 2u

struct packet {
	struct transfer fetch; /* of a piece of a long send */
	uint32_t at;           /* SRAM address of the buffer */
	uint32_t last;         /* SRAM address of its last word */
	struct packet *next;   /* in the list that it is in: free, or its peer's */
	struct peer *peer;     /* that it goes, or went last, to: route and type are already in the buffer */
	uint32_t sent;         /* 0 while it waits for its first transmission */
	struct packet **home;
	struct port *port; /* of a piece, until its data are here */
	uint32_t number;   /* of the descriptor, if this is its last piece */
};
/* Of the link to a peer (session.h).  LINK_NONE: there is no route. */
enum link_state { LINK_NONE, LINK_IDLE, LINK_MAKING, LINK_DOWN, LINK_UP };

struct peer {
	uint32_t route[2];
	uint32_t start;               /* offset in a send buffer of the first word with route bytes */
	uint32_t skip;                /* bytes of that word to skip (SA) */
	uint32_t state;               /* enum link_state */
	uint32_t mine, theirs, heard; /* session.h */
	/* towards it */
	uint32_t next_sequence; /* << 16: wraps by itself */
	uint32_t base;          /* sequence of `oldest` */
	uint32_t room;          /* packets that may still be taken for it */
	struct packet *oldest;  /* not acknowledged, in order of sequence; while there is one the time-out runs */
	struct packet *newest;  /* valid if `oldest` is not NULL */
	struct packet *unsent;  /* next to transmit, NULL if all are sent */
	struct peer *send_next; /* ring of peers with something unsent */
	uint32_t send_queued;
	/* from it */
	uint32_t expected;
	uint32_t owed;         /* packets taken and not acknowledged; while there are some the delay runs */
	uint32_t owed_then;    /* `owed` when the delay began, 0 if it is the second */
	uint32_t gap;          /* a gap was answered; not again before a packet is in order */
	uint32_t due;          /* kind of the control packet to send, 0 = none but what is owed */
	struct peer *ack_next; /* queue of control packets to send */
	uint32_t ack_queued;
	/* timer */
	uint32_t ack_at, rto_at;
	uint32_t backoff; /* the time-out is rto << backoff */
	uint32_t quiet;   /* ticks without progress that are its fault, up to the last time-out; 0 if there was none */
	uint32_t timed;   /* in the list S.timed */
	struct peer *timed_next;
	uint32_t look_at; /* when its turn in S.owing comes; `owing`: it is there */
	uint32_t owing;
	struct peer *owing_next;
} __attribute__((aligned(128))); /* the address of a peer is a shift away from its number */

/* Most arrivals are one transfer.  What posts cover can be several: the last of them is `deposit`, whose end frees the
 * buffer. */
#define ARRIVAL_PARTS 4u
struct arrival {
	COMMON_ARRIVAL;
	uint32_t parts; /* those of `part` in use */
	uint32_t note;  /* ARRIVAL_REDIRECTED: what deposit.bus would be */
	struct transfer part[ARRIVAL_PARTS - 1];
};
/* What the program's state has of the link. */
#define LINK_STATE                                                                                                     \
	struct {                                                                                                       \
		/* link */                                                                                             \
		uint32_t type_base;      /* first header word of what we send, kind 0 */                               \
		uint32_t data_type;      /* the same of data packets */                                                \
		uint32_t data_type_of_0; /* what a data packet from node 0 begins with */                              \
		struct packet                                                                                          \
		        *sending;   /* what the send engine was given last; NULL after it has told that it was done */ \
		uint32_t resending; /* what was acknowledged may be in the engine: set by retransmissions */           \
		uint32_t sending_freed; /* acknowledged while it was being sent again: free it when the engine is done \
		                         */                                                                            \
		struct packet *free_short, *free_long;                                                                 \
		uint32_t pieces; /* long packets taken and not yet given to the send engine */                         \
		struct peer *ack_first, *ack_last;                                                                     \
		struct peer *send_first, *send_last;                                                                   \
		uint32_t ack_every, ack_delay, rto, give_up, window, first_sequence, reliable; /* control block */     \
		uint32_t incarnation, sessions;  /* what session numbers are made of */                                \
		uint32_t timer_on, timer_at;     /* the interval timer */                                              \
		uint32_t scan_on, scan_at;       /* the next look at S.timed */                                        \
		struct peer *timed;              /* with something unacknowledged, or not freed yet, in any order */   \
		struct peer *owing, *owing_last; /* with something to acknowledge, in order of look_at */              \
		/* receive, host DMA */                                                                                \
		COMMON_STATE;                                                                                          \
	}

#endif
