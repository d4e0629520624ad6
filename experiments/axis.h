/* Values of a parameter, as [axes], [fixed], --set and --axis give them: a list, in which ranges may stand (range.h),
 * or "log2 FROM TO". */
#ifndef EXPERIMENTS_AXIS_H
#define EXPERIMENTS_AXIS_H

#include "experiments/experiment.h"

/* axis_read: reads the values of parameter `name` into *axis; false and *why (no file or key in it; g_free it) if the
 * parameter is unknown or a value not allowed. */
bool axis_read(const struct workload *w, const char *name, const char *text, struct axis *axis, char **why);
/* axis_read_one: the whole text is one value, whatever is in it. */
bool axis_read_one(const struct workload *w, const char *name, const char *text, struct axis *axis, char **why);
/* axis_values: as axis_read() for a name that is no parameter: its values are not checked. */
bool axis_values(const char *name, const char *text, struct axis *axis, char **why);
/* axis_words: what blanks and commas separate, unless they stand between quotes; g_strfreev it. */
char **axis_words(const char *text);

/* axis_add: a new place at the end of a list of axes. */
struct axis *axis_add(struct axis **axes, unsigned *n);
struct axis *axis_find(struct axis *axes, unsigned n, const char *name);
void axis_free_all(struct axis *axes, unsigned n);

#endif
