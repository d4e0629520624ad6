/* Fits find the coefficients that made the data; errors against published numbers follow their definition. */
#include "experiments/experiment.h"
#include "experiments/fit.h"
#include "experiments/fits.h"
#include "experiments/reference.h"
#include "experiments/steady.h"
#include "experiments/table.h"
#include "tests/experiments/toy.h"

#include <check.h>
#include <glib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 19 };

START_TEST(line)
{
	double n[N], t[N];
	struct fit_line fit;
	for (int i = 0; i < N; i++) {
		n[i] = 4 << i;
		t[i] = 33.5 + 0.0123 * n[i];
	}
	ck_assert(fit_line(n, t, N, &fit));
	ck_assert_double_eq_tol(fit.t0.value, 33.5, 1e-6);
	ck_assert_double_eq_tol(fit.c.value, 0.0123, 1e-9);
	ck_assert(!fit_line(n, t, 1, &fit));
}
END_TEST

START_TEST(hyperbola)
{
	double n[N], y[N];
	struct fit_hyperbola fit;
	for (int i = 0; i < N; i++) {
		n[i] = 4 << i;
		y[i] = 98.5 * n[i] / (2048 + n[i]) * (i % 2 == 0 ? 1.001 : 0.999); /* a little noise */
	}
	ck_assert(fit_hyperbola(n, y, N, &fit));
	ck_assert_double_eq_tol(fit.r_inf.value, 98.5, 0.2);
	ck_assert_double_eq_tol(fit.n_half.value, 2048, 20);
	ck_assert(!fit_hyperbola(n, y, 2, &fit));
	y[3] = 0; /* nothing arrived: no curve */
	ck_assert(!fit_hyperbola(n, y, N, &fit));
}
END_TEST

/* Where the scatter is normal, 95 % of the intervals hold the truth; of 1000 all but 50, with a deviation of 7. */

#define TRIALS 1000
#define LEAST  925
#define MOST   975

/* Roughly normal, of deviation 1. */
static double
scatter(GRand *r)
{
	double sum = -6;
	for (int i = 0; i < 12; i++)
		sum += g_rand_double(r);
	return sum;
}

static int
holds(struct fit_coefficient c, double truth)
{
	return fabs(c.value - truth) <= c.half;
}

START_TEST(intervals)
{
	GRand *r = g_rand_new_with_seed(1);
	int held[4] = {0};
	for (int trial = 0; trial < TRIALS; trial++) {
		double n[N], t[N], y[N];
		struct fit_line l;
		struct fit_hyperbola h;
		for (int i = 0; i < N; i++) {
			n[i] = 4 << i;
			t[i] = 50 + 0.03 * n[i] + 2 * scatter(r);
			y[i] = 30 * n[i] / (500 + n[i]) + 0.03 * scatter(r);
		}
		ck_assert(fit_line(n, t, N, &l) && fit_hyperbola(n, y, N, &h));
		held[0] += holds(l.t0, 50);
		held[1] += holds(l.c, 0.03);
		held[2] += holds(h.r_inf, 30);
		held[3] += holds(h.n_half, 500);
	}
	for (int i = 0; i < 4; i++)
		ck_assert_msg(held[i] >= LEAST && held[i] <= MOST, "coefficient %d: %d of %d", i, held[i], TRIALS);
	g_rand_free(r);
}
END_TEST

START_TEST(mean_until_known) /* and 95 % of them hold the truth, but for stopping when it looks good */
{
	GRand *r = g_rand_new_with_seed(2);
	int held = 0;
	for (int trial = 0; trial < TRIALS; trial++) {
		struct steady s = {.least = 50, .most = 100000, .share = 0.01};
		while (steady_seeks(&s))
			steady_add(&s, 100 + 8 * scatter(r));
		ck_assert(s.n > 50 && s.n < 1000 && steady_half(&s) <= 0.01 * s.mean);
		held += fabs(s.mean - 100) <= steady_half(&s);
	}
	ck_assert_msg(held >= LEAST - 15, "%d of %d", held, TRIALS);
	struct steady constant = {.least = 3, .most = 100, .share = 0.01},
	              wild = {.least = 1, .most = 7, .share = 0.01};
	while (steady_seeks(&constant))
		steady_add(&constant, 5);
	while (steady_seeks(&wild))
		steady_add(&wild, wild.n % 2 == 0 ? 1 : 9);
	ck_assert(constant.n == 3 && constant.mean == 5 && steady_half(&constant) == 0);
	ck_assert_uint_eq(wild.n, 7);
	g_rand_free(r);
}
END_TEST

