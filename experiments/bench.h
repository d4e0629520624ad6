/* The benchmark: how fast the simulator itself is.
 *
 * Three pieces of work, as one would give them to another simulator, each in a process of its own, everything switched
 * on (firmware, reliability, buses, hosts) and all that is delivered compared with what was sent: S  256 MB from host
 * to host through a switch, by VMMC, in packets of 4 KB P  100,000 ping-pongs of 64 B M  16 hosts on a switch, each
 * sending 4 MB to every other CPU seconds are those of the process from the start of the simulation to its end, set-up
 * of the machine included. */
#ifndef EXPERIMENTS_BENCH_H
#define EXPERIMENTS_BENCH_H

#include "experiments/testbed.h"

#include <stdbool.h>
#include <stdint.h>

/* What a piece of work did. */
struct bench_result {
	bool verified;
	uint64_t units;        /* packets of 4 KB (S, M), messages (P) */
	uint64_t instructions; /* simulated and executed, all LANais; skipped idle loops do not count */
	uint64_t events, handovers;
	double cpu_s, wall_s, sim_s;
	double peak_MiB;
};

/* A piece of work: its processes are created in `t`; once the simulation has ended, verified() tells. */
struct bench_work {
	const char *name, *platform;
	uint64_t units;
	void (*start)(struct testbed *t);
	bool (*verified)(void);
};
extern const struct bench_work bench_stream, bench_pingpong, bench_mesh;

/* bench_run: in a child process; false and *error if it could not be run or ended in the wrong way. */
bool bench_run(const struct bench_work *work, const struct lanai_image *image, struct bench_result *result,
               char **error);

#endif
