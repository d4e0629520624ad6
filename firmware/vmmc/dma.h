/* The host DMA engine, shared by deposits, fetches of data to send, status words and table walks: one queue, in order
 * of coming, but for the few words of a walk, which go first.
 *
 * Six arrivals, two fetches and one status word a process can wait at most, so nothing waits for long.  What waits has
 * its register contents ready: the end of a transfer starts the next one before anything else. */
#ifndef FIRMWARE_VMMC_DMA_H
#define FIRMWARE_VMMC_DMA_H

#include "firmware/vmmc/state.h"

#include "firmware/link/dma.h"

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
/* dma_close: tells the packets that are being fetched that their port is closed. */
void dma_close(const struct port *port);
#endif
