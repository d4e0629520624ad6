/* The board: window on the host's bus, control word, tags, reports. */
#include "nic-sim/nic_internal.h"

#include "nic-sim/faults.h"
#include "nic-sim/trace.h"

#include <glib.h>
#include <inttypes.h>
#include <string.h>

#define LOG_TAG_LEVEL 1u /* log_1 moves a tag */

/* The LANai's side. ------------------------------------------------------------------------ */

static bool
core_read(void *device, uint32_t offset, uint32_t *value, bool *steady)
{
	struct nic *nic = device;

	nic->in_core = true;
	bool known = regs_read(nic, offset, value, steady);

	nic->in_core = false;
	return known;
}

static bool
core_write(void *device, uint32_t offset, uint32_t value)
{
	struct nic *nic = device;

	nic->in_core = true;
	bool known = regs_write(nic, offset, value);

	nic->in_core = false;
	return known;
}

static bool
core_logs(void *device, unsigned level)
{
	(void)device;
	return level == LOG_TAG_LEVEL && trace_recording();
}

static void
core_log(void *device, unsigned level, uint32_t r10, uint32_t r11)
{
	struct nic *nic = device;
	uint32_t bytes = lanai_sram_bytes(nic->core);

	if (!core_logs(nic, level) || r10 >= bytes || r11 >= bytes)
		return;
	nic->tags[r10 >> TAG_SHIFT] = nic->tags[r11 >> TAG_SHIFT];
	trace_point(nic->tags[r11 >> TAG_SHIFT], TRACE_STAGE_PICKUP, nic->node);
}

static void
core_halted(void *device)
{
	const struct nic *nic = device;

	trace_event(SIM_RANK_NODE + nic->node, TRACE_FAULT, (uint64_t)lanai_fault(nic->core));
}

/* A LANai that wakes sees every PIO word at its own date from then on. */
static void
woken(struct nic *nic, enum lanai_state before)
{
	if (nic->bus && before == LANAI_PARKED && lanai_state(nic->core) == LANAI_RUNNING)
		hb_pio_settle(nic->bus);
}

static enum lanai_state
before_touch(struct nic *nic)
{
	if (nic->bus)
		hb_pio_settle(nic->bus);
	return lanai_state(nic->core);
}

void
nic_touch_regs(struct nic *nic)
{
	if (nic->in_core)
		return;
	enum lanai_state before = before_touch(nic);

	lanai_touch_regs(nic->core);
	woken(nic, before);
}

bool
nic_touch_sram(struct nic *nic, uint32_t address, uint32_t bytes)
{
	enum lanai_state before = before_touch(nic);
	bool good = lanai_touch(nic->core, address, bytes);

	woken(nic, before);
	return good;
}

void
nic_mistake(struct nic *nic, const char *what, uint32_t value)
{
	nic->counts.mistakes++;
	nic->last_mistake = what;
	nic->last_mistake_value = value;
	nic->last_mistake_at = sim_now();
}

/* The board's control word. ---------------------------------------------------------------- */

void
nic_reset(struct nic *nic)
{
	nic->counts.resets++;
	lanai_stop(nic->core);
	engines_reset(nic);
	regs_reset(nic);
}

void
nic_start(struct nic *nic)
{
	if (nic->loaded && lanai_state(nic->core) == LANAI_RESET)
		lanai_start(nic->core);
	else
		nic_mistake(nic, "start of a LANai without firmware, or not in reset", 0);
}

static void
write_control(struct nic *nic, uint32_t value)
{
	lanai_take_back(nic->core);
	if (value & (NIC_CONTROL_INT_ENABLE | NIC_CONTROL_INT_DISABLE)) {
		nic->irq_enabled = value & NIC_CONTROL_INT_ENABLE;
		regs_update_irq(nic);
	}
	if (value & NIC_CONTROL_RESET_ON)
		nic_reset(nic);
	if (value & NIC_CONTROL_RESET_OFF)
		nic_start(nic);
	if (value & NIC_CONTROL_WAKE)
		regs_flag(nic, LANAI_ISR_WAKE, 0);
}

