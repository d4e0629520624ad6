/* The endpoints' send queues: descriptors in, packets out. */
#ifndef FIRMWARE_AM_PORT_H
#define FIRMWARE_AM_PORT_H

#include "firmware/am/dma.h"

#define SLOT_BYTES ((uint32_t)sizeof(struct am_slot))
#define SLOT_TO    ((uint32_t)offsetof(struct am_slot, to))
#define SLOT_WORD  ((uint32_t)offsetof(struct am_slot, word))

#define REPLY_BIT     24 /* of a control word */
#define KEY_REPLY_BIT 13
#define KEY_KIND_BIT  14
_Static_assert(AM_KEY(0, 1, 0, 0) == 1u << KEY_KIND_BIT && AM_KEY(0, 0, 1, 0) == 1u << KEY_REPLY_BIT, "keys");

/* Messages whose data are being fetched or wait for the send engine: two send buffers keep both engines busy. */
#define PIECES_MAX 2u

/* port_serve_long: the port's next slot has this control word, which is not of a short message. */
void port_serve_long(struct port *port, uint32_t control);
/* port_refuse: a descriptor that cannot go: bad, or for a node that is down; or it must wait. */
void port_refuse(struct port *port, uint32_t control, uint32_t bad);
/* port_not_sent: the fetch of a message ended otherwise than well. */
void port_not_sent(struct packet *packet);
void ports_poll_again(void);
/* ports_reopen: the driver's signal: reads which endpoints are open. */
void ports_reopen(void);
/* ports_forget: a node is down: what was counted of it begins anew. */
void ports_forget(uint32_t node);
/* ports_end_one: one of the requests that this tally says must be returned, or are lost; 0 if it says nothing, or it
 * must wait.  ports_return: all of all, as far as it can be. */
uint32_t ports_end_one(uint32_t number, uint32_t node, uint32_t other);
void ports_return(void);
/* An honest sender has no more than AM_CREDITS of them on their way to old and new endpoints each. */
#define RETURNS_MAX 15u

/* port_names: `to` cannot name an endpoint; nonzero if so. */
HOT uint32_t
port_misnames(uint32_t to)
{
	uint32_t strange = to & 0xC0FCu;
	ARCH_KEEP(strange);
	return strange;
}

/* port_tally: of the endpoint that `to` names. */
HOT uint32_t
port_tally(const struct port *port, uint32_t to)
{
	uint32_t node = to << (32 - 8 - LINK_NODE_BITS) & 0xFC000000u, other = to << 30;
	ARCH_KEEP(node);
	ARCH_KEEP(other);
	return tally_of(port->tallies, node, other);
}

/* port_may: what a message with this control word adds to its tally; 0 if there is no credit for it. */
HOT uint32_t
port_may(uint32_t tally, uint32_t control)
{
	if (bits(control, REPLY_BIT, 1))
		return bits(tally, TALLY_OWED_BIT, TALLY_BITS) ? 0 - TALLY_OWED : 0;
	return low_bits(tally, TALLY_BITS) < AM_CREDITS ? TALLY_OUT : 0;
}

/* port_address: the words of a packet before those of the message. */
HOT void
port_address(const struct port *port, uint32_t at, uint32_t to, uint32_t control, uint32_t kind, uint32_t bytes)
{
	uint32_t reply = bits(control, REPLY_BIT, 1) << KEY_REPLY_BIT;
	sram_write(at + PACKET_DEST, (to & 0xFFFF00FFu) | port->sender);
	sram_write(at + PACKET_KEY, port->key | kind << KEY_KIND_BIT | reply | bytes);
}

/* port_take: the oldest slot that is in use is the process' again. */
HOT void
port_take(struct port *port)
{
	uint32_t slot = port->busy;
	uint32_t taken = port->taken + 1;
	sram_write(slot, 0);
	port->taken = taken;
	sram_write(port->row + offsetof(struct am_endpoint, consumed), taken);
	slot += SLOT_BYTES;
	if (slot == port->end_slot)
		slot = port->first_slot;
	port->busy = slot;
}

/* port_advance: the next slot is polled. */
HOT void
port_advance(struct port *port)
{
	uint32_t slot = port->slot + SLOT_BYTES;
	if (slot == port->end_slot)
		slot = port->first_slot;
	port->slot = slot;
	port->poll = slot;
}

HOT void
port_serve_short(struct port *port, uint32_t control)
{
	uint32_t slot = port->slot;
	uint32_t bytes = AM_CONTROL_PAGE_BYTES(control);
	uint32_t to = sram_read(slot + SLOT_TO);
	uint32_t tally = port_tally(port, to);
	uint32_t counts = sram_read(tally);
	uint32_t change = port_may(counts, control);
	if (!change || (bytes - 4) & ~(PROGRAM_SHORT_DATA - 4) || port_misnames(to)) {
		port_refuse(port, control, 1);
		return;
	}
	struct packet *packet = S.free_short;
	struct peer *peer = peer_of(to, 8);
	uint32_t room = peer->room;
	if (!packet || !room || port->fetching) {
		port_refuse(port, control, 0);
		return;
	}
	uint32_t at = packet->at;
	uint32_t last = at + PACKET_DATA - 4 + bytes;
	S.free_short = packet->next;
	peer->room = room - 1;
	trace_move(at, slot);
	link_address(packet, peer, at);
	port_address(port, at, to, control, AM_KIND_SHORT, bytes);
	link_copy(at + PACKET_DATA, slot + SLOT_WORD, bytes);
	packet->last = last;
	link_send(packet, peer, at, last);
	sram_write(tally, counts + change);
	port_take(port);
	port_advance(port);
	count(AM_C_SHORTS);
}

/* port_serve: the port's next slot has this control word. */
HOT void
port_serve(struct port *port, uint32_t control)
{
	uint32_t op = AM_CONTROL_OP(control);
	ARCH_KEEP(op);
	if (__builtin_expect(op == AM_KIND_SHORT, 1))
		port_serve_short(port, control);
	else
		port_serve_long(port, control);
}

/* port_fetched: the data of a message are in SRAM. */
HOT void
port_fetched(struct packet *packet)
{
	struct port *port = packet->port;
	if (!port->open) {
		port_not_sent(packet);
	} else {
		if (link_send(packet, packet->peer, packet->at, packet->last))
			S.pieces--;
		port->fetching--;
		port_take(port);
	}
	if (packet->fetch.events)
		dma_synced(&packet->fetch);
}

#endif
