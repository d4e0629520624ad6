#include "experiments/curves.h"

#include "experiments/series.h"
#include "nic-sim/params.h"

#include <glib.h>
#include <string.h>

#define SEPARATOR "|" /* between the values that make a curve's key */

static bool
is_x(const struct experiment *e, unsigned axis)
{
	return g_strcmp0(e->axes[axis].name, e->x) == 0;
}

/* What all rows of the point's curve have in common. g_free it. */
static char *
key_of(const struct point *p)
{
	const struct experiment *e = p->experiment;
	GString *key = g_string_new(NULL);
	for (unsigned i = 0; i < e->n_axes; i++)
		if (!is_x(e, i))
			g_string_append_printf(key, "%s" SEPARATOR, point_text(p, e->axes[i].name));
	return g_string_free(key, FALSE);
}

/* A value as a legend says it: a word stands for itself, a number needs its name. */
static void
append_value(GString *legend, const struct point *p, const char *axis)
{
	const char *value = point_text(p, axis);
	double number;
	const struct series *series = strcmp(axis, SERIES_AXIS) == 0 ? series_find(p->experiment, value) : NULL;
	g_string_append(legend, legend->len > 0 ? ", " : "");
	if (series != NULL)
		g_string_append(legend, series->legend);
	else if (param_number(value, &number))
		g_string_append_printf(legend, "%s = %s", axis, value);
	else
		g_string_append(legend, value);
}

static char *
legend_of(const struct point *p)
{
	const struct experiment *e = p->experiment;
	GString *legend = g_string_new(NULL);
	for (unsigned i = 0; i < e->n_axes; i++)
		if (!is_x(e, i) && e->axes[i].n > 1)
			append_value(legend, p, e->axes[i].name);
	if (legend->len == 0)
		g_string_append(legend, "simulated");
	return g_string_free(legend, FALSE);
}

/* Appends ,"text" to a list, with what gnuplot reads specially between double quotes made plain. */
void
curves_quote(GString *list, const char *text)
{
	g_string_append(list, list->len > 0 ? ",\"" : "\"");
	for (; *text != '\0'; text++)
		g_string_append_printf(list, strchr("\"\\`", *text) != NULL ? "\\%c" : "%c", *text);
	g_string_append_c(list, '"');
}

/* The key of a row, as an expression. */
static char *
key_expression(const struct experiment *e)
{
	GString *key = g_string_new("''");
	for (unsigned i = 0; i < e->n_axes; i++)
		if (!is_x(e, i))
			g_string_append_printf(key, ".strcol('%s').'" SEPARATOR "'", e->axes[i].name);
	return g_string_free(key, FALSE);
}

char *
curves_script(const struct experiment *e)
{
	GHashTable *seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GString *keys = g_string_new(NULL), *legends = g_string_new(NULL);
	unsigned n = 0;
	for (unsigned i = 0; i < experiment_points(e); i++) {
		struct point p = {.experiment = e, .index = i};
		char *key = key_of(&p);
		if (g_hash_table_contains(seen, key)) {
			g_free(key);
			continue;
		}
		char *legend = legend_of(&p);
		curves_quote(keys, key);
		curves_quote(legends, legend);
		g_free(legend);
		g_hash_table_add(seen, key);
		n++;
	}
	char *expression = key_expression(e);
	char *script =
	        g_strdup_printf("curves=%u; array KEY[%u]=[%s]; array LEGEND[%u]=[%s]; in_curve(i)=(%s) eq KEY[i]", n,
	                        n, keys->str, n, legends->str, expression);
	g_free(expression);
	g_string_free(keys, TRUE);
	g_string_free(legends, TRUE);
	g_hash_table_destroy(seen);
	return script;
}
