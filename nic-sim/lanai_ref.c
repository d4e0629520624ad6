/* The slow engine: one instruction at a time, straight from the definition of the machine.
 *
 * It fetches and decodes the word at pc each time, keeps the three addresses pc, n1, n2 of the instructions under way,
 * and adds the cost of each instruction to the position.  It is the oracle for the fast engine, and it records idle
 * loops. */
#include "nic-sim/lanai_state.h"

void
lanai_to_slow(struct lanai_core *core)
{
	core->pc = lanai_address(core, core->rec);
	core->n1 = core->pc + 4;
	core->n2 = core->pc + 8;
	core->shadow = 0;
	core->slow = true;
}

void
lanai_to_fast(struct lanai_core *core)
{
	core->wild_pc = core->pc;
	core->rec = core->pc < core->code_end ? &core->recs[core->pc / 4] : &core->wild;
	core->acc = 0 - core->rec->prefix;
	core->slow = false;
}

static enum lanai_fault
fetch(const struct lanai_core *core, struct lanai_insn *in)
{
	if (core->pc >= core->code_end)
		return LANAI_FAULT_PC;
	if (!lanai_decode(lanai_word(core, core->pc), in) || lanai_is_forbidden(in))
		return LANAI_FAULT_ILLEGAL;
	if (core->shadow && lanai_is_transfer(in))
		return LANAI_FAULT_SHADOW;
	return LANAI_FAULT_NONE;
}

static bool
is_checked(const struct lanai_core *core, const struct lanai_insn *in)
{
	return lanai_is_memory(in) || in->kind == LANAI_K_LOG || (lanai_is_transfer(in) && lanai_takes(core, in));
}

static void
advance(struct lanai_core *core, const struct lanai_insn *in, const struct lanai_effect *effect)
{
	core->pc = core->n1;
	core->n1 = core->n2;
	core->n2 += 4;
	if (core->shadow)
		core->shadow--;
	if (!effect->jump)
		return;
	core->shadow = lanai_slots(in);
	if (core->shadow == 1) {
		core->n1 = effect->target;
		core->n2 = effect->target + 4;
	} else {
		core->n2 = effect->target;
	}
}

static bool
next_stalls(const struct lanai_core *core, const struct lanai_insn *in)
{
	unsigned late = lanai_late(in);
	struct lanai_insn next;

	if (!late || core->pc >= core->code_end)
		return false;
	lanai_decode(lanai_word(core, core->pc), &next);
	return lanai_reads(&next) >> late & 1;
}

static void
spend(struct lanai_core *core, const struct lanai_insn *in, const struct lanai_effect *effect)
{
	core->pos += effect->sram ? core->costs.memory : core->costs.plain;
	core->cycles++;
	core->accesses += effect->sram;
	if (next_stalls(core, in)) {
		core->pos += core->costs.plain;
		core->cycles++;
		core->stalls++;
	}
}

static enum lanai_outcome
step(struct lanai_core *core)
{
	struct lanai_insn in;
	struct lanai_effect effect;
	enum lanai_fault fault = fetch(core, &in);
	enum lanai_outcome outcome;
	uint32_t pc = core->pc;
	bool checked = fault || is_checked(core, &in), done;

	if (checked && !lanai_admit(core))
		return LANAI_STOPPED;
	if (fault)
		return lanai_halt(core, fault, pc);
	if (checked && core->idle.search == LANAI_RECORDING)
		lanai_record_step(core);
	done = in.kind != LANAI_K_ALU_REG || lanai_takes(core, &in);
	outcome = lanai_execute(core, &in, pc, &effect);
	if (outcome != LANAI_DONE)
		return outcome;
	advance(core, &in, &effect);
	spend(core, &in, &effect);
	if (core->idle.search == LANAI_RECORDING)
		lanai_record(core, &in, &effect, done);
	return LANAI_DONE;
}

enum lanai_outcome
lanai_ref_run(struct lanai_core *core)
{
	enum lanai_outcome outcome = LANAI_DONE;

	while (outcome == LANAI_DONE && (core->always_slow || core->idle.search == LANAI_RECORDING || core->shadow))
		outcome = step(core);
	if (outcome != LANAI_DONE)
		return outcome;
	lanai_to_fast(core);
	return LANAI_SWITCH;
}
