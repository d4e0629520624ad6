/* Processor time: every cost of the host passes here.
 *
 * A task is a thread of a process (or of the kernel) on one of its host's CPUs.  Time that it computes is charged to an
 * account; a charge is a debt until the task next touches something shared (cpu_settle; every blocking call here
 * settles first), so that a string of small costs takes one entry into the engine.  Every call that takes time returns
 * the time that it took, which may be more than asked for, because others use the CPU too.  Time that passes for a task
 * that holds its CPU without one of these calls (a wait for the bus) goes to the account that it charged last.
 *
 * SCHEDULING is that of Linux 2.0 in continuous time.  Each task has a slice, host.quantum_us at first, that shrinks
 * while it runs.  Of the tasks that are ready the one with the highest priority runs, then the one with most of its
 * slice left, then the one that has waited longest; when all that are ready have used theirs up, every task gets half
 * of what it had left and a quantum more, so that those who sleep much have more.  A task that becomes ready takes the
 * CPU of one with lower priority, or with less left by more than PREEMPT_MARGIN of a quantum.  Kernel tasks come before
 * all others, and their slice does not end.  A task can lose its CPU while it computes or spins, also between two
 * polls, but not while it holds the CPU in a wait for the bus: then it does when that is over.  A CPU that goes from
 * one process to another costs the newcomer host.context_switch_us (CPU_SYSTEM); kernel tasks cost nothing and leave
 * the process in place.
 *
 * INTERRUPTS are taken by CPU 0, one after another, and steal their time from whoever runs there (CPU_INTERRUPT).
 *
 * Accounts of each CPU plus its idle time add up to the elapsed time, at every instant; so do those of its tasks,
 * interrupts and idle time. */
#ifndef NIC_SIM_CPU_H
#define NIC_SIM_CPU_H

#include "nic-sim/calendar.h"
#include "nic-sim/platform.h"
#include "nic-sim/umem.h"

#include <stdbool.h>
#include <stdio.h>

enum cpu_account { CPU_USER, CPU_SYSTEM, CPU_INTERRUPT, CPU_SPIN, CPU_N_ACCOUNTS };

struct cpu_set; /* the CPUs of one host */
struct task;
struct process; /* machine.h */

/* cpu_set_new: the CPUs of node `node`, whose threads run on `host` of the platform. cpu_set_free: after sim_run(). */
struct cpu_set *cpu_set_new(unsigned node, const char *host, const struct params *params);
void cpu_set_free(struct cpu_set *cpus);

/* task_start: a thread of `process` from sim_now() on; name is copied.  A daemon does not keep the run alive.  The task
 * lives as long as its CPU set, so that a poke that comes late does no harm. */
struct task *task_start(struct process *process, const char *name, bool daemon, void (*body)(void *), void *arg);
/* task_start_on: the same on any CPUs; process NULL: of the kernel.  Does not count as a task of the process. */
struct task *task_start_on(struct cpu_set *cpus, struct process *process, const char *name, bool daemon,
                           void (*body)(void *), void *arg);
struct task *task_self(void);                          /* the running task; NULL in events and in set-up code */
struct process *task_process(const struct task *task); /* NULL: the kernel */
const char *task_name(const struct task *task);
/* The message that the task is sending, for the trace (trace.h); 0 = none. */
void task_set_trace(struct task *task, uint32_t id);
uint32_t task_trace(const struct task *task);

/* For the running task.  Without one (set-up code, before the run) charging and settling have no effect. */
void cpu_charge(enum cpu_account account, sim_time t);
/* cpu_instructions: charges n instructions of library code: n * host.cycles_per_instruction / host.cpu_mhz. */
void cpu_instructions(enum cpu_account account, uint64_t n);
/* cpu_copy: charges a memory-to-memory copy (host.copy_MB_s) to CPU_USER. */
void cpu_copy(uint64_t bytes);
sim_time cpu_settle(void);
/* cpu_settle_then: a settlement without a thread hand-over of its own, for a wait that begins when the debt is paid and
 * goes on in events (programmed I/O): calls begin(arg), as an event would, or at once if there is nothing to settle.
 * From then on the task holds its CPU until it calls anything here again; the caller blocks until its wait is over. */
void cpu_settle_then(void (*begin)(void *arg), void *arg);
/* cpu_yield: gives way to any other ready task of the same priority. */
void cpu_yield(void);
/* cpu_slow: what is charged on these CPUs from now on takes `factor`/1000 times as long, an injected fault; 1000: as
 * usual. */
void cpu_slow(struct cpu_set *cpus, uint32_t factor);

/* cpu_spin: polls until ready(arg) is true or `deadline` (SIM_NEVER: none) has passed; what ready() reads can change
 * only by the watched ranges or by tasks and events that call cpu_poke().  The loop begins when the debt is paid; its
 * first test takes no time, then one comes every host.poll_period_us, and detection falls on the first of these
 * instants at or after the change. The deadline, too, is seen at the first poll instant at or after it, behind a last
 * test.  ready() is called in event context, must only look, and is true on return unless the deadline passed; returns
 * that truth.  The time is CPU_SPIN.  A task that lost its CPU begins anew, with a test at once, when it has one again.
 */
bool cpu_spin(bool (*ready)(void *arg), void *arg, struct umem_space *space, const struct umem_range *ranges,
              unsigned n, sim_time deadline);
/* cpu_spin_yield: the same with a sched_yield() in the loop: a turn takes host.system_call_us more, and at a poll
 * instant that does not end it the CPU goes to any other ready task of the same priority. */
bool cpu_spin_yield(bool (*ready)(void *arg), void *arg, struct umem_space *space, const struct umem_range *ranges,
                    unsigned n, sim_time deadline);
/* cpu_poke: something else that a spinning or blocked task may wait for has changed. From tasks and events. */
void cpu_poke(struct task *task);
/* cpu_block: gives the CPU up until cpu_poke(), or `deadline`; false if that passed.  One poke is remembered, however
 * old it is: callers test in a loop what they wait for. */
bool cpu_block(const char *why, sim_time deadline);
/* cpu_wake: as cpu_poke(), by an interrupt handler: a task that was blocked begins with `cost` of CPU_SYSTEM, which is
 * instead of the context switch. */
void cpu_wake(struct task *task, sim_time cost);

/* cpu_interrupt: takes `cost` from CPU 0, as soon as it does not hold the bus or serve another interrupt, then calls
 * handler(arg), as an event. `irq` is the caller's, untouched by him until then. */
struct cpu_irq {
	struct cpu_irq *next;
	sim_time cost;
	void (*handler)(void *arg);
	void *arg;
};
void cpu_interrupt(struct cpu_set *cpus, struct cpu_irq *irq, sim_time cost, void (*handler)(void *arg), void *arg);

/* task_set_priority: higher runs first; 0 at the beginning. */
void task_set_priority(struct task *task, int priority);

struct cpu_times {
	sim_time account[CPU_N_ACCOUNTS];
	sim_time idle; /* all CPUs together */
};
struct cpu_times cpu_times(const struct cpu_set *cpus);
struct cpu_times cpu_times_of(const struct cpu_set *cpus, unsigned cpu); /* of one CPU */
/* task_times: what the task has used, interrupts not included; idle is 0. */
struct cpu_times task_times(const struct task *task);
unsigned cpu_count(const struct cpu_set *cpus);
void cpu_report(const struct cpu_set *cpus, FILE *out); /* what every live task is doing, and since when */

#endif
