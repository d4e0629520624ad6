/* Experiment files: what they mean, and that each thing that can be wrong with one costs one line with file, line and
 * key. */
#include "experiments/axis.h"
#include "experiments/curves.h"
#include "experiments/experiment.h"
#include "experiments/reference.h"
#include "tests/experiments/toy.h"

#include <check.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#define HEADING "[experiment]\ntitle=T\nworkload=toy\nplatform=myrinet-pc\nmetrics=double_us\n"

/* A description, and what the error says after the path. */
static const struct {
	const char *text, *error;
} bad[] = {
        {"", ": [experiment] must give 'title'"},
        {"[experiment]\ntitle=T\n", ": [experiment] must give 'workload'"},
        {"title=T\n", ":1: 'title=T' is neither [group], key = value in a group, nor # comment"},
        {"[experiment]\n\nnonsense\n", ":3: 'nonsense' is neither [group], key = value in a group, nor # comment"},
        {"[experiment]\ntitle=T\ntitle=U\n", ":3: key 'title': stands in line 2 already"},
        {HEADING "colour=red\n",
         ":6: key 'colour': is not a key of [experiment]; allowed: title text workload platform"},
        {HEADING "[extra]\na=1\n",
         ":7: key 'a': there is no group [extra]; allowed: experiment fixed series axes reference"},
        {"[experiment]\ntitle=T\nworkload=nap\nplatform=p\nmetrics=m\n",
         ":3: key 'workload': there is no workload 'nap'; allowed: "},
        {"[experiment]\ntitle=T\nworkload=toy\nplatform=p\nmetrics=speed\n",
         ":5: key 'metrics': workload 'toy' does not measure 'speed'; allowed: double_us square_us"},
        {HEADING "plots=nothing\n", ":6: key 'plots': there is no plots/nothing.gp"},
        {HEADING "in_report=yes\n", ":6: key 'in_report': 'yes' is not allowed; allowed: true false"},
        {HEADING "[axes]\nsize_B=4 5\n",
         ":7: key 'size_B': '5' is not allowed; allowed: a whole number from 4 to 1048576, a multiple of 4"},
        {HEADING "[axes]\nsize_B=2097152\n", ":7: key 'size_B': '2097152' is not allowed"},
        {HEADING "[axes]\nsize_B=4 4\n", ":7: key 'size_B': '4' stands there twice"},
        {HEADING "[axes]\nsize_B=\n", ":7: key 'size_B': has no value"},
        {HEADING "[axes]\nsize_B=log2 8 4\n", ":7: key 'size_B': a range is 'log2 FROM TO'"},
        {HEADING "[axes]\nsize_B=log2 4\n", ":7: key 'size_B': a range is 'log2 FROM TO'"},
        {HEADING "[axes]\nmode=sleeps\n", ":7: key 'mode': 'sleeps' is not allowed; allowed: works fails"},
        {HEADING "[axes]\nweight=1\n",
         ":7: key 'weight': workload 'toy' has no parameter 'weight'; allowed: size_B mode"},
        {HEADING "[axes]\nnic.lanai_mhz=0\n", ":7: key 'nic.lanai_mhz': "},
        {HEADING "[axes]\nnic.lanai_ghz=1\n", ":7: key 'nic.lanai_ghz': "},
        {HEADING "[fixed]\nsize_B=4 8\n", ":7: key 'size_B': a fixed parameter has one value"},
        {HEADING "[fixed]\nsize_B=4\n[axes]\nsize_B=4 8\n", ":7: key 'size_B': is an axis as well"},
        {HEADING "[axes]\nsize_B=log2 4 1048576\n[reference]\nNO-SUCH=double_us at size_B=4\n",
         ":9: key 'NO-SUCH': no published number"},
        {HEADING "[axes]\nsize_B=4 8\n[reference]\nV2-LAT=speed\n",
         ":9: key 'V2-LAT': 'speed' is not allowed; allowed: [max|min|COEFFICIENT] METRIC"},
        {HEADING "[axes]\nsize_B=4 8\n[reference]\nV2-LAT=double_us\n", ":9: key 'V2-LAT': 2 points have these values"},
        {HEADING "[axes]\nsize_B=4 8\n[reference]\nV2-LAT=double_us at size_B=16\n",
         ":9: key 'V2-LAT': no point has these values"},
        {HEADING "[axes]\nsize_B=4 8\n[reference]\nV2-LAT=double_us at mode=works\n",
         ":9: key 'V2-LAT': 'mode=works' is not axis=value"},
        {HEADING "[axes]\nsize_B=4 8\n[reference]\nV2-LAT=t0 double_us\n",
         ":9: key 'V2-LAT': [fits] has no curve of double_us with the coefficient t0"},
        {HEADING "[axes]\nsize_B=4 8\n[reference]\nV2-LAT=r_inf double_us\n[fits]\ndouble_us=line size_B\n",
         ":9: key 'V2-LAT': [fits] has no curve of double_us with the coefficient r_inf"},
        {HEADING "[axes]\nmode=works fails\nsize_B=4 8\n[reference]\nV2-LAT=t0 double_us\n"
                 "[fits]\ndouble_us=line size_B\n",
         ":10: key 'V2-LAT': 4 points have these values, axis size_B has 2: say which"},
        {HEADING "[experiment]\nfigure=G4\n", ":7: key 'figure': 'G4' is not allowed"},
        {HEADING "[axes]\nsize_B=4 8\n[partial]\nV2-LAT=why\n", ":9: key 'V2-LAT': is not in [reference]"},
        {HEADING "[axes]\nsize_B=4 8\n[fits]\ndouble_us=circle size_B\n",
         ":9: key 'double_us': 'circle size_B' is not allowed"},
        {HEADING "[series]\na b = mode=works\n", ":7: key 'a b': the name of a series has no blank"},
        {HEADING "[series]\na = mode\n", ":7: key 'a': 'mode' is not allowed; allowed: PARAMETER=VALUE"},
        {HEADING "[series]\na = mode=sleeps\n", ":7: key 'a': 'sleeps' is not allowed; allowed: works fails"},
        {HEADING "[axes]\nmode=works\n[series]\na = mode=works\n", ":7: key 'mode': is set by a series as well"},
        {HEADING "[series]\na = net.drop_rate=$rate\n", ": the series name $rate; [axes] must give 'rate'"},
        {HEADING "[series]\na = net.drop_rate=$*2\n", ":7: key 'a': 'net.drop_rate=$*2' is not allowed"},
        {HEADING "[axes]\nrate=0.1 2\n[series]\na = net.drop_rate=$rate\n", ":7: key 'rate': "},
        {HEADING "sums=square_us\n", ":6: key 'sums': 'square_us' is not one of the metrics"},
        {HEADING "x=mode\n[axes]\nsize_B=4\n", ":6: key 'x': 'mode' is not an axis"},
        {HEADING "figure=IV\n", ":6: key 'figure': 'IV' is not allowed"},
        {HEADING "breakdown=size_B=12\n[axes]\nsize_B=4 8\n", ":6: key 'breakdown': no point has these values"},
};

