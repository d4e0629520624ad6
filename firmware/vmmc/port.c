#include "firmware/vmmc/port.h"

#define PAGE_MASK (VMMC_PAGE - 1)

static void
bad_descriptor(struct port *port)
{
	uint32_t at = port->row + offsetof(struct vmmc_proc, errors);
	sram_write(at, sram_read(at) + 1);
	count(VMMC_C_BAD_DESCRIPTOR);
}

/* stall: poll this port again after the next event. */
static void
stall(struct port *port)
{
	port->poll = CTRL(zero);
	port->stalled = 1;
	S.stalled = 1;
}

void
port_report(struct port *port, uint32_t number)
{
	if (!port->status.bus || !port->open)
		return;
	sram_write(port->status.sram, number);
	dma_report(port);
}

void
port_reject(struct port *port)
{
	port_take(port);
	bad_descriptor(port);
}

void
port_reject_or_stall(struct port *port, const struct peer *peer)
{
	if (peer->reachable)
		stall(port);
	else
		port_reject(port);
}

/* last_page: number of the page that holds the last byte, or all ones if that lies beyond any table. */
static inline uint32_t
last_page(uint32_t address, uint32_t bytes)
{
	uint32_t last = (address & PAGE_MASK) + bytes - 1;
	return (address >> VMMC_PAGE_SHIFT) + (last >> VMMC_PAGE_SHIFT);
}

/* end_long: no more pieces of it will be taken. */
static void
end_long(struct port *port)
{
	port->left = 0;
	S.long_sends--;
	if (port->open)
		port->poll = port->slot;
}

/* piece_bytes: no piece crosses a page, neither at the source nor at the destination. */
static inline uint32_t
piece_bytes(uint32_t left, uint32_t to, uint32_t from)
{
	uint32_t to_room = VMMC_PAGE - low_bits(to, VMMC_PAGE_SHIFT);
	uint32_t from_room = VMMC_PAGE - low_bits(from, VMMC_PAGE_SHIFT);
	if (left > to_room)
		left = to_room;
	if (left > from_room)
		left = from_room;
	return left;
}

/* last_piece: what the descriptor asked for at its end; returns what that adds to the packet's key. */
static inline uint32_t
last_piece(const struct port *port, struct packet *packet)
{
	uint32_t flags = port->flags;
	packet->number = port->taken;
	packet->events = bits(flags, COMPLETE_BIT, 1);
	return bits(flags, NOTIFY_BIT, 1) << KEY_FLAGS_BIT;
}

/* fill_piece: a packet for the next piece of the port's long send, all but the data; the port's cursors move on.  Most
 * are whole pages. */
static inline void
fill_piece(struct port *port, struct packet *packet, struct peer *peer, uint32_t page_bus, uint32_t key, uint32_t frame)
{
	uint32_t to = port->to, from = port->from, left = port->left, at = packet->at;
	uint32_t bytes = VMMC_PAGE;
	if (not_low(to | from, VMMC_PAGE_SHIFT))
		bytes = piece_bytes(left, to, from);
	if (left < bytes)
		bytes = left;
	left -= bytes;
	key = (key & 0xFFFF0000u) | bytes;
	packet->events = 0;
	if (!left)
		key |= last_piece(port, packet);
	port->left = left;
	port->to = to + bytes;
	port->from = from + bytes;
	port->fetching++;
	packet->port = port;
	packet->last = at + PACKET_DATA - 4 + bytes;
	packet->fetch.bus = (frame & ~PAGE_MASK) + low_bits(from, VMMC_PAGE_SHIFT);
	packet->fetch.bytes = bytes;
	trace_move(at, port->row);
	port_address(packet, peer, at);
	sram_write(at + PACKET_DEST, page_bus + low_bits(to, VMMC_PAGE_SHIFT));
	sram_write(at + PACKET_KEY, key);
}

/* issue_piece: takes one more piece of the port's long send if it can; 1 if it did. */
static inline uint32_t
issue_piece(struct port *port)
{
	struct packet *packet = S.free_long;
	uint32_t to_page = port->to >> VMMC_PAGE_SHIFT, from_page = port->from >> VMMC_PAGE_SHIFT;
	ARCH_KEEP(to_page);
	ARCH_KEEP(from_page);
	if (!packet)
		return 0;
	uint32_t entry = port->out + OUT_BYTES * to_page;
	uint32_t key = sram_read(entry + 4);
	uint32_t frame = sram_read(port->src + 4 * from_page);
	struct peer *peer = peer_of(key, OUT_NODE_BIT);
	uint32_t room = peer->room;
	if (not_low((key & frame) ^ 1, 1) || (!room && !peer->reachable)) {
		bad_descriptor(port);
		end_long(port);
		return 0;
	}
	if (!room)
		return 0;
	S.free_long = packet->next;
	S.pieces++;
	peer->room = room - 1;
	fill_piece(port, packet, peer, sram_read(entry), key, frame);
	dma_queue(&packet->fetch);
	if (!port->left)
		end_long(port);
	return 1;
}

