/* Everything that the vmmc firmware remembers, in one structure: on the LANai a global at a fixed address, natively one
 * object an instance (firmware/arch).  What the host sees is in firmware/vmmc/abi.h.
 *
 * FOUR KINDS OF THINGS.  A port is a process' send queue as the firmware sees it; a peer is another node with both
 * directions of the reliable link to it; a packet is a send buffer, held until its peer has acknowledged it; an arrival
 * is a receive buffer.  Flags are words that live in this structure, which has external linkage: clang 14 loops forever
 * on one-bit statics (docs/lanai.md). */
#ifndef FIRMWARE_VMMC_STATE_H
#define FIRMWARE_VMMC_STATE_H

#include "firmware/vmmc/abi.h"

#include <stddef.h>
#include <stdint.h>

#define VMMC_SHORT_PACKETS 31u /* and one buffer of that size for explicit acknowledgements */
#define VMMC_LONG_PACKETS  20u
#define VMMC_ARRIVALS      6u

#define KEY_FLAGS_BIT 13 /* of vmmc_packet.key */
_Static_assert(VMMC_KEY(0, VMMC_KEY_NOTIFY, 0) == 1u << KEY_FLAGS_BIT, "flags in a key");

/* What firmware/link wants to know of this program. */
#define PROGRAM_TYPE       VMMC_TYPE
#define PROGRAM_SHORT_DATA VMMC_SHORT_MAX
#define PROGRAM_LONG_DATA  VMMC_PAGE
#define COUNTER(name)      VMMC_C_##name
#define CTRL(member)       (VMMC_CTRL + (uint32_t)offsetof(struct vmmc_ctrl, member))

#include "firmware/link/state.h"

/* Behind the buffers: what table walks fetch, VMMC_PREFETCH_MAX words each. */
#define WALK_BYTES (4u * VMMC_PREFETCH_MAX)
#define WALK_SEND_AT                                                                                                   \
	(VMMC_BUFFERS + VMMC_LONG_PACKETS * PACKET_LONG_BYTES + (VMMC_SHORT_PACKETS + 1u) * PACKET_SHORT_BYTES +       \
	 VMMC_ARRIVALS * ARRIVAL_BYTES)
#define WALK_POST_AT (WALK_SEND_AT + WALK_BYTES)
_Static_assert(WALK_POST_AT + WALK_BYTES <= VMMC_SRAM_BYTES, "the buffers fit");

/* packet.fetch.events: what the end of the fetch brings besides the send. */
#define PACKET_REPORTS 1u /* the send wants a status word */
#define PACKET_CLOSES  4u /* its port was closed meanwhile */
#define PACKET_LAST    8u /* last piece of its send */

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
	LINK_STATE;

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

#include "firmware/link/peers.h"

/* vmmc_init: reads vmmc_ctrl and the node table; false (0), and vmmc_ctrl.ready = VMMC_REFUSED, if they are not for us.
 */
uint32_t vmmc_init(void);

#endif
