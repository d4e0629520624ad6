/* A table of texts with named columns, as a CSV file has it (RFC 4180, UTF-8, line feeds). */
#ifndef EXPERIMENTS_TABLE_H
#define EXPERIMENTS_TABLE_H

#include <stdbool.h>

struct table {
	char **columns;
	unsigned n_columns;
	char **cells; /* n_rows * n_columns */
	unsigned n_rows;
};

/* table_new: `columns` up to NULL. */
struct table *table_new(const char *const *columns);
void table_free(struct table *t);
/* table_add: a row; `cells` are n_columns texts. */
void table_add(struct table *t, const char *const *cells);
int table_column(const struct table *t, const char *name); /* -1: none */
const char *table_cell(const struct table *t, unsigned row, unsigned column);
/* table_number: false if there is no such column, or the cell is not a number. */
bool table_number(const struct table *t, unsigned row, const char *column, double *value);

char *table_csv(const struct table *t); /* g_free it */
/* table_load: NULL and *error, with the line, if the file is not a table. */
struct table *table_load(const char *path, char **error);

#endif
