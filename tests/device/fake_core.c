/* A LANai without a processor: the tests are the firmware.  It keeps the contract of lanai_core.h that matters to
 * devices, and counts what they tell it. */
#include "tests/device/fake_core.h"

#include <stdlib.h>
#include <string.h>

struct lanai_core {
	struct lanai_bus bus;
	uint8_t *sram;
	uint32_t bytes, load, watched, watched_length, code_end;
	unsigned touches, reg_touches;
	enum lanai_state state;
	bool hung;
};

struct lanai_core *
lanai_new(const char *name, uint32_t sram_bytes, uint64_t hz, unsigned rank, const struct lanai_bus *bus)
{
	struct lanai_core *core = calloc(1, sizeof *core);

	(void)name, (void)hz, (void)rank;
	core->bus = *bus;
	core->bytes = sram_bytes;
	core->sram = calloc(1, sram_bytes);
	core->state = LANAI_RUNNING;
	return core;
}

void
lanai_free(struct lanai_core *core)
{
	free(core->sram);
	free(core);
}

bool
lanai_load(struct lanai_core *core, const struct lanai_image *image, const char **why)
{
	(void)core, (void)image, (void)why;
	return true;
}

void
lanai_start(struct lanai_core *core)
{
	core->state = LANAI_RUNNING;
}

void
lanai_stop(struct lanai_core *core)
{
	core->state = LANAI_RESET;
}

void
lanai_hang(struct lanai_core *core, bool on)
{
	core->hung = on;
}

bool
fake_hung(const struct lanai_core *core)
{
	return core->hung;
}

enum lanai_state
lanai_state(const struct lanai_core *core)
{
	return core->state;
}

enum lanai_fault
lanai_fault(const struct lanai_core *core)
{
	return core->state == LANAI_HALTED ? LANAI_FAULT_CODE_STORE : LANAI_FAULT_NONE;
}

void
lanai_report(const struct lanai_core *core, FILE *out)
{
	fprintf(out, "state %d\n", core->state);
}

uint8_t *
lanai_sram(struct lanai_core *core)
{
	return core->sram;
}

uint32_t
lanai_sram_bytes(const struct lanai_core *core)
{
	return core->bytes;
}

bool
lanai_watches(const struct lanai_core *core, uint32_t address, uint32_t length)
{
	return core->state == LANAI_PARKED && address < core->watched + core->watched_length &&
	       core->watched < address + length;
}

bool
lanai_touch(struct lanai_core *core, uint32_t address, uint32_t length)
{
	core->touches++;
	if (lanai_watches(core, address, length))
		core->state = LANAI_RUNNING;
	if (length == 0 || address >= core->code_end)
		return true;
	core->state = LANAI_HALTED;
	return false;
}

void
lanai_touch_regs(struct lanai_core *core)
{
	core->reg_touches++;
	if (core->state == LANAI_PARKED)
		core->state = LANAI_RUNNING;
}

void
lanai_take_back(struct lanai_core *core)
{
	(void)core;
}

void
lanai_set_dma_load(struct lanai_core *core, uint32_t load)
{
	core->load = load;
}

/* The firmware that the tests are. */
void
fake_write(struct lanai_core *core, uint32_t offset, uint32_t value)
{
	if (!core->bus.write(core->bus.device, offset, value))
		abort();
}

uint32_t
fake_read(struct lanai_core *core, uint32_t offset)
{
	uint32_t value = 0;
	bool steady = true;

	if (!core->bus.read(core->bus.device, offset, &value, &steady))
		abort();
	return value;
}

bool
fake_exists(struct lanai_core *core, uint32_t offset, bool *steady)
{
	uint32_t value;

	*steady = true;
	return core->bus.read(core->bus.device, offset, &value, steady);
}

void
fake_park(struct lanai_core *core, uint32_t watched, uint32_t length)
{
	core->state = LANAI_PARKED;
	core->watched = watched;
	core->watched_length = length;
}

void
fake_set_code(struct lanai_core *core, uint32_t end)
{
	core->code_end = end;
}

uint32_t
fake_load(const struct lanai_core *core)
{
	return core->load;
}

unsigned
fake_reg_touches(const struct lanai_core *core)
{
	return core->reg_touches;
}
