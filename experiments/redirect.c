#include "experiments/redirect.h"

#include <glib.h>
#include <string.h>

static bool
worked(struct redirect *r, enum vmmc_error error, const char *what)
{
	if (error != VMMC_OK)
		simulate_fail(r->end->simulation, "host %u: %s: %s", r->end->node, what, vmmc_strerror(error));
	return r->end->simulation->error == NULL;
}

bool
redirect_begin(struct redirect *r, struct pair_end *end)
{
	*r = (struct redirect){.end = end, .user = umem_alloc(end->process->memory, end->bytes)};
	if (r->user == 0)
		return worked(r, VMMC_ENOSPC, "memory for the user buffer");
	end->elsewhere = r->user - end->here;
	return true;
}

bool
redirect_end(struct redirect *r)
{
	for (unsigned i = 0; i < r->n; i++) {
		if (!worked(r, vmmc_post_end(r->posts[i], &r->ends[i]), "vmmc_post_end"))
			return false;
		r->bytes += r->ends[i].taken;
	}
	r->n_ended = r->n;
	r->n = 0;
	return true;
}

void
redirect_collect(struct redirect *r)
{
	for (unsigned i = 0; i < r->n_ended; i++) {
		struct umem_space *memory = r->end->process->memory;
		uint64_t at = (uint64_t)i * REDIRECT_BYTES + r->ends[i].first;
		uint32_t n = r->ends[i].taken;
		memcpy(umem_pointer(memory, r->end->here + at, n), umem_pointer(memory, r->user + at, n), n);
	}
}

bool
redirect_again(struct redirect *r)
{
	const struct pair_end *end = r->end;
	if (!redirect_end(r))
		return false;
	for (uint32_t at = 0, n; at < end->bytes && r->n < REDIRECT_POSTS; at += n, r->n++) {
		n = MIN(end->bytes - at, REDIRECT_BYTES);
		if (!worked(r, vmmc_post(end->export, at, r->user + at, n, &r->posts[r->n]), "vmmc_post"))
			return false;
	}
	return true;
}
