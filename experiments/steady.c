#include "experiments/steady.h"

#include "experiments/experiment.h"
#include "experiments/results.h"

#include <glib.h>
#include <gsl/gsl_cdf.h>
#include <math.h>

#define TAIL 0.975 /* of a 95 % interval, which has two */

bool
steady_seeks(const struct steady *s)
{
	if (s->n < s->least)
		return true;
	return s->n < s->most && !(s->n > 1 && steady_half(s) <= s->share * s->mean);
}

void
steady_add(struct steady *s, double sample)
{
	double before = sample - s->mean;

	s->n++;
	s->mean += before / s->n;
	s->squares += before * (sample - s->mean);
}

double
steady_half(const struct steady *s)
{
	if (s->n < 2)
		return 0;
	return gsl_cdf_tdist_Pinv(TAIL, s->n - 1) * sqrt(s->squares / (s->n - 1) / s->n);
}

struct steady
steady_of(const struct point *point)
{
	uint32_t least = (uint32_t)point_number(point, "rounds");

	return (struct steady){.least = least,
	                       .most = MAX(least, (uint32_t)point_number(point, "most_rounds")),
	                       .share = (double)point_number(point, "interval_permille") / 1000};
}

void
steady_results(const struct steady *s, struct results *results, const char *metric)
{
	results_set(results, metric, s->mean);
	results_set(results, "half_interval_us", steady_half(s));
	results_set(results, "samples", s->n);
}
