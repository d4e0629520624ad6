/* The contract between the vmmc firmware and the host: SRAM layout, queues, tables, packets.
 *
 * Who writes what stands beside each member: H = host driver (trusted), P = the process that owns the queue (not
 * trusted: firmware checks whatever it finds there), F = firmware.  All words are big-endian.  Addresses are SRAM
 * offsets, bus addresses (frame number * 4096 + offset) or page indices; there are no pointers.  Sizes and offsets are
 * asserted by firmware/vmmc/abi_assert.c, which is compiled, not linked, for both machines.
 *
 * SIGNALS.  After any change of vmmc_proc.open, after it has taken permissions out of VMMC_IN_TABLE, and to give the
 * command in vmmc_ctrl.command, the driver writes LANAI_ISR_LAN0_SIG into ISR; the firmware polls no table for it.
 * vmmc_ctrl.synced counts the signals that have taken full effect: no host DMA, deposit, fetch or table walk, that was
 * started before the signal and relies on what it took away is under way any more.  The driver gives a signal only when
 * the one before it is counted.  Before it opens a process the driver zeroes the control words of its queue.
 *
 * The firmware raises LANAI_ISR_HOST_SIG for four reasons; the driver's handler clears the bit first and then looks at
 * all four: notifications (vmmc_ctrl.notified), nodes that are down (vmmc_ctrl.down), a miss of the translation cache
 * in the mode of interrupt-based translation (vmmc_ctrl.miss), and fatal trouble (vmmc_ctrl.ready no longer
 * VMMC_MAGIC).
 *
 * TRANSLATION.  A process names its own memory by simulated address, 32 bits (nic-sim/umem.h).  The driver keeps, in
 * host memory that no process can write, a two-level table for each process: a directory frame of 1024 words, indexed
 * by the address' bits 31..22, each the bus address of a frame of 1024 words | VMMC_XLATE_VALID, indexed by
 * bits 21..12, each frame << 12 | VMMC_XLATE_VALID of a pinned page.  The firmware keeps a cache of it (VMMC_CACHE) and
 * fills it by DMA, vmmc_ctrl.cache_prefetch entries at a time, without the host.  An entry that is not valid makes the
 * descriptor bad. With vmmc_ctrl.by_interrupt the firmware does not read the table: it writes vmmc_ctrl.miss,
 * interrupts the host and waits for VMMC_COMMAND_INSTALL.  To take a page away the driver clears its entry, gives
 * VMMC_COMMAND_FORGET and waits for `synced`.
 *
 * ARRIVALS.  When a deposit is over, in host memory, and its page is watched at that moment (VMMC_WATCH, and
 * vmmc_ctrl.watching), the firmware tells the driver, each time, until the driver clears the bit: who sets the bits,
 * then looks at memory and finds nothing, will be told.  docs/waiting.md.
 *
 * REDIRECTION.  VMMC_OP_POST asks that what arrives for a range of the process' own exported memory (the default
 * buffer) goes to another place of its memory (the user buffer) instead.  docs/redirection.md has the rules.
 *
 * LINK.  A node that lets nothing through for vmmc_ctrl.give_up_ticks, or that has restarted, is down: its bit is set
 * in vmmc_ctrl.down, what was on its way to it is dropped, descriptors that name it are bad, and nothing from it is
 * deposited until the driver has given VMMC_COMMAND_PEER_UP.  firmware/link/session.h has the handshake.
 *
 * It holds for NICs without a processor too in this sense: the library above (host-lib/vmmc_nic.h) sees operations and
 * capabilities only; nothing outside host-lib/nic_lanai.c and the firmware includes this file. */
#ifndef FIRMWARE_VMMC_ABI_H
#define FIRMWARE_VMMC_ABI_H

#include "firmware/include/be.h"
#include "firmware/link/wire.h"

#define VMMC_MAGIC       0x564D4D32u /* "VMM2" */
#define VMMC_ABI_VERSION 2u