static struct references *references;

static void
set_up(void)
{
	char *error = NULL;
	workload_add(&toy);
	references = references_default(&error);
	ck_assert_msg(references != NULL, "%s", error);
}

static void
tear_down(void)
{
	references_free(references);
}

START_TEST(says_what_is_wrong)
{
	char *path = toy_file("bad.exp", bad[_i].text), *error = NULL;
	ck_assert_ptr_null(experiment_load(path, references, &error));
	ck_assert_ptr_nonnull(error);
	ck_assert_msg(g_str_has_prefix(error, path), "%s", error);
	ck_assert_msg(g_str_has_prefix(error + strlen(path), bad[_i].error), "'%s' instead of '%s'",
	              error + strlen(path), bad[_i].error);
	ck_assert_ptr_null(strchr(error, '\n'));
	g_free(error);
	g_free(path);
}
END_TEST

START_TEST(names_the_experiments_that_there_are)
{
	char *error = NULL;
	ck_assert_ptr_null(experiment_load("no-such", references, &error));
	ck_assert_ptr_nonnull(strstr(error, "vmmc-latency"));
	g_free(error);
}
END_TEST

START_TEST(damaged_files_do_no_harm) /* every prefix, and every byte replaced */
{
	char *text = toy_experiment("breakdown = size_B=4\n",
	                            "size_B=4 8\n[reference]\nV2-LAT=max double_us\n[fits]\ndouble_us=line size_B\n");
	size_t length = strlen(text);
	char *path = toy_file("damaged.exp", text);
	for (size_t i = 0; i < 2 * length; i++) {
		char *damaged = g_strndup(text, i < length ? i : length), *error = NULL;
		if (i >= length)
			damaged[i - length] = (char)('!' + i % 90);
		g_file_set_contents(path, damaged, -1, NULL);
		struct experiment *e = experiment_load(path, references, &error);
		ck_assert_msg((e == NULL) == (error != NULL), "neither result nor error: %s", damaged);
		experiment_free(e);
		g_free(error);
		g_free(damaged);
	}
	g_free(path);
	g_free(text);
}
END_TEST

