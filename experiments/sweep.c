#include "experiments/sweep.h"

#include "experiments/experiment.h"
#include "experiments/manifest.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#define POINTS "points"
#define FORMAT "point 1" /* of the files; another number makes all of them run again */

/* Where a sweep's points are, and what all of them depend on. */
struct shelf {
	char *folder, *inputs;
	const struct experiment *experiment;
	const char *firmware;
};

void
sweep_plain(struct experiment *e)
{
	g_strfreev(e->plots);
	g_strfreev(e->breakdown);
	e->plots = e->breakdown = NULL;
}

/* Keys. ---------------------------------------------------------------------------------------------- */

static char *
common_inputs(const struct experiment *e, const cJSON *inputs)
{
	return g_strjoin("\n", FORMAT, manifest_string(inputs, "program"), manifest_string(inputs, "platform"),
	                 manifest_string(inputs, "firmware"), e->workload->name, NULL);
}

static int
compare_texts(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What the point's parameters are, however they were given. */
static void
append_parameters(GString *text, const struct point *p)
{
	for (const struct workload_parameter *w = p->experiment->workload->parameters; w->name != NULL; w++)
		g_string_append_printf(text, "\n%s=%s", w->name, point_text(p, w->name));
	char **sets = point_sets(p);
	qsort(sets, g_strv_length(sets), sizeof *sets, compare_texts);
	for (unsigned i = 0; sets[i] != NULL; i++)
		g_string_append_printf(text, "\n%s", sets[i]);
	g_strfreev(sets);
}

/* The file of a point; g_free it. */
static char *
file_of(const struct shelf *s, const struct point *p)
{
	GString *text = g_string_new(s->inputs);
	append_parameters(text, p);
	char *key = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text->str, (gssize)text->len);
	char *path = g_strdup_printf("%s/%s.json", s->folder, key);
	g_free(key);
	g_string_free(text, TRUE);
	return path;
}

/* Files. --------------------------------------------------------------------------------------------- */

static bool
has_metrics(const struct experiment *e, const struct results *results)
{
	double value;
	for (unsigned i = 0; e->metrics[i] != NULL; i++)
		if (!results_get(results, e->metrics[i], &value))
			return false;
	return true;
}

/* Point `index` as its file has it; false, and no results, if it is not there or of no use. */
static bool
load(const struct shelf *s, unsigned index, struct results *results)
{
	struct point p = {.experiment = s->experiment, .index = index, .firmware = s->firmware};
	char *path = file_of(s, &p), *text = NULL;
	*results = (struct results){0};
	bool ok = g_file_get_contents(path, &text, NULL, NULL) && results_parse(results, text) &&
	          has_metrics(s->experiment, results);
	if (!ok)
		results_clear(results);
	g_free(text);
	g_free(path);
	return ok;
}

/* The results, and for readers the point's name. */
static char *
file_text(const struct point *p, const char *results)
{
	char *label = point_label(p);
	cJSON *root = cJSON_Parse(results);
	cJSON_AddStringToObject(root, "point", label);
	char *json = cJSON_PrintUnformatted(root), *text = g_strconcat(json, "\n", NULL);
	cJSON_free(json);
	cJSON_Delete(root);
	g_free(label);
	return text;
}

/* g_file_set_contents() renames, so the file is there whole or not at all. */
static bool
keep(void *arg, const struct point *p, const char *results, char **error)
{
	const struct shelf *s = arg;
	char *path = file_of(s, p), *text = file_text(p, results);
	GError *why = NULL;
	bool ok = g_file_set_contents(path, text, -1, &why);
	if (!ok)
		*error = g_strdup(why->message);
	g_clear_error(&why);
	g_free(text);
	g_free(path);
	return ok;
}

/* The sweep. ----------------------------------------------------------------------------------------- */

/* Those that have no file, `*n` of them; g_free it. */
static unsigned *
find_missing(const struct shelf *s, unsigned *n)
{
	unsigned all = experiment_points(s->experiment), *missing = g_new(unsigned, all);
	struct results results;
	*n = 0;
	for (unsigned i = 0; i < all; i++) {
		if (!load(s, i, &results))
			missing[(*n)++] = i;
		results_clear(&results);
	}
	return missing;
}

static enum exit_code
run_missing(const struct shelf *s, const struct run_order *order, const unsigned *missing, unsigned n,
            struct results *results, char **error)
{
	struct run_order some = *order;
	some.only = missing;
	some.n_only = n;
	some.keep = keep;
	some.arg = (void *)s;
	if (g_mkdir_with_parents(s->folder, 0777) != 0) {
		*error = g_strdup_printf("%s: %s", s->folder, g_strerror(errno));
		return EXIT_FAILED;
	}
	enum exit_code code = runner_run(&some, results, error);
	for (unsigned i = 0; i < n; i++)
		results_clear(&results[missing[i]]); /* the files have them */
	return code;
}

static enum exit_code
load_all(const struct shelf *s, struct results *results, char **error)
{
	for (unsigned i = 0; i < experiment_points(s->experiment); i++) {
		if (load(s, i, &results[i]))
			continue;
		*error = g_strdup_printf("%s: a point that was there is not there any more", s->folder);
		return EXIT_FAILED;
	}
	return EXIT_DONE;
}

enum exit_code
sweep_run(struct sweep *s, const struct run_order *order, const cJSON *inputs, struct results *results, char **error)
{
	struct shelf shelf = {.folder = g_build_filename(s->folder, POINTS, NULL),
	                      .inputs = common_inputs(order->experiment, inputs),
	                      .experiment = order->experiment,
	                      .firmware = order->firmware};
	unsigned *missing = find_missing(&shelf, &s->missed);
	enum exit_code code = EXIT_DONE;
	if (s->act != NULL) {
		code = s->act(s, order->experiment, missing, s->missed, error);
	} else if (s->missed > 0) {
		code = run_missing(&shelf, order, missing, s->missed, results, error);
		s->ran = code == EXIT_DONE ? s->missed : 0;
	}
	if (code == EXIT_DONE && !s->points_only)
		code = load_all(&shelf, results, error);
	g_free(missing);
	g_free(shelf.inputs);
	g_free(shelf.folder);
	return code;
}