#define VMMC_PAGE          4096u
#define VMMC_PAGE_SHIFT    12
#define VMMC_MAX_NODES     LINK_MAX_NODES
#define VMMC_MAX_PROCESSES 8u
#define VMMC_SLOTS         16u    /* descriptors in a send queue */
#define VMMC_SHORT_MAX     128u   /* bytes of inline data */
#define VMMC_MAX_FRAMES    8192u  /* 32 MB of exportable host memory */
#define VMMC_OUT_ENTRIES   2048u  /* imported pages, all processes together */
#define VMMC_CACHE_ENTRIES 4096u  /* of the translation cache, at most */
#define VMMC_CACHE_SETS    64u    /* at least, so that a tag fits */
#define VMMC_PREFETCH_MAX  32u    /* entries that one miss fetches or installs */
#define VMMC_POSTS         4u     /* redirections that a process can have posted */
#define VMMC_POST_MAX      65536u /* bytes of one */
#define VMMC_MAX_HOPS      LINK_MAX_HOPS

/* SRAM map (256 KB). */
#define VMMC_CODE_LIMIT 0x0CD40u /* code, data, stack below */
#define VMMC_CTRL       0x0CD40u /* struct vmmc_ctrl */
#define VMMC_NODES      0x0D200u /* struct link_node[VMMC_MAX_NODES] */
#define VMMC_PROCS      0x0D600u /* struct vmmc_proc[VMMC_MAX_PROCESSES] */
#define VMMC_QUEUES     0x0D800u /* struct vmmc_slot[VMMC_MAX_PROCESSES][VMMC_SLOTS] */
#define VMMC_OUT_TABLE  0x13800u /* struct vmmc_out[VMMC_OUT_ENTRIES] */
#define VMMC_CACHE      0x17800u /* be32[VMMC_CACHE_ENTRIES]: translation cache, F */
#define VMMC_IN_TABLE   0x1B800u /* be32[VMMC_MAX_FRAMES]: VMMC_IN_ENTRY */
#define VMMC_WATCH      0x23800u /* be32[VMMC_MAX_FRAMES / 32], H: bit n % 32 of word n / 32: tell arrivals in frame n */
#define VMMC_BUFFERS    0x23C00u /* packet buffers, the firmware's own */
#define VMMC_SRAM_BYTES 0x40000u

#define VMMC_NOTES        32u /* notifications that the firmware remembers for the driver */
#define VMMC_NOTE_ARRIVAL 1u  /* in vmmc_ctrl.note: nobody asked for a notification, but the page is watched */

/* What became of a redirection.  Offsets are counted from the beginning of the posted range. */
struct vmmc_post_status {
	be32 serial; /* 00 of the post that has ended */
	be32 state;  /* 04 enum vmmc_post_state */
	be32 first;  /* 08 offset of the first byte that went to the user buffer; the length if none did */
	be32 taken;  /* 0c bytes from there on that went to the user buffer; everything else is in the default buffer */
};
enum vmmc_post_state {
	VMMC_POST_OPEN,
	VMMC_POST_FULL,      /* the last byte of the range has come, or its place was passed */
	VMMC_POST_CANCELLED, /* by VMMC_OP_CANCEL */
	VMMC_POST_REVOKED,   /* a page of it was unpinned or unexported */
	VMMC_POST_REFUSED,   /* never in force: bad range, pages not pinned or not exported, slot or range in use */
};

