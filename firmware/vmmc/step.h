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

#define RARE_EVENTS (LANAI_ISR_TIME | LANAI_ISR_LAN0_SIG | LANAI_ISR_NRES)

/* What S.events begins with. */
#define STEP_EVENTS (RECEIVE_BITS | DMA_EVENTS | RARE_EVENTS)

/* step_rare: ISR showed SEND, while somebody waits for it, or some of RARE_EVENTS. */
void step_rare(uint32_t isr);

/* step_deposited: the data are in host memory. */
HOT void
step_deposited(struct arrival *arrival)
{
	uint32_t bytes_at = CTRL(counter) + 4 * VMMC_C_DEPOSIT_BYTES;
	uint32_t watching = sram_read(CTRL(watching));
	receive_release(arrival);
	count(VMMC_C_DEPOSITS);
	sram_write(bytes_at, sram_read(bytes_at) + arrival->deposit.bytes);
	if (arrival->deposit.events | watching)
		dma_deposited(arrival);
}

HOT void
step_dma(uint32_t isr)
{
	struct transfer *done = dma_next();
	if (isr & LANAI_ISR_WDOG)
		dma_failed(done);
	else if (done->use == DMA_DEPOSIT)
		step_deposited((struct arrival *)done);
	else if (done->use == DMA_FETCH)
		port_fetched((struct packet *)done);
	else
		dma_other(done);
}

/* step_events: ISR showed these of S.events when the turn began; the host DMA engine, which limits the bandwidth,
 * first. */
HOT void
step_events(uint32_t isr)
{
	if (isr & DMA_EVENTS)
		step_dma(isr);
	if (isr & ~DMA_EVENTS) {
		if (isr & RECEIVE_EVENTS)
			receive_packet(isr);
		if (isr & (LANAI_ISR_SEND | RARE_EVENTS))
			step_rare(isr);
	}
	if (S.stalled | S.long_sends) {
		if (S.stalled)
			ports_poll_again();
		if (S.long_sends) {
			uint32_t pieces = S.pieces;
			ARCH_KEEP(pieces); /* two branches are shorter than one on two conditions */
			if (pieces < PIECES_MAX)
				ports_issue();
		}
	}
}

static inline void
vmmc_step(void)
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
