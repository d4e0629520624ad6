#include "firmware/am/dma.h"
#include "firmware/am/port.h"
#include "firmware/am/receive.h"

void
dma_overtake(struct transfer *entry)
{
	struct transfer *before = S.dma_first;
	for (struct transfer *transfer = before->next; transfer; transfer = transfer->next)
		if (transfer->use != DMA_FETCH)
			before = transfer;
	entry->next = before->next;
	before->next = entry;
	if (S.dma_last == before)
		S.dma_last = entry;
}

void
dma_sync(void)
{
	if (S.dma_first)
		S.dma_last->events |= TRANSFER_SYNCS;
	else
		sram_write(CTRL(synced), sram_read(CTRL(synced)) + 1);
}

void
dma_synced(struct transfer *transfer)
{
	transfer->events = 0;
	sram_write(CTRL(synced), sram_read(CTRL(synced)) + 1);
}

void
dma_drop(const struct peer *peer)
{
	for (struct transfer *transfer = S.dma_first; transfer; transfer = transfer->next)
		if (transfer->use == DMA_FETCH && ((struct packet *)transfer)->peer == peer)
			transfer->use = DMA_DROP;
	ports_forget((uint32_t)(peer - S.peers));
}

void
dma_ended(struct transfer *done, uint32_t failed)
{
	uint32_t syncs = done->events & TRANSFER_SYNCS;
	if (failed)
		count(AM_C_BUS_ERRORS);
	if (done->use == DMA_DEPOSIT)
		receive_delivered((struct arrival *)done);
	else if (done->use == DMA_FETCH || done->use == DMA_DROP)
		port_not_sent((struct packet *)done);
	if (syncs)
		dma_synced(done);
}
