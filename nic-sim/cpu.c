#include "nic-sim/cpu.h"

#include "nic-sim/engine.h"

#include <assert.h>
#include <glib.h>
#include <math.h>

#define NO_SLOWNESS 1000u

struct cpu {
	struct task *task; /* NULL: idle */
	const struct process *last;
	sim_time since; /* accounts and idle time are up to date to here */
	sim_time account[CPU_N_ACCOUNTS];
	sim_time idle;
};

struct cpu_set {
	unsigned node, n_cpus;
	char *host;
	const struct params *params;
	double ps_per_instruction;
	uint32_t slowness; /* in 1/1000 */
	GPtrArray *tasks; /* all that ever started */
	GQueue waiting;   /* for a CPU; never while one is idle */
	struct cpu cpus[];
};

/* A loop that polls: what it tests, and the instants at which it does: turn_start + k * poll_period. */
struct spin {
	bool (*ready)(void *arg);
	void *arg;
	sim_time turn_start, deadline;
	struct umem_watch watch;
	struct sim_event poll; /* the next test whose outcome is not known yet */
	bool result;
};

/* Debt is what was charged and not yet spent; while the task is `paying`, passing time reduces it. */
struct task {
	struct cpu_set *cpus;
	struct cpu *cpu; /* that it holds, or NULL */
	struct sim_thread *thread;
	struct process *process;
	char *name;
	void (*body)(void *);
	void *arg;
	enum cpu_account account; /* charged last */
	sim_time debt[CPU_N_ACCOUNTS], debt_total;
	bool paying, spinning, blocked, poked, ended;
	struct spin spin;
	struct sim_event timeout; /* of cpu_block */
	const char *why;
	sim_time since;
	uint32_t trace;
	GList waiting_link;
};

/* Accounts. -------------------------------------------------------------------------------------------------------- */

/* pay: turns up to `elapsed` of the debt into time spent; returns how much. */
static sim_time
pay(struct cpu *cpu, struct task *task, sim_time elapsed)
{
	sim_time left = elapsed;

	for (unsigned i = 0; i < CPU_N_ACCOUNTS && left; i++) {
		sim_time piece = MIN(task->debt[i], left);

		task->debt[i] -= piece;
		task->debt_total -= piece;
		cpu->account[i] += piece;
		left -= piece;
	}
	return elapsed - left;
}

static void
bring_up_to_date(struct cpu *cpu)
{
	sim_time elapsed = sim_now() - cpu->since;
	struct task *task = cpu->task;

	cpu->since = sim_now();
	if (!task) {
		cpu->idle += elapsed;
		return;
	}
	if (task->paying)
		elapsed -= pay(cpu, task, elapsed);
	cpu->account[task->spinning ? CPU_SPIN : task->account] += elapsed;
}

struct cpu_times
cpu_times(const struct cpu_set *cpus)
{
	struct cpu_times times = {0};
	struct cpu_set *set = (struct cpu_set *)cpus;

	for (unsigned i = 0; i < set->n_cpus; i++) {
		bring_up_to_date(&set->cpus[i]);
		for (unsigned a = 0; a < CPU_N_ACCOUNTS; a++)
			times.account[a] += set->cpus[i].account[a];
		times.idle += set->cpus[i].idle;
	}
	return times;
}

void
cpu_slow(struct cpu_set *cpus, uint32_t factor)
{
	cpus->slowness = factor;
}

static void
charge(struct task *task, enum cpu_account account, sim_time t)
{
	t = t * task->cpus->slowness / NO_SLOWNESS;
	task->debt[account] += t;
	task->debt_total += t;
}

void
cpu_charge(enum cpu_account account, sim_time t)
{
	struct task *task = task_self();

	if (!task)
		return;
	if (account != task->account) {
		bring_up_to_date(task->cpu);
		task->account = account;
	}
	charge(task, account, t);
}

void
cpu_instructions(enum cpu_account account, uint64_t n)
{
	struct task *task = task_self();

	if (task)
		cpu_charge(account, (sim_time)llround((double)n * task->cpus->ps_per_instruction));
}

void
cpu_copy(uint64_t bytes)
{
	struct task *task = task_self();

	if (task)
		cpu_charge(CPU_USER, sim_transfer_time(bytes, task->cpus->params->copy_rate));
}

sim_time
cpu_pay(void)
{
	struct task *task = task_self();

	if (!task)
		return sim_now();
	bring_up_to_date(task->cpu);
	task->paying = true;
	return sim_now() + task->debt_total;
}

void
cpu_paid(void)
{
	struct task *task = task_self();

	if (!task)
		return;
	bring_up_to_date(task->cpu);
	task->paying = false;
	assert(!task->debt_total);
}

sim_time
cpu_settle(void)
{
	struct task *task = task_self();
	sim_time debt = task ? task->debt_total : 0;

	if (!debt)
		return 0;
	sim_sleep_until(cpu_pay(), "the end of its computation");
	cpu_paid();
	return debt;
}

