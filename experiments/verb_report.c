#include "experiments/refresh.h"
#include "experiments/report.h"
#include "experiments/verb.h"

#include <stdbool.h>
#include <stdio.h>

static const struct verb_help help = {
        NULL,
        "Prints every published number with its simulated value and error, having run what is stale.\n"
        "error: (simulated - published) / published; where the published value is a bound, 0 if it is\n"
        "met, else the relative distance to it.\n"
        "sure: A read in the work itself, B recalled with high confidence, C with less, R reconstruction.\n"
        "kind: predicted; calibrated (a platform parameter was fitted to it); input (it is itself a\n"
        "parameter); context (no platform for it yet).",
        "Examples:\n  nicsim report\n  nicsim report --json | jq '.[] | select(.id == \"V2-LAT\")'",
};

static gboolean json, as_is;

static const GOptionEntry options[] = {
        {"json", 'j', 0, G_OPTION_ARG_NONE, &json, "as a list of objects", NULL},
        {"as-is", 'n', 0, G_OPTION_ARG_NONE, &as_is, "run nothing; take the results that are there", NULL},
        G_OPTION_ENTRY_NULL,
};

enum exit_code
verb_report(int argc, char **argv)
{
	enum exit_code code = verb_parse(argc, argv, options, &help, 0);
	if (code != EXIT_DONE)
		return code;
	char *error = NULL;
	struct references *references = references_default(&error);
	code = references == NULL ? EXIT_BAD_INPUT : as_is ? EXIT_DONE : refresh(references, false, 0, &error);
	if (code != EXIT_DONE) {
		references_free(references);
		return verb_fail(code, error);
	}
	struct report *report = report_new(references);
	(json ? report_print_json : report_print)(report, stdout);
	report_free(report);
	references_free(references);
	return fflush(stdout) == 0 ? EXIT_DONE : verb_fail(EXIT_FAILED, g_strdup("standard output: cannot write"));
}
