/* Exports: which frames take deposits, under which tag and name. */
#include "host-lib/driver_state.h"

#define FIRST_NAME  0x80000000 /* names that driver_unused_name() gives: well away from those that programs choose */
#define TAGS        65535      /* 1..65535; 0 means no deposits */
#define PAGES_OF(n) (((uint64_t)(n) + UMEM_PAGE - 1) / UMEM_PAGE)
#define FIRST_OF(e) ((uint32_t)((e)->address / UMEM_PAGE))

static void
free_export(struct driver_export *e)
{
	g_free(e->pages);
	g_free(e);
}

/* The next tag in turn that no living export has; 0 if there is none. */
static uint16_t
new_tag(struct driver *d)
{
	for (unsigned i = 0; i < TAGS; i++) {
		d->last_tag = d->last_tag == TAGS ? 1 : d->last_tag + 1;
		if (!g_hash_table_contains(d->tags, GUINT_TO_POINTER(d->last_tag)))
			return d->last_tag;
	}
	return 0;
}

uint32_t
driver_unused_name(struct driver_process *p)
{
	struct driver *d = p->driver;

	driver_system_call(d);
	do
		d->last_name = d->last_name < FIRST_NAME || d->last_name == UINT32_MAX ? FIRST_NAME : d->last_name + 1;
	while (g_hash_table_contains(d->exports, GUINT_TO_POINTER(d->last_name)));
	return d->last_name;
}

/* Can these pages be exported: are their frames in the NIC's table, and not exported already? */
static enum vmmc_error
check_frames(const struct driver *d, const struct vmmc_page *pages, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (pages[i].frame >= d->nic->capabilities.frames)
			return VMMC_ENOSPC;
		if (d->deposits[pages[i].frame])
			return VMMC_EINVAL;
	}
	return VMMC_OK;
}

static void
fill_pages(struct driver_export *e)
{
	for (unsigned i = 0; i < e->n_pages; i++) {
		uint64_t address = e->address + (uint64_t)i * UMEM_PAGE;
		struct umem_space *space = e->owner->process->memory;
		e->pages[i] = (struct vmmc_page){(unsigned)umem_frame(space, address), space, address};
	}
}

static enum vmmc_error
prepare(struct driver_export *e)
{
	struct driver_process *p = e->owner;
	enum vmmc_error error;

	if (e->address + (uint64_t)e->n_pages * UMEM_PAGE > (uint64_t)UINT32_MAX + 1)
		return VMMC_EFAULT;
	error = driver_pages_take(p, DRIVER_PIN_EXPORT, FIRST_OF(e), e->n_pages);
	if (error != VMMC_OK)
		return error;
	fill_pages(e);
	error = check_frames(p->driver, e->pages, e->n_pages);
	if (error == VMMC_OK && (e->tag = new_tag(p->driver)) == 0)
		error = VMMC_ENOSPC;
	if (error != VMMC_OK)
		driver_pages_unpin(p, driver_pages_leave(p, DRIVER_PIN_EXPORT, FIRST_OF(e), e->n_pages));
	return error;
}

static void
publish(struct driver_export *e)
{
	struct driver_process *p = e->owner;
	struct driver *d = p->driver;

	driver_allow(d, e->pages, e->n_pages, true);
	for (unsigned i = 0; i < e->n_pages; i++)
		d->exported[e->pages[i].frame] = e;
	g_hash_table_add(d->tags, GUINT_TO_POINTER(e->tag));
	e->next = p->exports;
	p->exports = e;
	d->nic->ops->allow_in(p->queue, e->pages, e->n_pages, e->tag, false);
	g_hash_table_insert(d->exports, GUINT_TO_POINTER(e->name), e);
}

static void
charge_pins(const struct driver *d, unsigned n)
{
	cpu_charge(CPU_SYSTEM, d->host->params->pin_base + n * d->host->params->pin_page);
}

static void
charge_unpins(const struct driver *d, unsigned n)
{
	cpu_charge(CPU_SYSTEM, d->host->params->unpin_base + n * d->host->params->unpin_page);
}

