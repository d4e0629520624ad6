/* What waits cost, against the exact theory: t is the delay, B the cost of blocking and waking, L the limit; a wait
 * costs t if t <= L, else L + B.
 *
 * B is not assumed but measured, at L = 0 with long delays.  A mean over N waits may differ from the formula by four
 * standard errors, one poll period (detection falls on the next poll), and P(arrival while arming) * B, because a
 * message that comes during the system call that arms costs less than B. */
#include "tests/waiting/messages.h"

#include <check.h>
#include <glib.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <gsl/gsl_statistics.h>
#include <math.h>
#include <stdio.h>

enum { SEEDS = 20, WAITS = 3000, CALIBRATION = 20 };
#define LONG_DELAY (10 * SIM_MS)
#define POLL       sim_to_us(RIG_POLL)

static struct wait_params
params(const char *strategy, sim_time limit, sim_time block_cost, unsigned seed)
{
	return (struct wait_params){
	        .strategy = wait_strategy_by_name(strategy),
	        .limit = limit,
	        .block_cost = block_cost,
	        .step = block_cost / 8,
	        .history = 8,
	        .seed = seed,
	};
}

/* measured_b: in us. */
static double
measured_b(void)
{
	const struct wait_params at_once = params("block", 0, 1, 1);
	struct wait_state w;
	sim_time sum = 0;

	wait_init(&w, &at_once);
	for (unsigned i = 0; i < CALIBRATION; i++)
		sum += messages_wait(&w, LONG_DELAY);
	ck_assert_uint_eq(w.counts.blocked, CALIBRATION);
	return sim_to_us(sum) / CALIBRATION;
}

static sim_time
us(double t)
{
	return (sim_time)(t * SIM_US);
}

/* Distributions of delays: how one is drawn; expected cost of a limit; probability of a delay in [a, b]. All in us. */
struct delays {
	const char *name;
	double (*draw)(gsl_rng *rng, double mean);
	double (*cost)(double limit, double b, double mean);
	double (*between)(double from, double to, double mean);
};

static double
exponential(gsl_rng *rng, double mean)
{
	return gsl_ran_exponential(rng, mean);
}

static double
exponential_cost(double limit, double b, double mean)
{
	return mean * (1 - exp(-limit / mean)) + b * exp(-limit / mean);
}

static double
exponential_between(double from, double to, double mean)
{
	return exp(-from / mean) - exp(-to / mean);
}

/* On [0, 2 * mean]. */
static double
uniform(gsl_rng *rng, double mean)
{
	return gsl_ran_flat(rng, 0, 2 * mean);
}

static double
uniform_cost(double limit, double b, double mean)
{
	double a = 2 * mean, polled = fmin(limit, a);

	return (polled * polled / 2 + fmax(a - limit, 0) * (limit + b)) / a;
}

static double
uniform_between(double from, double to, double mean)
{
	return fmax(fmin(to, 2 * mean) - fmin(from, 2 * mean), 0) / (2 * mean);
}

/* A tenth of the mean with probability 0.75, else 3.7 times it. */
static double
bimodal(gsl_rng *rng, double mean)
{
	return gsl_rng_uniform(rng) < 0.75 ? 0.1 * mean : 3.7 * mean;
}

static double
bimodal_cost(double limit, double b, double mean)
{
	double fast = 0.1 * mean, slow = 3.7 * mean;

	return 0.75 * (fast <= limit ? fast : limit + b) + 0.25 * (slow <= limit ? slow : limit + b);
}

static double
bimodal_between(double from, double to, double mean)
{
	double fast = 0.1 * mean, slow = 3.7 * mean;

	return (from < fast && fast <= to ? 0.75 : 0) + (from < slow && slow <= to ? 0.25 : 0);
}

static const struct delays delays[] = {
        {"exponential", exponential, exponential_cost, exponential_between},
        {"uniform", uniform, uniform_cost, uniform_between},
        {"bimodal", bimodal, bimodal_cost, bimodal_between},
};
static const double limits[] = {0, 0.25, 0.541, 1, 2}; /* of B */
static const double means[] = {0.3, 1, 4};             /* of B */

/* Fixed limits. ------------------------------------------------------------------------------------------------------
 */

