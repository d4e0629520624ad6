#include "firmware/am/step.h"

#include "firmware/link/reset.h"

#define ONCE_EVENTS (LANAI_ISR_TIME | LANAI_ISR_NRES) /* cleared when they are taken */

static void
signalled(void)
{
	uint32_t op = sram_read(CTRL(command.op)), node = sram_read(CTRL(command.node));
	reg_write(LANAI_ISR, LANAI_ISR_LAN0_SIG);
	sram_write(CTRL(command.op), AM_COMMAND_NONE);
	if (op == AM_COMMAND_PEER_UP && node < LINK_MAX_NODES)
		session_peer_up(node);
	ports_reopen();
	dma_sync();
}

void
step_rare(uint32_t isr)
{
	if (reg_read(LANAI_ISR) & S.events & LANAI_ISR_SEND)
		link_sent();
	if (isr & ONCE_EVENTS)
		reg_write(LANAI_ISR, isr & ONCE_EVENTS);
	if (isr & LANAI_ISR_NRES)
		network_reset();
	if (isr & LANAI_ISR_TIME)
		link_timer();
	if (isr & LANAI_ISR_LAN0_SIG)
		signalled();
}
