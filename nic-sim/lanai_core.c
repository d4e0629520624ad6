#include "nic-sim/lanai_state.h"

#include <assert.h>
#include <glib.h>

const char *
lanai_fault_name(enum lanai_fault fault)
{
	static const char *const names[] = {
	        "none",
	        "illegal instruction",
	        "control transfer in a delay slot",
	        "unaligned access",
	        "wild access",
	        "pc outside the code",
	        "store into code",
	};

	return names[fault];
}

/* Dates. -------------------------------------------------------------------------------------------------------------
 */

/* x / d for any x, given inverse = floor((2^64 - 1) / d): the estimate is at most two too small. */
static uint64_t
divide(uint64_t x, uint64_t d, uint64_t inverse, uint64_t *rest)
{
	uint64_t q = (uint64_t)((unsigned __int128)x * inverse >> 64), r = x - q * d;

	while (r >= d) {
		q++;
		r -= d;
	}
	*rest = r;
	return q;
}

/* Longest look ahead from the anchor, in ps, for which ps * den fits: den < 2^34 for any clock up to 1 GHz. */
#define WINDOW_MAX (1ull << 29)

static void
set_rate(struct lanai_core *core, uint64_t hz)
{
	uint64_t a = SIM_S, b = hz * LANAI_FX;

	while (b) {
		uint64_t t = a % b;

		a = b;
		b = t;
	}
	core->hz = hz;
	core->rate_num = SIM_S / a;
	core->rate_den = hz * LANAI_FX / a;
	core->rate_num_inv = UINT64_MAX / core->rate_num;
	core->rate_den_inv = UINT64_MAX / core->rate_den;
	core->anchor_reach = MIN(LANAI_CHUNK, WINDOW_MAX / 2 * core->rate_den / core->rate_num);
}

/* The anchor is a recent position whose date is known exactly, remainder included; from it 64 bits suffice. */
static void
set_anchor(struct lanai_core *core, uint64_t pos)
{
	unsigned __int128 x = (unsigned __int128)pos * core->rate_num;

	core->anchor_pos = pos;
	core->anchor_date = core->origin + (sim_time)(x / core->rate_den);
	core->anchor_rest = (uint64_t)(x % core->rate_den);
}

sim_time
lanai_date(struct lanai_core *core, uint64_t pos)
{
	uint64_t rest;

	if (pos - core->anchor_pos >= 2 * LANAI_CHUNK)
		set_anchor(core, pos);
	return core->anchor_date + divide((pos - core->anchor_pos) * core->rate_num + core->anchor_rest, core->rate_den,
	                                  core->rate_den_inv, &rest);
}

uint64_t
lanai_position(const struct lanai_core *core, sim_time t)
{
	unsigned __int128 x = (unsigned __int128)(t - core->origin) * core->rate_den;
	uint64_t ahead = t - core->anchor_date, rest, q;

	if (ahead > WINDOW_MAX) /* or before the anchor */
		return (uint64_t)((x + core->rate_num - 1) / core->rate_num);
	if (ahead == 0)
		return core->anchor_pos;
	q = divide(ahead * core->rate_den - core->anchor_rest, core->rate_num, core->rate_num_inv, &rest);
	return core->anchor_pos + q + (rest != 0);
}

void
lanai_window(struct lanai_core *core)
{
	if (core->pos - core->anchor_pos >= core->anchor_reach)
		set_anchor(core, core->pos);
	core->budget = core->anchor_pos;
	if (core->limit <= core->anchor_date)
		return;
	core->budget = lanai_position(core, MIN(core->limit, core->anchor_date + WINDOW_MAX));
	core->budget = MIN(core->budget, core->anchor_pos + 2 * LANAI_CHUNK);
}

/* Cycles until the search for idle loops wants to be asked again. */
static uint64_t
until_sample(const struct lanai_core *core)
{
	const struct lanai_idle *idle = &core->idle;

	if (idle->sample)
		return 0;
	return idle->next_sample > core->cycles ? idle->next_sample - core->cycles : 1024;
}

bool
lanai_admit(struct lanai_core *core)
{
	uint64_t cycles;

	if (core->pos >= core->budget) {
		lanai_window(core);
		if (core->pos >= core->budget) {
			core->safe = 0;
			return false;
		}
	}
	if (core->cycles >= core->idle.next_sample)
		lanai_idle_tick(core);
	cycles = ((core->budget - core->pos - 1) >> core->cost_shift) + 1;
	core->safe = MIN(cycles, until_sample(core)) * LANAI_CYCLE;
	return true;
}

