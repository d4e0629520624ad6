/* The host DMA engine, shared by deliveries and fetches: one queue, in order of coming. */
#ifndef FIRMWARE_AM_DMA_H
#define FIRMWARE_AM_DMA_H

#include "firmware/am/link.h"

#define DMA_EVENTS (LANAI_ISR_DMA | LANAI_ISR_WDOG)

/* dma_queue_entry: of a short message: before fetches that have not begun: a reply is worth a credit, and would wait
 * behind 4 KB of the next message, which waits for credits.  dma_overtake: if there is anything in the queue. */
void dma_overtake(struct transfer *entry);
HOT void
dma_queue_entry(struct transfer *entry)
{
	if (S.dma_first) {
		dma_overtake(entry);
		return;
	}
	entry->next = NULL;
	dma_start(entry);
	S.dma_first = S.dma_last = entry;
}

/* dma_sync: a signal of the driver was taken: count it when what is queued now is over.  dma_synced: a transfer with
 * TRANSFER_SYNCS is. */
void dma_sync(void);
void dma_synced(struct transfer *transfer);
/* dma_ended: a transfer that is not simply well. */
void dma_ended(struct transfer *done, uint32_t failed);

#endif
