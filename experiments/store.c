#include "experiments/store.h"

#include "experiments/figures.h"
#include "experiments/firmware_choice.h"
#include "experiments/fits.h"
#include "experiments/inputs.h"
#include "experiments/manifest.h"
#include "experiments/output.h"
#include "experiments/platform_choice.h"
#include "experiments/probe.h"
#include "experiments/runner.h"
#include "experiments/sweep.h"
#include "experiments/tables.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>

char *
store_folder(const char *experiment)
{
	return g_build_filename(nicsim_root(), "out", experiment, NULL);
}

/* One run on its way from the order to the folder. */
struct job {
	const struct store_order *order;
	char *firmware; /* folder of the objects of --firmware; NULL: the reference image */
	cJSON *probed, *inputs;
	struct results *results;
};

/* A folder holds the results of one experiment: the files of two would mix. */
static bool
of_this_experiment(const struct experiment *e, const char *folder, char **error)
{
	cJSON *there = manifest_load(folder);
	const char *name = there != NULL ? manifest_string(there, "experiment") : e->name;
	bool same = strcmp(name, e->name) == 0;
	if (!same)
		*error = g_strdup_printf("%s: holds results of experiment '%s'; choose another --out", folder, name);
	cJSON_Delete(there);
	return same;
}

static bool
hosts_enough(const struct job *j, char **error)
{
	const struct experiment *e = j->order->experiment;
	int hosts = manifest_item(j->probed, "nodes")->valueint;
	if (hosts >= (int)e->workload->hosts)
		return true;
	*error = g_strdup_printf("%s: platform '%s' has %d host%s; workload '%s' needs %u", e->platform_given,
	                         e->platform, hosts, hosts == 1 ? "" : "s", e->workload->name, e->workload->hosts);
	return false;
}

/* --firmware takes the place of one program, which must start as the one it replaces. */
static enum exit_code
check_own_firmware(const struct job *j, char **error)
{
	const struct store_order *o = j->order;
	char *names = firmware_names(o->experiment);
	enum exit_code code = EXIT_DONE;
	if (strchr(names, ',') != NULL || strcmp(names, firmware_text(FIRMWARE_NONE)) == 0) {
		*error = g_strdup_printf(
		        "%s: the points of '%s' load %s; allowed: points that load one firmware (--set)", o->firmware,
		        o->experiment->name, names);
		code = EXIT_BAD_INPUT;
	} else if (firmware_used(o->experiment, FIRMWARE_VMMC)) {
		code = probe_start(o->experiment, j->firmware, o->firmware, error);
	}
	g_free(names);
	return code;
}

/* Everything that can be wrong with the input is found here. */
static enum exit_code
prepare(struct job *j, char **error)
{
	const struct store_order *o = j->order;
	if (o->firmware != NULL && !firmware_choose(o->firmware, &j->firmware, error))
		return EXIT_BAD_INPUT;
	if (o->folder != NULL &&
	    !(output_check(o->folder, error) && of_this_experiment(o->experiment, o->folder, error)))
		return EXIT_BAD_INPUT;
	if (!platform_there(o->experiment, error))
		return EXIT_BAD_INPUT;
	enum exit_code code = probe(o->experiment, j->firmware, &j->probed, error);
	if (code == EXIT_DONE && !hosts_enough(j, error))
		code = EXIT_BAD_INPUT;
	if (code == EXIT_DONE && j->firmware != NULL)
		code = check_own_firmware(j, error);
	if (code == EXIT_DONE)
		j->inputs = inputs_of(o->experiment, j->firmware);
	return code;
}

static enum exit_code
measure(struct job *j, char **error)
{
	const struct store_order *o = j->order;
	j->results = g_new0(struct results, experiment_points(o->experiment));
	struct run_order order = {
	        .experiment = o->experiment, .firmware = j->firmware, .jobs = o->jobs, .progress = true};
	return o->sweep != NULL ? sweep_run(o->sweep, &order, j->inputs, j->results, error)
	                        : runner_run(&order, j->results, error);
}

static enum exit_code
print_table(struct job *j, char **error)
{
	struct table *t = tables_results(j->order->experiment, j->results);
	char *csv = table_csv(t);
	bool ok = fputs(csv, stdout) >= 0 && fflush(stdout) == 0;
	if (!ok)
		*error = g_strdup_printf("standard output: %s", g_strerror(errno));
	g_free(csv);
	table_free(t);
	return ok ? EXIT_DONE : EXIT_FAILED;
}

/* Writes a table and notes its name and hash. Frees it. */
static bool
write_table(struct output *out, const char *name, struct table *t, GPtrArray *written, char **error)
{
	char *csv = table_csv(t);
	bool ok = output_write(out, name, csv, error);
	g_ptr_array_add(written, g_strdup(name));
	g_ptr_array_add(written, g_compute_checksum_for_string(G_CHECKSUM_SHA256, csv, -1));
	g_free(csv);
	table_free(t);
	return ok;
}

