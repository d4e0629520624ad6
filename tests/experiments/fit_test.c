/* Fits find the coefficients that made the data; errors against published numbers follow their definition. */
#include "experiments/fit.h"
#include "experiments/reference.h"
#include "tests/experiments/toy.h"

#include <check.h>
#include <glib.h>
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
	ck_assert_double_eq_tol(fit.t0, 33.5, 1e-6);
	ck_assert_double_eq_tol(fit.c, 0.0123, 1e-9);
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
	ck_assert_double_eq_tol(fit.r_inf, 98.5, 0.2);
	ck_assert_double_eq_tol(fit.n_half, 2048, 20);
	ck_assert(!fit_hyperbola(n, y, 2, &fit));
	y[3] = 0; /* nothing arrived: no curve */
	ck_assert(!fit_hyperbola(n, y, N, &fit));
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
	Suite *suite = suite_create("fits and errors");
	TCase *all = tcase_create("all");
	tcase_add_test(all, line);
	tcase_add_test(all, hyperbola);
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
