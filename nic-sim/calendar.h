/* The calendar: every hardware event of the simulated machine, in order, and the processor cores that run between them.
 *
 * EVENTS.  A struct sim_event is embedded in the component that owns it and is posted, moved and cancelled in place:
 * the calendar allocates nothing per event and a cancelled event leaves nothing behind.  Events fire in the order of
 * (date, rank, posting).  The rank is the number of the place where the event acts (see enum sim_rank): events of one
 * instant at different places commute, except where a place says how it arbitrates, so sorting by place makes the order
 * of ties independent of which core happened to be simulated first.  At one place the order is that of posting.
 * An event may post further events at its own date: they fire in the same instant.  A core posts only at places of its
 * own node: then the order of posting at a place does not depend on which core ran ahead.
 *
 * CORES.  A struct sim_core is a processor that executes instructions between events.  The calendar calls its run()
 * when it has the smallest clock.  run() may execute every instruction whose effects on, or views of, anything outside
 * the core's registers lie before sim_core_limit(), and must stop before the first that does not.  The limit is the
 * least of
 *   - the date of the next event in the calendar, and
 *   - for every other active core, that core's clock + the lookahead (sim_set_lookahead: the smallest time from a store
 *     to a send register to the first byte at another NIC; 0 makes cores alternate strictly).
 * A memory operation at exactly the limit is not executed: events of an instant come before instructions of it.
 * While a core executes, sim_now() is whatever date it last gave to sim_core_now(); posting an event earlier than the
 * limit lowers the limit, so a core re-reads sim_core_limit() after every call out of it.
 * An idle core parks itself and costs nothing; who is about to change something that it watches wakes it first.
 *
 * RUNNING AHEAD.  A core may execute further, behind the limit, what it can take back: its clock is then the date of
 * the first operation that it can not.  Others rely on that clock, so it must hold unless an event touches the core's
 * node; whatever touches or looks at the node at sim_now() takes back what the core did at that date or later first
 * (sim_core_rewind).  When the core is run again nothing can touch it any more before its clock: what it did is final.
 *
 * sim_now() is the date of the current activity: of the event that fires, of the core's access, of the running thread.
 * There is one calendar a process, because SimGrid has one engine a process; tests call calendar_reset() between cases.
 * Nothing here knows SimGrid: a register test posts, steps and asserts with this file alone. */
#ifndef NIC_SIM_CALENDAR_H
#define NIC_SIM_CALENDAR_H

#include "nic-sim/sim_time.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Places, in the order in which they act within an instant. */
enum sim_rank {
	SIM_RANK_ENGINE = 0,     /* flows that arrive */
	SIM_RANK_TIMER = 1,      /* threads that end their sleep */
	SIM_RANK_NODE = 16,      /* + node number: host, bus and NIC of that node */
	SIM_RANK_CHANNEL = 8192, /* + channel number: heads and tails on the fabric */
	SIM_RANK_LAST = 65535,
};

struct sim_event {
	sim_time time;
	uint64_t order; /* rank in the top 16 bits, posting sequence below */
	void (*fire)(struct sim_event *);
	uint32_t slot; /* heap position + 1; 0 = not posted */
	uint16_t rank;
};

/* The structure that an event is embedded in. */
#define sim_event_owner(ev, type, member) ((type *)((char *)(ev)-offsetof(type, member)))

void sim_event_init(struct sim_event *ev, unsigned rank, void (*fire)(struct sim_event *));
/* sim_post: fires ev at `t` >= sim_now(); if it is posted already, moves it (it then counts as posted now). */
void sim_post(struct sim_event *ev, sim_time t);
/* sim_cancel: no effect on an event that is not posted. */
void sim_cancel(struct sim_event *ev);
static inline bool
sim_posted(const struct sim_event *ev)
{
	return ev->slot != 0;
}

sim_time sim_now(void);

struct sim_core {
	sim_time clock;                 /* date of the next instruction; kept by run() */
	void (*run)(struct sim_core *); /* executes up to sim_core_limit(); leaves clock >= that limit, or parks */
	void (*take_back)(struct sim_core *); /* if ahead: takes back what was done at sim_now() or later; or NULL */
	uint16_t rank;                        /* SIM_RANK_NODE + node: a node has at most one active core */
	bool active;
	bool ahead; /* kept by run() and take_back() */
};

void sim_core_init(struct sim_core *core, unsigned rank, void (*run)(struct sim_core *));
/* sim_core_resume: makes a parked core active with clock = t >= sim_now(); no effect on an active one. */
void sim_core_resume(struct sim_core *core, sim_time t);
void sim_core_park(struct sim_core *core);
static inline bool
sim_core_active(const struct sim_core *core)
{
	return core->active;
}
/* sim_core_rewind: the clock of an active core that was ahead becomes t. */
void sim_core_rewind(struct sim_core *core, sim_time t);
/* For the core that is running: the date before which it may act.  In an event or a thread: sim_now(). */
sim_time sim_core_limit(void);
/* For the core that is running: sim_now() becomes `t` for the calls that it makes out. */
void sim_core_now(sim_time t);

void sim_set_lookahead(sim_time lookahead);
/* sim_set_quantum: for tests. No slice of a core is longer than q (0: no bound). Results must not depend on it. */
void sim_set_quantum(sim_time q);

/* sim_set_run_ahead: how far behind the limit a core may execute what it can take back (0: not at all).  Results do not
 * depend on it. */
void sim_set_run_ahead(sim_time most);
/* For the core that is running, from its clock on: the date before which it may, its own clock if it may not at all. It
 * lies no later than the next event at the core's own place, which would most likely touch it. */
sim_time sim_core_ahead_limit(const struct sim_core *core);

/* Driving. -------------------------------------------------------------------------------------------- */

/* calendar_next: date of the next event, SIM_NEVER if none; active cores do not count. */
sim_time calendar_next(void);
/* calendar_next_activity: the least of that and the clocks of the active cores: nothing happens before it. */
sim_time calendar_next_activity(void);
/* calendar_step: runs the active cores up to the next instant <= until, then all events of that instant, and returns
 * true; returns false, with sim_now() == until and the cores run up to it, if there is no event at or before `until`.
 * With until == SIM_NEVER and neither event nor active core left: returns false, sim_now() unchanged.  Cores that are
 * active while no event is left run until they park, or post something, or `until`. */
bool calendar_step(sim_time until);
/* calendar_run_cores: the first half of a step: no event fires, sim_now() stays. */
void calendar_run_cores(sim_time until);
/* calendar_cut: at the end of a run: lets the hardware go on for the longest lookahead that was ever set, so that no
 * core is ahead of another, and what has happened does not depend on how far they ran; sim_now() stays. */
void calendar_cut(void);
/* calendar_advance: for the driver, when SimGrid's clock moved: sim_now() = t; no event may lie before t. */
void calendar_advance(sim_time t);
/* calendar_reset: forgets everything; for tests. */
void calendar_reset(void);
/* Events fired since the start (for the benchmark). */
uint64_t calendar_fired(void);

#endif
