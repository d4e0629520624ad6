/* The curves of the papers, fitted by least squares.
 *
 * Line: t = t0 + c n.  Hyperbola: y = r_inf n / (n_half + n), by Levenberg-Marquardt from the straight line of n / y
 * over n. */
#ifndef EXPERIMENTS_FIT_H
#define EXPERIMENTS_FIT_H

#include <stdbool.h>
#include <stddef.h>

struct fit_line {
	double t0, c;
};
struct fit_hyperbola {
	double r_inf, n_half;
};

/* False with fewer than two (three) points, or where no curve comes out. */
bool fit_line(const double *n, const double *t, size_t count, struct fit_line *fit);
bool fit_hyperbola(const double *n, const double *y, size_t count, struct fit_hyperbola *fit);

#endif
