#include "firmware/am/port.h"
#include "firmware/am/receive.h"

/* stall: poll this port again after the next event. */
static void
stall(struct port *port)
{
	port->poll = CTRL(zero);
	port->stalled = 1;
	S.stalled = 1;
}

/* pass: the next slot is done with, when what is before it is; 0: not yet. */
static uint32_t
pass(struct port *port)
{
	if (port->fetching) {
		stall(port);
		return 0;
	}
	port_take(port);
	port_advance(port);
	return 1;
}

static void
reject(struct port *port)
{
	uint32_t at = port->row + offsetof(struct am_endpoint, errors);
	if (!pass(port))
		return;
	sram_write(at, sram_read(at) + 1);
	count(AM_C_BAD_DESCRIPTOR);
}

/* lost: a request that cannot leave: the process hears of it. */
static void
lost(const struct port *port, uint32_t to)
{
	uint32_t tally = port_tally(port, to);
	uint32_t counts = sram_read(tally);
	if (bits(counts, TALLY_LOST_BIT, TALLY_BITS) >= AM_CREDITS)
		return;
	sram_write(tally, counts + TALLY_LOST);
	S.returning++;
	ports_end_one(port->number, bits(to, 8, LINK_NODE_BITS), low_bits(to, 2));
}

/* unreachable: the node is down, or there is no route to it. */
static void
unreachable(struct port *port, uint32_t to, uint32_t control)
{
	if (!pass(port))
		return;
	count(AM_C_UNREACHABLE);
	if (!AM_CONTROL_REPLY(control))
		lost(port, to);
}

/* is_stale: a reply to a request of before the node was down? */
static uint32_t
is_stale(const struct port *port, uint32_t to, uint32_t control)
{
	return AM_CONTROL_REPLY(control) && bits(sram_read(port_tally(port, to)), TALLY_STALE_BIT, TALLY_BITS);
}

static void
swallow(struct port *port, uint32_t to)
{
	uint32_t tally = port_tally(port, to);
	if (!pass(port))
		return;
	sram_write(tally, sram_read(tally) - TALLY_STALE);
	count(AM_C_UNREACHABLE);
}

/* has_fallen: the node of `to`. */
static uint32_t
has_fallen(uint32_t to)
{
	uint32_t node = bits(to, 8, LINK_NODE_BITS);
	return S.fell[node / 32] >> (node % 32) & 1;
}

/* Nobody waits for a link to a node that has been down: perhaps it still is, and then what goes to others would wait as
 * well. */
void
port_refuse(struct port *port, uint32_t control, uint32_t bad)
{
	uint32_t to = sram_read(port->slot + SLOT_TO);
	struct peer *peer = peer_of(to, 8);
	if (is_stale(port, to, control)) {
		swallow(port, to);
	} else if (bad) {
		reject(port);
	} else if (peer->state == LINK_NONE || session_refuses(peer)) {
		unreachable(port, to, control);
	} else {
		session_want(peer);
		if (peer->state != LINK_UP && has_fallen(to))
			unreachable(port, to, control);
		else if (port->fetching || S.pieces >= PIECES_MAX || !link_lacks())
			stall(port);
	}
}

/* fetch: the data first: the engine works while the words are copied. */
static void
fetch(struct port *port, struct packet *packet, uint32_t slot, uint32_t to, uint32_t control)
{
	uint32_t at = packet->at, bytes = AM_CONTROL_BYTES(control);
	struct peer *peer = peer_of(to, 8);
	S.free_long = packet->next;
	packet->fetch.events = 0;
	packet->fetch.bus = sram_read(port->window + 4 * AM_CONTROL_PAGE(control));
	packet->fetch.bytes = bytes;
	trace_move(at, slot);
	dma_queue(&packet->fetch);
	S.pieces++;
	peer->room--;
	port->fetching++;
	packet->port = port;
	packet->last = at + PACKET_DATA + HEAD_BYTES - 4 + bytes;
	link_address(packet, peer, at);
	port_address(port, at, to, control, AM_CONTROL_OP(control), HEAD_BYTES + bytes);
	link_copy(at + PACKET_DATA, slot + SLOT_WORD, HEAD_BYTES);
}

/* is_long: what the control word says fits a message that is not short. */
static uint32_t
is_long(const struct port *port, uint32_t control)
{
	uint32_t op = AM_CONTROL_OP(control), bytes = AM_CONTROL_BYTES(control);
	return (op == AM_KIND_MEDIUM || op == AM_KIND_BULK) && bytes - 1 < AM_DATA_MAX && !(bytes & 3) &&
	       AM_CONTROL_PAGE(control) < port->pages;
}

void
port_serve_long(struct port *port, uint32_t control)
{
	uint32_t slot = port->slot;
	uint32_t to = sram_read(slot + SLOT_TO);
	uint32_t tally = port_tally(port, to);
	uint32_t counts = sram_read(tally);
	uint32_t change = port_may(counts, control);
	struct packet *packet = S.free_long;
	if (!change || port_misnames(to) || !is_long(port, control)) {
		port_refuse(port, control, 1);
		return;
	}
	if (!packet || !peer_of(to, 8)->room || S.pieces >= PIECES_MAX) {
		port_refuse(port, control, 0);
		return;
	}
	fetch(port, packet, slot, to, control);
	sram_write(tally, counts + change);
	port_advance(port);
	count(AM_C_LONGS);
}

