/* The host DMA engine, shared by deposits, fetches of data to send, status words and table walks: one queue, in order
 * of coming, but for the few words of a walk, which go first.
 *
 * Six arrivals, two fetches and one status word a process can wait at most, so nothing waits for long.  What waits has
 * its register contents ready: the end of a transfer starts the next one before anything else. */
#ifndef FIRMWARE_VMMC_DMA_H
#define FIRMWARE_VMMC_DMA_H

#include "firmware/vmmc/state.h"

#define DMA_TO_HOST  0u /* LANAI_DMA_DIR */
#define DMA_TO_LANAI 1u

#define DMA_EVENTS (LANAI_ISR_DMA | LANAI_ISR_WDOG)

/* step_dma_late: a transfer ended, with these bits of ISR, since the turn began (step.c). */
void step_dma_late(uint32_t isr);
/* dma_report: the port's status word goes to host memory. */
void dma_report(struct port *port);
/* dma_failed: a bus error ended the transfer. dma_other: a transfer that is neither deposit nor fetch is done. */
void dma_failed(struct transfer *done);
void dma_other(struct transfer *done);
/* dma_deposited: what the end of a deposit brings besides: notification, news of an arrival, signal. */
void dma_deposited(struct arrival *arrival);
/* dma_sync: a signal of the driver was taken: count it when the deposits, fetches and walks queued so far are over.
 * dma_synced: a transfer with TRANSFER_SYNCS is. */
void dma_sync(void);
void dma_synced(void);
/* dma_close: tells the packets that are being fetched that their port is closed. dma_drop: that their peer is down. */
void dma_close(const struct port *port);
void dma_drop(const struct peer *peer);
/* dma_queue_first: next after the transfer under way. */
void dma_queue_first(struct transfer *transfer);

HOT void
dma_start(const struct transfer *transfer)
{
	uint32_t bus = transfer->bus, sram = transfer->sram, direction = transfer->direction, bytes = transfer->bytes;
	reg_write(LANAI_EAR, bus);
	reg_write(LANAI_LAR, sram);
	reg_write(LANAI_DMA_DIR, direction);
	reg_write(LANAI_DMA_CTR, bytes);
	arch_yield("dma: started");
}

/* dma_queue: starts the transfer if the engine is idle. */
HOT void
dma_queue(struct transfer *transfer)
{
	transfer->next = NULL;
	if (S.dma_first) {
		S.dma_last->next = transfer;
	} else {
		dma_start(transfer);
		S.dma_first = transfer;
	}
	S.dma_last = transfer;
}

/* dma_next: takes the transfer that is done and starts the next. */
HOT struct transfer *
dma_next(void)
{
	struct transfer *done = S.dma_first;
	struct transfer *next = done->next;
	reg_write(LANAI_ISR, DMA_EVENTS);
	if (next)
		dma_start(next);
	S.dma_first = next;
	return done;
}

#endif
