#include "firmware/vmmc/dma.h"
#include "firmware/vmmc/port.h"
#include "firmware/vmmc/receive.h"

#define REPORT_BYTES 4u

static inline void
start_deposit(struct arrival *arrival)
{
	dma_start(arrival->to_bus, arrival->at + ARRIVAL_DATA, DMA_TO_HOST, arrival->bytes);
	S.dma = DMA_DEPOSIT;
	S.dma_job = arrival;
}

static inline void
start_fetch(struct packet *packet)
{
	uint32_t data = packet->at + PACKET_DATA;
	dma_start(packet->from_bus, data, DMA_TO_LANAI, packet->last + 4 - data);
	S.dma = DMA_FETCH;
	S.dma_job = packet;
	S.deposits_in_a_row = 0;
	S.report_passed = 1;
}

static inline void
start_report(struct port *port)
{
	dma_start(port->status_bus, port->completed, DMA_TO_HOST, REPORT_BYTES);
	S.dma = DMA_REPORT;
	S.dma_job = port;
	S.report_passed = 0;
	port->report = 0;
	port->reporting = 1;
}

static inline void
start_next(void)
{
	struct arrival *arrival = S.deposit_first;
	struct packet *packet = S.fetch_first;
	struct port *port = S.report_first;
	if (arrival && (!packet || S.deposits_in_a_row < DMA_DEPOSIT_RUN)) {
		start_deposit(arrival);
		S.deposit_first = arrival->next;
		S.deposits_in_a_row++;
	} else if (port && (!packet || S.report_passed)) {
		start_report(port);
		S.report_first = port->report_next;
	} else if (packet) {
		start_fetch(packet);
		S.fetch_first = packet->next;
	} else {
		S.dma = DMA_IDLE;
	}
}

void
dma_wait_deposit(struct arrival *arrival)
{
	arrival->next = NULL;
	if (S.deposit_first)
		S.deposit_last->next = arrival;
	else
		S.deposit_first = arrival;
	S.deposit_last = arrival;
}

void
dma_fetch(struct packet *packet)
{
	if (S.dma == DMA_IDLE) {
		start_fetch(packet);
		return;
	}
	packet->next = NULL;
	if (S.fetch_first)
		S.fetch_last->next = packet;
	else
		S.fetch_first = packet;
	S.fetch_last = packet;
}

void
dma_report(struct port *port)
{
	if (S.dma == DMA_IDLE) {
		start_report(port);
		return;
	}
	if (port->report)
		return;
	port->report = 1;
	port->report_next = NULL;
	if (S.report_first)
		S.report_last->report_next = port;
	else
		S.report_first = port;
	S.report_last = port;
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
	S.sync_wanted = 0;
	sram_write(CTRL(synced), sram_read(CTRL(synced)) + 1);
}

void
dma_sync(void)
{
	S.sync_wanted = 1;
	S.sync_at = S.accepted;
	if (S.deposited == S.accepted)
		synced();
}

static void
deposit_done(struct arrival *arrival, uint32_t failed)
{
	receive_release(arrival);
	if (failed) {
		count(VMMC_C_BUS_ERRORS);
	} else {
		count(VMMC_C_DEPOSITS);
		uint32_t at = CTRL(counter) + 4 * VMMC_C_DEPOSIT_BYTES;
		sram_write(at, sram_read(at) + arrival->bytes);
		if (arrival->notify)
			note(arrival->to_bus);
	}
	S.deposited++;
	if (S.sync_wanted && S.deposited == S.sync_at)
		synced();
}

static void
report_done(struct port *port, uint32_t failed)
{
	count(failed ? VMMC_C_BUS_ERRORS : VMMC_C_COMPLETIONS);
	port->reporting = 0;
	port_settle(port);
}

void
dma_done(uint32_t failed)
{
	uint32_t use = S.dma;
	void *job = S.dma_job;
	start_next();
	if (use == DMA_DEPOSIT)
		deposit_done(job, failed);
	else if (use == DMA_FETCH)
		port_fetched(job, failed);
	else if (use == DMA_REPORT)
		report_done(job, failed);
}
