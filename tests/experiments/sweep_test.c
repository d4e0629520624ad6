/* Sweeps: ranges, repeats, and that exactly those points run that are missing or whose inputs changed. */
#include "experiments/range.h"
#include "experiments/store.h"
#include "experiments/sweep.h"
#include "tests/experiments/toy.h"

#include <check.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

static char *folder, *error, *platform;
static struct references *references;

/* A platform of our own, which can be changed. */
static char *
copy_platform(void)
{
	char *text, *parameters;
	ck_assert(g_file_get_contents("platforms/myrinet-pc.xml", &text, NULL, NULL));
	ck_assert(g_file_get_contents("platforms/myrinet-pc.params.xml", &parameters, NULL, NULL));
	char *path = toy_file("mine.xml", text), *place = g_path_get_dirname(path);
	char *beside = g_build_filename(place, "myrinet-pc.params.xml", NULL);
	ck_assert(g_file_set_contents(beside, parameters, -1, NULL));
	g_free(beside);
	g_free(place);
	g_free(parameters);
	g_free(text);
	return path;
}

static void
set_up(void)
{
	workload_add(&toy);
	references = references_default(&error);
	ck_assert_msg(references != NULL, "%s", error);
	platform = copy_platform();
	folder = toy_folder();
}

static void
tear_down(void)
{
	references_free(references);
	g_free(platform);
	g_free(folder);
	g_free(error);
}

/* Sweeps the toy over `axes` (texts as --axis has them, up to NULL): how many points have run, which must work. */
static unsigned
sweep_with(const char *heading, const char *const *axes)
{
	char *text = toy_experiment(heading, "size_B=4 16\n"), *path = toy_file("toy.exp", text);
	struct experiment *e = experiment_load(path, references, &error);
	ck_assert_msg(e != NULL, "%s", error);
	experiment_set_platform(e, platform);
	for (unsigned i = 0; axes[i] != NULL; i++)
		ck_assert_msg(experiment_axis(e, axes[i], &error), "%s", error);
	struct sweep s = {.folder = folder};
	struct store_order order = {
	        .experiment = e, .references = references, .folder = folder, .jobs = 2, .sweep = &s};
	ck_assert_msg(store_run(&order, &error) == EXIT_DONE, "%s", error);
	ck_assert_uint_eq(s.ran, s.missed);
	experiment_free(e);
	g_free(path);
	g_free(text);
	return s.ran;
}

#define SWEEP(...) sweep_with("", (const char *const[]){__VA_ARGS__, NULL})

static const struct {
	const char *word, *values; /* NULL: it is no range */
} ranges[] = {
        {"0:200:50", "0 50 100 150 200"},
        {"0:9:4", "0 4 8"},
        {"7:7:1", "7"},
        {"200:0:-100", "200 100 0"},
        {"0:1:0.1", "0 0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9 1"},
        {"-0.3:0.3:0.1", "-0.3 -0.2 -0.1 0 0.1 0.2 0.3"},
        {"1:1000:*10", "1 10 100 1000"},
        {"4:100:*2", "4 8 16 32 64"},
        {"0.001:1:*10", "0.001 0.01 0.1 1"},
        {"1000:1:*0.1", "1000 100 10 1"},
        {"0:200", NULL},
        {"0:200:10:3", NULL},
        {"0:200:0", NULL},
        {"0:200:-1", NULL},
        {"0:200:", NULL},
        {"0:x:1", NULL},
        {"0:200:*2", NULL},
        {"1:200:*1", NULL},
        {"1:200:*-2", NULL},
        {"1:200:*0.5", NULL},
        {"0:1e9:1e-9", NULL},
};

START_TEST(range_values)
{
	GPtrArray *values = g_ptr_array_new_with_free_func(g_free);
	ck_assert(range_is(ranges[_i].word));
	bool ok = range_expand(ranges[_i].word, values, &error);
	ck_assert_int_eq(ok, ranges[_i].values != NULL);
	g_ptr_array_add(values, NULL);
	char *all = g_strjoinv(" ", (char **)values->pdata);
	ck_assert_str_eq(all, ok ? ranges[_i].values : "");
	ck_assert(ok || strstr(error, ranges[_i].word) != NULL);
	g_free(all);
	g_ptr_array_free(values, TRUE);
}
END_TEST

START_TEST(words_are_no_ranges)
{
	ck_assert(!range_is("two-copy"));
	ck_assert(!range_is("4"));
	ck_assert(!range_is("down:3:4"));
	ck_assert(!range_is(""));
}
END_TEST

START_TEST(the_table_has_every_axis)
{
	ck_assert_uint_eq(SWEEP("mode=works", "repeat=1:2:1"), 4);
	char *csv = toy_read(folder, "toy.csv");
	ck_assert_str_eq(csv, "size_B,mode,repeat,double_us,square_us\n"
	                      "4,works,1,8,16\n4,works,2,8,16\n16,works,1,32,256\n16,works,2,32,256\n");
	g_free(csv);
}
END_TEST

START_TEST(only_what_is_missing_runs)
{
	ck_assert_uint_eq(SWEEP("size_B=4,16,32"), 3);
	ck_assert_uint_eq(SWEEP("size_B=4,16,32"), 0);
	ck_assert_uint_eq(SWEEP("size_B=32,4,64,16"), 1);         /* the order does not count */
	ck_assert_uint_eq(SWEEP("size_B=4,16", "mode=works"), 0); /* nor whether it is an axis */
	ck_assert_uint_eq(SWEEP("size_B=4,16", "mode=works,fails"), 2);
	ck_assert_uint_eq(SWEEP("size_B=4,16", "nic.lanai_mhz=33,66"), 4);
}
END_TEST

