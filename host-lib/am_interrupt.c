/* The running firmware: signals to it, interrupts from it, its death and its restart. */
#include "host-lib/am_driver.h"

/* Words. -------------------------------------------------------------------------------------------------------------
 */

void
am_write_word(const struct am_driver *d, uint32_t offset, uint32_t word)
{
	hb_pio_write_wait(d->host->bus, offset, &word, 1, 0);
}

uint32_t
am_read_word(const struct am_driver *d, uint32_t offset)
{
	return hb_pio_read_wait(d->host->bus, offset);
}

static void
wake_all(GQueue *tasks)
{
	struct task *task;

	while ((task = g_queue_pop_head(tasks)))
		cpu_poke(task);
}

/* The NIC's death. ---------------------------------------------------------------------------------------------------
 */

static void
break_queue(gpointer queue, gpointer arg)
{
	struct am_queue *q = queue;

	(void)arg;
	if (q->broken)
		return;
	q->broken = true;
	q->armed = false;
	if (q->changed)
		q->changed(q->arg);
}

/* From tasks and events. */
static void
mark_dead(void *arg)
{
	struct am_driver *d = arg;

	d->dead = true;
	d->deaths++;
	for (unsigned i = 0; i < AM_ENDPOINTS; i++)
		d->queues[i] = NULL;
	g_queue_foreach(&d->all, break_queue, NULL);
	cpu_poke(d->service.task);
}

/* The caller found that it does not answer.  Stopped before it is known to be dead: the restart must not be undone. */
static void
stop_nic(struct am_driver *d)
{
	unsigned deaths = d->deaths;

	if (d->dead || d->stopping)
		return;
	d->stopping = true;
	am_write_word(d, NIC_WINDOW_CONTROL, NIC_CONTROL_RESET_ON);
	d->stopping = false;
	if (d->deaths == deaths)
		mark_dead(d);
}

/* Until no reset has come during the restart.  Image and tables are written word by word; only the time is the sum. */
static void
revive(struct am_driver *d)
{
	char *error = NULL;
	unsigned deaths;

	do {
		deaths = d->deaths;
		am_write_word(d, NIC_WINDOW_CONTROL, NIC_CONTROL_RESET_ON);
		cpu_charge(CPU_SYSTEM, am_boot_words(d) * d->host->params->pio_write);
		cpu_settle();
		d->signals = 0;
		d->lost = !am_boot(d, &error);
		g_clear_pointer(&error, g_free);
	} while (deaths != d->deaths);
	d->dead = d->lost;
	wake_all(&d->patients);
}

bool
am_wait_restart(struct am_driver *d)
{
	while (d->dead && !d->lost) {
		g_queue_push_tail(&d->patients, task_self());
		cpu_block("the restart of the NIC", SIM_NEVER);
	}
	return !d->lost;
}

/* Signals. -----------------------------------------------------------------------------------------------------------
 */

bool
am_await_word(struct am_driver *d, uint32_t offset, uint32_t value)
{
	sim_time deadline = sim_now() + AM_PATIENCE;
	unsigned deaths = d->deaths;
	bool seen = false;

	while (!seen && deaths == d->deaths && !d->dead) {
		seen = am_read_word(d, offset) == value;
		if (!seen && sim_now() > deadline)
			stop_nic(d);
	}
	return seen && deaths == d->deaths;
}

/* One signal at a time (abi.h, SIGNALS). */
bool
am_signal(struct am_driver *d)
{
	unsigned deaths = d->deaths;
	bool done = false;
	struct task *next;

	while (d->signalling) {
		g_queue_push_tail(&d->waiting, task_self());
		cpu_block("the NIC's signal", SIM_NEVER);
	}
	d->signalling = true;
	if (!d->dead && deaths == d->deaths) {
		uint32_t number = ++d->signals;
		am_write_word(d, NIC_WINDOW_REGS + LANAI_ISR, LANAI_ISR_LAN0_SIG);
		done = am_await_word(d, CTRL(synced), number) && deaths == d->deaths;
	}
	d->signalling = false;
	next = g_queue_pop_head(&d->waiting);
	if (next)
		cpu_poke(next);
	return done;
}

