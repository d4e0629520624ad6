#include "firmware/vmmc/step.h"

/* network_reset: what was being sent or received is lost; the peers' time-outs make up for it. */
static void
network_reset(void)
{
	count(VMMC_C_NETWORK_RESETS);
	receive_again();
	if (S.sending && reg_read(LANAI_ISR) & LANAI_ISR_SEND_RDY) {
		reg_write(LANAI_ISR, LANAI_ISR_SEND);
		link_sent();
	}
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