/* Who has a CPU. --------------------------------------------------------------------------------------------------- */

/* poll_instant: of the spinning task, the first one at or after `t`. */
static sim_time
poll_instant(const struct task *task, sim_time t)
{
	sim_time start = task->spin.turn_start, period = task->cpus->params->poll_period;

	return t <= start ? start : start + (t - start + period - 1) / period * period;
}

static void
poll_by(struct task *task, sim_time t)
{
	t = poll_instant(task, t);
	if (!sim_posted(&task->spin.poll) || t < task->spin.poll.time)
		sim_post(&task->spin.poll, t);
}

/* idle_cpu: one where the task's process ran last, else the first; NULL if all are busy. */
static struct cpu *
idle_cpu(struct cpu_set *cpus, const struct process *process)
{
	struct cpu *first = NULL;

	for (unsigned i = cpus->n_cpus; i-- > 0;) {
		struct cpu *cpu = &cpus->cpus[i];

		if (!cpu->task && (!first || cpu->last == process || first->last != process))
			first = cpu;
	}
	return first;
}

static void
give_cpu(struct cpu *cpu, struct task *task)
{
	bring_up_to_date(cpu);
	cpu->task = task;
	task->cpu = cpu;
	if (!task->process)
		return;
	if (cpu->last && cpu->last != task->process)
		charge(task, CPU_SYSTEM, task->cpus->params->context_switch);
	cpu->last = task->process;
}

/* ask_for_cpu: the task holds one afterwards, or is queued, and the tasks that spin will see that it waits. */
static void
ask_for_cpu(struct task *task)
{
	struct cpu_set *cpus = task->cpus;
	struct cpu *cpu = idle_cpu(cpus, task->process);

	if (cpu) {
		give_cpu(cpu, task);
		return;
	}
	g_queue_push_tail_link(&cpus->waiting, &task->waiting_link);
	for (unsigned i = 0; i < cpus->n_cpus; i++)
		if (cpus->cpus[i].task->spinning)
			poll_by(cpus->cpus[i].task, sim_now());
}

static void
begin_turn(struct task *task)
{
	task->spin.turn_start = sim_now() + task->debt_total;
	task->paying = task->debt_total != 0;
	sim_post(&task->spin.poll, task->spin.turn_start);
}

static void
leave_cpu(struct task *task)
{
	struct cpu *cpu = task->cpu;
	GList *link = g_queue_pop_head_link(&task->cpus->waiting);
	struct task *next = link ? link->data : NULL;

	bring_up_to_date(cpu);
	cpu->task = NULL;
	task->cpu = NULL;
	task->paying = false;
	if (!next)
		return;
	give_cpu(cpu, next);
	if (next->spinning)
		begin_turn(next);
	else
		sim_wake(next->thread);
}

/* Tasks. ----------------------------------------------------------------------------------------------------------- */

/* wait_for_cpu: for the running task after ask_for_cpu() or leave_cpu(). */
static void
wait_for_cpu(struct task *task, const char *why)
{
	while (!task->cpu)
		sim_block(why);
}

static void
task_main(void *arg)
{
	struct task *task = arg;

	ask_for_cpu(task);
	wait_for_cpu(task, "a CPU");
	task->body(task->arg);
	cpu_settle();
	task->ended = true;
	leave_cpu(task);
}

static void
timed_out(struct sim_event *ev)
{
	struct task *task = sim_event_owner(ev, struct task, timeout);

	task->blocked = false;
	ask_for_cpu(task);
	if (task->cpu)
		sim_wake(task->thread);
}

static void poll_now(struct sim_event *ev);

struct task *
task_start_on(struct cpu_set *cpus, struct process *process, const char *name, bool daemon, void (*body)(void *),
              void *arg)
{
	struct task *task = g_new0(struct task, 1);

	task->cpus = cpus;
	task->process = process;
	task->name = g_strdup(name);
	task->body = body;
	task->arg = arg;
	task->since = sim_now();
	task->waiting_link.data = task;
	sim_event_init(&task->spin.poll, SIM_RANK_NODE + cpus->node, poll_now);
	sim_event_init(&task->timeout, SIM_RANK_NODE + cpus->node, timed_out);
	g_ptr_array_add(cpus->tasks, task);
	task->thread = sim_thread_start(cpus->host, name, daemon, task_main, task);
	sim_thread_set_data(task->thread, task);
	return task;
}

struct task *
task_self(void)
{
	struct sim_thread *thread = sim_thread_self();

	return thread ? sim_thread_data(thread) : NULL;
}

struct process *
task_process(const struct task *task)
{
	return task->process;
}

const char *
task_name(const struct task *task)
{
	return task->name;
}

void
task_set_trace(struct task *task, uint32_t id)
{
	task->trace = id;
}

uint32_t
task_trace(const struct task *task)
{
	return task->trace;
}

/* Blocking. -------------------------------------------------------------------------------------------------------- */

