#include "nic-sim/calendar.h"
#include "nic-sim/tournament.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define RUN_AHEAD (16 * SIM_US) /* some hundred instructions: more are seldom left alone */

enum { ARITY = 4, RANK_SHIFT = 48, FIRST_CAPACITY = 16, MAX_NODES = SIM_RANK_CHANNEL - SIM_RANK_NODE };

/* The key stands beside the pointer, so that sifting compares without touching the events. */
struct slot {
	sim_time time;
	uint64_t order;
	struct sim_event *event;
};

/* Events that act at one place, a node, or at any of them: a four-ary heap. A node has at most one core. */
struct place {
	struct slot *heap;
	uint32_t n, capacity;
	struct sim_core *core; /* if it is active */
	uint32_t node;
};

static struct {
	struct place anywhere;          /* engine and channels: their events may act on any node */
	struct place *nodes[MAX_NODES]; /* made when first used */
	uint32_t n_nodes;
	struct tournament events, cores; /* by node: the first event, the next instruction if its core is active */
	struct place *firing;            /* one of its events fires: what is its first is noted when that is over */
	uint64_t sequence, fired;
	sim_time now, limit, lookahead, longest_lookahead, quantum, run_ahead;
} calendar = {.run_ahead = RUN_AHEAD};

static inline sim_time
earlier(sim_time a, sim_time b)
{
	return a < b ? a : b;
}

static void *
allocate(void *array, size_t bytes)
{
	array = realloc(array, bytes);
	if (!array)
		abort();
	return array;
}

static struct place *
new_node(unsigned node)
{
	struct place *p = allocate(NULL, sizeof *p);

	*p = (struct place){.node = node};
	if (!tournament_make_room(&calendar.events, node) || !tournament_make_room(&calendar.cores, node))
		abort();
	if (node >= calendar.n_nodes)
		calendar.n_nodes = node + 1;
	return calendar.nodes[node] = p;
}

static inline struct place *
place_of(unsigned rank)
{
	if (rank < SIM_RANK_NODE || rank >= SIM_RANK_CHANNEL)
		return &calendar.anywhere;
	struct place *p = calendar.nodes[rank - SIM_RANK_NODE];

	return p ? p : new_node(rank - SIM_RANK_NODE);
}

/* Events of one place. -----------------------------------------------------------------------------------------------
 */

static inline bool
before(const struct slot *a, const struct slot *b)
{
	return a->time < b->time || (a->time == b->time && a->order < b->order);
}

/* A slot that goes through memory on its way into the heap stalls the processor: everything down to sift() is inlined.
 */
#define INLINE static inline __attribute__((always_inline))

INLINE void
put(struct place *p, uint32_t i, struct slot s)
{
	p->heap[i] = s;
	s.event->slot = i + 1;
}

INLINE void
sift_up(struct place *p, uint32_t i, struct slot s)
{
	while (i > 0) {
		uint32_t parent = (i - 1) / ARITY;

		if (!before(&s, &p->heap[parent]))
			break;
		put(p, i, p->heap[parent]);
		i = parent;
	}
	put(p, i, s);
}

static inline uint32_t
least_child(const struct place *p, uint32_t first)
{
	uint32_t end = first + ARITY < p->n ? first + ARITY : p->n;
	uint32_t least = first;

	for (uint32_t i = first + 1; i < end; i++)
		if (before(&p->heap[i], &p->heap[least]))
			least = i;
	return least;
}

INLINE void
sift_down(struct place *p, uint32_t i, struct slot s)
{
	for (uint32_t first; (first = i * ARITY + 1) < p->n;) {
		uint32_t child = least_child(p, first);

		if (!before(&p->heap[child], &s))
			break;
		put(p, i, p->heap[child]);
		i = child;
	}
	put(p, i, s);
}

/* sift: puts `s` at the free position i, or wherever the order wants it from there. */
INLINE void
sift(struct place *p, uint32_t i, struct slot s)
{
	if (i > 0 && before(&s, &p->heap[(i - 1) / ARITY]))
		sift_up(p, i, s);
	else
		sift_down(p, i, s);
}

static void
remove_slot(struct place *p, uint32_t i)
{
	struct slot last = p->heap[--p->n];

	p->heap[i].event->slot = 0;
	if (i < p->n)
		sift(p, i, last);
}

