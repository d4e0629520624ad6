/* A sweep: the points of an experiment, each kept in a small file, so that only those run that are missing.
 *
 * FOLDER/points/KEY.json is what one point gave; KEY is the hash of all that the point depends on: its parameters and
 * platform parameters, the seed among them, the platform file, the firmware and the program.  So a point whose inputs
 * changed is simply missing, two sweeps in a folder share what they have in common, and several processes can fill it
 * at a time.  A file appears whole or not at all; one that cannot be read counts as missing. */
#ifndef EXPERIMENTS_SWEEP_H
#define EXPERIMENTS_SWEEP_H

#include "experiments/exit_code.h"
#include "experiments/results.h"
#include "experiments/runner.h"

struct cJSON;

struct sweep {
	const char *folder; /* in which points/ is, or will be */
	/* act: with the points that are missing; NULL: they run. */
	enum exit_code (*act)(const struct sweep *s, const struct experiment *e, const unsigned *missing, unsigned n,
	                      char **error);
	bool points_only;     /* no table is wanted */
	unsigned ran, missed; /* after sweep_run(): how many points have run; and were missing */
};

/* sweep_plain: takes away what a sweep has not: figures and latency by stage. */
void sweep_plain(struct experiment *e);
/* sweep_run: does with the missing points of order->experiment what `s` says; then, unless it wants points only,
 * results[i] is point i's.  `inputs` are those of inputs.h.  *error as runner_run(); the points that have ended are
 * kept. */
enum exit_code sweep_run(struct sweep *s, const struct run_order *order, const struct cJSON *inputs,
                         struct results *results, char **error);

#endif
