#include "firmware/vmmc/dma.h"
#include "firmware/vmmc/arrival.h"
#include "firmware/vmmc/port.h"
#include "firmware/vmmc/receive.h"
#include "firmware/vmmc/redirect.h"
#include "firmware/vmmc/translate.h"

void
dma_report(struct port *port)
{
	if (port->reporting) {
		port->report_again |= S.dma_first == &port->status;
		return;
	}
	port->reporting = 1;
	dma_queue(&port->status);
}

void
dma_synced(void)
{
	sram_write(CTRL(synced), sram_read(CTRL(synced)) + 1);
}

void
dma_sync(void)
{
	struct transfer *last = NULL;
	for (struct transfer *transfer = S.dma_first; transfer; transfer = transfer->next)
		if (transfer->use != DMA_REPORT && transfer->use != DMA_POST)
			last = transfer;
	if (last)
		last->events |= TRANSFER_SYNCS;
	else
		dma_synced();
}

void
dma_close(const struct port *port)
{
	for (struct transfer *transfer = S.dma_first; transfer; transfer = transfer->next)
		if ((transfer->use == DMA_FETCH || transfer->use == DMA_DROP) &&
		    ((struct packet *)transfer)->port == port)
			transfer->events |= PACKET_CLOSES;
}

void
dma_drop(const struct peer *peer)
{
	for (struct transfer *transfer = S.dma_first; transfer; transfer = transfer->next)
		if (transfer->use == DMA_FETCH && ((struct packet *)transfer)->peer == peer)
			transfer->use = DMA_DROP;
}

void
dma_queue_first(struct transfer *transfer)
{
	struct transfer *first = S.dma_first;
	if (!first) {
		dma_queue(transfer);
		return;
	}
	transfer->next = first->next;
	first->next = transfer;
	if (S.dma_last == first)
		S.dma_last = transfer;
}

void
dma_deposited(struct arrival *arrival)
{
	if (arrival->deposit.events & ARRIVAL_REDIRECTED)
		redirect_taken(arrival);
	if (arrival->deposit.events & ARRIVAL_NOTIFIES)
		arrival_note(arrival->deposit.bus);
	if (sram_read(CTRL(watching)))
		arrival_look(arrival->deposit.bus);
	if (arrival->deposit.events & TRANSFER_SYNCS)
		dma_synced();
}

static void
report_ended(struct port *port)
{
	port->reporting = 0;
	if (port->report_again) {
		port->report_again = 0;
		dma_report(port);
	}
	port_settle(port);
}

/* ended: a status word or a walk. */
static void
ended(struct transfer *done, uint32_t failed)
{
	uint32_t syncs = done->events & TRANSFER_SYNCS;
	done->events = 0;
	if (done->use == DMA_WALK)
		walk_fetched((struct walk *)done, failed);
	else if (done->use == DMA_POST)
		redirect_reported((struct post *)done);
	else
		report_ended((struct port *)done);
	if (syncs)
		dma_synced();
}

void
dma_other(struct transfer *done)
{
	if (done->use == DMA_PART)
		return;
	if (done->use == DMA_DROP) {
		port_fetch_dropped((struct packet *)done);
		return;
	}
	if (done->use == DMA_REPORT)
		count(VMMC_C_COMPLETIONS);
	ended(done, 0);
}

void
dma_failed(struct transfer *done)
{
	count(VMMC_C_BUS_ERRORS);
	if (done->use == DMA_DEPOSIT) {
		struct arrival *arrival = (struct arrival *)done;
		receive_release(arrival);
		arrival->deposit.events &= ~ARRIVAL_NOTIFIES;
		dma_deposited(arrival);
	} else if (done->use == DMA_FETCH || done->use == DMA_DROP) {
		port_not_fetched((struct packet *)done);
	} else if (done->use == DMA_PART) {
		redirect_part_failed(done);
	} else {
		ended(done, 1);
	}
}
