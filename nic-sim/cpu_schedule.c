/* Who runs: the run queue, slices, preemption, interrupts. */
#include "nic-sim/cpu_state.h"

#include <assert.h>

/* A task that becomes ready takes the CPU of one whose slice is shorter by more than this part of a quantum: Linux 2.0
 * asks for more than 3 of the 20 ticks that a quantum has. */
#define PREEMPT_MARGIN(quantum) ((quantum)*3 / 20)

static bool
is_kernel(const struct task *task)
{
	return !task->process;
}

/* better: does `a` run before `b`, which became ready earlier? */
static bool
better(const struct task *a, const struct task *b)
{
	if (is_kernel(a) != is_kernel(b))
		return is_kernel(a);
	if (is_kernel(a) || a->priority != b->priority)
		return !is_kernel(a) && a->priority > b->priority;
	return a->left > b->left;
}

static struct task *
best_ready(const struct cpu_set *set)
{
	struct task *best = NULL;

	for (const GList *l = set->ready.head; l; l = l->next)
		if (!best || better(l->data, best))
			best = l->data;
	return best;
}

/* recharge: all that are ready have used their slices up. */
static void
recharge(struct cpu_set *set)
{
	for (unsigned i = 0; i < set->n_cpus; i++)
		cpu_bring_up_to_date(&set->cpus[i]);
	for (unsigned i = 0; i < set->tasks->len; i++) {
		struct task *task = set->tasks->pdata[i];
		task->left = task->left / 2 + set->params->quantum;
	}
}

/* A CPU's task. ------------------------------------------------------------------------------------------------------
 */

/* arm_slice: the end of the slice matters only while somebody waits who would run then. */
static void
arm_slice(struct cpu *cpu)
{
	const struct task *task = cpu->task, *best = best_ready(cpu->set);

	if (task && best && !is_kernel(task) && !cpu->interrupted && best->priority >= task->priority)
		sim_post(&cpu->slice_end, sim_now() + task->left);
	else
		sim_cancel(&cpu->slice_end);
}

/* go_on: the task has the CPU and is not interrupted. */
static void
go_on(struct cpu *cpu)
{
	struct task *task = cpu->task;

	if (task->mode == TASK_COMPUTES)
		sim_post(&task->work, sim_now() + task->debt_total);
	else if (task->mode == TASK_SPINS)
		spin_begin_turn(task);
	arm_slice(cpu);
}

static void
stop(struct cpu *cpu)
{
	cpu_bring_up_to_date(cpu);
	sim_cancel(&cpu->slice_end);
	if (!cpu->task)
		return;
	sim_cancel(&cpu->task->work);
	spin_freeze(cpu->task);
}

/* switch_cost: what it costs the newcomer that the CPU goes over to it. */
static void
switch_cost(struct cpu *cpu, struct task *task)
{
	if (task->woken)
		cpu_add_debt(task, CPU_SYSTEM, task->wake_cost);
	else if (task->process && cpu->last && cpu->last != task->process)
		cpu_add_debt(task, CPU_SYSTEM, cpu->set->params->context_switch);
	task->woken = false;
	if (task->process)
		cpu->last = task->process;
}

static void
give(struct cpu *cpu, struct task *task)
{
	cpu_bring_up_to_date(cpu);
	cpu->task = task;
	cpu->reconsider = false;
	task->cpu = cpu;
	switch_cost(cpu, task);
	if (task->mode == TASK_HOLDS && task->thread != sim_thread_self())
		sim_wake(task->thread);
	go_on(cpu);
}

/* used_up: has no task that is ready anything left of its slice? */
static bool
used_up(const struct cpu_set *set)
{
	for (const GList *l = set->ready.head; l; l = l->next)
		if (is_kernel(l->data) || ((const struct task *)l->data)->left)
			return false;
	return true;
}

