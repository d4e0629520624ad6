#include "sockets/direct.h"

#include "nic-sim/cpu.h"
#include "sockets/user.h"
#include "sockets/wire.h"

#include <glib.h>

static uint32_t
place(const struct area *area, uint32_t position)
{
	return WIRE_DATA + position % area->ring_bytes;
}

void
direct_open(struct direct *d, const struct area *area, uint32_t position, uint32_t piece, void *user, uint64_t length)
{
	const struct vmmc_capabilities *can = vmmc_capabilities(area->v);
	uint32_t bytes = MIN(MIN(piece, can->post_max), area->ring_bytes - position % area->ring_bytes);
	uint32_t least = (uint32_t)task_process(task_self())->host->params->zero_copy_min;
	uint64_t run, address;

	*d = (struct direct){.user = user, .position = position};
	if (!can->redirection || length < least || (uintptr_t)user % 4)
		return;
	address = user_address(area->memory, user, MIN(length, bytes), &run);
	bytes = (uint32_t)MIN(bytes, run) & ~3u;
	if (bytes < least || vmmc_post(area->export, place(area, position), address, bytes, &d->post) != VMMC_OK)
		d->post = NULL;
}

/* copy_back: the run's bytes from offset `from` on go to where they would have come without redirection. */
static uint32_t
copy_back(const struct direct *d, const struct area *area, uint32_t from)
{
	uint32_t bytes = d->to - from;

	user_to_arena(area->memory, d->user + from, area->address + place(area, d->position + from), bytes);
	cpu_copy(bytes);
	return bytes;
}

/* If the process is closing the NIC, the redirection has gone with it. */
uint32_t
direct_close(struct direct *d, const struct area *area, uint32_t keep)
{
	struct vmmc_post_end end = {0};
	struct vmmc_post *post = d->post;
	uint32_t back = 0;

	d->post = NULL;
	d->from = d->to = 0;
	if (!post || task_process(task_self())->nic_queue != area->v || vmmc_post_end(post, &end) != VMMC_OK)
		return 0;
	d->from = end.first;
	d->to = end.first + end.taken;
	if (d->to > keep) {
		back = copy_back(d, area, MAX(keep, d->from));
		d->to = MAX(keep, d->from);
	}
	return back;
}

uint32_t
direct_covers(const struct direct *d, uint32_t position, uint32_t bytes, bool *in_place)
{
	uint32_t offset = position - d->position;

	*in_place = false;
	if (d->from == d->to || offset >= d->to)
		return bytes;
	*in_place = offset >= d->from;
	return MIN(bytes, (*in_place ? d->to : d->from) - offset);
}
