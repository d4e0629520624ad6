/* Processor time: every cost of the host passes here.
 *
 * A task is a thread of a process (or of the kernel) on one of its host's CPUs.  Time that it computes is charged to an
 * account; a charge is a debt until the task next touches something shared (cpu_settle; every blocking call here
 * settles first), so that a string of small costs takes one entry into the engine.  Every call that takes time returns
 * the time that it took, which may be more than asked for, because others use the CPU too.  Time that passes for a task
 * that holds its CPU without one of these calls (a wait for the bus) goes to the account that it charged last.
 *
 * Scheduling is first come, first served without preemption: a task keeps its CPU until it blocks, ends, or, spinning,
 * comes to a poll instant at which another task waits for a CPU; it then queues behind that one.  A CPU that goes from
 * one process to another costs the newcomer host.context_switch_us (CPU_SYSTEM); kernel tasks cost nothing and leave
 * the process in place.  Later work replaces the inside of cpu.c, not this interface. Accounts of each CPU plus its
 * idle time add up to the elapsed time, at every instant. */
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
/* cpu_slow: what is charged on these CPUs from now on takes `factor`/1000 times as long, an injected fault; 1000: as
 * usual. */
void cpu_slow(struct cpu_set *cpus, uint32_t factor);
/* cpu_pay, cpu_paid: a settlement without a thread hand-over of its own, for a wait that begins when the debt is paid
 * and goes on in events (programmed I/O).  cpu_pay() returns the date at which the debt will be paid; the task then
 * blocks once, until that date or later, and calls cpu_paid(). */
sim_time cpu_pay(void);
void cpu_paid(void);

/* cpu_spin: polls until ready(arg) is true or `deadline` (SIM_NEVER: none) has passed; what ready() reads can change
 * only by the watched ranges or by tasks and events that call cpu_poke().  The loop begins when the debt is paid; its
 * first test takes no time, then one comes every host.poll_period_us, and detection falls on the first of these
 * instants at or after the change. The deadline, too, is seen at the first poll instant at or after it, behind a last
 * test.  ready() is called in event context, must only look, and is true on return unless the deadline passed; returns
 * that truth.  The time is CPU_SPIN. A task that gave way begins anew, with a test at once, when it gets a CPU again.
 */
bool cpu_spin(bool (*ready)(void *arg), void *arg, struct umem_space *space, const struct umem_range *ranges,
              unsigned n, sim_time deadline);
/* cpu_poke: something else that a spinning or blocked task may wait for has changed. From tasks and events. */
void cpu_poke(struct task *task);
/* cpu_block: gives the CPU up until cpu_poke(), or `deadline`; false if that passed.  One poke is remembered, however
 * old it is: callers test in a loop what they wait for. */
bool cpu_block(const char *why, sim_time deadline);

struct cpu_times {
	sim_time account[CPU_N_ACCOUNTS];
	sim_time idle; /* all CPUs together */
};
struct cpu_times cpu_times(const struct cpu_set *cpus);
unsigned cpu_count(const struct cpu_set *cpus);
void cpu_report(const struct cpu_set *cpus, FILE *out); /* what every live task is doing, and since when */

#endif
