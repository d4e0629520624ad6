/* Everything that the am firmware remembers, in one structure (firmware/arch).  What the host sees is in
 * firmware/am/abi.h.  A port is an endpoint's queue as the firmware sees it; the rest is the link's. */
#ifndef FIRMWARE_AM_STATE_H
#define FIRMWARE_AM_STATE_H

#include "firmware/am/abi.h"

#include <stddef.h>
#include <stdint.h>

#define AM_SHORT_PACKETS 31u /* and one buffer of that size for control packets */
#define AM_LONG_PACKETS  24u
#define AM_ARRIVALS      6u

#define HEAD_BYTES (4u * AM_HEAD_WORDS)

/* What firmware/link wants to know of this program. */
#define PROGRAM_TYPE       AM_TYPE
#define PROGRAM_SHORT_DATA (4u * AM_SHORT_WORDS)
#define PROGRAM_LONG_DATA  ((HEAD_BYTES + AM_DATA_MAX + 63u) & ~63u)
#define COUNTER(name)      AM_C_##name
#define CTRL(member)       (AM_CTRL + (uint32_t)offsetof(struct am_ctrl, member))

#include "firmware/link/state.h"

_Static_assert(AM_BUFFERS + AM_LONG_PACKETS * PACKET_LONG_BYTES + (AM_SHORT_PACKETS + 1u) * PACKET_SHORT_BYTES +
                               AM_ARRIVALS * ARRIVAL_BYTES <=
                       AM_SRAM_BYTES,
               "the buffers fit");

struct port {
	uint32_t poll; /* SRAM address of the word that the idle loop reads: next control word, or am_ctrl.zero */
	struct port *next;
	uint32_t slot, first_slot, end_slot; /* SRAM addresses; `slot`: the next descriptor */
	uint32_t busy;                       /* the oldest whose data are being fetched, or `slot` */
	uint32_t fetching;                   /* descriptors from `busy` to `slot` */
	uint32_t number, row;                /* of the endpoint; SRAM address of its struct am_endpoint */
	uint32_t open, stalled;
	uint32_t taken;
	uint32_t name;   /* AM_TO of the endpoint without a node; NOBODY if it is closed */
	uint32_t sender; /* its number and its tag as they stand in packets: of PACKET_DEST and of PACKET_KEY */
	uint32_t key;
	uint32_t tallies;       /* SRAM address of the first */
	uint32_t window, pages; /* `window`: SRAM address of its bus addresses */
	uint32_t ring, mask;    /* offset; entries - 1 */
	uint32_t data;          /* SRAM address of the bus address of the data page of entry 0 */
	uint32_t bulk, bulk_bytes;
	uint32_t serial;         /* of the last entry */
	uint32_t entry_bus;      /* bus address of the next one */
	uint32_t lap;            /* with the serial number of an entry: 0 if the next one is not right behind it */
} __attribute__((aligned(128))); /* the address of a port is a shift away from its number */
#define NOBODY          0xFFFFFFFFu
#define NAME_OTHER_BITS 0x300u /* of the sender, in the `to` of what comes */

/* A tally, for each endpoint here and endpoint there, counts in a word:
 *   OUT     requests from here without a reply
 *   OWED    requests from there that wait for a reply
 *   STALE   requests from there of before the node was down, which the process has not replied to: its replies are
 *           swallowed, and new requests returned, until it has
 *   LOST    requests from here that the own process must be told are lost
 *   RETURN  requests from there that must be returned to it
 * and the tag of the endpoint there.  STALE stands above OWED: there are never both, so that one comparison finds
 * either. */
#define TALLY_OUT         1u
#define TALLY_OWED        8u
#define TALLY_STALE       0x40u
#define TALLY_LOST        0x200u
#define TALLY_RETURN      0x1000u
#define TALLY_BITS        3u
#define TALLY_OWED_BIT    3u
#define TALLY_STALE_BIT   6u
#define TALLY_LOST_BIT    9u
#define TALLY_RETURN_BIT  12u
#define TALLY_RETURN_BITS 4u
#define TALLY_TAG_BIT     16u
_Static_assert(AM_CREDITS < 1u << TALLY_BITS, "counts of credits");
#define TALLY_PORT_BYTES (4u * LINK_MAX_NODES * AM_ENDPOINTS)
#define TALLY_NODE_SHIFT 4u
_Static_assert(1u << TALLY_NODE_SHIFT == 4u * AM_ENDPOINTS, "tallies of a node");

struct am {
	/* polling */
	uint32_t events; /* bits of ISR that a turn looks for; SEND is one while somebody waits for the send engine */
	struct port *turn;
	uint32_t stalled;   /* some port waits for an event */
	uint32_t returning; /* requests that must be returned, or are lost */
	uint32_t nodes;
	uint32_t fell[LINK_MAX_NODES / 32]; /* bits: has been down since the start */
	LINK_STATE;
	struct port nobody; /* the ring of ports is never empty */
	struct packet ack_packet;
	struct port ports[AM_ENDPOINTS];
	struct peer peers[LINK_MAX_NODES];
	struct packet packets[AM_SHORT_PACKETS + AM_LONG_PACKETS];
	struct arrival arrivals[AM_ARRIVALS];
};

ARCH_DECLARE_STATE(struct am);
#define S ARCH_STATE(struct am)

#include "firmware/link/peers.h"

/* port_of: the port whose number, modulo AM_ENDPOINTS, stands in the low bits of `to`. */
static inline struct port *
port_of(uint32_t to)
{
	struct port *port = &S.ports[low_bits(to, 2)];
	ARCH_KEEP(port);
	return port;
}

/* tally_at: SRAM address. */
static inline uint32_t
tally_at(uint32_t port, uint32_t node, uint32_t other)
{
	return AM_TALLIES + port * TALLY_PORT_BYTES + (node << TALLY_NODE_SHIFT) + 4 * other;
}

/* tally_of: the same from a row of tallies and words that hold node and other shifted to the top. */
static inline uint32_t
tally_of(uint32_t tallies, uint32_t node_on_top, uint32_t other_on_top)
{
	uint32_t node = node_on_top >> (32 - LINK_NODE_BITS - TALLY_NODE_SHIFT);
	uint32_t other = other_on_top >> (32 - 2 - 2);
	ARCH_KEEP(node);
	ARCH_KEEP(other);
	return tallies + node + other;
}

/* window_bus: bus address of an offset in the port's window. */
static inline uint32_t
window_bus(const struct port *port, uint32_t offset)
{
	return sram_read(port->window + 4 * (offset >> AM_PAGE_SHIFT)) + low_bits(offset, AM_PAGE_SHIFT);
}

/* am_init: reads am_ctrl and the node table; false (0), and am_ctrl.ready = AM_REFUSED, if they are not for us. */
uint32_t am_init(void);

#endif
