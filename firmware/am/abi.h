/* The contract between the am firmware (Active Messages) and the host: SRAM layout, queues, tables, packets.
 *
 * Who writes what stands beside each member: H = host driver (trusted), P = the process that owns the endpoint (not
 * trusted: the firmware checks whatever it finds there), F = firmware.  All words are big-endian.  Addresses are SRAM
 * offsets, bus addresses or offsets in an endpoint's window; there are no pointers.
 *
 * ENDPOINTS.  A process has an endpoint: a queue of descriptors in SRAM, and a window of pinned host memory, AM_PAGES
 * pages of it at most, which the driver enters page by page in AM_WINDOWS.  All that the process sends from, and all
 * that is delivered to it, lies there, at offsets that both sides name instead of addresses: a ring of entries for
 * messages that came, a page for each of them that takes the data of a medium message, and whatever else the process
 * has there, a part of which others may write to by bulk messages.  An endpoint is named by node, number on that node
 * and tag, a number that the driver never gives twice: a message whose tag is not the endpoint's is refused.
 *
 * MESSAGES.  A short message is up to AM_SHORT_WORDS words, which leave straight from the descriptor.  A medium message
 * is AM_HEAD_WORDS words and up to AM_DATA_MAX bytes, which are fetched from a page of the sender's window, from its
 * beginning on, and delivered to the page of its ring entry: what becomes of them the receiver decides.  A bulk message
 * is the same, but the sender says where in the bulk part of the receiver's window they go: any multiple of 4.  The
 * words before the data, the first of which names the handler, are the library's; the firmware passes them on.  The
 * data are in memory before the ring entry that tells of them; that is one transfer, and is there when its serial
 * number is the next.
 *
 * CREDITS.  A message is a request or a reply.  At most AM_CREDITS requests from one endpoint to another are without a
 * reply, and there is one reply to each: the firmware at both ends counts, and refuses what is too much.  So a ring of
 * 2 * AM_CREDITS entries for each endpoint that can send to it, and one more, never overflows, as long as the process
 * counts as well: a request of its own is over when it has taken the reply out of the ring.  Nothing that a process
 * does or does not do stops the firmware from taking what comes, so the network never waits for a process.
 *
 * RETURNS.  A request that its receiver refuses (no such endpoint, wrong tag, a range outside the bulk part), or that
 * waits for a reply when the endpoint is closed, is over as if replied to: the receiving firmware sends a message of
 * kind AM_KIND_RETURN back, without words.  So is one that cannot leave because the node is down, or has no route; then
 * the sender's own firmware makes the return.
 *
 * ORDER.  Messages between two endpoints arrive in the order of their descriptors, on the reliable link; nobody may
 * rely on that.
 *
 * SIGNALS.  After any change of am_endpoint.open, and to give am_ctrl.command, the driver writes LANAI_ISR_LAN0_SIG
 * into ISR.  am_ctrl.synced counts the signals after which no transfer that began before is under way any more.  The
 * driver gives the next signal only then.  Before it opens an endpoint it zeroes its queue.  The
 * firmware raises LANAI_ISR_HOST_SIG when a node is down (am_ctrl.down), and for arrivals.
 *
 * ARRIVALS.  A driver whose process wants to sleep sets am_ctrl.armed of its endpoint to 1, and then looks at the ring.
 * The firmware looks at the word when a ring entry is in memory: if it is set, it clears it and raises HOST_SIG.  So
 * either the driver sees the entry, or the firmware the word.  If both write at a time, the word may be lost, but not
 * the signal.
 *
 * LINK.  The data link is that of vmmc (firmware/link): reliable, or, with am_ctrl.reliable 0, not: then a lost message
 * is lost, and so is a credit. */
#ifndef FIRMWARE_AM_ABI_H
#define FIRMWARE_AM_ABI_H

#include "firmware/include/be.h"
#include "firmware/link/wire.h"

#define AM_MAGIC       0x414D4D31u /* "AMM1" */
#define AM_ABI_VERSION 2u
#define AM_REFUSED     0x52454655u