static struct experiment *
load(const char *axes)
{
	char *text = toy_experiment("", axes), *path = toy_file("good.exp", text), *error = NULL;
	struct experiment *e = experiment_load(path, references, &error);
	ck_assert_msg(e != NULL, "%s", error);
	g_free(path);
	g_free(text);
	return e;
}

START_TEST(points_are_the_product_of_the_axes)
{
	struct experiment *e = load("size_B=log2 4 20\nnic.lanai_mhz=33 66\n");
	static const char *const labels[] = {"good size_B=4 nic.lanai_mhz=33",  "good size_B=4 nic.lanai_mhz=66",
	                                     "good size_B=8 nic.lanai_mhz=33",  "good size_B=8 nic.lanai_mhz=66",
	                                     "good size_B=16 nic.lanai_mhz=33", "good size_B=16 nic.lanai_mhz=66"};
	ck_assert_uint_eq(experiment_points(e), 6);
	for (unsigned i = 0; i < 6; i++) {
		struct point p = {.experiment = e, .index = i};
		char *label = point_label(&p), **sets = point_sets(&p);
		ck_assert_str_eq(label, labels[i]);
		ck_assert_str_eq(sets[0], i % 2 == 0 ? "nic.lanai_mhz=33" : "nic.lanai_mhz=66");
		ck_assert_ptr_null(sets[1]);
		ck_assert_str_eq(point_text(&p, "mode"), "works");
		g_strfreev(sets);
		g_free(label);
	}
	experiment_free(e);
}
END_TEST

#define SERIES "size_B=4 8\n[series]\nplain =\nquick = nic.lanai_mhz=66 mode=fails | a quick, odd \"NIC\"\n"

START_TEST(series_are_curves)
{
	struct experiment *e = load(SERIES);
	char *error = NULL;
	struct point p = {.experiment = e, .index = 3};
	char *label = point_label(&p), **sets = point_sets(&p), *script = curves_script(e);
	ck_assert_uint_eq(experiment_points(e), 4);
	ck_assert_str_eq(label, "good series=quick size_B=8");
	ck_assert_str_eq(point_text(&p, "mode"), "fails");
	ck_assert_str_eq(sets[0], "nic.lanai_mhz=66");
	ck_assert_ptr_null(sets[1]);
	ck_assert_str_eq(script,
	                 "curves=2; array KEY[2]=[\"plain|\",\"quick|\"]; array LEGEND[2]=[\"plain\",\"a quick, odd "
	                 "\\\"NIC\\\"\"]; in_curve(i)=(''.strcol('series').'|') eq KEY[i]");
	g_strfreev(sets);
	g_free(script);
	g_free(label);
	ck_assert(!experiment_set(e, "mode=works", &error));
	ck_assert_str_eq(error,
	                 "--set mode=works: key 'mode': is set by the series of this experiment; choose among them "
	                 "with --set series=NAME");
	g_clear_pointer(&error, g_free);
	ck_assert(!experiment_set(e, "series=slow", &error));
	ck_assert_str_eq(error, "--set series=slow: key 'series': there is no series 'slow'; allowed: plain quick");
	g_clear_pointer(&error, g_free);
	ck_assert(experiment_set(e, "series=quick", &error));
	ck_assert_uint_eq(experiment_points(e), 2);
	experiment_free(e);
}
END_TEST

START_TEST(an_axis_can_mean_another_parameter_in_each_series)
{
	struct experiment *e = load("rate=0 0.02\n[series]\nlost=net.drop_rate=$rate\n"
	                            "half=net.drop_rate=$rate*0.5 net.corrupt_rate=$rate*2\n");
	char *error = NULL;
	struct point p = {.experiment = e, .index = 3};
	char *label = point_label(&p), **sets = point_sets(&p);
	ck_assert_str_eq(label, "good series=half rate=0.02");
	ck_assert_str_eq(sets[0], "net.drop_rate=0.01");
	ck_assert_str_eq(sets[1], "net.corrupt_rate=0.04");
	ck_assert_ptr_null(sets[2]);
	g_strfreev(sets);
	g_free(label);
	ck_assert(!experiment_set(e, "rate=0.01 0.6", &error)); /* twice that is no probability */
	ck_assert_msg(strstr(error, "--set rate=0.01 0.6: key 'rate': ") != NULL && strstr(error, "1.2") != NULL, "%s",
	              error);
	g_clear_pointer(&error, g_free);
	ck_assert(experiment_set(e, "rate=0.5", &error));
	ck_assert_uint_eq(experiment_points(e), 2);
	experiment_free(e);
}
END_TEST

