/* A figure of a table that a run or a sweep has written: a metric over one axis, or two.
 *
 * The table tells by itself which of its columns are axes: its rows are the product of what the first columns have.
 * Over the repeats of a point the figure shows the mean, and bars from the smallest to the largest. */
#ifndef EXPERIMENTS_PLOT_H
#define EXPERIMENTS_PLOT_H

#include "experiments/exit_code.h"

#include <stdbool.h>

struct plot_order {
	const char *csv;
	const char *x, *by, *y; /* columns; NULL: chosen.  `by`: a curve for each of its values */
	char *const *at;        /* texts "axis=value": these rows only; may be NULL */
	bool heat;              /* x and by across and up, y as the colour */
	bool log_y;
	const char *out; /* file.svg, .png or .pdf; NULL: beside the table; "-": text, on the terminal */
};

/* plot_draw: *drawn: the file, NULL on the terminal; g_free it.  *error (one line, g_free it) unless EXIT_DONE. */
enum exit_code plot_draw(const struct plot_order *order, char **drawn, char **error);

#endif