static uint32_t
read_control(const struct nic *nic)
{
	return (lanai_state(nic->core) == LANAI_RESET ? 0 : NIC_CONTROL_RESET_OFF) |
	       (nic->irq_enabled ? NIC_CONTROL_INT_ENABLE : 0);
}

/* The window. ------------------------------------------------------------------------------ */

static void
write_sram(struct nic *nic, uint32_t address, const uint32_t *words, unsigned n, uint32_t tag)
{
	enum lanai_state before = lanai_state(nic->core);
	uint8_t *to = lanai_sram(nic->core) + address;

	if (!lanai_touch(nic->core, address, 4 * n))
		return;
	for (unsigned i = 0; i < n; i++, to += 4) {
		uint32_t word = GUINT32_TO_BE(words[i]);

		memcpy(to, &word, 4);
	}
	if (tag && trace_recording())
		for (unsigned i = 0; i < n; i++)
			nic->tags[(address + 4 * i) >> TAG_SHIFT] = tag;
	woken(nic, before);
}

/* The part of SRAM that the window shows: boards with 1 MB show the first 768 KB. */
static inline uint32_t
window_sram(const struct nic *nic)
{
	uint32_t sram = lanai_sram_bytes(nic->core);

	return sram < NIC_WINDOW_REGS ? sram : NIC_WINDOW_REGS;
}

static inline bool
in_registers(uint32_t offset)
{
	return offset - NIC_WINDOW_REGS < LANAI_REG_BYTES;
}

static void
write_register(struct nic *nic, uint32_t offset, uint32_t value)
{
	lanai_take_back(nic->core);
	regs_write(nic, offset, value);
}

void
nic_write_burst(struct nic *nic, uint32_t offset, const uint32_t *words, unsigned n, uint32_t tag)
{
	uint32_t sram = window_sram(nic);

	if (offset % 4 == 0 && offset < sram && n <= (sram - offset) / 4) {
		write_sram(nic, offset, words, n, tag);
		return;
	}
	for (unsigned i = 0; i < n; i++)
		nic_write(nic, offset + 4 * i, words[i], tag);
}

void
nic_write(struct nic *nic, uint32_t offset, uint32_t value, uint32_t tag)
{
	if (offset % 4)
		nic_mistake(nic, "host access to an odd address", offset);
	else if (offset < window_sram(nic))
		write_sram(nic, offset, &value, 1, tag);
	else if (in_registers(offset))
		write_register(nic, offset - NIC_WINDOW_REGS, value);
	else if (offset == NIC_WINDOW_CONTROL)
		write_control(nic, value);
}

static uint32_t
read_sram(struct nic *nic, uint32_t address)
{
	uint32_t word;

	if (nic->bus)
		hb_pio_settle(nic->bus);
	memcpy(&word, lanai_sram(nic->core) + address, 4);
	return GUINT32_FROM_BE(word);
}

uint32_t
nic_read(struct nic *nic, uint32_t offset)
{
	uint32_t value;
	bool steady;

	if (offset % 4) {
		nic_mistake(nic, "host access to an odd address", offset);
		return UINT32_MAX;
	}
	if (offset < window_sram(nic))
		return read_sram(nic, offset);
	lanai_take_back(nic->core);
	if (in_registers(offset) && regs_read(nic, offset - NIC_WINDOW_REGS, &value, &steady))
		return value;
	return offset == NIC_WINDOW_CONTROL ? read_control(nic) : UINT32_MAX;
}

bool
nic_watches(const struct nic *nic, uint32_t offset, uint32_t length)
{
	uint32_t sram = window_sram(nic);

	if (offset >= sram || length > sram - offset || lanai_state(nic->core) == LANAI_RUNNING)
		return true;
	return lanai_watches(nic->core, offset, length);
}

/* Making and asking. ----------------------------------------------------------------------- */