START_TEST(an_axis_more_is_curves_more)
{
	struct experiment *e = load("size_B=4 8\n");
	char *error = NULL;
	ck_assert(experiment_set(e, "nic.lanai_mhz=33 66", &error));
	char *script = curves_script(e);
	ck_assert_str_eq(script, "curves=2; array KEY[2]=[\"33|\",\"66|\"]; array LEGEND[2]=[\"nic.lanai_mhz = 33\","
	                         "\"nic.lanai_mhz = 66\"]; in_curve(i)=(''.strcol('nic.lanai_mhz').'|') eq KEY[i]");
	g_free(script);
	experiment_free(e);
}
END_TEST

START_TEST(set_replaces_fixes_and_sweeps)
{
	struct experiment *e = load("size_B=4 8\n");
	char *error = NULL;
	ck_assert(experiment_set(e, "size_B=1e3", &error));
	ck_assert_uint_eq(experiment_points(e), 1);
	ck_assert(!experiment_set(e, "size_B=8", &error));
	ck_assert_str_eq(error, "--set size_B=8: key 'size_B': was set before, by size_B=1e3; a list of values is one "
	                        "--set");
	g_clear_pointer(&error, g_free);
	ck_assert(experiment_set(e, "mode=fails", &error));
	ck_assert(experiment_set(e, "net.drop_rate=0 0.01 0.1", &error));
	ck_assert_uint_eq(experiment_points(e), 3);
	struct point p = {.experiment = e, .index = 2};
	ck_assert_str_eq(point_text(&p, "size_B"), "1000");
	ck_assert_str_eq(point_text(&p, "mode"), "fails");
	ck_assert_str_eq(point_text(&p, "net.drop_rate"), "0.1");
	experiment_free(e);
	e = load("size_B=4 8\n");
	ck_assert(!experiment_set(e, "size_B=3", &error));
	ck_assert_str_eq(error, "--set size_B=3: key 'size_B': '3' is not allowed; allowed: a whole number from 4 to "
	                        "1048576, a multiple of 4");
	g_free(error);
	ck_assert(!experiment_set(e, "size_B", &error));
	ck_assert_str_eq(error, "--set size_B: is not name=value");
	g_free(error);
	experiment_free(e);
}
END_TEST

START_TEST(quotes_keep_a_value_together)
{
	char **words = axis_words("a  'b c',\"d, 'e'\" f='g h'");
	static const char *const expected[] = {"a", "b c", "d, 'e'", "f=g h"};
	ck_assert_uint_eq(g_strv_length(words), G_N_ELEMENTS(expected));
	for (unsigned i = 0; i < G_N_ELEMENTS(expected); i++)
		ck_assert_str_eq(words[i], expected[i]);
	g_strfreev(words);
}
END_TEST

START_TEST(figures_have_an_alias)
{
	char *error = NULL;
	struct experiment *e = experiment_load("fig17", references, &error);
	ck_assert_msg(e != NULL, "%s", error);
	ck_assert_str_eq(e->name, "vmmc-latency");
	experiment_free(e);
	ck_assert_ptr_null(experiment_load("fig1700", references, &error));
	g_free(error);
}
END_TEST

START_TEST(experiments_of_the_tree_load)
{
	char **names = experiment_names();
	ck_assert_uint_ge(g_strv_length(names), 3);
	for (unsigned i = 0; names[i] != NULL; i++) {
		char *error = NULL;
		struct experiment *e = experiment_load(names[i], references, &error);
		ck_assert_msg(e != NULL, "%s", error);
		experiment_free(e);
	}
	g_strfreev(names);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("experiment files");
	TCase *all = tcase_create("all");
	tcase_add_checked_fixture(all, set_up, tear_down);
	tcase_set_timeout(all, 30);
	tcase_add_loop_test(all, says_what_is_wrong, 0, G_N_ELEMENTS(bad));
	tcase_add_test(all, names_the_experiments_that_there_are);
	tcase_add_test(all, damaged_files_do_no_harm);
	tcase_add_test(all, points_are_the_product_of_the_axes);
	tcase_add_test(all, series_are_curves);
	tcase_add_test(all, an_axis_can_mean_another_parameter_in_each_series);
	tcase_add_test(all, an_axis_more_is_curves_more);
	tcase_add_test(all, quotes_keep_a_value_together);
	tcase_add_test(all, figures_have_an_alias);
	tcase_add_test(all, set_replaces_fixes_and_sweeps);
	tcase_add_test(all, experiments_of_the_tree_load);
	suite_add_tcase(suite, all);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
