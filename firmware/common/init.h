/* The start of a program: for its init.c. */
#ifndef FIRMWARE_COMMON_INIT_H
#define FIRMWARE_COMMON_INIT_H

#include "firmware/link/wire.h"

static inline void
init_transfer(struct transfer *transfer, enum dma_use use, uint32_t sram, uint32_t direction, uint32_t bytes)
{
	transfer->use = use;
	transfer->sram = sram;
	transfer->direction = direction;
	transfer->bytes = bytes;
}

/* init_route: of the peer: 1 if there is one. `nodes`: SRAM address of the routes. */
static inline uint32_t
init_route(struct peer *peer, uint32_t nodes, uint32_t node)
{
	uint32_t row = nodes + node * (uint32_t)sizeof(struct link_node);
	uint32_t hops = sram_read(row);
	if (!hops || hops > LINK_MAX_HOPS || node >= sram_read(CTRL(n_nodes)))
		return 0;
	uint32_t skip = LINK_MAX_HOPS - hops;
	peer->route[0] = sram_read(row + 4);
	peer->route[1] = sram_read(row + 8);
	peer->start = ROUTE_AT + (skip & ~3u);
	peer->skip = skip & 3;
	return 1;
}

#endif
