#include "firmware/vmmc/step.h"
#include "firmware/vmmc/arrival.h"
#include "firmware/vmmc/redirect.h"
#include "firmware/vmmc/session.h"
#include "firmware/vmmc/translate.h"

#include "firmware/link/reset.h"

#define ONCE_EVENTS (LANAI_ISR_TIME | LANAI_ISR_NRES) /* cleared when they are taken */

void
step_dma_late(uint32_t isr)
{
	step_dma(isr);
}

/* obey: the driver's command. */
static void
obey(void)
{
	uint32_t op = sram_read(CTRL(command.op));
	uint32_t process = sram_read(CTRL(command.process));
	uint32_t page = sram_read(CTRL(command.page)), pages = sram_read(CTRL(command.count));
	sram_write(CTRL(command.op), VMMC_COMMAND_NONE);
	if (op == VMMC_COMMAND_FORGET && process < VMMC_MAX_PROCESSES) {
		translate_forget(process, page, pages);
		redirect_forget(process, page, pages);
	} else if (op == VMMC_COMMAND_INSTALL) {
		translate_install();
	} else if (op == VMMC_COMMAND_PEER_UP && process < VMMC_MAX_NODES) {
		session_peer_up(process);
	}
}

/* signalled: the driver's signal, in as many turns as it takes: the bit stays set until then.  The driver gives no
 * other one before this is counted. */
static void
signalled(void)
{
	if (!S.signalled) {
		S.signalled = 1;
		obey();
		arch_yield("signal: command obeyed");
		ports_reopen();
		arch_yield("signal: processes read");
		redirect_withdraw();
	}
	if (!translate_sweep())
		return;
	S.signalled = 0;
	reg_write(LANAI_ISR, LANAI_ISR_LAN0_SIG);
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
	if (isr & LANAI_ISR_TIME) {
		link_timer();
		arrival_timer();
	}
	if (isr & LANAI_ISR_LAN0_SIG)
		signalled();
}
