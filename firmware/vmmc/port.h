/* The processes' send queues: descriptors in, packets out. */
#ifndef FIRMWARE_VMMC_PORT_H
#define FIRMWARE_VMMC_PORT_H

#include "firmware/vmmc/dma.h"
#include "firmware/vmmc/link.h"

#define SLOT_BYTES ((uint32_t)sizeof(struct vmmc_slot))
#define SLOT_PROXY ((uint32_t)offsetof(struct vmmc_slot, proxy))
#define SLOT_DATA  ((uint32_t)offsetof(struct vmmc_slot, data))
#define OUT_BYTES  ((uint32_t)sizeof(struct vmmc_out))

#define OUT_NODE_BIT 8 /* of a key in VMMC_OUT_TABLE */

#define FLAG_NOTIFY   (VMMC_SEND_NOTIFY << 24) /* in a control word */
#define FLAG_COMPLETE (VMMC_SEND_COMPLETE << 24)
#define COMPLETE_BIT  24 /* of a control word */
#define NOTIFY_BIT    25
_Static_assert(FLAG_NOTIFY == 1u << NOTIFY_BIT && FLAG_COMPLETE == 1u << COMPLETE_BIT, "flags");
_Static_assert(PACKET_REPORTS == 1, "flags");
_Static_assert(VMMC_OUT_VALID == 1, "valid bit");

/* Pieces of long sends that are being fetched or wait for the send engine: one on each side keeps both engines busy,
 * and a short send waits for little. */
#define PIECES_MAX 2u

/* port_serve_long: the port's next slot has this control word, which is not a short send. */
void port_serve_long(struct port *port, uint32_t control);
/* port_reject: a bad descriptor in the next slot; it waits until what is before it has left host memory, so that
 * vmmc_status.completed does not run ahead. port_reject_or_stall: a short send found no packet or no window. */
void port_reject(struct port *port, uint32_t control);
void port_reject_or_stall(struct port *port, struct peer *peer, uint32_t control);
/* port_bad: counts a bad descriptor and tells the process; with VMMC_SEND_COMPLETE in `control` its number is
 * completed, too. */
void port_bad(struct port *port, uint32_t control, uint32_t number);
/* port_report: descriptor `number` of a process that wants to know is done with. */
void port_report(struct port *port, uint32_t number);
/* port_fetch_event: a packet with events has been fetched. port_fetch_dropped: one whose peer went down meanwhile.
 * port_not_fetched: one could not. */
void port_fetch_event(struct packet *packet);
void port_fetch_dropped(struct packet *packet);
void port_not_fetched(struct packet *packet);
/* port_settle: tells the driver if nothing of a closed port is under way any more. */
void port_settle(struct port *port);
/* ports_issue: pieces of long sends while some can be taken, where there are fewer than PIECES_MAX. ports_poll_again:
 * stalled ones may go on. */
void ports_issue(void);
void ports_poll_again(void);
/* ports_reopen: the driver's signal: reads which processes are open. */
void ports_reopen(void);

/* port_key: of a packet, for an entry with `key` and a descriptor that may ask for notification. */
HOT uint32_t
port_key(uint32_t key, uint32_t control, uint32_t bytes)
{
	return (key & 0xFFFF0000u) | bits(control, NOTIFY_BIT, 1) << KEY_FLAGS_BIT | bytes;
}

/* port_take: the slot is the process' again. */
HOT void
port_take(struct port *port)
{
	uint32_t slot = port->slot;
	uint32_t taken = port->taken + 1;
	sram_write(slot, 0);
	port->taken = taken;
	sram_write(port->row + offsetof(struct vmmc_proc, consumed), taken);
	slot += SLOT_BYTES;
	if (slot == port->end_slot)
		slot = port->first_slot;
	port->slot = slot;
	port->poll = slot;
}

/* port_must_wait: no packet, no window, or a long send of this process before it is not all in SRAM yet. */
HOT uint32_t
port_must_wait(const struct port *port, const struct packet *packet, uint32_t *room)
{
	if (!packet)
		return 1;
	ARCH_KEEP(*room); /* three plain branches are shorter than one on three conditions */
	if (!*room)
		return 1;
	uint32_t fetching = port->fetching;
	ARCH_KEEP(fetching);
	return fetching;
}

HOT void
port_serve_short(struct port *port, uint32_t control)
{
	uint32_t slot = port->slot;
	uint32_t bytes = VMMC_CONTROL_LENGTH(control);
	uint32_t proxy = sram_read(slot + SLOT_PROXY);
	uint32_t page = proxy >> VMMC_PAGE_SHIFT;
	uint32_t offset = low_bits(proxy, VMMC_PAGE_SHIFT);
	if (page >= port->out_count) {
		port_reject(port, control);
		return;
	}
	uint32_t entry = port->out + OUT_BYTES * page;
	uint32_t key = sram_read(entry + 4);
	uint32_t beyond = (offset + bytes - 1) >> VMMC_PAGE_SHIFT;
	if (beyond | ((bytes - 4) & ~(VMMC_SHORT_MAX - 4)) | not_low(proxy, 2) | not_low(key ^ VMMC_OUT_VALID, 1)) {
		port_reject(port, control);
		return;
	}
	struct packet *packet = S.free_short;
	struct peer *peer = peer_of(key, OUT_NODE_BIT);
	uint32_t room = peer->room;
	if (port_must_wait(port, packet, &room)) {
		port_reject_or_stall(port, peer, control);
		return;
	}
	uint32_t at = packet->at;
	S.free_short = packet->next;
	peer->room = room - 1;
	trace_move(at, slot);
	link_address(packet, peer, at);
	sram_write(at + PACKET_DEST, sram_read(entry) + offset);
	sram_write(at + PACKET_KEY, port_key(key, control, bytes));
	link_copy(at + PACKET_DATA, slot + SLOT_DATA, bytes);
	uint32_t last = at + PACKET_DATA - 4 + bytes;
	packet->last = last;
	link_send(packet, peer, at, last);
	port_take(port);
	count(VMMC_C_SHORT_SENDS);
	if (control & FLAG_COMPLETE)
		port_report(port, port->taken);
}

/* port_serve: the port's next slot has this control word. */
HOT void
port_serve(struct port *port, uint32_t control)
{
	uint32_t op = VMMC_CONTROL_OP(control);
	ARCH_KEEP(op);
	if (__builtin_expect(op == VMMC_OP_SHORT, 1))
		port_serve_short(port, control);
	else
		port_serve_long(port, control);
}

/* port_fetched: the data of a piece are in SRAM. */
HOT void
port_fetched(struct packet *packet)
{
	packet->port->fetching--;
	if (link_send(packet, packet->peer, packet->at, packet->last))
		S.pieces--;
	if (packet->fetch.events)
		port_fetch_event(packet);
}

#endif
