/* Samples and their quantiles: latencies as workloads report them. */
#ifndef EXPERIMENTS_QUANTILE_H
#define EXPERIMENTS_QUANTILE_H

#include <stddef.h>

struct samples {
	double *values;
	size_t n, room;
};

void samples_add(struct samples *s, double value);
/* Of none: 0.  samples_quantile: q of 0..1, between neighbours in a straight line; sorts. */
double samples_mean(const struct samples *s);
double samples_quantile(struct samples *s, double q);
void samples_free(struct samples *s);

#endif
