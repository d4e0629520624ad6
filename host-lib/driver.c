#include "host-lib/driver_state.h"

#include "host-lib/wait.h"

#include <string.h>

#define DRIVER_NODES     64 /* bits in struct driver_export.importers and of struct vmmc_nic_news.down */
#define MEMORY_FRAMES(p) ((unsigned)((p)->memory_mb * ((1u << 20) / HB_FRAME)))

/* Machine-wide set-up. ----------------------------------------------------------------------------------------------
 */

static bool
start_host(struct host *host, const struct lanai_image *image, unsigned processes, char **error)
{
	struct driver *d = g_new0(struct driver, 1);

	host->driver = d;
	host->firmware = HOST_VMMC;
	d->host = host;
	d->nic = image ? nic_lanai_new(host, image, processes, error) : nic_memory_new(host, processes);
	if (!d->nic) {
		host->driver = NULL;
		host->firmware = HOST_NO_FIRMWARE;
		g_free(d);
		return false;
	}
	d->exports = g_hash_table_new(NULL, NULL);
	d->tags = g_hash_table_new(NULL, NULL);
	d->n_frames = MEMORY_FRAMES(host->params);
	d->deposits = g_new0(bool, d->n_frames);
	d->exported = g_new0(struct driver_export *, d->n_frames);
	g_queue_init(&d->watchers);
	hb_set_oracle(host->bus, driver_deposit_allowed, d);
	driver_ethernet_start(d);
	driver_interrupts_start(d);
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
		if (!wait_check(m->hosts[i].params, error) ||
		    (m->hosts[i].nic && !start_host(&m->hosts[i], image, processes, error))) {
			driver_stop(m);
			return false;
		}
	return true;
}

static void
free_process(struct driver_process *p)
{
	for (unsigned slot = 0; slot < DRIVER_POSTS; slot++)
		driver_post_ended(p, slot);
	g_hash_table_destroy(p->pages);
	g_queue_clear(&p->missed);
	translation_free(p->table);
	g_free(p->out_used);
	g_free(p);
}

static void
free_exports(struct driver_process *p)
{
	while (p->exports) {
		struct driver_export *e = p->exports;
		p->exports = e->next;
		g_free(e->pages);
		g_free(e);
	}
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
		arrival_reset(d);
		for (struct driver_process *p = d->processes, *next; p; p = next) {
			p->broken = true;
			next = p->next;
			arrival_end(p);
			free_exports(p);
			free_process(p);
		}
		d->nic->ops->free(d->nic);
		g_hash_table_destroy(d->exports);
		g_hash_table_destroy(d->tags);
		g_queue_clear(&d->watchers);
		nic_service_stop(&d->service);
		g_free(d->exported);
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

/* Processes. ---------------------------------------------------------------------------------------------------------
 */

void
driver_system_call(const struct driver *d)
{
	cpu_charge(CPU_SYSTEM, d->host->params->system_call);
}

enum vmmc_error
driver_error(struct driver_process *p, enum vmmc_nic_result result)
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
	driver_nic_died(p);
	return VMMC_EFIRMWARE;
}

static void
release_status(struct driver_process *p)
{
	driver_allow(p->driver, &p->status, 1, false);
	umem_unpin(p->status.space, p->status.address, UMEM_PAGE);
	umem_free(p->status.space, p->status.address);
}

static enum vmmc_error
make_status(struct driver_process *p)
{
	struct umem_space *space = p->process->memory;
	uint64_t address = umem_alloc(space, UMEM_PAGE);

	if (!address)
		return VMMC_ENOSPC;
	if (!umem_pin(space, address, UMEM_PAGE)) {
		umem_free(space, address);
		return VMMC_ENOSPC;
	}
	p->status = (struct vmmc_page){(unsigned)umem_frame(space, address), space, address};
	driver_allow(p->driver, &p->status, 1, true);
	return VMMC_OK;
}

static struct driver_process *
process_record(struct driver *d, struct process *process, const struct driver_listener *listener)
{
	struct translation *table = translation_new(d->host->bus);
	struct driver_process *p;

	if (!table)
		return NULL;
	p = g_new0(struct driver_process, 1);
	p->driver = d;
	p->process = process;
	p->listener = *listener;
	p->table = table;
	p->pages = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	g_queue_init(&p->missed);
	p->out_used = g_new0(bool, d->nic->capabilities.out_pages);
	p->next = d->processes;
	d->processes = p;
	return p;
}

static void
forget_process(struct driver_process *p)
{
	struct driver_process **link = &p->driver->processes;

	while (*link != p)
		link = &(*link)->next;
	*link = p->next;
	free_process(p);
}

enum vmmc_error
driver_open(struct process *process, const struct driver_listener *listener, struct driver_process **opened)
{
	struct driver *d = driver_of(process->host);
	struct driver_process *p;
	enum vmmc_error error;

	driver_system_call(d);
	driver_wait_restart(d);
	if (d->dead)
		return VMMC_EFIRMWARE;
	p = process_record(d, process, listener);
	error = p ? make_status(p) : VMMC_ENOSPC;
	if (p && error == VMMC_OK) {
		error = driver_error(p, d->nic->ops->open(d->nic, process, &p->status, p->table, &p->queue));
		if (error != VMMC_OK)
			release_status(p);
	}
	if (error != VMMC_OK) {
		if (p)
			forget_process(p);
		return error;
	}
	*opened = p;
	return VMMC_OK;
}

/* Requests leave first; when the queue is closed, nothing touches the memory any more. */
void
driver_close(struct driver_process *p)
{
	struct driver *d = p->driver;

	driver_system_call(d);
	if (!p->broken)
		d->nic->ops->drain(p->queue);
	driver_close_service(p);
	arrival_end(p);
	driver_exports_close(p);
	d->nic->ops->close(p->queue);
	p->queue = NULL;
	driver_exports_end(p);
	driver_pages_end(p);
	release_status(p);
	forget_process(p);
}
