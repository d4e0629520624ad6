/* A worm: a head that events carry from hop to hop (fabric_motion.c), and behind it a fluid.
 *
 * Two flows describe the fluid: `sent` at the sender, as if the way were free, and `taken` at the receiver.  From them
 * follow the date of the tail and the dates at which the channels become free, each one event, moved when a rate
 * changes.  No event depends on the length. */
#include "nic-sim/fabric_internal.h"

#include "nic-sim/trace.h"

#include <glib.h>

#define FIRST_CAPACITY 8192u

/* Flows. ----------------------------------------------------------------------------------- */

uint64_t
flow_rest(const struct flow *f, sim_time t)
{
	sim_time passed = t - f->since;
	uint64_t done = passed < LONG_AGO ? passed * f->speed / FULL_SPEED : f->speed ? f->rest : 0;

	return done < f->rest ? f->rest - done : 0;
}

void
flow_set(struct flow *f, sim_time now, uint32_t speed)
{
	f->rest = flow_rest(f, now);
	f->since = now;
	f->speed = speed;
}

sim_time
flow_end(const struct flow *f)
{
	if (f->speed == 0)
		return f->rest ? SIM_NEVER : f->since;
	return f->since + (f->rest * FULL_SPEED + f->speed - 1) / f->speed;
}

/* Worms. ----------------------------------------------------------------------------------- */

static struct worm *
worm_alloc(struct fabric *f)
{
	struct worm *w = f->pool;

	if (w) {
		f->pool = w->next;
	} else {
		w = g_new0(struct worm, 1);
		w->capacity = FIRST_CAPACITY;
		w->data = g_malloc(FIRST_CAPACITY);
		w->older = f->newest;
		f->newest = w;
	}
	return w;
}

struct worm *
worm_new(struct fabric *f, unsigned node)
{
	struct worm *w = worm_alloc(f);
	unsigned rank = SIM_RANK_NODE + node;

	*w = (struct worm){.fabric = f,
	                   .data = w->data,
	                   .capacity = w->capacity,
	                   .older = w->older,
	                   .from = node,
	                   .sender_cap = FABRIC_UNLIMITED,
	                   .known_cap = FABRIC_UNLIMITED,
	                   .far_limit = FABRIC_UNLIMITED};
	sim_event_init(&w->head, rank, worm_head_fire);
	sim_event_init(&w->tail, rank, worm_tail_fire);
	sim_event_init(&w->forward, rank, worm_forward_fire);
	sim_event_init(&w->backward, rank, worm_backward_fire);
	sim_event_init(&w->timeout, rank, worm_timeout_fire);
	return w;
}

void
worm_cancel(struct worm *w)
{
	sim_cancel(&w->head);
	sim_cancel(&w->tail);
	sim_cancel(&w->forward);
	sim_cancel(&w->backward);
	sim_cancel(&w->timeout);
}

/* worm_unref: back to the pool if nothing is left of it in the fabric. */
void
worm_unref(struct worm *w)
{
	if (w->phase != WORM_OVER || w->n_held > 0)
		return;
	worm_cancel(w);
	w->next = w->fabric->pool;
	w->fabric->pool = w;
}

/* worm_drop: the packet will not be received; what happens to it first is what counts. */
void
worm_drop(struct worm *w, enum drop_reason reason)
{
	struct fabric_counts *counts = &w->fabric->counts;

	if (w->dropped)
		return;
	w->dropped = true;
	trace_event(SIM_RANK_CHANNEL + w->path[w->n_path - 1], TRACE_DROP, reason);
	*(reason == DROP_BAD_ROUTE ? &counts->bad_route
	  : reason == DROP_TIMEOUT ? &counts->timeouts
	                           : &counts->dropped) += 1;
}

/* When channels become free. --------------------------------------------------------------- */

/* front_tail: when the tail passes the front of the worm, as far as it can be known. */
static sim_time
front_tail(const struct worm *w)
{
	switch (w->phase) {
	case WORM_TRAVEL:
		return w->head.time + wire_time(w->bytes - w->start + TRAILER, w->bytes_per_s);
	case WORM_FLOW:
		return w->start + w->chunk == w->bytes && sim_posted(&w->tail) ? w->tail.time : SIM_NEVER;
	case WORM_ENDLESS:
		return 0;
	default:
		return SIM_NEVER;
	}
}

/* release_date: when the tail has come to the switch that channel `hop` leaves, so that the next head can be on its way
 * through the switch behind it: as sent, or when what is in front has moved on, but for what fits into the slack
 * buffers between.  What happened at the front is felt here no sooner than STOP and GO can tell. */
static sim_time
release_date(const struct worm *w, unsigned hop, sim_time natural, sim_time tail)
{
	sim_time way = w->reach - w->enter[hop], t = natural + w->enter[hop];
	uint64_t slack = (w->n_path - 1 - hop) * w->fabric->slack;

	if (natural == SIM_NEVER)
		return SIM_NEVER;
	if (tail == SIM_NEVER) {
		if (w->bytes - w->start + TRAILER > slack)
			return SIM_NEVER;
	} else {
		sim_time less = way + wire_time(slack, w->bytes_per_s);

		t = later(t, tail > less ? tail - less : 0);
	}
	if (w->cause)
		t = later(t, w->cause + way);
	return later(t, sim_now());
}

/* worm_schedule: posts, moves or takes back the release of every channel that the worm holds.  While the head travels
 * only those that come before its next event: the others are seen to then. */
void
worm_schedule(struct worm *w)
{
	sim_time natural, tail, horizon = w->phase == WORM_TRAVEL ? w->head.time : SIM_NEVER;

	if (!w->closed)
		return;
	natural = flow_end(&w->sent);
	tail = front_tail(w);
	for (unsigned hop = w->n_path; hop-- > 0;) {
		struct channel *c = &w->fabric->channels[w->path[hop]];

		if (!holds(w, hop))
			continue;
		if (w->cause && sim_posted(&c->release) && c->release.time < w->cause + w->reach - w->enter[hop])
			continue;
		sim_time t = release_date(w, hop, natural, tail);

		if (t == SIM_NEVER)
			sim_cancel(&c->release);
		else if (sim_posted(&c->release) ? t != c->release.time : t < horizon)
			sim_post(&c->release, t);
	}
}
