/* Costs, accounts, tasks, blocking. */
#include "nic-sim/cpu_state.h"

#include <assert.h>
#include <math.h>

#define NO_SLOWNESS 1000u

/* Accounts. -------------------------------------------------------------------------------------------------------- */

static void
book(struct cpu *cpu, struct task *task, enum cpu_account account, sim_time t)
{
	cpu->times.account[account] += t;
	task->times.account[account] += t;
}

/* pay: turns up to `elapsed` of the debt into time spent; returns how much. */
static sim_time
pay(struct cpu *cpu, struct task *task, sim_time elapsed)
{
	sim_time left = elapsed;

	for (unsigned i = 0; i < CPU_N_ACCOUNTS && left; i++) {
		sim_time piece = MIN(task->debt[i], left);

		task->debt[i] -= piece;
		task->debt_total -= piece;
		book(cpu, task, i, piece);
		left -= piece;
	}
	return elapsed - left;
}

void
cpu_bring_up_to_date(struct cpu *cpu)
{
	sim_time elapsed = sim_now() - cpu->since;
	struct task *task = cpu->task;

	cpu->since = sim_now();
	if (cpu->interrupted) {
		cpu->times.account[CPU_INTERRUPT] += elapsed;
		return;
	}
	if (!task) {
		cpu->times.idle += elapsed;
		return;
	}
	task->left -= MIN(task->left, elapsed);
	if (task->mode != TASK_HOLDS)
		elapsed -= pay(cpu, task, elapsed);
	book(cpu, task, task->mode == TASK_SPINS ? CPU_SPIN : task->account, elapsed);
}

struct cpu_times
cpu_times_of(const struct cpu_set *cpus, unsigned cpu)
{
	cpu_bring_up_to_date((struct cpu *)&cpus->cpus[cpu]);
	return cpus->cpus[cpu].times;
}

struct cpu_times
cpu_times(const struct cpu_set *cpus)
{
	struct cpu_times sum = {0};

	for (unsigned i = 0; i < cpus->n_cpus; i++) {
		struct cpu_times times = cpu_times_of(cpus, i);
		for (unsigned a = 0; a < CPU_N_ACCOUNTS; a++)
			sum.account[a] += times.account[a];
		sum.idle += times.idle;
	}
	return sum;
}

void
cpu_slow(struct cpu_set *cpus, uint32_t factor)
{
	cpus->slowness = factor;
}

struct cpu_times
task_times(const struct task *task)
{
	if (task->cpu)
		cpu_bring_up_to_date(task->cpu);
	return task->times;
}

void
cpu_add_debt(struct task *task, enum cpu_account account, sim_time t)
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
		cpu_bring_up_to_date(task->cpu);
		task->account = account;
	}
	cpu_add_debt(task, account, t);
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

/* Settling. -------------------------------------------------------------------------------------------------------- */

/* A wake that was not for this is remembered, as it would have been without it. */
void
task_sleep(struct task *task, const char *why)
{
	bool stray = false;

	for (sim_block(why); !task->cpu || task->mode != TASK_HOLDS; sim_block(why))
		stray = true;
	if (stray)
		sim_wake(task->thread);
}

static void
work_done(struct sim_event *ev)
{
	struct task *task = sim_event_owner(ev, struct task, work);
	void (*begin)(void *) = task->begin;

	cpu_bring_up_to_date(task->cpu);
	assert(!task->debt_total);
	task->mode = TASK_HOLDS;
	task->begin = NULL;
	if (begin)
		begin(task->begin_arg);
	else
		sim_wake(task->thread);
}

/* compute: the running task pays its debt; false if there is nothing to wait for. */
static bool
compute(struct task *task, void (*begin)(void *), void *arg)
{
	if (!task->debt_total && !schedule_due(task))
		return false;
	cpu_bring_up_to_date(task->cpu);
	task->mode = TASK_COMPUTES;
	task->begin = begin;
	task->begin_arg = arg;
	sim_post(&task->work, sim_now() + task->debt_total);
	schedule_point(task);
	return true;
}

void
cpu_settle_then(void (*begin)(void *arg), void *arg)
{
	struct task *task = task_self();

	if (!task || !compute(task, begin, arg))
		begin(arg);
}

sim_time
cpu_settle(void)
{
	struct task *task = task_self();
	sim_time start = sim_now();

	if (task && compute(task, NULL, NULL))
		task_sleep(task, "the end of its computation");
	return sim_now() - start;
}

/* Tasks. ----------------------------------------------------------------------------------------------------------- */

/* wait_for_cpu: for the running task after schedule_ready() or schedule_leave(). */
static void
wait_for_cpu(struct task *task, const char *why)
{
	if (!task->cpu)
		task_sleep(task, why);
}

static void
task_main(void *arg)
{
	struct task *task = arg;

	schedule_ready(task);
	wait_for_cpu(task, "a CPU");
	task->body(task->arg);
	cpu_settle();
	task->ended = true;
	schedule_leave(task);
}

static void
timed_out(struct sim_event *ev)
{
	struct task *task = sim_event_owner(ev, struct task, timeout);

	task->blocked = false;
	schedule_ready(task);
}

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
	task->ready_link.data = task;
	task->left = cpus->params->quantum;
	spin_init(task);
	sim_event_init(&task->work, SIM_RANK_NODE + cpus->node, work_done);
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
		schedule_leave(task);
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
	spin_poke(task);
	if (!task->blocked)
		return;
	task->blocked = false;
	sim_cancel(&task->timeout);
	schedule_ready(task);
}

void
cpu_wake(struct task *task, sim_time cost)
{
	if (task->blocked) {
		task->woken = true;
		task->wake_cost = cost;
	}
	cpu_poke(task);
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
	g_queue_init(&cpus->ready);
	for (unsigned i = 0; i < cpus->n_cpus; i++) {
		cpus->cpus[i].set = cpus;
		schedule_init(&cpus->cpus[i]);
	}
	return cpus;
}

static void
task_free(struct task *task)
{
	spin_free(task);
	sim_cancel(&task->work);
	sim_cancel(&task->timeout);
	g_free(task->name);
	g_free(task);
}

void
cpu_set_free(struct cpu_set *cpus)
{
	for (unsigned i = 0; i < cpus->tasks->len; i++)
		task_free(cpus->tasks->pdata[i]);
	for (unsigned i = 0; i < cpus->n_cpus; i++) {
		sim_cancel(&cpus->cpus[i].irq_end);
		sim_cancel(&cpus->cpus[i].slice_end);
	}
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
	if (task->mode == TASK_SPINS)
		return task->cpu ? "spins" : "spins, waits for a CPU";
	return !task->cpu ? "waits for a CPU" : task->mode == TASK_COMPUTES ? "computes" : "holds its CPU";
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