/* Control block. H writes everything above the line before it starts the LANai; F writes below. */
struct vmmc_ctrl {
	LINK_CONTROL;        /* 00 H firmware/link/wire.h */
	be32 long_packets;   /* 30 H send buffers of 4 KB in use, 2..VMMC_LONG_PACKETS (firmware/vmmc/state.h) */
	be32 cache_sets;     /* 34 H power of two; sets * ways <= VMMC_CACHE_ENTRIES, >= VMMC_CACHE_SETS */
	be32 cache_ways;     /* 38 H 1, 2 or 4 */
	be32 cache_prefetch; /* 3c H entries fetched by a miss, 1..VMMC_PREFETCH_MAX */
	/* ---- F ---- */
	be32 ready;       /* 40 F VMMC_MAGIC once initialised, or VMMC_REFUSED */
	be32 counter[47]; /* 44 F enum vmmc_counter */
	be32 notified;    /* 100 F notes so far, modulo 2^32; HOST_SIG is raised after each, or after some (coalesce) */
	be32 zero;        /* 104 F stays 0: what the firmware polls instead of a queue that it cannot serve yet */
	be32 synced;      /* 108 F signals that have taken full effect, modulo 2^32 */
	be32 watching;    /* 10c H 1 = some bit of VMMC_WATCH is set */
	be32 coalesce_count;   /* 110 H notes for one HOST_SIG, unless coalesce_ticks pass; 0 and 1: one each */
	be32 coalesce_ticks;   /* 114 H 0.5 us ticks from the first of them; 0 = one each */
	be32 spare_118[2];     /* 118 */
	be32 note[VMMC_NOTES]; /* 120 F bus address of the deposit of notification n in note[n % VMMC_NOTES]; a driver
	                        * that is more than VMMC_NOTES behind must assume that every page was notified */
	/* 1a0 F what goes to vmmc_status.completed and .failed of each process */
	struct {
		be32 completed;
		be32 failed;
	} progress[VMMC_MAX_PROCESSES];
	be32 down[2];      /* 1e0 F bit n % 32 of word n / 32: node n is down, until VMMC_COMMAND_PEER_UP */
	be32 by_interrupt; /* 1e8 H 1 = interrupt-based translation; written before the start, as the words of 00..3f */
	be32 cache_by_process; /* 1ec H 1 = the process number takes part in the cache's index */
	/* 1f0 the driver's command, taken with a signal; F sets op to 0 when it has read it */
	struct {
		be32 op;                       /* 00 H enum vmmc_command */
		be32 process;                  /* 04 H or node, of PEER_UP */
		be32 page;                     /* 08 H first page: address >> 12 */
		be32 count;                    /* 0c H pages */
		be32 frame[VMMC_PREFETCH_MAX]; /* 10 H INSTALL: frame << 12 | VMMC_XLATE_VALID, or 0: not to be had */
	} command;
	/* 280 a miss, F; `wanted` becomes 0 again when the entry has been installed */
	struct {
		be32 wanted;  /* 00 1 while a miss waits */
		be32 process; /* 04 */
		be32 page;    /* 08 */
		be32 count;   /* 0c pages that the transfer needs from there on, at most VMMC_PREFETCH_MAX */
	} miss;
	be32 spare_290[4];                                            /* 290 */
	struct vmmc_post_status post[VMMC_MAX_PROCESSES][VMMC_POSTS]; /* 2a0 F what goes to vmmc_status.post */
};

enum vmmc_command {
	VMMC_COMMAND_NONE,
	VMMC_COMMAND_FORGET,  /* pages of a process: out of the cache; posts that use them are revoked */
	VMMC_COMMAND_INSTALL, /* by_interrupt: these translations into the cache; the miss is over */
	VMMC_COMMAND_PEER_UP, /* node: the driver has withdrawn what relied on the old link: make a new one */
};
#define VMMC_REFUSED 0x52454655u

