/* Tables: what is written can be read again; what is no table is refused with its line. Results travel between
 * processes. */
#include "experiments/results.h"
#include "experiments/table.h"
#include "tests/experiments/toy.h"

#include <check.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

static struct table *
reload(const char *csv, char **error)
{
	char *folder = toy_folder(), *path = g_build_filename(folder, "t.csv", NULL);
	g_file_set_contents(path, csv, -1, NULL);
	struct table *t = table_load(path, error);
	if (*error != NULL)
		memmove(*error, *error + strlen(path), strlen(*error + strlen(path)) + 1);
	g_free(path);
	g_free(folder);
	return t;
}

START_TEST(round_trip)
{
	struct table *t = table_new((const char *const[]){"size_B", "label, with comma", NULL});
	table_add(t, (const char *const[]){"4", "a \"quoted\"\ntext"});
	table_add(t, (const char *const[]){"8", ""});
	char *csv = table_csv(t), *error = NULL;
	ck_assert_str_eq(csv, "size_B,\"label, with comma\"\n4,\"a \"\"quoted\"\"\ntext\"\n8,\n");
	struct table *again = reload(csv, &error);
	ck_assert_msg(again != NULL, "%s", error);
	ck_assert_uint_eq(again->n_rows, 2);
	ck_assert_str_eq(table_cell(again, 0, 1), "a \"quoted\"\ntext");
	ck_assert_str_eq(table_cell(again, 1, 1), "");
	double value;
	ck_assert(table_number(again, 1, "size_B", &value) && value == 8);
	ck_assert(!table_number(again, 1, "label, with comma", &value));
	ck_assert(!table_number(again, 1, "other", &value));
	table_free(again);
	table_free(t);
	g_free(csv);
}
END_TEST

static const struct {
	const char *csv, *error;
} bad[] = {
        {"a,b\n1\n", ":2: has not as many cells as the first line"},
        {"a,b\n1,2\n1,2,3\n", ":3: has not as many cells as the first line"},
        {"a,b\n1,\"2\n", ":2: quotes do not match"},
        {"a,\"b\"c\n", ":1: quotes do not match"},
};

START_TEST(malformed)
{
	char *error = NULL;
	ck_assert_ptr_null(reload(bad[_i].csv, &error));
	ck_assert_str_eq(error, bad[_i].error);
	g_free(error);
}
END_TEST

START_TEST(results_travel)
{
	struct results r = {.fingerprint = UINT64_MAX - 1, .utilisation = 0.25, .stage_messages = 100}, again = {0};
	results_set(&r, "one_way_us", 13.512345678901234);
	results_stage(&r, "PIO", "descriptor \"published\"", UINT64_C(9007199254740993));
	r.saturated = g_strdup("NIC 0 LANai");
	char *text = results_text(&r);
	ck_assert(results_parse(&again, text));
	double value;
	ck_assert(results_get(&again, "one_way_us", &value));
	ck_assert(value == 13.512345678901234);
	ck_assert(!results_get(&again, "other", &value));
	ck_assert(again.fingerprint == UINT64_MAX - 1);
	ck_assert_str_eq(again.saturated, "NIC 0 LANai");
	ck_assert(again.utilisation == 0.25);
	ck_assert_uint_eq(again.n_stages, 1);
	ck_assert_str_eq(again.stages[0].label, "descriptor \"published\"");
	ck_assert(again.stages[0].sum_ps == UINT64_C(9007199254740993)); /* no double holds this */
	results_clear(&again);
	text[strlen(text) / 2] = '\0';
	ck_assert(!results_parse(&again, text));
	results_clear(&again);
	results_clear(&r);
	g_free(text);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("tables");
	TCase *all = tcase_create("all");
	tcase_add_test(all, round_trip);
	tcase_add_loop_test(all, malformed, 0, G_N_ELEMENTS(bad));
	tcase_add_test(all, results_travel);
	suite_add_tcase(suite, all);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
