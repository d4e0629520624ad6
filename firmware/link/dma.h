/* The queue of the host DMA engine (firmware/common/engines.h): what the link wants of it. */
#ifndef FIRMWARE_LINK_DMA_H
#define FIRMWARE_LINK_DMA_H

/* Of the program: dma_drop: tells the packets that are being fetched that their peer is down. */
void dma_drop(const struct peer *peer);
/* dma_queue_first: next after the transfer under way. */
void dma_queue_first(struct transfer *transfer);

#endif
