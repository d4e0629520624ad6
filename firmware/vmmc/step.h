/* One turn of the firmware: what ISR asks for, then the next descriptor.  It never waits.
 *
 * The part that idles is in this header, so that it becomes the start-up file's loop: one read of ISR, one test of a
 * mask, and for each open process one load of the next control word.  It must store nothing and read only SRAM and ISR,
 * because the simulator skips it only then (nic-sim/lanai_core.h). */
#ifndef FIRMWARE_VMMC_STEP_H
#define FIRMWARE_VMMC_STEP_H

#include "firmware/vmmc/dma.h"
#include "firmware/vmmc/link.h"
#include "firmware/vmmc/port.h"
#include "firmware/vmmc/receive.h"

#define DMA_EVENTS  (LANAI_ISR_DMA | LANAI_ISR_WDOG)
#define RARE_EVENTS (LANAI_ISR_TIME | LANAI_ISR_LAN0_SIG | LANAI_ISR_NRES)
#define EVENTS      (RECEIVE_EVENTS | DMA_EVENTS | LANAI_ISR_SEND | RARE_EVENTS)

/* step_rare: ISR showed some of RARE_EVENTS. */
void step_rare(uint32_t isr);

/* step_events: ISR showed some of EVENTS; receiving first. */
static inline void
step_events(uint32_t isr)
{
	if (isr & RECEIVE_EVENTS)
		receive_packet(isr);
	if (isr & DMA_EVENTS) {
		reg_write(LANAI_ISR, DMA_EVENTS);
		dma_done(isr & LANAI_ISR_WDOG);
	}
	if (isr & LANAI_ISR_SEND) {
		reg_write(LANAI_ISR, LANAI_ISR_SEND);
		link_sent();
	}
	if (isr & RARE_EVENTS)
		step_rare(isr);
	if (S.stalled | S.long_sends)
		ports_retry();
}

static inline void
vmmc_step(void)
{
	uint32_t isr = reg_read(LANAI_ISR);
	if (isr & EVENTS)
		step_events(isr);
	struct port *first = S.turn;
	struct port *port = first;
	do {
		uint32_t control = sram_read(port->poll);
		if (control) {
			S.turn = port->next;
			port_serve(port, control);
			return;
		}
		port = port->next;
	} while (port != first);
}

#endif