bool
am_queue_alive(struct am_queue *q)
{
	cpu_charge(CPU_SYSTEM, q->driver->host->params->system_call);
	return !q->broken && am_signal(q->driver) && !q->broken;
}

/* Sleep. -------------------------------------------------------------------------------------------------------------
 */

static void
take_out(struct am_queue *q, struct am_sleeper *sleeper)
{
	struct am_sleeper **link = &q->sleepers;

	while (*link != sleeper)
		link = &(*link)->next;
	*link = sleeper->next;
	sleeper->on = false;
}

/* The flag comes first: an interrupt that finds the word not written yet wakes for nothing, which is better than not.
 */
void
am_queue_arm(struct am_queue *q, struct am_sleeper *sleeper)
{
	if (sleeper->on)
		return;
	cpu_charge(CPU_SYSTEM, q->driver->host->params->system_call);
	cpu_settle();
	sleeper->task = task_self();
	sleeper->on = true;
	sleeper->next = q->sleepers;
	q->sleepers = sleeper;
	if (q->armed || q->broken)
		return;
	q->armed = true;
	am_write_word(q->driver, CTRL(armed) + 4 * q->number, 1);
}

void
am_queue_disarm(struct am_queue *q, struct am_sleeper *sleeper)
{
	if (!sleeper->on)
		return;
	take_out(q, sleeper);
	cpu_charge(CPU_SYSTEM, 0); /* so is the bus write */
	cpu_settle();
	if (!q->armed || q->sleepers)
		return;
	q->armed = false;
	am_write_word(q->driver, CTRL(armed) + 4 * q->number, 0);
}

static void
wake(struct am_queue *q)
{
	const struct params *p = q->driver->host->params;
	struct am_sleeper *sleeper;

	q->armed = false;
	while ((sleeper = q->sleepers)) {
		take_out(q, sleeper);
		cpu_wake(sleeper->task, p->wakeup + (sleeper->by_signal ? p->signal : 0));
	}
}

static void
serve_arrivals(struct am_driver *d)
{
	for (unsigned i = 0; i < AM_ENDPOINTS; i++) {
		uint32_t armed = 1;
		if (d->queues[i] && d->queues[i]->armed)
			armed = am_read_word(d, CTRL(armed) + 4 * i);
		if (!armed && d->queues[i] && d->queues[i]->armed)
			wake(d->queues[i]);
	}
}

/* Interrupts. --------------------------------------------------------------------------------------------------------
 */

/* What was on its way is over, for both sides: a new link may be made. */
static void
serve_down(struct am_driver *d)
{
	uint32_t down = am_read_word(d, CTRL(down));

	for (uint32_t node = 0; down >> node; node++) {
		const uint32_t words[] = {AM_COMMAND_PEER_UP, node};
		if (!(down >> node & 1) || d->dead)
			continue;
		hb_pio_publish_wait(d->host->bus, CTRL(command), words, G_N_ELEMENTS(words), 0);
		am_signal(d);
	}
}
_Static_assert(AM_MAX_NODES <= 32, "one word of am_ctrl.down");

static void
serve(void *arg)
{
	struct am_driver *d = arg;

	for (;;) {
		if (d->dead && !d->lost) {
			revive(d);
		} else if (!nic_service_taken(&d->service)) {
			nic_service_sleep();
		} else if (!d->dead) {
			am_write_word(d, NIC_WINDOW_REGS + LANAI_ISR, LANAI_ISR_HOST_SIG);
			serve_arrivals(d);
			serve_down(d);
		}
	}
}

void
am_interrupts_start(struct am_driver *d)
{
	nic_service_start(&d->service, d->host, serve, mark_dead, d);
}
