#include "firmware/vmmc/port.h"
#include "firmware/vmmc/dma.h"
#include "firmware/vmmc/link.h"

#define SLOT_BYTES ((uint32_t)sizeof(struct vmmc_slot))
#define SLOT_PROXY ((uint32_t)offsetof(struct vmmc_slot, proxy))
#define SLOT_DATA  ((uint32_t)offsetof(struct vmmc_slot, data))
#define OUT_BYTES  ((uint32_t)sizeof(struct vmmc_out))

#define PAGE_MASK    (VMMC_PAGE - 1)
#define OUT_NODE_BIT 8 /* of a key in VMMC_OUT_TABLE */

#define FLAG_NOTIFY   (VMMC_SEND_NOTIFY << 24) /* in a control word */
#define FLAG_COMPLETE (VMMC_SEND_COMPLETE << 24)
#define NOTIFY_BIT    25 /* of a control word */
#define KEY_FLAGS_BIT 13 /* of a key */
_Static_assert(FLAG_NOTIFY == 1u << NOTIFY_BIT && VMMC_KEY(0, VMMC_KEY_NOTIFY, 0) == 1u << KEY_FLAGS_BIT,
               "notify flags");
_Static_assert(VMMC_OUT_VALID == 1 && VMMC_SRC_VALID == 1, "valid bits");

/* fill_header: all words of a data packet but the link word, for an entry with `key` that leads to `dest`. */
static inline void
fill_header(uint32_t at, const struct peer *peer, uint32_t dest, uint32_t key, uint32_t notify, uint32_t bytes)
{
	sram_write(at + PACKET_ROUTE, peer->route[0]);
	sram_write(at + PACKET_ROUTE + 4, peer->route[1]);
	sram_write(at + PACKET_TYPE, S.data_type);
	sram_write(at + PACKET_DEST, dest);
	uint32_t flags = bits(notify, NOTIFY_BIT, 1) << KEY_FLAGS_BIT;
	sram_write(at + PACKET_KEY, (key & 0xFFFF0000u) | flags | bytes);
}

/* copy_words: at least one; reads each once. */
static inline void
copy_words(uint32_t to, uint32_t from, uint32_t bytes)
{
	for (; bytes > 16; bytes -= 16) {
		uint32_t a = sram_read(from), b = sram_read(from + 4), c = sram_read(from + 8),
		         d = sram_read(from + 12);
		sram_write(to, a);
		sram_write(to + 4, b);
		sram_write(to + 8, c);
		sram_write(to + 12, d);
		from += 16;
		to += 16;
	}
	for (; bytes; bytes -= 4) {
		sram_write(to, sram_read(from));
		from += 4;
		to += 4;
	}
}

/* take: the slot is the process' again. */
static inline void
take(struct port *port)
{
	uint32_t slot = port->slot;
	sram_write(slot, 0);
	port->taken++;
	sram_write(port->row + offsetof(struct vmmc_proc, consumed), port->taken);
	slot += SLOT_BYTES;
	if (slot == port->end_slot)
		slot = port->first_slot;
	port->slot = slot;
	port->poll = slot;
}

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

static void
report(struct port *port, uint32_t number)
{
	if (!port->status_bus || !port->open)
		return;
	sram_write(port->completed, number);
	dma_report(port);
}

/* reject: a bad descriptor in the next slot. */
static void
reject(struct port *port)
{
	take(port);
	bad_descriptor(port);
}

/* reject_or_stall: a short send found no packet or no window: will there ever be room? */
static void
reject_or_stall(struct port *port, const struct peer *peer)
{
	if (peer->reachable)
		stall(port);
	else
		reject(port);
}

/* must_wait: no packet, no window, or a long send of this process before it is still being fetched. */
static inline uint32_t
must_wait(const struct port *port, const struct packet *packet, const struct peer *peer)
{
	if (!packet)
		return 1;
	uint32_t room = peer->room;
	ARCH_KEEP(room); /* three plain branches are shorter than one on three conditions */
	if (!room)
		return 1;
	uint32_t fetching = port->fetching;
	ARCH_KEEP(fetching);
	return fetching;
}

