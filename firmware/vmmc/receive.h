/* Packets from the network: take or drop, deposit, keep the receive engine armed. */
#ifndef FIRMWARE_VMMC_RECEIVE_H
#define FIRMWARE_VMMC_RECEIVE_H

#include "firmware/vmmc/dma.h"
#include "firmware/vmmc/link.h"
#include "firmware/vmmc/redirect.h"

#define RECEIVE_EVENTS (LANAI_ISR_RECV | LANAI_ISR_BUFF)
#define RECEIVE_BITS   (RECEIVE_EVENTS | LANAI_ISR_TAIL | LANAI_ISR_ORUN1 | LANAI_ISR_ORUN2)
#define RECEIVE_ODD    (LANAI_ISR_BUFF | LANAI_ISR_ORUN1 | LANAI_ISR_ORUN2) /* not a whole packet of whole words */

#define ACK_RECEIVED_BYTES (VMMC_ACK_BYTES + 4u) /* with the residue */

/* Bits of a bus address that the incoming page table covers. */
#define IN_BITS 25
_Static_assert(1u << IN_BITS == VMMC_MAX_FRAMES * VMMC_PAGE && VMMC_IN_WRITE == 1, "incoming page table");

/* receive_odd() compares this bit, too: in a key it is a flag that no packet has. */
_Static_assert(VMMC_IN_REDIRECT == 1u << 15, "redirected pages");
_Static_assert(VMMC_KEY_FLAGS(VMMC_IN_REDIRECT) == 4, "a flag in a key");

#define KEY_LENGTH_BITS 13
_Static_assert(VMMC_KEY_LENGTH(0xFFFFFFFFu) == (1u << KEY_LENGTH_BITS) - 1, "length in a key");
_Static_assert(VMMC_KEY_NOTIFY == ARRIVAL_NOTIFIES && VMMC_IN_NOTIFY == ARRIVAL_NOTIFIES << 1, "notify flags");

/* receive_drop: whatever it is that ends at `end`, it is not the next packet of some peer. */
void receive_drop(struct arrival *arrival, uint32_t isr, uint32_t end);
/* receive_refuse: the incoming page table does not let it through. */
void receive_refuse(struct arrival *arrival);
/* receive_again: a network reset took away what was coming in: arms the same buffer again.  Not `sure`: perhaps it did;
 * an engine that is armed takes no notice. */
void receive_again(uint32_t sure);

HOT void
receive_arm(const struct arrival *arrival)
{
	uint32_t at = arrival->at;
	reg_write(LANAI_RMP, at);
	reg_write(LANAI_RML, at + ARRIVAL_BYTES - 4);
}

/* receive_release: the arrival's buffer is free again; the engine takes it if it has none. */
HOT void
receive_release(struct arrival *arrival)
{
	if (__builtin_expect(S.armed != NULL, 1)) {
		arrival->next = S.free_arrivals;
		S.free_arrivals = arrival;
	} else {
		S.armed = arrival;
		receive_arm(arrival);
	}
}

HOT void
receive_arm_next(void)
{
	struct arrival *arrival = S.free_arrivals;
	S.armed = arrival;
	if (!arrival)
		return;
	S.free_arrivals = arrival->next;
	receive_arm(arrival);
}

/* receive_odd: 0 if the incoming page table lets this deposit through, as it is: no post covers part of the page.  The
 * length is 4 .. VMMC_PAGE, within the page. */
HOT uint32_t
receive_odd(uint32_t dest, uint32_t key, uint32_t bytes, uint32_t entry)
{
	uint32_t end = low_bits(dest, VMMC_PAGE_SHIFT) + bytes - 1;
	uint32_t beyond = (end | (bytes - 4)) >> VMMC_PAGE_SHIFT;
	return (entry ^ key) >> 15 | not_low(entry ^ VMMC_IN_WRITE, 1) | dest >> IN_BITS | beyond |
	       not_low(dest | bytes, 2);
}

HOT uint32_t
receive_in_entry(uint32_t dest)
{
	return sram_read(VMMC_IN_TABLE + 4 * bits(dest, VMMC_PAGE_SHIFT, IN_BITS - VMMC_PAGE_SHIFT));
}

/* receive_take: the next data packet of `peer`. */
HOT void
receive_take(struct arrival *arrival, struct peer *peer, uint32_t at, uint32_t link, uint32_t key, uint32_t bytes)
{
	uint32_t dest = sram_read(at + 8);
	uint32_t entry = receive_in_entry(dest);
	arch_yield("receive: entry read");
	if (__builtin_expect(receive_odd(dest, key, bytes, entry) != 0, 0)) {
		redirect_take(arrival, dest, key, bytes, entry);
	} else {
		arrival->deposit.bus = dest;
		arrival->deposit.bytes = bytes;
		dma_queue(&arrival->deposit);
		arrival->deposit.events = bits(key, KEY_FLAGS_BIT, 1) & (entry >> 1);
	}
	uint32_t late = reg_read(LANAI_ISR) & DMA_EVENTS;
	if (__builtin_expect(late, 0))
		step_dma_late(late);
	peer->expected = low_bits(peer->expected + 1, SEQUENCE_BITS);
	peer->gap = 0;
	link_ack_soon(peer);
	link_acknowledged(peer, low_bits(link, SEQUENCE_BITS));
}

/* receive_ack: is it a sound acknowledgement from a node whose link is up?  1 if so, and it is dealt with. */
HOT uint32_t
receive_ack(struct arrival *arrival, uint32_t source, uint32_t bytes, uint32_t link, uint32_t odd)
{
	struct peer *peer = peer_of(source, 0);
	uint32_t other = source >> VMMC_NODE_BITS ^ (VMMC_KIND_ACK - VMMC_KIND_DATA) << (8 - VMMC_NODE_BITS);
	if (other | odd | (bytes ^ ACK_RECEIVED_BYTES))
		return 0;
	if (peer->state != LINK_UP)
		return 0;
	count(VMMC_C_ACKS_RECEIVED);
	receive_release(arrival);
	link_acknowledged(peer, low_bits(link, SEQUENCE_BITS));
	return 1;
}

/* receive_packet: ISR showed one of RECEIVE_EVENTS. */
HOT void
receive_packet(uint32_t isr)
{
	struct arrival *arrival = S.armed;
	uint32_t end = reg_read(LANAI_RMP);
	reg_write(LANAI_ISR, RECEIVE_BITS);
	receive_arm_next();
	uint32_t at = arrival->at;
	uint32_t source = sram_read(at) - S.data_type_of_0;
	struct peer *peer = peer_of(source, 0);
	uint32_t link = sram_read(at + 4);
	uint32_t key = sram_read(at + 12);
	uint32_t bytes = low_bits(key, KEY_LENGTH_BITS);
	uint32_t residue = sram_read(end - 4) >> LANAI_CRC_RESIDUE_SHIFT;
	uint32_t odd = residue | (isr & RECEIVE_ODD) | S.draining;
	uint32_t wrong = source >> VMMC_NODE_BITS | odd | ((link >> 16) ^ peer->expected) |
	                 (end - at - ARRIVAL_OVERHEAD - bytes);
	if (!wrong)
		receive_take(arrival, peer, at, link, key, bytes);
	else if (!receive_ack(arrival, source, end - at, link, odd))
		receive_drop(arrival, isr, end);
}

#endif
