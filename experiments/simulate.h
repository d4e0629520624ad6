/* One simulation of one point: testbed, programs, run, and what every result has. */
#ifndef EXPERIMENTS_SIMULATE_H
#define EXPERIMENTS_SIMULATE_H

#include "experiments/exit_code.h"
#include "experiments/experiment.h"
#include "experiments/results.h"
#include "experiments/testbed.h"

/* A parameter that every simulating workload has. */
#define SIMULATE_PARAMETERS                                                                                            \
	{                                                                                                              \
		"limit_ms", "10000", 1, 4000000, 0, NULL, "simulated time after which the run is ended, ms"            \
	}

struct simulation {
	const struct point *point;
	struct testbed *testbed;
	void *arg;   /* the workload's */
	char *error; /* the first failure of a program; NULL: none */
};

/* simulate: builds the point's machine, lets start() create the programs, runs them to their end, fills in fingerprint
 * and saturated resource, and lets measure() take the metrics.  An exit code; *error unless EXIT_DONE. */
enum exit_code simulate(const struct point *point, struct results *results, void (*start)(struct simulation *s),
                        void (*measure)(struct simulation *s, struct results *results), void *arg, char **error);
/* simulate_fail: a program could not go on: `text` is printf's.  The first one counts. */
void simulate_fail(struct simulation *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
