#include "firmware/raw/step.h"

/* network_reset: the packet being sent, or the one being received, or both, are lost.  After a send the engine is ready
 * without having said so; of a reception that was lost nothing tells. */
static void
network_reset(void)
{
	uint32_t isr = reg_read(LANAI_ISR);
	uint32_t lost = S.sending && (isr & (LANAI_ISR_SEND_RDY | LANAI_ISR_SEND)) == LANAI_ISR_SEND_RDY;
	count(RAW_C_NETWORK_RESETS);
	receive_again(!lost);
	if (lost)
		send_over();
}

void
step_rare(uint32_t isr)
{
	reg_write(LANAI_ISR, isr & RARE_EVENTS);
	if (isr & LANAI_ISR_NRES)
		network_reset();
	if (isr & LANAI_ISR_TIME)
		receive_told();
}
