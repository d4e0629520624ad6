#include "firmware/vmmc/port.h"
#include "firmware/vmmc/redirect.h"
#include "firmware/vmmc/session.h"
#include "firmware/vmmc/translate.h"

#define PAGE_MASK (VMMC_PAGE - 1)

/* report: what stands in the process' status words goes to host memory. */
static void
report(struct port *port)
{
	if (port->status.bus && port->open)
		dma_report(port);
}

void
port_bad(struct port *port, uint32_t control, uint32_t number)
{
	uint32_t at = port->row + offsetof(struct vmmc_proc, errors);
	uint32_t errors = sram_read(at) + 1;
	sram_write(at, errors);
	sram_write(port->status.sram + offsetof(struct vmmc_status, failed), errors);
	if (control & FLAG_COMPLETE)
		sram_write(port->status.sram, number);
	count(VMMC_C_BAD_DESCRIPTOR);
	report(port);
}

/* stall: poll this port again after the next event, or behind its long send. */
static void
stall(struct port *port)
{
	port->poll = CTRL(zero);
	if (port->left)
		return;
	port->stalled = 1;
	S.stalled = 1;
}

void
port_report(struct port *port, uint32_t number)
{
	sram_write(port->status.sram, number);
	report(port);
}

void
port_reject(struct port *port, uint32_t control)
{
	if (port->fetching) {
		stall(port);
		return;
	}
	port_take(port);
	port_bad(port, control, port->taken);
}

void
port_reject_or_stall(struct port *port, struct peer *peer, uint32_t control)
{
	uint32_t refuses = session_refuses(peer);
	if (refuses && !port->fetching)
		count(VMMC_C_UNREACHABLE);
	if (refuses || peer->state == LINK_NONE) {
		port_reject(port, control);
	} else {
		session_want(peer);
		if (!link_lacks())
			stall(port);
	}
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
	port->refused = 0;
	port->fetching--;
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
	packet->number = port->sends;
	packet->fetch.events = PACKET_LAST | bits(flags, COMPLETE_BIT, 1);
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
	packet->fetch.events = 0;
	if (!left)
		key |= last_piece(port, packet);
	port->left = left;
	port->to = to + bytes;
	port->from = from + bytes;
	port->fetching++;
	packet->port = port;
	packet->last = at + PACKET_DATA - 4 + bytes;
	packet->fetch.bus = (frame << VMMC_PAGE_SHIFT) + low_bits(from, VMMC_PAGE_SHIFT);
	packet->fetch.bytes = bytes;
	trace_move(at, port->row);
	link_address(packet, peer, at);
	sram_write(at + PACKET_DEST, page_bus + low_bits(to, VMMC_PAGE_SHIFT));
	sram_write(at + PACKET_KEY, key);
}

/* cannot_issue: the port's long send names a node that is not there, or a page that is not to be had: bad, when the
 * pieces before have left host memory, or of a node that takes nothing now.  Returns 0. */
static COLD uint32_t
cannot_issue(struct port *port, uint32_t key)
{
	struct peer *peer = peer_of(key, OUT_NODE_BIT);
	uint32_t valid = low_bits(key, 1), refuses = session_refuses(peer);
	if (valid && !refuses && peer->state != LINK_NONE && !port->refused) {
		session_want(peer);
		return 0;
	}
	if (port->fetching != 1)
		return 0;
	if (valid && refuses)
		count(VMMC_C_UNREACHABLE);
	uint32_t flags = port->flags;
	end_long(port);
	port_bad(port, flags, port->sends);
	return 0;
}

/* issue_piece: takes one more piece of the port's long send if it can; 1 if it did. */
static inline uint32_t
issue_piece(struct port *port)
{
	struct packet *packet = S.free_long;
	uint32_t to_page = port->to >> VMMC_PAGE_SHIFT;
	ARCH_KEEP(to_page);
	if (!packet)
		return 0;
	uint32_t out = port->out + OUT_BYTES * to_page;
	uint32_t key = sram_read(out + 4);
	struct peer *peer = peer_of(key, OUT_NODE_BIT);
	uint32_t room = peer->room;
	if (!room)
		return cannot_issue(port, key);
	uint32_t from = port->from;
	uint32_t frame = sram_read(cache_at(port, from)) ^ cache_tag(port, from);
	uint32_t invalid = not_low(key ^ VMMC_OUT_VALID, 1);
	if (__builtin_expect(invalid | frame >> CACHE_FRAME_BITS, 0)) {
		frame = invalid ? CACHE_VALID : translate_slowly(port);
		if (frame == CACHE_VALID)
			return invalid | port->refused ? cannot_issue(port, key) : 0;
	}
	count(VMMC_C_CACHE_HITS);
	S.free_long = packet->next;
	S.pieces++;
	peer->room = room - 1;
	fill_piece(port, packet, peer, sram_read(out), key, frame);
	dma_queue(&packet->fetch);
	if (!port->left)
		end_long(port);
	return 1;
}

