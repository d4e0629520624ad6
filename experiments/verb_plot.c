#include "experiments/plot.h"
#include "experiments/verb.h"

#include <stdio.h>

static const struct verb_help help = {
        "CSV",
        "Draws a metric of a table that run or sweep has written, over one axis or two.\n"
        "  What is not named is chosen: the longest axis as x, another one as curves, the first metric.",
        "Examples:\n"
        "  nicsim plot out/sweep-socket-latency/socket-latency.csv --terminal\n"
        "  nicsim plot out/socket-latency/socket-latency.csv --y round_trip_us --by protocol --out rtt.pdf\n"
        "  nicsim plot table.csv --x wait.limit_us --by host.interrupt_us --heat --at size_B=64\n\n"
        "Over repeats: the mean, with bars from the smallest to the largest.",
};

static struct plot_order given;
static char **at;
static gboolean heat, log_y, terminal;

static const GOptionEntry options[] = {
        {"x", 'x', 0, G_OPTION_ARG_STRING, &given.x, "the column across", "AXIS"},
        {"by", 'b', 0, G_OPTION_ARG_STRING, &given.by, "a curve for each value of this one", "AXIS"},
        {"y", 'y', 0, G_OPTION_ARG_STRING, &given.y, "the column that is shown", "METRIC"},
        {"at", 0, 0, G_OPTION_ARG_STRING_ARRAY, &at, "only the rows that have this value", "AXIS=VALUE"},
        {"heat", 0, 0, G_OPTION_ARG_NONE, &heat, "--by upwards and the metric as a colour", NULL},
        {"log-y", 0, 0, G_OPTION_ARG_NONE, &log_y, "a logarithmic scale for the metric", NULL},
        {"terminal", 't', 0, G_OPTION_ARG_NONE, &terminal, "as text, on the terminal", NULL},
        {"out", 'o', 0, G_OPTION_ARG_FILENAME, &given.out, "the picture (default: CSV-METRIC.svg beside the table)",
         "FILE.svg|png|pdf"},
        G_OPTION_ENTRY_NULL,
};

enum exit_code
verb_plot(int argc, char **argv)
{
	enum exit_code code = verb_parse(argc, argv, options, &help, 1);
	if (code != EXIT_DONE)
		return code;
	given.csv = argv[1];
	given.at = at;
	given.heat = heat;
	given.log_y = log_y;
	if (terminal)
		given.out = "-";
	char *drawn = NULL, *error = NULL;
	code = plot_draw(&given, &drawn, &error);
	if (code == EXIT_DONE && drawn != NULL)
		printf("%s\n", drawn);
	g_free(drawn);
	return code == EXIT_DONE ? code : verb_fail(code, error);
}