static void
compare(const struct delays *d, double limit, double mean, double b, unsigned seed)
{
	const struct wait_params p = params("spin-block", us(limit), us(b), seed);
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	double *costs = g_new(double, WAITS), arming = sim_to_us(MESSAGES_SYSTEM_CALL);
	double window = d->between(limit, limit + arming, mean) * b;
	struct wait_state w;

	wait_init(&w, &p);
	gsl_rng_set(rng, seed);
	for (unsigned i = 0; i < WAITS; i++)
		costs[i] = sim_to_us(messages_wait(&w, us(d->draw(rng, mean))));
	double measured = gsl_stats_mean(costs, 1, WAITS), formula = d->cost(limit, b, mean);
	double error = gsl_stats_sd(costs, 1, WAITS) / sqrt(WAITS), allowed = 4 * error + POLL + window;
	ck_assert_msg(
	        fabs(measured - formula) <= allowed,
	        "%s, L = %.1f us, mean %.1f us: %.3f us instead of %.3f; allowed are 4 * %.3f + %.3f + %.3f (arming)",
	        d->name, limit, mean, measured, formula, error, POLL, window);
	if (seed == 1)
		printf("%-12s L %6.1f us  mean %6.1f us  measured %7.2f us  formula %7.2f us  window's term %.2f us\n",
		       d->name, limit, mean, measured, formula, window);
	g_free(costs);
	gsl_rng_free(rng);
}

static void
fixed_limits(void *seed)
{
	double b = measured_b();

	for (unsigned d = 0; d < G_N_ELEMENTS(delays); d++)
		for (unsigned l = 0; l < G_N_ELEMENTS(limits); l++)
			for (unsigned m = 0; m < G_N_ELEMENTS(means); m++)
				compare(&delays[d], limits[l] * b, means[m] * b, b, GPOINTER_TO_UINT(seed));
}

START_TEST(mean_costs_are_the_formulas)
{
	messages_start();
	messages_run(fixed_limits, GUINT_TO_POINTER((guint)_i));
}
END_TEST

/* No wait costs more than twice the best possible. -------------------------------------------------------------------
 */

static void
never_twice(void *seed)
{
	double b = measured_b(), fixed = POLL + sim_to_us(MESSAGES_SYSTEM_CALL);
	const struct wait_params p = params("spin-block", us(b), us(b), 1);
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	struct wait_state w;

	wait_init(&w, &p);
	gsl_rng_set(rng, GPOINTER_TO_UINT(seed));
	for (unsigned i = 0; i < WAITS; i++) {
		double t = gsl_ran_exponential(rng, i % 2 ? b : 3 * b), cost = sim_to_us(messages_wait(&w, us(t)));
		ck_assert_msg(cost <= 2 * fmin(t, b) + fixed, "t = %.3f us: cost %.3f us, B = %.3f us", t, cost, b);
	}
	gsl_rng_free(rng);
}

START_TEST(the_deterministic_strategy_is_twice_the_best_at_most)
{
	messages_start();
	messages_run(never_twice, GUINT_TO_POINTER((guint)_i));
}
END_TEST

/* The other strategies. ----------------------------------------------------------------------------------------------
 */

static double
mean_cost(const char *strategy, double b, double delay)
{
	const struct wait_params p = params(strategy, us(b), us(b), 1);
	struct wait_state w;
	sim_time sum = 0;

	wait_init(&w, &p);
	for (unsigned i = 0; i < WAITS; i++)
		sum += messages_wait(&w, us(delay));
	return sim_to_us(sum) / WAITS;
}

/* With the worst delay for it, above B, a random limit costs e / (e - 1) B; the fixed limit there twice B. */
static void
random_limits(void *unused)
{
	double b = measured_b(), worst = mean_cost("random", b, 1.2 * b);

	(void)unused;
	ck_assert_double_le(worst, 1.05 * (M_E / (M_E - 1)) * b);
	ck_assert_double_ge(mean_cost("spin-block", b, 1.2 * b), 1.9 * b);
}

START_TEST(random_limits_are_better_than_the_worst_case)
{
	messages_start();
	messages_run(random_limits, NULL);
}
END_TEST

/* What adapts comes to the best possible, where delays do not vary. */
static void
adapts(void *strategy)
{
	double b = measured_b();

	ck_assert_double_le(mean_cost(strategy, b, 0.5 * b), 0.5 * b + 0.05 * b);
	ck_assert_double_le(mean_cost(strategy, b, 5 * b), b + 0.05 * b);
}

START_TEST(the_last_delays_teach)
{
	messages_start();
	messages_run(adapts, "last-k");
}
END_TEST

START_TEST(the_walk_arrives)
{
	messages_start();
	messages_run(adapts, "walk");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("theory of waiting");
	TCase *t = tcase_create("theory");
	SRunner *r = srunner_create(s);

	suite_add_tcase(s, t);
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, NULL, rig_end);
	tcase_add_loop_test(t, mean_costs_are_the_formulas, 1, SEEDS + 1);
	tcase_add_loop_test(t, the_deterministic_strategy_is_twice_the_best_at_most, 1, SEEDS + 1);
	tcase_add_test(t, random_limits_are_better_than_the_worst_case);
	tcase_add_test(t, the_last_delays_teach);
	tcase_add_test(t, the_walk_arrives);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