enum vmmc_counter {
	VMMC_C_SHORT_SENDS, /* descriptors taken */
	VMMC_C_LONG_SENDS,
	VMMC_C_PACKETS_SENT, /* data packets, first transmissions */
	VMMC_C_RETRANSMITTED,
	VMMC_C_TIMEOUTS,
	VMMC_C_ACKS_SENT,     /* explicit ones */
	VMMC_C_ACKS_RECEIVED, /* explicit ones */
	VMMC_C_DEPOSITS,
	VMMC_C_DEPOSIT_BYTES,
	VMMC_C_DROP_CRC,        /* residue not zero */
	VMMC_C_DROP_TYPE,       /* not ours, or a length that does not fit the header */
	VMMC_C_DROP_DUPLICATE,  /* sequence below the expected one */
	VMMC_C_DROP_GAP,        /* sequence above the expected one */
	VMMC_C_DROP_PROTECTION, /* incoming page table: no such tag, no write permission, or over the page end */
	VMMC_C_BAD_DESCRIPTOR,  /* a process wrote nonsense: op, length, proxy or source out of its ranges */
	VMMC_C_LONG_PACKETS,    /* packet longer than any buffer: drained and dropped */
	VMMC_C_BUS_ERRORS,      /* host DMA aborted */
	VMMC_C_COMPLETIONS,     /* status words written to host memory */
	VMMC_C_NACKS_SENT,      /* first packet behind a gap answered */
	VMMC_C_NACKS_RECEIVED,
	VMMC_C_NETWORK_RESETS, /* NRES: the packet under way was lost */
	VMMC_C_NOTIFICATIONS,
	VMMC_C_CACHE_HITS, /* pieces of long sends whose source page was found in the cache, at once or after a miss */
	VMMC_C_CACHE_MISSES, /* walks, or questions to the host, that such a piece had to wait for */
	VMMC_C_WALKS,        /* table walks by DMA: directory entry and a row of entries */
	VMMC_C_ENTRIES_FETCHED,
	VMMC_C_MISS_INTERRUPTS, /* by_interrupt */
	VMMC_C_POSTS,           /* redirections in force so far */
	VMMC_C_POSTS_REFUSED,
	VMMC_C_REDIRECTED_BYTES,
	VMMC_C_PEERS_DOWN,   /* nodes given up or found restarted */
	VMMC_C_DROP_SESSION, /* packets of a node that is down, or of a link that is not made yet */
	VMMC_C_UNREACHABLE,  /* descriptors that named a node that is down */
	VMMC_C_ARRIVALS,     /* deposits into watched pages */
	VMMC_C_WATCHDOGS,    /* of these, told because they were not picked up in time */
	VMMC_C_INTERRUPTS,   /* HOST_SIG raised for notes */
	VMMC_N_COUNTERS
};

struct vmmc_proc {
	be32 open;       /* 00 H 1 = poll this queue */
	be32 status_bus; /* 04 H bus address of the process' status words (struct vmmc_status), 0 = none */
	be32 out_first;  /* 08 H first entry of VMMC_OUT_TABLE that it may name, and how many */
	be32 out_count;  /* 0c H */
	be32 directory;  /* 10 H bus address of its translation directory, 0 = none */
	be32 spare_14;   /* 14 */
	be32 consumed;   /* 18 F descriptors taken since open, modulo 2^32: slots are free again */
	be32 errors;     /* 1c F bad descriptors of this process */
	be32 polled;     /* 20 F 1 = its queue is polled.  After closing, the driver waits for 0: then nothing of this
	                  *      process is under way any more */
	be32 watchdog; /* 24 H arrivals in watched pages of this process: 0 = told at once, else if `waits` is odd, and
	                *      has not changed so many 0.5 us ticks later */
	be32 waits;    /* 28 P odd while it waits; another value for each wait.  It looks at memory after it has written
	                *      this, so what arrived before it finds by itself */
	be32 spare[5]; /* 2c */
};

/* In host memory, written by F through host DMA. */
struct vmmc_status {
	be32 completed; /* 00 F number (as `consumed`) of the last descriptor with VMMC_SEND_COMPLETE whose data have
	                 * left host memory, or which was bad */
	be32 failed;    /* 04 F bad descriptors of this process so far (as vmmc_proc.errors), written after each */
	be32 spare[2];
	struct vmmc_post_status post[VMMC_POSTS]; /* 10 F each 16 bytes in one transfer, when the post ends */
};

/* A descriptor. P writes proxy, source or data first and the control word last; F zeroes the control word when it
 * has taken the slot and polls the next one for a non-zero control word. */
