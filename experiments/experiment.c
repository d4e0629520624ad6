#include "experiments/experiment.h"

#include "experiments/keyfile.h"
#include "experiments/reference.h"
#include "nic-sim/params.h"
#include "nic-sim/platform.h"

#include <glib.h>
#include <math.h>
#include <string.h>

const char *
nicsim_root(void)
{
	const char *root = g_getenv("NICSIM_ROOT");
	return root != NULL ? root : NICSIM_SOURCE_DIR;
}

/* Words of a text, without empty ones; g_strfreev it. */
static char **
words_of(const char *text)
{
	GPtrArray *words = g_ptr_array_new();
	char **parts = g_strsplit_set(text, " \t,", -1);
	for (unsigned i = 0; parts[i] != NULL; i++)
		if (parts[i][0] != '\0')
			g_ptr_array_add(words, g_strdup(parts[i]));
	g_strfreev(parts);
	g_ptr_array_add(words, NULL);
	return (char **)g_ptr_array_free(words, FALSE);
}

/* Values -----------------------------------------------------------------------------------------------------------*/

/* What is wrong with a value of the parameter, or NULL. */
static char *
check_value(const struct workload *w, const char *name, const char *value)
{
	if (strchr(name, '.') == NULL)
		return workload_check(workload_parameter(w, name), value);
	char *error = NULL, *set = g_strdup_printf("%s=%s", name, value);
	char *prefix = g_strdup_printf("--set %s: ", set);
	if (!platform_check_set(set, &error) && g_str_has_prefix(error, prefix))
		memmove(error, error + strlen(prefix), strlen(error) - strlen(prefix) + 1);
	g_free(prefix);
	g_free(set);
	return error;
}

static char *
check_name(const struct workload *w, const char *name)
{
	if (strchr(name, '.') != NULL || workload_parameter(w, name) != NULL)
		return NULL; /* a platform's key is checked with its value */
	GString *why = g_string_new(NULL);
	g_string_printf(why, "workload '%s' has no parameter '%s'; allowed:", w->name, name);
	for (const struct workload_parameter *p = w->parameters; p->name != NULL; p++)
		g_string_append_printf(why, " %s", p->name);
	g_string_append(why, ", and platform parameters");
	return g_string_free(why, FALSE);
}

/* "log2 FROM TO": FROM, 2 FROM, 4 FROM, ... up to TO. */
static char **
expand_log2(char **words, char **why)
{
	double from, to;
	if (g_strv_length(words) != 3 || !param_number(words[1], &from) || !param_number(words[2], &to) || from <= 0 ||
	    to < from || to / from > 1e9) {
		*why = g_strdup("a range is 'log2 FROM TO', two numbers with 0 < FROM <= TO");
		return NULL;
	}
	GPtrArray *values = g_ptr_array_new();
	for (double v = from; v <= to; v *= 2)
		g_ptr_array_add(values, g_strdup_printf("%.15g", v));
	g_ptr_array_add(values, NULL);
	return (char **)g_ptr_array_free(values, FALSE);
}

/* Numbers in one spelling, so that 1e3 and 1000 are the same value in CSV, rules and manifests. */
static void
normalise(char **values)
{
	for (unsigned i = 0; values[i] != NULL; i++) {
		double number;
		if (!param_number(values[i], &number))
			continue;
		g_free(values[i]);
		values[i] = g_strdup_printf("%.15g", number);
	}
}

/* Reads one or more values of parameter `name` into *axis; false and *why if one is not allowed. */
static bool
read_axis(const struct workload *w, const char *name, const char *text, struct axis *axis, char **why)
{
	*why = check_name(w, name);
	if (*why != NULL)
		return false;
	char **values = words_of(text);
	if (values[0] != NULL && strcmp(values[0], "log2") == 0) {
		char **expanded = expand_log2(values, why);
		g_strfreev(values);
		values = expanded;
	} else if (values[0] == NULL) {
		*why = g_strdup("has no value");
	}
	if (*why == NULL)
		normalise(values);
	for (unsigned i = 0; *why == NULL && values[i] != NULL; i++) {
		*why = check_value(w, name, values[i]);
		if (*why == NULL && g_strv_contains((const char *const *)values + i + 1, values[i]))
			*why = g_strdup_printf("'%s' stands there twice", values[i]);
	}
	if (*why != NULL) {
		g_strfreev(values);
		return false;
	}
	*axis = (struct axis){.name = g_strdup(name), .values = values, .n = g_strv_length(values)};
	return true;
}

