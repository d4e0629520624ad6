/* The host DMA engine, shared by deposits, fetches of data to send, and status words.
 *
 * Deposits go first, but a fetch waits for at most DMA_DEPOSIT_RUN of them; then fetches; a status word waits for at
 * most one fetch.  The engine is busy exactly while S.dma is not DMA_IDLE. */
#ifndef FIRMWARE_VMMC_DMA_H
#define FIRMWARE_VMMC_DMA_H

#include "firmware/vmmc/state.h"

#define DMA_DEPOSIT_RUN 4u

#define DMA_TO_HOST  0u /* LANAI_DMA_DIR */
#define DMA_TO_LANAI 1u

static inline void
dma_start(uint32_t bus, uint32_t sram, uint32_t direction, uint32_t bytes)
{
	reg_write(LANAI_EAR, bus);
	reg_write(LANAI_LAR, sram);
	reg_write(LANAI_DMA_DIR, direction);
	reg_write(LANAI_DMA_CTR, bytes);
}

/* dma_wait_deposit, dma_fetch, dma_report: queue, and start if the engine is idle. */
void dma_wait_deposit(struct arrival *arrival);
void dma_fetch(struct packet *packet);
void dma_report(struct port *port);
/* dma_done: the transfer under way ended, by a bus error if `failed`. */
void dma_done(uint32_t failed);
/* dma_sync: a signal of the driver was taken: count it when the deposits let through so far are done. */
void dma_sync(void);

/* dma_deposit: of data at SRAM address `data` of the arrival; starts at once if it can. */
static inline void
dma_deposit(struct arrival *arrival, uint32_t data, uint32_t bus, uint32_t bytes)
{
	uint32_t use = S.dma;
	if (use == DMA_IDLE) {
		dma_start(bus, data, DMA_TO_HOST, bytes);
		S.dma = DMA_DEPOSIT;
		S.dma_job = arrival;
	} else {
		dma_wait_deposit(arrival);
	}
	arrival->to_bus = bus;
	arrival->bytes = bytes;
	S.accepted++;
}

#endif
