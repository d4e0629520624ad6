#include "experiments/delay.h"

#include <glib.h>
#include <math.h>
#include <string.h>

#define RANDOM_LIMITS 2000                /* over which the randomised limit is averaged */
#define OWN_STREAM    0xD1342543DE82EF95u /* far from the streams of others that count from the same seed */
#define LIMITS_TRIED  400 /* for the best fixed one: 0 and multiples up to 4 times the larger of mean and B */

/* Traces. --------------------------------------------------------------------------------------------- */

static bool
take_line(struct delay *d, const char *line, double *sum)
{
	char *end;
	double t = g_ascii_strtod(line, &end);

	if (end == line || *g_strchug(end) != '\0' || !(t >= 0) || t > 1e9)
		return false;
	d->trace[d->n_trace++] = t;
	*sum += t;
	return true;
}

static bool
take_trace(struct delay *d, const char *path, char *text, char **error)
{
	char **lines = g_strsplit(text, "\n", -1);
	double sum = 0;

	d->trace = g_new(double, g_strv_length(lines) + 1);
	for (unsigned i = 0; lines[i] && !*error; i++)
		if (*g_strstrip(lines[i]) && lines[i][0] != '#' && !take_line(d, lines[i], &sum))
			*error = g_strdup_printf("%s:%u: '%s' is no delay; allowed: a number of us, 0 or more", path,
			                         i + 1, lines[i]);
	if (!*error && sum <= 0)
		*error = g_strdup_printf("%s: has no delays that are longer than 0", path);
	for (unsigned i = 0; !*error && i < d->n_trace; i++)
		d->trace[i] *= d->mean * d->n_trace / sum;
	g_strfreev(lines);
	return !*error;
}

static bool
read_trace(struct delay *d, const char *name, char **error)
{
	char *path = g_path_is_absolute(name) ? g_strdup(name) : g_build_filename(nicsim_root(), name, NULL), *text;
	GError *failed = NULL;
	bool ok = g_file_get_contents(path, &text, NULL, &failed);

	if (ok) {
		ok = take_trace(d, path, text, error);
		g_free(text);
	} else {
		*error = g_strdup_printf("trace=%s: %s", name, failed->message);
		g_error_free(failed);
	}
	g_free(path);
	return ok;
}

/* Distributions. -------------------------------------------------------------------------------------- */

static enum delay_kind
kind_of(const struct point *point)
{
	static const char *const names[] = {"constant", "exponential", "uniform", "bimodal", "trace"};
	unsigned i = 0;

	while (!point_is(point, "delay", names[i])) /* one of them: DELAY_PARAMETERS */
		i++;
	return (enum delay_kind)i;
}

bool
delay_init(struct delay *d, const struct point *point, char **error)
{
	*d = (struct delay){.kind = kind_of(point),
	                    .mean = (double)point_number(point, "mean_us"),
	                    .low = (double)point_number(point, "short_us"),
	                    .low_share = (double)point_number(point, "short_percent") / 100,
	                    .random = point_number(point, "seed") * OWN_STREAM};
	d->high = (d->mean - d->low_share * d->low) / (1 - d->low_share);
	if (d->kind == DELAY_TRACE)
		return read_trace(d, point_text(point, "trace"), error);
	if (d->kind == DELAY_BIMODAL && d->high < d->low)
		*error = g_strdup_printf("short_us=%g is more than mean_us=%g", d->low, d->mean);
	return !*error;
}

void
delay_clear(struct delay *d)
{
	g_free(d->trace);
}

void
delay_scale(struct delay *d, double mean)
{
	double factor = mean / d->mean;

	d->mean = mean;
	d->low *= factor;
	d->high *= factor;
	for (unsigned i = 0; i < d->n_trace; i++)
		d->trace[i] *= factor;
}

/* splitmix64: in [0, 1). */
static double
chance(struct delay *d)
{
	uint64_t z = d->random += 0x9E3779B97F4A7C15u;

	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
	z = (z ^ z >> 27) * 0x94D049BB133111EBu;
	return (double)((z ^ z >> 31) >> 11) * 0x1p-53;
}

double
delay_next(struct delay *d)
{
	switch (d->kind) {
	case DELAY_EXPONENTIAL:
		return -d->mean * log1p(-chance(d));
	case DELAY_UNIFORM:
		return 2 * d->mean * chance(d);
	case DELAY_BIMODAL:
		return chance(d) < d->low_share ? d->low : d->high;
	case DELAY_TRACE:
		return d->trace[d->next++ % d->n_trace];
	case DELAY_CONSTANT:
		break;
	}
	return d->mean;
}

/* Theory. --------------------------------------------------------------------------------------------- */

double
delay_cost_of(double t, double limit, double b)
{
	return t <= limit ? t : limit + b;
}

static double
cost_trace(const struct delay *d, double limit, double b)
{
	double sum = 0;

	for (unsigned i = 0; i < d->n_trace; i++)
		sum += delay_cost_of(d->trace[i], limit, b);
	return sum / d->n_trace;
}

/* Uniform on [0, 2m]: the integral of t / 2m up to L, and L + B for the rest. */
static double
cost_uniform(double m, double limit, double b)
{
	return limit >= 2 * m ? m : limit * limit / (4 * m) + (limit + b) * (1 - limit / (2 * m));
}

double
delay_cost(const struct delay *d, double limit, double b)
{
	switch (d->kind) {
	case DELAY_EXPONENTIAL:
		return d->mean * -expm1(-limit / d->mean) + b * exp(-limit / d->mean);
	case DELAY_UNIFORM:
		return cost_uniform(d->mean, limit, b);
	case DELAY_BIMODAL:
		return d->low_share * delay_cost_of(d->low, limit, b) +
		       (1 - d->low_share) * delay_cost_of(d->high, limit, b);
	case DELAY_TRACE:
		return cost_trace(d, limit, b);
	case DELAY_CONSTANT:
		break;
	}
	return delay_cost_of(d->mean, limit, b);
}

/* min(t, B) is what a limit of B costs when blocking then costs nothing more. */
double
delay_optimum(const struct delay *d, double b)
{
	return delay_cost(d, b, 0);
}

double
delay_cost_random(const struct delay *d, double b)
{
	double sum = 0;

	for (unsigned i = 0; i < RANDOM_LIMITS; i++)
		sum += delay_cost(d, b * log1p((i + 0.5) / RANDOM_LIMITS * (G_E - 1)), b);
	return sum / RANDOM_LIMITS;
}

double
delay_best_limit(const struct delay *d, double b)
{
	double best = 0, least = delay_cost(d, 0, b);

	for (unsigned i = 1; i <= LIMITS_TRIED; i++) {
		double limit = 4 * fmax(d->mean, b) * i / LIMITS_TRIED, cost = delay_cost(d, limit, b);

		if (cost < least) {
			least = cost;
			best = limit;
		}
	}
	return best;
}
