/* Which platform an experiment runs on: a name in platforms/, or a path. */
#ifndef EXPERIMENTS_PLATFORM_CHOICE_H
#define EXPERIMENTS_PLATFORM_CHOICE_H

#include "experiments/experiment.h"

/* platform_path: the file of the experiment's platform; g_free it. */
char *platform_path(const struct experiment *e);
/* platform_there: false and *error (one line, g_free it), which says where it was named and what is allowed, if there
 * is no such file. */
bool platform_there(const struct experiment *e, char **error);

#endif
