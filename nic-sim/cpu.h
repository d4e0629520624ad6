/* Processor time: every cost of the host passes here.
 *
 * A task is a thread of a process on one of its host's CPUs.  Time that it computes is charged to an account; a charge is a
 * debt until the task next touches something shared (cpu_settle; every blocking call here settles first), so that a string
 * of small costs takes one entry into the engine.  Every call that takes time returns the time that it took, which may be more
 * than asked for, because others use the CPU too.
 *
 * Scheduling is first come, first served without preemption; a task that spins lets others run between its polls, one
 * that blocks gives the CPU up.  Later work replaces the inside of cpu.c, not this interface.
 * Accounts of each CPU plus its idle time add up to the elapsed time. */
#ifndef NIC_SIM_CPU_H
#define NIC_SIM_CPU_H

#include "nic-sim/calendar.h"
#include "nic-sim/platform.h"
#include "nic-sim/umem.h"

#include <stdbool.h>

enum cpu_account { CPU_USER, CPU_SYSTEM, CPU_INTERRUPT, CPU_SPIN, CPU_N_ACCOUNTS };

struct cpu_set; /* the CPUs of one host */
struct task;
struct process; /* process.h */

struct cpu_set *cpu_set_new(unsigned node, const struct params *params);
void cpu_set_free(struct cpu_set *cpus);

/* task_start: a thread of `process` (NULL: of the host's kernel) from sim_now() on; name is copied. A daemon does not keep the run alive. */
struct task *task_start(struct process *process, const char *name, bool daemon, void (*body)(void *), void *arg);
struct task *task_self(void); /* the running task; NULL in events */
struct process *task_process(const struct task *task);
const char *task_name(const struct task *task);
/* The message that the task is sending, for the trace (trace.h); 0 = none. */
void task_set_trace(struct task *task, uint32_t id);
uint32_t task_trace(const struct task *task);

/* For the running task. */
void cpu_charge(enum cpu_account account, sim_time t);
/* cpu_instructions: charges n instructions of library code: n * host.cycles_per_instruction / host.cpu_mhz. */
void cpu_instructions(enum cpu_account account, uint64_t n);
/* cpu_copy: charges a memory-to-memory copy (host.copy_MB_s). */
void cpu_copy(uint64_t bytes);
sim_time cpu_settle(void);

/* cpu_spin: polls until ready(arg) is true or `deadline` (SIM_NEVER: none) has passed; what ready() reads can change only by the
 * watched ranges or by tasks and events that call cpu_poke().  Detection falls on the first poll instant (a multiple of host.poll_period_us
 * after the start) at or after the change.  ready() is called in event context, must only look, and is true on return unless
 * the deadline passed; returns that truth.  The time is CPU_SPIN. */
bool cpu_spin(bool (*ready)(void *arg), void *arg, struct umem_space *space, const struct umem_range *ranges, unsigned n,
              sim_time deadline);
/* cpu_poke: something else that a spinning or blocked task may wait for has changed. From tasks and events. */
void cpu_poke(struct task *task);
/* cpu_block: gives the CPU up until cpu_poke() (one is remembered), or `deadline`; false if that passed. */
bool cpu_block(const char *why, sim_time deadline);

struct cpu_times {
	sim_time account[CPU_N_ACCOUNTS];
	sim_time idle; /* all CPUs together */
};
struct cpu_times cpu_times(const struct cpu_set *cpus);

#endif
