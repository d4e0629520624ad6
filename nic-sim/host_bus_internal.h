/* Inside of the host bus: memory (host_bus.c), DMA and PIO in turns (host_bus_turns.c). */
#ifndef NIC_SIM_HOST_BUS_INTERNAL_H
#define NIC_SIM_HOST_BUS_INTERNAL_H

#include "nic-sim/host_bus.h"

#define HB_NO_SLOWNESS 1000u

struct frame {
	uint8_t *memory; /* NULL: free */
	struct umem_space *space;
	uint64_t page_address;
	bool io;
};

/* The engine's transfer: `moved` bytes lie in finished bursts; the next burst begins at `resume`. */
struct dma {
	bool busy, ok;
	uint32_t bytes, moved;
	uint64_t rate;
	sim_time burst_cost;
	sim_time started, resume;
	struct sim_event end;
	void (*done)(void *arg, bool ok);
	void *arg;
};

struct host_bus {
	unsigned node;
	const struct params *params;
	struct nic *nic;
	struct frame *frames;
	unsigned n_frames, max_frames, first_free; /* frames below first_free are all taken */
	hb_deposit_hook deposited;
	bool (*allowed)(void *arg, unsigned frame, uint32_t offset, uint32_t bytes);
	void *oracle_arg;
	struct dma dma;
	struct hb_pio *pio; /* in progress, by turn */
	uint32_t slowness;  /* of DMA, in 1/1000 */
	sim_time pio_until; /* end of the last turn */
	struct hb_counts counts;
};

void turns_init(struct host_bus *bus);
void turns_cancel(struct host_bus *bus);
bool memory_mapped(const struct host_bus *bus, uint32_t address, uint32_t bytes);

#endif
