#include "tests/firmware/lanai_mock.h"
#include "nic-sim/calendar.h"
#include "nic-sim/image.h"

#include <string.h>

/* What must be left below MOCK_CODE_LIMIT: frames of at most 40 bytes, chains of at most 8 calls, and as much again. */
#define STACK_BYTES 768u

#define SLICE_PS 300000000ull /* 0.3 ms: ten thousand instructions, more than any round of a test needs */
#define SLICES   20u          /* the core may need some time to see that a loop is idle */

/* measure_turn: idle turns read ISR once each, at equal distances; the last other distance ends what was to do.
 * Exact while no idle loop is skipped. */
static void
measure_turn(struct lanai_mock *mock)
{
	sim_time now = sim_now();
	sim_time turn = now - mock->isr_read_at;
	if (turn / LANAI_MOCK_CYCLE_PS != mock->turn_ps / LANAI_MOCK_CYCLE_PS)
		mock->busy_until = now;
	mock->turn_ps = turn;
	mock->isr_read_at = now;
}

static bool
bus_read(void *device, uint32_t offset, uint32_t *value, bool *steady)
{
	struct lanai_mock *mock = device;
	*value = mock_read(mock->nic, offset);
	if (offset == LANAI_ISR)
		measure_turn(mock);
	if (offset == LANAI_RTC || offset == LANAI_IT)
		*steady = false;
	return true;
}

static bool
bus_write(void *device, uint32_t offset, uint32_t value)
{
	struct lanai_mock *mock = device;
	mock_write(mock->nic, offset, value);
	return true;
}

static void
touch(struct mock_nic *nic, uint32_t address, uint32_t bytes)
{
	struct lanai_mock *mock = nic->owner;
	if (address >= LANAI_REG_BASE)
		lanai_touch_regs(mock->core);
	else
		g_assert_true(lanai_touch(mock->core, address, bytes));
}

static void
written(struct mock_nic *nic, uint32_t offset)
{
	struct lanai_mock *mock = nic->owner;
	if (offset != mock->watched)
		return;
	mock->watched = 0;
	mock->written_at = sim_now();
}

static int
compare_paths(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* add_objects: all objects of a folder, in the order of their names, as the experiments load them. */
static void
add_objects(GPtrArray *paths, const char *folder)
{
	GError *error = NULL;
	GPtrArray *found = g_ptr_array_new();
	GDir *dir = g_dir_open(folder, 0, &error);
	g_assert_no_error(error);
	const char *name;
	while ((name = g_dir_read_name(dir)))
		if (g_str_has_suffix(name, ".o"))
			g_ptr_array_add(found, g_build_filename(folder, name, NULL));
	g_dir_close(dir);
	g_ptr_array_sort(found, compare_paths);
	g_ptr_array_extend_and_steal(paths, found);
}

static void
load(struct lanai_mock *mock, const char *folder)
{
	char *error = NULL;
	const char *why = NULL;
	GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
	add_objects(paths, folder);
	add_objects(paths, "firmware/images/lib");
	struct lanai_image *image =
	        lanai_image_load((const char *const *)paths->pdata, paths->len, MOCK_CODE_LIMIT, &error);
	if (!image)
		g_error("%s", error);
	g_assert_cmpuint(image->size + STACK_BYTES, <=, MOCK_CODE_LIMIT);
	g_assert_true(lanai_load(mock->core, image, &why));
	lanai_image_free(image);
	g_ptr_array_unref(paths);
}

struct lanai_mock *
lanai_mock_new(const char *folder)
{
	struct lanai_mock *mock = g_new0(struct lanai_mock, 1);
	struct lanai_bus bus = {.device = mock, .read = bus_read, .write = bus_write};
	calendar_reset();
	mock->core = lanai_new("lanai", MOCK_SRAM_BYTES, LANAI_MOCK_HZ, SIM_RANK_NODE, &bus);
	load(mock, folder);
	mock->nic = mock_new();
	g_free(mock->nic->sram);
	mock->nic->sram = lanai_sram(mock->core);
	mock->nic->touch = touch;
	mock->nic->written = written;
	mock->nic->owner = mock;
	return mock;
}

void
lanai_mock_free(struct lanai_mock *mock)
{
	mock->nic->sram = NULL;
	mock_free(mock->nic);
	lanai_free(mock->core);
	g_free(mock);
}

void
lanai_mock_run(struct lanai_mock *mock)
{
	for (unsigned slice = 0; slice < SLICES && lanai_state(mock->core) != LANAI_PARKED; slice++)
		calendar_step(sim_now() + SLICE_PS);
	if (lanai_state(mock->core) == LANAI_HALTED) {
		lanai_report(mock->core, stderr);
		g_error("the LANai halted");
	}
}

void
lanai_mock_start(struct lanai_mock *mock)
{
	lanai_start(mock->core);
	lanai_mock_run(mock);
}

unsigned
lanai_mock_busy_cycles(struct lanai_mock *mock)
{
	sim_time start = sim_now();
	mock->busy_until = start;
	lanai_set_skipping(mock->core, false);
	lanai_mock_run(mock);
	lanai_set_skipping(mock->core, true);
	return (unsigned)((mock->busy_until - start) / LANAI_MOCK_CYCLE_PS);
}

unsigned
lanai_mock_idle_cycles(struct lanai_mock *mock)
{
	lanai_mock_busy_cycles(mock);
	return (unsigned)(mock->turn_ps / LANAI_MOCK_CYCLE_PS);
}

void
lanai_mock_wait(unsigned cycles)
{
	calendar_step(sim_now() + cycles * LANAI_MOCK_CYCLE_PS);
}

unsigned
lanai_mock_cycles_to(struct lanai_mock *mock, uint32_t reg)
{
	sim_time start = sim_now();
	mock->watched = reg;
	lanai_mock_run(mock);
	g_assert_cmpuint(mock->watched, ==, 0);
	return (unsigned)((mock->written_at - start) / LANAI_MOCK_CYCLE_PS);
}

#define PHASES 24u /* cycles: a turn of an idle loop, or more */

unsigned
lanai_mock_over_phases(struct lanai_mock *mock, uint32_t reg, void (*event)(void), void (*settle)(void),
                       unsigned *worst)
{
	unsigned sum = 0;
	*worst = 0;
	for (unsigned phase = 0; phase < PHASES; phase++) {
		lanai_mock_wait(phase);
		event();
		unsigned cycles = lanai_mock_cycles_to(mock, reg);
		sum += cycles;
		*worst = MAX(*worst, cycles);
		settle();
	}
	return sum / PHASES;
}