static void
give_to_best(struct cpu *cpu)
{
	struct task *task;

	if (g_queue_is_empty(&cpu->set->ready))
		return;
	if (used_up(cpu->set))
		recharge(cpu->set);
	task = best_ready(cpu->set);
	g_queue_unlink(&cpu->set->ready, &task->ready_link);
	give(cpu, task);
}

static void
queue(struct task *task)
{
	task->cpu = NULL;
	g_queue_push_tail_link(&task->cpus->ready, &task->ready_link);
}

static void
preempt(struct cpu *cpu)
{
	struct task *task = cpu->task;

	stop(cpu);
	cpu->task = NULL;
	queue(task);
	if (task->left) { /* it comes before those that it was chosen before */
		g_queue_unlink(&cpu->set->ready, &task->ready_link);
		g_queue_push_head_link(&cpu->set->ready, &task->ready_link);
	}
	give_to_best(cpu);
}

/* Decisions. ---------------------------------------------------------------------------------------------------------
 */

/* Where both slices are used up, all get new ones and the one that waits runs. */
static bool
must_yield(const struct task *running, const struct task *task)
{
	if (is_kernel(running) || is_kernel(task) || running->priority != task->priority)
		return better(task, running);
	return !running->left || task->left > running->left + PREEMPT_MARGIN(running->cpus->params->quantum);
}

/* decide: another task takes over, if one must, from the task of this CPU, which can be preempted and has just been
 * brought up to date. */
static bool
decide(struct cpu *cpu)
{
	struct task *best = best_ready(cpu->set);

	cpu->reconsider = false;
	if (!best || !must_yield(cpu->task, best))
		return false;
	preempt(cpu);
	return true;
}

static void
decide_soon(struct cpu *cpu)
{
	if (cpu->interrupted || cpu->task->mode == TASK_HOLDS) {
		cpu->reconsider = true;
		return;
	}
	cpu_bring_up_to_date(cpu);
	if (!decide(cpu))
		arm_slice(cpu);
}

static void
slice_ended(struct sim_event *ev)
{
	decide_soon(sim_event_owner(ev, struct cpu, slice_end));
}

/* idle_cpu: one where the task's process ran last, else the first; NULL if all are busy. */
static struct cpu *
idle_cpu(struct cpu_set *set, const struct process *process)
{
	struct cpu *first = NULL;

	for (unsigned i = set->n_cpus; i-- > 0;) {
		struct cpu *cpu = &set->cpus[i];

		if (!cpu->task && !cpu->interrupted && (!first || cpu->last == process || first->last != process))
			first = cpu;
	}
	return first;
}

/* weakest: the CPU whose task would give way first; NULL if none has one. */
static struct cpu *
weakest(struct cpu_set *set)
{
	struct cpu *weakest = NULL;

	for (unsigned i = 0; i < set->n_cpus; i++) {
		struct cpu *cpu = &set->cpus[i];

		if (!cpu->task || cpu->reconsider)
			continue;
		cpu_bring_up_to_date(cpu);
		if (!weakest || better(weakest->task, cpu->task))
			weakest = cpu;
	}
	return weakest;
}

/* tell: somebody waits for this CPU, among others. */
static void
tell(struct cpu *cpu)
{
	if (!sim_posted(&cpu->slice_end))
		arm_slice(cpu);
	spin_others(cpu->task);
}

void
schedule_ready(struct task *task)
{
	struct cpu_set *set = task->cpus;
	struct cpu *cpu = idle_cpu(set, task->process);

	if (cpu) {
		give(cpu, task);
		return;
	}
	queue(task);
	cpu = weakest(set);
	if (cpu && must_yield(cpu->task, task))
		decide_soon(cpu);
	for (unsigned i = 0; i < set->n_cpus; i++)
		if (set->cpus[i].task)
			tell(&set->cpus[i]);
}

static void take_interrupts(struct cpu *cpu);

