/* Running ahead of the limit, and taking it back.
 *
 * Behind its limit the core notes its registers and goes on with what concerns only itself: registers, its SRAM, device
 * registers that are storage.  The old value of each word that it changes is kept.  In front of the first instruction
 * that is more (or may be: a fault, a log_N, a loop that looks idle) it stops, and the date of that one is its clock.
 *
 * Who touches the core or looks at it before that date has it taken back: the words and registers get their values
 * again, and what lies before the touch is executed once more. */
#include "nic-sim/lanai_state.h"

#include <assert.h>

static void
note_state(struct lanai_core *core)
{
	struct lanai_ahead *a = &core->ahead;

	memcpy(a->r, core->r, sizeof a->r);
	a->res = core->res;
	a->v = core->v;
	a->c = core->c;
	a->wild_pc = core->wild_pc;
	a->target = core->target;
	a->rec = core->rec;
	a->pos = core->pos;
	a->cycles = core->cycles;
	a->accesses = core->accesses;
	a->stalls = core->stalls;
	a->n_undo = 0;
}

static void
restore_state(struct lanai_core *core)
{
	const struct lanai_ahead *a = &core->ahead;

	for (unsigned i = a->n_undo; i-- > 0;)
		memcpy(a->undo[i].at, &a->undo[i].was, sizeof a->undo[i].was);
	memcpy(core->r, a->r, sizeof a->r);
	core->res = a->res;
	core->v = a->v;
	core->c = a->c;
	core->wild_pc = a->wild_pc;
	core->target = a->target;
	core->rec = a->rec;
	core->acc = 0 - a->rec->prefix;
	core->pos = a->pos;
	core->cycles = a->cycles;
	core->accesses = a->accesses;
	core->stalls = a->stalls;
}

bool
lanai_go_ahead(struct lanai_core *core)
{
	struct lanai_ahead *a = &core->ahead;

	if (a->mode != LANAI_FINAL || !core->sim.active || core->idle.replaying)
		return false;
	core->sim.clock = lanai_date(core, core->pos);
	core->limit = sim_core_ahead_limit(&core->sim);
	if (core->limit <= core->sim.clock)
		return false;
	note_state(core);
	a->clock = core->sim.clock;
	a->limit = core->limit;
	lanai_window(core);
	core->budget_is_limit = true;
	a->mode = LANAI_AHEAD;
	return lanai_admit(core);
}

void
lanai_end_ahead(struct lanai_core *core)
{
	core->sim.ahead = core->ahead.mode == LANAI_AHEAD && core->pos != core->ahead.pos;
	core->ahead.mode = LANAI_FINAL;
}

static __attribute__((noinline)) void
take_back(struct lanai_core *core)
{
	struct lanai_ahead *a = &core->ahead;
	sim_time clock = a->clock;

	core->sim.ahead = false;
	if (sim_now() >= a->limit || sim_now() >= core->sim.clock)
		return; /* executing it once more would end at the same instruction */
	restore_state(core);
	if (clock < sim_now()) {
		core->limit = sim_now();
		lanai_window(core);
		a->mode = LANAI_AGAIN;
		lanai_interpret(core);
		a->mode = LANAI_FINAL;
		clock = lanai_date(core, core->pos);
		assert(clock >= sim_now());
	}
	sim_core_rewind(&core->sim, clock);
}

void
lanai_take_back(struct lanai_core *core)
{
	if (core->sim.ahead)
		take_back(core);
}
