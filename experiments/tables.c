#include "experiments/tables.h"

#include "experiments/breakdown.h"

#include <glib.h>
#include <inttypes.h>
#include <string.h>

static char *
number_text(double value)
{
	return g_strdup_printf("%.9g", value);
}

/* The names of the axes, and behind them `more` up to NULL; g_ptr_array_free() it. */
static GPtrArray *
axes_and(const struct experiment *e, const char *const *more)
{
	GPtrArray *names = g_ptr_array_new();
	for (unsigned i = 0; i < e->n_axes; i++)
		g_ptr_array_add(names, e->axes[i].name);
	for (; *more != NULL; more++)
		g_ptr_array_add(names, (char *)*more);
	g_ptr_array_add(names, NULL);
	return names;
}

struct table *
tables_results(const struct experiment *e, const struct results *results)
{
	GPtrArray *names = axes_and(e, (const char *const *)e->metrics);
	struct table *t = table_new((const char *const *)names->pdata);
	for (unsigned i = 0; i < experiment_points(e); i++) {
		struct point p = {.experiment = e, .index = i};
		char **cells = g_new0(char *, t->n_columns + 1);
		for (unsigned k = 0; k < t->n_columns; k++) {
			double value = 0;
			bool metric = k >= e->n_axes && results_get(&results[i], t->columns[k], &value);
			cells[k] = metric ? number_text(value) : g_strdup(point_text(&p, t->columns[k]));
		}
		table_add(t, (const char *const *)cells);
		g_strfreev(cells);
	}
	g_ptr_array_free(names, TRUE);
	return t;
}

/* What a rule's selection says about an axis; "" if nothing. */
static const char *
value_at(const struct selection *s, const char *axis)
{
	size_t length = strlen(axis);
	for (unsigned i = 0; s->at[i] != NULL; i++)
		if (strncmp(s->at[i], axis, length) == 0 && s->at[i][length] == '=')
			return s->at[i] + length + 1;
	return "";
}

static void
add_reference(struct table *t, const struct experiment *e, const struct reference_rule *rule, const struct reference *r)
{
	char *value = number_text(r->value), *upper = r->bound[0] != '\0' ? number_text(r->upper) : g_strdup("");
	char *label = g_strdup_printf("%s %s%.6g (%s)", r->id, r->bound[0] == '>' ? "> " : "", r->value, r->sure);
	GPtrArray *cells = g_ptr_array_new();
	const char *const first[] = {r->id, label, value, upper, r->sure, r->bound, rule->selection.metric};
	for (unsigned i = 0; i < G_N_ELEMENTS(first); i++)
		g_ptr_array_add(cells, (char *)first[i]);
	for (unsigned i = 0; i < e->n_axes; i++)
		g_ptr_array_add(cells, (char *)value_at(&rule->selection, e->axes[i].name));
	table_add(t, (const char *const *)cells->pdata);
	g_ptr_array_free(cells, TRUE);
	g_free(label);
	g_free(upper);
	g_free(value);
}

struct table *
tables_references(const struct experiment *e, const struct references *references)
{
	GPtrArray *names = g_ptr_array_new();
	static const char *const first[] = {"id", "label", "value", "upper", "sure", "bound", "metric"};
	for (unsigned i = 0; i < G_N_ELEMENTS(first); i++)
		g_ptr_array_add(names, (char *)first[i]);
	for (unsigned i = 0; i < e->n_axes; i++)
		g_ptr_array_add(names, e->axes[i].name);
	g_ptr_array_add(names, NULL);
	struct table *t = table_new((const char *const *)names->pdata);
	for (unsigned i = 0; references != NULL && i < e->n_rules; i++)
		add_reference(t, e, &e->rules[i], reference_find(references, e->rules[i].id));
	g_ptr_array_free(names, TRUE);
	return t;
}

static char *
mean_us(uint64_t sum_ps, uint64_t messages)
{
	return g_strdup_printf("%.8f", (double)sum_ps / (double)messages / 1e6);
}

static void
add_stage(struct table *t, const struct point *p, const struct results_stage *stage, uint64_t end_ps, uint64_t messages)
{
	GPtrArray *cells = g_ptr_array_new();
	char *count = g_strdup_printf("%" PRIu64, messages), *sum = g_strdup_printf("%" PRIu64, stage->sum_ps);
	char *mean = mean_us(stage->sum_ps, messages), *end = mean_us(end_ps, messages);
	char *order = g_strdup_printf("%u", breakdown_order(stage->name));
	char *const last[] = {stage->name, stage->label, count, sum, mean, end, order};
	for (unsigned i = 0; i < p->experiment->n_axes; i++)
		g_ptr_array_add(cells, (char *)point_text(p, p->experiment->axes[i].name));
	for (unsigned i = 0; i < G_N_ELEMENTS(last); i++)
		g_ptr_array_add(cells, last[i]);
	table_add(t, (const char *const *)cells->pdata);
	g_ptr_array_free(cells, TRUE);
	g_free(order);
	g_free(end);
	g_free(mean);
	g_free(sum);
	g_free(count);
}

struct table *
tables_breakdown(const struct experiment *e, const struct results *results)
{
	static const char *const columns[] = {"stage",   "label",  "messages", "sum_ps",
	                                      "mean_us", "end_us", "order",    NULL};
	GPtrArray *names = axes_and(e, columns);
	struct table *t = table_new((const char *const *)names->pdata);
	g_ptr_array_free(names, TRUE);
	for (unsigned i = 0; i < experiment_points(e); i++) {
		struct point p = {.experiment = e, .index = i};
		const struct results *r = &results[i];
		struct results_stage total = {"TOTAL", "all of it", r->stage_total_ps};
		uint64_t end = 0;
		for (unsigned k = 0; k < r->n_stages; k++)
			add_stage(t, &p, &r->stages[k], end += r->stages[k].sum_ps, r->stage_messages);
		if (r->n_stages > 0)
			add_stage(t, &p, &total, total.sum_ps, r->stage_messages);
	}
	if (t->n_rows > 0)
		return t;
	table_free(t);
	return NULL;
}

static bool
row_matches(const struct table *t, unsigned row, char **at)
{
	for (unsigned i = 0; at[i] != NULL; i++) {
		char **pair = g_strsplit(at[i], "=", 2);
		int column = table_column(t, pair[0]);
		bool same = column >= 0 && strcmp(table_cell(t, row, (unsigned)column), pair[1]) == 0;
		g_strfreev(pair);
		if (!same)
			return false;
	}
	return true;
}

bool
tables_select(const struct table *t, const struct selection *s, double *value)
{
	bool found = false;
	g_assert(s->kind != SELECT_FIT); /* fits_select() */
	for (unsigned row = 0; row < t->n_rows; row++) {
		double v;
		if (!row_matches(t, row, s->at) || !table_number(t, row, s->metric, &v))
			continue;
		if (!found || (s->kind == SELECT_MAX && v > *value) || (s->kind == SELECT_MIN && v < *value))
			*value = v;
		found = true;
	}
	return found;
}
