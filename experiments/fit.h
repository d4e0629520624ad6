/* The curves of the papers, fitted by least squares.
 *
 * Line: t = t0 + c n.  Hyperbola: y = r_inf n / (n_half + n), by Levenberg-Marquardt from the straight line of n / y
 * over n.  The 95 % confidence interval of a coefficient is value - half .. value + half: Student's t, with the
 * coefficient's variance from the scatter of the points about the curve (for the hyperbola from the linear expansion at
 * its end). */
#ifndef EXPERIMENTS_FIT_H
#define EXPERIMENTS_FIT_H

#include <stdbool.h>
#include <stddef.h>

struct fit_coefficient {
	double value;
	double half; /* NaN: as many coefficients as points, so nothing is known of it */
};
struct fit_line {
	struct fit_coefficient t0, c;
};
struct fit_hyperbola {
	struct fit_coefficient r_inf, n_half;
};

/* False with fewer than two (three) points, or where no curve comes out. */
bool fit_line(const double *n, const double *t, size_t count, struct fit_line *fit);
bool fit_hyperbola(const double *n, const double *y, size_t count, struct fit_hyperbola *fit);

#endif