START_TEST(repeats_are_seeds)
{
	ck_assert_uint_eq(SWEEP("size_B=4,16", "repeat=1,2"), 4);
	ck_assert_uint_eq(SWEEP("size_B=4,16", "repeat=1,2,3"), 2);
	ck_assert_uint_eq(SWEEP("size_B=4,16", "net.fault_seed=1:4:1"), 2);
}
END_TEST

START_TEST(what_changed_runs_again)
{
	ck_assert_uint_eq(SWEEP("size_B=4,16"), 2);
	ck_assert_uint_eq(sweep_with("text = another\n", (const char *const[]){"size_B=4,16", NULL}), 0);
	ck_assert_uint_eq(sweep_with("[fixed]\nmode=dead\n", (const char *const[]){"size_B=4,16", NULL}), 2);
	char *text;
	ck_assert(g_file_get_contents(platform, &text, NULL, NULL));
	char *changed = g_strconcat(text, "<!-- changed -->\n", NULL);
	ck_assert(g_file_set_contents(platform, changed, -1, NULL));
	ck_assert_uint_eq(SWEEP("size_B=4,16"), 2);
	ck_assert(g_file_set_contents(platform, text, -1, NULL));
	ck_assert_uint_eq(SWEEP("size_B=4,16"), 0);
	g_free(changed);
	g_free(text);
}
END_TEST

/* Any point's file that is there. */
static char *
some_point(void)
{
	char *points = g_build_filename(folder, "points", NULL);
	GDir *dir = g_dir_open(points, 0, NULL);
	char *path = g_build_filename(points, g_dir_read_name(dir), NULL);
	g_dir_close(dir);
	g_free(points);
	return path;
}

START_TEST(a_spoilt_point_runs_again)
{
	static const char *const spoilt[] = {"", "{\"metrics\":{\"double_us\":8", "{\"metrics\":{\"double_us\":8}}",
	                                     NULL};
	ck_assert_uint_eq(SWEEP("size_B=4,16"), 2);
	char *before = toy_read(folder, "toy.csv"), *path = some_point();
	for (unsigned i = 0; i < G_N_ELEMENTS(spoilt); i++) {
		if (spoilt[i] != NULL)
			ck_assert(g_file_set_contents(path, spoilt[i], -1, NULL));
		else
			g_unlink(path);
		ck_assert_uint_eq(SWEEP("size_B=4,16"), 1);
		char *after = toy_read(folder, "toy.csv");
		ck_assert_str_eq(after, before);
		g_free(after);
	}
	g_free(path);
	g_free(before);
}
END_TEST

START_TEST(failures_cost_no_other_point)
{
	char *text = toy_experiment("", "mode=dead fails works\nsize_B=4 8 16 32\n"), *path = toy_file("toy.exp", text);
	struct experiment *e = experiment_load(path, references, &error);
	for (unsigned i = 0; i < 2; i++) {
		struct sweep s = {.folder = folder};
		struct store_order order = {
		        .experiment = e, .references = references, .folder = folder, .jobs = 2, .sweep = &s};
		ck_assert_int_eq(store_run(&order, &error), EXIT_DEADLOCK);
		ck_assert_uint_eq(s.missed, i == 0 ? 12 : 2);
		char *said = g_strdup_printf(
		        "point toy mode=dead size_B=8: deadlock of toys\nand 1 more of %u points failed", s.missed);
		ck_assert_str_eq(error, said);
		char *csv = toy_read(folder, "toy.csv");
		ck_assert_ptr_null(csv);
		g_free(said);
		g_clear_pointer(&error, g_free);
	}
	experiment_free(e);
	g_free(path);
	g_free(text);
}
END_TEST

START_TEST(a_seed_has_one_source)
{
	static const char *const pairs[][2] = {{"net.fault_seed=1,2", "repeat=1,2"},
	                                       {"repeat=1,2", "net.fault_seed=7"}};
	for (unsigned i = 0; i < G_N_ELEMENTS(pairs); i++) {
		char *text = toy_experiment("", "size_B=4\n"), *path = toy_file("toy.exp", text);
		struct experiment *e = experiment_load(path, references, &error);
		ck_assert(experiment_axis(e, pairs[i][0], &error));
		ck_assert(!experiment_axis(e, pairs[i][1], &error));
		ck_assert_ptr_nonnull(strstr(error, "seed"));
		g_clear_pointer(&error, g_free);
		experiment_free(e);
		g_free(path);
		g_free(text);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("sweep");
	TCase *all = tcase_create("all");
	tcase_set_timeout(all, 60);
	tcase_add_checked_fixture(all, set_up, tear_down);
	tcase_add_loop_test(all, range_values, 0, G_N_ELEMENTS(ranges));
	tcase_add_test(all, words_are_no_ranges);
	tcase_add_test(all, the_table_has_every_axis);
	tcase_add_test(all, only_what_is_missing_runs);
	tcase_add_test(all, repeats_are_seeds);
	tcase_add_test(all, what_changed_runs_again);
	tcase_add_test(all, a_spoilt_point_runs_again);
	tcase_add_test(all, failures_cost_no_other_point);
	tcase_add_test(all, a_seed_has_one_source);
	suite_add_tcase(suite, all);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
