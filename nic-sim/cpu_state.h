/* The CPUs' own structures, shared by cpu.c (costs, accounts, tasks), cpu_schedule.c (who runs) and cpu_spin.c
 * (polling). */
#ifndef NIC_SIM_CPU_STATE_H
#define NIC_SIM_CPU_STATE_H

#include "nic-sim/cpu.h"
#include "nic-sim/engine.h"

#include <glib.h>

struct cpu {
	struct cpu_set *set;
	struct task *task; /* NULL: idle */
	const struct process *last;
	sim_time since; /* accounts and slices are up to date to here */
	struct cpu_times times;
	bool interrupted; /* serves the first of `irqs`; its task, if any, stands still */
	bool reconsider;  /* another task may have to run when this one can be preempted */
	struct cpu_irq *irqs;
	struct sim_event irq_end, slice_end;
};

struct cpu_set {
	unsigned node, n_cpus;
	char *host;
	const struct params *params;
	double ps_per_instruction;
	uint32_t slowness; /* in 1/1000 */
	GPtrArray *tasks;  /* all that ever started */
	GQueue ready;      /* for a CPU, in order of becoming ready */
	struct cpu cpus[];
};

/* A loop that polls: what it tests, and the instants at which it does: turn_start + k * period. */
struct spin {
	bool (*ready)(void *arg);
	void *arg;
	sim_time turn_start, deadline, period;
	bool yields;
	struct umem_watch watch;
	struct sim_event poll; /* the next test whose outcome is not known yet */
	bool result;
};

/* What a task does, or will do when it has a CPU again.  It holds the CPU while its thread runs, or waits for the bus.
 */
enum task_mode { TASK_HOLDS, TASK_COMPUTES, TASK_SPINS };

/* Debt is what was charged and not yet spent; while the task computes or spins, passing time reduces it. */
struct task {
	struct cpu_set *cpus;
	struct cpu *cpu; /* that it has, or NULL */
	struct sim_thread *thread;
	struct process *process;
	char *name;
	void (*body)(void *);
	void *arg;
	enum task_mode mode;
	enum cpu_account account; /* charged last */
	sim_time debt[CPU_N_ACCOUNTS], debt_total;
	struct sim_event work; /* the end of the computation */
	void (*begin)(void *); /* what follows it, if not the thread */
	void *begin_arg;
	struct cpu_times times;
	int priority;
	sim_time left; /* of its slice */
	bool blocked, poked, ended;
	bool woken; /* by an interrupt handler: costs wake_cost */
	sim_time wake_cost;
	struct spin spin;
	struct sim_event timeout; /* of cpu_block */
	const char *why;
	sim_time since;
	uint32_t trace;
	GList ready_link;
};

/* cpu.c */
void cpu_bring_up_to_date(struct cpu *cpu);
void cpu_add_debt(struct task *task, enum cpu_account account, sim_time t);
/* task_sleep: for the running task: blocks until it has a CPU and holds it. */
void task_sleep(struct task *task, const char *why);

/* cpu_schedule.c */
void schedule_init(struct cpu *cpu);
/* schedule_ready: the task has a CPU afterwards, or is queued. */
void schedule_ready(struct task *task);
/* schedule_leave: the running task gives up its CPU (it blocks or ends). */
void schedule_leave(struct task *task);
/* schedule_point: the running task has begun to compute or to spin: what waited for that happens. */
void schedule_point(struct task *task);
/* schedule_yield: the task, which has a CPU and does not hold it, gives way to another of its priority; false if there
 * is none. schedule_others: is there one? */
bool schedule_yield(struct task *task);
bool schedule_others(const struct task *task);
/* schedule_due: would schedule_point() do anything? */
bool schedule_due(const struct task *task);

/* cpu_spin.c */
void spin_init(struct task *task);
void spin_free(struct task *task);
void spin_begin_turn(struct task *task); /* it has a CPU: polls from now on */
void spin_freeze(struct task *task);
void spin_poke(struct task *task);
void spin_others(struct task *task); /* another task has become ready */

#endif
