/* The report: published numbers beside simulated ones, and everything that says how far to trust them. */
#ifndef EXPERIMENTS_REPORT_H
#define EXPERIMENTS_REPORT_H

#include "experiments/experiment.h"
#include "experiments/fits.h"
#include "experiments/reference.h"
#include "experiments/table.h"

#include <stdio.h>

struct cJSON;

/* A published number. */
struct report_row {
	const struct reference *reference;
	const struct reference_rule *rule; /* NULL: no experiment measures it */
	bool measured;
	double simulated, error;
	double half;                        /* of the 95 % confidence interval, where a curve was fitted; else NaN */
	const char *kind;                   /* input, calibrated, context, predicted */
	const struct report_result *result; /* where it was measured; NULL: nowhere */
};

/* The results of an experiment. */
struct report_result {
	struct experiment *experiment;
	char *folder;
	struct cJSON *manifest; /* NULL: not run */
	struct table *table;
};

struct report {
	const struct references *references;
	struct report_row *rows;
	unsigned n_rows;
	struct report_result *results;
	unsigned n_results;
};

/* report_changes: what was not as the tree has it when a result was made: "nic.lanai_mhz=66", "--firmware my.c", one a
 * blank; "" if nothing; g_free it. */
char *report_changes(const struct report_result *result);
/* report_new: from what is in out/ now. `references` outlive it. */
struct report *report_new(const struct references *references);
void report_free(struct report *r);
void report_print(const struct report *r, FILE *out);
void report_print_json(const struct report *r, FILE *out);
/* report_write_html: report/index.html, one file that needs nothing else. False and *error. */
bool report_write_html(const struct report *r, char **error);

#endif