static bool
few_enough(const struct experiment *e)
{
	double points = 1;
	for (unsigned i = 0; i < e->n_axes; i++)
		points *= e->axes[i].n;
	return points <= EXPERIMENT_MAX_POINTS;
}

/* The groups of a description -------------------------------------------------------------------------------------*/

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
	l->e->metrics = words_of(entry->value);
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
read_plots(struct loader *l, const struct keyfile_entry *entry)
{
	l->e->plots = words_of(entry->value);
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

static const struct keyfile_entry *
need(struct loader *l, const char *key)
{
	const struct keyfile_entry *entry = keyfile_find(l->file, "experiment", key);
	if (entry == NULL || entry->value[0] == '\0')
		refuse(l, entry, "[experiment] must give '%s'", key);
	return entry != NULL && entry->value[0] != '\0' ? entry : NULL;
}

static const char *const heading_keys[] = {"title", "text",      "workload",  "platform", "metrics",
                                           "plots", "breakdown", "in_report", NULL};

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
	const struct keyfile_entry *text = keyfile_find(l->file, "experiment", "text");
	e->text = g_strdup(text != NULL ? text->value : "");
	const struct keyfile_entry *plots = keyfile_find(l->file, "experiment", "plots");
	if (plots != NULL && !read_plots(l, plots))
		return false;
	const struct keyfile_entry *in_report = keyfile_find(l->file, "experiment", "in_report");
	e->in_report = true;
	return in_report == NULL || read_bool(l, in_report, &e->in_report);
}

static struct axis *
add_axis(struct axis **axes, unsigned *n)
{
	*axes = g_renew(struct axis, *axes, *n + 1);
	return &(*axes)[(*n)++];
}

