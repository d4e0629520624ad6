/* What the workloads over Active Messages measure, for those that compare sockets with them. */
#ifndef EXPERIMENTS_WORKLOAD_AM_H
#define EXPERIMENTS_WORKLOAD_AM_H

#include "experiments/exit_code.h"

#include <stdint.h>

struct point;
struct results;

/* Both are the whole of a workload's run(), of a point whose firmware is am.  am_pingpong_run: parameters size_B and
 * STEADY_PARAMETERS; metrics round_trip_us, one_way_us and STEADY_METRICS.  am_stream_run: size_B; bandwidth_MB_s,
 * message_us. */
enum exit_code am_pingpong_run(const struct point *point, struct results *results, char **error);
enum exit_code am_stream_run(const struct point *point, uint32_t messages, struct results *results, char **error);

#endif
