#include "sockets/vmmc/direct.h"

#include "nic-sim/cpu.h"
#include "sockets/user.h"
#include "sockets/vmmc/wire.h"

#include <glib.h>

static uint32_t
place(const struct area *area, uint32_t position)
{
	return WIRE_DATA + position % area->ring_bytes;
}

/* forget: the first run. */
static void
forget(struct direct *d)
{
	d->n--;
	for (unsigned i = 0; i < d->n; i++)
		d->runs[i] = d->runs[i + 1];
}

/* close_run: nothing is redirected any more. */
static void
close_run(struct direct *d, struct direct_run *run)
{
	struct vmmc_post_end end = {0};

	if (!run->post)
		return;
	if (vmmc_post_end(run->post, &end) != VMMC_OK)
		d->lost = true;
	run->post = NULL;
	run->from = end.first;
	run->to = end.first + end.taken;
}

/* close_passed: all bytes up to `position` have come; returns how many redirections are still in force. */
static unsigned
close_passed(struct direct *d, uint32_t position)
{
	unsigned open = 0;

	for (unsigned i = 0; i < d->n; i++) {
		if ((int32_t)(position - d->runs[i].position - d->runs[i].bytes) >= 0)
			close_run(d, &d->runs[i]);
		open += d->runs[i].post != NULL;
	}
	return open;
}

/* next_run: bytes of the next one: up to the end of the ring, of memory with consecutive addresses. */
static uint32_t
next_run(const struct direct *d, const struct area *area, uint32_t piece, uint64_t left, uint64_t *address)
{
	uint32_t most = MIN(piece, vmmc_capabilities(area->v)->post_max);
	uint64_t run;

	most = MIN(most, area->ring_bytes - d->next_position % area->ring_bytes);
	*address = user_address(area->memory, d->next_user, MIN(left, most), &run);
	return (uint32_t)run & ~3u;
}

/* open_run: one more, behind the others; false if it cannot be. */
static bool
open_run(struct direct *d, const struct area *area, uint64_t address, uint32_t bytes)
{
	struct direct_run *run = &d->runs[d->n];

	*run = (struct direct_run){.user = d->next_user, .position = d->next_position, .bytes = bytes};
	if (vmmc_post(area->export, place(area, run->position), address, bytes, &run->post) != VMMC_OK)
		return false;
	d->n++;
	return true;
}

/* open_next: redirects what comes next, or passes over it if it is too little; false: no more. */
static bool
open_next(struct direct *d, const struct area *area, uint32_t piece, uint64_t left)
{
	uint32_t least = (uint32_t)task_process(task_self())->host->params->zero_copy_min, bytes;
	uint64_t address;

	bytes = next_run(d, area, piece, left, &address);
	if (bytes == 0 || (bytes >= least && !open_run(d, area, address, bytes)))
		return false;
	d->next_position += bytes;
	d->next_user += bytes;
	return true;
}

void
direct_open(struct direct *d, const struct area *area, uint32_t position, uint32_t piece, uint8_t *user,
            uint64_t length)
{
	unsigned open;

	if (!vmmc_capabilities(area->v)->redirection || (uintptr_t)user % 4)
		return;
	open = close_passed(d, position);
	if (d->n && user - d->next_user != (int32_t)(position - d->next_position))
		return;
	if (!d->n || (int32_t)(position - d->next_position) > 0) {
		d->next_position = position;
		d->next_user = user;
	}
	for (; open < DIRECT_POSTS && d->n < DIRECT_RUNS && d->next_user < user + length; open++)
		if (!open_next(d, area, piece, (uint64_t)(user + length - d->next_user)))
			return;
}

uint32_t
direct_end(struct direct *d, const struct area *area, uint32_t position)
{
	uint32_t back = 0;

	for (unsigned i = 0; i < d->n; i++)
		close_run(d, &d->runs[i]);
	for (; d->n; forget(d)) {
		const struct direct_run *run = &d->runs[0];
		uint32_t from = MAX(run->from, (uint32_t)MAX((int32_t)(position - run->position), 0));

		if (from >= run->to)
			continue;
		user_to_arena(area->memory, run->user + from, area->address + place(area, run->position + from),
		              run->to - from);
		cpu_copy(run->to - from);
		back += run->to - from;
	}
	return back;
}

void
direct_taken(struct direct *d, uint32_t position)
{
	while (d->n && !d->runs[0].post && (int32_t)(position - d->runs[0].position - d->runs[0].bytes) >= 0)
		forget(d);
}

uint32_t
direct_covers(struct direct *d, uint32_t position, uint32_t bytes, bool *in_place)
{
	struct direct_run *run = &d->runs[0];
	uint32_t offset;

	*in_place = false;
	if (!d->n)
		return bytes;
	offset = position - run->position;
	if ((int32_t)offset < 0)
		return MIN(bytes, run->position - position);
	close_run(d, run);
	if (offset < run->from && run->from < run->to)
		return MIN(bytes, run->from - offset);
	*in_place = offset >= run->from && offset < run->to;
	return MIN(bytes, (*in_place ? run->to : run->bytes) - offset);
}