#define AM_PAGE        4096u
#define AM_PAGE_SHIFT  12
#define AM_ENDPOINTS   4u    /* a node */
#define AM_SLOTS       16u   /* descriptors in a queue */
#define AM_CREDITS     4u    /* requests without a reply, from one endpoint to another */
#define AM_SHORT_WORDS 8u    /* the first names the handler: 28 bytes are left */
#define AM_HEAD_WORDS  6u    /* of a medium or bulk message; the last is AM_BULK_WORD */
#define AM_BULK_WORD   5u    /* of a bulk message: offset in the receiver's bulk part */
#define AM_DATA_MAX    4096u /* bytes */
#define AM_PAGES       1024u /* of a window */

/* SRAM map (256 KB). */
#define AM_CODE_LIMIT 0x0A000u /* code, data, stack below */
#define AM_CTRL       0x0A000u /* struct am_ctrl */
#define AM_NODES      0x0A400u /* struct link_node[LINK_MAX_NODES] */
#define AM_ROWS       0x0A800u /* struct am_endpoint[AM_ENDPOINTS] */
#define AM_QUEUES     0x0AC00u /* struct am_slot[AM_ENDPOINTS][AM_SLOTS] */
#define AM_TALLIES    0x0C000u /* be32[AM_ENDPOINTS][LINK_MAX_NODES][AM_ENDPOINTS]: the firmware's own */
#define AM_WINDOWS    0x0D000u /* be32[AM_ENDPOINTS][AM_PAGES]: bus addresses, H */
#define AM_BUFFERS    0x11000u /* packet buffers, the firmware's own */
#define AM_SRAM_BYTES 0x40000u

/* Control block. H writes everything above the line before it starts the LANai; F writes below. */
struct am_ctrl {
	LINK_CONTROL; /* 00 H firmware/link/wire.h */
	be32 spare_30[4];
	/* ---- F ---- */
	be32 ready;       /* 40 F AM_MAGIC once initialised, or AM_REFUSED */
	be32 zero;        /* 44 F stays 0: what the firmware polls instead of a queue that it cannot serve yet */
	be32 synced;      /* 48 F signals that have taken full effect, modulo 2^32 */
	be32 spare_4c;    /* 4c */
	be32 down[2];     /* 50 F bit n % 32 of word n / 32: node n is down, until AM_COMMAND_PEER_UP */
	be32 spare_58[2]; /* 58 */
	struct {
		be32 op;   /* 60 H enum am_command; F sets it to 0 */
		be32 node; /* 64 H */
	} command;
	be32 armed[AM_ENDPOINTS]; /* 68 H 1: HOST_SIG with the next entry of this endpoint; F sets it to 0 then */
	be32 spare_78[2];         /* 78 */
	be32 counter[32];         /* 80 F enum am_counter */
};

enum am_command {
	AM_COMMAND_NONE,
	AM_COMMAND_PEER_UP, /* node: make a new link */
};

enum am_counter {
	AM_C_SHORTS, /* descriptors taken */
	AM_C_LONGS,
	AM_C_PACKETS_SENT, /* data packets, first transmissions */
	AM_C_RETRANSMITTED,
	AM_C_TIMEOUTS,
	AM_C_ACKS_SENT,     /* explicit ones */
	AM_C_ACKS_RECEIVED, /* explicit ones */
	AM_C_DELIVERED,     /* ring entries written */
	AM_C_DROP_CRC,      /* residue not zero */
	AM_C_DROP_TYPE,     /* not ours, or another version, or a length that does not fit the header */
	AM_C_DROP_DUPLICATE,
	AM_C_DROP_GAP,
	AM_C_DROP_PROTECTION, /* no such endpoint, wrong tag, a bulk range outside the window */
	AM_C_DROP_CREDIT,     /* a request too much, or a reply to nothing */
	AM_C_BAD_DESCRIPTOR,  /* a process wrote nonsense, or sent more than its credits allow */
	AM_C_LONG_PACKETS,    /* packet longer than any buffer: drained and dropped */
	AM_C_BUS_ERRORS,      /* host DMA aborted */
	AM_C_NACKS_SENT,
	AM_C_NACKS_RECEIVED,
	AM_C_NETWORK_RESETS,
	AM_C_RETURNS,      /* requests returned to their senders */
	AM_C_PEERS_DOWN,   /* nodes given up or found restarted */
	AM_C_DROP_SESSION, /* packets of a node that is down, or of a link that is not made yet */
	AM_C_UNREACHABLE,  /* descriptors that named a node that is down */
	AM_C_WAKES,        /* HOST_SIG raised for arrivals */
	AM_N_COUNTERS
};

