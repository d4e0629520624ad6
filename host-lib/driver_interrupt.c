/* The NIC's interrupts: notifications, nodes that are down, misses of the translation cache; and the NIC's death.
 *
 * An interrupt costs the processor host.interrupt_us; then a kernel task serves it, at the cost of what it reads over
 * the bus.  A task of a process that finds the NIC dead marks it so; the kernel task starts it again. */
#include "host-lib/driver_state.h"

/* Tasks that wait for the service. -----------------------------------------------------------------------------------
 */

static void
tell_watchers(struct driver *d)
{
	struct task *task;

	while ((task = g_queue_pop_head(&d->watchers)))
		cpu_poke(task);
}

static void
watch(struct driver *d)
{
	g_queue_push_tail(&d->watchers, task_self());
	cpu_block("the driver's interrupt service", SIM_NEVER);
}

void
driver_look(struct driver_process *p)
{
	struct driver *d = p->driver;
	uint64_t mine;

	driver_system_call(d);
	mine = ++d->looks;
	cpu_poke(d->service.task);
	while (d->looked < mine)
		watch(d);
}

void
driver_close_service(struct driver_process *p)
{
	p->closing = true;
	while (p->served)
		watch(p->driver);
}

static void
begin_service(struct driver_process *p)
{
	p->served++;
}

static void
end_service(struct driver_process *p)
{
	p->served--;
	tell_watchers(p->driver);
}

/* The NIC's death. ---------------------------------------------------------------------------------------------------
 */

static void
mark_dead(void *arg)
{
	struct driver *d = arg;

	d->dead = true;
	d->deaths++;
	arrival_reset(d);
	for (struct driver_process *p = d->processes; p; p = p->next) {
		p->broken = p->changed = true;
		for (unsigned slot = 0; slot < DRIVER_POSTS; slot++)
			driver_post_ended(p, slot);
	}
}

/* Stopped before it is known to be dead: what follows that must not be undone. */
static void
stop_nic(struct driver *d)
{
	if (d->dead || d->stopping)
		return;
	d->stopping = true;
	d->nic->ops->stop(d->nic);
	d->stopping = false;
	mark_dead(d);
	cpu_poke(d->service.task);
}

void
driver_nic_died(struct driver_process *p)
{
	struct driver *d = p->driver;

	if (!p->broken)
		stop_nic(d);
}

bool
driver_broken(const struct driver_process *p)
{
	return p->broken;
}

bool
driver_alive(struct driver_process *p)
{
	driver_system_call(p->driver);
	return !p->broken && driver_error(p, p->driver->nic->ops->quiesce(p->driver->nic)) == VMMC_OK;
}

void
driver_wait_restart(struct driver *d)
{
	while (d->dead && !d->lost)
		watch(d);
}

/* The next process that must be told; NULL: none. */
static struct driver_process *
next_to_tell(struct driver *d)
{
	struct driver_process *p = d->processes;

	while (p && (!p->changed || !p->queue || p->closing))
		p = p->next;
	return p;
}

void
driver_tell_changes(struct driver *d)
{
	struct driver_process *p;

	while ((p = next_to_tell(d))) {
		p->changed = false;
		begin_service(p);
		p->listener.changed(p->listener.arg);
		end_service(p);
	}
}

/* Until no reset has come during the restart. */
static void
revive(struct driver *d)
{
	char *error = NULL;
	unsigned deaths;

	do {
		deaths = d->deaths;
		driver_tell_changes(d);
		d->lost = !d->nic->ops->restart(d->nic, &error);
		g_clear_pointer(&error, g_free);
	} while (deaths != d->deaths);
	d->dead = d->lost;
	d->looked = d->looks;
	tell_watchers(d);
}

/* Notifications. -----------------------------------------------------------------------------------------------------
 */

static void
notify_page(struct driver_export *e, uint32_t offset)
{
	struct driver_process *p = e->owner;

	if (e->notify && !p->closing)
		p->listener.notified(p->listener.arg, e->library, offset);
}

static void
notify(struct driver *d, uint32_t bus_address)
{
	unsigned frame = bus_address / HB_FRAME;
	struct driver_export *e = frame < d->n_frames ? d->exported[frame] : NULL;

	for (unsigned i = 0; e && i < e->n_pages; i++)
		if (e->pages[i].frame == frame) {
			notify_page(e, i * HB_FRAME);
			return;
		}
}

static void
notify_all(struct driver *d)
{
	for (struct driver_process *p = d->processes; p; p = p->next)
		for (struct driver_export *e = p->exports; e; e = e->next)
			for (unsigned i = 0; i < e->n_pages; i++)
				notify_page(e, i * HB_FRAME);
}

/* Nodes that are down. -----------------------------------------------------------------------------------------------
 */

/* An import of a node in the mask whose entries the NIC still has. */
static struct driver_import *
next_lost_import(struct driver *d, uint64_t nodes, struct driver_process **owner)
{
	for (struct driver_process *p = d->processes; p; p = p->next)
		for (struct driver_import *i = p->imports; i && !p->closing && !p->broken; i = i->next)
			if (i->entered && i->error == VMMC_EDOWN && nodes >> i->node & 1) {
				*owner = p;
				return i;
			}
	return NULL;
}

static void
mark_imports(struct driver *d, uint64_t nodes)
{
	for (struct driver_process *p = d->processes; p; p = p->next)
		for (struct driver_import *i = p->imports; i; i = i->next)
			if (nodes >> i->node & 1 && i->error != VMMC_EDOWN) {
				i->error = VMMC_EDOWN;
				p->changed = true;
			}
}

