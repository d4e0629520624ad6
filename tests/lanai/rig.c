#include "tests/lanai/rig.h"

#include "nic-sim/lanai_regs.h"
#include "nic-sim/lanai_state.h"

#include <glib.h>

struct entry {
	sim_time date;
	uint32_t kind, offset, value;
};

enum { LOG_READ = 'r', LOG_WRITE = 'w', LOG_MESSAGE = 'l', LOG_HALT = 'h' };

struct rig {
	struct lanai_core *core;
	struct rig_options options;
	uint32_t regs[LANAI_REG_BYTES / 4];
	GArray *log, *output;
	struct sim_event disturbance;
	uint64_t random;
};

static void
note(struct rig *rig, uint32_t kind, uint32_t offset, uint32_t value)
{
	struct entry e = {.date = sim_now(), .kind = kind, .offset = offset, .value = value};

	g_array_append_val(rig->log, e);
}

/* Every other register that has no meaning here is storage, and its writes leave no trace but the value. */
static bool
is_storage(uint32_t offset)
{
	return offset != LANAI_IT && offset != LANAI_ISR && offset != LANAI_DMA_CTR && offset != LANAI_HW_DBUG &&
	       offset != LANAI_RTC && offset != LANAI_ACTIVATE && offset % 8 == 0;
}

static uint32_t *
rig_storage(void *device, uint32_t offset)
{
	struct rig *rig = device;

	return offset != LANAI_ACTIVATE && offset != LANAI_RTC && offset != LANAI_IT ? &rig->regs[offset / 4] : NULL;
}

/* IT is a clock that is read without a trace. */
static bool
rig_glance(const void *device, uint32_t offset, sim_time date, uint32_t *value)
{
	(void)device;
	*value = (uint32_t)(date / SIM_NS);
	return offset == LANAI_IT;
}

static uint32_t *
rig_change(void *device, uint32_t offset, uint32_t value, uint32_t *becomes)
{
	struct rig *rig = device;

	*becomes = value;
	return is_storage(offset) ? &rig->regs[offset / 4] : NULL;
}

/* RTC changes by itself; the rest is storage that only writes and disturbances change. */
static bool
rig_read(void *device, uint32_t offset, uint32_t *value, bool *steady)
{
	struct rig *rig = device;

	if (offset == LANAI_ACTIVATE)
		return false;
	if (offset == LANAI_IT) {
		*steady = false;
		return rig_glance(rig, offset, sim_now(), value);
	}
	*value = rig->regs[offset / 4];
	if (offset != LANAI_RTC)
		return true;
	*steady = false;
	*value = (uint32_t)(sim_now() / (LANAI_TICK_NS * SIM_NS));
	note(rig, LOG_READ, offset, *value);
	return true;
}

/* A write to DMA_CTR changes the DMA load, so that the core meets changes in the middle of its own instruction. */
static bool
rig_write(void *device, uint32_t offset, uint32_t value)
{
	struct rig *rig = device;

	if (offset == LANAI_ACTIVATE)
		return false;
	if (!is_storage(offset))
		note(rig, LOG_WRITE, offset, value);
	if (offset == LANAI_HW_DBUG)
		g_array_append_val(rig->output, value);
	if (offset == LANAI_DMA_CTR)
		lanai_set_dma_load(rig->core, value % 120000);
	if (offset == LANAI_ISR)
		rig->regs[offset / 4] &= ~value;
	else
		rig->regs[offset / 4] = value;
	return true;
}

static void
rig_message(void *device, unsigned level, uint32_t r10, uint32_t r11)
{
	note(device, LOG_MESSAGE, level, r10 ^ r11);
}

static void
rig_halted(void *device)
{
	note(device, LOG_HALT, 0, 0);
}

static void
change_word(struct rig *rig, uint64_t dice)
{
	uint32_t address = RIG_TOUCHED + (dice >> 8) % RIG_TOUCHED_WORDS * 4;

	lanai_touch(rig->core, address, 4);
	lanai_sram(rig->core)[address + 3] = (uint8_t)(dice >> 16 & 3);
}

static void
disturb(struct sim_event *ev)
{
	struct rig *rig = sim_event_owner(ev, struct rig, disturbance);
	uint64_t dice = rig_random(&rig->random);

	if (rig->options.hangs && (dice >> 4 & 3) == 0)
		lanai_hang(rig->core, dice >> 6 & 1);
	switch (dice & 3) {
	case 0:
	case 1:
		change_word(rig, dice);
		break;
	case 2:
		lanai_touch_regs(rig->core);
		rig->regs[LANAI_ISR / 4] ^= 1u << (dice >> 8) % 4;
		break;
	case 3:
		lanai_set_dma_load(rig->core, dice & 0x100 ? 0 : (uint32_t)(dice >> 9) % 130000);
	}
	sim_post(ev, sim_now() + 1 + rig_random(&rig->random) % (2 * rig->options.every));
}

