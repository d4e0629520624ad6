#include "nic-sim/calendar.h"

#include <assert.h>
#include <stdlib.h>

enum { ARITY = 4, RANK_SHIFT = 48, FIRST_CAPACITY = 256 };

/* The key stands beside the pointer, so that sifting compares without touching the events. */
struct slot {
	sim_time time;
	uint64_t order;
	struct sim_event *event;
};

static struct {
	struct slot *heap;
	uint32_t n_events, events_capacity;
	struct sim_core **cores; /* the active ones, in no order */
	uint32_t n_cores, cores_capacity;
	uint64_t sequence, fired;
	sim_time now, limit, lookahead, quantum;
} calendar;

/* Events: a four-ary heap. ---------------------------------------------------------------------------- */

static inline bool
before(const struct slot *a, const struct slot *b)
{
	return a->time < b->time || (a->time == b->time && a->order < b->order);
}

static inline void
put(uint32_t i, struct slot s)
{
	calendar.heap[i] = s;
	s.event->slot = i + 1;
}

static void
sift_up(uint32_t i, struct slot s)
{
	while (i > 0) {
		uint32_t parent = (i - 1) / ARITY;

		if (!before(&s, &calendar.heap[parent]))
			break;
		put(i, calendar.heap[parent]);
		i = parent;
	}
	put(i, s);
}

static inline uint32_t
least_child(uint32_t first)
{
	uint32_t end = first + ARITY < calendar.n_events ? first + ARITY : calendar.n_events;
	uint32_t least = first;

	for (uint32_t i = first + 1; i < end; i++)
		if (before(&calendar.heap[i], &calendar.heap[least]))
			least = i;
	return least;
}

static void
sift_down(uint32_t i, struct slot s)
{
	for (uint32_t first; (first = i * ARITY + 1) < calendar.n_events;) {
		uint32_t child = least_child(first);

		if (!before(&calendar.heap[child], &s))
			break;
		put(i, calendar.heap[child]);
		i = child;
	}
	put(i, s);
}

/* place: puts `s` at the free position i, or wherever the order wants it from there. */
static void
place(uint32_t i, struct slot s)
{
	if (i > 0 && before(&s, &calendar.heap[(i - 1) / ARITY]))
		sift_up(i, s);
	else
		sift_down(i, s);
}

static void
remove_slot(uint32_t i)
{
	struct slot last = calendar.heap[--calendar.n_events];

	calendar.heap[i].event->slot = 0;
	if (i < calendar.n_events)
		place(i, last);
}

static void *
grow(void *array, uint32_t *capacity, size_t element)
{
	*capacity = *capacity ? *capacity * 2 : FIRST_CAPACITY;
	array = realloc(array, *capacity * element);
	if (!array)
		abort();
	return array;
}

void
sim_event_init(struct sim_event *ev, unsigned rank, void (*fire)(struct sim_event *))
{
	assert(rank <= SIM_RANK_LAST);
	*ev = (struct sim_event){.fire = fire, .rank = (uint16_t)rank};
}

void
sim_post(struct sim_event *ev, sim_time t)
{
	struct slot s = {t, (uint64_t)ev->rank << RANK_SHIFT | ++calendar.sequence, ev};

	assert(t >= calendar.now && t != SIM_NEVER);
	ev->time = t;
	ev->order = s.order;
	if (t < calendar.limit)
		calendar.limit = t;
	if (ev->slot) {
		place(ev->slot - 1, s);
		return;
	}
	if (calendar.n_events == calendar.events_capacity)
		calendar.heap = grow(calendar.heap, &calendar.events_capacity, sizeof *calendar.heap);
	sift_up(calendar.n_events++, s);
}

void
sim_cancel(struct sim_event *ev)
{
	if (ev->slot)
		remove_slot(ev->slot - 1);
}

sim_time
sim_now(void)
{
	return calendar.now;
}

/* Cores. ---------------------------------------------------------------------------------------------- */

void
sim_core_init(struct sim_core *core, unsigned rank, void (*run)(struct sim_core *))
{
	assert(rank <= SIM_RANK_LAST);
	*core = (struct sim_core){.run = run, .rank = (uint16_t)rank};
}

void
sim_core_resume(struct sim_core *core, sim_time t)
{
	assert(t >= calendar.now);
	if (core->index)
		return;
	if (calendar.n_cores == calendar.cores_capacity)
		calendar.cores = grow(calendar.cores, &calendar.cores_capacity, sizeof *calendar.cores);
	core->clock = t;
	calendar.cores[calendar.n_cores++] = core;
	core->index = calendar.n_cores;
	if (t + calendar.lookahead < calendar.limit)
		calendar.limit = t + calendar.lookahead;
}

