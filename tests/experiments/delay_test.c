/* Distributions of delays, and the theory of spinning and blocking: what is published about it comes out. */
#include "experiments/delay.h"

#include <check.h>
#include <glib.h>
#include <math.h>
#include <stdlib.h>

#define DRAWN 200000
#define DENSE 0.005 /* the randomised limit is averaged over so many limits that this is left */

static const struct delay distributions[] = {
        {.kind = DELAY_CONSTANT, .mean = 30},
        {.kind = DELAY_EXPONENTIAL, .mean = 30},
        {.kind = DELAY_UNIFORM, .mean = 30},
        {.kind = DELAY_BIMODAL, .mean = 30, .low = 5, .high = 105, .low_share = 0.75},
        {.kind = DELAY_TRACE, .mean = 30, .trace = (double[]){10, 20, 60}, .n_trace = 3},
};

/* The mean of what is drawn, and of what waiting for it costs, is what the formula says. */
START_TEST(drawn)
{
	struct delay d = distributions[_i];
	double sum = 0, cost = 0, limit = 25, b = 40;

	for (unsigned i = 0; i < DRAWN; i++) {
		double t = delay_next(&d);
		sum += t;
		cost += delay_cost_of(t, limit, b);
	}
	ck_assert_double_eq_tol(sum / DRAWN, d.mean, 0.3);
	ck_assert_double_eq_tol(cost / DRAWN, delay_cost(&d, limit, b), 0.3);
	ck_assert_double_eq_tol(delay_cost(&d, INFINITY, b), d.mean, 1e-9);
	ck_assert_double_le(delay_optimum(&d, b), delay_cost(&d, limit, b));
	ck_assert_double_eq_tol(delay_cost(&d, 0, b), b, 1e-9);
}
END_TEST

/* The worst ratio to the best possible over all means, of the fixed limit that is that share of B. */
static double
worst_ratio(enum delay_kind kind, double share)
{
	double worst = 0;

	for (double mean = 0.001; mean < 1000; mean *= 1.01) {
		struct delay d = {.kind = kind, .mean = mean};
		worst = fmax(worst, delay_cost(&d, share, 1) / delay_optimum(&d, 1));
	}
	return worst;
}

/* Karlin, Li, Manasse, Owicki 1991. */
static const struct {
	enum delay_kind kind;
	double share, ratio;
} published[] = {
        {DELAY_EXPONENTIAL, 0.541, 1.582},
        {DELAY_EXPONENTIAL, 0.5, 1.591},
        {DELAY_EXPONENTIAL, 0.75, 1.75},
        {DELAY_EXPONENTIAL, 1, 2},
        {DELAY_UNIFORM, 0.62, 1.62},
        {DELAY_UNIFORM, 0.5, 1.80},
        {DELAY_CONSTANT, 1, 2},
};

START_TEST(worst)
{
	ck_assert_double_eq_tol(worst_ratio(published[_i].kind, published[_i].share), published[_i].ratio, 0.006);
}
END_TEST

/* A limit with the optimal density costs e / (e - 1) times the best possible at most. */
START_TEST(randomised)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(distributions); i++)
		for (double b = 1; b < 500; b *= 1.5)
			ck_assert_double_le(delay_cost_random(&distributions[i], b),
			                    (G_E / (G_E - 1) + DENSE) * delay_optimum(&distributions[i], b));
}
END_TEST

START_TEST(another_mean)
{
	struct delay d = distributions[_i];

	d.trace = (double[]){10, 20, 60};
	delay_scale(&d, 60);
	ck_assert_double_eq_tol(delay_cost(&d, 50, 80), 2 * delay_cost(&distributions[_i], 25, 40), 1e-9);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("delays");
	TCase *cases = tcase_create("delays");
	SRunner *runner = srunner_create(suite);
	int failures;

	tcase_add_loop_test(cases, drawn, 0, G_N_ELEMENTS(distributions));
	tcase_add_loop_test(cases, worst, 0, G_N_ELEMENTS(published));
	tcase_add_test(cases, randomised);
	tcase_add_loop_test(cases, another_mean, 0, G_N_ELEMENTS(distributions));
	suite_add_tcase(suite, cases);
	srunner_run_all(runner, CK_ENV);
	failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