/* serve_long: the send begins, behind which the process' other sends wait; posts do not. */
static void
serve_long(struct port *port, uint32_t control)
{
	uint32_t slot = port->slot;
	uint32_t bytes = VMMC_CONTROL_LENGTH(control);
	uint32_t to = sram_read(slot + SLOT_PROXY);
	uint32_t from = sram_read(slot + SLOT_DATA);
	if (port->left) {
		stall(port);
		return;
	}
	if (!bytes || (bytes | to | from) & 3 || last_page(to, bytes) >= port->out_count || from + bytes - 1 < from) {
		port_reject(port, control);
		return;
	}
	trace_move(port->row, slot);
	port_take(port);
	count(VMMC_C_LONG_SENDS);
	port->left = bytes;
	port->to = to;
	port->from = from;
	port->flags = control;
	port->sends = port->taken;
	port->fetching++;
	S.long_sends++;
	if (S.pieces < PIECES_MAX)
		ports_issue();
}

/* serve_post: a post or its end, which need no order with sends. */
static void
serve_post(struct port *port, uint32_t control)
{
	uint32_t slot = port->slot;
	uint32_t post = VMMC_CONTROL_OP(control) == VMMC_OP_POST;
	if (post ? redirect_post(port, slot, control) : redirect_cancel(port, slot, control)) {
		arch_yield("post: dealt with");
		port_take(port);
		return;
	}
	port->poll = CTRL(zero);
	port->stalled = 1;
	S.stalled = 1;
}

void
port_serve_long(struct port *port, uint32_t control)
{
	uint32_t op = VMMC_CONTROL_OP(control);
	if (op == VMMC_OP_LONG)
		serve_long(port, control);
	else if (op == VMMC_OP_POST || op == VMMC_OP_CANCEL)
		serve_post(port, control);
	else
		port_reject(port, control);
}

void
port_fetch_event(struct packet *packet)
{
	struct port *port = packet->port;
	uint32_t events = packet->fetch.events;
	if (events & PACKET_REPORTS)
		port_report(port, packet->number);
	if (events & PACKET_CLOSES)
		port_settle(port);
	if (events & TRANSFER_SYNCS)
		dma_synced();
}

/* forget_piece: a piece that is not sent.  A peer that went down has begun to count its room anew. */
static void
forget_piece(struct packet *packet)
{
	packet->port->fetching--;
	S.pieces--;
	if (packet->fetch.use == DMA_FETCH)
		packet->peer->room++;
	packet->fetch.use = DMA_FETCH;
	packet_free(packet);
}

void
port_fetch_dropped(struct packet *packet)
{
	forget_piece(packet);
	port_fetch_event(packet);
}

/* The rest of the send is dropped, and the whole is a bad descriptor.  Behind its last piece, or where it follows in
 * the queue, that piece's end tells of completion. */
void
port_not_fetched(struct packet *packet)
{
	struct port *port = packet->port;
	uint32_t control = 0;
	forget_piece(packet);
	if (port->left && !(packet->fetch.events & PACKET_LAST)) {
		control = port->flags;
		end_long(port);
	}
	port_bad(port, control, port->sends);
	port_fetch_event(packet);
	port_settle(port);
}

void
port_settle(struct port *port)
{
	if (port->open || port->fetching || port->reporting || translate_busy(port) || redirect_busy(port))
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
		if (!issue_in_turn() && !link_lacks())
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
	port->directory = sram_read(row + offsetof(struct vmmc_proc, directory));
	sram_write(row + offsetof(struct vmmc_proc, consumed), 0);
	sram_write(port->status.sram, 0);
	sram_write(port->status.sram + offsetof(struct vmmc_status, failed), 0);
	sram_write(row + offsetof(struct vmmc_proc, errors), 0);
	sram_write(row + offsetof(struct vmmc_proc, polled), 1);
	translate_open(port);
}

static void
close_port(struct port *port)
{
	port->open = 0;
	if (port->left)
		end_long(port);
	dma_close(port);
	translate_close(port);
	redirect_close(port);
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
