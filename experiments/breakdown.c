#include "experiments/breakdown.h"

#include "nic-sim/trace.h"

#include <glib.h>
#include <string.h>

/* Names of the stages, as trace.h has them. */
#define STAGE_NAME(name, label) #name,
static const char *const stage_names[] = {TRACE_STAGES(STAGE_NAME)};

/* The date at which a message first passed each stage; SIM_NEVER: it did not. */
struct passage {
	sim_time at[TRACE_N_STAGES];
};

static struct passage *
passages(uint32_t *n)
{
	size_t n_records;
	const struct trace_record *records = trace_records(&n_records);
	*n = 0;
	for (size_t i = 0; i < n_records; i++)
		*n = MAX(*n, records[i].id + 1);
	struct passage *p = g_new(struct passage, *n);
	for (uint32_t id = 0; id < *n; id++)
		for (unsigned stage = 0; stage < TRACE_N_STAGES; stage++)
			p[id].at[stage] = SIM_NEVER;
	for (size_t i = 0; i < n_records; i++) {
		sim_time *at = &p[records[i].id].at[records[i].stage];
		*at = MIN(*at, records[i].time);
	}
	return p;
}

/* A stage that is marked later than one that should follow it counts as passed when the latter was. */
static void
add_message(const struct passage *p, uint64_t sums[TRACE_N_STAGES], bool seen[TRACE_N_STAGES])
{
	sim_time before = p->at[TRACE_STAGE_CALL], end = p->at[TRACE_STAGE_RETURN];
	for (unsigned stage = TRACE_STAGE_CALL + 1; stage < TRACE_N_STAGES; stage++) {
		if (p->at[stage] == SIM_NEVER)
			continue;
		sim_time at = CLAMP(p->at[stage], before, end);
		sums[stage] += at - before;
		seen[stage] = true;
		before = at;
	}
}

void
breakdown_take(struct results *results)
{
	uint64_t sums[TRACE_N_STAGES] = {0};
	bool seen[TRACE_N_STAGES] = {false};
	uint32_t n;
	struct passage *p = passages(&n);
	for (uint32_t id = 1; id < n; id++) {
		if (p[id].at[TRACE_STAGE_CALL] == SIM_NEVER || p[id].at[TRACE_STAGE_RETURN] == SIM_NEVER)
			continue;
		add_message(&p[id], sums, seen);
		results->stage_total_ps += p[id].at[TRACE_STAGE_RETURN] - p[id].at[TRACE_STAGE_CALL];
		results->stage_messages++;
	}
	g_free(p);
	for (unsigned stage = 0; stage < TRACE_N_STAGES; stage++)
		if (seen[stage])
			results_stage(results, stage_names[stage], trace_stage_label(stage), sums[stage]);
}

unsigned
breakdown_order(const char *stage)
{
	for (unsigned i = 0; i < TRACE_N_STAGES; i++)
		if (strcmp(stage_names[i], stage) == 0)
			return i + 1;
	return 0;
}
