/* The verbs of the program: `nicsim VERB options`.  One file a verb, verb_NAME.c, and a line in verbs.def. */
#ifndef EXPERIMENTS_VERB_H
#define EXPERIMENTS_VERB_H

#include "experiments/exit_code.h"

#include <glib.h>
#include <limits.h>
#include <stdbool.h>

#define VERB(name) enum exit_code verb_##name(int argc, char **argv);
#include "experiments/verbs.def"
#undef VERB

/* What the help of a verb says besides its options. */
struct verb_help {
	const char *usage;   /* what follows the verb: "EXPERIMENT" */
	const char *summary; /* what it does */
	const char *examples;
};

/* verb_parse: takes the options out of argv, prints the help and ends if asked to.  EXIT_BAD_INPUT (one line was
 * printed) if they are wrong, or if not exactly `operands` other arguments are left, which then are argv[1]... */
enum exit_code verb_parse(int argc, char **argv, const GOptionEntry *options, const struct verb_help *help,
                          int operands);
/* verb_jobs: what --jobs gave (VERB_JOBS_DEFAULT: nothing) as the number of points at a time, 0: one a processor. false
 * and *error if it is not allowed. */
#define VERB_JOBS_DEFAULT INT_MIN
bool verb_jobs(int given, unsigned *jobs, char **error);
/* verb_experiment: loads the experiment and acts on it; prints the line of *error unless that is EXIT_DONE. */
struct experiment;
struct references;
enum exit_code verb_experiment(const char *name,
                               enum exit_code (*act)(struct experiment *e, const struct references *references,
                                                     char **error));
/* verb_fail: prints "nicsim: text" and frees it. */
enum exit_code verb_fail(enum exit_code code, char *text);

#endif