void
schedule_leave(struct task *task)
{
	struct cpu *cpu = task->cpu;

	stop(cpu);
	cpu->task = NULL;
	cpu->reconsider = false;
	task->cpu = NULL;
	take_interrupts(cpu);
	if (!cpu->interrupted)
		give_to_best(cpu);
}

bool
schedule_due(const struct task *task)
{
	return task->cpu->irqs || task->cpu->reconsider;
}

void
schedule_point(struct task *task)
{
	struct cpu *cpu = task->cpu;

	take_interrupts(cpu);
	if (!cpu->interrupted && cpu->reconsider)
		decide_soon(cpu);
}

bool
schedule_others(const struct task *task)
{
	const struct task *best = best_ready(task->cpus);

	return best && (is_kernel(best) || (!is_kernel(task) && best->priority >= task->priority));
}

bool
schedule_yield(struct task *task)
{
	struct task *best = best_ready(task->cpus);
	struct cpu *cpu = task->cpu;

	if (!schedule_others(task))
		return false;
	if (!is_kernel(best) && !best->left) /* it would lose the CPU at once */
		recharge(cpu->set);
	stop(cpu);
	cpu->task = NULL;
	g_queue_unlink(&cpu->set->ready, &best->ready_link);
	queue(task);
	give(cpu, best);
	return true;
}

void
cpu_yield(void)
{
	struct task *task = task_self();

	cpu_settle();
	if (schedule_yield(task))
		task_sleep(task, "a CPU, after giving way");
}

/* outranked: does somebody with a higher priority wait for the CPU that the task has? */
static bool
outranked(const struct task *task)
{
	const struct task *best = best_ready(task->cpus);

	return best && (is_kernel(best) || best->priority > task->priority);
}

/* A task that has the CPU keeps it to the end of its slice, if only others of its priority wait. */
void
task_set_priority(struct task *task, int priority)
{
	struct cpu *cpu = task->cpu;

	task->priority = priority;
	if (cpu && !outranked(task)) {
		cpu_bring_up_to_date(cpu);
		arm_slice(cpu);
		return;
	}
	if (!cpu && g_queue_link_index(&task->cpus->ready, &task->ready_link) >= 0)
		cpu = weakest(task->cpus);
	if (cpu)
		decide_soon(cpu);
}

/* Interrupts. --------------------------------------------------------------------------------------------------------
 */

static void
take_interrupts(struct cpu *cpu)
{
	if (!cpu->irqs || cpu->interrupted || (cpu->task && cpu->task->mode == TASK_HOLDS))
		return;
	stop(cpu);
	cpu->interrupted = true;
	sim_post(&cpu->irq_end, sim_now() + cpu->irqs->cost);
}

static void
irq_ended(struct sim_event *ev)
{
	struct cpu *cpu = sim_event_owner(ev, struct cpu, irq_end);
	struct cpu_irq *irq = cpu->irqs;

	cpu_bring_up_to_date(cpu);
	cpu->irqs = irq->next;
	irq->handler(irq->arg);
	cpu->interrupted = false;
	take_interrupts(cpu);
	if (cpu->interrupted)
		return;
	if (!cpu->task)
		give_to_best(cpu);
	else if (!cpu->reconsider || !decide(cpu))
		go_on(cpu);
}

void
cpu_interrupt(struct cpu_set *cpus, struct cpu_irq *irq, sim_time cost, void (*handler)(void *arg), void *arg)
{
	struct cpu_irq **last = &cpus->cpus[0].irqs;

	*irq = (struct cpu_irq){.cost = cost, .handler = handler, .arg = arg};
	while (*last)
		last = &(*last)->next;
	*last = irq;
	take_interrupts(&cpus->cpus[0]);
}

void
schedule_init(struct cpu *cpu)
{
	sim_event_init(&cpu->irq_end, SIM_RANK_NODE + cpu->set->node, irq_ended);
	sim_event_init(&cpu->slice_end, SIM_RANK_NODE + cpu->set->node, slice_ended);
	cpu->since = sim_now();
}
