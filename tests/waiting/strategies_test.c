/* Strategies over VMMC and sockets, on the firmware and on the memory NIC: every one delivers; what blocking costs; who
 * gets the processor; the watchdog. */
#include "tests/waiting/real.h"

#include <check.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_STRATEGIES 8

static struct real r;

static void
set_up(enum real_way way, bool memory_nic, const char *const *sets)
{
	r = (struct real){.way = way, .memory_nic = memory_nic, .sets = sets};
}

/* accounts_add_up: of node 1: to the picosecond. */
static void
accounts_add_up(unsigned cpus)
{
	ck_assert_uint_eq(real_busy(&r.used) + r.used.idle, r.elapsed * cpus);
}

/* Delivery. ----------------------------------------------------------------------------------------------------------
 */

/* Messages up to 200 us after the beginning of the wait: before and after every limit. */
static void
deliver(const struct wait_strategy *strategy, enum real_way way, bool memory_nic)
{
	char *set = g_strdup_printf("wait.strategy=%s", strategy->name);
	const char *const sets[] = {set, "wait.limit_us=50", NULL};

	set_up(way, memory_nic, sets);
	r.waits = 44;
	r.period = 2 * SIM_MS;
	r.send_from = r.period - 20 * SIM_US;
	r.send_step = 5 * SIM_US;
	real_run(&r);
	accounts_add_up(1);
	if (strategy->limit && strcmp(strategy->name, "walk") != 0)
		ck_assert_uint_gt(r.counts.blocked, 0);
	if (!strategy->limit)
		ck_assert_uint_eq(r.counts.blocked + r.interrupts, 0);
	ck_assert_uint_eq(r.interrupts, r.arrivals.notes);
	ck_assert_uint_ge(r.counts.blocked, r.arrivals.woken);
	g_free(set);
}

START_TEST(every_strategy_delivers)
{
	unsigned way = (unsigned)_i / N_STRATEGIES;

	ck_assert_ptr_nonnull(wait_strategies[_i % N_STRATEGIES]);
	ck_assert_ptr_null(wait_strategies[N_STRATEGIES]);
	deliver(wait_strategies[_i % N_STRATEGIES], way % REAL_N_WAYS, way / REAL_N_WAYS);
}
END_TEST

/* What blocking costs. -----------------------------------------------------------------------------------------------
 */

#define LONG_WAITS 20

/* All CPU time of a host on which one process blocks for long, for each wait; pauses between waits cost switches. */
static double
cost_of_a_wait(const char *strategy, const char *by_signal)
{
	char *set = g_strdup_printf("wait.strategy=%s", strategy);
	const char *const sets[] = {set, by_signal, "host.context_switch_us=0", NULL};

	set_up(REAL_VMMC, false, sets);
	r.waits = LONG_WAITS;
	r.period = 5 * SIM_MS;
	r.send_from = r.period + SIM_MS;
	real_run(&r);
	accounts_add_up(1);
	g_free(set);
	return sim_to_us(real_busy(&r.used)) / LONG_WAITS;
}

/* The platform's: 2.5 + 10 + 10 us, 5 writes of 0.121 us, 4 reads of 0.422 us: docs/waiting.md. */
START_TEST(blocking_costs_what_its_steps_cost)
{
	double b = cost_of_a_wait("block", _i ? "wait.by_signal=1" : "wait.by_signal=0");

	printf("B %s: %.2f us\n", _i ? "by signal" : "short path", b);
	fflush(stdout);
	ck_assert_uint_eq(r.counts.blocked, LONG_WAITS);
	ck_assert_uint_eq(r.interrupts, LONG_WAITS);
	ck_assert_double_eq_tol(b, (_i ? 23 : 0) + 22.5 + 5 * 0.121 + 4 * 0.422, 1.0);
}
END_TEST

/* Who gets the processor. --------------------------------------------------------------------------------------------
 */

static double
competitors_share(const char *strategy, const char *cpus)
{
	char *set = g_strdup_printf("wait.strategy=%s", strategy);
	const char *const sets[] = {set, cpus, "host.quantum_us=1000", NULL};

	set_up(REAL_VMMC, false, sets);
	r.competitor = true;
	r.waits = 20;
	r.period = 20 * SIM_MS;
	r.send_from = r.period + 15 * SIM_MS;
	real_run(&r);
	accounts_add_up(cpus[strlen(cpus) - 1] == '2' ? 2 : 1);
	g_free(set);
	printf("%-10s %s: the competitor computes %.3f of the time; spun %.0f us, %u interrupts\n", strategy, cpus,
	       (double)r.competed / (double)r.elapsed, sim_to_us(r.waiter.account[CPU_SPIN]), r.interrupts);
	fflush(stdout);
	return (double)r.competed / (double)r.elapsed;
}

