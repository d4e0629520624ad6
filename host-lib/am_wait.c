/* Waiting at an endpoint: by the strategy (wait.h), by several tasks at once.
 *
 * Whoever polls takes what has come for everybody; the others are poked when he is done, because what their ready()
 * looks at may have changed, and because the place where the next message shows has. */
#include "host-lib/am_state.h"

#include <string.h>

static bool
look(void *arg)
{
	const struct am_waiter *w = arg;
	const struct am *am = w->am;

	if (am->closed || am->queue->broken || am->serial != w->serial)
		return true;
	return (am_has_come(am) && !am->poller) || w->ready(w->arg);
}

static void
arm(void *arg, const struct umem_range *ranges, unsigned n, sim_time after)
{
	struct am_waiter *w = arg;

	(void)ranges;
	(void)n;
	if (after)
		return; /* no watchdog here */
	w->sleeper.by_signal = w->am->wait.params.by_signal;
	am_queue_arm(w->am->queue, &w->sleeper);
}

static void
disarm(void *arg)
{
	struct am_waiter *w = arg;

	am_queue_disarm(w->am->queue, &w->sleeper);
}

static void
picked_up(void *arg)
{
	(void)arg;
}

static void
stop_waiting(struct am_waiter *w)
{
	struct am_waiter **link = &w->am->waiters;

	while (*link != w)
		link = &(*link)->next;
	*link = w->next;
}

static bool
wait_once(struct am_waiter *w, struct umem_range *ranges, unsigned n, sim_time until)
{
	const struct wait_source source = {arm, disarm, picked_up, w};
	struct am *am = w->am;
	bool seen;

	ranges[0] = am_watch(am);
	w->serial = am->serial;
	w->next = am->waiters;
	am->waiters = w;
	seen = wait_until(&am->wait, &source, look, w, am->queue->memory, ranges, n, until);
	stop_waiting(w);
	return seen;
}

static enum am_error
wait_for(struct am_waiter *w, struct umem_range *ranges, unsigned n, sim_time deadline)
{
	struct am *am = w->am;

	for (am_poll(am); !w->ready(w->arg); am_poll(am)) {
		sim_time until = MIN(deadline, am->poller ? SIM_NEVER : am->ask_at);
		if (am->closed)
			return AM_EINVAL;
		if (am->queue->broken)
			return AM_EFIRMWARE;
		if (!wait_once(w, ranges, n, until) && until == deadline)
			return AM_ETIMEDOUT;
	}
	return AM_OK;
}

enum am_error
am_wait_ranges(struct am *am, bool (*ready)(void *arg), void *arg, const struct umem_range *ranges, unsigned n,
               sim_time deadline)
{
	struct am_waiter w = {.am = am, .task = task_self(), .ready = ready, .arg = arg};
	struct umem_range *all = g_newa(struct umem_range, n + 1);
	enum am_error error;

	if (am_in_handler(am))
		return AM_EINVAL;
	if (n)
		memcpy(&all[1], ranges, n * sizeof *ranges);
	am_enter(am);
	error = wait_for(&w, all, n + 1, deadline);
	am_leave(am);
	return error;
}

enum am_error
am_wait(struct am *am, bool (*ready)(void *arg), void *arg, sim_time deadline)
{
	return am_wait_ranges(am, ready, arg, NULL, 0, deadline);
}

/* Who sleeps needs not know where the next message will show. */
void
am_poke_waiters(struct am *am)
{
	bool over = am->closed || am->queue->broken;

	for (const struct am_waiter *w = am->waiters; w; w = w->next)
		if (w->task != task_self() && (over || !w->sleeper.on || w->ready(w->arg)))
			cpu_poke(w->task);
}

void
am_set_wait(struct am *am, const struct wait_params *params)
{
	wait_init(&am->wait, params);
}

const struct wait_state *
am_wait_state(const struct am *am)
{
	return &am->wait;
}