static void
start(struct rig *rig)
{
	calendar_reset();
	sim_set_quantum(rig->options.quantum);
	if (rig->options.ahead)
		sim_set_run_ahead(rig->options.ahead);
	sim_set_lookahead(0);
	sim_event_init(&rig->disturbance, SIM_RANK_ENGINE, disturb);
	if (rig->options.every)
		sim_post(&rig->disturbance, rig->options.every);
}

static bool
finished(const struct rig *rig)
{
	if (lanai_state(rig->core) == LANAI_HALTED)
		return true;
	return rig->options.outputs && rig->output->len >= rig->options.outputs;
}

struct rig *
rig_run(const struct lanai_image *image, const struct rig_options *options)
{
	struct rig *rig = g_new0(struct rig, 1);
	struct lanai_bus bus = {.device = rig,
	                        .read = rig_read,
	                        .write = rig_write,
	                        .storage = rig_storage,
	                        .glance = rig_glance,
	                        .change = rig_change,
	                        .log = rig_message,
	                        .halted = rig_halted};
	const char *why;

	rig->options = *options;
	rig->random = options->seed;
	rig->log = g_array_new(FALSE, FALSE, sizeof(struct entry));
	rig->output = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	start(rig);
	rig->core = lanai_new("test", options->sram ? options->sram : RIG_SRAM, options->hz ? options->hz : 33000000,
	                      SIM_RANK_NODE, &bus);
	if (!lanai_load(rig->core, image, &why))
		g_error("%s", why);
	rig->core->always_slow = options->slow;
	lanai_set_skipping(rig->core, options->skip && !options->slow);
	lanai_start(rig->core);
	while (!finished(rig) && sim_now() < options->until)
		calendar_step(MIN(options->until, sim_now() + SIM_MS));
	lanai_counts(rig->core); /* a parked core catches up */
	return rig;
}

void
rig_close(struct rig *rig)
{
	lanai_free(rig->core);
	calendar_reset();
	g_array_free(rig->log, TRUE);
	g_array_free(rig->output, TRUE);
	g_free(rig);
}

struct lanai_core *
rig_core(struct rig *rig)
{
	return rig->core;
}

const uint32_t *
rig_output(const struct rig *rig, unsigned *n)
{
	*n = rig->output->len;
	return (const uint32_t *)(void *)rig->output->data;
}

static uint64_t
hash(uint64_t h, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;

	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * 0x100000001B3ull;
	return h;
}

uint64_t
rig_digest(struct rig *rig)
{
	const struct lanai_core *core = rig->core;
	struct lanai_flags flags = lanai_flags(core);
	uint64_t numbers[] = {core->pos,
	                      core->cycles,
	                      core->accesses,
	                      core->stalls,
	                      core->fault,
	                      lanai_reg(core, LANAI_PC),
	                      (uint64_t)core->state};
	uint64_t h = 0xCBF29CE484222325ull;

	for (guint i = 0; i < rig->log->len; i++) {
		const struct entry *e = &g_array_index(rig->log, struct entry, i);

		h = hash(h, &e->date, sizeof e->date);
		h = hash(h, &e->kind, 3 * sizeof e->kind);
	}
	h = hash(h, core->r, sizeof(uint32_t) * LANAI_REGS);
	h = hash(h, core->sram, core->sram_bytes);
	h = hash(h, rig->regs, sizeof rig->regs);
	h = hash(h, &flags, sizeof flags);
	return hash(h, numbers, sizeof numbers);
}

void
rig_print(struct rig *rig, const char *title, unsigned log_lines)
{
	const struct lanai_core *core = rig->core;

	printf("-- %s: position %llu cycles %llu accesses %llu stalls %llu skipped %llu log %u\n", title,
	       (unsigned long long)core->pos, (unsigned long long)core->cycles, (unsigned long long)core->accesses,
	       (unsigned long long)core->stalls, (unsigned long long)core->skipped, rig->log->len);
	for (guint i = 0; i < rig->log->len && i < log_lines; i++) {
		const struct entry *e = &g_array_index(rig->log, struct entry, i);

		printf("%12llu %c %02x %08x\n", (unsigned long long)e->date, (int)e->kind, e->offset, e->value);
	}
	lanai_report(core, stdout);
}
