#include "experiments/quantile.h"

#include <glib.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>

#define FIRST_ROOM 256

void
samples_add(struct samples *s, double value)
{
	if (s->n == s->room) {
		s->room = MAX(2 * s->room, FIRST_ROOM);
		s->values = g_renew(double, s->values, s->room);
	}
	s->values[s->n++] = value;
}

double
samples_mean(const struct samples *s)
{
	return s->n > 0 ? gsl_stats_mean(s->values, 1, s->n) : 0;
}

double
samples_quantile(struct samples *s, double q)
{
	if (s->n == 0)
		return 0;
	gsl_sort(s->values, 1, s->n);
	return gsl_stats_quantile_from_sorted_data(s->values, 1, s->n, q);
}

void
samples_free(struct samples *s)
{
	g_free(s->values);
}