void
sim_core_park(struct sim_core *core)
{
	if (!core->index)
		return;
	struct sim_core *last = calendar.cores[--calendar.n_cores];

	calendar.cores[core->index - 1] = last;
	last->index = core->index;
	core->index = 0;
}

sim_time
sim_core_limit(void)
{
	return calendar.limit;
}

void
sim_core_now(sim_time t)
{
	calendar.now = t;
}

void
sim_set_lookahead(sim_time lookahead)
{
	assert(lookahead <= SIM_TIME_MAX);
	calendar.lookahead = lookahead;
}

void
sim_set_quantum(sim_time q)
{
	calendar.quantum = q;
}

/* first_core: the active core that is to run, by clock and then rank; *rest becomes the smallest clock of the others.
 */
static struct sim_core *
first_core(sim_time *rest)
{
	struct sim_core *first = calendar.cores[0];

	*rest = SIM_NEVER;
	for (uint32_t i = 1; i < calendar.n_cores; i++) {
		struct sim_core *core = calendar.cores[i], *later = core;

		if (core->clock < first->clock || (core->clock == first->clock && core->rank < first->rank)) {
			later = first;
			first = core;
		}
		if (later->clock < *rest)
			*rest = later->clock;
	}
	return first;
}

/* run_slice: the limit leaves at least the instruction at the core's own clock, also where the lookahead is 0. */
static void
run_slice(struct sim_core *core, sim_time rest, sim_time bound)
{
	sim_time limit = bound;

	if (rest != SIM_NEVER && rest + calendar.lookahead < limit)
		limit = rest + calendar.lookahead;
	if (calendar.quantum && core->clock + calendar.quantum < limit)
		limit = core->clock + calendar.quantum;
	calendar.limit = limit > core->clock ? limit : core->clock + 1;
	calendar.now = core->clock;
	core->run(core);
	assert(!core->index || core->clock >= calendar.limit);
}

/* run_cores: until each active one stands at or behind the next event or `until`; returns the earlier of these. */
static sim_time
run_cores(sim_time until)
{
	for (;;) {
		sim_time rest, next = calendar_next(), bound = next < until ? next : until;

		if (!calendar.n_cores)
			return bound;
		struct sim_core *core = first_core(&rest);

		if (core->clock >= bound)
			return bound;
		run_slice(core, rest, bound);
	}
}

/* Driving. -------------------------------------------------------------------------------------------- */

sim_time
calendar_next(void)
{
	return calendar.n_events ? calendar.heap[0].time : SIM_NEVER;
}

sim_time
calendar_next_activity(void)
{
	sim_time least = calendar_next();

	for (uint32_t i = 0; i < calendar.n_cores; i++)
		if (calendar.cores[i]->clock < least)
			least = calendar.cores[i]->clock;
	return least;
}

static void
fire_instant(sim_time t)
{
	do {
		struct sim_event *ev = calendar.heap[0].event;

		calendar.now = calendar.limit = t; /* again each time: a core that catches up moves it */
		remove_slot(0);
		calendar.fired++;
		ev->fire(ev);
	} while (calendar_next() == t);
	calendar.now = calendar.limit = t;
}

bool
calendar_step(sim_time until)
{
	sim_time start = calendar.now, t = run_cores(until);

	if (t != SIM_NEVER && t == calendar_next()) {
		fire_instant(t);
		return true;
	}
	calendar.now = calendar.limit = until == SIM_NEVER ? start : until;
	return false;
}

void
calendar_run_cores(sim_time until)
{
	sim_time start = calendar.now;

	run_cores(until);
	calendar.now = calendar.limit = start;
}

void
calendar_advance(sim_time t)
{
	assert(t <= calendar_next());
	calendar.now = calendar.limit = t;
}

void
calendar_reset(void)
{
	for (uint32_t i = 0; i < calendar.n_events; i++)
		calendar.heap[i].event->slot = 0;
	for (uint32_t i = 0; i < calendar.n_cores; i++)
		calendar.cores[i]->index = 0;
	calendar.n_events = calendar.n_cores = 0;
	calendar.sequence = calendar.fired = 0;
	calendar.now = calendar.limit = calendar.lookahead = calendar.quantum = 0;
}

uint64_t
calendar_fired(void)
{
	return calendar.fired;
}
