/* Everything that the vmmc firmware remembers, in one structure: on the LANai a global at a fixed address, natively one
 * object an instance (firmware/arch).  What the host sees is in firmware/vmmc/abi.h.
 *
 * FOUR KINDS OF THINGS.  A port is a process' send queue as the firmware sees it; a peer is another node with both
 * directions of the reliable link to it; a packet is a send buffer, held until its peer has acknowledged it; an arrival
 * is a receive buffer.  Flags are words that live in this structure, which has external linkage: clang 14 loops forever
 * on one-bit statics (docs/lanai.md). */
#ifndef FIRMWARE_VMMC_STATE_H
#define FIRMWARE_VMMC_STATE_H

#include "arch.h"
#include "firmware/vmmc/abi.h"

#include <stddef.h>
#include <stdint.h>

#define VMMC_SHORT_PACKETS 31u /* and one buffer of that size for explicit acknowledgements */
#define VMMC_LONG_PACKETS  20u
#define VMMC_ARRIVALS      6u

#define KEY_FLAGS_BIT 13 /* of vmmc_packet.key */
_Static_assert(VMMC_KEY(0, VMMC_KEY_NOTIFY, 0) == 1u << KEY_FLAGS_BIT, "flags in a key");

#define VMMC_NODE_BITS 6
_Static_assert(1u << VMMC_NODE_BITS == VMMC_MAX_NODES, "node numbers");

/* Layout of a send buffer; a multiple of 64 bytes, so that no two share a trace tag. */
#define PACKET_ROUTE       0u /* 8 bytes, left-padded, then struct vmmc_packet without a gap */
#define PACKET_TYPE        8u
#define PACKET_LINK        12u
#define PACKET_DEST        16u
#define PACKET_KEY         20u
#define PACKET_DATA        24u
#define PACKET_SHORT_BYTES ((PACKET_DATA + VMMC_SHORT_MAX + 63u) & ~63u)
#define PACKET_LONG_BYTES  ((PACKET_DATA + VMMC_PAGE + 63u) & ~63u)

/* Layout of a receive buffer: struct vmmc_packet, data, residue; a multiple of 64. */
#define ARRIVAL_DATA     VMMC_HEADER
#define ARRIVAL_OVERHEAD (VMMC_HEADER + 4u)
#define ARRIVAL_BYTES    (VMMC_PAGE + 64u)

/* Behind the buffers: what table walks fetch, VMMC_PREFETCH_MAX words each. */
#define WALK_BYTES (4u * VMMC_PREFETCH_MAX)
#define WALK_SEND_AT                                                                                                   \
	(VMMC_BUFFERS + VMMC_LONG_PACKETS * PACKET_LONG_BYTES + (VMMC_SHORT_PACKETS + 1u) * PACKET_SHORT_BYTES +       \
	 VMMC_ARRIVALS * ARRIVAL_BYTES)
#define WALK_POST_AT (WALK_SEND_AT + WALK_BYTES)
_Static_assert(WALK_POST_AT + WALK_BYTES <= VMMC_SRAM_BYTES, "the buffers fit");

struct peer;
struct port;

/* A transfer of the host DMA engine, with all that its registers need.  First member of what it belongs to. */
struct transfer {
	struct transfer *next;
	uint32_t use;                    /* enum dma_use */
	uint32_t events;                 /* what its end brings besides; 0 for most: step_dma tests nothing else */
	uint32_t sram, direction, bytes; /* LAR, DMA_DIR, DMA_CTR */
	uint32_t bus;                    /* EAR */
};

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
/* packet.fetch.events: what the end of the fetch brings besides the send. */
#define PACKET_REPORTS 1u /* the send wants a status word */
#define PACKET_CLOSES  4u /* its port was closed meanwhile */
#define PACKET_LAST    8u /* last piece of its send */

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
	struct transfer deposit;
	uint32_t at; /* SRAM address of the buffer */
	struct arrival *next;
	uint32_t parts; /* those of `part` in use */
	uint32_t note;  /* ARRIVAL_REDIRECTED: what deposit.bus would be */
	struct transfer part[ARRIVAL_PARTS - 1];
};
#define ARRIVAL_NOTIFIES   1u /* arrival.deposit.events */
#define ARRIVAL_REDIRECTED 4u /* by redirect_take(): addresses in `deposit` are others than usual */

