/* Sweeps as their user sees them: bad axes, kill -9 in the middle, jobs through GNU parallel, what runs. */
#include "tests/experiments/program.h"
#include "tests/experiments/toy.h"

#include <check.h>
#include <glib.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* A sweep whose seeds matter. */
#define RATES_AND_CLOCKS                                                                                               \
	"sweep vmmc-bandwidth --set series=one-way --set size_B=4096 --axis net.drop_rate=0,0.01,0.05 "                \
	"--axis nic.lanai_mhz=33:132:*2 --repeat 3"
#define POINTS 27 /* 3 rates, 3 clocks, 3 seeds */
#define TABLE  "vmmc-bandwidth.csv"

static char *folder;

static void
set_up(void)
{
	folder = toy_folder();
}

static void
tear_down(void)
{
	g_free(folder);
}

static const struct {
	const char *arguments, *said;
} bad[] = {
        {"", "exactly one argument is wanted"},
        {"no-such", "no-such: there is no such experiment"},
        {"demo --axis size_B", "--axis size_B: is not name=value"},
        {"demo --axis size_B=", "--axis size_B=: key 'size_B': has no value"},
        {"demo --axis size_B=4:64", "'4:64' is no range; allowed: FROM:TO:STEP"},
        {"demo --axis size_B=4:64:0", "FROM:TO:*FACTOR"},
        {"demo --axis size_B=4:64:*1", "'4:64:*1' is no range"},
        {"demo --axis size_B=4,4", "'4' stands there twice"},
        {"demo --axis size_B=4:16:2", "'6' is not allowed"},
        {"demo --axis size_B=4 --axis size_B=8", "was set before, by size_B=4"},
        {"demo --axis host.nothing=1:5:1", "host.nothing"},
        {"demo --axis nic.lanai_mhz=1:1000:0.001", "has more than 100000 values"},
        {"demo --axis nic.lanai_mhz=1:1000:0.1 --axis host.cpu_mhz=1:1000:1", "makes more than 100000 points"},
        {"demo --repeat 0", "--repeat 0: allowed: 1 to"},
        {"demo --repeat 2 --set net.fault_seed=3", "repeats set the seed 'net.fault_seed', which is set already"},
        {"demo --jobs 0", "--jobs 0: allowed: 1 or more"},
        {"demo --platform no-such", "there is no platform 'no-such'"},
};

START_TEST(bad_input)
{
	char *line = g_strdup_printf("sweep %s --out /tmp/nicsim-none/x", bad[_i].arguments);
	ck_assert_int_eq(nicsim(line), 2);
	ck_assert_msg(strstr(err, bad[_i].said) != NULL, "%s: %s", line, err);
	ck_assert_msg(strchr(err, '\n') == err + strlen(err) - 1, "more than one line: %s", err);
	ck_assert_str_eq(out, "");
	ck_assert(!g_file_test("/tmp/nicsim-none", G_FILE_TEST_EXISTS));
	g_free(line);
}
END_TEST

/* The table after a sweep into `to` (between double quotes for the shell), which must run `ran` points; g_free it. */
static char *
table_after(const char *sweep, const char *to, unsigned ran)
{
	char *line = g_strdup_printf("%s --out \"%s\"", sweep, to),
	     *said = g_strdup_printf(", %u of them run now", ran);
	ck_assert_msg(nicsim(line) == 0, "%s", err);
	ck_assert_msg(strstr(out, said) != NULL, "not%s: %s", said, out);
	char *csv = toy_read(to, TABLE);
	ck_assert_ptr_nonnull(csv);
	g_free(said);
	g_free(line);
	return csv;
}

static unsigned
count_points(void)
{
	char *points = g_build_filename(folder, "points", NULL);
	GDir *dir = g_dir_open(points, 0, NULL);
	const char *name;
	unsigned n = 0;
	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL)
		n += g_str_has_suffix(name, ".json");
	if (dir != NULL)
		g_dir_close(dir);
	g_free(points);
	return n;
}

static void
start_and_kill(unsigned at)
{
	char *line = g_strdup_printf("%s " RATES_AND_CLOCKS " -j 1 --out %s", NICSIM_PROGRAM, folder), **arguments;
	GPid pid;
	ck_assert(g_shell_parse_argv(line, NULL, &arguments, NULL));
	ck_assert(g_spawn_async(NULL, arguments, NULL, G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL, NULL,
	                        NULL, &pid, NULL));
	while (count_points() < at)
		g_usleep(1000);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	g_strfreev(arguments);
	g_free(line);
}

