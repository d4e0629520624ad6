/* The SRAM port: how much of it each engine gets, and what is left to the processor.
 *
 * Shares follow from which engines are active and what they could use, not from what they get in the end: two NICs that
 * stream at each other would otherwise swing each other forever.  Host DMA comes first; receive and send share the
 * rest: receive first, but a send that goes on meanwhile keeps a quarter of it. */
#include "nic-sim/nic_internal.h"

#define ACCESS_BYTES  4u
#define LOAD_ONE      65536u /* one access a clock, as lanai_set_dma_load() counts */
#define CORE_ACCESSES 2u     /* accesses a clock that the core reckons with */
#define SEND_KEEPS    4u     /* 1/4 */

static inline uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

void
port_init(struct nic *nic)
{
	double accesses = (double)nic->params->sram_accesses - nic->params->sram_cpu_floor;

	nic->port_rate = accesses > 0 ? (uint64_t)(accesses * ACCESS_BYTES * (double)nic->hz) : 0;
	nic->link_out = fabric_link_rate(nic->fabric, nic->node, true);
	nic->link_in = fabric_link_rate(nic->fabric, nic->node, false);
	nic->moved = UINT64_MAX; /* nothing computed yet */
	port_update(nic);
}

/* processor_load: what the core must reckon with while engines move `moved` bytes/s; never more than leaves it its
 * floor. */
static uint32_t
processor_load(const struct nic *nic, uint64_t moved)
{
	int64_t load = (int64_t)(moved * LOAD_ONE / ACCESS_BYTES / nic->hz);

	load += ((int64_t)CORE_ACCESSES - (int64_t)nic->params->sram_accesses) * LOAD_ONE;
	return load > 0 ? (uint32_t)load : 0;
}

static uint64_t
dma_rate(const struct nic *nic)
{
	return nic->dma.busy ? nic->dma.rate : 0;
}

/* share: of the port, what the host DMA leaves, among the other two engines.  The fabric tells of rates that change by
 * this in calls of port_update(). */
static void
share(const struct nic *nic)
{
	uint64_t left = nic->port_rate - least(dma_rate(nic), nic->port_rate), take = left, give = left;

	if (nic->send.busy && nic->receive.state == RECEIVE_TAKING) {
		take = least(left - left / SEND_KEEPS, nic->link_in);
		give = left - take;
	}
	fabric_limit(nic->fabric, nic->node, true, least(give, nic->link_out));
	fabric_limit(nic->fabric, nic->node, false, least(take, nic->link_in));
}

/* port_update: an engine started, stopped or changed its speed. */
void
port_update(struct nic *nic)
{
	uint64_t moved;
	uint32_t load;

	share(nic);
	moved = least(dma_rate(nic) + nic->receive.rate + nic->send.rate, nic->port_rate);
	if (moved == nic->moved)
		return;
	nic->moved = moved;
	load = processor_load(nic, moved);
	if (load != nic->load)
		lanai_set_dma_load(nic->core, nic->load = load);
}
