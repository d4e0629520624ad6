#include "experiments/plot_choice.h"

#include "experiments/experiment.h"
#include "nic-sim/params.h"

#include <glib.h>
#include <string.h>

/* The table. ----------------------------------------------------------------------------------------- */

static struct plot_values
values_of(const struct table *t, unsigned column)
{
	GHashTable *seen = g_hash_table_new(g_str_hash, g_str_equal);
	struct plot_values v = {
	        .texts = g_new(const char *, t->n_rows), .numbers = true, .places = g_new(unsigned, t->n_rows)};
	for (unsigned row = 0; row < t->n_rows; row++) {
		const char *text = table_cell(t, row, column);
		double number;
		gpointer place;
		bool again = g_hash_table_lookup_extended(seen, text, NULL, &place);
		v.places[row] = again ? GPOINTER_TO_UINT(place) : v.n;
		if (again)
			continue;
		g_hash_table_insert(seen, (gpointer)text, GUINT_TO_POINTER(v.n));
		v.texts[v.n++] = text;
		v.numbers = v.numbers && param_number(text, &number);
	}
	g_hash_table_destroy(seen);
	return v;
}

/* How many of the first columns it takes until their product are all rows; 0: no number of them does. */
static unsigned
count_axes(const struct plot_choice *c)
{
	double product = 1;
	for (unsigned k = 0; k < c->table->n_columns; k++) {
		product *= c->values[k].n;
		if (product == c->table->n_rows)
			return k + 1;
	}
	return 0;
}

/* Rows. ---------------------------------------------------------------------------------------------- */

static char *
list_values(const struct plot_values *v)
{
	enum { SHOWN = 20 };
	GString *list = g_string_new(NULL);
	for (unsigned i = 0; i < v->n && i < SHOWN; i++)
		g_string_append_printf(list, "%s%s", i > 0 ? " " : "", v->texts[i]);
	if (v->n > SHOWN)
		g_string_append(list, " ...");
	return g_string_free(list, FALSE);
}

static char *
list_columns(const struct table *t)
{
	return g_strjoinv(" ", t->columns);
}

/* The column that an option names; PLOT_NONE and *error if there is none. */
static int
named_column(const struct table *t, const char *option, const char *name, char **error)
{
	int column = table_column(t, name);
	if (column == PLOT_NONE) {
		char *all = list_columns(t);
		*error = g_strdup_printf("%s %s: there is no such column; allowed: %s", option, name, all);
		g_free(all);
	}
	return column;
}

static bool
keep_rows(struct plot_choice *c, const char *at, char **error)
{
	char **pair = g_strsplit(at, "=", 2);
	int column = pair[0] != NULL && pair[1] != NULL ? named_column(c->table, "--at", pair[0], error) : PLOT_NONE;
	unsigned kept = 0;
	for (unsigned row = 0; column != PLOT_NONE && row < c->table->n_rows; row++) {
		bool same = strcmp(table_cell(c->table, row, (unsigned)column), pair[1]) == 0;
		c->rows[row] = c->rows[row] && same;
		kept += same;
	}
	if (column != PLOT_NONE && kept == 0) {
		char *all = list_values(&c->values[column]);
		*error = g_strdup_printf("--at %s: there is no such value; allowed: %s", at, all);
		g_free(all);
	} else if (*error == NULL && column == PLOT_NONE) {
		*error = g_strdup_printf("--at %s: is not column=value", at);
	}
	g_strfreev(pair);
	return *error == NULL;
}

/* Columns. ------------------------------------------------------------------------------------------- */

static bool
is_fixed(const struct plot_choice *c, const struct plot_order *o, unsigned column)
{
	bool fixed = false;
	size_t length = strlen(c->table->columns[column]);
	for (unsigned i = 0; o->at != NULL && o->at[i] != NULL; i++)
		fixed = fixed || (strncmp(o->at[i], c->table->columns[column], length) == 0 && o->at[i][length] == '=');
	return fixed;
}

/* An axis that a figure could show and does not yet? */
static bool
is_free(const struct plot_choice *c, const struct plot_order *o, unsigned column)
{
	return column < c->n_axes && c->values[column].n > 1 && (int)column != c->x && (int)column != c->by &&
	       strcmp(c->table->columns[column], REPEAT_AXIS) != 0 && !is_fixed(c, o, column);
}

