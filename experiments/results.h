/* What one point gives: metrics, fingerprint, what saturated, and (if asked for) the latency by stage. */
#ifndef EXPERIMENTS_RESULTS_H
#define EXPERIMENTS_RESULTS_H

#include <stdbool.h>
#include <stdint.h>

#define RESULTS_METRICS 96
#define RESULTS_STAGES  16

/* A part of the latency: from this stage's mark to the next; summed over the messages that were looked at. */
struct results_stage {
	char *name;
	char *label;
	uint64_t sum_ps;
};

struct results {
	struct {
		char *name;
		double value;
	} metrics[RESULTS_METRICS];
	unsigned n_metrics;
	uint64_t fingerprint;
	char *saturated; /* busiest resource; NULL if the workload has no machine */
	double utilisation;
	struct results_stage stages[RESULTS_STAGES];
	unsigned n_stages;
	uint64_t stage_messages; /* how many messages the sums are of */
	uint64_t
	        stage_total_ps; /* their latency, each from its first mark to its last: what the parts must add up to */
};

/* results_set: a metric of the workload. */
void results_set(struct results *r, const char *metric, double value);
/* results_get: false if the metric was not set. */
bool results_get(const struct results *r, const char *metric, double *value);
void results_stage(struct results *r, const char *name, const char *label, uint64_t sum_ps);
void results_clear(struct results *r);

/* As text between processes; g_free it. results_parse: false if it is not complete. */
char *results_text(const struct results *r);
bool results_parse(struct results *r, const char *text);

#endif
