/* The engines as every program uses them: counting, the queue of host DMA, the buffers of the receive engine.  Needs
 * the program's state S (state.h).
 *
 * What waits for the host DMA engine has its register contents ready: the end of a transfer starts the next one before
 * anything else.  The receive engine gets its next buffer before the packet that came is looked at; if all buffers wait
 * for the host's bus it stays disarmed, and the network backs up. */
#ifndef FIRMWARE_COMMON_ENGINES_H
#define FIRMWARE_COMMON_ENGINES_H

static inline void
count(uint32_t which)
{
	uint32_t at = CTRL(counter) + 4 * which;
	sram_write(at, sram_read(at) + 1);
}

#define DMA_TO_HOST  0u /* LANAI_DMA_DIR */
#define DMA_TO_LANAI 1u

#define DMA_EVENTS (LANAI_ISR_DMA | LANAI_ISR_WDOG)

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

#define RECEIVE_EVENTS (LANAI_ISR_RECV | LANAI_ISR_BUFF)
#define RECEIVE_BITS   (RECEIVE_EVENTS | LANAI_ISR_TAIL | LANAI_ISR_ORUN1 | LANAI_ISR_ORUN2)
#define RECEIVE_ODD    (LANAI_ISR_BUFF | LANAI_ISR_ORUN1 | LANAI_ISR_ORUN2) /* not a whole packet of whole words */

HOT void
receive_arm(const struct arrival *arrival)
{
	uint32_t at = arrival->at;
	reg_write(LANAI_RMP, at);
	reg_write(LANAI_RML, at + ARRIVAL_BYTES - 4);
}

/* receive_release: the arrival's buffer is free again; the engine takes it if it has none. */
HOT void
receive_release(struct arrival *arrival)
{
	if (__builtin_expect(S.armed != NULL, 1)) {
		arrival->next = S.free_arrivals;
		S.free_arrivals = arrival;
	} else {
		S.armed = arrival;
		receive_arm(arrival);
	}
}

HOT void
receive_arm_next(void)
{
	struct arrival *arrival = S.free_arrivals;
	S.armed = arrival;
	if (!arrival)
		return;
	S.free_arrivals = arrival->next;
	receive_arm(arrival);
}

#endif
