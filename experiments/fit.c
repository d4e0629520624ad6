#include "experiments/fit.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_fit.h>
#include <gsl/gsl_multifit_nlinear.h>
#include <math.h>

#define MAX_ITERATIONS 100
#define TOLERANCE      1e-10
#define COEFFICIENTS   2
#define TAIL           0.975 /* of a 95 % interval, which has two */

static struct fit_coefficient
coefficient(double value, double variance, size_t count)
{
	double half =
	        count > COEFFICIENTS ? gsl_cdf_tdist_Pinv(TAIL, (double)(count - COEFFICIENTS)) * sqrt(variance) : NAN;
	return (struct fit_coefficient){value, half};
}

bool
fit_line(const double *n, const double *t, size_t count, struct fit_line *fit)
{
	double t0, c, cov00, cov01, cov11, sum;
	if (count < COEFFICIENTS)
		return false;
	gsl_fit_linear(n, 1, t, 1, count, &t0, &c, &cov00, &cov01, &cov11, &sum);
	fit->t0 = coefficient(t0, cov00, count);
	fit->c = coefficient(c, cov11, count);
	return isfinite(t0) && isfinite(c);
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
	if (!fit_line(d->n, ratios, d->count, &line) || !(line.c.value > 0))
		return false;
	gsl_vector_set(x, 0, 1 / line.c.value);
	gsl_vector_set(x, 1, line.t0.value / line.c.value);
	return true;
}

/* At the end: position, and covariance by the scatter of the residuals there. */
static void
take_result(const gsl_multifit_nlinear_workspace *w, size_t count, struct fit_hyperbola *fit)
{
	const gsl_vector *x = gsl_multifit_nlinear_position(w), *f = gsl_multifit_nlinear_residual(w);
	gsl_matrix *covariance = gsl_matrix_alloc(COEFFICIENTS, COEFFICIENTS);
	double scatter = 0;
	for (size_t i = 0; i < count; i++)
		scatter += gsl_vector_get(f, i) * gsl_vector_get(f, i) / (double)(count - COEFFICIENTS);
	gsl_multifit_nlinear_covar(gsl_multifit_nlinear_jac(w), 0, covariance);
	fit->r_inf = coefficient(gsl_vector_get(x, 0), gsl_matrix_get(covariance, 0, 0) * scatter, count);
	fit->n_half = coefficient(gsl_vector_get(x, 1), gsl_matrix_get(covariance, 1, 1) * scatter, count);
	gsl_matrix_free(covariance);
}

bool
fit_hyperbola(const double *n, const double *y, size_t count, struct fit_hyperbola *fit)
{
	struct data data = {n, y, count};
	if (count <= COEFFICIENTS)
		return false;
	gsl_error_handler_t *handler = gsl_set_error_handler_off(); /* no curve is an answer, not a reason to abort */
	gsl_vector *x = gsl_vector_alloc(COEFFICIENTS);
	bool ok = first_guess(&data, x);
	if (ok) {
		gsl_multifit_nlinear_parameters parameters = gsl_multifit_nlinear_default_parameters();
		gsl_multifit_nlinear_fdf problem = {.f = residuals, .n = count, .p = COEFFICIENTS, .params = &data};
		gsl_multifit_nlinear_workspace *w =
		        gsl_multifit_nlinear_alloc(gsl_multifit_nlinear_trust, &parameters, count, COEFFICIENTS);
		int info;
		gsl_multifit_nlinear_init(x, &problem, w);
		ok = gsl_multifit_nlinear_driver(MAX_ITERATIONS, TOLERANCE, TOLERANCE, 0, NULL, NULL, &info, w) ==
		     GSL_SUCCESS;
		take_result(w, count, fit);
		gsl_multifit_nlinear_free(w);
	}
	gsl_vector_free(x);
	gsl_set_error_handler(handler);
	return ok;
}