static void
serve_long(struct port *port, uint32_t control)
{
	uint32_t slot = port->slot;
	uint32_t bytes = VMMC_CONTROL_LENGTH(control);
	uint32_t to = sram_read(slot + SLOT_PROXY);
	uint32_t from = sram_read(slot + SLOT_DATA);
	trace_move(port->row, slot);
	port_take(port);
	if (!bytes || (bytes | to | from) & 3 || last_page(to, bytes) >= port->out_count ||
	    last_page(from, bytes) >= port->src_count) {
		bad_descriptor(port);
		return;
	}
	count(VMMC_C_LONG_SENDS);
	port->left = bytes;
	port->to = to;
	port->from = from;
	port->flags = control;
	port->poll = CTRL(zero);
	S.long_sends++;
	if (S.pieces < PIECES_MAX)
		ports_issue();
}

void
port_serve_long(struct port *port, uint32_t control)
{
	if (VMMC_CONTROL_OP(control) == VMMC_OP_LONG)
		serve_long(port, control);
	else
		port_reject(port);
}

void
port_fetch_event(struct packet *packet)
{
	struct port *port = packet->port;
	if (packet->events & PACKET_REPORTS)
		port_report(port, packet->number);
	if (packet->events & PACKET_CLOSES)
		port_settle(port);
}

void
port_not_fetched(struct packet *packet)
{
	struct port *port = packet->port;
	port->fetching--;
	S.pieces--;
	packet->peer->room++;
	packet_free(packet);
	if (port->left)
		end_long(port);
	port_settle(port);
}

void
port_settle(struct port *port)
{
	if (port->open || port->fetching || port->reporting)
		return;
	sram_write(port->row + offsetof(struct vmmc_proc, polled), 0);
}

/* issue_in_turn: a piece for the next port that has a long send and can get one; 0 if there is none. */
static inline uint32_t
issue_in_turn(void)
{
	struct port *first = S.turn;
	struct port *port = first;
	do {
		if (port->left && issue_piece(port)) {
			S.turn = port->next;
			return 1;
		}
		port = port->next;
	} while (port != first);
	return 0;
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

void
ports_issue(void)
{
	do {
		if (!issue_in_turn())
			return;
	} while (S.pieces < PIECES_MAX);
}

/* open_port: reads what the driver wrote about process `i`. */
static void
open_port(struct port *port, uint32_t i)
{
	uint32_t row = port->row;
	uint32_t first = VMMC_QUEUES + i * SLOT_BYTES * VMMC_SLOTS;
	port->open = 1;
	port->stalled = 0;
	port->taken = 0;
	port->slot = port->poll = port->first_slot = first;
	port->end_slot = first + SLOT_BYTES * VMMC_SLOTS;
	port->status.bus = sram_read(row + offsetof(struct vmmc_proc, status_bus));
	port->out = VMMC_OUT_TABLE + OUT_BYTES * sram_read(row + offsetof(struct vmmc_proc, out_first));
	port->out_count = sram_read(row + offsetof(struct vmmc_proc, out_count));
	port->src = VMMC_SRC_TABLE + 4 * sram_read(row + offsetof(struct vmmc_proc, src_first));
	port->src_count = sram_read(row + offsetof(struct vmmc_proc, src_count));
	sram_write(row + offsetof(struct vmmc_proc, consumed), 0);
	sram_write(port->status.sram, 0);
	sram_write(row + offsetof(struct vmmc_proc, polled), 1);
}

static void
close_port(struct port *port)
{
	port->open = 0;
	if (port->left)
		end_long(port);
	dma_close(port);
	port_settle(port);
}

void
ports_reopen(void)
{
	struct port *last = &S.nobody;
	struct port *first = NULL;
	for (uint32_t i = 0; i < VMMC_MAX_PROCESSES; i++) {
		struct port *port = &S.ports[i];
		uint32_t open = sram_read(port->row + offsetof(struct vmmc_proc, open));
		if (open && !port->open)
			open_port(port, i);
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
