/* One turn of the firmware: what ISR asks for, then the next descriptor.  It never waits.
 *
 * The part that idles is in this header, so that it becomes the start-up file's loop: one read of ISR, one test of a
 * mask, and one load of the next control word.  It must store nothing and read only SRAM and ISR, because the simulator
 * skips it only then (nic-sim/lanai_core.h). */
#ifndef FIRMWARE_RAW_STEP_H
#define FIRMWARE_RAW_STEP_H

#include "firmware/raw/receive.h"
#include "firmware/raw/send.h"

#define RARE_EVENTS (LANAI_ISR_TIME | LANAI_ISR_NRES)
#define STEP_EVENTS (RECEIVE_BITS | DMA_EVENTS | LANAI_ISR_SEND | RARE_EVENTS)

/* step_rare: ISR showed some of RARE_EVENTS. */
void step_rare(uint32_t isr);

HOT void
step_dma(uint32_t isr)
{
	struct transfer *done = dma_next();
	if (isr & LANAI_ISR_WDOG)
		count(RAW_C_BUS_ERRORS);
	if (done->use == DMA_DEPOSIT)
		receive_deposited((struct arrival *)done);
	else
		send_fetched((struct packet *)done);
}

HOT void
step_events(uint32_t isr)
{
	if (isr & DMA_EVENTS)
		step_dma(isr);
	if (isr & LANAI_ISR_SEND) {
		reg_write(LANAI_ISR, LANAI_ISR_SEND);
		send_over();
	}
	if (isr & RECEIVE_EVENTS)
		receive_packet(isr);
	if (isr & RARE_EVENTS)
		step_rare(isr);
}

static inline void
raw_step(void)
{
	uint32_t isr = reg_read(LANAI_ISR) & STEP_EVENTS;
	if (isr)
		step_events(isr);
	uint32_t control = sram_read(S.poll);
	if (control)
		send_serve(control);
}

#endif
