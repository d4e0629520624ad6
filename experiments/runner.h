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
	const unsigned *only; /* the points to run, n_only of them; NULL: all */
	unsigned n_only;
	/* keep: takes what a point gave, as results_text() has it, as soon as it has ended, also when others have
	 * failed; NULL: nobody does, and the first that fails ends the run.  False and *error ends it too. */
	bool (*keep)(void *arg, const struct point *point, const char *text, char **error);
	void *arg;
};

/* runner_run: results[i] is point i's, in the order of the points whatever the order of their ending; those that do not
 * run have none.  On failure the others are ended, *error (one line, g_free it) names the point, and results hold
 * nothing. */
enum exit_code runner_run(const struct run_order *order, struct results *results, char **error);

#endif
