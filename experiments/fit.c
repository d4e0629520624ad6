#include "experiments/fit.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_fit.h>
#include <gsl/gsl_multifit_nlinear.h>
#include <math.h>

#define MAX_ITERATIONS 100
#define TOLERANCE      1e-10

bool
fit_line(const double *n, const double *t, size_t count, struct fit_line *fit)
{
	double cov00, cov01, cov11, sum;
	if (count < 2)
		return false;
	gsl_fit_linear(n, 1, t, 1, count, &fit->t0, &fit->c, &cov00, &cov01, &cov11, &sum);
	return isfinite(fit->t0) && isfinite(fit->c);
}

struct data {
	const double *n, *y;
	size_t count;
};

static int
residuals(const gsl_vector *x, void *arg, gsl_vector *f)
{
	const struct data *d = arg;
	double r_inf = gsl_vector_get(x, 0), n_half = gsl_vector_get(x, 1);
	for (size_t i = 0; i < d->count; i++)
		gsl_vector_set(f, i, r_inf * d->n[i] / (n_half + d->n[i]) - d->y[i]);
	return GSL_SUCCESS;
}

/* n / y = n_half / r_inf + n / r_inf */
static bool
first_guess(const struct data *d, gsl_vector *x)
{
	double ratios[d->count];
	struct fit_line line;
	for (size_t i = 0; i < d->count; i++) {
		if (!(d->y[i] > 0))
			return false;
		ratios[i] = d->n[i] / d->y[i];
	}
	if (!fit_line(d->n, ratios, d->count, &line) || !(line.c > 0))
		return false;
	gsl_vector_set(x, 0, 1 / line.c);
	gsl_vector_set(x, 1, line.t0 / line.c);
	return true;
}

bool
fit_hyperbola(const double *n, const double *y, size_t count, struct fit_hyperbola *fit)
{
	struct data data = {n, y, count};
	if (count < 3)
		return false;
	gsl_error_handler_t *handler = gsl_set_error_handler_off(); /* no curve is an answer, not a reason to abort */
	gsl_vector *x = gsl_vector_alloc(2);
	bool ok = first_guess(&data, x);
	if (ok) {
		gsl_multifit_nlinear_parameters parameters = gsl_multifit_nlinear_default_parameters();
		gsl_multifit_nlinear_fdf problem = {.f = residuals, .n = count, .p = 2, .params = &data};
		gsl_multifit_nlinear_workspace *w =
		        gsl_multifit_nlinear_alloc(gsl_multifit_nlinear_trust, &parameters, count, 2);
		int info;
		gsl_multifit_nlinear_init(x, &problem, w);
		ok = gsl_multifit_nlinear_driver(MAX_ITERATIONS, TOLERANCE, TOLERANCE, 0, NULL, NULL, &info, w) ==
		     GSL_SUCCESS;
		fit->r_inf = gsl_vector_get(gsl_multifit_nlinear_position(w), 0);
		fit->n_half = gsl_vector_get(gsl_multifit_nlinear_position(w), 1);
		gsl_multifit_nlinear_free(w);
	}
	gsl_vector_free(x);
	gsl_set_error_handler(handler);
	return ok;
}
