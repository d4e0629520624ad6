/* A result folder: out/EXPERIMENT/ with EXPERIMENT.csv, manifest.json, the figures, reference.csv (the published points
 * that belong to it) and, where the experiment asks for it, EXPERIMENT-breakdown.csv. */
#ifndef EXPERIMENTS_STORE_H
#define EXPERIMENTS_STORE_H

#include "experiments/exit_code.h"
#include "experiments/experiment.h"
#include "experiments/reference.h"

struct sweep;

struct store_order {
	const struct experiment *experiment;
	const struct references *references;
	const char *firmware; /* --firmware, or NULL */
	const char *folder;   /* where to; NULL: only the table, on standard output */
	unsigned jobs;        /* 0: one a processor */
	struct sweep *sweep;  /* what has the points, or runs them (sweep.h); NULL: all run */
};

/* store_run: checks the input, runs all points, writes the folder.  *error (one line, g_free it) unless EXIT_DONE; then
 * nothing was written. */
enum exit_code store_run(const struct store_order *order, char **error);
/* store_fresh: was the folder made from what order says, and is it whole? (reference firmware only) */
bool store_fresh(const struct store_order *order);
/* store_folder: where the results of an experiment are unless --out says otherwise; g_free it. */
char *store_folder(const char *experiment);

#endif
