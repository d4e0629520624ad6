/* Packets from the network: checked, given to the host, told of. */
#ifndef FIRMWARE_RAW_RECEIVE_H
#define FIRMWARE_RAW_RECEIVE_H

#include "firmware/raw/state.h"

#define RESIDUE 4u /* bytes behind a packet */

/* receive_drop: what ends at `end` is not a datagram. */
void receive_drop(struct arrival *arrival, uint32_t isr, uint32_t end);
/* receive_no_buffer: it is one, but the host has no slot. */
void receive_no_buffer(struct arrival *arrival);
/* receive_again: a network reset may have taken away what was coming in: arms the same buffer again; an engine that is
 * armed takes no notice.  `sure`: it has. */
void receive_again(uint32_t sure);
/* receive_told: the time of coalescing is over. */
void receive_told(void);

HOT void
receive_interrupt(void)
{
	S.untold = 0;
	reg_write(LANAI_ISR, LANAI_ISR_HOST_SIG);
	count(RAW_C_INTERRUPTS);
}

/* receive_tell: one more datagram is in host memory. */
HOT void
receive_tell(void)
{
	uint32_t untold = S.untold + 1, ticks = S.coalesce_ticks;
	if (!ticks || untold >= S.coalesce_count) {
		receive_interrupt();
		return;
	}
	S.untold = untold;
	if (untold == 1)
		reg_write(LANAI_IT, ticks);
}

/* receive_deposited: the datagram is in host memory. */
HOT void
receive_deposited(struct arrival *arrival)
{
	receive_release(arrival);
	receive_tell();
}

/* receive_take: `whole` words' bytes of data, `bytes` of them the datagram's, go to the next slot. */
HOT void
receive_take(struct arrival *arrival, uint32_t source, uint32_t bytes, uint32_t whole)
{
	uint32_t at = arrival->at, taken = S.taken, entry = S.entry;
	if (sram_read(CTRL(given)) == taken) {
		receive_no_buffer(arrival);
		return;
	}
	taken++;
	S.taken = taken;
	sram_write(at, taken);
	sram_write(at + 4, source << 16 | bytes);
	arrival->deposit.bus = entry;
	arrival->deposit.bytes = HEADER + whole;
	dma_queue(&arrival->deposit);
	entry += RAW_SLOT;
	if (entry == S.entry_end)
		entry = S.entry_first;
	S.entry = entry;
	count(RAW_C_RECEIVED);
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
	uint32_t source = sram_read(at) - S.type_of_0;
	uint32_t bytes = sram_read(at + 4);
	uint32_t whole = (bytes + 3) & ~3u;
	uint32_t residue = sram_read(end - RESIDUE) >> LANAI_CRC_RESIDUE_SHIFT;
	uint32_t wrong = source >> NODE_BITS | residue | (isr & RECEIVE_ODD) | S.draining |
	                 (end - at - HEADER - RESIDUE - whole);
	if (wrong || bytes - 1 >= RAW_MTU)
		receive_drop(arrival, isr, end);
	else
		receive_take(arrival, source, bytes, whole);
}

#endif
