/* Which columns of a table a figure shows, and which rows. */
#ifndef EXPERIMENTS_PLOT_CHOICE_H
#define EXPERIMENTS_PLOT_CHOICE_H

#include "experiments/plot.h"
#include "experiments/table.h"

/* What a column has, each value once, in the order of the rows. */
struct plot_values {
	const char **texts;
	unsigned n;
	bool numbers;     /* all of them */
	unsigned *places; /* of each row's cell, among the texts */
};

struct plot_choice {
	const struct table *table;
	struct plot_values *values; /* one a column */
	unsigned n_axes;            /* the first columns; 0: the table does not tell */
	int x, y, by;               /* columns; by -1: one curve */
	bool *rows;                 /* those that are shown */
};

#define PLOT_NONE (-1)

/* plot_choose: false and *error if there is nothing to choose, or the choice is not clear. plot_choice_free: in both
 * cases. */
bool plot_choose(struct plot_choice *c, const struct table *t, const struct plot_order *order, char **error);
void plot_choice_free(struct plot_choice *c);

#endif
