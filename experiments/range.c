#include "experiments/range.h"

#include "experiments/experiment.h"
#include "nic-sim/params.h"

#include <glib.h>
#include <math.h>
#include <string.h>

#define SEPARATOR ":"
#define FACTOR    '*'
#define PART      1e-9 /* of a step: what rounding may cost, at the end and at 0 */

struct range {
	double from, to, step;
	bool factor; /* step is one */
};

bool
range_is(const char *word)
{
	double number;
	char *first = g_strndup(word, strcspn(word, SEPARATOR));
	bool is = strlen(first) < strlen(word) && param_number(first, &number);
	g_free(first);
	return is;
}

static bool
parse(const char *word, struct range *r)
{
	char **parts = g_strsplit(word, SEPARATOR, -1);
	bool ok = g_strv_length(parts) == 3;
	r->factor = ok && parts[2][0] == FACTOR;
	ok = ok && param_number(parts[0], &r->from) && param_number(parts[1], &r->to) &&
	     param_number(parts[2] + r->factor, &r->step);
	g_strfreev(parts);
	return ok;
}

/* How many steps it is from one end to the other; negative if one never gets there. */
static double
steps(const struct range *r)
{
	if (!r->factor)
		return r->step == 0 ? -1 : (r->to - r->from) / r->step;
	if (r->from <= 0 || r->to <= 0 || r->step <= 0 || r->step == 1)
		return -1;
	return log(r->to / r->from) / log(r->step);
}

static double
value_at(const struct range *r, unsigned i)
{
	double value = r->factor ? r->from * pow(r->step, i) : r->from + r->step * i;
	return fabs(value) < PART * fabs(r->step) ? 0 : value;
}

bool
range_expand(const char *word, GPtrArray *values, char **why)
{
	struct range r;
	double n = parse(word, &r) ? steps(&r) : -1;
	if (!(n >= 0)) {
		*why = g_strdup_printf("'%s' is no range; allowed: FROM:TO:STEP, as 0:200:10, or FROM:TO:*FACTOR "
		                       "(FROM and TO above 0), as 1:1000:*10",
		                       word);
		return false;
	}
	if (n >= EXPERIMENT_MAX_POINTS) {
		*why = g_strdup_printf("'%s' has more than %d values", word, EXPERIMENT_MAX_POINTS);
		return false;
	}
	for (unsigned i = 0; i <= n + PART; i++)
		g_ptr_array_add(values, g_strdup_printf("%.15g", value_at(&r, i)));
	return true;
}
