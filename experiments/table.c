#include "experiments/table.h"

#include "nic-sim/params.h"

#include <glib.h>
#include <string.h>

struct table *
table_new(const char *const *columns)
{
	struct table *t = g_new0(struct table, 1);
	t->columns = g_strdupv((char **)columns);
	t->n_columns = g_strv_length(t->columns);
	return t;
}

void
table_free(struct table *t)
{
	if (t == NULL)
		return;
	for (unsigned i = 0; i < t->n_rows * t->n_columns; i++)
		g_free(t->cells[i]);
	g_free(t->cells);
	g_strfreev(t->columns);
	g_free(t);
}

void
table_add(struct table *t, const char *const *cells)
{
	t->cells = g_renew(char *, t->cells, (t->n_rows + 1) * t->n_columns);
	for (unsigned i = 0; i < t->n_columns; i++)
		t->cells[t->n_rows * t->n_columns + i] = g_strdup(cells[i]);
	t->n_rows++;
}

int
table_column(const struct table *t, const char *name)
{
	for (unsigned i = 0; i < t->n_columns; i++)
		if (strcmp(t->columns[i], name) == 0)
			return (int)i;
	return -1;
}

const char *
table_cell(const struct table *t, unsigned row, unsigned column)
{
	g_assert(row < t->n_rows && column < t->n_columns);
	return t->cells[row * t->n_columns + column];
}

bool
table_number(const struct table *t, unsigned row, const char *column, double *value)
{
	int i = table_column(t, column);
	return i >= 0 && param_number(table_cell(t, row, (unsigned)i), value);
}

static void
append_cell(GString *csv, const char *cell, char after)
{
	if (strpbrk(cell, ",\"\n") == NULL) {
		g_string_append(csv, cell);
	} else {
		g_string_append_c(csv, '"');
		for (const char *c = cell; *c != '\0'; c++)
			g_string_append_printf(csv, *c == '"' ? "\"\"" : "%c", *c);
		g_string_append_c(csv, '"');
	}
	g_string_append_c(csv, after);
}

char *
table_csv(const struct table *t)
{
	GString *csv = g_string_new(NULL);
	for (unsigned i = 0; i < t->n_columns; i++)
		append_cell(csv, t->columns[i], i + 1 < t->n_columns ? ',' : '\n');
	for (unsigned i = 0; i < t->n_rows * t->n_columns; i++)
		append_cell(csv, t->cells[i], (i + 1) % t->n_columns != 0 ? ',' : '\n');
	return g_string_free(csv, FALSE);
}

/* Takes the cell at *text, up to and with the comma after it; *last if the line ends there.  NULL if quotes do not
 * match. */
static char *
take_cell(const char **text, bool *last)
{
	GString *cell = g_string_new(NULL);
	const char *c = *text;
	bool quoted = *c == '"';
	if (quoted)
		c++;
	while (*c != '\0' && (quoted || (*c != ',' && *c != '\n'))) {
		if (quoted && *c == '"' && *++c != '"') {
			quoted = false;
			break;
		}
		g_string_append_c(cell, *c++);
	}
	bool ended = *c == '\0' || *c == '\n' || *c == ',';
	if (quoted || !ended) {
		g_string_free(cell, TRUE);
		return NULL;
	}
	*last = *c != ',';
	*text = *c == '\0' ? c : c + 1;
	return g_string_free(cell, FALSE);
}

/* Takes a line; NULL and *why if it is malformed. */
static GPtrArray *
take_line(const char **text, const char **why)
{
	GPtrArray *cells = g_ptr_array_new_with_free_func(g_free);
	bool last = false;
	while (!last) {
		char *cell = take_cell(text, &last);
		if (cell == NULL) {
			*why = "quotes do not match";
			g_ptr_array_free(cells, TRUE);
			return NULL;
		}
		g_ptr_array_add(cells, cell);
	}
	return cells;
}

static struct table *
first_line(const char **text, const char **why)
{
	GPtrArray *cells = take_line(text, why);
	if (cells == NULL)
		return NULL;
	g_ptr_array_add(cells, NULL);
	struct table *t = table_new((const char *const *)cells->pdata);
	g_ptr_array_free(cells, TRUE);
	return t;
}

static struct table *
parse(const char *text, unsigned *line, const char **why)
{
	*line = 1;
	struct table *t = first_line(&text, why);
	while (t != NULL && *text != '\0') {
		++*line;
		GPtrArray *cells = take_line(&text, why);
		if (cells != NULL && cells->len != t->n_columns)
			*why = "has not as many cells as the first line";
		else if (cells != NULL)
			table_add(t, (const char *const *)cells->pdata);
		if (cells != NULL)
			g_ptr_array_free(cells, TRUE);
		if (*why != NULL) {
			table_free(t);
			t = NULL;
		}
	}
	return t;
}

struct table *
table_load(const char *path, char **error)
{
	GError *failed = NULL;
	char *text;
	if (!g_file_get_contents(path, &text, NULL, &failed)) {
		*error = g_strdup(failed->message);
		g_error_free(failed);
		return NULL;
	}
	unsigned line;
	const char *why = NULL;
	struct table *t = parse(text, &line, &why);
	if (t == NULL)
		*error = g_strdup_printf("%s:%u: %s", path, line, why);
	g_free(text);
	return t;
}
