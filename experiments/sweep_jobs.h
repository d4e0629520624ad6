/* The points of a sweep as commands of a shell, one a line, each of which runs one point and needs nothing else: for
 * GNU parallel, a cluster's queue, or sh itself. */
#ifndef EXPERIMENTS_SWEEP_JOBS_H
#define EXPERIMENTS_SWEEP_JOBS_H

#include "experiments/experiment.h"

/* sweep_job: the command for a point; `firmware`: --firmware, or NULL; `folder`: of the sweep.  g_free it. */
char *sweep_job(const struct point *p, const char *firmware, const char *folder);

#endif
