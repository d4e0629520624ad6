/* Latency by stage, from the trace points of a run (nic-sim/trace.h). */
#ifndef EXPERIMENTS_BREAKDOWN_H
#define EXPERIMENTS_BREAKDOWN_H

#include "experiments/results.h"

/* breakdown_take: of all recorded messages that went from TRACE_STAGE_CALL to TRACE_STAGE_RETURN: for each stage, the
 * time from the mark before it to its own, summed over the messages; and the sum of their latencies, taken from the two
 * outer marks only.  So the parts add up to the latency exactly. */
void breakdown_take(struct results *results);
/* breakdown_order: the place of a stage among all, from 1; 0: it is none. */
unsigned breakdown_order(const char *stage);

#endif
