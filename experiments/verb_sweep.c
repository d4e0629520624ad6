#include "experiments/experiment.h"
#include "experiments/store.h"
#include "experiments/sweep.h"
#include "experiments/sweep_jobs.h"
#include "experiments/verb.h"

#include <errno.h>
#include <stdio.h>

static const struct verb_help help = {
        "EXPERIMENT",
        "Runs an experiment over any axes and writes one table, EXPERIMENT.csv, with a column an axis,\n"
        "  to out/sweep-EXPERIMENT/.  Every point is kept there when it ends, and only points that are\n"
        "  missing or whose inputs changed are run: after an interruption, give the same command again.",
        "VALUES: 5,20,60   0:200:10 (from, to, step)   1:1000:*10 (from, to, factor)   or some of these\n\n"
        "Examples:\n"
        "  nicsim sweep socket-latency --axis nic.lanai_mhz=33,66,132 --axis size_B='4:4096:*4'\n"
        "  nicsim sweep socket-latency --axis net.drop_rate=0,0.001,0.01 --set size_B=4096 --repeat 5 -j 2\n"
        "  nicsim sweep socket-latency --axis size_B=4:400:4 --emit-jobs | parallel -j 2\n\n"
        "docs/sweeps.md tells how to use many machines.  SIGUSR1 makes it say what runs.",
};

/* What the command line says. */
static struct {
	char **axes, **sets;
	char *firmware, *out, *platform;
	int jobs, repeat;
	gboolean emit, points_only;
} given = {.jobs = VERB_JOBS_DEFAULT, .repeat = VERB_JOBS_DEFAULT};

static const GOptionEntry options[] = {
        {"axis", 'a', 0, G_OPTION_ARG_STRING_ARRAY, &given.axes,
         "sweep a parameter of platform or workload; the last axis varies fastest", "NAME=VALUES"},
        {"repeat", 'r', 0, G_OPTION_ARG_INT, &given.repeat,
         "each point N times, with the seeds 1 to N (the last axis, 'repeat')", "N"},
        {"set", 's', 0, G_OPTION_ARG_STRING_ARRAY, &given.sets, "give a parameter another value", "NAME=VALUE"},
        {"firmware", 'f', 0, G_OPTION_ARG_FILENAME, &given.firmware,
         "load this firmware: C source, LANai object, or a folder of C sources", "FILE"},
        {"platform", 'p', 0, G_OPTION_ARG_FILENAME, &given.platform, "another platform: a name in platforms/ or a file",
         "FILE"},
        {"out", 'o', 0, G_OPTION_ARG_FILENAME, &given.out, "folder of the sweep", "DIR"},
        {"jobs", 'j', 0, G_OPTION_ARG_INT, &given.jobs, "points at a time (default: one a processor)", "N"},
        {"emit-jobs", 0, 0, G_OPTION_ARG_NONE, &given.emit,
         "run nothing; print a command for every missing point, one a line", NULL},
        {"points-only", 0, 0, G_OPTION_ARG_NONE, &given.points_only, "run the points, write no table", NULL},
        G_OPTION_ENTRY_NULL,
};

static bool
apply_repeat(struct experiment *e, char **error)
{
	if (given.repeat == VERB_JOBS_DEFAULT)
		return true;
	if (given.repeat < 1 || given.repeat > EXPERIMENT_MAX_POINTS) {
		*error = g_strdup_printf("--repeat %d: allowed: 1 to %d", given.repeat, EXPERIMENT_MAX_POINTS);
		return false;
	}
	char *axis = g_strdup_printf(REPEAT_AXIS "=1:%d:1", given.repeat);
	bool ok = experiment_axis(e, axis, error);
	g_free(axis);
	return ok;
}

static bool
apply_options(struct experiment *e, char **error)
{
	if (!experiment_override(e, given.sets, given.platform, error))
		return false;
	for (unsigned i = 0; given.axes != NULL && given.axes[i] != NULL; i++)
		if (!experiment_axis(e, given.axes[i], error))
			return false;
	if (given.out != NULL && *given.out == '\0') {
		*error = g_strdup("--out: allowed: a folder");
		return false;
	}
	return apply_repeat(e, error);
}

static enum exit_code
print_jobs(const struct sweep *s, const struct experiment *e, const unsigned *missing, unsigned n, char **error)
{
	bool ok = true;
	for (unsigned i = 0; ok && i < n; i++) {
		char *line =
		        sweep_job(&(struct point){.experiment = e, .index = missing[i]}, given.firmware, s->folder);
		ok = puts(line) >= 0;
		g_free(line);
	}
	if (ok && fflush(stdout) == 0)
		return EXIT_DONE;
	*error = g_strdup_printf("standard output: %s", g_strerror(errno));
	return EXIT_FAILED;
}

static enum exit_code
sweep(struct experiment *e, const struct references *references, char **error)
{
	if (!apply_options(e, error))
		return EXIT_BAD_INPUT;
	char *name = g_strconcat("sweep-", e->name, NULL);
	char *folder = given.out != NULL ? g_canonicalize_filename(given.out, NULL) : store_folder(name);
	struct sweep s = {.folder = folder,
	                  .act = given.emit ? print_jobs : NULL,
	                  .points_only = given.emit || given.points_only};
	struct store_order order = {
	        .experiment = e, .references = references, .firmware = given.firmware, .folder = folder, .sweep = &s};
	sweep_plain(e);
	enum exit_code code = verb_jobs(given.jobs, &order.jobs, error) ? store_run(&order, error) : EXIT_BAD_INPUT;
	if (code == EXIT_DONE && !s.points_only)
		printf("%s: %u points in %s/%s.csv, %u of them run now\n", e->name, experiment_points(e), folder,
		       e->name, s.ran);
	g_free(folder);
	g_free(name);
	return code;
}

enum exit_code
verb_sweep(int argc, char **argv)
{
	enum exit_code code = verb_parse(argc, argv, options, &help, 1);
	return code == EXIT_DONE ? verb_experiment(argv[1], sweep) : code;
}
