/* The fits of an experiment: which curves its [fits] ask for, and what coefficients its table gives.
 *
 * One curve for each combination of what the axes other than the fit's have; a line once over all sizes and once below
 * FITS_SHORT, as in the papers.  Coefficients: t0 and c of a line, r_inf and n_half of a hyperbola (fit.h). */
#ifndef EXPERIMENTS_FITS_H
#define EXPERIMENTS_FITS_H

#include "experiments/experiment.h"
#include "experiments/fit.h"

struct table;

#define FITS_SHORT        1024 /* B */
#define FITS_COEFFICIENTS 2

struct fitted {
	const struct fit_rule *rule;
	unsigned row; /* the first of its points in the table, for the values of the other axes */
	size_t count; /* points */
	bool below;   /* only those with less than FITS_SHORT */
	struct {
		const char *name, *unit;
		struct fit_coefficient is;
	} coefficients[FITS_COEFFICIENTS];
};

struct fits {
	struct fitted *list;
	unsigned n;
};

/* fits_of: every curve that comes out, in the order of the rules and the rows. */
struct fits fits_of(const struct experiment *e, const struct table *t);
void fits_free(struct fits *f);
/* fits_series: what the points of a curve have in common, "series=fast"; g_free it. */
char *fits_series(const struct experiment *e, const struct table *t, const struct fitted *fit);
/* fits_table: a row a coefficient, behind the values of the axes: metric, coefficient, below_B (empty: all sizes),
 * points, unit, value, half (of the 95 % interval), low, high.  NULL if there are no fits. */
struct table *fits_table(const struct experiment *e, const struct table *t);

/* fits_is: does the selection mean that coefficient of that curve? */
bool fits_is(const struct experiment *e, const struct table *t, const struct fitted *fit, unsigned coefficient,
             const struct selection *s);

bool fits_has_coefficient(const char *name);
/* fits_rule: the rule that a SELECT_FIT means; NULL: none. */
const struct fit_rule *fits_rule(const struct experiment *e, const struct selection *s);
/* fits_select: that coefficient, over all sizes; false if the table gives no such curve. */
bool fits_select(const struct experiment *e, const struct table *t, const struct selection *s,
                 struct fit_coefficient *coefficient);

#endif
