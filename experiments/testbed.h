/* A machine that is ready to run programs: platform, hosts, fabric, NICs with firmware, driver.
 *
 * The same few steps stand in front of every experiment and every benchmark.  SimGrid's engine is started once a
 * process, so there is one testbed a process.  Order: testbed_new(), process_new() and task_start() for every program,
 * sim_run(), results, testbed_free(). */
#ifndef EXPERIMENTS_TESTBED_H
#define EXPERIMENTS_TESTBED_H

#include "experiments/firmware_choice.h"
#include "nic-sim/engine.h"
#include "nic-sim/image.h"
#include "nic-sim/machine.h"

#include <stddef.h>

struct testbed {
	struct platform *platform;
	struct machine *machine;
	enum firmware firmware;
};

/* testbed_new: `platform` is a path or a bare name of platforms/; `sets` are n_sets texts "key=value"; `image` NULL
 * means the memory-only NIC.  NULL and *error (one line, g_free it) if something is wrong with the input. */
struct testbed *testbed_new(const char *platform, const char *const *sets, size_t n_sets,
                            const struct lanai_image *image, char **error);
/* testbed_with: the same with another firmware than vmmc. */
struct testbed *testbed_with(enum firmware firmware, const char *platform, const char *const *sets, size_t n_sets,
                             const struct lanai_image *image, char **error);
/* testbed_free: stops the firmware, and sockets if sock_start() was called. */
void testbed_free(struct testbed *t);

#endif
