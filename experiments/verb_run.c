#include "experiments/experiment.h"
#include "experiments/manifest.h"
#include "experiments/reference.h"
#include "experiments/store.h"
#include "experiments/verb.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

static const struct verb_help help = {
        "EXPERIMENT",
        "Runs an experiment (one of 'nicsim list', or the path of a file.exp) and writes\n"
        "  EXPERIMENT.csv (a row a point), manifest.json and the figures to out/EXPERIMENT/.\n"
        "Times are in us, sizes in B, rates in MB/s (10^6 bytes); every name ends in its unit.",
        "Examples:\n"
        "  nicsim run vmmc-latency --set nic.lanai_mhz=66 --out results/66MHz\n"
        "  nicsim run vmmc-latency --set nic.lanai_mhz=\"33 66 132\" --set size_B=4 --out -\n"
        "  nicsim run socket-bandwidth --set net.drop_rate=0.01 -j 4\n"
        "  nicsim run vmmc-latency --firmware my.c\n"
        "  cp -r firmware/vmmc my-vmmc && edit, then: nicsim run vmmc-latency --firmware my-vmmc\n\n"
        "Exit codes: 0 done, 1 failed, 2 bad input, 3 deadlock of the simulated programs,\n"
        "4 simulated-time limit.",
};

/* What the command line says. */
static struct {
	char **sets;
	char *firmware, *out, *platform;
	int jobs;
} given = {.jobs = VERB_JOBS_DEFAULT};

static const GOptionEntry options[] = {
        {"set", 's', 0, G_OPTION_ARG_STRING_ARRAY, &given.sets,
         "a parameter of platform or workload; a list of values, or 'log2 FROM TO', is swept", "NAME=VALUE"},
        {"firmware", 'f', 0, G_OPTION_ARG_FILENAME, &given.firmware,
         "load this firmware: C source, LANai object, or a folder of C sources", "FILE"},
        {"platform", 'p', 0, G_OPTION_ARG_FILENAME, &given.platform, "another platform: a name in platforms/ or a file",
         "FILE"},
        {"out", 'o', 0, G_OPTION_ARG_FILENAME, &given.out, "folder for the results; - prints the CSV only", "DIR"},
        {"jobs", 'j', 0, G_OPTION_ARG_INT, &given.jobs, "points at a time (default: one a processor)", "N"},
        G_OPTION_ENTRY_NULL,
};

static bool
apply_options(struct experiment *e, char **error)
{
	if (!experiment_override(e, given.sets, given.platform, error))
		return false;
	if (given.out != NULL && *given.out == '\0') {
		*error = g_strdup("--out: allowed: a folder, or - for standard output");
		return false;
	}
	return true;
}

static void
print_summary(const struct experiment *e, const char *folder)
{
	cJSON *manifest = manifest_load(folder);
	char *sums = manifest_sums(manifest);
	printf("%s: %u points in %s/%s.csv\n", e->name, experiment_points(e), folder, e->name);
	if (*sums != '\0')
		printf("over all points: %s\n", sums);
	g_free(sums);
	cJSON_Delete(manifest);
}

static enum exit_code
run_experiment(struct experiment *e, const struct references *references, char **error)
{
	if (!apply_options(e, error))
		return EXIT_BAD_INPUT;
	bool print = given.out != NULL && strcmp(given.out, "-") == 0;
	char *folder = print               ? NULL
	               : given.out != NULL ? g_canonicalize_filename(given.out, NULL)
	                                   : store_folder(e->name);
	struct store_order order = {
	        .experiment = e, .references = references, .firmware = given.firmware, .folder = folder};
	enum exit_code code = verb_jobs(given.jobs, &order.jobs, error) ? store_run(&order, error) : EXIT_BAD_INPUT;
	if (code == EXIT_DONE && !print)
		print_summary(e, folder);
	g_free(folder);
	return code;
}

enum exit_code
verb_run(int argc, char **argv)
{
	enum exit_code code = verb_parse(argc, argv, options, &help, 1);
	return code == EXIT_DONE ? verb_experiment(argv[1], run_experiment) : code;
}
