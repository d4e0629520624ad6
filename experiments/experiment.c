#include "experiments/experiment.h"

#include "experiments/axis.h"
#include "experiments/experiment_file.h"
#include "experiments/series.h"

#include <glib.h>
#include <string.h>

#define FIGURE_ALIAS "fig"

const char *
nicsim_root(void)
{
	const char *root = g_getenv("NICSIM_ROOT");
	return root != NULL ? root : NICSIM_SOURCE_DIR;
}

bool
experiment_few_enough(const struct experiment *e)
{
	double points = 1;
	for (unsigned i = 0; i < e->n_axes; i++)
		points *= e->axes[i].n;
	return points <= EXPERIMENT_MAX_POINTS;
}

/* Life. ---------------------------------------------------------------------------------------------- */

static char *
path_of(const char *name)
{
	if (strchr(name, '/') != NULL || g_str_has_suffix(name, ".exp"))
		return g_strdup(name);
	return g_strdup_printf("%s/experiments/%s.exp", nicsim_root(), name);
}

static char *
name_of(const char *path)
{
	char *name = g_path_get_basename(path);
	if (g_str_has_suffix(name, ".exp"))
		name[strlen(name) - strlen(".exp")] = '\0';
	return name;
}

static int
compare_texts(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

char **
experiment_names(void)
{
	char *folder = g_build_filename(nicsim_root(), "experiments", NULL);
	GDir *dir = g_dir_open(folder, 0, NULL);
	GPtrArray *names = g_ptr_array_new();
	const char *file;
	while (dir != NULL && (file = g_dir_read_name(dir)) != NULL)
		if (g_str_has_suffix(file, ".exp"))
			g_ptr_array_add(names, name_of(file));
	if (dir != NULL)
		g_dir_close(dir);
	g_free(folder);
	g_ptr_array_sort(names, compare_texts);
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_free(names, FALSE);
}

/* The figure that a description claims, read without the rest; NULL: none. g_free it. */
static char *
figure_in(const char *path)
{
	GKeyFile *file = g_key_file_new();
	char *figure = NULL;
	if (g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, NULL))
		figure = g_key_file_get_string(file, "experiment", "figure", NULL);
	g_key_file_free(file);
	return figure;
}

/* The experiment that has figure 17 if `name` is "fig17"; else a copy of `name`; g_free it. */
static char *
resolve_alias(const char *name)
{
	char *found = NULL, **names = g_str_has_prefix(name, FIGURE_ALIAS) ? experiment_names() : NULL;
	for (unsigned i = 0; names != NULL && found == NULL && names[i] != NULL; i++) {
		char *path = path_of(names[i]), *figure = figure_in(path);
		if (g_strcmp0(figure, name + strlen(FIGURE_ALIAS)) == 0)
			found = g_strdup(names[i]);
		g_free(figure);
		g_free(path);
	}
	g_strfreev(names);
	return found != NULL ? found : g_strdup(name);
}

char *
experiment_figure(const struct experiment *e)
{
	if (e->figure == NULL)
		return NULL;
	return e->figure[0] == EXPERIMENT_FAST_SOCKETS
	               ? g_strdup_printf("figure %s of Fast Sockets (as recalled)", e->figure + 1)
	               : g_strdup_printf("figure %s of the thesis (reconstructed list)", e->figure);
}

struct experiment *
experiment_load(const char *name, const struct references *references, char **error)
{
	char *resolved = resolve_alias(name), *path = path_of(resolved);
	g_free(resolved);
	if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
		char **names = experiment_names(), *all = g_strjoinv(" ", names);
		*error = g_strdup_printf("%s: there is no such experiment; allowed: %s, " FIGURE_ALIAS
		                         "NUMBER of one that has a figure, or the path of a file.exp",
		                         name, all);
		g_free(all);
		g_strfreev(names);
		g_free(path);
		return NULL;
	}
	struct experiment *e = g_new0(struct experiment, 1);
	e->path = g_canonicalize_filename(path, NULL);
	e->name = name_of(path);
	e->overrides = g_new0(char *, 1);
	bool ok = experiment_read_file(e, path, references, error);
	g_free(path);
	if (!ok) {
		experiment_free(e);
		return NULL;
	}
	return e;
}

