#include "nic-sim/lanai_bench.h"

#include "nic-sim/lanai_core.h"
#include "nic-sim/lanai_regs.h"

#include <time.h>

enum { BENCH_SRAM = 0x40000, BENCH_HZ = 33000000 };

/* What the firmware asks for and answers. */
struct bench {
	uint32_t kernel, rounds, checksum;
	bool done;
};

static bool
bench_read(void *device, uint32_t offset, uint32_t *value, bool *steady)
{
	struct bench *b = device;

	(void)steady;
	*value = offset == LANAI_CKS ? b->kernel : offset == LANAI_EAR ? b->rounds : 0;
	return true;
}

static bool
bench_write(void *device, uint32_t offset, uint32_t value)
{
	struct bench *b = device;

	if (offset != LANAI_HW_DBUG)
		return false;
	b->checksum = value;
	b->done = true;
	return true;
}

static double
cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Runs one kernel to its end; false if it does not end. */
static bool
run_kernel(const struct lanai_image *image, struct bench *b, struct lanai_bench_result *result)
{
	struct lanai_bus bus = {.device = b, .read = bench_read, .write = bench_write};
	struct lanai_core *core;
	const char *why;
	double start;
	bool loaded;

	calendar_reset();
	core = lanai_new("bench", BENCH_SRAM, BENCH_HZ, SIM_RANK_NODE, &bus);
	loaded = lanai_load(core, image, &why);
	b->done = false;
	start = cpu_seconds();
	if (loaded)
		lanai_start(core);
	for (sim_time t = 0; loaded && !b->done && t < 1000 * SIM_S && lanai_state(core) == LANAI_RUNNING; t += SIM_MS)
		calendar_step(t);
	result->seconds = cpu_seconds() - start;
	result->instructions = lanai_counts(core).executed;
	result->rounds = b->rounds;
	result->checksum = b->checksum;
	lanai_free(core);
	calendar_reset();
	return b->done;
}

static const char *const kernel_names[LANAI_BENCH_KERNELS] = {
        "fib", "crc-32", "quicksort", "dispatch", "copy", "connections",
};

double
lanai_bench(const struct lanai_image *image, double seconds, struct lanai_bench_result results[LANAI_BENCH_KERNELS])
{
	double time = 0, instructions = 0;

	for (uint32_t k = 0; k < LANAI_BENCH_KERNELS; k++) {
		struct bench b = {.kernel = k, .rounds = 20};
		double trial;

		results[k].kernel = kernel_names[k];
		if (!run_kernel(image, &b, &results[k]))
			return 0;
		trial = results[k].seconds > 1e-6 ? results[k].seconds : 1e-6;
		b.rounds = (uint32_t)(20 * seconds / trial) + 20;
		if (!run_kernel(image, &b, &results[k]))
			return 0;
		time += results[k].seconds;
		instructions += (double)results[k].instructions;
	}
	return instructions / time;
}

/* Transitions. --------------------------------------------------------------------------------------------------- */

enum { TRANSITIONS = 1000000, WATCHED = 0x1000 };

/* Reads a word and the ISR for ever: ld [0x1000], %r6; ld ISR, %r7; bt 0; nop. */
static uint8_t poll_code[] = {
        0x83, 0x02, 0x10, 0x00, 0x83, 0x82, 0xFF, 0x28, 0xE0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01,
};

static double
measure(bool skipping, sim_time period, bool touch)
{
	static struct bench b;
	struct lanai_bus bus = {.device = &b, .read = bench_read, .write = bench_write};
	struct lanai_image image = {.bytes = poll_code, .size = sizeof poll_code, .code_end = sizeof poll_code};
	struct lanai_core *core;
	const char *why = NULL;
	double start;

	calendar_reset();
	core = lanai_new("bench", BENCH_SRAM, BENCH_HZ, SIM_RANK_NODE, &bus);
	lanai_load(core, &image, &why);
	lanai_set_skipping(core, skipping);
	lanai_start(core);
	calendar_step(SIM_MS);
	start = cpu_seconds();
	for (sim_time t = SIM_MS, i = 0; i < TRANSITIONS; i++) {
		if (touch)
			lanai_touch(core, WATCHED, 4);
		calendar_step(t += period);
	}
	start = cpu_seconds() - start;
	lanai_free(core);
	calendar_reset();
	return start / TRANSITIONS * 1e9;
}

struct lanai_bench_costs
lanai_bench_costs(void)
{
	sim_time iteration = 5 * SIM_S / BENCH_HZ;

	return (struct lanai_bench_costs){
	        .slice = measure(false, iteration / 5, false),
	        .idle = measure(true, 20 * iteration, true),
	};
}
