/* How fast the LANai is simulated: kernels from firmware/bench on a core of its own.
 *
 * Needs the calendar for itself (calendar_reset() before and after).  The results of the kernels are returned, so that
 * the caller can compare them with native ones; speed is per second of this process's CPU time. */
#ifndef NIC_SIM_LANAI_BENCH_H
#define NIC_SIM_LANAI_BENCH_H

#include "nic-sim/image.h"

#include <stdint.h>

enum { LANAI_BENCH_KERNELS = 6 };

struct lanai_bench_result {
	const char *kernel;
	uint32_t rounds;
	uint32_t checksum;
	uint64_t instructions;
	double seconds; /* of CPU time */
};

/* lanai_bench: runs each kernel for about `seconds`; returns instructions per second over all, 0 if the image does not
 * behave like firmware/bench (it faults, or never ends). */
double lanai_bench(const struct lanai_image *image, double seconds,
                   struct lanai_bench_result results[LANAI_BENCH_KERNELS]);

/* Cost of the core's transitions, in ns of CPU time. */
struct lanai_bench_costs {
	double slice; /* one entry and exit, with one instruction or so in between */
	double idle;  /* one touch of a parked core: catch up, execute the rest, park again */
};
struct lanai_bench_costs lanai_bench_costs(void);

#endif
