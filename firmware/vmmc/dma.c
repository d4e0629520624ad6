#include "firmware/vmmc/dma.h"
#include "firmware/vmmc/port.h"
#include "firmware/vmmc/receive.h"

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

static void
note(uint32_t bus)
{
	uint32_t n = sram_read(CTRL(notified));
	sram_write(CTRL(note) + 4 * (n % VMMC_NOTES), bus);
	sram_write(CTRL(notified), n + 1);
	count(VMMC_C_NOTIFICATIONS);
	reg_write(LANAI_ISR, LANAI_ISR_HOST_SIG);
}

static void
synced(void)
{
	sram_write(CTRL(synced), sram_read(CTRL(synced)) + 1);
}

void
dma_sync(void)
{
	struct arrival *last = NULL;
	for (struct transfer *transfer = S.dma_first; transfer; transfer = transfer->next)
		if (transfer->use == DMA_DEPOSIT)
			last = (struct arrival *)transfer;
	if (last)
		last->events |= ARRIVAL_SYNCS;
	else
		synced();
}

void
dma_close(const struct port *port)
{
	for (struct transfer *transfer = S.dma_first; transfer; transfer = transfer->next) {
		struct packet *packet = (struct packet *)transfer;
		if (transfer->use == DMA_FETCH && packet->port == port)
			packet->events |= PACKET_CLOSES;
	}
}

void
dma_deposited(struct arrival *arrival)
{
	if (arrival->events & ARRIVAL_NOTIFIES)
		note(arrival->deposit.bus);
	if (arrival->events & ARRIVAL_SYNCS)
		synced();
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

void
dma_reported(struct port *port)
{
	count(VMMC_C_COMPLETIONS);
	report_ended(port);
}

void
dma_failed(struct transfer *done)
{
	count(VMMC_C_BUS_ERRORS);
	if (done->use == DMA_DEPOSIT) {
		struct arrival *arrival = (struct arrival *)done;
		receive_release(arrival);
		arrival->events &= ARRIVAL_SYNCS;
		dma_deposited(arrival);
	} else if (done->use == DMA_FETCH) {
		port_not_fetched((struct packet *)done);
	} else {
		report_ended((struct port *)done);
	}
}
