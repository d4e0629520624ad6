/* Effects: what an instruction does to registers, flags, memory and devices, one at a time.
 *
 * The slow engine executes everything here; the fast one what it has no handler for, and every access that is not an
 * aligned one of SRAM. */
#include "nic-sim/lanai_state.h"

struct lanai_flags
lanai_flags(const struct lanai_core *core)
{
	return (struct lanai_flags){.z = core->res == 0,
	                            .n = (uint8_t)(core->res >> 31),
	                            .v = (uint8_t)(core->v >> 31),
	                            .c = (uint8_t)core->c};
}

void
lanai_put_flags(struct lanai_core *core, struct lanai_flags f)
{
	core->res = f.z ? 0 : f.n ? 1u << 31 : 1;
	core->v = (uint32_t)f.v << 31;
	core->c = f.c;
}

static uint32_t
load_bytes(const struct lanai_core *core, const struct lanai_access *a)
{
	const uint8_t *p = core->sram + a->address;

	if (a->size == 4)
		return lanai_word(core, a->address);
	if (a->size == 2) {
		uint32_t v = (uint32_t)p[0] << 8 | p[1];

		return a->sign ? (uint32_t)(int16_t)v : v;
	}
	return a->sign ? (uint32_t)(int8_t)*p : *p;
}

static void
store_bytes(struct lanai_core *core, struct lanai_access *a)
{
	uint8_t *p = core->sram + a->address;

	for (unsigned i = 0; i < a->size; i++) {
		uint8_t byte = (uint8_t)(a->value >> 8 * (a->size - 1 - i));

		a->changed |= p[i] != byte;
		p[i] = byte;
	}
}

/* A call out of the core: the date goes to the calendar, limit and costs may be different afterwards. */
static enum lanai_outcome
after_call(struct lanai_core *core, uint32_t epoch)
{
	if (core->epoch != epoch)
		return LANAI_GONE;
	core->limit = sim_core_limit();
	lanai_window(core);
	core->safe = core->branch_safe = 0;
	return LANAI_DONE;
}

static enum lanai_outcome
access_register(struct lanai_core *core, struct lanai_access *a, uint32_t pc)
{
	uint32_t offset = a->address - LANAI_REG_BASE, epoch = core->epoch;
	bool steady = true, ok;

	if (core->idle.replaying)
		return !a->store && lanai_replay_read(core, offset, &a->value) ? LANAI_DONE : LANAI_STOPPED;
	sim_core_now(lanai_date(core, core->pos));
	if (a->store)
		ok = core->bus.write(core->bus.device, offset, a->value);
	else
		ok = core->bus.read(core->bus.device, offset, &a->value, &steady);
	if (epoch == core->epoch && !ok)
		return lanai_halt(core, LANAI_FAULT_WILD, pc);
	a->steady = steady;
	return after_call(core, epoch);
}

/* may_access: what is more than an access of data in SRAM has to wait until the core is not ahead any more. */
static bool
may_access(struct lanai_core *core, const struct lanai_access *a)
{
	if (core->ahead.mode == LANAI_FINAL)
		return true;
	if (a->address & (a->size - 1u) || a->address >= core->sram_bytes)
		return false;
	if (!a->store || core->ahead.mode == LANAI_AGAIN)
		return true;
	return a->address >= core->code_end && lanai_note_old(core, core->sram + (a->address & ~3u));
}

enum lanai_outcome
lanai_access(struct lanai_core *core, struct lanai_access *a, uint32_t pc)
{
	a->sram = false;
	if (!may_access(core, a))
		return LANAI_STOPPED;
	if (a->address & (a->size - 1u))
		return lanai_halt(core, LANAI_FAULT_UNALIGNED, pc);
	if (a->address >= LANAI_REG_BASE && a->size == 4)
		return access_register(core, a, pc);
	if (a->address >= core->sram_bytes)
		return lanai_halt(core, LANAI_FAULT_WILD, pc);
	if (a->store && a->address < core->code_end)
		return lanai_halt(core, LANAI_FAULT_CODE_STORE, pc);
	a->sram = true;
	if (a->store)
		store_bytes(core, a);
	else
		a->value = load_bytes(core, a);
	return LANAI_DONE;
}

bool
lanai_takes(const struct lanai_core *core, const struct lanai_insn *in)
{
	bool conditional = in->kind == LANAI_K_ALU_REG || in->kind == LANAI_K_BRANCH || in->kind == LANAI_K_BRANCH_REL;

	return !conditional || lanai_condition(in->cc, lanai_flags(core));
}

