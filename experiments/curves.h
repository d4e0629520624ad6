/* The curves of a figure: along the axis x of an experiment, one for each combination of what its other axes have, so
 * that an axis more gives curves more, and never a line that runs back and forth. */
#ifndef EXPERIMENTS_CURVES_H
#define EXPERIMENTS_CURVES_H

#include "experiments/experiment.h"

struct _GString;

/* curves_script: what gnuplot needs of them: curves (how many), the array LEGEND, and in_curve(i), true in the rows of
 * a table that belong to the i-th, from 1.  g_free it. */
char *curves_script(const struct experiment *e);
/* curves_quote: a text as gnuplot reads it between double quotes, at the end of a list with commas. */
void curves_quote(struct _GString *list, const char *text);

#endif
