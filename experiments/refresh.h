/* Brings the results of the tree's experiments up to date. */
#ifndef EXPERIMENTS_REFRESH_H
#define EXPERIMENTS_REFRESH_H

#include "experiments/exit_code.h"
#include "experiments/reference.h"

#include <stdbool.h>

/* refresh: runs every experiment of the report whose inputs have changed, or all of them; says on standard error what
 * it does. Stops at the first that fails. */
enum exit_code refresh(const struct references *references, bool all, unsigned jobs, char **error);

#endif