/* A redirection (redirect.h).  Places are offsets in its range. */
#define POST_PAGES (VMMC_POST_MAX / VMMC_PAGE + 1)
struct post {
	struct transfer status; /* of its status words */
	uint32_t state;         /* enum post_state */
	uint32_t ending;        /* enum vmmc_post_state: how it ends, 0 = not yet */
	uint32_t reporting;     /* `status` is queued or under way */
	struct port *port;
	uint32_t serial;
	uint32_t range, user, bytes; /* addresses of the process, length of both */
	uint32_t pages;              /* of the range */
	uint32_t entry;              /* of the incoming page table, of all pages of the range, but the flags */
	uint32_t first;              /* `bytes` while it is not set */
	uint32_t next;
	uint32_t next_bus;               /* of place `next` in the default buffer; NO_BUS if nothing is expected */
	uint16_t frame[POST_PAGES];      /* numbers: of the range's pages */
	uint16_t user_frame[POST_PAGES]; /* of the user buffer's */
};
enum post_state {
	POST_FREE,
	POST_WALKING, /* being translated: S.posting */
	POST_OPEN,    /* in force */
	POST_ENDED,   /* waits for `reporting` to end, for its own report */
};

/* Entries of a process' translation table on their way into SRAM (translate.h). */
struct walk {
	struct transfer transfer;
	uint32_t use;         /* enum walk_use */
	uint32_t at;          /* SRAM address of VMMC_PREFETCH_MAX words: the entries when it is over */
	struct port *port;    /* whose table; NULL if it is not under way */
	uint32_t page, count; /* first page, entries */
	uint32_t in_row;      /* the directory was read, the entries come */
	uint32_t stale;       /* its result is not to be used: it ends as soon as it can */
};

struct port {
	struct transfer status; /* of the status word */
	uint32_t poll; /* SRAM address of the word that the idle loop reads: next control word, or vmmc_ctrl.zero */
	struct port *next;
	uint32_t slot, first_slot, end_slot; /* SRAM addresses */
	uint32_t row;                        /* of its struct vmmc_proc */
	uint32_t out, out_count;             /* its part of VMMC_OUT_TABLE: SRAM address, entries */
	uint32_t taken;
	uint32_t open;
	uint32_t stalled;
	/* translation */
	uint32_t number;    /* of the process */
	uint32_t directory; /* bus address, 0 = none */
	uint32_t tag;       /* of its cache entries, without the page's bits */
	uint32_t spread;    /* added to the cache's index, in bytes */
	uint32_t refused;   /* the page that `from` lies in is not to be had */
	/* the long send under way: left = 0 if there is none */
	uint32_t left, from, to, flags;
	uint32_t sends;        /* number of its descriptor */
	uint32_t fetching;     /* pieces whose data are not in SRAM yet, and 1 while there is a long send */
	uint32_t reporting;    /* `status` is queued or under way */
	uint32_t report_again; /* the status word changed while it was under way */
	/* arrivals (arrival.h) */
	uint32_t guarded; /* one waits to be picked up: */
	uint32_t guard_at, guard_wait, guard_bus;
};

struct vmmc {
	/* polling */
	uint32_t events; /* bits of ISR that a turn looks for; SEND is one while somebody waits for the send engine */
	struct port *turn;
	uint32_t signalled;  /* the driver's signal is being taken */
	uint32_t stalled;    /* some port waits for an event */
	uint32_t long_sends; /* ports with a long send under way */
	/* link */
	uint32_t type_base;      /* first header word of what we send, kind 0 */
	uint32_t data_type;      /* the same of data packets */
	uint32_t data_type_of_0; /* what a data packet from node 0 begins with */
	struct packet *sending;  /* what the send engine was given last; NULL after it has told that it was done */
	uint32_t resending;      /* what was acknowledged may be in the engine: set by retransmissions */
	uint32_t sending_freed;  /* acknowledged while it was being sent again: free it when the engine is done */
	struct packet *free_short, *free_long;
	uint32_t pieces; /* long packets taken and not yet given to the send engine */
	struct peer *ack_first, *ack_last;
	struct peer *send_first, *send_last;
	uint32_t ack_every, ack_delay, rto, give_up, window, first_sequence, reliable; /* vmmc_ctrl */
	uint32_t incarnation, sessions;  /* what session numbers are made of */
	uint32_t timer_on, timer_at;     /* the interval timer */
	uint32_t scan_on, scan_at;       /* the next look at S.timed */
	struct peer *timed;              /* with something unacknowledged, or not freed yet, in any order */
	struct peer *owing, *owing_last; /* with something to acknowledge, in order of look_at */
	/* receive */
	struct arrival *armed, *free_arrivals;
	uint32_t draining; /* the rest of a packet longer than any buffer comes */
	/* host DMA */
	struct transfer *dma_first; /* under way; the others wait behind it */
	struct transfer *dma_last;  /* valid if there is a first */

