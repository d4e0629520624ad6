/* The contract between the vmmc firmware and the host: SRAM layout, queues, tables, packets.
 *
 * Who writes what stands beside each member: H = host driver (trusted), P = the process that owns the queue (not
 * trusted: firmware checks whatever it finds there), F = firmware.  All words are big-endian.  Addresses are SRAM
 * offsets, bus addresses (frame number * 4096 + offset) or page indices; there are no pointers.  Sizes and offsets are
 * asserted by firmware/vmmc/abi_assert.c, which is compiled, not linked, for both machines.
 *
 * SIGNALS.  After any change of vmmc_proc.open, and after it has taken permissions out of VMMC_IN_TABLE, the driver
 * writes LANAI_ISR_LAN0_SIG into ISR; the firmware polls no table for it.  vmmc_ctrl.synced counts the signals that
 * have taken full effect: no deposit that was let through before the signal is under way any more.  The driver gives a
 * signal only when the one before it is counted.  Before it opens a process the driver zeroes the control words of its
 * queue.  The firmware raises LANAI_ISR_HOST_SIG for notifications only (vmmc_ctrl.notified).
 *
 * It holds for NICs without a processor too in this sense: the library above (host-lib/vmmc_nic.h) sees operations and
 * capabilities only; nothing outside host-lib/nic_lanai.c and the firmware includes this file. */
#ifndef FIRMWARE_VMMC_ABI_H
#define FIRMWARE_VMMC_ABI_H

#include "firmware/include/be.h"

#define VMMC_MAGIC       0x564D4D32u /* "VMM2" */
#define VMMC_ABI_VERSION 1u

#define VMMC_PAGE          4096u
#define VMMC_PAGE_SHIFT    12
#define VMMC_MAX_NODES     64u
#define VMMC_MAX_PROCESSES 8u
#define VMMC_SLOTS         16u   /* descriptors in a send queue */
#define VMMC_SHORT_MAX     128u  /* bytes of inline data */
#define VMMC_MAX_FRAMES    8192u /* 32 MB of exportable host memory */
#define VMMC_OUT_ENTRIES   2048u /* imported pages, all processes together */
#define VMMC_SRC_ENTRIES   4096u /* translated source pages, all processes together */
#define VMMC_MAX_HOPS      8u

/* SRAM map (256 KB). */
#define VMMC_CODE_LIMIT 0x07000u /* code, data, stack below */
#define VMMC_CTRL       0x07000u /* struct vmmc_ctrl */
#define VMMC_NODES      0x07400u /* struct vmmc_node[VMMC_MAX_NODES] */
#define VMMC_PROCS      0x07800u /* struct vmmc_proc[VMMC_MAX_PROCESSES] */
#define VMMC_QUEUES     0x07A00u /* struct vmmc_slot[VMMC_MAX_PROCESSES][VMMC_SLOTS] */
#define VMMC_OUT_TABLE  0x0E000u /* struct vmmc_out[VMMC_OUT_ENTRIES] */
#define VMMC_SRC_TABLE  0x12000u /* be32[VMMC_SRC_ENTRIES]: frame << 12 | VMMC_SRC_VALID */
#define VMMC_IN_TABLE   0x16000u /* be32[VMMC_MAX_FRAMES]: tag << 16 | VMMC_IN_* */
#define VMMC_BUFFERS    0x1E000u /* packet buffers, the firmware's own */
#define VMMC_SRAM_BYTES 0x40000u

#define VMMC_NOTES 32u /* notifications that the firmware remembers for the driver */

/* Control block. H writes everything above the line before it starts the LANai; F writes below. */
struct vmmc_ctrl {
	be32 magic;           /* 00 H VMMC_MAGIC */
	be32 version;         /* 04 H VMMC_ABI_VERSION */
	be32 node;            /* 08 H own node number */
	be32 n_nodes;         /* 0c H */
	be32 window;          /* 10 H packets in flight to one node, 1..24 */
	be32 ack_every;       /* 14 H packets */
	be32 ack_delay_ticks; /* 18 H 0.5 us ticks without another packet; an acknowledgement is owed at most twice as
	                         long */
	be32 rto_ticks;       /* 1c H 0.5 us ticks */
	be32 first_sequence;  /* 20 H 16 bits, the same on every node */
	be32 spare_24[7];     /* 24 */
	/* ---- F ---- */
	be32 ready;            /* 40 F VMMC_MAGIC once initialised, or VMMC_REFUSED */
	be32 counter[47];      /* 44 F enum vmmc_counter */
	be32 notified;         /* 100 F notifications so far, modulo 2^32; HOST_SIG is raised after each */
	be32 zero;             /* 104 F stays 0: what the firmware polls instead of a queue that it cannot serve yet */
	be32 synced;           /* 108 F signals that have taken full effect, modulo 2^32 */
	be32 spare_10c[5];     /* 10c */
	be32 note[VMMC_NOTES]; /* 120 F bus address of the deposit of notification n in note[n % VMMC_NOTES]; a driver
	                        * that is more than VMMC_NOTES behind must assume that every page was notified */
	be32 completed[VMMC_MAX_PROCESSES]; /* 1a0 F what goes to vmmc_status.completed of each process */
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
	VMMC_N_COUNTERS
};