/* An experiment's fits: a curve for each value of the other axes, lines also of the short sizes. */
START_TEST(fits_of_a_table)
{
	char *text = toy_experiment("plots =\n",
	                            "mode = works dead\nsize_B = log2 4 4096\n[fits]\ndouble_us = line size_B\n"),
	     *path = toy_file("toy-fits.exp", text), *error = NULL;
	struct experiment *e = experiment_load(path, NULL, &error);
	ck_assert_msg(e != NULL, "%s", error);
	struct table *t = table_new((const char *const[]){"mode", "size_B", "double_us", NULL});
	for (unsigned i = 0; i < experiment_points(e); i++) {
		struct point p = {.experiment = e, .index = i};
		double n = (double)point_number(&p, "size_B"), slope = point_is(&p, "mode", "works") ? 2 : 3;
		char *y = g_strdup_printf("%.9g", 7 + slope * n + (n > 1000 ? 1000 : 0));
		table_add(t, (const char *const[]){point_text(&p, "mode"), point_text(&p, "size_B"), y});
		g_free(y);
	}
	struct fits f = fits_of(e, t);
	ck_assert_uint_eq(f.n, 4);
	ck_assert(!f.list[0].below && f.list[1].below && f.list[0].count == 11 && f.list[1].count == 8);
	ck_assert_double_eq_tol(f.list[1].coefficients[1].is.value, 2, 1e-9);
	ck_assert_double_eq_tol(f.list[3].coefficients[1].is.value, 3, 1e-9);
	ck_assert_double_gt(f.list[0].coefficients[1].is.value, 2.1);
	char *at[] = {"mode=dead", NULL};
	const struct selection s = {.kind = SELECT_FIT, .coefficient = "c", .metric = "double_us", .at = at};
	struct fit_coefficient c;
	ck_assert(fits_select(e, t, &s, &c) && c.value == f.list[2].coefficients[1].is.value);
	struct table *rows = fits_table(e, t);
	ck_assert_uint_eq(rows->n_rows, 8);
	ck_assert_str_eq(table_cell(rows, 7, 0), "dead");
	ck_assert_str_eq(table_cell(rows, 7, (unsigned)table_column(rows, "below_B")), "1024");
	table_free(rows);
	fits_free(&f);
	table_free(t);
	experiment_free(e);
	g_free(path);
	g_free(text);
}
END_TEST

START_TEST(errors)
{
	struct reference exact = {.value = 13.5, .bound = ""}, more = {.value = 90, .bound = ">", .upper = 108.4};
	ck_assert_double_eq_tol(reference_error(&exact, 13.5), 0, 1e-12);
	ck_assert_double_eq_tol(reference_error(&exact, 16.2), 0.2, 1e-12);
	ck_assert_double_eq_tol(reference_error(&exact, 10.8), -0.2, 1e-12);
	ck_assert_double_eq_tol(reference_error(&more, 90), 0, 1e-12);
	ck_assert_double_eq_tol(reference_error(&more, 108.4), 0, 1e-12);
	ck_assert_double_eq_tol(reference_error(&more, 81), -0.1, 1e-12);
	ck_assert_double_eq_tol(reference_error(&more, 216.8), 1, 1e-12);
}
END_TEST

START_TEST(published_numbers)
{
	char *error = NULL;
	struct references *r = references_default(&error);
	ck_assert_msg(r != NULL, "%s", error);
	const struct reference *latency = reference_find(r, "V2-LAT"), *peak = reference_find(r, "V2-BW");
	ck_assert(latency->value == 13.5 && strcmp(latency->unit, "us") == 0 && strcmp(latency->sure, "A") == 0);
	ck_assert(peak->value == 90 && peak->upper == 108.4 && strcmp(peak->bound, ">") == 0);
	ck_assert_ptr_null(reference_find(r, "V9-LAT"));
	references_free(r);
}
END_TEST

START_TEST(bad_reference_file)
{
	char *folder = toy_folder(), *path = g_build_filename(folder, "r.csv", NULL), *error = NULL;
	static const char text[] =
	        "id,quantity,value,unit,sure,bound,upper,use,work,note\nX,x,1,us,A,,,,w,\nY,y,one,us,A,,,,w,\n";
	g_file_set_contents(path, text, -1, NULL);
	ck_assert_ptr_null(references_load(path, &error));
	ck_assert_msg(g_str_has_prefix(error + strlen(path), ":3: value"), "%s", error);
	g_free(error);
	g_free(path);
	g_free(folder);
}
END_TEST

int
main(void)
{
	workload_add(&toy);
	Suite *suite = suite_create("fits and errors");
	TCase *all = tcase_create("all");
	tcase_add_test(all, line);
	tcase_add_test(all, hyperbola);
	tcase_add_test(all, intervals);
	tcase_add_test(all, mean_until_known);
	tcase_add_test(all, fits_of_a_table);
	tcase_add_test(all, errors);
	tcase_add_test(all, published_numbers);
	tcase_add_test(all, bad_reference_file);
	suite_add_tcase(suite, all);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