static inline void
serve_short(struct port *port, uint32_t control)
{
	uint32_t slot = port->slot;
	uint32_t bytes = VMMC_CONTROL_LENGTH(control);
	uint32_t proxy = sram_read(slot + SLOT_PROXY);
	uint32_t offset = low_bits(proxy, VMMC_PAGE_SHIFT);
	if (proxy >> VMMC_PAGE_SHIFT >= port->out_count) {
		reject(port);
		return;
	}
	uint32_t entry = port->out + OUT_BYTES * (proxy >> VMMC_PAGE_SHIFT);
	uint32_t key = sram_read(entry + 4);
	uint32_t beyond = (offset + bytes - 1) >> VMMC_PAGE_SHIFT;
	if (beyond | ((bytes - 4) & ~(VMMC_SHORT_MAX - 4)) | not_low(proxy, 2) | not_low(key ^ VMMC_OUT_VALID, 1)) {
		reject(port);
		return;
	}
	struct packet *packet = S.free_short;
	struct peer *peer = peer_of(key, OUT_NODE_BIT);
	if (must_wait(port, packet, peer)) {
		reject_or_stall(port, peer);
		return;
	}
	uint32_t at = packet->at;
	trace_move(at, slot);
	fill_header(at, peer, sram_read(entry) + offset, key, control, bytes);
	copy_words(at + PACKET_DATA, slot + SLOT_DATA, bytes);
	struct packet *rest = packet->next;
	link_send(packet, peer, at, at + PACKET_DATA - 4 + bytes);
	S.free_short = rest;
	peer->room--;
	take(port);
	count(VMMC_C_SHORT_SENDS);
	if (control & FLAG_COMPLETE)
		report(port, port->taken);
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

/* fill_piece: a packet for the next piece of the port's long send, all but the data; the port's cursors move on. */
static inline void
fill_piece(struct port *port, struct packet *packet, struct peer *peer, uint32_t page_bus, uint32_t key, uint32_t frame)
{
	uint32_t left = port->left;
	uint32_t to = port->to;
	uint32_t from = port->from;
	uint32_t at = packet->at;
	uint32_t bytes = piece_bytes(left, to, from);
	uint32_t flags = left == bytes ? port->flags : 0;
	packet->peer = peer;
	packet->port = port;
	packet->last = at + PACKET_DATA - 4 + bytes;
	packet->from_bus = (frame & ~PAGE_MASK) | low_bits(from, VMMC_PAGE_SHIFT);
	packet->reports = flags & FLAG_COMPLETE;
	packet->number = port->taken;
	port->left = left - bytes;
	port->to = to + bytes;
	port->from = from + bytes;
	port->fetching++;
	fill_header(at, peer, page_bus + low_bits(to, VMMC_PAGE_SHIFT), key, flags, bytes);
	trace_move(at, port->row);
}

/* issue_piece: takes one more piece of the port's long send if it can; 1 if it did. */
static inline uint32_t
issue_piece(struct port *port)
{
	struct packet *packet = S.free_long;
	if (!packet)
		return 0;
	uint32_t entry = port->out + OUT_BYTES * (port->to >> VMMC_PAGE_SHIFT);
	uint32_t key = sram_read(entry + 4);
	uint32_t frame = sram_read(port->src + 4 * (port->from >> VMMC_PAGE_SHIFT));
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
	dma_fetch(packet);
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
	take(port);
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
	ports_retry();
}

void
port_serve(struct port *port, uint32_t control)
{
	uint32_t op = VMMC_CONTROL_OP(control);
	if (__builtin_expect(op == VMMC_OP_SHORT, 1)) {
		serve_short(port, control);
	} else if (op == VMMC_OP_LONG) {
		serve_long(port, control);
	} else {
		reject(port);
	}
}

void
port_fetched(struct packet *packet, uint32_t failed)
{
	struct port *port = packet->port;
	port->fetching--;
	if (failed) {
		count(VMMC_C_BUS_ERRORS);
		S.pieces--;
		packet->peer->room++;
		packet_free(packet);
		if (port->left)
			end_long(port);
	} else {
		link_send(packet, packet->peer, packet->at, packet->last);
		if (packet->reports)
			report(port, packet->number);
	}
	if (!port->open)
		port_settle(port);
}

void
port_settle(struct port *port)
{
	if (port->open || port->fetching || port->report || port->reporting)
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

/* poll_again: the ports whose next descriptor had to wait. */
static void
poll_again(void)
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
ports_retry(void)
{
	if (S.stalled)
		poll_again();
	while (S.long_sends && S.pieces < PIECES_MAX && issue_in_turn())
		;
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
	port->status_bus = sram_read(row + offsetof(struct vmmc_proc, status_bus));
	port->out = VMMC_OUT_TABLE + OUT_BYTES * sram_read(row + offsetof(struct vmmc_proc, out_first));
	port->out_count = sram_read(row + offsetof(struct vmmc_proc, out_count));
	port->src = VMMC_SRC_TABLE + 4 * sram_read(row + offsetof(struct vmmc_proc, src_first));
	port->src_count = sram_read(row + offsetof(struct vmmc_proc, src_count));
	sram_write(row + offsetof(struct vmmc_proc, consumed), 0);
	sram_write(port->completed, 0);
	sram_write(row + offsetof(struct vmmc_proc, polled), 1);
}

static void
close_port(struct port *port)
{
	port->open = 0;
	if (port->left)
		end_long(port);
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
