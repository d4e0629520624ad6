/* The queue of the host DMA engine.  What waits has its register contents ready: the end of a transfer starts the next
 * one before anything else. */
#ifndef FIRMWARE_LINK_DMA_H
#define FIRMWARE_LINK_DMA_H

#define DMA_TO_HOST  0u /* LANAI_DMA_DIR */
#define DMA_TO_LANAI 1u

#define DMA_EVENTS (LANAI_ISR_DMA | LANAI_ISR_WDOG)

/* Of the program: dma_drop: tells the packets that are being fetched that their peer is down. */
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
