#include "firmware/raw/receive.h"

/* odd_end: BUFF, or a tail with a ragged length or behind a BUFF.  The next buffer takes what is left of the packet. */
static void
odd_end(uint32_t isr, uint32_t residue)
{
	if (isr & LANAI_ISR_BUFF && !S.draining)
		count(RAW_C_LONG_PACKETS);
	else if (!S.draining)
		count(residue ? RAW_C_DROP_CRC : RAW_C_DROP_TYPE);
	S.draining = isr & LANAI_ISR_BUFF;
}

void
receive_drop(struct arrival *arrival, uint32_t isr, uint32_t end)
{
	uint32_t residue = sram_read(end - RESIDUE) >> LANAI_CRC_RESIDUE_SHIFT;
	if ((isr & RECEIVE_ODD) | S.draining)
		odd_end(isr, residue);
	else
		count(residue ? RAW_C_DROP_CRC : RAW_C_DROP_TYPE);
	receive_release(arrival);
}

void
receive_no_buffer(struct arrival *arrival)
{
	count(RAW_C_DROP_NO_BUFFER);
	receive_release(arrival);
}

void
receive_again(uint32_t sure)
{
	if (sure)
		S.draining = 0;
	if (S.armed)
		receive_arm(S.armed);
}

void
receive_told(void)
{
	if (S.untold)
		receive_interrupt();
}