static void
free_rules(struct experiment *e)
{
	for (unsigned i = 0; i < e->n_rules; i++) {
		g_free(e->rules[i].id);
		g_free(e->rules[i].partial);
		g_free(e->rules[i].selection.coefficient);
		g_free(e->rules[i].selection.metric);
		g_strfreev(e->rules[i].selection.at);
	}
	g_free(e->rules);
	for (unsigned i = 0; i < e->n_fits; i++) {
		g_free(e->fits[i].metric);
		g_free(e->fits[i].axis);
	}
	g_free(e->fits);
}

void
experiment_free(struct experiment *e)
{
	if (e == NULL)
		return;
	axis_free_all(e->axes, e->n_axes);
	axis_free_all(e->fixed, e->n_fixed);
	series_free_all(e->series, e->n_series);
	free_rules(e);
	g_free(e->figure);
	g_free(e->x);
	g_strfreev(e->metrics);
	g_strfreev(e->plots);
	g_strfreev(e->sums);
	g_strfreev(e->breakdown);
	g_strfreev(e->overrides);
	g_free(e->title);
	g_free(e->text);
	g_free(e->platform);
	g_free(e->platform_given);
	g_free(e->name);
	g_free(e->path);
	g_free(e);
}

/* Overrides. ----------------------------------------------------------------------------------------- */

static void
replace_axis(struct axis *old, struct axis *by)
{
	g_free(old->name);
	g_strfreev(old->values);
	*old = *by;
}

/* A list, or what must be swept, makes an axis, which comes last; what was fixed under that name no longer counts,
 * since axes go first. */
static void
apply_axis(struct experiment *e, struct axis *axis, bool must_sweep)
{
	struct axis *swept = axis_find(e->axes, e->n_axes, axis->name);
	struct axis *fixed = axis_find(e->fixed, e->n_fixed, axis->name);
	if (swept != NULL)
		replace_axis(swept, axis);
	else if (axis->n > 1 || must_sweep)
		*axis_add(&e->axes, &e->n_axes) = *axis;
	else if (fixed != NULL)
		replace_axis(fixed, axis);
	else
		*axis_add(&e->fixed, &e->n_fixed) = *axis;
}

static void
remember_override(struct experiment *e, const char *set)
{
	unsigned n = g_strv_length(e->overrides);
	e->overrides = g_renew(char *, e->overrides, n + 2);
	e->overrides[n] = g_strdup(set);
	e->overrides[n + 1] = NULL;
}

/* The override of this name; NULL: none. */
static const char *
override_of(const struct experiment *e, const char *name)
{
	for (unsigned i = 0; e->overrides[i] != NULL; i++) {
		char **pair = g_strsplit(e->overrides[i], "=", 2);
		bool same = strcmp(g_strstrip(pair[0]), name) == 0;
		g_strfreev(pair);
		if (same)
			return e->overrides[i];
	}
	return NULL;
}

/* A seed has one source: what is wrong if `name` is a seed and there are repeats, or the other way round. */
static char *
seed_conflict(const struct experiment *e, const char *name)
{
	bool repeat = strcmp(name, REPEAT_AXIS) == 0;
	if (g_strv_contains(EXPERIMENT_SEEDS, name) && axis_find(e->axes, e->n_axes, REPEAT_AXIS) != NULL)
		return g_strdup("is a seed, which the repeats set");
	for (unsigned i = 0; repeat && EXPERIMENT_SEEDS[i] != NULL; i++)
		if (override_of(e, EXPERIMENT_SEEDS[i]) != NULL || series_sets(e, EXPERIMENT_SEEDS[i]) ||
		    axis_find(e->axes, e->n_axes, EXPERIMENT_SEEDS[i]) != NULL)
			return g_strdup_printf("repeats set the seed '%s', which is set already", EXPERIMENT_SEEDS[i]);
	return NULL;
}