static bool
read_parameter(struct loader *l, const struct keyfile_entry *entry, bool fixed)
{
	struct experiment *e = l->e;
	struct axis axis;
	char *why = NULL;
	if (!read_axis(e->workload, entry->key, entry->value, &axis, &why))
		return refuse_why(l, entry, why);
	if (fixed)
		*add_axis(&e->fixed, &e->n_fixed) = axis;
	else
		*add_axis(&e->axes, &e->n_axes) = axis;
	if (fixed && axis.n != 1)
		return refuse(l, entry, "a fixed parameter has one value; a list belongs into [axes]");
	if (keyfile_find(l->file, "axes", entry->key) != NULL && fixed)
		return refuse(l, entry, "is an axis as well");
	return few_enough(e) || refuse(l, entry, "makes more than %d points", EXPERIMENT_MAX_POINTS);
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

/* "[max|min] METRIC [at AXIS=VALUE ...]" */
static bool
read_selection(struct loader *l, const struct keyfile_entry *entry, struct selection *s)
{
	char **words = words_of(entry->value), **w = words;
	if (*w != NULL && (strcmp(*w, "max") == 0 || strcmp(*w, "min") == 0))
		s->kind = (*w++)[1] == 'a' ? SELECT_MAX : SELECT_MIN;
	bool ok = *w != NULL && g_strv_contains((const char *const *)l->e->metrics, *w);
	if (ok)
		s->metric = g_strdup(*w++);
	ok = ok && (*w == NULL || strcmp(*w, "at") == 0);
	if (ok)
		s->at = g_strdupv(*w == NULL ? w : w + 1);
	g_strfreev(words);
	if (!ok)
		return refuse(l, entry,
		              "'%s' is not allowed; allowed: [max|min] METRIC [at AXIS=VALUE ...], with a metric of "
		              "this experiment",
		              entry->value);
	char *why = NULL;
	int n = count_matches(l->e, s->at, &why);
	if (n <= 0)
		return refuse_why(l, entry, why);
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
	char **words = words_of(entry->value);
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
	l->e->breakdown = words_of(entry->value);
	char *why = NULL;
	int n = count_matches(l->e, l->e->breakdown, &why);
	if (n <= 0)
		return refuse_why(l, entry, why);
	return n == 1 || refuse(l, entry, "%d points have these values: say which one", n);
}

enum group { GROUP_EXPERIMENT, GROUP_FIXED, GROUP_AXES, GROUP_REFERENCE, GROUP_PARTIAL, GROUP_FITS, N_GROUPS };
static const char *const group_names[] = {"experiment", "fixed", "axes", "reference", "partial", "fits", NULL};

static bool
read_entry(struct loader *l, const struct keyfile_entry *entry, enum group group)
{
	switch (group) {
	case GROUP_FIXED:
	case GROUP_AXES:
		return read_parameter(l, entry, group == GROUP_FIXED);
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
			return refuse(l, &entries[i],
			              "there is no group [%s]; allowed: experiment fixed axes reference partial fits",
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
	for (enum group group = GROUP_FIXED; group < N_GROUPS; group++)
		for (size_t i = 0; i < n; i++)
			if (strcmp(entries[i].group, group_names[group]) == 0 && !read_entry(l, &entries[i], group))
				return false;
	return read_breakdown(l);
}

/* Life
 * ----------------------------------------------------------------------------------------------------------------*/

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

struct experiment *
experiment_load(const char *name, const struct references *references, char **error)
{
	char *path = path_of(name);
	if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
		char **names = experiment_names(), *all = g_strjoinv(" ", names);
		*error = g_strdup_printf("%s: there is no such experiment; allowed: %s, or the path of a file.exp",
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
	struct loader l = {.file = keyfile_load(path, error), .e = e, .references = references, .error = error};
	bool ok = l.file != NULL && read_all(&l);
	keyfile_free(l.file);
	g_free(path);
	if (!ok) {
		experiment_free(e);
		return NULL;
	}
	return e;
}

static void
free_axes(struct axis *axes, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		g_free(axes[i].name);
		g_strfreev(axes[i].values);
	}
	g_free(axes);
}

static void
free_rules(struct experiment *e)
{
	for (unsigned i = 0; i < e->n_rules; i++) {
		g_free(e->rules[i].id);
		g_free(e->rules[i].partial);
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
	free_axes(e->axes, e->n_axes);
	free_axes(e->fixed, e->n_fixed);
	free_rules(e);
	g_strfreev(e->metrics);
	g_strfreev(e->plots);
	g_strfreev(e->breakdown);
	g_strfreev(e->overrides);
	g_free(e->title);
	g_free(e->text);
	g_free(e->platform);
	g_free(e->name);
	g_free(e->path);
	g_free(e);
}

/* Overrides
 * -----------------------------------------------------------------------------------------------------------*/

static struct axis *
find_axis(struct axis *axes, unsigned n, const char *name)
{
	for (unsigned i = 0; i < n; i++)
		if (strcmp(axes[i].name, name) == 0)
			return &axes[i];
	return NULL;
}

static void
replace_axis(struct axis *old, struct axis *by)
{
	g_free(old->name);
	g_strfreev(old->values);
	*old = *by;
}

/* A list makes an axis, which comes last; what was fixed under that name no longer counts, since axes go first. */
static void
apply_axis(struct experiment *e, struct axis *axis)
{
	struct axis *swept = find_axis(e->axes, e->n_axes, axis->name);
	struct axis *fixed = find_axis(e->fixed, e->n_fixed, axis->name);
	if (swept != NULL)
		replace_axis(swept, axis);
	else if (axis->n > 1)
		*add_axis(&e->axes, &e->n_axes) = *axis;
	else if (fixed != NULL)
		replace_axis(fixed, axis);
	else
		*add_axis(&e->fixed, &e->n_fixed) = *axis;
}

static void
remember_override(struct experiment *e, const char *set)
{
	unsigned n = g_strv_length(e->overrides);
	e->overrides = g_renew(char *, e->overrides, n + 2);
	e->overrides[n] = g_strdup(set);
	e->overrides[n + 1] = NULL;
}

bool
experiment_set(struct experiment *e, const char *set, char **error)
{
	const char *equals = strchr(set, '=');
	if (equals == NULL || equals == set) {
		*error = g_strdup_printf("--set %s: is not name=value", set);
		return false;
	}
	char *name = g_strstrip(g_strndup(set, (gsize)(equals - set))), *why = NULL;
	struct axis axis;
	bool ok = read_axis(e->workload, name, equals + 1, &axis, &why);
	if (ok) {
		apply_axis(e, &axis);
		remember_override(e, set);
		ok = few_enough(e);
		if (!ok)
			why = g_strdup_printf("makes more than %d points", EXPERIMENT_MAX_POINTS);
	}
	if (!ok)
		*error = g_strdup_printf("--set %s: key '%s': %s", set, name, why);
	g_free(why);
	g_free(name);
	return ok;
}

/* A path is made absolute, since the points run in the tree's root. */
void
experiment_set_platform(struct experiment *e, const char *platform)
{
	bool file = strchr(platform, '/') != NULL || g_file_test(platform, G_FILE_TEST_IS_REGULAR);
	g_free(e->platform);
	e->platform = file ? g_canonicalize_filename(platform, NULL) : g_strdup(platform);
	char *set = g_strdup_printf("--platform=%s", e->platform);
	remember_override(e, set);
	g_free(set);
}
