/* Series of an experiment: reading one, and its settings at a point. */
#ifndef EXPERIMENTS_SERIES_H
#define EXPERIMENTS_SERIES_H

#include "experiments/experiment.h"

/* series_read: "[PARAMETER=VALUE ...] [| legend]" as series `name`; false and *why (g_free it). */
bool series_read(struct experiment *e, const char *name, const char *text, char **why);
/* series_axis: the axis "series" with the values that `text` names, or all if it is NULL; false and *why. */
bool series_axis(const struct experiment *e, const char *text, struct axis *axis, char **why);
/* series_sets: does any series set this parameter? */
bool series_sets(const struct experiment *e, const char *parameter);
const struct series *series_find(const struct experiment *e, const char *name); /* NULL: none */
/* series_value: of a parameter in a series; NULL if it says nothing about it. */
const char *series_value(const struct series *s, const char *parameter);
void series_free_all(struct series *list, unsigned n);

#endif
