/* Runs and their folders: order of points, failures by name, repeatable bytes, all or nothing, staleness. */
#include "experiments/manifest.h"
#include "experiments/output.h"
#include "experiments/store.h"
#include "tests/experiments/toy.h"

#include <check.h>
#include <cjson/cJSON.h>
#include <glib.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static struct references *references;
static char *folder, *error;

static void
set_up(void)
{
	workload_add(&toy);
	references = references_default(&error);
	ck_assert_msg(references != NULL, "%s", error);
	char *parent = toy_folder();
	folder = g_build_filename(parent, "result", NULL); /* not there yet */
	g_free(parent);
}

static void
tear_down(void)
{
	references_free(references);
	g_free(folder);
	g_free(error);
}

static struct experiment *
load_with(const char *heading, const char *axes)
{
	char *text = toy_experiment(heading, axes), *path = toy_file("toy.exp", text);
	struct experiment *e = experiment_load(path, references, &error);
	ck_assert_msg(e != NULL, "%s", error);
	g_free(path);
	g_free(text);
	return e;
}

static struct experiment *
load(const char *axes)
{
	return load_with("", axes);
}

static enum exit_code
run(const struct experiment *e)
{
	return store_run(&(struct store_order){.experiment = e, .references = references, .folder = folder, .jobs = 3},
	                 &error);
}

START_TEST(rows_come_in_the_order_of_the_points)
{
	struct experiment *e = load("mode=works fails\nsize_B=4 16 32\n");
	ck_assert_int_eq(run(e), EXIT_DONE);
	char *csv = toy_read(folder, "toy.csv");
	ck_assert_str_eq(csv, "mode,size_B,double_us,square_us\nworks,4,8,16\nworks,16,32,256\nworks,32,64,1024\n"
	                      "fails,4,8,16\nfails,16,32,256\nfails,32,64,1024\n");
	g_free(csv);
	experiment_free(e);
}
END_TEST

START_TEST(breakdown_adds_up)
{
	struct experiment *e = load_with("breakdown = size_B=4\n", "size_B=4 16\n");
	ck_assert_int_eq(run(e), EXIT_DONE);
	char *csv = toy_read(folder, "toy-breakdown.csv");
	ck_assert_str_eq(csv, "size_B,stage,label,messages,sum_ps,mean_us,end_us,order\n"
	                      "4,UP,\"up, and \"\"away\"\"\",10,123456789,12.34567890,12.34567890,0\n"
	                      "4,DOWN,down,10,1,0.00000010,12.34567900,0\n"
	                      "4,TOTAL,all of it,10,123456790,12.34567900,12.34567900,0\n");
	g_free(csv);
	experiment_free(e);
}
END_TEST

static const struct {
	const char *mode, *said;
	enum exit_code code;
} failures[] = {
        {"fails", "point toy size_B=8: the toy broke", EXIT_FAILED},
        {"dead", "point toy size_B=8: deadlock of toys", EXIT_DEADLOCK},
        {"crashes", "point toy size_B=8: the simulation crashed (Aborted)", EXIT_FAILED},
        {"silent", "point toy size_B=8: a metric was not measured", EXIT_FAILED},
};

START_TEST(a_failed_point_is_named_and_nothing_written)
{
	struct experiment *e = load("size_B=4 8 16\n");
	char *set = g_strconcat("mode=", failures[_i].mode, NULL);
	ck_assert(experiment_set(e, set, &error));
	ck_assert_int_eq(run(e), failures[_i].code);
	ck_assert_str_eq(error, failures[_i].said);
	ck_assert(!g_file_test(folder, G_FILE_TEST_EXISTS));
	g_free(set);
	experiment_free(e);
}
END_TEST

START_TEST(a_folder_is_of_one_experiment)
{
	struct experiment *e = load("size_B=4\n");
	ck_assert_int_eq(run(e), EXIT_DONE);
	char *before = toy_read(folder, "manifest.json");
	g_free(e->name);
	e->name = g_strdup("other");
	ck_assert_int_eq(run(e), EXIT_BAD_INPUT);
	ck_assert_ptr_nonnull(strstr(error, "holds results of experiment 'toy'; choose another --out"));
	char *after = toy_read(folder, "manifest.json");
	ck_assert_str_eq(before, after);
	g_free(before);
	g_free(after);
	experiment_free(e);
}
END_TEST

