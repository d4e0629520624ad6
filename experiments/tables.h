/* The tables that a run writes, and questions to them. */
#ifndef EXPERIMENTS_TABLES_H
#define EXPERIMENTS_TABLES_H

#include "experiments/experiment.h"
#include "experiments/reference.h"
#include "experiments/results.h"
#include "experiments/table.h"

/* tables_results: a row a point, a column an axis or a metric. */
struct table *tables_results(const struct experiment *e, const struct results *results);
/* tables_references: the published numbers of the experiment, for its figures: id, label, value, upper, sure, bound,
 * metric, and a column an axis, empty where the number belongs to no one value of it. */
struct table *tables_references(const struct experiment *e, const struct references *references);
/* tables_breakdown: for each point with stages a row a stage and one for the total, which is measured by itself, behind
 * the values of the axes, when it ends (end_us)
 * and its place among all stages (0: the total); NULL if no point has stages.  sum_ps is exact: the parts add up to
 * the total. */
struct table *tables_breakdown(const struct experiment *e, const struct results *results);

/* tables_select: the value that the selection means; false if the table has no such row. */
bool tables_select(const struct table *t, const struct selection *s, double *value);

#endif
