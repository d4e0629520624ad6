/* Descriptors in, packets out. */
#ifndef FIRMWARE_RAW_SEND_H
#define FIRMWARE_RAW_SEND_H

#include "firmware/raw/state.h"

/* send_bad: the data of a descriptor that was none are here. */
void send_bad(struct packet *packet);

/* send_start: the engine is idle. */
HOT void
send_start(struct packet *packet)
{
	const struct peer *peer = packet->peer;
	uint32_t at = packet->at, last = packet->last, start = at + peer->start, skip = peer->skip;
	S.sending = packet;
	reg_write(LANAI_SA, skip);
	reg_write(LANAI_SMP, start);
	reg_write(LANAI_SMLT, last);
	count(RAW_C_SENT);
}

/* send_release: the packet's buffer is free again, and with it the next descriptor can be taken. */
HOT void
send_release(struct packet *packet)
{
	packet->next = S.free_packets;
	S.free_packets = packet;
	S.poll = S.slot;
}

/* send_over: the packet in the engine has left, or is lost. */
HOT void
send_over(void)
{
	struct packet *next = S.waiting;
	send_release(S.sending);
	S.sending = NULL;
	if (next) {
		S.waiting = next->next;
		send_start(next);
	}
}

/* send_fetched: the data are in SRAM. */
HOT void
send_fetched(struct packet *packet)
{
	uint32_t sent = S.sent + 1;
	S.sent = sent;
	sram_write(CTRL(sent), sent);
	if (!packet->peer) {
		send_bad(packet);
	} else if (!S.sending) {
		send_start(packet);
	} else {
		packet->next = NULL;
		if (S.waiting)
			S.waiting_last->next = packet;
		else
			S.waiting = packet;
		S.waiting_last = packet;
	}
}

/* send_advance: the next descriptor, and the slot of its data. */
HOT void
send_advance(void)
{
	uint32_t slot = S.slot + (uint32_t)sizeof(struct raw_send), bus = S.slot_bus + RAW_SLOT;
	if (slot == RAW_QUEUE + RAW_SENDS * (uint32_t)sizeof(struct raw_send)) {
		slot = RAW_QUEUE;
		bus = sram_read(CTRL(send_base));
	}
	S.slot = slot;
	S.slot_bus = bus;
	S.poll = S.free_packets ? slot : CTRL(zero);
}

/* send_serve: the next descriptor has this control word, and there is a buffer. */
HOT void
send_serve(uint32_t control)
{
	struct packet *packet = S.free_packets;
	struct peer *peer = &S.peers[bits(control, RAW_CONTROL_NODE_BIT, NODE_BITS)];
	uint32_t bytes = low_bits(control, RAW_CONTROL_BYTES_BITS), at = packet->at;
	uint32_t whole = (bytes + 3) & ~3u;
	ARCH_KEEP(peer);
	S.free_packets = packet->next;
	sram_write(S.slot, 0);
	trace_move(at, S.slot);
	packet->peer = peer;
	if (!peer->reachable || bytes - 1 >= RAW_MTU) {
		packet->peer = NULL;
		whole = 4;
	}
	sram_write(at + ROUTE_AT, peer->route[0]);
	sram_write(at + ROUTE_AT + 4, peer->route[1]);
	sram_write(at + PACKET_LENGTH, bytes);
	packet->last = at + PACKET_DATA - 4 + whole;
	packet->fetch.bus = S.slot_bus;
	packet->fetch.bytes = whole;
	dma_queue(&packet->fetch);
	send_advance();
}

#endif
