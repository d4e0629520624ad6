#include "firmware/vmmc/dma.h"
#include "firmware/vmmc/port.h"
#include "firmware/vmmc/receive.h"

#define REPORT_BYTES 4u

static void
start_deposit(void)
{
	struct arrival *arrival = S.deposit_first;
	dma_start(arrival->to_bus, arrival->at + ARRIVAL_DATA, DMA_TO_HOST, arrival->bytes);
	S.dma = DMA_DEPOSIT;
	S.depositing = arrival;
	S.deposit_first = arrival->next;
	S.deposits_in_a_row++;
}

static void
start_fetch(void)
{
	struct packet *packet = S.fetch_first;
	uint32_t data = packet->at + PACKET_DATA;
	dma_start(packet->from_bus, data, DMA_TO_LANAI, packet->last + 4 - data);
	S.dma = DMA_FETCH;
	S.fetching = packet;
	S.fetch_first = packet->next;
	S.deposits_in_a_row = 0;
	S.report_passed = 1;
}

static void
start_report(void)
{
	struct port *port = S.report_first;
	dma_start(port->status_bus, port->row + offsetof(struct vmmc_proc, completed), DMA_TO_HOST, REPORT_BYTES);
	S.dma = DMA_REPORT;
	S.reporting = port;
	S.report_first = port->report_next;
	port->report = 0;
	S.report_passed = 0;
}

static void
start_next(void)
{
	if (S.deposit_first && (!S.fetch_first || S.deposits_in_a_row < DMA_DEPOSIT_RUN))
		start_deposit();
	else if (S.report_first && (!S.fetch_first || S.report_passed))
		start_report();
	else if (S.fetch_first)
		start_fetch();
}

static void
start_if_idle(void)
{
	if (S.dma == DMA_IDLE)
		start_next();
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
	packet->next = NULL;
	if (S.fetch_first)
		S.fetch_last->next = packet;
	else
		S.fetch_first = packet;
	S.fetch_last = packet;
	start_if_idle();
}

void
dma_report(struct port *port)
{
	if (!port->report) {
		port->report = 1;
		port->report_next = NULL;
		if (S.report_first)
			S.report_last->report_next = port;
		else
			S.report_first = port;
		S.report_last = port;
	}
	start_if_idle();
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
	port_settle(port);
}

void
dma_done(uint32_t failed)
{
	enum dma_use done = S.dma;
	struct packet *fetched = S.fetching;
	struct port *reported = S.reporting;
	struct arrival *deposited = S.depositing;
	S.dma = DMA_IDLE;
	S.reporting = NULL;
	start_next();
	if (done == DMA_DEPOSIT)
		deposit_done(deposited, failed);
	else if (done == DMA_FETCH)
		port_fetched(fetched, failed);
	else if (done == DMA_REPORT)
		report_done(reported, failed);
}
