#include "firmware/vmmc/step.h"

/* network_reset: the packet being sent, or the one being received, is lost; the peers' time-outs make up for it.  After
 * a send the engine is ready without having said so. */
static void
network_reset(void)
{
	uint32_t isr = reg_read(LANAI_ISR);
	count(VMMC_C_NETWORK_RESETS);
	if (S.sending && (isr & (LANAI_ISR_SEND_RDY | LANAI_ISR_SEND)) == LANAI_ISR_SEND_RDY)
		link_sent();
	else
		receive_again();
}

void
step_rare(uint32_t isr)
{
	reg_write(LANAI_ISR, isr & RARE_EVENTS);
	if (isr & LANAI_ISR_TIME)
		link_timer();
	if (isr & LANAI_ISR_LAN0_SIG) {
		ports_reopen();
		dma_sync();
	}
	if (isr & LANAI_ISR_NRES)
		network_reset();
}