/* In a process of its own: runs the experiment into the common folder, again and again. */
static pid_t
run_often(const struct experiment *e)
{
	pid_t pid = fork();
	for (unsigned i = 0; pid == 0 && i < 20; i++)
		if (run(e) != EXIT_DONE)
			_exit(1);
	if (pid == 0)
		_exit(0);
	return pid;
}

START_TEST(two_runs_at_once_do_not_mix)
{
	struct experiment *a = load("size_B=4 16\n"), *b = load("size_B=8 32 64\n");
	pid_t pids[] = {run_often(a), run_often(b)};
	for (unsigned i = 0; i < G_N_ELEMENTS(pids); i++) {
		int status;
		ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
		ck_assert_int_eq(status, 0);
	}
	cJSON *manifest = manifest_load(folder);
	char *path = g_build_filename(folder, "toy.csv", NULL), *sha = file_sha256(path);
	ck_assert_str_eq(manifest_string(manifest_item(manifest, "outputs"), "toy.csv"), sha);
	ck_assert_uint_eq(toy_count(folder), 3); /* table, references, manifest */
	g_free(sha);
	g_free(path);
	cJSON_Delete(manifest);
	experiment_free(a);
	experiment_free(b);
}
END_TEST

START_TEST(two_runs_are_byte_identical)
{
	static const char *const files[] = {"toy.csv", "reference.csv", "manifest.json"};
	struct experiment *e = load("size_B=4 16\nmode=works dead\n");
	char *first[G_N_ELEMENTS(files)];
	ck_assert_int_eq(run(e), EXIT_DONE);
	for (unsigned i = 0; i < G_N_ELEMENTS(files); i++)
		first[i] = toy_read(folder, files[i]);
	ck_assert_int_eq(run(e), EXIT_DONE);
	for (unsigned i = 0; i < G_N_ELEMENTS(files); i++) {
		char *again = toy_read(folder, files[i]);
		ck_assert_ptr_nonnull(again);
		ck_assert_str_eq(first[i], again);
		g_free(first[i]);
		g_free(again);
	}
	experiment_free(e);
}
END_TEST

START_TEST(manifest_tells_everything)
{
	struct experiment *e = load("size_B=4 16\n");
	ck_assert(experiment_set(e, "nic.lanai_mhz=40", &error));
	ck_assert_int_eq(run(e), EXIT_DONE);
	cJSON *m = manifest_load(folder);
	ck_assert_str_eq(manifest_string(m, "experiment"), "toy");
	ck_assert_str_eq(manifest_string(m, "platform"), "myrinet-pc");
	ck_assert_str_eq(manifest_string(manifest_item(m, "units"), "double_us"), "us");
	ck_assert_uint_eq(strlen(manifest_string(manifest_item(m, "firmware"), "sha256")), 64);
	ck_assert_uint_gt(strlen(manifest_string(m, "seed")), 0);
	const cJSON *points = manifest_item(m, "points"), *p;
	ck_assert_int_eq(cJSON_GetArraySize(points), 2);
	ck_assert_str_eq(manifest_string(cJSON_GetArrayItem(points, 1), "fingerprint"), "0000000000000001");
	ck_assert_str_eq(manifest_string(cJSON_GetArrayItem(points, 1), "saturated"), "toy");
	unsigned overridden = 0;
	cJSON_ArrayForEach(p, manifest_item(m, "parameters"))
	{
		ck_assert_uint_gt(strlen(manifest_string(p, "source")), 0);
		if (!cJSON_IsTrue(manifest_item(p, "overridden")))
			continue;
		ck_assert_str_eq(manifest_string(p, "key"), "nic.lanai_mhz");
		ck_assert_str_eq(manifest_string(p, "value"), "40");
		overridden++;
	}
	ck_assert_uint_eq(overridden, 1);
	cJSON_Delete(m);
	experiment_free(e);
}
END_TEST

START_TEST(a_full_disk_leaves_what_was_there) /* as seen by write(): no file may grow beyond a few bytes */
{
	struct experiment *e = load("size_B=4 16\n");
	ck_assert_int_eq(run(e), EXIT_DONE);
	char *before = toy_read(folder, "toy.csv"), *manifest = toy_read(folder, "manifest.json");
	unsigned n = toy_count(folder);
	experiment_free(e);
	e = load("size_B=4 16 32\n");
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){200, RLIM_INFINITY}), 0);
	ck_assert_int_eq(run(e), EXIT_FAILED);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY}), 0);
	ck_assert_ptr_nonnull(error);
	ck_assert_ptr_null(strstr(error, ".new-")); /* its own name, not a temporary one */
	char *after = toy_read(folder, "toy.csv"), *manifest_after = toy_read(folder, "manifest.json");
	ck_assert_str_eq(before, after);
	ck_assert_str_eq(manifest, manifest_after);
	ck_assert_uint_eq(toy_count(folder), n);
	g_free(before);
	g_free(after);
	g_free(manifest);
	g_free(manifest_after);
	experiment_free(e);
}
END_TEST