START_TEST(killed_and_continued)
{
	char *other = toy_folder(), *whole = table_after(RATES_AND_CLOCKS, other, POINTS);
	for (unsigned at = 2; at < POINTS - 10; at += 7) {
		start_and_kill(at);
		ck_assert_uint_lt(count_points(), POINTS);
		char *none = toy_read(folder, TABLE);
		ck_assert_ptr_null(none);
	}
	char *continued = table_after(RATES_AND_CLOCKS, folder, POINTS - count_points());
	ck_assert_str_eq(continued, whole);
	char *again = table_after(RATES_AND_CLOCKS, folder, 0);
	ck_assert_str_eq(again, whole);
	g_free(again);
	g_free(continued);
	g_free(whole);
	g_free(other);
}
END_TEST

/* Runs the lines of --emit-jobs, of which there must be `jobs`, through GNU parallel. */
static void
run_jobs(const char *sweep, const char *to, unsigned jobs)
{
	char *list = g_build_filename(folder, "jobs", NULL);
	char *line =
	        g_strdup_printf("%s --out \"%s\" --emit-jobs >%s && wc -l <%s && parallel --will-cite --jobs 2 <%s",
	                        sweep, to, list, list, list);
	ck_assert_msg(nicsim(line) == 0, "%s", err);
	ck_assert_uint_eq((unsigned)atoi(out), jobs);
	g_free(line);
	g_free(list);
}

START_TEST(jobs_through_parallel)
{
	char *other = toy_folder(), *whole = table_after(RATES_AND_CLOCKS, other, POINTS);
	char *to = g_build_filename(folder, "with a blank & more", NULL);
	run_jobs(RATES_AND_CLOCKS, to, POINTS);
	char *parts = table_after(RATES_AND_CLOCKS, to, 0);
	ck_assert_str_eq(parts, whole);
	run_jobs(RATES_AND_CLOCKS, to, 0); /* nothing is missing, so there is no job */
	g_free(parts);
	g_free(to);
	g_free(whole);
	g_free(other);
}
END_TEST

/* A text with blanks as the value of an axis, another platform, another firmware. */
#define EVERYTHING                                                                                                     \
	"sweep vmmc-bandwidth --set series=one-way --set size_B=4096 --set total_B=65536 --axis "                      \
	"net.faults=\"\\\"1ms link pc-0 down 300us\\\", \\\"2ms link pc-1 down 300us; 5ms nic pc-0 hang 200us\\\"\" "  \
	"--platform platforms/myrinet-pc.xml --firmware firmware/vmmc"

START_TEST(jobs_say_everything)
{
	char *other = toy_folder(), *whole = table_after(EVERYTHING, other, 2);
	run_jobs(EVERYTHING, folder, 2);
	char *parts = table_after(EVERYTHING, folder, 0);
	ck_assert_str_eq(parts, whole);
	g_free(parts);
	g_free(whole);
	g_free(other);
}
END_TEST

START_TEST(says_what_runs)
{
	char *line =
	        g_strdup_printf("sweep vmmc-latency --set series=one-way --set rounds=100000 --axis size_B=1048576 "
	                        "--repeat 2 -j 1 --out %s & running=$!; "
	                        "sleep 1; kill -USR1 $running; sleep 0.5; kill $running",
	                        folder);
	nicsim(line);
	ck_assert_msg(strstr(err, "vmmc-latency: 0 of 2 points done") != NULL, "%s", err);
	ck_assert_msg(strstr(err, "running: vmmc-latency series=one-way size_B=1048576 repeat=1") != NULL, "%s", err);
	g_free(line);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("sweep program");
	TCase *all = tcase_create("all");
	tcase_set_timeout(all, 60);
	tcase_add_checked_fixture(all, set_up, tear_down);
	tcase_add_loop_test(all, bad_input, 0, G_N_ELEMENTS(bad));
	tcase_add_test(all, killed_and_continued);
	tcase_add_test(all, jobs_through_parallel);
	tcase_add_test(all, jobs_say_everything);
	tcase_add_test(all, says_what_runs);
	suite_add_tcase(suite, all);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