enum vmmc_error
driver_export(struct driver_process *p, uint64_t address, uint32_t length, uint32_t name, uint32_t node, void *library,
              struct driver_export **exported)
{
	struct driver *d = p->driver;
	struct driver_export *e;
	enum vmmc_error error;

	driver_system_call(d);
	if (p->broken)
		return VMMC_EFIRMWARE;
	if (g_hash_table_contains(d->exports, GUINT_TO_POINTER(name)))
		return VMMC_ENAME;
	e = g_new0(struct driver_export, 1);
	*e = (struct driver_export){.owner = p, .address = address, .length = length, .name = name, .node = node};
	e->library = library;
	e->n_pages = (unsigned)PAGES_OF(length);
	e->pages = g_new(struct vmmc_page, e->n_pages);
	charge_pins(d, e->n_pages);
	error = prepare(e);
	if (error != VMMC_OK) {
		free_export(e);
		return error;
	}
	publish(e);
	*exported = e;
	return VMMC_OK;
}

static bool
has_posts(const struct driver_process *p)
{
	for (unsigned i = 0; i < DRIVER_POSTS; i++)
		if (p->posts[i].length)
			return true;
	return false;
}

enum vmmc_error
driver_notify(struct driver_export *e, bool on)
{
	struct driver_process *p = e->owner;

	driver_system_call(p->driver);
	if (p->broken)
		return VMMC_EFIRMWARE;
	if (e->notify == on)
		return VMMC_OK;
	if (has_posts(p))
		return VMMC_EBUSY;
	e->notify = on;
	p->driver->nic->ops->allow_in(p->queue, e->pages, e->n_pages, e->tag, on);
	return VMMC_OK;
}

/* The name is free, and nobody finds the export any more. */
static void
withdraw(struct driver_export *e)
{
	struct driver_process *p = e->owner;
	struct driver_export **link = &p->exports;

	g_hash_table_remove(p->driver->exports, GUINT_TO_POINTER(e->name));
	for (unsigned i = 0; i < e->n_pages; i++)
		p->driver->exported[e->pages[i].frame] = NULL;
	while (*link != e)
		link = &(*link)->next;
	*link = e->next;
}

static void
finish(struct driver_export *e, GArray *unpinned)
{
	struct driver *d = e->owner->driver;

	driver_allow(d, e->pages, e->n_pages, false);
	g_hash_table_remove(d->tags, GUINT_TO_POINTER(e->tag));
	driver_pages_unpin(e->owner, unpinned);
	driver_revoke(d, e);
	free_export(e);
}

/* First the entries, then what is under way, then the memory: nothing is deposited after it returns.  Posts on the
 * export end, even where its pages stay pinned for other reasons. */
void
driver_unexport(struct driver_export *e)
{
	struct driver_process *p = e->owner;
	const struct vmmc_nic_ops *ops = p->driver->nic->ops;
	GArray *unpinned;

	driver_system_call(p->driver);
	withdraw(e);
	charge_unpins(p->driver, e->n_pages);
	if (!p->broken)
		ops->allow_in(p->queue, e->pages, e->n_pages, 0, false);
	unpinned = driver_pages_leave(p, DRIVER_PIN_EXPORT, FIRST_OF(e), e->n_pages);
	if (!p->broken)
		driver_error(p, ops->forget(p->queue, e->address, e->n_pages));
	finish(e, unpinned);
}

/* The end of a process. ----------------------------------------------------------------------------------------------
 */

void
driver_exports_close(struct driver_process *p)
{
	for (struct driver_export *e = p->exports; e && !p->broken; e = e->next)
		p->driver->nic->ops->allow_in(p->queue, e->pages, e->n_pages, 0, false);
}

void
driver_exports_end(struct driver_process *p)
{
	while (p->exports) {
		struct driver_export *e = p->exports;
		withdraw(e);
		charge_unpins(p->driver, e->n_pages);
		finish(e, driver_pages_leave(p, DRIVER_PIN_EXPORT, FIRST_OF(e), e->n_pages));
	}
}