START_TEST(left_overs_of_a_killed_run_go)
{
	struct experiment *e = load("size_B=4\n");
	ck_assert_int_eq(run(e), EXIT_DONE);
	unsigned n = toy_count(folder);
	char *left = g_strdup_printf("%s/.new-%d", folder, 0x3fffffff); /* no process has this number */
	char *file = g_build_filename(left, "toy.csv", NULL);
	ck_assert_int_eq(g_mkdir_with_parents(left, 0777), 0);
	ck_assert(g_file_set_contents(file, "half", -1, NULL));
	ck_assert_int_eq(run(e), EXIT_DONE);
	ck_assert_uint_eq(toy_count(folder), n);
	g_free(file);
	g_free(left);
	experiment_free(e);
}
END_TEST

static bool
fresh(const struct experiment *e)
{
	return store_fresh(&(struct store_order){.experiment = e, .references = references, .folder = folder});
}

START_TEST(stale_results_are_found)
{
	struct experiment *e = load("size_B=4 16\n");
	ck_assert(!fresh(e)); /* nothing there */
	ck_assert_int_eq(run(e), EXIT_DONE);
	ck_assert(fresh(e));
	char *csv = g_build_filename(folder, "toy.csv", NULL), *text = toy_read(folder, "toy.csv");
	g_file_set_contents(csv, "tampered", -1, NULL);
	ck_assert(!fresh(e));
	g_file_set_contents(csv, text, -1, NULL);
	ck_assert(fresh(e));
	g_file_set_contents(e->path, "# changed", -1, NULL);
	ck_assert(!fresh(e));
	g_free(csv);
	g_free(text);
	experiment_free(e);
	e = load("size_B=4 16\n");
	ck_assert(fresh(e));
	ck_assert(experiment_set(e, "nic.lanai_mhz=66", &error));
	ck_assert(!fresh(e));
	experiment_free(e);
}
END_TEST

START_TEST(bad_platforms_and_firmware)
{
	static const char *const options[][3] = {
	        {"no-such", NULL, "--platform no-such: there is no platform 'no-such'; allowed: myrinet-pc "},
	        {NULL, "none.c", "none.c: there is no such firmware"},
	        {NULL, "README.md", "README.md: firmware is a file.c, a file.o or a folder"}};
	for (unsigned i = 0; i < G_N_ELEMENTS(options); i++) {
		struct experiment *e = load("size_B=4\n");
		if (options[i][0] != NULL)
			experiment_set_platform(e, options[i][0]);
		struct store_order order = {
		        .experiment = e, .references = references, .folder = folder, .firmware = options[i][1]};
		ck_assert_int_eq(store_run(&order, &error), EXIT_BAD_INPUT);
		ck_assert_msg(g_str_has_prefix(error, options[i][2]), "%s", error);
		ck_assert(!g_file_test(folder, G_FILE_TEST_EXISTS));
		g_clear_pointer(&error, g_free);
		experiment_free(e);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("runs and their folders");
	TCase *all = tcase_create("all");
	tcase_add_checked_fixture(all, set_up, tear_down);
	tcase_set_timeout(all, 30);
	tcase_add_test(all, rows_come_in_the_order_of_the_points);
	tcase_add_test(all, breakdown_adds_up);
	tcase_add_loop_test(all, a_failed_point_is_named_and_nothing_written, 0, G_N_ELEMENTS(failures));
	tcase_add_test(all, a_folder_is_of_one_experiment);
	tcase_add_test(all, two_runs_at_once_do_not_mix);
	tcase_add_test(all, two_runs_are_byte_identical);
	tcase_add_test(all, manifest_tells_everything);
	tcase_add_test(all, a_full_disk_leaves_what_was_there);
	tcase_add_test(all, left_overs_of_a_killed_run_go);
	tcase_add_test(all, stale_results_are_found);
	tcase_add_test(all, bad_platforms_and_firmware);
	suite_add_tcase(suite, all);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