START_TEST(who_spins_takes_the_processor)
{
	ck_assert_double_le(competitors_share("spin", "host.cpus=1"), 0.75);
	ck_assert_uint_gt(r.waiter.account[CPU_SPIN], 20 * 5 * SIM_MS);
}
END_TEST

START_TEST(who_blocks_leaves_it)
{
	ck_assert_double_ge(competitors_share("block", "host.cpus=1"), 0.98);
	ck_assert_uint_eq(r.waiter.account[CPU_SPIN], 0);
}
END_TEST

START_TEST(on_two_processors_nobody_loses)
{
	ck_assert_double_ge(competitors_share(_i ? "block" : "spin", "host.cpus=2"), 0.98);
	if (!_i)
		ck_assert_uint_gt(r.waiter.account[CPU_SPIN], 20 * 14 * SIM_MS);
}
END_TEST

/* The watchdog. ------------------------------------------------------------------------------------------------------
 */

static sim_time
longest_after_send(void)
{
	sim_time longest = 0;

	for (unsigned k = 0; k < r.waits; k++) {
		sim_time sent = r.began[k] - r.period + r.send_from + k * r.send_step;
		longest = MAX(longest, r.ended[k] - MAX(sent, r.began[k]));
	}
	return longest;
}

static sim_time
longest_with(const char *strategy, bool competitor, bool memory_nic)
{
	char *set = g_strdup_printf("wait.strategy=%s", strategy);
	const char *const sets[] = {set, "wait.watchdog_us=100", "host.quantum_us=10000", NULL};

	set_up(REAL_VMMC, memory_nic, sets);
	r.competitor = competitor;
	r.waits = 40;
	r.period = 50 * SIM_MS;
	r.send_from = r.period + 11 * SIM_MS;
	r.send_step = 500 * SIM_US;
	real_run(&r);
	accounts_add_up(1);
	g_free(set);
	return longest_after_send();
}

/* A spinner that has lost its processor finds its message when it gets it back; or, with the watchdog, soon after 100
 * us. */
START_TEST(without_the_watchdog_the_wait_is_long)
{
	sim_time without = longest_with("spin", true, _i);

	printf("longest from send to find: spin %.0f us\n", sim_to_us(without));
	fflush(stdout);
	ck_assert_uint_gt(without, 2 * SIM_MS);
	ck_assert_uint_eq(r.interrupts, 0);
}
END_TEST

START_TEST(the_watchdog_bounds_the_wait)
{
	sim_time with = longest_with("watchdog", true, _i);

	printf("longest from send to find: watchdog %.0f us, %u interrupts for %u messages\n", sim_to_us(with),
	       r.watchdogs, r.waits);
	fflush(stdout);
	ck_assert_uint_lt(with, 200 * SIM_US);
	ck_assert_uint_gt(r.watchdogs, 0);
	ck_assert_uint_lt(r.watchdogs, r.waits);
	ck_assert_uint_eq(r.watchdogs, r.interrupts);
}
END_TEST

START_TEST(the_watchdog_is_silent_when_polling_is_in_time)
{
	ck_assert_uint_lt(longest_with("watchdog", false, _i), 50 * SIM_US);
	ck_assert_uint_eq(r.watchdogs + r.interrupts, 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("strategies");
	TCase *t = tcase_create("strategies");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, every_strategy_delivers, 0, 2 * REAL_N_WAYS * N_STRATEGIES);
	tcase_add_loop_test(t, blocking_costs_what_its_steps_cost, 0, 2);
	tcase_add_test(t, who_spins_takes_the_processor);
	tcase_add_test(t, who_blocks_leaves_it);
	tcase_add_loop_test(t, on_two_processors_nobody_loses, 0, 2);
	tcase_add_loop_test(t, without_the_watchdog_the_wait_is_long, 0, 2);
	tcase_add_loop_test(t, the_watchdog_bounds_the_wait, 0, 2);
	tcase_add_loop_test(t, the_watchdog_is_silent_when_polling_is_in_time, 0, 2);
	suite_add_tcase(s, t);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
