/* Ranges of numbers, as a word among the values of an axis:
 *   FROM:TO:STEP     FROM, FROM + STEP, ... up to TO (down to it, if STEP is negative)
 *   FROM:TO:*FACTOR  FROM, FROM * FACTOR, ... up to TO (down to it, if FACTOR is below 1)
 * TO is one of the values if a step falls on it. */
#ifndef EXPERIMENTS_RANGE_H
#define EXPERIMENTS_RANGE_H

#include <stdbool.h>

struct _GPtrArray;

/* range_is: is the word meant as a range?  It begins with a number and a colon. */
bool range_is(const char *word);
/* range_expand: its values, as new texts at the end of `values`; false and *why (g_free it) if it is none. */
bool range_expand(const char *word, struct _GPtrArray *values, char **why);

#endif
