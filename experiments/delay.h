/* Delays of messages: their distributions, and what waiting for them costs in theory.
 *
 * With t the delay, L for how long a process polls before it blocks, and B what blocking and waking cost, a wait costs
 * t if t <= L, else L + B; the best possible, for who knows t, is min(t, B) (Karlin, Li, Manasse, Owicki 1991). */
#ifndef EXPERIMENTS_DELAY_H
#define EXPERIMENTS_DELAY_H

#include "experiments/experiment.h"

/* The parameters of a workload that has delays; `which` says delays of what. */
#define DELAY_PARAMETERS(which)                                                                                        \
	{"delay", "exponential", 0, 0, 0, "constant exponential uniform bimodal trace", "distribution of " which},     \
	        {"mean_us", "100", 1, 10000000, 0, NULL, "their mean, us; of a trace: it is scaled to that"},          \
	        {"short_us", "10", 0, 10000000, 0, NULL, "bimodal: the short ones, us"},                               \
	        {"short_percent", "50", 0, 99, 0, NULL, "bimodal: share of the short ones"},                           \
	        {"trace",                                                                                              \
	         "experiments/delays.txt",                                                                             \
	         0,                                                                                                    \
	         0,                                                                                                    \
	         0,                                                                                                    \
	         WORKLOAD_TEXT,                                                                                        \
	         "trace: a file with a delay a line, us, taken in turn; relative to the tree"},                        \
	{                                                                                                              \
		"seed", "1", 0, 1000000000, 0, NULL, "of the generator"                                                \
	}

enum delay_kind { DELAY_CONSTANT, DELAY_EXPONENTIAL, DELAY_UNIFORM, DELAY_BIMODAL, DELAY_TRACE };

struct delay {
	enum delay_kind kind;
	double mean;                 /* us */
	double low, high, low_share; /* bimodal, us */
	double *trace;               /* us */
	unsigned n_trace, next;
	uint64_t random;
};

/* delay_init: as the point's parameters say.  false and *error: they contradict each other, or the trace is bad. */
bool delay_init(struct delay *d, const struct point *point, char **error);
void delay_clear(struct delay *d);
double delay_next(struct delay *d); /* us */
/* delay_scale: from now on with another mean (a step of the load). */
void delay_scale(struct delay *d, double mean);

/* What a wait costs in the mean, us.  limit: INFINITY: never blocks. */
double delay_cost(const struct delay *d, double limit, double b);
double delay_optimum(const struct delay *d, double b);     /* mean of min(t, B) */
double delay_cost_random(const struct delay *d, double b); /* the limit drawn with the optimal density */
double delay_best_limit(const struct delay *d, double b);  /* the fixed limit that costs least */
double delay_cost_of(double t, double limit, double b);    /* of one wait */

#endif