struct vmmc_slot {
	be32 control;   /* 00 P, F zeroes: op << 28 | flags << 24 | length (bytes, multiple of 4) */
	be32 proxy;     /* 04 P sends: page index in the process' part of VMMC_OUT_TABLE << 12 | offset (multiple of 4)
	                 *      post: address of the range of the default buffer (multiple of 4) */
	be32 data[32];  /* 08 P short: inline data. long: data[0] = source address. post: data[0] = address of the user
	                 *      buffer, data[1] = serial, not 0, another one for each post (source, user: multiples of 4)
	                 */
	be32 spare[14]; /* 88 to a multiple of 64, so that no two descriptors share a trace tag (nic-sim/nic.h) */
};
#define VMMC_OP_SHORT                   1u /* length 4 .. VMMC_SHORT_MAX, must not cross a page of the destination */
#define VMMC_OP_LONG                    2u /* length 4 .. 2^24 - 4, any number of pages at both ends */
#define VMMC_OP_POST                    3u /* flags: slot, < VMMC_POSTS; length 4 .. VMMC_POST_MAX.  Not ordered with sends */
#define VMMC_OP_CANCEL                  4u /* flags: slot; length 0.  No effect on a slot that is not open */
#define VMMC_CONTROL(op, flags, length) ((uint32_t)(op) << 28 | (uint32_t)(flags) << 24 | (uint32_t)(length))
#define VMMC_CONTROL_OP(w)              ((w) >> 28)
#define VMMC_CONTROL_FLAGS(w)           ((w) >> 24 & 0xFu)
#define VMMC_CONTROL_LENGTH(w)          ((w)&0xFFFFFFu)
#define VMMC_SEND_COMPLETE              1u /* write status.completed when the data have left host memory */
#define VMMC_SEND_NOTIFY                2u /* ask for the receiver's notification */

/* An imported page: where the data go. H. */
struct vmmc_out {
	be32 frame_bus; /* 00 bus address of the page at the receiver (multiple of 4096) */
	be32 key; /* 04 tag << 16 | node << 8 | VMMC_OUT_VALID; a packet to it carries the tag; node < VMMC_MAX_NODES */
};
#define VMMC_OUT_VALID          1u
#define VMMC_OUT_KEY(tag, node) ((uint32_t)(tag) << 16 | (uint32_t)(node) << 8 | VMMC_OUT_VALID)

#define VMMC_XLATE_VALID 1u    /* in both levels of the translation table */
#define VMMC_XLATE_SPAN  1024u /* entries of each level */

#define VMMC_IN_WRITE     1u      /* H deposits allowed */
#define VMMC_IN_NOTIFY    2u      /* H interrupt the host if the packet asks for it */
#define VMMC_IN_OWNER_BIT 8       /* H number of the process that exported it; 3 bits */
#define VMMC_IN_REDIRECT  0x8000u /* F some post covers part of the page; another byte than WRITE (redirect.h) */
/* tag 1..65535, new for each export */
#define VMMC_IN_ENTRY(tag, owner, flags)                                                                               \
	((uint32_t)(tag) << 16 | (uint32_t)(owner) << VMMC_IN_OWNER_BIT | (uint32_t)(flags))

/* On the wire, behind the route bytes: */
struct vmmc_packet {
	be32 type;   /* 00 VMMC_TYPE << 16 | kind << 8 | source node */
	be32 link;   /* 04 sequence << 16 | acknowledgement: the next sequence number expected from the other node */
	be32 dest;   /* 08 bus address at the receiver (multiple of 4; data only) */
	be32 key;    /* 0c tag << 16 | flags << 13 | length of the data in bytes (multiple of 4, 4..4096) */
	be32 data[]; /* 10 */
};
#define VMMC_TYPE                    0x0250u /* ours: not among the packet types of GM, Portals, ParaStation or Myricom's first MCP */
#define VMMC_KIND_DATA               LINK_KIND_DATA
#define VMMC_KIND_ACK                LINK_KIND_ACK
#define VMMC_KIND_NACK               LINK_KIND_NACK
#define VMMC_KIND_SYN                LINK_KIND_SYN
#define VMMC_KIND_SYNACK             LINK_KIND_SYNACK
#define VMMC_HEADER                  LINK_DATA_HEADER
#define VMMC_ACK_BYTES               LINK_HEADER
#define VMMC_KEY(tag, flags, length) ((uint32_t)(tag) << 16 | (uint32_t)(flags) << 13 | (uint32_t)(length))
#define VMMC_KEY_TAG(w)              ((w) >> 16)
#define VMMC_KEY_NOTIFY              1u
#define VMMC_KEY_FLAGS(w)            ((w) >> 13 & 7u)
#define VMMC_KEY_LENGTH(w)           LINK_LENGTH(w)

#endif