/* What comes first. ------------------------------------------------------------------------------------------------ */

/* events_changed: the first event of the place may be another. */
static inline void
events_changed(struct place *p)
{
	const struct entrant *noted;

	if (p == &calendar.anywhere || p == calendar.firing)
		return;
	noted = &calendar.events.entrants[p->node];
	if (p->n == 0)
		tournament_set(&calendar.events, p->node, SIM_NEVER, 0);
	else if (p->heap[0].order != noted->tie || p->heap[0].time != noted->time)
		tournament_set(&calendar.events, p->node, p->heap[0].time, p->heap[0].order);
}

static inline void
core_changed(struct place *p)
{
	tournament_set(&calendar.cores, p->node, p->core ? p->core->clock : SIM_NEVER, p->node);
}

static inline sim_time
anywhere_next(void)
{
	return calendar.anywhere.n ? calendar.anywhere.heap[0].time : SIM_NEVER;
}

static inline sim_time
next_event(void)
{
	return earlier(anywhere_next(), tournament_first_time(&calendar.events));
}

static inline sim_time
next_instruction(void)
{
	return tournament_first_time(&calendar.cores);
}

/* Events. ------------------------------------------------------------------------------------------------------------
 */

void
sim_event_init(struct sim_event *ev, unsigned rank, void (*fire)(struct sim_event *))
{
	assert(rank <= SIM_RANK_LAST);
	*ev = (struct sim_event){.fire = fire, .rank = (uint16_t)rank};
}

static inline void
lower_limit(sim_time t)
{
	calendar.limit = earlier(calendar.limit, t);
}

void
sim_post(struct sim_event *ev, sim_time t)
{
	struct place *p = place_of(ev->rank);

	if (ev->slot && place_of(ev->order >> RANK_SHIFT) != p) /* its rank was changed */
		sim_cancel(ev);
	struct slot s = {t, (uint64_t)ev->rank << RANK_SHIFT | ++calendar.sequence, ev};

	assert(t >= calendar.now && t != SIM_NEVER);
	ev->time = t;
	ev->order = s.order;
	lower_limit(t);
	if (ev->slot) {
		sift(p, ev->slot - 1, s);
	} else {
		if (p->n == p->capacity) {
			p->capacity = p->capacity ? 2 * p->capacity : FIRST_CAPACITY;
			p->heap = allocate(p->heap, p->capacity * sizeof *p->heap);
		}
		sift_up(p, p->n++, s);
	}
	events_changed(p);
}

void
sim_cancel(struct sim_event *ev)
{
	if (!ev->slot)
		return;
	struct place *p = place_of(ev->order >> RANK_SHIFT);

	remove_slot(p, ev->slot - 1);
	events_changed(p);
}

sim_time
sim_now(void)
{
	return calendar.now;
}

/* Cores. -------------------------------------------------------------------------------------------------------------
 */

void
sim_core_init(struct sim_core *core, unsigned rank, void (*run)(struct sim_core *))
{
	assert(rank >= SIM_RANK_NODE && rank < SIM_RANK_CHANNEL);
	*core = (struct sim_core){.run = run, .rank = (uint16_t)rank};
}

void
sim_core_resume(struct sim_core *core, sim_time t)
{
	struct place *p = place_of(core->rank);

	assert(t >= calendar.now);
	if (core->active)
		return;
	assert(!p->core);
	core->clock = t;
	core->active = true;
	p->core = core;
	core_changed(p);
	lower_limit(t + calendar.lookahead);
}

void
sim_core_park(struct sim_core *core)
{
	struct place *p = place_of(core->rank);

	if (!core->active)
		return;
	core->active = false;
	p->core = NULL;
	core_changed(p);
}

void
sim_core_rewind(struct sim_core *core, sim_time t)
{
	core->clock = t;
	core_changed(place_of(core->rank));
	lower_limit(t + calendar.lookahead);
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
	if (lookahead > calendar.longest_lookahead)
		calendar.longest_lookahead = lookahead;
}

void
sim_set_quantum(sim_time q)
{
	calendar.quantum = q;
}

void
sim_set_run_ahead(sim_time most)
{
	calendar.run_ahead = most;
}

