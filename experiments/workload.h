/* Workloads: what a point of an experiment does.
 *
 * A workload is a C function with a table: the parameters it takes (any of them may be an axis of an experiment), the
 * metrics it measures.  It runs once, in a process of its own, for one point: it reads its parameters, simulates, and
 * puts its metrics into the results.  New ones: write a file, add a line to workloads.def.  docs/experiments.md has an
 * example. */
#ifndef EXPERIMENTS_WORKLOAD_H
#define EXPERIMENTS_WORKLOAD_H

#include "experiments/exit_code.h"
#include "experiments/firmware_choice.h"

#include <stdbool.h>
#include <stdint.h>

struct point;
struct results;

#define WORKLOAD_TEXT "*" /* as `choices`: any text */

struct workload_parameter {
	const char *name;    /* ends in its unit where it has one: size_B */
	const char *value;   /* unless the experiment says otherwise */
	double min, max;     /* of a whole number */
	unsigned multiple;   /* of a whole number: only multiples; 0: any */
	const char *choices; /* instead of a number: one of these words, separated by spaces; else NULL */
	const char *doc;
};

struct workload_metric {
	const char *name; /* ends in its unit: one_way_us */
	const char *doc;
};

struct workload {
	const char *name, *doc;
	unsigned hosts; /* that the platform must have at least */
	/* firmware: what the NICs run at a point; NULL: vmmc. */
	enum firmware (*firmware)(const struct point *point);
	const struct workload_parameter *parameters; /* up to one without a name */
	const struct workload_metric *metrics;       /* up to one without a name */
	/* run: in the child process. An exit code; *error (one line, g_free it) unless it is EXIT_DONE. */
	enum exit_code (*run)(const struct point *point, struct results *results, char **error);
};

/* workload_find: by name; NULL if there is none.  workload_at: the i-th; NULL after the last. */
const struct workload *workload_find(const char *name);
const struct workload *workload_at(unsigned i);
/* workload_add: one more, for tests. */
void workload_add(const struct workload *w);
char *workload_names(void); /* separated by spaces; g_free it */

const struct workload_parameter *workload_parameter(const struct workload *w, const char *name);
const struct workload_metric *workload_metric(const struct workload *w, const char *name);
/* workload_check: may the parameter have this value?  NULL if so, else what is wrong and what is allowed; g_free it. */
char *workload_check(const struct workload_parameter *p, const char *value);

#endif
