#include "host-lib/arrival.h"

#include "host-lib/driver_state.h"

/* A priority over all tasks that have not asked for one: of a task whose message waits for longer than the watchdog. */
#define URGENT 1

struct arrival_watch {
	struct arrival_watch *next; /* in struct driver, oldest first */
	struct driver_process *process;
	struct task *task;
	GArray *frames; /* unsigned, each once */
	sim_time after; /* 0: at once */
	bool by_signal;
	bool on;      /* the NIC has been told */
	bool waiting; /* the task is in its wait */
	bool urgent;  /* has the priority */
};

/* Pages. -------------------------------------------------------------------------------------------------------------
 */

static bool
has_frame(const struct arrival_watch *w, unsigned frame)
{
	for (unsigned i = 0; i < w->frames->len; i++)
		if (g_array_index(w->frames, unsigned, i) == frame)
			return true;
	return false;
}

static void
add_page(struct arrival_watch *w, uint64_t address)
{
	const struct driver *d = w->process->driver;
	int found = umem_frame(w->process->process->memory, address);
	unsigned frame = (unsigned)found;

	if (found < 0 || frame >= d->n_frames || !d->exported[frame] || d->exported[frame]->owner != w->process)
		return;
	if (!has_frame(w, frame))
		g_array_append_val(w->frames, frame);
}

static void
add_pages(struct arrival_watch *w, const struct umem_range *ranges, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		uint64_t end = ranges[i].address + MAX(ranges[i].bytes, 1);
		for (uint64_t at = ranges[i].address - ranges[i].address % UMEM_PAGE; at < end; at += UMEM_PAGE)
			add_page(w, at);
	}
}

static bool
same_pages(const struct arrival_watch *a, const struct arrival_watch *b)
{
	if (a->frames->len != b->frames->len)
		return false;
	for (unsigned i = 0; i < a->frames->len; i++)
		if (!has_frame(b, g_array_index(a->frames, unsigned, i)))
			return false;
	return true;
}

static bool
wanted_by_others(const struct arrival_watch *w, unsigned frame)
{
	for (const struct arrival_watch *other = w->process->driver->watches; other; other = other->next)
		if (other != w && other->on && has_frame(other, frame))
			return true;
	return false;
}

/* Bus writes: others may come between. */
static void
switch_on(struct arrival_watch *w)
{
	struct driver_process *p = w->process;
	const struct vmmc_nic_ops *ops = p->driver->nic->ops;

	w->on = true;
	if (p->broken)
		return;
	if (p->watchdog != w->after)
		ops->watchdog(p->queue, w->after);
	p->watchdog = w->after;
	ops->watch(p->driver->nic, (const unsigned *)(const void *)w->frames->data, w->frames->len, true);
}

static void
switch_off(struct arrival_watch *w)
{
	struct driver *d = w->process->driver;
	unsigned *mine = g_new(unsigned, w->frames->len + 1), n = 0;

	cpu_settle(); /* nothing comes between the question who else wants a page and the beginning of the writes */
	w->on = false;
	for (unsigned i = 0; i < w->frames->len; i++) {
		unsigned frame = g_array_index(w->frames, unsigned, i);
		if (!wanted_by_others(w, frame))
			mine[n++] = frame;
	}
	if (n && !d->dead)
		d->nic->ops->watch(d->nic, mine, n, false);
	g_free(mine);
}

/* Watches. -----------------------------------------------------------------------------------------------------------
 */

static struct arrival_watch *
watch_new(struct driver_process *p, const struct umem_range *ranges, unsigned n, sim_time after)
{
	struct arrival_watch *w = g_new0(struct arrival_watch, 1);

	w->process = p;
	w->task = task_self();
	w->after = after;
	w->frames = g_array_new(false, false, sizeof(unsigned));
	add_pages(w, ranges, n);
	return w;
}

static void
watch_free(struct arrival_watch *w)
{
	g_array_free(w->frames, true);
	g_free(w);
}

static struct arrival_watch *
mine(const struct driver_process *p)
{
	struct arrival_watch *w = p->driver->watches;

	while (w && (w->process != p || w->task != task_self()))
		w = w->next;
	return w;
}

