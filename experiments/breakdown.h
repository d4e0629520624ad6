/* Latency by stage, from the trace points of a run (nic-sim/trace.h). */
#ifndef EXPERIMENTS_BREAKDOWN_H
#define EXPERIMENTS_BREAKDOWN_H

#include "experiments/results.h"

/* breakdown_take: of all recorded messages that went from TRACE_STAGE_CALL to TRACE_STAGE_RETURN: for each stage, the
 * time from the mark before it to its own, summed over the messages.  So the parts of a message add up to its latency
 * exactly. */
void breakdown_take(struct results *results);

#endif