/* The axis of repeats, each a seed. */
static bool
read_repeats(const char *text, struct axis *axis, char **why)
{
	static const struct workload_parameter seed = {.name = REPEAT_AXIS, .min = 1, .max = UINT32_MAX};
	if (!axis_values(REPEAT_AXIS, text, axis, why))
		return false;
	for (unsigned i = 0; *why == NULL && i < axis->n; i++)
		*why = workload_check(&seed, axis->values[i]);
	if (*why == NULL)
		return true;
	g_free(axis->name);
	g_strfreev(axis->values);
	return false;
}

static bool
read_override(const struct experiment *e, const char *name, const char *text, struct axis *axis, char **why)
{
	if (e->n_series > 0 && strcmp(name, SERIES_AXIS) == 0)
		return series_axis(e, text, axis, why);
	if (series_variable(e, name))
		return series_variable_axis(e, name, text, axis, why);
	*why = seed_conflict(e, name);
	if (*why != NULL)
		return false;
	if (strcmp(name, REPEAT_AXIS) == 0)
		return read_repeats(text, axis, why);
	if (!series_sets(e, name))
		return axis_read(e->workload, name, text, axis, why);
	*why = g_strdup("is set by the series of this experiment; choose among them with --set " SERIES_AXIS "=NAME");
	return false;
}

/* "name=value" of `option`. */
static bool
override(struct experiment *e, const char *option, const char *set, bool must_sweep, char **error)
{
	const char *equals = strchr(set, '=');
	if (equals == NULL || equals == set) {
		*error = g_strdup_printf("%s %s: is not name=value", option, set);
		return false;
	}
	char *name = g_strstrip(g_strndup(set, (gsize)(equals - set))), *why = NULL;
	struct axis axis;
	if (override_of(e, name) != NULL)
		why = g_strdup_printf("was set before, by %s; a list of values is one %s", override_of(e, name),
		                      option);
	bool ok = why == NULL && read_override(e, name, equals + 1, &axis, &why);
	if (ok) {
		apply_axis(e, &axis, must_sweep);
		remember_override(e, set);
		ok = experiment_few_enough(e);
		if (!ok)
			why = g_strdup_printf("makes more than %d points", EXPERIMENT_MAX_POINTS);
	}
	if (!ok)
		*error = g_strdup_printf("%s %s: key '%s': %s", option, set, name, why);
	g_free(why);
	g_free(name);
	return ok;
}

bool
experiment_set(struct experiment *e, const char *set, char **error)
{
	return override(e, "--set", set, false, error);
}

bool
experiment_axis(struct experiment *e, const char *axis, char **error)
{
	return override(e, "--axis", axis, true, error);
}

/* A path is made absolute, since the points run in the tree's root. */
void
experiment_set_platform(struct experiment *e, const char *platform)
{
	bool file = strchr(platform, '/') != NULL || g_file_test(platform, G_FILE_TEST_IS_REGULAR);
	g_free(e->platform);
	e->platform = file ? g_canonicalize_filename(platform, NULL) : g_strdup(platform);
	g_free(e->platform_given);
	e->platform_given = g_strdup_printf("--platform %s", platform);
	char *set = g_strdup_printf("--platform=%s", e->platform);
	remember_override(e, set);
	g_free(set);
}

bool
experiment_override(struct experiment *e, char *const *sets, const char *platform, char **error)
{
	for (unsigned i = 0; sets != NULL && sets[i] != NULL; i++)
		if (!experiment_set(e, sets[i], error))
			return false;
	if (platform != NULL)
		experiment_set_platform(e, platform);
	return true;
}