static void
set_costs(struct lanai_core *core, uint32_t load)
{
	uint64_t free = 2 * LANAI_FX - load, clock2 = (uint64_t)LANAI_FX * LANAI_FX;

	core->plain_cost = (uint32_t)MAX(LANAI_FX, (clock2 + free - 1) / free);
	core->memory_cost = (uint32_t)MIN(MAX(LANAI_FX, (2 * clock2 + free - 1) / free), UINT32_MAX);
	core->cost_shift = 16;
	while (1ull << core->cost_shift < core->memory_cost)
		core->cost_shift++;
}

void
lanai_set_dma_load(struct lanai_core *core, uint32_t load)
{
	assert(load < 2 * LANAI_FX);
	lanai_catch_up(core);
	set_costs(core, load);
	core->safe = 0;
}

/* Effects. -----------------------------------------------------------------------------------------------------------
 */

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

static enum lanai_outcome
halt(struct lanai_core *core, enum lanai_fault fault, uint32_t pc)
{
	core->fault = fault;
	core->fault_pc = pc;
	core->counts.faults++;
	core->state = LANAI_HALTED;
	sim_core_park(&core->sim);
	if (core->bus.halted) {
		uint32_t epoch = core->epoch;

		core->bus.halted(core->bus.device);
		if (epoch != core->epoch)
			return LANAI_GONE;
	}
	return LANAI_STOPPED;
}

