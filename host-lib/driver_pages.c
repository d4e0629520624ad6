/* Pinned pages and the translation table of a process, and the oracle over deposits.
 *
 * A page has a record as long as somebody has pinned it: the process itself (library), an export, or a miss of the
 * translation cache.  The memory is pinned once, and the entry of the table is valid, while there is a record. */
#include "host-lib/driver_state.h"

#include <string.h>

/* Records. -----------------------------------------------------------------------------------------------------------
 */

static struct driver_page *
lookup(const struct driver_process *p, uint32_t page)
{
	return g_hash_table_lookup(p->pages, GUINT_TO_POINTER(page));
}

static uint64_t
address_of(uint32_t page)
{
	return (uint64_t)page * UMEM_PAGE;
}

/* The record of a mapped page; NULL: the host's memory is used up. */
static struct driver_page *
make(struct driver_process *p, uint32_t page)
{
	struct umem_space *space = p->process->memory;
	struct driver_page *r = lookup(p, page);

	if (r)
		return r;
	if (!umem_pin(space, address_of(page), UMEM_PAGE))
		return NULL;
	r = g_new0(struct driver_page, 1);
	r->page = page;
	r->frame = (uint32_t)umem_frame(space, address_of(page));
	if (!translation_set(p->table, page, r->frame)) {
		umem_unpin(space, address_of(page), UMEM_PAGE);
		g_free(r);
		return NULL;
	}
	g_hash_table_insert(p->pages, GUINT_TO_POINTER(page), r);
	return r;
}

static bool
is_unpinned(const struct driver_page *r)
{
	for (unsigned i = 0; i < DRIVER_N_PINS; i++)
		if (r->pins[i])
			return false;
	return true;
}

GArray *
driver_pages_leave(struct driver_process *p, enum driver_pin why, uint32_t page, unsigned n)
{
	GArray *gone = g_array_new(false, false, sizeof(uint32_t));

	for (unsigned i = 0; i < n; i++, page++) {
		struct driver_page *r = lookup(p, page);
		if (!r || !r->pins[why])
			continue;
		if (--r->pins[why] == 0)
			p->n_pinned[why]--;
		if (!is_unpinned(r))
			continue;
		translation_clear(p->table, page);
		g_hash_table_remove(p->pages, GUINT_TO_POINTER(page));
		g_array_append_val(gone, page);
	}
	return gone;
}

enum vmmc_error
driver_pages_take(struct driver_process *p, enum driver_pin why, uint32_t page, unsigned n)
{
	if (!umem_mapped(p->process->memory, address_of(page), (uint64_t)n * UMEM_PAGE))
		return VMMC_EFAULT;
	for (unsigned i = 0; i < n; i++) {
		struct driver_page *r = make(p, page + i);
		if (!r) {
			driver_pages_unpin(p, driver_pages_leave(p, why, page, i));
			return VMMC_ENOSPC;
		}
		if (r->pins[why]++ == 0)
			p->n_pinned[why]++;
	}
	return VMMC_OK;
}

void
driver_pages_forget(struct driver_process *p, const GArray *pages)
{
	const struct vmmc_nic_ops *ops = p->driver->nic->ops;

	for (unsigned i = 0, run; i < pages->len && !p->broken; i += run) {
		uint32_t first = g_array_index(pages, uint32_t, i);
		for (run = 1; i + run < pages->len && g_array_index(pages, uint32_t, i + run) == first + run; run++)
			;
		driver_error(p, ops->forget(p->queue, address_of(first), run));
	}
}

void
driver_pages_unpin(struct driver_process *p, GArray *pages)
{
	for (unsigned i = 0; i < pages->len; i++)
		umem_unpin(p->process->memory, address_of(g_array_index(pages, uint32_t, i)), UMEM_PAGE);
	g_array_free(pages, true);
}

void
driver_pages_end(struct driver_process *p)
{
	struct umem_space *space = p->process->memory;
	GHashTableIter iter;
	void *r;

	g_hash_table_iter_init(&iter, p->pages);
	while (g_hash_table_iter_next(&iter, NULL, &r))
		umem_unpin(space, address_of(((struct driver_page *)r)->page), UMEM_PAGE);
	g_hash_table_remove_all(p->pages);
	g_queue_clear(&p->missed);
}

