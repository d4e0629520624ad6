/* Runs the points of an experiment, several at a time, each in a process of its own. */
#ifndef EXPERIMENTS_RUNNER_H
#define EXPERIMENTS_RUNNER_H

#include "experiments/exit_code.h"
#include "experiments/experiment.h"
#include "experiments/results.h"

struct run_order {
	const struct experiment *experiment;
	const char *firmware; /* folder of its objects; NULL: the reference image */
	unsigned jobs;        /* points at a time; 0: one a processor */
	bool progress;        /* a line on standard error, if that is a terminal */
};

/* runner_run: results[i] is point i's, in the order of the points whatever the order of their ending.  On failure the
 * others are ended, *error (one line, g_free it) names the point, and results hold nothing. */
enum exit_code runner_run(const struct run_order *order, struct results *results, char **error);

#endif