sim_time
sim_core_ahead_limit(const struct sim_core *core)
{
	const struct place *p = place_of(core->rank);
	sim_time limit = core->clock + calendar.run_ahead;

	if (calendar.quantum)
		return core->clock;
	return p->n > 0 && p->heap[0].time < limit ? p->heap[0].time : limit;
}

/* run_slice: the limit leaves at least the instruction at the core's own clock, also where the lookahead is 0. */
static void
run_slice(struct place *p, sim_time until)
{
	struct sim_core *core = p->core;
	sim_time limit = earlier(until, next_event()), other = tournament_second_time(&calendar.cores);

	if (other != SIM_NEVER)
		limit = earlier(limit, other + calendar.lookahead);
	if (calendar.quantum)
		limit = earlier(limit, core->clock + calendar.quantum);
	calendar.limit = limit > core->clock ? limit : core->clock + 1;
	calendar.now = core->clock;
	core->run(core);
	assert(!core->active || core->clock >= calendar.limit);
	if (core->active)
		core_changed(p);
}

/* run_cores: until what happens next is an event, or lies at or behind `until`. */
static void
run_cores(sim_time until)
{
	sim_time t;

	while ((t = next_instruction()) < until && t < next_event())
		run_slice(calendar.nodes[tournament_first(&calendar.cores)], until);
}

/* Driving. --------------------------------------------------------------------------------------------------------- */

sim_time
calendar_next(void)
{
	return next_event();
}

sim_time
calendar_next_activity(void)
{
	return earlier(next_event(), next_instruction());
}

/* first_event: the place of the event that comes next; NULL if there is none. */
static inline struct place *
first_event(void)
{
	struct place *anywhere = calendar.anywhere.n ? &calendar.anywhere : NULL;
	struct place *node;

	if (tournament_first_time(&calendar.events) == SIM_NEVER)
		return anywhere;
	node = calendar.nodes[tournament_first(&calendar.events)];
	if (!anywhere)
		return node;
	return before(&node->heap[0], &anywhere->heap[0]) ? node : anywhere;
}

static void
fire_instant(struct place *p, sim_time t)
{
	do {
		struct sim_event *ev = p->heap[0].event;

		calendar.now = calendar.limit = t; /* again each time: a core that catches up moves it */
		calendar.firing = p;
		remove_slot(p, 0);
		calendar.fired++;
		ev->fire(ev);
		calendar.firing = NULL;
		events_changed(p);
		p = first_event();
	} while (p && p->heap[0].time == t);
	calendar.now = calendar.limit = t;
}

/* take_back: no core is ahead of sim_now() any more. */
static void
take_back(void)
{
	for (uint32_t i = 0; i < calendar.n_nodes; i++) {
		struct sim_core *core = calendar.nodes[i] ? calendar.nodes[i]->core : NULL;

		if (core && core->ahead)
			core->take_back(core);
	}
}

bool
calendar_step(sim_time until)
{
	sim_time start = calendar.now;
	struct place *p;

	run_cores(until);
	p = first_event();
	if (p && p->heap[0].time <= until) {
		fire_instant(p, p->heap[0].time);
		return true;
	}
	calendar.now = calendar.limit = until == SIM_NEVER ? start : until;
	take_back();
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
calendar_cut(void)
{
	sim_time end = calendar.now, cut = end + calendar.longest_lookahead;

	while (calendar_step(cut))
		;
	calendar.now = calendar.limit = end;
}

void
calendar_advance(sim_time t)
{
	assert(t <= calendar_next());
	calendar.now = calendar.limit = t;
}

static void
clear(struct place *p)
{
	for (uint32_t i = 0; i < p->n; i++)
		p->heap[i].event->slot = 0;
	if (p->core)
		p->core->active = p->core->ahead = false;
	free(p->heap);
}

void
calendar_reset(void)
{
	clear(&calendar.anywhere);
	for (uint32_t i = 0; i < calendar.n_nodes; i++)
		if (calendar.nodes[i]) {
			clear(calendar.nodes[i]);
			free(calendar.nodes[i]);
		}
	tournament_clear(&calendar.events);
	tournament_clear(&calendar.cores);
	memset(&calendar, 0, sizeof calendar);
	calendar.run_ahead = RUN_AHEAD;
}

uint64_t
calendar_fired(void)
{
	return calendar.fired;
}
