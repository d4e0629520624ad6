/* Waiting for a message: for how long to poll before blocking, and what it costs.
 *
 * The NIC deposits without software, so a process polls memory, or blocks and is woken by an interrupt.  wait_until()
 * is the one routine that does both:
 *
 *   1. test; ask the strategy for a limit; poll until the limit
 *   2. arm: a system call, in which the kernel has the NIC interrupt when something arrives in the watched pages
 *   3. test again, since it may have arrived before the interrupt was on
 *   4. block; the interrupt's handler switches the pages off and wakes the process (short path), or sends it a signal
 *      (host.signal_us more)
 *   5. test; if it was a false alarm, again from 2: what is still armed costs nothing
 *   6. disarm, which costs nothing if the handler has done it; tell the strategy how long the message took
 *
 * A strategy decides the limit only (Damianakis, Chen, Felten, IPPS 1997; Karlin, Li, Manasse, Owicki 1991).  With t
 * the delay of the message and B the cost of blocking and waking, a wait costs t if t <= limit, else limit + B; the
 * best possible is min(t, B).
 *
 * TO ADD A STRATEGY write one in a file of its own, as those in wait_strategies.c are written, and add it to
 * wait_strategies[].
 *
 * What is watched is memory ranges; other things that can make the predicate true poke the task (cpu_poke).  With VMMC
 * only exported pages can wake a process that blocks (host-lib/arrival.h). */
#ifndef HOST_LIB_WAIT_H
#define HOST_LIB_WAIT_H

#include "nic-sim/machine.h"

#define WAIT_HISTORY_MAX 64u

struct wait_strategy;

/* What the platform says (wait.*): see docs/waiting.md. */
struct wait_params {
	const struct wait_strategy *strategy;
	sim_time limit;      /* wait.limit_us */
	sim_time block_cost; /* wait.block_cost_us: B as the strategies believe it to be */
	sim_time step;       /* wait.step_us, of the random walk */
	sim_time watchdog;   /* wait.watchdog_us */
	unsigned history;    /* wait.history: delays that are remembered, 1..WAIT_HISTORY_MAX */
	bool by_signal;      /* wait.by_signal: the interrupt's handler sends a signal instead of waking */
	uint64_t seed;
};

struct wait_counts {
	uint64_t waits, at_once, polled, blocked, false_alarms, late_arms; /* late: it arrived while arming */
	sim_time delays; /* sum over all waits, from the first test on; without limit, from the call on */
};

/* Embedded by its owner: one a process. */
struct wait_state {
	struct wait_params params;
	struct wait_counts counts;
	uint64_t random; /* state of the generator */
	sim_time limit;  /* the strategy's own: present limit */
	sim_time history[WAIT_HISTORY_MAX];
	uint64_t learned; /* delays told so far */
};

struct wait_strategy {
	const char *name, *help;
	bool yields;   /* polls with sched_yield() */
	bool watchdog; /* polls, with the NIC's watchdog on meanwhile */
	/* limit: how long to poll from now on; 0: block at once; SIM_NEVER: do not block.  NULL: never block. */
	sim_time (*limit)(struct wait_state *w);
	void (*learn)(struct wait_state *w, sim_time delay); /* NULL: does not */
};
/* The strategies, by name, ended by NULL. */
extern const struct wait_strategy *const wait_strategies[];
const struct wait_strategy *wait_strategy_by_name(const char *name); /* NULL if there is none */

/* Who can interrupt.  All calls are made by the waiting task. */
struct wait_source {
	/* arm: a change of one of the ranges, from some moment of the call on, wakes the task (cpu_wake), once; what
	 * came before that the caller sees when the call returns.  No effect if it is armed.  `after`: not 0: only if
	 * picked_up() is not called that much later (watchdog).  It charges what it costs. */
	void (*arm)(void *arg, const struct umem_range *ranges, unsigned n, sim_time after);
	/* disarm: no interrupt is wanted any more. */
	void (*disarm)(void *arg);
	/* picked_up: the watchdog's arming stays, but what has come so far is dealt with. */
	void (*picked_up)(void *arg);
	void *arg;
};

/* wait_check: false and *error (g_free) if wait.strategy names none. */
bool wait_check(const struct params *params, char **error);
/* wait_params_of: what the platform says, for process `pid` of the host; `writes`, `reads`: what blocking and waking
 * costs in bus accesses, for wait.block_cost_us 0. */
struct wait_params wait_params_of(const struct host *host, unsigned pid, unsigned writes, unsigned reads);
void wait_init(struct wait_state *w, const struct wait_params *params);
/* wait_until: true once ready(arg) is true, false after the deadline.  ready() only looks; it is called from events. */
bool wait_until(struct wait_state *w, const struct wait_source *source, bool (*ready)(void *arg), void *arg,
                struct umem_space *space, const struct umem_range *ranges, unsigned n, sim_time deadline);

/* For strategies: a number in [0, 1). */
double wait_random(struct wait_state *w);

#endif
