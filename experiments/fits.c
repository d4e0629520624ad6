#include "experiments/fits.h"

#include "experiments/table.h"

#include <glib.h>
#include <math.h>
#include <string.h>

/* The coefficients of each kind of curve, and their units: of times over sizes, and of rates. */
static const struct {
	const char *name, *unit;
} coefficients[][FITS_COEFFICIENTS] = {
        [FIT_LINE] = {{"t0", "us"}, {"c", "us/B"}}, [FIT_HYPERBOLA] = {{"r_inf", "MB/s"}, {"n_half", "B"}}};

bool
fits_has_coefficient(const char *name)
{
	for (unsigned kind = 0; kind < G_N_ELEMENTS(coefficients); kind++)
		for (unsigned i = 0; i < FITS_COEFFICIENTS; i++)
			if (strcmp(coefficients[kind][i].name, name) == 0)
				return true;
	return false;
}

static int
index_of(enum fit_kind kind, const char *name)
{
	for (unsigned i = 0; i < FITS_COEFFICIENTS; i++)
		if (strcmp(coefficients[kind][i].name, name) == 0)
			return (int)i;
	return -1;
}

const struct fit_rule *
fits_rule(const struct experiment *e, const struct selection *s)
{
	for (unsigned i = 0; i < e->n_fits; i++)
		if (strcmp(e->fits[i].metric, s->metric) == 0 && index_of(e->fits[i].kind, s->coefficient) >= 0)
			return &e->fits[i];
	return NULL;
}

/* Have both rows the same values of all axes but that one? */
static bool
same_curve(const struct experiment *e, const struct table *t, const char *axis, unsigned a, unsigned b)
{
	for (unsigned i = 0; i < e->n_axes; i++) {
		unsigned column = (unsigned)table_column(t, e->axes[i].name);
		if (strcmp(e->axes[i].name, axis) != 0 &&
		    strcmp(table_cell(t, a, column), table_cell(t, b, column)) != 0)
			return false;
	}
	return true;
}

static bool
seen_before(const struct experiment *e, const struct table *t, const char *axis, unsigned row)
{
	for (unsigned earlier = 0; earlier < row; earlier++)
		if (same_curve(e, t, axis, earlier, row))
			return true;
	return false;
}

static bool
fit_points(struct fitted *fit, const double *n, const double *y)
{
	struct fit_coefficient *first = &fit->coefficients[0].is, *second = &fit->coefficients[1].is;
	struct fit_line line;
	struct fit_hyperbola hyperbola;
	if (fit->rule->kind == FIT_LINE && fit_line(n, y, fit->count, &line)) {
		*first = line.t0;
		*second = line.c;
		return true;
	}
	if (fit->rule->kind == FIT_HYPERBOLA && fit_hyperbola(n, y, fit->count, &hyperbola)) {
		*first = hyperbola.r_inf;
		*second = hyperbola.n_half;
		return true;
	}
	return false;
}

/* The curve to which fit->row belongs; false if none comes out. */
static bool
fit_curve(const struct experiment *e, const struct table *t, struct fitted *fit)
{
	double *n = g_new(double, t->n_rows), *y = g_new(double, t->n_rows);
	for (unsigned row = fit->row; row < t->n_rows; row++)
		if (same_curve(e, t, fit->rule->axis, fit->row, row) &&
		    table_number(t, row, fit->rule->axis, &n[fit->count]) &&
		    table_number(t, row, fit->rule->metric, &y[fit->count]) &&
		    (!fit->below || n[fit->count] < FITS_SHORT))
			fit->count++;
	for (unsigned i = 0; i < FITS_COEFFICIENTS; i++) {
		fit->coefficients[i].name = coefficients[fit->rule->kind][i].name;
		fit->coefficients[i].unit = coefficients[fit->rule->kind][i].unit;
	}
	bool ok = fit_points(fit, n, y);
	g_free(n);
	g_free(y);
	return ok;
}

static void
add(struct fits *f, const struct experiment *e, const struct table *t, struct fitted fit)
{
	if (!fit_curve(e, t, &fit))
		return;
	f->list = g_renew(struct fitted, f->list, f->n + 1);
	f->list[f->n++] = fit;
}

struct fits
fits_of(const struct experiment *e, const struct table *t)
{
	struct fits f = {0};
	for (unsigned i = 0; i < e->n_fits; i++) {
		const struct fit_rule *rule = &e->fits[i];
		for (unsigned row = 0; row < t->n_rows; row++) {
			if (seen_before(e, t, rule->axis, row))
				continue;
			add(&f, e, t, (struct fitted){.rule = rule, .row = row});
			if (rule->kind == FIT_LINE)
				add(&f, e, t, (struct fitted){.rule = rule, .row = row, .below = true});
		}
	}
	return f;
}