struct am_endpoint {
	be32 open;       /* 00 H 1 = poll this queue, take what comes */
	be32 tag;        /* 04 H 1..65535 */
	be32 ring;       /* 08 H offset in the window of the ring of struct am_entry, on a page */
	be32 entries;    /* 0c H of the ring, a power of two, 64..512 */
	be32 data;       /* 10 H offset of the data page of entry 0; those of the others follow */
	be32 pages;      /* 14 H of the window */
	be32 bulk;       /* 18 H offset of the part that bulk messages may write, and its bytes */
	be32 bulk_bytes; /* 1c H */
	be32 consumed; /* 20 F descriptors taken since open, modulo 2^32: their slots, and their data, are free again */
	be32 errors;   /* 24 F bad descriptors */
	be32 spare[6]; /* 28 */
};

/* A descriptor.  P writes the control word last; F zeroes it when it is done with the slot.  Of a medium or bulk
 * message all AM_HEAD_WORDS words are sent: those that P does not write are what an earlier message of its left there.
 */
struct am_slot {
	be32 control;              /* 00 AM_CONTROL */
	be32 to;                   /* 04 AM_TO: tag << 16 | node << 8 | endpoint */
	be32 word[AM_SHORT_WORDS]; /* 08 */
	be32 spare[6];             /* 28 to 64 bytes, so that no two descriptors share a trace tag (nic-sim/nic.h) */
};
#define AM_KIND_RETURN 0u
#define AM_KIND_SHORT  1u /* also the op of a descriptor: bytes 4 .. 4 * AM_SHORT_WORDS, of the words; page 0 */
#define AM_KIND_MEDIUM 2u /* bytes 4 .. AM_DATA_MAX, of the data, in that page of the own window */
#define AM_KIND_BULK   3u
/* op << 28 | reply << 24 | page << 13 | bytes */
#define AM_CONTROL(op, reply, page, bytes)                                                                             \
	((uint32_t)(op) << 28 | (uint32_t)(reply) << 24 | (uint32_t)(page) << 13 | (uint32_t)(bytes))
#define AM_CONTROL_OP(w)           ((w) >> 28)
#define AM_CONTROL_REPLY(w)        ((w) >> 24 & 1u)
#define AM_CONTROL_PAGE(w)         ((w) >> 13 & 0x7FFu)
#define AM_CONTROL_BYTES(w)        ((w)&0x1FFFu)
#define AM_CONTROL_PAGE_BYTES(w)   ((w)&0xFFFFFFu) /* both: of a short one, its bytes */
#define AM_TO(tag, node, endpoint) ((uint32_t)(tag) << 16 | (uint32_t)(node) << 8 | (uint32_t)(endpoint))

/* On the wire, behind the route bytes, and with `serial` for `link`, the first AM_ENTRY_WORDS of it, as an entry of
 * the ring (of a short one, as many as it has). */
struct am_packet {
	be32 type;   /* 00 AM_TYPE << 16 | LINK_KIND_DATA << 8 | source node */
	be32 link;   /* 04 firmware/link/wire.h; in a ring: serial number of the entry, 1, 2, ... */
	be32 to;     /* 08 AM_TO of the receiver, but for the node the number of the sending endpoint */
	be32 key;    /* 0c AM_KEY */
	be32 word[]; /* 10 AM_SHORT_WORDS at most, or AM_HEAD_WORDS and the data */
};
#define AM_TYPE 0x0260u /* and the version of this format in the low four bits: 0 is the first */
#define AM_KEY(tag, kind, reply, bytes)                                                                                \
	((uint32_t)(tag) << 16 | (uint32_t)(kind) << 14 | (uint32_t)(reply) << 13 | (uint32_t)(bytes))
#define AM_KEY_TAG(w)   ((w) >> 16) /* of the sending endpoint */
#define AM_KEY_KIND(w)  ((w) >> 14 & 3u)
#define AM_KEY_REPLY(w) ((w) >> 13 & 1u)
#define AM_KEY_BYTES(w) LINK_LENGTH(w) /* of what follows the key */
#define AM_ENTRY_WORDS  (4u + AM_SHORT_WORDS)

struct am_entry {
	be32 type, serial, to, key, word[AM_SHORT_WORDS], spare[4];
};

#endif
