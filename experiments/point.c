#include "experiments/experiment.h"

#include "experiments/series.h"

#include <glib.h>
#include <string.h>

unsigned
experiment_points(const struct experiment *e)
{
	unsigned n = 1;
	for (unsigned i = 0; i < e->n_axes; i++)
		n *= e->axes[i].n;
	return n;
}

/* Value of axis `i` at the point: the last axis varies fastest. */
static const char *
axis_value(const struct point *p, unsigned i)
{
	const struct experiment *e = p->experiment;
	unsigned stride = 1;
	for (unsigned k = i + 1; k < e->n_axes; k++)
		stride *= e->axes[k].n;
	return e->axes[i].values[p->index / stride % e->axes[i].n];
}

/* What the axis of repeats gives to a seed; NULL: the name is no seed, or there are no repeats. */
static const char *
repeat_at(const struct point *p, const char *name)
{
	const struct experiment *e = p->experiment;
	for (unsigned i = 0; g_strv_contains(EXPERIMENT_SEEDS, name) && i < e->n_axes; i++)
		if (strcmp(e->axes[i].name, REPEAT_AXIS) == 0)
			return axis_value(p, i);
	return NULL;
}

/* The series that the point belongs to; NULL: none. */
static const struct series *
series_at(const struct point *p)
{
	const struct experiment *e = p->experiment;
	for (unsigned i = 0; e->n_series > 0 && i < e->n_axes; i++)
		if (strcmp(e->axes[i].name, SERIES_AXIS) == 0)
			return series_find(e, axis_value(p, i));
	return NULL;
}

static const char *resolved(const struct point *p, const char *value);

const char *
point_text(const struct point *p, const char *name)
{
	const struct experiment *e = p->experiment;
	for (unsigned i = 0; i < e->n_axes; i++)
		if (strcmp(e->axes[i].name, name) == 0)
			return axis_value(p, i);
	if (repeat_at(p, name) != NULL)
		return repeat_at(p, name);
	const struct series *s = series_at(p);
	if (s != NULL && series_value(s, name) != NULL)
		return resolved(p, series_value(s, name));
	for (unsigned i = 0; i < e->n_fixed; i++)
		if (strcmp(e->fixed[i].name, name) == 0)
			return e->fixed[i].values[0];
	const struct workload_parameter *parameter = workload_parameter(e->workload, name);
	return parameter == NULL ? NULL : parameter->value;
}

/* A series' value: itself, or what it takes from an axis. */
static const char *
resolved(const struct point *p, const char *value)
{
	char *variable = series_variable_in(value);
	if (variable == NULL)
		return value;
	char *text = series_resolve(value, point_text(p, variable));
	const char *lasting = g_intern_string(text); /* few, and callers keep it */
	g_free(text);
	g_free(variable);
	return lasting;
}

uint64_t
point_number(const struct point *p, const char *name)
{
	const char *text = point_text(p, name);
	g_assert(text != NULL); /* a workload asks for a parameter that its table does not have */
	return g_ascii_strtoull(text, NULL, 10);
}

bool
point_is(const struct point *p, const char *name, const char *value)
{
	return g_strcmp0(point_text(p, name), value) == 0;
}

static bool
is_axis(const struct experiment *e, const char *name)
{
	for (unsigned i = 0; i < e->n_axes; i++)
		if (strcmp(e->axes[i].name, name) == 0)
			return true;
	return false;
}

char **
point_sets(const struct point *p)
{
	const struct experiment *e = p->experiment;
	GPtrArray *sets = g_ptr_array_new();
	for (unsigned i = 0; EXPERIMENT_SEEDS[i] != NULL; i++)
		if (strchr(EXPERIMENT_SEEDS[i], '.') != NULL && repeat_at(p, EXPERIMENT_SEEDS[i]) != NULL)
			g_ptr_array_add(
			        sets, g_strdup_printf("%s=%s", EXPERIMENT_SEEDS[i], repeat_at(p, EXPERIMENT_SEEDS[i])));
	for (unsigned i = 0; i < e->n_fixed; i++)
		if (strchr(e->fixed[i].name, '.') != NULL && !is_axis(e, e->fixed[i].name) &&
		    repeat_at(p, e->fixed[i].name) == NULL)
			g_ptr_array_add(sets, g_strdup_printf("%s=%s", e->fixed[i].name, e->fixed[i].values[0]));
	for (unsigned i = 0; i < e->n_axes; i++)
		if (strchr(e->axes[i].name, '.') != NULL)
			g_ptr_array_add(sets, g_strdup_printf("%s=%s", e->axes[i].name, axis_value(p, i)));
	const struct series *s = series_at(p);
	for (unsigned i = 0; s != NULL && s->settings[i] != NULL; i++) {
		char *name = g_strndup(s->settings[i], strcspn(s->settings[i], "="));
		if (strchr(name, '.') != NULL)
			g_ptr_array_add(sets, g_strdup_printf("%s=%s", name, point_text(p, name)));
		g_free(name);
	}
	g_ptr_array_add(sets, NULL);
	return (char **)g_ptr_array_free(sets, FALSE);
}

char *
point_label(const struct point *p)
{
	const struct experiment *e = p->experiment;
	GString *label = g_string_new(e->name);
	for (unsigned i = 0; i < e->n_axes; i++)
		g_string_append_printf(label, " %s=%s", e->axes[i].name, axis_value(p, i));
	return g_string_free(label, FALSE);
}

bool
point_matches(const struct point *p, char **at)
{
	for (unsigned i = 0; at != NULL && at[i] != NULL; i++) {
		char **pair = g_strsplit(at[i], "=", 2);
		bool same = pair[0] != NULL && pair[1] != NULL && point_is(p, pair[0], pair[1]);
		g_strfreev(pair);
		if (!same)
			return false;
	}
	return true;
}