bool
cpu_block(const char *why, sim_time deadline)
{
	struct task *task = task_self();
	bool poked;

	cpu_settle();
	if (!task->poked && deadline > sim_now()) {
		task->blocked = true;
		task->why = why;
		task->since = sim_now();
		if (deadline != SIM_NEVER)
			sim_post(&task->timeout, deadline);
		leave_cpu(task);
		wait_for_cpu(task, why);
	}
	poked = task->poked;
	task->poked = false;
	return poked;
}

void
cpu_poke(struct task *task)
{
	task->poked = true;
	if (task->spinning && task->cpu)
		poll_by(task, sim_now());
	if (!task->blocked)
		return;
	task->blocked = false;
	sim_cancel(&task->timeout);
	ask_for_cpu(task);
	if (task->cpu)
		sim_wake(task->thread);
}

/* Spinning. --------------------------------------------------------------------------------------------------------
 *
 * While nothing happens no event exists: a test whose outcome is known needs none.  The thread sleeps through all of it
 * and is woken once. */

static void
watched_changed(struct umem_watch *watch)
{
	struct task *task = sim_event_owner(watch, struct task, spin.watch);

	if (task->cpu)
		poll_by(task, sim_now());
}

static void
spin_ends(struct task *task, bool result)
{
	umem_watch_off(&task->spin.watch);
	bring_up_to_date(task->cpu);
	task->spinning = task->paying = false;
	task->spin.result = result;
	sim_wake(task->thread);
}

static void
poll_now(struct sim_event *ev)
{
	struct task *task = sim_event_owner(ev, struct task, spin.poll);
	bool others = !g_queue_is_empty(&task->cpus->waiting), ready = task->spin.ready(task->spin.arg);

	if (ready || sim_now() >= task->spin.deadline) {
		spin_ends(task, ready);
	} else if (others && sim_now() > task->spin.turn_start) {
		g_queue_push_tail_link(&task->cpus->waiting, &task->waiting_link);
		leave_cpu(task);
	} else if (others) {
		poll_by(task, sim_now() + 1);
	} else if (task->spin.deadline != SIM_NEVER) {
		poll_by(task, task->spin.deadline);
	}
}

bool
cpu_spin(bool (*ready)(void *arg), void *arg, struct umem_space *space, const struct umem_range *ranges, unsigned n,
         sim_time deadline)
{
	struct task *task = task_self();

	if (!task->debt_total && ready(arg))
		return true;
	if (!task->debt_total && deadline <= sim_now())
		return false;
	bring_up_to_date(task->cpu);
	task->spin.ready = ready;
	task->spin.arg = arg;
	task->spin.deadline = deadline;
	task->spinning = true;
	task->since = sim_now();
	umem_watch_on(&task->spin.watch, space, ranges, n, watched_changed);
	begin_turn(task);
	while (task->spinning)
		sim_block("a change of what it watches, spinning");
	return task->spin.result;
}

/* CPU sets. -------------------------------------------------------------------------------------------------------- */

struct cpu_set *
cpu_set_new(unsigned node, const char *host, const struct params *params)
{
	struct cpu_set *cpus = g_malloc0(sizeof *cpus + params->cpus * sizeof cpus->cpus[0]);

	cpus->node = node;
	cpus->n_cpus = (unsigned)params->cpus;
	cpus->host = g_strdup(host);
	cpus->params = params;
	cpus->slowness = NO_SLOWNESS;
	cpus->ps_per_instruction = params->cycles_per_instruction * (double)SIM_US / params->cpu_mhz;
	cpus->tasks = g_ptr_array_new();
	g_queue_init(&cpus->waiting);
	for (unsigned i = 0; i < cpus->n_cpus; i++)
		cpus->cpus[i].since = sim_now();
	return cpus;
}

static void
task_free(struct task *task)
{
	if (task->spinning)
		umem_watch_off(&task->spin.watch);
	sim_cancel(&task->spin.poll);
	sim_cancel(&task->timeout);
	g_free(task->name);
	g_free(task);
}

void
cpu_set_free(struct cpu_set *cpus)
{
	for (unsigned i = 0; i < cpus->tasks->len; i++)
		task_free(cpus->tasks->pdata[i]);
	g_ptr_array_free(cpus->tasks, true);
	g_free(cpus->host);
	g_free(cpus);
}

unsigned
cpu_count(const struct cpu_set *cpus)
{
	return cpus->n_cpus;
}

static const char *
activity(const struct task *task)
{
	if (task->blocked)
		return task->why;
	if (task->spinning)
		return task->cpu ? "spins" : "spins, waits for a CPU";
	return task->cpu ? task->paying ? "computes" : "holds its CPU" : "waits for a CPU";
}

void
cpu_report(const struct cpu_set *cpus, FILE *out)
{
	for (unsigned i = 0; i < cpus->tasks->len; i++) {
		const struct task *task = cpus->tasks->pdata[i];

		if (!task->ended)
			fprintf(out, "%s: task %s: %s (since %.3f us)\n", cpus->host, task->name, activity(task),
			        sim_to_us(task->since));
	}
}