static void
append(struct driver *d, struct arrival_watch *w)
{
	struct arrival_watch **link = &d->watches;

	while (*link)
		link = &(*link)->next;
	*link = w;
}

static void
take_out(struct arrival_watch *w)
{
	struct arrival_watch **link = &w->process->driver->watches;

	while (*link != w)
		link = &(*link)->next;
	*link = w->next;
}

static void
calm(struct arrival_watch *w)
{
	if (w->urgent)
		task_set_priority(w->task, 0);
	w->urgent = false;
}

static void
drop(struct arrival_watch *w)
{
	take_out(w);
	calm(w);
	if (w->on)
		switch_off(w);
	watch_free(w);
}

static void
replace(struct arrival_watch *before, struct arrival_watch *w, bool by_signal)
{
	struct driver_process *p = w->process;

	driver_system_call(p->driver);
	cpu_settle();
	if (before) {
		w->urgent = before->urgent;
		before->urgent = false;
		drop(before);
	}
	w->by_signal = by_signal;
	append(p->driver, w);
	switch_on(w);
}

void
arrival_arm(struct driver_process *p, const struct umem_range *ranges, unsigned n, sim_time after, bool by_signal)
{
	struct arrival_watch *w = watch_new(p, ranges, n, after), *before = mine(p);

	if (before && before->on && before->after == after && same_pages(w, before)) {
		watch_free(w);
		w = before;
	} else {
		replace(before, w, by_signal);
	}
	w->waiting = after;
	if (after && !p->broken)
		p->driver->nic->ops->waiting(p->queue, true);
	calm(w);
}

void
arrival_disarm(struct driver_process *p)
{
	struct arrival_watch *w = mine(p);

	if (!w)
		return;
	cpu_charge(CPU_SYSTEM, 0); /* so are the bus writes */
	drop(w);
}

void
arrival_picked_up(struct driver_process *p)
{
	struct arrival_watch *w = mine(p);

	if (!w)
		return;
	w->waiting = false;
	if (!p->broken)
		p->driver->nic->ops->waiting(p->queue, false);
}

/* News. --------------------------------------------------------------------------------------------------------------
 */

/* Switched off first: from then on the NIC is silent about these pages. */
static void
wake(struct driver *d, struct arrival_watch *w)
{
	const struct params *params = d->host->params;
	sim_time cost = params->wakeup + (w->by_signal ? params->signal : 0);
	struct task *task = w->task;

	if (w->after && w->waiting) {
		w->urgent = true;
		task_set_priority(task, URGENT);
	}
	d->arrivals.woken++;
	switch_off(w); /* after this the task may have freed it */
	cpu_wake(task, cost);
}

static struct arrival_watch *
next_watch(const struct driver *d, unsigned frame, bool all)
{
	struct arrival_watch *w = d->watches;

	while (w && !(w->on && (all || has_frame(w, frame))))
		w = w->next;
	return w;
}

void
arrival_came(struct driver *d, uint32_t bus_address)
{
	struct arrival_watch *w;

	d->arrivals.notes++;
	for (cpu_settle(); (w = next_watch(d, bus_address / HB_FRAME, false)); cpu_settle())
		wake(d, w);
}

void
arrival_all_came(struct driver *d)
{
	struct arrival_watch *w;

	for (cpu_settle(); (w = next_watch(d, 0, true)); cpu_settle())
		wake(d, w);
}

static struct arrival_watch *
first_of(const struct driver_process *p)
{
	struct arrival_watch *w = p->driver->watches;

	while (w && w->process != p)
		w = w->next;
	return w;
}

void
arrival_end(struct driver_process *p)
{
	struct arrival_watch *w;

	while ((w = first_of(p)))
		drop(w);
	if (p->watchdog && !p->broken)
		p->driver->nic->ops->watchdog(p->queue, 0);
}

void
arrival_reset(struct driver *d)
{
	for (struct arrival_watch *w = d->watches; w; w = w->next)
		w->on = false;
}

struct arrival_counts
arrival_counts(const struct host *host)
{
	return driver_of(host)->arrivals;
}
