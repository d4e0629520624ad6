#include "experiments/refresh.h"
#include "experiments/report.h"
#include "experiments/verb.h"

#include <stdbool.h>
#include <stdio.h>

static const struct verb_help help = {
        NULL,
        "Runs every experiment whose inputs (experiment, platform, firmware, program, plot) changed\n"
        "since its results were made, and writes report/index.html: figures, published and\n"
        "simulated values with their errors, calibrated parameters, fits.",
        "Examples:\n  nicsim reproduce\n  nicsim reproduce --all -j 1",
};

static gboolean all;
static int given_jobs = VERB_JOBS_DEFAULT;

static const GOptionEntry options[] = {
        {"all", 'a', 0, G_OPTION_ARG_NONE, &all, "run also what is up to date", NULL},
        {"jobs", 'j', 0, G_OPTION_ARG_INT, &given_jobs, "points at a time (default: one a processor)", "N"},
        G_OPTION_ENTRY_NULL,
};

enum exit_code
verb_reproduce(int argc, char **argv)
{
	enum exit_code code = verb_parse(argc, argv, options, &help, 0);
	if (code != EXIT_DONE)
		return code;
	char *error = NULL;
	unsigned jobs;
	if (!verb_jobs(given_jobs, &jobs, &error))
		return verb_fail(EXIT_BAD_INPUT, error);
	struct references *references = references_default(&error);
	code = references != NULL ? refresh(references, all, jobs, &error) : EXIT_BAD_INPUT;
	struct report *report = code == EXIT_DONE ? report_new(references) : NULL;
	if (report != NULL && !report_write_html(report, &error))
		code = EXIT_FAILED;
	if (code == EXIT_DONE) {
		report_print(report, stdout);
		printf("\nThe report is %s/report/index.html\n", nicsim_root());
	}
	report_free(report);
	references_free(references);
	return code == EXIT_DONE ? code : verb_fail(code, error);
}
