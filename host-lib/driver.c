#include "host-lib/driver_state.h"

#include <string.h>

#define DRIVER_NODES     64         /* bits in struct driver_export.importers */
#define FIRST_NAME       0x80000000 /* names that driver_unused_name() gives: well away from those that programs choose */
#define TAGS             65535      /* 1..65535; 0 means no deposits */
#define PAGE_OF(a)       ((a) & ~(uint64_t)(UMEM_PAGE - 1))
#define PAGES_OF(len)    (((uint64_t)(len) + UMEM_PAGE - 1) / UMEM_PAGE)
#define MEMORY_FRAMES(p) ((unsigned)((p)->memory_mb * ((1u << 20) / HB_FRAME)))

/* Machine-wide set-up. ----------------------------------------------------------------------------------------------
 */

static bool
deposit_allowed(void *arg, unsigned frame, uint32_t offset, uint32_t bytes)
{
	const struct driver *d = arg;

	return frame < d->n_frames && d->deposits[frame] && offset + bytes <= HB_FRAME;
}

static bool
start_host(struct host *host, const struct lanai_image *image, unsigned processes, char **error)
{
	struct driver *d = g_new0(struct driver, 1);

	host->driver = d;
	d->host = host;
	d->nic = image ? nic_lanai_new(host, image, processes, error) : nic_memory_new(host, processes);
	if (!d->nic) {
		host->driver = NULL;
		g_free(d);
		return false;
	}
	d->exports = g_hash_table_new(NULL, NULL);
	d->tags = g_hash_table_new(NULL, NULL);
	d->last_name = FIRST_NAME;
	d->n_frames = MEMORY_FRAMES(host->params);
	d->deposits = g_new0(bool, d->n_frames);
	hb_set_oracle(host->bus, deposit_allowed, d);
	driver_ethernet_start(d);
	return true;
}

bool
driver_start(struct machine *m, const struct lanai_image *image, unsigned processes, char **error)
{
	if (m->n_hosts > DRIVER_NODES) {
		*error = g_strdup_printf("VMMC serves at most %d nodes; the platform has %u", DRIVER_NODES, m->n_hosts);
		return false;
	}
	for (unsigned i = 0; i < m->n_hosts; i++)
		if (!start_host(&m->hosts[i], image, processes, error)) {
			driver_stop(m);
			return false;
		}
	return true;
}

static void
free_export(struct driver_export *e)
{
	g_free(e->pages);
	g_free(e);
}

static void
free_process(struct driver_process *p)
{
	for (struct driver_export *e = p->exports, *next; e; e = next) {
		next = e->next;
		free_export(e);
	}
	g_free(p->out_used);
	g_free(p->sources);
	g_free(p);
}

void
driver_stop(struct machine *m)
{
	for (unsigned i = 0; i < m->n_hosts; i++) {
		struct driver *d = driver_of(&m->hosts[i]);
		if (!d)
			continue;
		m->hosts[i].driver = NULL;
		hb_set_oracle(m->hosts[i].bus, NULL, NULL);
		driver_ethernet_stop(d);
		for (struct driver_process *p = d->processes, *next; p; p = next) {
			next = p->next;
			free_process(p);
		}
		d->nic->ops->free(d->nic);
		g_hash_table_destroy(d->exports);
		g_hash_table_destroy(d->tags);
		g_free(d->deposits);
		g_free(d);
	}
}

unsigned
driver_counters(const struct host *host, struct vmmc_nic_counter *counters, unsigned max)
{
	struct vmmc_nic *nic = driver_of(host)->nic;

	return nic->ops->counters(nic, counters, max);
}

uint32_t
driver_counter(const struct host *host, const char *name)
{
	struct vmmc_nic_counter counters[64];
	unsigned n = driver_counters(host, counters, G_N_ELEMENTS(counters));

	for (unsigned i = 0; i < MIN(n, G_N_ELEMENTS(counters)); i++)
		if (strcmp(counters[i].name, name) == 0)
			return counters[i].value;
	return 0;
}

const struct vmmc_nic *
driver_nic(const struct host *host)
{
	return driver_of(host)->nic;
}

struct vmmc_nic_queue *
driver_queue(const struct driver_process *p)
{
	return p->queue;
}

/* Pages. -------------------------------------------------------------------------------------------------------------
 */

