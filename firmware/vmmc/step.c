#include "firmware/vmmc/step.h"
#include "firmware/vmmc/dma.h"
#include "firmware/vmmc/link.h"
#include "firmware/vmmc/port.h"
#include "firmware/vmmc/receive.h"

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

static void
rare(uint32_t isr)
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

void
vmmc_events(uint32_t isr)
{
	if (isr & RECEIVE_EVENTS)
		receive_packet(isr);
	if (isr & DMA_EVENTS) {
		reg_write(LANAI_ISR, isr & DMA_EVENTS);
		dma_done(isr & LANAI_ISR_WDOG);
	}
	if (isr & LANAI_ISR_SEND) {
		reg_write(LANAI_ISR, LANAI_ISR_SEND);
		link_sent();
	}
	if (isr & RARE_EVENTS)
		rare(isr);
	if (S.stalled)
		ports_retry();
}