static bool
write_tables(struct job *j, struct output *out, GPtrArray *written, char **error)
{
	const struct experiment *e = j->order->experiment;
	char *name = g_strconcat(e->name, ".csv", NULL), *parts = g_strconcat(e->name, "-breakdown.csv", NULL),
	     *curves = g_strconcat(e->name, "-fits.csv", NULL);
	struct table *results = tables_results(e, j->results), *fits = fits_table(e, results);
	bool ok = write_table(out, name, results, written, error) &&
	          write_table(out, "reference.csv", tables_references(e, j->order->references), written, error);
	struct table *breakdown = tables_breakdown(e, j->results);
	if (ok && breakdown != NULL)
		ok = write_table(out, parts, breakdown, written, error);
	if (ok && fits != NULL)
		ok = write_table(out, curves, fits, written, error);
	g_free(curves);
	g_free(parts);
	g_free(name);
	return ok;
}

/* has_data: a figure NAME-breakdown shows a table of that name, which is there only if its point was among those run.
 */
static bool
has_data(const struct output *out, const char *plot)
{
	char *table = g_strconcat(plot, ".csv", NULL), *path = output_path(out, table);
	bool has = !g_str_has_suffix(plot, "-breakdown") || g_file_test(path, G_FILE_TEST_EXISTS);
	g_free(path);
	g_free(table);
	return has;
}

static bool
draw_figures(struct job *j, const struct output *out, char **error)
{
	const struct experiment *e = j->order->experiment;
	char *folder = output_path(out, "");
	bool ok = true;
	for (unsigned i = 0; ok && e->plots != NULL && e->plots[i] != NULL; i++)
		for (unsigned k = 0; ok && figure_formats[k] != NULL && has_data(out, e->plots[i]); k++)
			ok = figure_draw(folder, e, e->plots[i], figure_formats[k], error);
	g_free(folder);
	return ok;
}

static bool
write_manifest(struct job *j, struct output *out, GPtrArray *written, char **error)
{
	g_ptr_array_add(written, NULL);
	char *text = manifest_text(&(struct manifest_facts){.experiment = j->order->experiment,
	                                                    .results = j->results,
	                                                    .probed = j->probed,
	                                                    .inputs = j->inputs,
	                                                    .firmware = j->order->firmware,
	                                                    .outputs = (const char *const *)written->pdata});
	bool ok = output_write(out, OUTPUT_LAST, text, error);
	g_free(text);
	return ok;
}

static enum exit_code
write_folder(struct job *j, char **error)
{
	const struct store_order *o = j->order;
	struct output *out = output_begin(o->folder, error);
	if (out == NULL)
		return EXIT_FAILED;
	GPtrArray *written = g_ptr_array_new_with_free_func(g_free);
	bool ok = of_this_experiment(o->experiment, o->folder, error) && write_tables(j, out, written, error) &&
	          draw_figures(j, out, error) && write_manifest(j, out, written, error);
	g_ptr_array_free(written, TRUE);
	if (!ok) {
		output_abandon(out);
		return EXIT_FAILED;
	}
	return output_commit(out, error) ? EXIT_DONE : EXIT_FAILED;
}

static enum exit_code
deliver(struct job *j, char **error)
{
	const struct store_order *o = j->order;
	if (o->sweep != NULL && o->sweep->points_only)
		return EXIT_DONE;
	return o->folder == NULL ? print_table(j, error) : write_folder(j, error);
}

static void
clean_up(struct job *j)
{
	for (unsigned i = 0; j->results != NULL && i < experiment_points(j->order->experiment); i++)
		results_clear(&j->results[i]);
	g_free(j->results);
	cJSON_Delete(j->probed);
	cJSON_Delete(j->inputs);
	firmware_forget(j->firmware);
}

enum exit_code
store_run(const struct store_order *order, char **error)
{
	struct job j = {.order = order};
	enum exit_code code = prepare(&j, error);
	if (code == EXIT_DONE)
		code = measure(&j, error);
	if (code == EXIT_DONE)
		code = deliver(&j, error);
	if (code != EXIT_DONE && order->firmware != NULL)
		firmware_name_it(order->firmware, j.firmware, error);
	clean_up(&j);
	return code;
}

static bool
tables_whole(const cJSON *manifest, const char *folder)
{
	const cJSON *file;
	cJSON_ArrayForEach(file, manifest_item(manifest, "outputs"))
	{
		char *path = g_build_filename(folder, file->string, NULL), *sha = file_sha256(path);
		bool same = g_strcmp0(sha, file->valuestring) == 0;
		g_free(sha);
		g_free(path);
		if (!same)
			return false;
	}
	return true;
}

static bool
figures_there(const struct experiment *e, const char *folder)
{
	bool there = true;
	for (unsigned i = 0; e->plots != NULL && e->plots[i] != NULL; i++) {
		for (unsigned k = 0; figure_formats[k] != NULL; k++) {
			char *path = g_strdup_printf("%s/%s.%s", folder, e->plots[i], figure_formats[k]);
			there = there && g_file_test(path, G_FILE_TEST_IS_REGULAR);
			g_free(path);
		}
	}
	return there;
}

bool
store_fresh(const struct store_order *order)
{
	cJSON *manifest = manifest_load(order->folder), *inputs = inputs_of(order->experiment, NULL);
	bool fresh = manifest != NULL &&
	             strcmp(manifest_string(manifest_item(manifest, "inputs"), "hash"),
	                    manifest_string(inputs, "hash")) == 0 &&
	             tables_whole(manifest, order->folder) && figures_there(order->experiment, order->folder);
	cJSON_Delete(inputs);
	cJSON_Delete(manifest);
	return fresh;
}