/* The free axis with the most values, numbers before words; PLOT_NONE: none. */
static int
longest_axis(const struct plot_choice *c, const struct plot_order *o)
{
	int best = PLOT_NONE;
	for (unsigned i = 0; i < c->n_axes; i++) {
		const struct plot_values *v = &c->values[i], *b = best != PLOT_NONE ? &c->values[best] : NULL;
		if (is_free(c, o, i) &&
		    (b == NULL || v->numbers > b->numbers || (v->numbers == b->numbers && v->n > b->n)))
			best = (int)i;
	}
	return best;
}

static int
first_free_axis(const struct plot_choice *c, const struct plot_order *o)
{
	for (unsigned i = 0; i < c->n_axes; i++)
		if (is_free(c, o, i))
			return (int)i;
	return PLOT_NONE;
}

/* The first column behind the axes that varies, else the first. */
static int
first_metric(const struct plot_choice *c)
{
	for (unsigned i = c->n_axes; i < c->table->n_columns; i++)
		if (c->values[i].numbers && c->values[i].n > 1)
			return (int)i;
	return c->n_axes < c->table->n_columns ? (int)c->n_axes : PLOT_NONE;
}

static bool
name_columns(struct plot_choice *c, const struct plot_order *o, char **error)
{
	const struct {
		const char *option, *name;
		int *column;
	} named[] = {{"--x", o->x, &c->x}, {"--y", o->y, &c->y}, {"--by", o->by, &c->by}};
	for (unsigned i = 0; i < G_N_ELEMENTS(named); i++)
		if (named[i].name != NULL &&
		    (*named[i].column = named_column(c->table, named[i].option, named[i].name, error)) == PLOT_NONE)
			return false;
	return true;
}

/* What the order does not name. */
static bool
guess_columns(struct plot_choice *c, const struct plot_order *o, char **error)
{
	if (c->x == PLOT_NONE)
		c->x = longest_axis(c, o);
	if (c->by == PLOT_NONE)
		c->by = first_free_axis(c, o);
	if (c->y == PLOT_NONE)
		c->y = c->n_axes > 0 ? first_metric(c) : PLOT_NONE;
	if (c->x != PLOT_NONE && c->y != PLOT_NONE)
		return true;
	char *all = list_columns(c->table);
	*error =
	        g_strdup_printf("%s: its columns do not tell what to draw; give --x and --y; allowed: %s", o->csv, all);
	g_free(all);
	return false;
}

/* An axis that stands in no place of the figure would be mixed into it. */
static bool
nothing_left(const struct plot_choice *c, const struct plot_order *o, char **error)
{
	int left = first_free_axis(c, o);
	if (left == PLOT_NONE)
		return true;
	char *all = list_values(&c->values[left]);
	*error = g_strdup_printf("%s: axis '%s' has %u values; choose one with --at %s=VALUE; allowed: %s", o->csv,
	                         c->table->columns[left], c->values[left].n, c->table->columns[left], all);
	g_free(all);
	return false;
}

bool
plot_choose(struct plot_choice *c, const struct table *t, const struct plot_order *o, char **error)
{
	*c = (struct plot_choice){.table = t, .x = PLOT_NONE, .y = PLOT_NONE, .by = PLOT_NONE};
	c->values = g_new0(struct plot_values, t->n_columns);
	for (unsigned i = 0; i < t->n_columns; i++)
		c->values[i] = values_of(t, i);
	c->rows = g_new(bool, t->n_rows);
	for (unsigned i = 0; i < t->n_rows; i++)
		c->rows[i] = true;
	for (unsigned i = 0; o->at != NULL && o->at[i] != NULL; i++)
		if (!keep_rows(c, o->at[i], error))
			return false;
	c->n_axes = count_axes(c);
	return name_columns(c, o, error) && guess_columns(c, o, error) && nothing_left(c, o, error);
}

void
plot_choice_free(struct plot_choice *c)
{
	for (unsigned i = 0; i < c->table->n_columns; i++) {
		g_free(c->values[i].texts);
		g_free(c->values[i].places);
	}
	g_free(c->values);
	g_free(c->rows);
}