enum lanai_outcome
lanai_halt(struct lanai_core *core, enum lanai_fault fault, uint32_t pc)
{
	sim_core_now(lanai_date(core, core->pos));
	return halt(core, fault, pc);
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
	core->safe = 0;
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

enum lanai_outcome
lanai_access(struct lanai_core *core, struct lanai_access *a, uint32_t pc)
{
	a->sram = false;
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

	if (!core->bus.log)
		return LANAI_DONE;
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

/* Slices. ------------------------------------------------------------------------------------------------------------
 */

static void
run(struct sim_core *sim)
{
	struct lanai_core *core = sim_event_owner(sim, struct lanai_core, sim);
	enum lanai_outcome outcome;

	core->limit = sim_core_limit();
	lanai_window(core);
	do
		outcome = core->slow ? lanai_ref_run(core) : lanai_interpret(core);
	while (outcome == LANAI_SWITCH);
	if (outcome == LANAI_STOPPED && core->state == LANAI_RUNNING)
		core->sim.clock = lanai_date(core, core->pos);
}

/* Life. --------------------------------------------------------------------------------------------------------------
 */

struct lanai_core *
lanai_new(const char *name, uint32_t sram_bytes, uint64_t hz, unsigned rank, const struct lanai_bus *bus)
{
	struct lanai_core *core = g_new0(struct lanai_core, 1);

	assert(sram_bytes >= 0x10000 && sram_bytes <= LANAI_SRAM_MAX && (sram_bytes & (sram_bytes - 1)) == 0);
	assert(hz > 0 && hz <= 1000000000);
	g_strlcpy(core->name, name, sizeof core->name);
	core->sram_bytes = sram_bytes;
	core->sram = g_malloc0(sram_bytes);
	core->bus = *bus;
	core->r[LANAI_R1] = UINT32_MAX;
	set_rate(core, hz);
	set_costs(core, 0);
	sim_core_init(&core->sim, rank, run);
	lanai_predecode(core);
	lanai_idle_reset(core);
	return core;
}

void
lanai_free(struct lanai_core *core)
{
	if (!core)
		return;
	sim_core_park(&core->sim);
	g_free(core->recs);
	g_free(core->address_of);
	g_free(core->reads);
	g_free(core->original);
	g_free(core->sram);
	g_free(core);
}

bool
lanai_load(struct lanai_core *core, const struct lanai_image *image, const char **why)
{
	if (image->size > core->sram_bytes) {
		*why = "the firmware is larger than the SRAM";
		return false;
	}
	if (image->code_end > image->size || image->code_end % 4 || image->entry >= image->code_end ||
	    image->entry % 4) {
		*why = "the firmware has no code, or its entry lies outside of it";
		return false;
	}
	lanai_stop(core);
	memset(core->sram, 0, core->sram_bytes);
	memcpy(core->sram, image->bytes, image->size);
	core->code_end = image->code_end;
	core->entry = image->entry;
	lanai_predecode(core);
	lanai_idle_reset(core);
	return true;
}

void
lanai_stop(struct lanai_core *core)
{
	lanai_catch_up(core);
	sim_core_park(&core->sim);
	core->state = LANAI_RESET;
	core->epoch++;
}

void
lanai_start(struct lanai_core *core)
{
	lanai_stop(core);
	memset(core->r, 0, sizeof core->r);
	core->r[LANAI_R1] = UINT32_MAX;
	core->res = 1;
	core->v = core->c = 0;
	core->fault = LANAI_FAULT_NONE;
	core->origin = sim_now();
	core->pos = core->budget = 0;
	set_anchor(core, 0);
	core->pc = core->entry;
	core->n1 = core->pc + 4;
	core->n2 = core->pc + 8;
	core->shadow = 0;
	core->wild_pc = core->entry;
	core->rec = core->entry < core->code_end ? &core->recs[core->entry / 4] : &core->wild;
	core->slow = core->always_slow;
	lanai_idle_restart(core);
	core->state = LANAI_RUNNING;
	sim_core_resume(&core->sim, core->origin);
}

enum lanai_state
lanai_state(const struct lanai_core *core)
{
	return core->idle.parked ? LANAI_PARKED : core->state;
}

enum lanai_fault
lanai_fault(const struct lanai_core *core)
{
	return core->fault;
}

/* Memory and state seen from outside. --------------------------------------------------------------------------------
 */

uint8_t *
lanai_sram(struct lanai_core *core)
{
	return core->sram;
}

uint32_t
lanai_sram_bytes(const struct lanai_core *core)
{
	return core->sram_bytes;
}

bool
lanai_touch(struct lanai_core *core, uint32_t address, uint32_t length)
{
	assert(address <= core->sram_bytes && length <= core->sram_bytes - address);
	if (core->idle.parked && lanai_watches(core, address, length))
		lanai_catch_up(core);
	if (address >= core->code_end || length == 0)
		return true;
	lanai_catch_up(core);
	if (core->state == LANAI_RUNNING)
		halt(core, LANAI_FAULT_CODE_STORE, lanai_reg(core, LANAI_PC));
	return false;
}

uint32_t
lanai_reg(const struct lanai_core *core, unsigned r)
{
	if (r != LANAI_PC)
		return core->r[r];
	if (core->state == LANAI_HALTED)
		return core->fault_pc;
	return core->slow ? core->pc : core->rec ? lanai_address(core, core->rec) : 0;
}

void
lanai_set_reg(struct lanai_core *core, unsigned r, uint32_t value)
{
	assert(r > LANAI_PC && r < LANAI_REGS);
	core->r[r] = value;
}

struct lanai_counts
lanai_counts(const struct lanai_core *core)
{
	struct lanai_counts counts;

	lanai_catch_up((struct lanai_core *)core);
	counts = core->counts;
	counts.instructions = core->cycles - core->stalls;
	counts.executed = counts.instructions - core->skipped;
	return counts;
}

static void
report_code(const struct lanai_core *core, uint32_t pc, FILE *out)
{
	uint32_t first = pc >= 16 ? pc - 16 : 0;

	for (uint32_t a = first; a <= pc + 16 && a < core->code_end; a += 4) {
		char text[64];

		lanai_disassemble(lanai_word(core, a), text, sizeof text);
		fprintf(out, "%s %06x: %08x  %s\n", a == pc ? "=>" : "  ", a, lanai_word(core, a), text);
	}
}

void
lanai_report(const struct lanai_core *core, FILE *out)
{
	static const char *const states[] = {"in reset", "running", "idle", "halted"};
	struct lanai_flags f = lanai_flags(core);
	uint32_t pc = lanai_reg(core, LANAI_PC);

	fprintf(out, "LANai %s: %s", core->name, states[lanai_state(core)]);
	if (core->state == LANAI_HALTED)
		fprintf(out, " by a fault: %s", lanai_fault_name(core->fault));
	fprintf(out, "\npc %08x  flags %c%c%c%c\n", pc, f.z ? 'Z' : '-', f.n ? 'N' : '-', f.v ? 'V' : '-',
	        f.c ? 'C' : '-');
	for (unsigned r = 3; r < LANAI_REGS; r++)
		fprintf(out, "r%-2u %08x%s", r, core->r[r], (r - 2) % 8 == 0 || r == LANAI_REGS - 1 ? "\n" : "  ");
	report_code(core, pc, out);
}
