/* Reads a description file, group by group. */
#include "experiments/experiment_file.h"

#include "experiments/axis.h"
#include "experiments/fits.h"
#include "experiments/keyfile.h"
#include "experiments/reference.h"
#include "experiments/series.h"

#include <glib.h>
#include <string.h>

struct loader {
	struct keyfile *file;
	struct experiment *e;
	const struct references *references;
	char **error;
};

static bool refuse(struct loader *l, const struct keyfile_entry *entry, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

static bool
refuse(struct loader *l, const struct keyfile_entry *entry, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	char *text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	*l->error = keyfile_error(l->file, entry, "%s", text);
	g_free(text);
	return false;
}

/* refuse() with a text that is ours to free. */
static bool
refuse_why(struct loader *l, const struct keyfile_entry *entry, char *why)
{
	refuse(l, entry, "%s", why);
	g_free(why);
	return false;
}

static bool
read_workload(struct loader *l, const struct keyfile_entry *entry)
{
	l->e->workload = workload_find(entry->value);
	if (l->e->workload != NULL)
		return true;
	char *names = workload_names();
	refuse(l, entry, "there is no workload '%s'; allowed: %s", entry->value, names);
	g_free(names);
	return false;
}

static bool
read_metrics(struct loader *l, const struct keyfile_entry *entry)
{
	l->e->metrics = axis_words(entry->value);
	for (unsigned i = 0; l->e->metrics[i] != NULL; i++) {
		if (workload_metric(l->e->workload, l->e->metrics[i]) != NULL)
			continue;
		GString *names = g_string_new(NULL);
		for (const struct workload_metric *m = l->e->workload->metrics; m->name != NULL; m++)
			g_string_append_printf(names, " %s", m->name);
		refuse(l, entry, "workload '%s' does not measure '%s'; allowed:%s", l->e->workload->name,
		       l->e->metrics[i], names->str);
		g_string_free(names, TRUE);
		return false;
	}
	return l->e->metrics[0] != NULL || refuse(l, entry, "names no metric");
}

static bool
read_sums(struct loader *l, const struct keyfile_entry *entry)
{
	l->e->sums = axis_words(entry->value);
	for (unsigned i = 0; l->e->sums[i] != NULL; i++)
		if (!g_strv_contains((const char *const *)l->e->metrics, l->e->sums[i]))
			return refuse(l, entry, "'%s' is not one of the metrics", l->e->sums[i]);
	return true;
}

static bool
read_plots(struct loader *l, const struct keyfile_entry *entry)
{
	l->e->plots = axis_words(entry->value);
	for (unsigned i = 0; l->e->plots[i] != NULL; i++) {
		char *path = g_strdup_printf("%s/plots/%s.gp", nicsim_root(), l->e->plots[i]);
		bool there = g_file_test(path, G_FILE_TEST_IS_REGULAR);
		g_free(path);
		if (!there)
			return refuse(l, entry, "there is no plots/%s.gp", l->e->plots[i]);
	}
	return true;
}

static bool
read_bool(struct loader *l, const struct keyfile_entry *entry, bool *value)
{
	*value = strcmp(entry->value, "true") == 0;
	return *value || strcmp(entry->value, "false") == 0 ||
	       refuse(l, entry, "'%s' is not allowed; allowed: true false", entry->value);
}

/* "17", "22a", or "F4" */
static bool
read_figure(struct loader *l, const struct keyfile_entry *entry)
{
	const char *number = entry->value + (entry->value[0] == EXPERIMENT_FAST_SOCKETS);
	size_t digits = strspn(number, "0123456789");
	if (digits == 0 || strspn(number + digits, "abcd") != strlen(number + digits))
		return refuse(l, entry,
		              "'%s' is not allowed; allowed: a number, and a letter a to d if it has parts; F before "
		              "it for those of Fast Sockets",
		              entry->value);
	l->e->figure = g_strdup(entry->value);
	return true;
}

static const struct keyfile_entry *
need(struct loader *l, const char *key)
{
	const struct keyfile_entry *entry = keyfile_find(l->file, "experiment", key);
	if (entry == NULL || entry->value[0] == '\0')
		refuse(l, entry, "[experiment] must give '%s'", key);
	return entry != NULL && entry->value[0] != '\0' ? entry : NULL;
}

static const char *const heading_keys[] = {"title",     "text",      "workload", "platform", "metrics", "plots",
                                           "breakdown", "in_report", "figure",   "x",        "sums",    NULL};

static bool
read_heading(struct loader *l)
{
	struct experiment *e = l->e;
	const struct keyfile_entry *title = need(l, "title");
	const struct keyfile_entry *workload = title ? need(l, "workload") : NULL;
	const struct keyfile_entry *platform = workload ? need(l, "platform") : NULL;
	const struct keyfile_entry *metrics = platform ? need(l, "metrics") : NULL;
	if (metrics == NULL || !read_workload(l, workload) || !read_metrics(l, metrics))
		return false;
	e->title = g_strdup(title->value);
	e->platform = g_strdup(platform->value);
	e->platform_given = g_strdup_printf("%s:%u: key 'platform'", keyfile_path(l->file), platform->line);
	const struct keyfile_entry *text = keyfile_find(l->file, "experiment", "text");
	e->text = g_strdup(text != NULL ? text->value : "");
	const struct keyfile_entry *plots = keyfile_find(l->file, "experiment", "plots");
	if (plots != NULL && !read_plots(l, plots))
		return false;
	const struct keyfile_entry *sums = keyfile_find(l->file, "experiment", "sums");
	if (sums != NULL && !read_sums(l, sums))
		return false;
	const struct keyfile_entry *figure = keyfile_find(l->file, "experiment", "figure");
	if (figure != NULL && !read_figure(l, figure))
		return false;
	const struct keyfile_entry *in_report = keyfile_find(l->file, "experiment", "in_report");
	e->in_report = true;
	return in_report == NULL || read_bool(l, in_report, &e->in_report);
}

static bool
read_series(struct loader *l, const struct keyfile_entry *entry)
{
	char *why = NULL;
	return series_read(l->e, entry->key, entry->value, &why) || refuse_why(l, entry, why);
}

/* Between [series] and [axes]: the axis "series". */
static bool
make_series_axis(struct loader *l)
{
	struct experiment *e = l->e;
	struct axis axis;
	char *why = NULL;
	if (e->n_series == 0)
		return true;
	if (!series_axis(e, NULL, &axis, &why))
		return refuse_why(l, NULL, why);
	*axis_add(&e->axes, &e->n_axes) = axis;
	return true;
}

/* "x": one of the axes; else the last, but the series are no axis to draw along. */
static bool
read_x(struct loader *l)
{
	struct experiment *e = l->e;
	const struct keyfile_entry *entry = keyfile_find(l->file, "experiment", "x");
	char *variable = series_without_axis(e);
	if (variable != NULL) {
		refuse(l, NULL, "the series name $%s; [axes] must give '%s'", variable, variable);
		g_free(variable);
		return false;
	}
	if (entry == NULL && e->n_axes > 0 && strcmp(e->axes[e->n_axes - 1].name, SERIES_AXIS) != 0)
		e->x = g_strdup(e->axes[e->n_axes - 1].name);
	if (entry == NULL)
		return true;
	if (axis_find(e->axes, e->n_axes, entry->value) == NULL)
		return refuse(l, entry, "'%s' is not an axis of this experiment", entry->value);
	e->x = g_strdup(entry->value);
	return true;
}

static bool
read_parameter(struct loader *l, const struct keyfile_entry *entry, bool fixed)
{
	struct experiment *e = l->e;
	struct axis axis;
	char *why = NULL;
	bool variable = series_variable(e, entry->key);
	if (!(variable ? series_variable_axis(e, entry->key, entry->value, &axis, &why)
	               : axis_read(e->workload, entry->key, entry->value, &axis, &why)))
		return refuse_why(l, entry, why);
	if (!fixed && series_sets(e, axis.name)) {
		g_free(axis.name);
		g_strfreev(axis.values);
		return refuse(l, entry, "is set by a series as well");
	}
	if (fixed)
		*axis_add(&e->fixed, &e->n_fixed) = axis;
	else
		*axis_add(&e->axes, &e->n_axes) = axis;
	if (fixed && axis.n != 1)
		return refuse(l, entry, "a fixed parameter has one value; a list belongs into [axes]");
	if (keyfile_find(l->file, "axes", entry->key) != NULL && fixed)
		return refuse(l, entry, "is an axis as well");
	return experiment_few_enough(e) || refuse(l, entry, "makes more than %d points", EXPERIMENT_MAX_POINTS);
}

/* How many points have all these values; -1 and *why if one of the texts is not "axis=value". */
static int
count_matches(const struct experiment *e, char **at, char **why)
{
	for (unsigned i = 0; at != NULL && at[i] != NULL; i++) {
		char **pair = g_strsplit(at[i], "=", 2);
		bool known = false;
		for (unsigned k = 0; k < e->n_axes; k++)
			known = known || strcmp(pair[0], e->axes[k].name) == 0;
		g_strfreev(pair);
		if (!known) {
			*why = g_strdup_printf("'%s' is not axis=value with an axis of this experiment", at[i]);
			return -1;
		}
	}
	int n = 0;
	for (unsigned i = 0; i < experiment_points(e); i++)
		n += point_matches(&(struct point){.experiment = e, .index = i}, at);
	if (n == 0)
		*why = g_strdup("no point has these values");
	return n;
}

/* max, min, a coefficient, or nothing. */
static char **
read_which(char **w, struct selection *s)
{
	if (*w == NULL)
		return w;
	if (strcmp(*w, "max") == 0)
		s->kind = SELECT_MAX;
	else if (strcmp(*w, "min") == 0)
		s->kind = SELECT_MIN;
	else if (fits_has_coefficient(*w))
		s->kind = SELECT_FIT;
	if (s->kind == SELECT_FIT)
		s->coefficient = g_strdup(*w);
	return s->kind == SELECT_ONE ? w : w + 1;
}

/* The points of a fit differ in its axis only. */
static bool
check_fit(struct loader *l, const struct keyfile_entry *entry, const struct selection *s, int matches)
{
	const struct fit_rule *rule = fits_rule(l->e, s);
	if (rule == NULL)
		return refuse(l, entry, "[fits] has no curve of %s with the coefficient %s", s->metric, s->coefficient);
	const struct axis *axis = axis_find(l->e->axes, l->e->n_axes, rule->axis);
	return matches == (int)axis->n ||
	       refuse(l, entry, "%d points have these values, axis %s has %u: say which", matches, rule->axis, axis->n);
}

/* "[max|min|COEFFICIENT] METRIC [at AXIS=VALUE ...]" */
static bool
read_selection(struct loader *l, const struct keyfile_entry *entry, struct selection *s)
{
	char **words = axis_words(entry->value), **w = read_which(words, s);
	bool ok = *w != NULL && g_strv_contains((const char *const *)l->e->metrics, *w);
	if (ok)
		s->metric = g_strdup(*w++);
	ok = ok && (*w == NULL || strcmp(*w, "at") == 0);
	if (ok)
		s->at = g_strdupv(*w == NULL ? w : w + 1);
	g_strfreev(words);
	if (!ok)
		return refuse(l, entry,
		              "'%s' is not allowed; allowed: [max|min|COEFFICIENT] METRIC [at AXIS=VALUE ...], with a "
		              "metric of this experiment",
		              entry->value);
	char *why = NULL;
	int n = count_matches(l->e, s->at, &why);
	if (n <= 0)
		return refuse_why(l, entry, why);
	if (s->kind == SELECT_FIT)
		return check_fit(l, entry, s, n);
	return n == 1 || s->kind != SELECT_ONE ||
	       refuse(l, entry, "%d points have these values: say which, or max or min", n);
}

static bool
read_rule(struct loader *l, const struct keyfile_entry *entry)
{
	struct experiment *e = l->e;
	if (l->references != NULL && reference_find(l->references, entry->key) == NULL)
		return refuse(l, entry, "no published number has this id; see %s", REFERENCE_FILE);
	e->rules = g_renew(struct reference_rule, e->rules, e->n_rules + 1);
	struct reference_rule *rule = &e->rules[e->n_rules++];
	*rule = (struct reference_rule){.id = g_strdup(entry->key)};
	const struct keyfile_entry *partial = keyfile_find(l->file, "partial", entry->key);
	if (partial != NULL)
		rule->partial = g_strdup(partial->value);
	return read_selection(l, entry, &rule->selection);
}

static bool
read_partial(struct loader *l, const struct keyfile_entry *entry)
{
	return keyfile_find(l->file, "reference", entry->key) != NULL || refuse(l, entry, "is not in [reference]");
}

/* "METRIC = line|hyperbola AXIS" */
static bool
read_fit(struct loader *l, const struct keyfile_entry *entry)
{
	struct experiment *e = l->e;
	char **words = axis_words(entry->value);
	bool ok = g_strv_length(words) == 2 && (strcmp(words[0], "line") == 0 || strcmp(words[0], "hyperbola") == 0);
	bool axis = false;
	for (unsigned i = 0; ok && i < e->n_axes; i++)
		axis = axis || strcmp(e->axes[i].name, words[1]) == 0;
	ok = ok && axis && g_strv_contains((const char *const *)e->metrics, entry->key);
	if (ok) {
		e->fits = g_renew(struct fit_rule, e->fits, e->n_fits + 1);
		e->fits[e->n_fits++] = (struct fit_rule){.kind = words[0][0] == 'l' ? FIT_LINE : FIT_HYPERBOLA,
		                                         .metric = g_strdup(entry->key),
		                                         .axis = g_strdup(words[1])};
	}
	g_strfreev(words);
	return ok || refuse(l, entry, "'%s' is not allowed; allowed: METRIC = line AXIS, or METRIC = hyperbola AXIS",
	                    entry->value);
}

static bool
read_breakdown(struct loader *l)
{
	const struct keyfile_entry *entry = keyfile_find(l->file, "experiment", "breakdown");
	if (entry == NULL)
		return true;
	l->e->breakdown = axis_words(strcmp(entry->value, "all") == 0 ? "" : entry->value);
	char *why = NULL;
	int n = count_matches(l->e, l->e->breakdown, &why);
	if (n <= 0)
		return refuse_why(l, entry, why);
	return true;
}

enum group {
	GROUP_EXPERIMENT,
	GROUP_FIXED,
	GROUP_SERIES,
	GROUP_AXES,
	GROUP_FITS, /* references may be coefficients */
	GROUP_REFERENCE,
	GROUP_PARTIAL,
	N_GROUPS
};
static const char *const group_names[] = {"experiment", "fixed",     "series",  "axes",
                                          "fits",       "reference", "partial", NULL};

static bool
read_entry(struct loader *l, const struct keyfile_entry *entry, enum group group)
{
	switch (group) {
	case GROUP_FIXED:
	case GROUP_AXES:
		return read_parameter(l, entry, group == GROUP_FIXED);
	case GROUP_SERIES:
		return read_series(l, entry);
	case GROUP_REFERENCE:
		return read_rule(l, entry);
	case GROUP_PARTIAL:
		return read_partial(l, entry);
	case GROUP_FITS:
		return read_fit(l, entry);
	default:
		return true;
	}
}

/* Unknown groups and keys are errors before anything is read. */
static bool
check_keys(struct loader *l)
{
	size_t n;
	const struct keyfile_entry *entries = keyfile_entries(l->file, &n);
	for (size_t i = 0; i < n; i++) {
		if (!g_strv_contains(group_names, entries[i].group))
			return refuse(
			        l, &entries[i],
			        "there is no group [%s]; allowed: experiment fixed series axes reference partial fits",
			        entries[i].group);
		if (strcmp(entries[i].group, "experiment") == 0 && !g_strv_contains(heading_keys, entries[i].key)) {
			char *allowed = g_strjoinv(" ", (char **)heading_keys);
			refuse(l, &entries[i], "is not a key of [experiment]; allowed: %s", allowed);
			g_free(allowed);
			return false;
		}
	}
	return true;
}

static bool
read_all(struct loader *l)
{
	if (!check_keys(l) || !read_heading(l))
		return false;
	size_t n;
	const struct keyfile_entry *entries = keyfile_entries(l->file, &n);
	for (enum group group = GROUP_FIXED; group < N_GROUPS; group++) {
		if (group == GROUP_AXES && !make_series_axis(l))
			return false;
		for (size_t i = 0; i < n; i++)
			if (strcmp(entries[i].group, group_names[group]) == 0 && !read_entry(l, &entries[i], group))
				return false;
	}
	return read_x(l) && read_breakdown(l);
}

bool
experiment_read_file(struct experiment *e, const char *path, const struct references *references, char **error)
{
	struct loader l = {.file = keyfile_load(path, error), .e = e, .references = references, .error = error};
	bool ok = l.file != NULL && read_all(&l);
	keyfile_free(l.file);
	return ok;
}
