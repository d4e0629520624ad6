/* Series of an experiment: reading one, and its settings at a point. */
#ifndef EXPERIMENTS_SERIES_H
#define EXPERIMENTS_SERIES_H

#include "experiments/experiment.h"

/* A VALUE may be $VARIABLE, or $VARIABLE*FACTOR: what the axis of that name has at the point.  So one axis can mean
 * another parameter in each series. */

/* series_read: "[PARAMETER=VALUE ...] [| legend]" as series `name`; false and *why (g_free it). */
bool series_read(struct experiment *e, const char *name, const char *text, char **why);
/* series_axis: the axis "series" with the values that `text` names, or all if it is NULL; false and *why. */
bool series_axis(const struct experiment *e, const char *text, struct axis *axis, char **why);
/* series_variable: is it a variable of some series?  series_variable_axis: its axis, every value checked for every
 * parameter that it goes to; false and *why. */
bool series_variable(const struct experiment *e, const char *name);
bool series_variable_axis(const struct experiment *e, const char *name, const char *text, struct axis *axis,
                          char **why);
/* series_without_axis: a variable that no axis gives values to; NULL: none; g_free it. */
char *series_without_axis(const struct experiment *e);
/* series_variable_in: the variable that a value names; NULL: none; g_free it. */
char *series_variable_in(const char *value);
/* series_resolve: "$rate*2" with "0.01" for rate: "0.02"; g_free it. */
char *series_resolve(const char *value, const char *of_variable);
/* series_sets: does any series set this parameter? */
bool series_sets(const struct experiment *e, const char *parameter);
const struct series *series_find(const struct experiment *e, const char *name); /* NULL: none */
/* series_value: of a parameter in a series, as written; NULL if it says nothing about it. */
const char *series_value(const struct series *s, const char *parameter);
void series_free_all(struct series *list, unsigned n);

#endif