/* System calls. ------------------------------------------------------------------------------------------------------
 */

/* Pages of a run that would be counted for the first time. */
static unsigned
new_pages(const struct driver_process *p, uint32_t page, unsigned n)
{
	unsigned fresh = 0;

	for (unsigned i = 0; i < n; i++) {
		const struct driver_page *r = lookup(p, page + i);
		fresh += !r || !r->pins[DRIVER_PIN_USER];
	}
	return fresh;
}

enum vmmc_error
driver_pin(struct driver_process *p, uint64_t address, unsigned n)
{
	const struct params *params = p->driver->host->params;
	uint32_t page = (uint32_t)(address / UMEM_PAGE);

	cpu_charge(CPU_SYSTEM, params->pin_base + n * params->pin_page);
	if (p->broken)
		return VMMC_EFIRMWARE;
	if (address + (uint64_t)n * UMEM_PAGE > (uint64_t)UINT32_MAX + 1)
		return VMMC_EFAULT;
	if (p->n_pinned[DRIVER_PIN_USER] + new_pages(p, page, n) > params->pin_limit)
		return VMMC_ENOSPC;
	return driver_pages_take(p, DRIVER_PIN_USER, page, n);
}

void
driver_unpin(struct driver_process *p, uint64_t address, unsigned n)
{
	const struct params *params = p->driver->host->params;
	GArray *gone;

	cpu_charge(CPU_SYSTEM, params->unpin_base + n * params->unpin_page);
	gone = driver_pages_leave(p, DRIVER_PIN_USER, (uint32_t)(address / UMEM_PAGE), n);
	driver_pages_forget(p, gone);
	driver_pages_unpin(p, gone);
}

/* The oracle. --------------------------------------------------------------------------------------------------------
 */

void
driver_allow(struct driver *d, const struct vmmc_page *pages, unsigned n, bool allowed)
{
	for (unsigned i = 0; i < n; i++)
		d->deposits[pages[i].frame] = allowed;
}

void
driver_posted(struct driver_process *p, unsigned slot, uint64_t user, uint32_t length)
{
	struct driver_post *post = &p->posts[slot];
	uint32_t first = (uint32_t)(user / UMEM_PAGE), last = (uint32_t)((user + length - 1) / UMEM_PAGE);

	driver_post_ended(p, slot);
	*post = (struct driver_post){user, length, g_new(uint32_t, last - first + 1)};
	for (uint32_t page = first; page <= last; page++)
		post->frames[page - first] = translation_entry(p->table, page) / HB_FRAME;
}

void
driver_post_ended(struct driver_process *p, unsigned slot)
{
	g_free(p->posts[slot].frames);
	p->posts[slot] = (struct driver_post){0};
}

/* Does the user buffer contain these bytes of a frame? */
static bool
post_takes(const struct driver_post *post, unsigned frame, uint32_t offset, uint32_t bytes)
{
	uint64_t page = post->user / UMEM_PAGE * UMEM_PAGE, end = post->user + post->length;

	for (unsigned i = 0; page < end; i++, page += UMEM_PAGE)
		if (post->frames[i] == frame && page + offset >= post->user && page + offset + bytes <= end)
			return true;
	return false;
}

/* A status word behind which nothing may come any more. */
static void
status_written(struct driver_process *p, uint32_t offset)
{
	for (unsigned slot = 0; slot < p->driver->nic->capabilities.posts; slot++) {
		struct umem_range range;
		p->driver->nic->ops->post_range(p->queue, slot, &range);
		if (range.address % UMEM_PAGE == offset)
			driver_post_ended(p, slot);
	}
}

bool
driver_deposit_allowed(void *driver, unsigned frame, uint32_t offset, uint32_t bytes)
{
	struct driver *d = driver;
	bool allowed = frame < d->n_frames && d->deposits[frame] && offset + bytes <= HB_FRAME;

	for (struct driver_process *p = d->processes; p; p = p->next) {
		if (p->status.frame == frame && p->queue)
			status_written(p, offset);
		for (unsigned slot = 0; slot < DRIVER_POSTS && !allowed; slot++)
			allowed = p->posts[slot].length && post_takes(&p->posts[slot], frame, offset, bytes);
	}
	return allowed;
}