struct vmmc_node {
	be32 route_bytes; /* 00 H 0 = unreachable (sends to it are bad descriptors) */
	be32 route[2]; /* 04 H up to VMMC_MAX_HOPS bytes, first byte first, LEFT-padded so that the last byte ends the
	                *      field: SA = 8 - route_bytes leading bytes to skip (a whole word may be skipped) */
	be32 spare;    /* 0c */
};

struct vmmc_proc {
	be32 open;       /* 00 H 1 = poll this queue */
	be32 status_bus; /* 04 H bus address of the process' status words (struct vmmc_status), 0 = none */
	be32 out_first;  /* 08 H first entry of VMMC_OUT_TABLE that it may name, and how many */
	be32 out_count;  /* 0c H */
	be32 src_first;  /* 10 H the same for VMMC_SRC_TABLE */
	be32 src_count;  /* 14 H */
	be32 consumed;   /* 18 F descriptors taken since open, modulo 2^32: slots are free again */
	be32 errors;     /* 1c F bad descriptors of this process */
	be32 polled;     /* 20 F 1 = its queue is polled.  After closing, the driver waits for 0: then nothing of this
	                  *      process is under way any more */
	be32 spare[7];   /* 24 */
};

/* In host memory, written by F through host DMA. */
struct vmmc_status {
	be32 completed; /* 00 F number (as `consumed`) of the last descriptor with VMMC_SEND_COMPLETE whose data have
	                 * left host memory */
	be32 spare[3];
};

/* A send descriptor. P writes proxy, source or data first and the control word last; F zeroes the control word when it
 * has taken the slot and polls the next one for a non-zero control word. */
struct vmmc_slot {
	be32 control;   /* 00 P, F zeroes: op << 28 | flags << 24 | length (bytes, multiple of 4) */
	be32 proxy;     /* 04 P page index in the process' part of VMMC_OUT_TABLE << 12 | offset (multiple of 4) */
	be32 data[32];  /* 08 P short: inline data. long: data[0] = page index in its part of VMMC_SRC_TABLE << 12 |
	                   offset */
	be32 spare[14]; /* 88 to a multiple of 64, so that no two descriptors share a trace tag (nic-sim/nic.h) */
};
#define VMMC_OP_SHORT                   1u /* length 4 .. VMMC_SHORT_MAX, must not cross a page of the destination */
#define VMMC_OP_LONG                    2u /* length 4 .. 2^24 - 4, any number of pages at both ends */
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

#define VMMC_SRC_VALID 1u

#define VMMC_IN_WRITE             1u /* deposits allowed */
#define VMMC_IN_NOTIFY            2u /* interrupt the host if the packet asks for it */
#define VMMC_IN_ENTRY(tag, flags) ((uint32_t)(tag) << 16 | (uint32_t)(flags)) /* tag 1..65535, new for each export */

/* On the wire, behind the route bytes: */
struct vmmc_packet {
	be32 type;   /* 00 VMMC_TYPE << 16 | kind << 8 | source node */
	be32 link;   /* 04 sequence << 16 | acknowledgement: the next sequence number expected from the other node */
	be32 dest;   /* 08 bus address at the receiver (multiple of 4; data only) */
	be32 key;    /* 0c tag << 16 | flags << 13 | length of the data in bytes (multiple of 4, 4..4096) */
	be32 data[]; /* 10 */
};
#define VMMC_TYPE                    0x0250u /* ours: not among the packet types of GM, Portals, ParaStation or Myricom's first MCP */
#define VMMC_KIND_DATA               1u
#define VMMC_KIND_ACK                2u /* type and link only; the sequence field is 0 */
#define VMMC_KIND_NACK               3u /* as ACK, and the packet that it names is missing: go back to it now */
#define VMMC_HEADER                  16u
#define VMMC_ACK_BYTES               8u
#define VMMC_KEY(tag, flags, length) ((uint32_t)(tag) << 16 | (uint32_t)(flags) << 13 | (uint32_t)(length))
#define VMMC_KEY_TAG(w)              ((w) >> 16)
#define VMMC_KEY_NOTIFY              1u
#define VMMC_KEY_FLAGS(w)            ((w) >> 13 & 7u)
#define VMMC_KEY_LENGTH(w)           ((w)&0x1FFFu)

#endif
