/* Packets from the network: take or drop, deposit, keep the receive engine armed. */
#ifndef FIRMWARE_VMMC_RECEIVE_H
#define FIRMWARE_VMMC_RECEIVE_H

#include "firmware/vmmc/dma.h"
#include "firmware/vmmc/link.h"
#include "firmware/vmmc/redirect.h"

#include "firmware/link/receive.h"

/* Bits of a bus address that the incoming page table covers. */
#define IN_BITS 25
_Static_assert(1u << IN_BITS == VMMC_MAX_FRAMES * VMMC_PAGE && VMMC_IN_WRITE == 1, "incoming page table");

/* receive_odd() compares this bit, too: in a key it is a flag that no packet has. */
_Static_assert(VMMC_IN_REDIRECT == 1u << 15, "redirected pages");
_Static_assert(VMMC_KEY_FLAGS(VMMC_IN_REDIRECT) == 4, "a flag in a key");

_Static_assert(VMMC_KEY_NOTIFY == ARRIVAL_NOTIFIES && VMMC_IN_NOTIFY == ARRIVAL_NOTIFIES << 1, "notify flags");

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
	receive_taken(peer, link);
}

#endif
