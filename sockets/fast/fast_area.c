/* The bulk area: what of it is whose.
 *
 * A sender that was told a place may have data under way to it, however the connection has ended, so a block that is
 * given back can be kept from others for a while. */
#include "sockets/fast/fast_state.h"

/* Blocks that are free again. */
static void
sweep(struct fast_area *area)
{
	struct fast_block **link = &area->blocks;

	while (*link) {
		struct fast_block *block = *link;

		if (block->free_from > sim_now()) {
			link = &block->next;
			continue;
		}
		*link = block->next;
		g_free(block);
	}
}

uint32_t
fast_area_take(struct fast_area *area, uint64_t bytes)
{
	struct fast_block **link, *block;
	uint64_t pages = (bytes + UMEM_PAGE - 1) / UMEM_PAGE * UMEM_PAGE;
	uint32_t offset = 0;

	sweep(area);
	for (link = &area->blocks; *link && (*link)->offset - offset < pages; link = &(*link)->next)
		offset = (*link)->offset + (*link)->bytes;
	if (!bytes || pages > area->bytes - offset)
		return FAST_NOWHERE;
	block = g_new(struct fast_block, 1);
	*block = (struct fast_block){*link, offset, (uint32_t)pages, SIM_NEVER};
	*link = block;
	return offset;
}

void
fast_area_give(struct fast_area *area, uint32_t offset, sim_time date)
{
	for (struct fast_block *block = area->blocks; block; block = block->next)
		if (block->offset == offset)
			block->free_from = date;
}

void
fast_area_free(struct fast_area *area)
{
	struct fast_block *next;

	for (struct fast_block *block = area->blocks; block; block = next) {
		next = block->next;
		g_free(block);
	}
	area->blocks = NULL;
}
