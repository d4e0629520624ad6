/* Spinning.  While nothing happens no event exists: a test whose outcome is known needs none.  The thread sleeps
 * through all of it and is woken once. */
#include "nic-sim/cpu_state.h"

/* poll_instant: of the spinning task, the first one at or after `t`. */
static sim_time
poll_instant(const struct task *task, sim_time t)
{
	sim_time start = task->spin.turn_start, period = task->spin.period;

	return t <= start ? start : start + (t - start + period - 1) / period * period;
}

static void
poll_by(struct task *task, sim_time t)
{
	t = poll_instant(task, t);
	if (!sim_posted(&task->spin.poll) || t < task->spin.poll.time)
		sim_post(&task->spin.poll, t);
}

void
spin_begin_turn(struct task *task)
{
	task->spin.turn_start = sim_now() + task->debt_total;
	sim_post(&task->spin.poll, task->spin.turn_start);
}

void
spin_freeze(struct task *task)
{
	sim_cancel(&task->spin.poll);
}

void
spin_poke(struct task *task)
{
	if (task->mode == TASK_SPINS && task->cpu && !task->cpu->interrupted)
		poll_by(task, sim_now());
}

void
spin_others(struct task *task)
{
	if (task->spin.yields)
		spin_poke(task);
}

static void
watched_changed(struct umem_watch *watch)
{
	spin_poke(sim_event_owner(watch, struct task, spin.watch));
}

static void
spin_ends(struct task *task, bool result)
{
	umem_watch_off(&task->spin.watch);
	cpu_bring_up_to_date(task->cpu);
	task->mode = TASK_HOLDS;
	task->spin.result = result;
	sim_wake(task->thread);
}

static void
poll_now(struct sim_event *ev)
{
	struct task *task = sim_event_owner(ev, struct task, spin.poll);
	bool ready = task->spin.ready(task->spin.arg);

	if (ready || sim_now() >= task->spin.deadline)
		spin_ends(task, ready);
	else if (task->spin.yields && sim_now() > task->spin.turn_start && schedule_yield(task))
		return;
	else if (task->spin.yields && schedule_others(task))
		poll_by(task, sim_now() + 1);
	else if (task->spin.deadline != SIM_NEVER)
		poll_by(task, task->spin.deadline);
}

static bool
spin(bool (*ready)(void *arg), void *arg, struct umem_space *space, const struct umem_range *ranges, unsigned n,
     sim_time deadline, bool yields)
{
	struct task *task = task_self();
	const struct params *params = task->cpus->params;

	if (!task->debt_total && ready(arg))
		return true;
	if (!task->debt_total && deadline <= sim_now())
		return false;
	cpu_bring_up_to_date(task->cpu);
	task->spin.ready = ready;
	task->spin.arg = arg;
	task->spin.deadline = deadline;
	task->spin.yields = yields;
	task->spin.period = params->poll_period + (yields ? params->system_call : 0);
	task->mode = TASK_SPINS;
	task->since = sim_now();
	umem_watch_on(&task->spin.watch, space, ranges, n, watched_changed);
	spin_begin_turn(task);
	schedule_point(task);
	task_sleep(task, "a change of what it watches, spinning");
	return task->spin.result;
}

bool
cpu_spin(bool (*ready)(void *arg), void *arg, struct umem_space *space, const struct umem_range *ranges, unsigned n,
         sim_time deadline)
{
	return spin(ready, arg, space, ranges, n, deadline, false);
}

bool
cpu_spin_yield(bool (*ready)(void *arg), void *arg, struct umem_space *space, const struct umem_range *ranges,
               unsigned n, sim_time deadline)
{
	return spin(ready, arg, space, ranges, n, deadline, true);
}

void
spin_init(struct task *task)
{
	sim_event_init(&task->spin.poll, SIM_RANK_NODE + task->cpus->node, poll_now);
}

void
spin_free(struct task *task)
{
	if (task->mode == TASK_SPINS)
		umem_watch_off(&task->spin.watch);
	sim_cancel(&task->spin.poll);
}