static void
charge_system_call(const struct driver *d)
{
	cpu_charge(CPU_SYSTEM, d->host->params->system_call);
}

/* Unpinning costs what pinning does: the published figures differ by less than a fifth (UTLB, ASPLOS 1998). */
static void
charge_pins(const struct driver *d, uint64_t pages)
{
	cpu_charge(CPU_SYSTEM, d->host->params->pin_base + pages * d->host->params->pin_page);
}

/* Pins n pages and fills `pages` with them. */
static enum vmmc_error
pin_pages(struct umem_space *space, uint64_t address, unsigned n, struct vmmc_page *pages)
{
	if (!umem_mapped(space, address, (uint64_t)n * UMEM_PAGE))
		return VMMC_EFAULT;
	if (!umem_pin(space, address, (uint64_t)n * UMEM_PAGE))
		return VMMC_ENOSPC;
	for (unsigned i = 0; i < n; i++) {
		pages[i].space = space;
		pages[i].address = address + (uint64_t)i * UMEM_PAGE;
		pages[i].frame = (unsigned)umem_frame(space, pages[i].address);
	}
	return VMMC_OK;
}

static void
set_deposits(struct driver *d, const struct vmmc_page *pages, unsigned n, bool allowed)
{
	for (unsigned i = 0; i < n; i++)
		d->deposits[pages[i].frame] = allowed;
}

/* Unpins what entries first.. hold; returns how many pages that were. */
static unsigned
drop_sources(struct driver_process *p, unsigned first, unsigned n)
{
	unsigned dropped = 0;

	for (unsigned i = first; i < first + n; i++) {
		if (!p->sources[i].space)
			continue;
		umem_unpin(p->sources[i].space, p->sources[i].address, UMEM_PAGE);
		p->sources[i].space = NULL;
		dropped++;
	}
	return dropped;
}

/* Clears the NIC's entries, those that are in use. */
static void
unmap_sources(struct driver_process *p)
{
	unsigned size = p->driver->nic->capabilities.source_pages;

	for (unsigned i = 0, run; i < size; i += run + 1) {
		for (run = 0; i + run < size && p->sources[i + run].space; run++)
			;
		if (run)
			p->driver->nic->ops->map_source(p->queue, i, run, NULL);
	}
}

enum vmmc_error
driver_pin(struct driver_process *p, uint64_t address, unsigned n, unsigned first)
{
	struct driver *d = p->driver;
	struct vmmc_page *pages = g_new(struct vmmc_page, n);
	enum vmmc_error error = pin_pages(p->process->memory, address, n, pages);

	charge_pins(d, n);
	if (error == VMMC_OK) {
		unsigned dropped = drop_sources(p, first, n);
		if (dropped)
			charge_pins(d, dropped);
		memcpy(&p->sources[first], pages, n * sizeof *pages);
		d->nic->ops->map_source(p->queue, first, n, pages);
	}
	g_free(pages);
	return error;
}

/* Processes. ---------------------------------------------------------------------------------------------------------
 */

static void
release_status(struct driver_process *p)
{
	set_deposits(p->driver, &p->status, 1, false);
	umem_unpin(p->status.space, p->status.address, UMEM_PAGE);
	umem_free(p->status.space, p->status.address);
}

static enum vmmc_error
make_status(struct driver_process *p)
{
	uint64_t address = umem_alloc(p->process->memory, UMEM_PAGE);

	if (!address)
		return VMMC_ENOSPC;
	if (pin_pages(p->process->memory, address, 1, &p->status) != VMMC_OK) {
		umem_free(p->process->memory, address);
		return VMMC_ENOSPC;
	}
	set_deposits(p->driver, &p->status, 1, true);
	return VMMC_OK;
}

static enum vmmc_error
error_of(enum vmmc_nic_result result)
{
	switch (result) {
	case VMMC_NIC_OK:
		return VMMC_OK;
	case VMMC_NIC_BUSY:
	case VMMC_NIC_FULL:
		return VMMC_ENOSPC;
	case VMMC_NIC_DEAD:
		break;
	}
	return VMMC_EFIRMWARE;
}