void
fits_free(struct fits *f)
{
	g_free(f->list);
}

char *
fits_series(const struct experiment *e, const struct table *t, const struct fitted *fit)
{
	GString *series = g_string_new(NULL);
	for (unsigned i = 0; i < e->n_axes; i++)
		if (strcmp(e->axes[i].name, fit->rule->axis) != 0)
			g_string_append_printf(series, "%s%s=%s", series->len > 0 ? " " : "", e->axes[i].name,
			                       table_cell(t, fit->row, (unsigned)table_column(t, e->axes[i].name)));
	return g_string_free(series, FALSE);
}

static char *
number(double value)
{
	return isfinite(value) ? g_strdup_printf("%.6g", value) : g_strdup("");
}

static void
add_coefficient(struct table *rows, const struct experiment *e, const struct table *t, const struct fitted *fit,
                unsigned i)
{
	const struct fit_coefficient *is = &fit->coefficients[i].is;
	GPtrArray *cells = g_ptr_array_new_with_free_func(g_free);
	for (unsigned k = 0; k < e->n_axes; k++) {
		const char *axis = e->axes[k].name;
		g_ptr_array_add(cells, g_strdup(strcmp(axis, fit->rule->axis) == 0
		                                        ? ""
		                                        : table_cell(t, fit->row, (unsigned)table_column(t, axis))));
	}
	g_ptr_array_add(cells, g_strdup(fit->rule->metric));
	g_ptr_array_add(cells, g_strdup(fit->coefficients[i].name));
	g_ptr_array_add(cells, fit->below ? g_strdup_printf("%d", FITS_SHORT) : g_strdup(""));
	g_ptr_array_add(cells, g_strdup_printf("%zu", fit->count));
	g_ptr_array_add(cells, g_strdup(fit->coefficients[i].unit));
	g_ptr_array_add(cells, number(is->value));
	g_ptr_array_add(cells, number(is->half));
	g_ptr_array_add(cells, number(is->value - is->half));
	g_ptr_array_add(cells, number(is->value + is->half));
	table_add(rows, (const char *const *)cells->pdata);
	g_ptr_array_free(cells, TRUE);
}

static struct table *
empty_table(const struct experiment *e)
{
	static const char *const more[] = {"metric", "coefficient", "below_B", "points", "unit",
	                                   "value",  "half",        "low",     "high"};
	GPtrArray *names = g_ptr_array_new();
	for (unsigned i = 0; i < e->n_axes; i++)
		g_ptr_array_add(names, e->axes[i].name);
	for (unsigned i = 0; i < G_N_ELEMENTS(more); i++)
		g_ptr_array_add(names, (char *)more[i]);
	g_ptr_array_add(names, NULL);
	struct table *rows = table_new((const char *const *)names->pdata);
	g_ptr_array_free(names, TRUE);
	return rows;
}

struct table *
fits_table(const struct experiment *e, const struct table *t)
{
	struct fits f = fits_of(e, t);
	struct table *rows = f.n > 0 ? empty_table(e) : NULL;
	for (unsigned k = 0; k < f.n; k++)
		for (unsigned i = 0; i < FITS_COEFFICIENTS; i++)
			add_coefficient(rows, e, t, &f.list[k], i);
	fits_free(&f);
	return rows;
}

/* Does the row that a curve begins with have the values of the selection? */
static bool
is_selected(const struct table *t, const struct fitted *fit, char **at)
{
	for (unsigned i = 0; at[i] != NULL; i++) {
		char **pair = g_strsplit(at[i], "=", 2);
		int column = table_column(t, pair[0]);
		bool same = column >= 0 && strcmp(table_cell(t, fit->row, (unsigned)column), pair[1]) == 0;
		g_strfreev(pair);
		if (!same)
			return false;
	}
	return true;
}

bool
fits_is(const struct experiment *e, const struct table *t, const struct fitted *fit, unsigned coefficient,
        const struct selection *s)
{
	return s->kind == SELECT_FIT && fits_rule(e, s) == fit->rule && !fit->below &&
	       strcmp(s->coefficient, fit->coefficients[coefficient].name) == 0 && is_selected(t, fit, s->at);
}

bool
fits_select(const struct experiment *e, const struct table *t, const struct selection *s,
            struct fit_coefficient *coefficient)
{
	struct fits f = fits_of(e, t);
	bool found = false;
	for (unsigned i = 0; i < f.n * FITS_COEFFICIENTS && !found; i++) {
		const struct fitted *fit = &f.list[i / FITS_COEFFICIENTS];
		found = fits_is(e, t, fit, i % FITS_COEFFICIENTS, s);
		if (found)
			*coefficient = fit->coefficients[i % FITS_COEFFICIENTS].is;
	}
	fits_free(&f);
	return found;
}
