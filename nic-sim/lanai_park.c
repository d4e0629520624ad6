/* Parked cores.
 *
 * When the head of a memo is reached with the live registers, the memory words and the device registers that the memo
 * names, the core parks.  Nothing is executed until somebody touches one of those words; then whole periods are added,
 * the registers that the loop writes get their values, and the partial rest is executed for real, reading device
 * registers from the memo, since the devices may already be at a later date.
 *
 * COSTS.  When instructions become slower or faster meanwhile, the core stays parked: `pos`, where the period began, is
 * moved so that what has been executed of the period would have taken until now at the new costs.  `begun` remembers
 * the position reached: the rest begins there, even where the moved dates would put an instruction behind it. */
#include "nic-sim/lanai_state.h"

#include <glib.h>

/* Cycles from a wake-up to the next search: recording an idle loop costs about as much as executing this. */
#define GAP_WAKE 256

enum lanai_outcome
lanai_park(struct lanai_core *core, struct lanai_memo *m)
{
	if (core->idle.parked_last)
		core->idle.parked_last->next = m;
	core->idle.parked = core->idle.parked_last = m;
	core->idle.begun = 0;
	core->rec = m->head;
	core->acc = 0 - m->head->prefix;
	sim_core_park(&core->sim);
	return LANAI_STOPPED;
}

bool
lanai_replay_read(struct lanai_core *core, uint32_t offset, uint32_t *value)
{
	const struct lanai_memo *m = core->idle.replayed;

	for (unsigned i = 0; i < m->n_watch; i++)
		if (m->watch[i].is_register && m->watch[i].address == offset) {
			*value = m->watch[i].value;
			return true;
		}
	return false;
}

/* Whole periods that begin before `budget`. */
static void
skip_periods(struct lanai_core *core, const struct lanai_memo *m, uint64_t budget)
{
	uint64_t period = lanai_cost(&core->costs, m->cycles, m->accesses);
	uint64_t n = budget > core->pos ? (budget - core->pos) / period : 0;

	if (n == 0)
		return;
	sim_time from = lanai_date(core, core->pos);

	core->pos += n * period;
	core->cycles += n * m->cycles;
	core->accesses += n * m->accesses;
	core->stalls += n * m->stalls;
	core->skipped += n * (m->cycles - m->stalls);
	core->counts.parked_ps += lanai_date(core, core->pos) - from;
	for (uint32_t written = m->written; written; written &= written - 1) {
		unsigned r = (unsigned)__builtin_ctz(written);

		core->r[r] = m->regs[r];
	}
	if (m->writes_flags) {
		core->res = m->res;
		core->v = m->v;
		core->c = m->c;
	}
}

/* due: the position up to which the loop is executed by now. */
static uint64_t
due(const struct lanai_core *core)
{
	return MAX(lanai_position(core, sim_now()), core->idle.begun);
}

/* next_step: the first checked instruction of the period that has not been executed when that much has `passed`. */
static unsigned
next_step(const struct lanai_core *core, const struct lanai_memo *m, uint64_t passed)
{
	unsigned first = 0, end = m->n_steps;

	while (first < end) {
		unsigned i = (first + end) / 2;

		if (lanai_cost(&core->costs, m->steps[i].cycles, m->steps[i].accesses) < passed)
			first = i + 1;
		else
			end = i;
	}
	return first;
}

static void
move_head(struct lanai_core *core, uint64_t pos)
{
	sim_time before = lanai_date(core, core->pos);

	core->pos = pos;
	core->counts.parked_ps += lanai_date(core, pos) - before; /* or minus what it moved back */
}

bool
lanai_change_costs(struct lanai_core *core, const struct lanai_costs *costs)
{
	struct lanai_memo *m = core->idle.parked;
	uint64_t until, begun, passed;
	unsigned next;

	if (!m || m->n_steps > LANAI_STEPS_MAX)
		return false;
	until = due(core);
	skip_periods(core, m, until);
	next = next_step(core, m, until > core->pos ? until - core->pos : 0);
	if (next == m->n_steps) {
		skip_periods(core, m, core->pos + lanai_cost(&core->costs, m->cycles, m->accesses));
		next = 0;
	}
	begun = core->pos + lanai_cost(&core->costs, m->steps[next].cycles, m->steps[next].accesses);
	passed = lanai_cost(costs, m->steps[next].cycles, m->steps[next].accesses);
	if (begun < passed)
		return false;
	core->costs = *costs;
	core->idle.begun = begun;
	move_head(core, begun - passed);
	return true;
}

void
lanai_catch_up(struct lanai_core *core)
{
	struct lanai_idle *idle = &core->idle;
	struct lanai_memo *m = idle->parked;

	if (!m)
		return;
	idle->parked = NULL;
	skip_periods(core, m, due(core));
	idle->replayed = m;
	idle->replaying = true;
	core->limit = sim_now();
	lanai_window(core);
	core->budget = MAX(core->budget, idle->begun);
	lanai_interpret(core);
	idle->replaying = false;
	idle->next_sample = core->cycles + GAP_WAKE;
	core->sim.clock = lanai_date(core, core->pos);
	sim_core_resume(&core->sim, core->sim.clock);
}

bool
lanai_watches(const struct lanai_core *core, uint32_t address, uint32_t length)
{
	const struct lanai_memo *m = core->idle.parked;

	for (unsigned i = 0; m && i < m->n_watch; i++) {
		const struct lanai_watch *w = &m->watch[i];

		if (!w->is_register && w->address + 4 > address && w->address < address + length)
			return true;
	}
	return false;
}
