#include "nic-sim/faults_timed.h"

#include "nic-sim/calendar.h"
#include "nic-sim/trace.h"

#include <glib.h>

/* A state of one part: on until a date. */
struct state {
	bool on;
	sim_time until;
};

struct entry {
	struct entry *next;
	struct timed_faults *all;
	struct fault_event what;
	struct sim_event begin, end;
};

struct timed_faults {
	struct fault_hooks hooks;
	uint64_t seed;
	struct state *links, *hung, *slow;
	struct entry *entries;
	struct fault_counts counts;
};

/* hold: the state lasts until `until` at least; true if it begins now. */
static bool
hold(struct state *s, sim_time until)
{
	bool begins = !s->on;

	s->on = true;
	if (begins || until > s->until)
		s->until = until;
	return begins;
}

/* over: true if the state ends now. */
static bool
over(struct state *s, bool anyway)
{
	bool ends = s->on && (anyway || s->until <= sim_now());

	s->on = s->on && !ends;
	return ends;
}

static void
link_up(struct timed_faults *t, unsigned channel, bool anyway)
{
	if (over(&t->links[channel], anyway))
		t->hooks.link(t->hooks.arg, channel, true);
}

static void
link_down(struct timed_faults *t, unsigned channel, sim_time until)
{
	if (!hold(&t->links[channel], until))
		return;
	t->counts.links_down++;
	t->hooks.link(t->hooks.arg, channel, false);
}

static void
hang(struct timed_faults *t, unsigned node, sim_time until)
{
	if (!hold(&t->hung[node], until))
		return;
	t->counts.hangs++;
	t->hooks.hang(t->hooks.arg, node, true);
}

static void
wake(struct timed_faults *t, unsigned node, bool anyway)
{
	if (over(&t->hung[node], anyway))
		t->hooks.hang(t->hooks.arg, node, false);
}

/* reset: cures a hang. */
static void
reset(struct timed_faults *t, const struct fault_event *e)
{
	wake(t, e->node, true);
	t->counts.resets++;
	t->hooks.reset(t->hooks.arg, e->node, e->scramble, t->seed + t->counts.resets);
}

static void
slow(struct timed_faults *t, const struct fault_event *e, sim_time until)
{
	t->slow[e->node] = (struct state){.on = e->factor != FAULT_FACTOR_ONE, .until = until};
	t->counts.slowdowns += e->factor != FAULT_FACTOR_ONE;
	t->hooks.slow(t->hooks.arg, e->node, e->factor);
}

static void
begin_fire(struct sim_event *ev)
{
	struct entry *entry = sim_event_owner(ev, struct entry, begin);
	const struct fault_event *e = &entry->what;
	struct timed_faults *t = entry->all;
	sim_time until = e->lasts == SIM_NEVER ? SIM_NEVER : sim_now() + e->lasts;

	trace_event(SIM_RANK_ENGINE, TRACE_FAULT, e->action);
	for (unsigned i = 0; i < e->n_channels; i++)
		if (e->action == FAULT_LINK_UP || e->lasts == 0)
			link_up(t, e->channels[i], true);
		else
			link_down(t, e->channels[i], until);
	if (e->action == FAULT_HANG && e->lasts == 0)
		wake(t, e->node, true);
	else if (e->action == FAULT_HANG)
		hang(t, e->node, until);
	else if (e->action == FAULT_RESET)
		reset(t, e);
	else if (e->action == FAULT_SLOW)
		slow(t, e, until);
	if (until != SIM_NEVER)
		sim_post(&entry->end, until);
}

static void
end_fire(struct sim_event *ev)
{
	struct entry *entry = sim_event_owner(ev, struct entry, end);
	const struct fault_event *e = &entry->what;
	struct timed_faults *t = entry->all;

	for (unsigned i = 0; i < e->n_channels; i++)
		link_up(t, e->channels[i], false);
	if (e->action == FAULT_HANG)
		wake(t, e->node, false);
	if (e->action == FAULT_SLOW && over(&t->slow[e->node], false))
		t->hooks.slow(t->hooks.arg, e->node, FAULT_FACTOR_ONE);
}

struct timed_faults *
timed_faults_new(unsigned n_nodes, unsigned n_channels, uint64_t seed, const struct fault_hooks *hooks)
{
	struct timed_faults *t = g_new0(struct timed_faults, 1);

	t->hooks = *hooks;
	t->seed = seed;
	t->links = g_new0(struct state, n_channels + 1);
	t->hung = g_new0(struct state, n_nodes + 1);
	t->slow = g_new0(struct state, n_nodes + 1);
	return t;
}

void
timed_faults_free(struct timed_faults *t)
{
	while (t->entries) {
		struct entry *entry = t->entries;

		t->entries = entry->next;
		sim_cancel(&entry->begin);
		sim_cancel(&entry->end);
		g_free(entry);
	}
	g_free(t->links);
	g_free(t->hung);
	g_free(t->slow);
	g_free(t);
}

void
timed_faults_add(struct timed_faults *t, const struct fault_event *event)
{
	struct entry *entry = g_new0(struct entry, 1);

	entry->all = t;
	entry->what = *event;
	entry->next = t->entries;
	t->entries = entry;
	sim_event_init(&entry->begin, SIM_RANK_ENGINE, begin_fire);
	sim_event_init(&entry->end, SIM_RANK_ENGINE, end_fire);
	sim_post(&entry->begin, event->at);
}

void
timed_faults_count(const struct timed_faults *t, struct fault_counts *counts)
{
	counts->links_down += t->counts.links_down;
	counts->hangs += t->counts.hangs;
	counts->resets += t->counts.resets;
	counts->slowdowns += t->counts.slowdowns;
}