struct nic *
nic_new(unsigned node, const struct params *params, struct fabric *fabric)
{
	struct nic *nic = g_new0(struct nic, 1);
	const struct lanai_bus bus = {.device = nic,
	                              .read = core_read,
	                              .write = core_write,
	                              .storage = regs_storage,
	                              .glance = regs_glance,
	                              .change = regs_change,
	                              .logs = core_logs,
	                              .log = core_log,
	                              .halted = core_halted};
	uint32_t sram = (uint32_t)params->sram_kb * 1024;
	g_autofree char *name = g_strdup_printf("lanai-%u", node);

	nic->node = node;
	nic->params = params;
	nic->fabric = fabric;
	nic->hz = (uint64_t)(params->lanai_mhz * 1e6 + 0.5);
	nic->irq_enabled = true;
	nic->tags = g_new0(uint32_t, sram >> TAG_SHIFT);
	nic->core = lanai_new(name, sram, nic->hz, SIM_RANK_NODE + node, &bus);
	engines_init(nic);
	regs_init(nic);
	port_init(nic);
	return nic;
}

void
nic_free(struct nic *nic)
{
	sim_cancel(&nic->it_zero);
	sim_cancel(&nic->irq_change);
	lanai_free(nic->core);
	g_free(nic->tags);
	g_free(nic);
}

void
nic_attach_bus(struct nic *nic, struct host_bus *bus)
{
	nic->bus = bus;
}

void
nic_attach_irq(struct nic *nic, void (*irq)(void *arg, bool level), void *arg)
{
	nic->irq = irq;
	nic->irq_arg = arg;
}

void
nic_hang(struct nic *nic, bool on)
{
	if (nic->bus)
		hb_pio_settle(nic->bus);
	lanai_hang(nic->core, on);
	if (nic->bus)
		hb_pio_settle(nic->bus); /* words are exact again for a LANai that goes on */
}

void
nic_break(struct nic *nic, bool scramble, uint64_t seed)
{
	if (nic->bus)
		hb_pio_settle(nic->bus);
	nic_reset(nic);
	if (scramble) {
		faults_scramble(seed, lanai_sram(nic->core), lanai_sram_bytes(nic->core));
		nic->loaded = false;
	}
	if (nic->on_reset)
		nic->on_reset(nic->on_reset_arg);
}

void
nic_attach_reset(struct nic *nic, void (*reset)(void *arg), void *arg)
{
	nic->on_reset = reset;
	nic->on_reset_arg = arg;
}

bool
nic_load(struct nic *nic, const struct lanai_image *image, const char **why)
{
	nic->loaded = lanai_load(nic->core, image, why);
	return nic->loaded;
}

struct lanai_core *
nic_core(struct nic *nic)
{
	return nic->core;
}

/* nic_counts: what is under way counts up to now. */
struct nic_counts
nic_counts(const struct nic *nic)
{
	struct nic_counts counts = nic->counts;

	counts.dma_busy += nic->dma.busy ? sim_now() - nic->dma.since : 0;
	counts.send_busy += nic->send.busy ? sim_now() - nic->send.since : 0;
	counts.receive_busy += nic->receive.state == RECEIVE_TAKING ? sim_now() - nic->receive.since : 0;
	return counts;
}

void
nic_report(const struct nic *nic, FILE *out)
{
	static const char *const states[] = {"in reset", "running", "idle", "halted", "hung"};
	static const char *const receives[] = {"no buffer", "buffer armed", "packet coming in"};

	lanai_take_back(nic->core);
	fprintf(out, "nic %u: LANai %s; ISR 0x%08" PRIx32 ", EIMR 0x%08" PRIx32 "; host DMA %s, send %s, receive: %s\n",
	        nic->node, states[lanai_state(nic->core)], REG(nic, ISR), REG(nic, EIMR),
	        nic->dma.busy ? "busy" : "free", nic->send.busy ? "busy" : "free", receives[nic->receive.state]);
	if (nic->last_mistake)
		fprintf(out,
		        "nic %u: %" PRIu64 " mistakes of the firmware, the last at %.6f us: %s (0x%08" PRIx32 ")\n",
		        nic->node, nic->counts.mistakes, sim_to_us(nic->last_mistake_at), nic->last_mistake,
		        nic->last_mistake_value);
	if (lanai_state(nic->core) == LANAI_HALTED)
		lanai_report(nic->core, out);
}
