/* One turn of the firmware: what ISR asks for, then the next descriptor.  It never waits.
 *
 * The part that idles is in this header, so that it becomes the start-up file's loop: one read of ISR, one test of a
 * mask, and for each open endpoint one load of the next control word.  It must store nothing and read only SRAM and
 * ISR, because the simulator skips it only then (nic-sim/lanai_core.h). */
#ifndef FIRMWARE_AM_STEP_H
#define FIRMWARE_AM_STEP_H

#include "firmware/am/port.h"
#include "firmware/am/receive.h"

#define RARE_EVENTS (LANAI_ISR_TIME | LANAI_ISR_LAN0_SIG | LANAI_ISR_NRES)

/* What S.events begins with. */
#define STEP_EVENTS (RECEIVE_BITS | DMA_EVENTS | RARE_EVENTS)

/* step_rare: ISR showed SEND, while somebody waits for it, or some of RARE_EVENTS. */
void step_rare(uint32_t isr);

HOT void
step_dma(uint32_t isr)
{
	struct transfer *done = dma_next();
	uint32_t odd = (isr & LANAI_ISR_WDOG) | (done->events & TRANSFER_SYNCS);
	if (done->use == DMA_PART && !odd)
		return;
	if (done->use == DMA_DEPOSIT && !odd)
		receive_delivered((struct arrival *)done);
	else if (done->use == DMA_FETCH && !(isr & LANAI_ISR_WDOG))
		port_fetched((struct packet *)done);
	else
		dma_ended(done, isr & LANAI_ISR_WDOG);
}

HOT void
step_events(uint32_t isr)
{
	if (isr & DMA_EVENTS)
		step_dma(isr);
	if (isr & RECEIVE_EVENTS)
		receive_packet(isr);
	if (isr & (LANAI_ISR_SEND | RARE_EVENTS))
		step_rare(isr);
	if (S.stalled | S.returning) {
		if (S.stalled)
			ports_poll_again();
		if (S.returning)
			ports_return();
	}
}

static inline void
am_step(void)
{
	uint32_t isr = reg_read(LANAI_ISR) & S.events;
	if (isr)
		step_events(isr);
	struct port *first = S.turn;
	struct port *port = first;
	uint32_t control;
	while ((control = sram_read(port->poll)) == 0) {
		port = port->next;
		if (port == first)
			return;
	}
	S.turn = port->next;
	port_serve(port, control);
}

#endif