/* The port was closed, the node went down, or the bus failed.  A node that went down has begun to count its room anew.
 */
void
port_not_sent(struct packet *packet)
{
	struct port *port = packet->port;
	S.pieces--;
	if (packet->fetch.use == DMA_FETCH)
		packet->peer->room++;
	packet->fetch.use = DMA_FETCH;
	if (port->open && port->fetching) {
		port->fetching--;
		port_take(port);
	}
	packet_free(packet);
}

/* The ports whose next descriptor had to wait. */
void
ports_poll_again(void)
{
	struct port *first = S.turn;
	struct port *port = first;
	S.stalled = 0;
	do {
		if (port->stalled) {
			port->stalled = 0;
			port->poll = port->slot;
		}
		port = port->next;
	} while (port != first);
}

/* close_tallies: what others have asked of the port, and it has not replied to, goes back to them. */
static void
close_tallies(const struct port *port)
{
	uint32_t at = port->tallies;
	for (uint32_t end = at + TALLY_PORT_BYTES; at != end; at += 4) {
		uint32_t counts = sram_read(at);
		uint32_t before = bits(counts, TALLY_RETURN_BIT, TALLY_RETURN_BITS);
		uint32_t after = before + bits(counts, TALLY_OWED_BIT, TALLY_BITS);
		if (after > RETURNS_MAX)
			after = RETURNS_MAX;
		S.returning += after - before - bits(counts, TALLY_LOST_BIT, TALLY_BITS);
		sram_write(at, (counts >> TALLY_TAG_BIT << TALLY_TAG_BIT) + after * TALLY_RETURN);
	}
}

#define ROW(port, member) ((port)->row + (uint32_t)offsetof(struct am_endpoint, member))

/* open_port: reads what the driver wrote. */
static void
open_port(struct port *port)
{
	uint32_t first = AM_QUEUES + port->number * SLOT_BYTES * AM_SLOTS;
	port->open = 1;
	port->stalled = 0;
	port->fetching = 0;
	port->taken = 0;
	port->serial = 0;
	port->slot = port->busy = port->poll = port->first_slot = first;
	port->end_slot = first + SLOT_BYTES * AM_SLOTS;
	port->name = AM_TO(sram_read(ROW(port, tag)), 0, port->number);
	port->key = AM_KEY(sram_read(ROW(port, tag)), 0, 0, 0);
	port->pages = sram_read(ROW(port, pages));
	port->ring = sram_read(ROW(port, ring));
	port->mask = sram_read(ROW(port, entries)) - 1;
	port->lap = port->mask & (AM_PAGE / (1u << ENTRY_SHIFT) - 1);
	port->data = port->window + 4 * (sram_read(ROW(port, data)) >> AM_PAGE_SHIFT);
	port->bulk = sram_read(ROW(port, bulk));
	port->bulk_bytes = sram_read(ROW(port, bulk_bytes));
	sram_write(ROW(port, consumed), 0);
	sram_write(ROW(port, errors), 0);
	receive_lap(port);
}

static void
close_port(struct port *port)
{
	port->open = 0;
	port->name = NOBODY;
	close_tallies(port);
}

void
ports_reopen(void)
{
	struct port *last = &S.nobody;
	struct port *first = NULL;
	for (struct port *port = S.ports; port < S.ports + AM_ENDPOINTS; port++) {
		uint32_t open = sram_read(ROW(port, open));
		if (open && !port->open)
			open_port(port);
		else if (!open && port->open)
			close_port(port);
		if (!port->open)
			continue;
		last->next = port;
		last = port;
		if (!first)
			first = port;
	}
	last->next = first ? first : &S.nobody;
	S.turn = last->next;
}

/* forget: of one tally: requests from here are lost, those from there stale. */
static void
forget(uint32_t at)
{
	uint32_t counts = sram_read(at);
	uint32_t out = low_bits(counts, TALLY_BITS), lost_before = bits(counts, TALLY_LOST_BIT, TALLY_BITS);
	uint32_t stale = bits(counts, TALLY_STALE_BIT, TALLY_BITS) + bits(counts, TALLY_OWED_BIT, TALLY_BITS);
	uint32_t lost_now = lost_before + out;
	if (lost_now > AM_CREDITS)
		lost_now = AM_CREDITS;
	S.returning += lost_now - lost_before - bits(counts, TALLY_RETURN_BIT, TALLY_RETURN_BITS);
	sram_write(at, stale * TALLY_STALE + lost_now * TALLY_LOST);
}

void
ports_forget(uint32_t node)
{
	S.fell[node / 32] |= 1u << (node % 32);
	for (uint32_t port = 0; port < AM_ENDPOINTS; port++)
		for (uint32_t other = 0; other < AM_ENDPOINTS; other++)
			forget(tally_at(port, node, other));
}
