/* A mean that is measured until it is known well enough.
 *
 * The papers repeat a ping-pong until the 95 % confidence interval of its mean is tight.  Here: at least `least`
 * samples, then until half the interval (Student's t) is below `share` of the mean, but at most `most`.  It takes the
 * samples for independent, as is usual, though in one run they are not quite. */
#ifndef EXPERIMENTS_STEADY_H
#define EXPERIMENTS_STEADY_H

#include <stdbool.h>
#include <stdint.h>

struct steady {
	uint32_t least, most;
	double share;
	/* so far, by Welford's method */
	uint32_t n;
	double mean, squares;
};

/* steady_seeks: must there be one more sample? */
bool steady_seeks(const struct steady *s);
void steady_add(struct steady *s, double sample);
/* steady_half: half of the 95 % confidence interval of the mean; 0 of fewer than two samples. */
double steady_half(const struct steady *s);

/* Parameters of a workload that uses one, steady_of() reads them; and its metric besides the mean. */
#define STEADY_PARAMETERS                                                                                              \
	{"rounds", "50", 1, 1000000, 0, NULL, "round trips that are measured, at least"},                              \
	        {"most_rounds", "1", 1, 1000000, 0, NULL, "and at most, until the next is reached"},                   \
	{                                                                                                              \
		"interval_permille", "10", 1, 1000, 0, NULL,                                                           \
		        "half of the mean's 95 % confidence interval, of the mean"                                     \
	}

struct point;
struct results;
struct steady steady_of(const struct point *point);
/* steady_results: the mean as that metric; half_interval_us and samples. */
void steady_results(const struct steady *s, struct results *results, const char *metric);
#define STEADY_METRICS                                                                                                 \
	{"half_interval_us", "half of the 95 % confidence interval of the mean round trip, us"},                       \
	{                                                                                                              \
		"samples", "round trips that were measured"                                                            \
	}

#endif