enum lanai_outcome
lanai_log(struct lanai_core *core, unsigned level)
{
	uint32_t epoch = core->epoch;

	if (!core->bus.log || (core->bus.logs && !core->bus.logs(core->bus.device, level)))
		return LANAI_DONE;
	if (core->ahead.mode != LANAI_FINAL)
		return LANAI_STOPPED;
	sim_core_now(lanai_date(core, core->pos));
	core->bus.log(core->bus.device, level, core->r[10], core->r[11]);
	return after_call(core, epoch);
}

static uint32_t
operand(const struct lanai_core *core, unsigned r, uint32_t address)
{
	return r == LANAI_PC ? address : core->r[r];
}

static void
result(struct lanai_core *core, unsigned r, uint32_t value, struct lanai_effect *effect)
{
	if (r == LANAI_PC) {
		effect->jump = true;
		effect->target = value & ~3u;
	} else if (r > LANAI_R1) {
		core->r[r] = value;
	}
}

static enum lanai_outcome
execute_memory(struct lanai_core *core, const struct lanai_insn *in, uint32_t pc, struct lanai_effect *effect)
{
	struct lanai_flags flags = lanai_flags(core);
	uint32_t base = operand(core, in->rs1, pc);
	uint32_t offset = in->has_rs2 ? operand(core, in->rs2, pc) : in->imm;
	uint32_t sum = lanai_alu(in->has_rs2 ? in->op : LANAI_OP_ADD, base, offset, &flags);
	struct lanai_access a = {.size = in->size, .store = in->kind == LANAI_K_STORE, .sign = in->sign};
	enum lanai_outcome outcome;

	a.address = in->absolute ? in->imm & ~3u : in->pre ? sum : base;
	a.value = operand(core, in->rd, pc);
	outcome = lanai_access(core, &a, pc);
	if (outcome != LANAI_DONE)
		return outcome;
	effect->sram = a.sram;
	effect->changed = a.changed;
	effect->address = a.address;
	effect->value = a.value;
	effect->steady = a.sram || (!a.store && a.steady);
	if (!a.store)
		result(core, in->rd, a.value, effect);
	if (in->update)
		result(core, in->rs1, sum, effect);
	return LANAI_DONE;
}

static void
execute_alu(struct lanai_core *core, const struct lanai_insn *in, uint32_t pc, struct lanai_effect *effect)
{
	struct lanai_flags flags = lanai_flags(core);
	bool reg = in->kind == LANAI_K_ALU_REG;
	uint32_t value;

	if (reg && !lanai_condition(in->cc, flags))
		return;
	value = lanai_alu(in->op, operand(core, in->rs1, pc), reg ? operand(core, in->rs2, pc) : in->imm, &flags);
	result(core, in->rd, value, effect);
	if (in->set_flags)
		lanai_put_flags(core, flags);
}

enum lanai_outcome
lanai_execute(struct lanai_core *core, const struct lanai_insn *in, uint32_t pc, struct lanai_effect *effect)
{
	bool truth = lanai_condition(in->cc, lanai_flags(core));

	*effect = (struct lanai_effect){.steady = true};
	switch (in->kind) {
	case LANAI_K_ALU_IMM:
	case LANAI_K_ALU_REG:
		execute_alu(core, in, pc, effect);
		break;
	case LANAI_K_SELECT:
		result(core, in->rd, operand(core, truth ? in->rs1 : in->rs2, pc), effect);
		break;
	case LANAI_K_SET:
		result(core, in->rd, truth, effect);
		break;
	case LANAI_K_CONST:
		result(core, in->rd, in->imm, effect);
		break;
	case LANAI_K_COUNT:
		result(core, in->rd, lanai_count(in->op, operand(core, in->rs1, pc)), effect);
		break;
	case LANAI_K_LOAD:
	case LANAI_K_STORE:
		return execute_memory(core, in, pc, effect);
	case LANAI_K_BRANCH:
	case LANAI_K_BRANCH_REL:
		if (truth)
			result(core, LANAI_PC, in->kind == LANAI_K_BRANCH ? in->imm : pc + in->imm, effect);
		break;
	case LANAI_K_LOG:
		return lanai_log(core, in->imm);
	}
	return LANAI_DONE;
}