enum vmmc_error
driver_open(struct process *process, struct driver_process **opened)
{
	struct driver *d = driver_of(process->host);
	struct driver_process *p = g_new0(struct driver_process, 1);
	enum vmmc_error error;

	p->driver = d;
	p->process = process;
	charge_system_call(d);
	error = make_status(p);
	if (error == VMMC_OK) {
		error = error_of(d->nic->ops->open(d->nic, process, &p->status, &p->queue));
		if (error != VMMC_OK)
			release_status(p);
	}
	if (error != VMMC_OK) {
		g_free(p);
		return error;
	}
	p->out_used = g_new0(bool, d->nic->capabilities.out_pages);
	p->sources = g_new0(struct vmmc_page, d->nic->capabilities.source_pages);
	p->next = d->processes;
	d->processes = p;
	*opened = p;
	return VMMC_OK;
}

void
driver_close(struct driver_process *p)
{
	struct driver *d = p->driver;
	struct driver_process **link = &d->processes;

	charge_system_call(d);
	d->nic->ops->drain(p->queue);
	while (p->exports)
		driver_unexport(p->exports);
	unmap_sources(p);
	d->nic->ops->close(p->queue);
	drop_sources(p, 0, d->nic->capabilities.source_pages);
	release_status(p);
	while (*link != p)
		link = &(*link)->next;
	*link = p->next;
	free_process(p);
}

/* Exports. -----------------------------------------------------------------------------------------------------------
 */

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

	charge_system_call(d);
	do
		d->last_name = d->last_name == UINT32_MAX ? FIRST_NAME : d->last_name + 1;
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

static enum vmmc_error
prepare_export(struct driver_export *e)
{
	struct umem_space *space = e->owner->process->memory;
	struct driver *d = e->owner->driver;
	enum vmmc_error error = pin_pages(space, e->address, e->n_pages, e->pages);

	if (error != VMMC_OK)
		return error;
	error = check_frames(d, e->pages, e->n_pages);
	if (error == VMMC_OK && (e->tag = new_tag(d)) == 0)
		error = VMMC_ENOSPC;
	if (error != VMMC_OK)
		umem_unpin(space, e->address, (uint64_t)e->n_pages * UMEM_PAGE);
	return error;
}

static void
publish_export(struct driver_export *e)
{
	struct driver_process *p = e->owner;
	struct driver *d = p->driver;

	set_deposits(d, e->pages, e->n_pages, true);
	g_hash_table_add(d->tags, GUINT_TO_POINTER(e->tag));
	e->next = p->exports;
	p->exports = e;
	d->nic->ops->allow_in(d->nic, e->pages, e->n_pages, e->tag, false);
	g_hash_table_insert(d->exports, GUINT_TO_POINTER(e->name), e);
}

enum vmmc_error
driver_export(struct driver_process *p, uint64_t address, uint32_t length, uint32_t name, uint32_t node,
              struct driver_export **exported)
{
	struct driver *d = p->driver;
	struct driver_export *e;
	enum vmmc_error error;

	charge_system_call(d);
	if (g_hash_table_contains(d->exports, GUINT_TO_POINTER(name)))
		return VMMC_ENAME;
	e = g_new0(struct driver_export, 1);
	*e = (struct driver_export){.owner = p, .address = address, .length = length, .name = name, .node = node};
	e->n_pages = (unsigned)PAGES_OF(length);
	e->pages = g_new(struct vmmc_page, e->n_pages);
	charge_pins(d, e->n_pages);
	error = prepare_export(e);
	if (error != VMMC_OK) {
		free_export(e);
		return error;
	}
	publish_export(e);
	*exported = e;
	return VMMC_OK;
}

/* First the entries, then what is under way, then the memory: nothing is deposited after it returns. */
void
driver_unexport(struct driver_export *e)
{
	struct driver_process *p = e->owner;
	struct driver *d = p->driver;
	struct driver_export **link = &p->exports;

	charge_system_call(d);
	g_hash_table_remove(d->exports, GUINT_TO_POINTER(e->name));
	while (*link != e)
		link = &(*link)->next;
	*link = e->next;
	d->nic->ops->allow_in(d->nic, e->pages, e->n_pages, 0, false);
	d->nic->ops->quiesce(d->nic);
	set_deposits(d, e->pages, e->n_pages, false);
	g_hash_table_remove(d->tags, GUINT_TO_POINTER(e->tag));
	charge_pins(d, e->n_pages);
	umem_unpin(e->pages[0].space, e->address, (uint64_t)e->n_pages * UMEM_PAGE);
	driver_revoke(d, e);
	free_export(e);
}
