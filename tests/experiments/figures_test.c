/* What the figures of the tree must hold: parts of the latency that add up, streams that arrive whole, curves that run
 * one way. */
#include "experiments/store.h"
#include "experiments/table.h"
#include "tests/experiments/toy.h"

#include <check.h>
#include <glib.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static struct references *references;
static char *folder;

static void
set_up(void)
{
	char *error = NULL;
	references = references_default(&error);
	ck_assert_msg(references != NULL, "%s", error);
	folder = toy_folder();
}

static void
tear_down(void)
{
	references_free(references);
	g_free(folder);
}

/* Runs an experiment of the tree with these settings, up to NULL. */
static void
run(const char *name, const char *const *sets)
{
	char *error = NULL;
	struct experiment *e = experiment_load(name, references, &error);
	ck_assert_msg(e != NULL, "%s", error);
	for (; *sets != NULL; sets++)
		ck_assert_msg(experiment_set(e, *sets, &error), "%s", error);
	enum exit_code code =
	        store_run(&(struct store_order){.experiment = e, .references = references, .folder = folder}, &error);
	ck_assert_msg(code == EXIT_DONE, "%s", error);
	experiment_free(e);
}

static struct table *
load(const char *name)
{
	char *path = g_build_filename(folder, name, NULL), *error = NULL;
	struct table *t = table_load(path, &error);
	ck_assert_msg(t != NULL, "%s", error);
	g_free(path);
	return t;
}

static const char *
cell(const struct table *t, unsigned row, const char *column)
{
	return table_cell(t, row, (unsigned)table_column(t, column));
}

static double
number(const struct table *t, unsigned row, const char *column)
{
	double value = 0;
	ck_assert_msg(table_number(t, row, column, &value), "no %s in row %u", column, row);
	return value;
}

/* The row of the results that has this series. */
static unsigned
row_of(const struct table *t, const char *series)
{
	unsigned row = 0;
	while (row < t->n_rows && strcmp(cell(t, row, "series"), series) != 0)
		row++;
	ck_assert_uint_lt(row, t->n_rows);
	return row;
}

START_TEST(parts_of_the_latency_add_up) /* to the total, and the total to what the program itself measured */
{
	run("fig19", (const char *const[]){"rounds=5", NULL});
	struct table *parts = load("vmmc-stages-breakdown.csv"), *results = load("vmmc-stages.csv");
	uint64_t sum = 0;
	unsigned totals = 0;
	for (unsigned row = 0; row < parts->n_rows; row++) {
		uint64_t ps = g_ascii_strtoull(cell(parts, row, "sum_ps"), NULL, 10);
		if (strcmp(cell(parts, row, "stage"), "TOTAL") != 0) {
			sum += ps;
			continue;
		}
		ck_assert_msg(sum == ps, "%" PRIu64 " ps in parts, %" PRIu64 " in all", sum, ps);
		double measured = number(results, row_of(results, cell(parts, row, "series")), "one_way_us");
		ck_assert_double_eq_tol(number(parts, row, "mean_us"), measured, 1e-6);
		sum = 0;
		totals++;
	}
	ck_assert_uint_eq(totals, results->n_rows);
	table_free(parts);
	table_free(results);
}
END_TEST

START_TEST(streams_arrive_whole)
{
	run("faults-short", (const char *const[]){"rate=0.05", "total_B=262144", NULL});
	static const char *const bad[] = {"wrong_B", "lost_B", "repeated_B", "reordered_B"};
	struct table *t = load("faults-short.csv");
	static const char *const kinds[] = {"faults_bit_errors", "faults_corrupted",  "faults_dropped",
	                                    "faults_truncated",  "faults_tails_lost", "faults_duplicated",
	                                    "faults_hangs",      "faults_links_down", "faults_resets"};
	double hit[G_N_ELEMENTS(kinds)] = {0};
	for (unsigned row = 0; row < t->n_rows; row++) {
		ck_assert_double_eq(number(t, row, "moved_B"), 262144);
		for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++)
			ck_assert_double_eq(number(t, row, bad[i]), 0);
		for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++)
			hit[i] += number(t, row, kinds[i]);
	}
	for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++)
		ck_assert_msg(hit[i] > 0, "%s: none", kinds[i]);
	table_free(t);
}
END_TEST

START_TEST(faults_cost_bandwidth)
{
	run("fig22a", (const char *const[]){"rate=0 0.05", "total_B=2097152", NULL});
	struct table *t = load("vmmc-errors.csv");
	for (unsigned row = 0; row < t->n_rows; row += 2)
		ck_assert_double_lt(number(t, row + 1, "bandwidth_MB_s"), number(t, row, "bandwidth_MB_s"));
	table_free(t);
}
END_TEST

START_TEST(pinning_costs_what_the_platform_says)
{
	run("fig14", (const char *const[]){"pages=1 32", "host.pin_base_us=20", "host.pin_page_us=3", NULL});
	struct table *t = load("pin-costs.csv");
	double page = (number(t, 1, "pin_us") - number(t, 0, "pin_us")) / 31;
	ck_assert_double_ge(page, 3);
	ck_assert_double_le(page, 3.3); /* and an entry in the NIC's table */
	table_free(t);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("figures");
	TCase *all = tcase_create("all");
	tcase_add_checked_fixture(all, set_up, tear_down);
	tcase_set_timeout(all, 60);
	tcase_add_test(all, parts_of_the_latency_add_up);
	tcase_add_test(all, streams_arrive_whole);
	tcase_add_test(all, faults_cost_bandwidth);
	tcase_add_test(all, pinning_costs_what_the_platform_says);
	suite_add_tcase(suite, all);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