	/* arrivals */
	uint32_t coalesce, coalesce_count; /* ticks, notes */
	uint32_t news;                     /* notes since HOST_SIG was raised last */
	uint32_t raise_at;                 /* valid if there is news */
	uint32_t guards;                   /* ports with `guarded` */

	/* translation */
	uint32_t cache_low;    /* shift right of an address: bytes of the index, dirty below and above */
	uint32_t cache_mask;   /* of those */
	uint32_t cache_high;   /* mask of an address: its bits in a tag */
	uint32_t cache_spread; /* shift left of a process' number: its bytes of the index; 0 = it has none */
	uint32_t cache_end;    /* SRAM address */
	uint32_t cache_ways, cache_prefetch;
	uint32_t by_interrupt;
	struct walk miss;     /* of the send that goes on when it is over */
	uint32_t sweep_at;    /* SRAM address in VMMC_CACHE: the rest is still to go through */
	uint32_t sweep_ports; /* bit p: entries of process p leave; 0 = nothing to do */

	/* redirection */
	struct post *posting; /* is being translated, or NULL */
	uint32_t post_user;   /* of that: the range is, the user buffer's turn has come */
	uint32_t post_walked; /* pages of either that are */
	struct walk post_walk;
	struct post posts[VMMC_MAX_PROCESSES][VMMC_POSTS];

	struct port nobody; /* the ring of ports is never empty */
	struct packet ack_packet;
	struct port ports[VMMC_MAX_PROCESSES];
	struct peer peers[VMMC_MAX_NODES];
	struct packet packets[VMMC_SHORT_PACKETS + VMMC_LONG_PACKETS];
	struct arrival arrivals[VMMC_ARRIVALS];
};

ARCH_DECLARE_STATE(struct vmmc);
#define S ARCH_STATE(struct vmmc)

/* HOT: part of the loop, without the cost of a call (nobody saves registers but the caller); COLD: never is. */
#define HOT  static inline __attribute__((always_inline))
#define COLD __attribute__((noinline))

#define CTRL(member) (VMMC_CTRL + (uint32_t)offsetof(struct vmmc_ctrl, member))

/* bits: the n bits of x from bit `from` on, 0 < n < 32; two cycles, where shift and mask take four (the LANai has no
 * small masks as immediates). */
static inline uint32_t
bits(uint32_t x, unsigned from, unsigned n)
{
	uint32_t high = x << (32 - n - from);
	ARCH_KEEP(high);
	high >>= 32 - n;
	ARCH_KEEP(high);
	return high;
}

static inline uint32_t
low_bits(uint32_t x, unsigned n)
{
	return bits(x, 0, n);
}

/* not_low: nonzero unless the low n bits are zero. */
static inline uint32_t
not_low(uint32_t x, unsigned n)
{
	uint32_t high = x << (32 - n);
	ARCH_KEEP(high);
	return high;
}

/* peer_of: the peer whose number, modulo VMMC_MAX_NODES, stands in `word` from bit `from` on. */
static inline struct peer *
peer_of(uint32_t word, unsigned from)
{
	struct peer *peer = &S.peers[bits(word, from, VMMC_NODE_BITS)];
	ARCH_KEEP(peer);
	return peer;
}

static inline void
count(enum vmmc_counter which)
{
	uint32_t at = CTRL(counter) + 4 * which;
	sram_write(at, sram_read(at) + 1);
}

/* vmmc_init: reads vmmc_ctrl and the node table; false (0), and vmmc_ctrl.ready = VMMC_REFUSED, if they are not for us.
 */
uint32_t vmmc_init(void);

#endif