/* The processes learn it, their entries go, and only then a new link may be made. */
static void
nodes_down(struct driver *d, uint64_t nodes)
{
	const struct vmmc_nic_ops *ops = d->nic->ops;
	struct driver_import *import;
	struct driver_process *p;

	mark_imports(d, nodes);
	while ((import = next_lost_import(d, nodes, &p))) {
		import->entered = false;
		begin_service(p);
		ops->map_out(p->queue, import->first, import->pages, import->node, NULL, 0);
		end_service(p);
	}
	driver_tell_changes(d);
	for (unsigned node = 0; node < d->host->machine->n_hosts; node++)
		if (nodes >> node & 1)
			ops->peer_up(d->nic, node);
}

/* Misses. ------------------------------------------------------------------------------------------------------------
 */

static struct driver_process *
owner_of(struct driver *d, const struct vmmc_nic_queue *queue)
{
	struct driver_process *p = d->processes;

	while (p && (p->queue != queue || p->closing))
		p = p->next;
	return p;
}

/* Pages that were pinned for misses longest ago go, but none of [page, +n), which are wanted now. */
static void
make_room(struct driver_process *p, uint32_t page, unsigned n)
{
	const struct params *params = p->driver->host->params;
	unsigned look = p->missed.length, before = p->n_pinned[DRIVER_PIN_MISS];
	GArray *gone = g_array_new(false, false, sizeof(uint32_t));

	while (look-- && p->n_pinned[DRIVER_PIN_MISS] + n > params->pin_limit) {
		uint32_t oldest = GPOINTER_TO_UINT(g_queue_pop_head(&p->missed));
		GArray *one;
		if (oldest - page < n) {
			g_queue_push_tail(&p->missed, GUINT_TO_POINTER(oldest));
			continue;
		}
		one = driver_pages_leave(p, DRIVER_PIN_MISS, oldest, 1);
		g_array_append_vals(gone, one->data, one->len);
		g_array_free(one, true);
	}
	before -= p->n_pinned[DRIVER_PIN_MISS];
	if (before)
		cpu_charge(CPU_INTERRUPT, params->unpin_base + before * params->unpin_page);
	driver_pages_forget(p, gone);
	driver_pages_unpin(p, gone);
}

/* Pins the page, unless it is pinned already; its entry, or 0 if there is no such page. */
static uint32_t
pin_missed(struct driver_process *p, uint32_t page, unsigned *pinned)
{
	uint32_t entry = translation_entry(p->table, page);

	if (!entry && driver_pages_take(p, DRIVER_PIN_MISS, page, 1) == VMMC_OK) {
		g_queue_push_tail(&p->missed, GUINT_TO_POINTER(page));
		entry = translation_entry(p->table, page);
		++*pinned;
	}
	return entry;
}

static void
serve_miss(struct driver *d, const struct vmmc_nic_news *news)
{
	const struct params *params = d->host->params;
	unsigned n = MIN(news->miss.count, (unsigned)params->pin_limit), pinned = 0;
	struct driver_process *p = owner_of(d, news->miss.queue);
	uint32_t entries[VMMC_NEWS_PAGES] = {0};

	n = MAX(MIN(n, VMMC_NEWS_PAGES), 1);
	if (p && params->translation_by_interrupt) {
		begin_service(p);
		make_room(p, news->miss.page, n);
		for (unsigned i = 0; i < n; i++)
			entries[i] = pin_missed(p, news->miss.page + i, &pinned);
		if (pinned)
			cpu_charge(CPU_INTERRUPT, params->pin_base + pinned * params->pin_page);
		end_service(p);
	}
	d->nic->ops->install(d->nic, entries, n);
}

/* The service. -------------------------------------------------------------------------------------------------------
 */

static void
take_note(struct driver *d, uint32_t note)
{
	if (note & VMMC_NEWS_ARRIVAL)
		arrival_came(d, note & ~VMMC_NEWS_ARRIVAL);
	else
		notify(d, note);
}

static void
serve_news(struct driver *d)
{
	struct vmmc_nic_news news = {0};

	if (d->nic->ops->interrupt(d->nic, &news) != VMMC_NIC_OK) {
		stop_nic(d);
		return;
	}
	for (unsigned i = 0; i < news.n_notes; i++)
		take_note(d, news.note[i]);
	if (news.notes_lost) {
		notify_all(d);
		arrival_all_came(d);
	}
	if (news.down)
		nodes_down(d, news.down);
	if (news.missed)
		serve_miss(d, &news);
}

static void
serve(void *arg)
{
	struct driver *d = arg;

	for (;;) {
		uint64_t looks = d->looks;
		if (d->dead && !d->lost) {
			revive(d);
			continue;
		}
		if (!nic_service_taken(&d->service) && d->looked == looks) {
			nic_service_sleep();
			continue;
		}
		cpu_charge(CPU_INTERRUPT, 0); /* so are looks */
		if (!d->dead)
			serve_news(d);
		d->looked = looks;
		tell_watchers(d);
	}
}

void
driver_interrupt(struct host *host)
{
	nic_service_interrupt(&driver_of(host)->service);
}

void
driver_nic_reset(struct host *host)
{
	mark_dead(driver_of(host));
	driver_interrupt(host);
}

void
driver_interrupts_start(struct driver *d)
{
	nic_service_start(&d->service, d->host, serve, mark_dead, d);
}
