#include "nic-sim/lanai_state.h"
#include "nic-sim/lanai_time.h"

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

/* Faults. ---------------------------------------------------------------------------------------------------------- */

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
	if (core->ahead.mode != LANAI_FINAL)
		return LANAI_STOPPED;
	sim_core_now(lanai_date(core, core->pos));
	return halt(core, fault, pc);
}

/* Slices. ---------------------------------------------------------------------------------------------------------- */

static void
run(struct sim_core *sim)
{
	struct lanai_core *core = sim_event_owner(sim, struct lanai_core, sim);
	enum lanai_outcome outcome;

	sim->ahead = false; /* what was done is final */
	core->limit = sim_core_limit();
	lanai_window(core);
	do
		outcome = core->slow ? lanai_ref_run(core) : lanai_interpret(core);
	while (outcome == LANAI_SWITCH);
	lanai_end_ahead(core);
	if (outcome == LANAI_STOPPED && core->state == LANAI_RUNNING)
		sim->clock = lanai_date(core, core->pos);
}

static void
take_back(struct sim_core *sim)
{
	lanai_take_back(sim_event_owner(sim, struct lanai_core, sim));
}

void
lanai_set_dma_load(struct lanai_core *core, uint32_t load)
{
	const struct lanai_costs *costs = lanai_costs_at(core, load);

	assert(load < 2 * LANAI_FX);
	lanai_take_back(core);
	if (lanai_change_costs(core, costs))
		return;
	lanai_catch_up(core);
	core->costs = *costs;
	core->safe = core->branch_safe = 0;
}

/* Life. ------------------------------------------------------------------------------------------------------------ */

static void
find_storage(struct lanai_core *core)
{
	for (uint32_t offset = 0; core->bus.storage && offset < LANAI_REG_BYTES; offset += 4)
		core->storage[offset / 4] = core->bus.storage(core->bus.device, offset);
}

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
	lanai_set_rate(core, hz);
	core->costs = *lanai_costs_at(core, 0);
	sim_core_init(&core->sim, rank, run);
	core->sim.take_back = take_back;
	find_storage(core);
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
	lanai_release_code(core);
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
	lanai_take_back(core);
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
	lanai_set_anchor(core, 0);
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

/* lanai_hang: all dates move back by the time that passed. */
void
lanai_hang(struct lanai_core *core, bool on)
{
	lanai_take_back(core);
	lanai_catch_up(core);
	if (on && core->state == LANAI_RUNNING) {
		sim_core_park(&core->sim);
		core->state = LANAI_HUNG;
		core->hung_since = sim_now();
	} else if (!on && core->state == LANAI_HUNG) {
		core->origin += sim_now() - core->hung_since;
		core->anchor_date += sim_now() - core->hung_since;
		core->state = LANAI_RUNNING;
		sim_core_resume(&core->sim, lanai_date(core, core->pos));
	}
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

/* Memory and state seen from outside. ------------------------------------------------------------------------------ */

uint8_t *
lanai_sram(struct lanai_core *core)
{
	lanai_take_back(core);
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
	lanai_take_back(core);
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
	lanai_take_back((struct lanai_core *)core);
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
	lanai_take_back(core);
	core->r[r] = value;
}

struct lanai_counts
lanai_counts(const struct lanai_core *core)
{
	struct lanai_counts counts;

	lanai_take_back((struct lanai_core *)core);
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
	static const char *const states[] = {"in reset", "running", "idle", "halted", "hung"};
	uint32_t pc = lanai_reg(core, LANAI_PC);
	struct lanai_flags f = lanai_flags(core);

	fprintf(out, "LANai %s: %s", core->name, states[lanai_state(core)]);
	if (core->state == LANAI_HALTED)
		fprintf(out, " by a fault: %s", lanai_fault_name(core->fault));
	fprintf(out, "\npc %08x  flags %c%c%c%c\n", pc, f.z ? 'Z' : '-', f.n ? 'N' : '-', f.v ? 'V' : '-',
	        f.c ? 'C' : '-');
	for (unsigned r = 3; r < LANAI_REGS; r++)
		fprintf(out, "r%-2u %08x%s", r, core->r[r], (r - 2) % 8 == 0 || r == LANAI_REGS - 1 ? "\n" : "  ");
	report_code(core, pc, out);
}
