#include "firmware/vmmc/step.h"

void
step_dma_late(uint32_t isr)
{
	step_dma(isr);
}

/* network_reset: the packet being sent, or the one being received, is lost; the peers' time-outs make up for it.  After
 * a send the engine is ready without having said so.  Nothing was started since. */
static void
network_reset(void)
{
	uint32_t isr = reg_read(LANAI_ISR);
	uint32_t lost = S.sending && (isr & (LANAI_ISR_SEND_RDY | LANAI_ISR_SEND)) == LANAI_ISR_SEND_RDY;
	count(VMMC_C_NETWORK_RESETS);
	if (!lost)
		receive_again();
	if (lost || (S.events & LANAI_ISR_SEND && isr & LANAI_ISR_SEND_RDY))
		link_sent();
}

void
step_rare(uint32_t isr)
{
	if (isr & LANAI_ISR_SEND)
		link_sent();
	if (isr & RARE_EVENTS)
		reg_write(LANAI_ISR, isr & RARE_EVENTS);
	if (isr & LANAI_ISR_NRES)
		network_reset();
	if (isr & LANAI_ISR_TIME)
		link_timer();
	if (isr & LANAI_ISR_LAN0_SIG) {
		ports_reopen();
		dma_sync();
	}
}
