/* The contract between the raw firmware (datagrams between kernels) and the host: SRAM layout, rings, packets.
 *
 * Who writes what stands beside each member: H = host driver (trusted; the firmware still checks what would make it
 * send nonsense), F = firmware.  All words are big-endian.  Addresses are SRAM offsets or bus addresses; there are no
 * pointers.
 *
 * DATAGRAMS.  1 to RAW_MTU bytes from one node to another.  Nothing is acknowledged, kept or sent again, and nobody is
 * told whether they have arrived; those from one node to another arrive in order, as the network keeps it.  A packet
 * may be lost, or come twice, if the network does that to it.
 *
 * RINGS.  The host has two areas of consecutive pinned frames: RAW_SENDS slots of RAW_SLOT bytes at bus address
 * raw_ctrl.send_base, and raw_ctrl.receive_slots of them at receive_base.  Both are used in turn, so no descriptor
 * names an address.
 *
 * SENDING.  Datagram n lies in send slot n % RAW_SENDS from its beginning on.  The host writes it there, then one word,
 * control, to descriptor n % RAW_SENDS.  The firmware takes descriptors in turn; raw_ctrl.sent counts, modulo 2^32,
 * those whose slots are free again because the data are in SRAM.  The host never has more than RAW_SENDS of them beyond
 * that.
 *
 * RECEIVING.  The host gives slots by counting them in raw_ctrl.given, modulo 2^32, first all of them, then each again
 * when it has done with it.  Datagram n goes to slot n % receive_slots, in one transfer of struct raw_entry and data,
 * so it is there when the slot's serial number is n + 1.  If no slot has been given the datagram is dropped, and so is
 * what has a wrong CRC, type or length.  Nothing that the host does or does not do stops the firmware from taking what
 * comes, so the network never waits for a host.
 *
 * INTERRUPTS.  The firmware raises LANAI_ISR_HOST_SIG when raw_ctrl.coalesce_count datagrams are in memory that it has
 * not told of, or coalesce_ticks after the first of them, whichever is sooner; with coalesce_ticks 0 for each.  The
 * host first clears the bit, then takes everything that has come: what comes later raises it again.
 *
 * SIZES.  RAW_MTU is what Myricom's drivers of the time gave to IP: 8192 + 256 - 16 (Linux, drivers/net/myri_sbus.c;
 * Mach's if_myrinet.h).  Four send and eight receive buffers of that size, with code and rings, fit in the 128 KB of
 * the smallest boards. */
#ifndef FIRMWARE_RAW_ABI_H
#define FIRMWARE_RAW_ABI_H

#include "firmware/include/be.h"
#include "firmware/link/wire.h"

#define RAW_MAGIC       0x52415731u /* "RAW1" */
#define RAW_ABI_VERSION 1u
#define RAW_REFUSED     0x52454655u

#define RAW_MTU   8432u /* bytes of a datagram */
#define RAW_SENDS 16u   /* descriptors, and send slots in host memory */
#define RAW_SLOT  8448u /* bytes of a slot in host memory: RAW_MTU and struct raw_entry, in whole 64 bytes */

/* SRAM map (128 KB). */
#define RAW_CODE_LIMIT 0x04000u /* code, data, stack below */
#define RAW_CTRL       0x04000u /* struct raw_ctrl */
#define RAW_NODES      0x04400u /* struct link_node[LINK_MAX_NODES] */
#define RAW_QUEUE      0x04800u /* struct raw_send[RAW_SENDS] */
#define RAW_BUFFERS    0x04C00u /* packet buffers, the firmware's own */
#define RAW_SRAM_BYTES 0x20000u

/* Control block.  H writes everything above the line before it starts the LANai, and `given` later on; F writes below.
 */
struct raw_ctrl {
	be32 magic;          /* 00 H RAW_MAGIC */
	be32 version;        /* 04 H RAW_ABI_VERSION */
	be32 node;           /* 08 H own node number */
	be32 n_nodes;        /* 0c H */
	be32 send_base;      /* 10 H bus address of send slot 0 */
	be32 receive_base;   /* 14 H bus address of receive slot 0 */
	be32 receive_slots;  /* 18 H at least 1 */
	be32 coalesce_count; /* 1c H datagrams for one interrupt, at least 1 */
	be32 coalesce_ticks; /* 20 H 0.5 us ticks from the first of them; 0 = an interrupt for each */
	be32 given;          /* 24 H receive slots given so far, modulo 2^32 */
	be32 spare_28[6];
	/* ---- F ---- */
	be32 ready;        /* 40 F RAW_MAGIC once initialised, or RAW_REFUSED */
	be32 zero;         /* 44 F stays 0: what the firmware polls instead of the queue when it has no buffer */
	be32 sent;         /* 48 F descriptors whose slots are free again, modulo 2^32 */
	be32 spare_4c[13]; /* 4c */
	be32 counter[32];  /* 80 F enum raw_counter */
};

enum raw_counter {
	RAW_C_SENT,           /* datagrams given to the send engine */
	RAW_C_RECEIVED,       /* datagrams given to the host */
	RAW_C_INTERRUPTS,     /* HOST_SIG raised */
	RAW_C_DROP_CRC,       /* residue not zero */
	RAW_C_DROP_TYPE,      /* not ours, or another version, or a length that does not fit */
	RAW_C_DROP_NO_BUFFER, /* the host had given no slot */
	RAW_C_BAD_DESCRIPTOR, /* no such node, no route to it, or a length that is none */
	RAW_C_LONG_PACKETS,   /* packet longer than any buffer: drained and dropped */
	RAW_C_BUS_ERRORS,     /* host DMA aborted */
	RAW_C_NETWORK_RESETS,
	RAW_N_COUNTERS
};

/* A descriptor.  F zeroes the control word when it takes it. */
struct raw_send {
	be32 control;   /* 00 H RAW_CONTROL */
	be32 spare[15]; /* 04 to 64 bytes, so that no two descriptors share a trace tag (nic-sim/nic.h) */
};
#define RAW_CONTROL_BYTES_BITS   14
#define RAW_CONTROL_NODE_BIT     16
#define RAW_CONTROL(node, bytes) (0x80000000u | (uint32_t)(node) << RAW_CONTROL_NODE_BIT | (uint32_t)(bytes))

/* On the wire, behind the route bytes; the data are filled up to whole words. */
struct raw_packet {
	be32 type;  /* 00 RAW_TYPE << 16 | LINK_KIND_DATA << 8 | source node */
	be32 bytes; /* 04 of the data */
};
#define RAW_TYPE 0x0240u /* and the version of this format in the low four bits: 0 is the first */

/* In a receive slot, in front of the data. */
struct raw_entry {
	be32 serial; /* 00 F number of the datagram, from 1 on, modulo 2^32 */
	be32 from;   /* 04 F source node << 16 | bytes of the data */
};

#endif
