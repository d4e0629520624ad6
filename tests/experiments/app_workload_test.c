/* The workloads that are applications or wait: what they report agrees with itself and with the theory. */
#include "experiments/experiment.h"
#include "experiments/results.h"
#include "tests/experiments/toy.h"

#include <check.h>
#include <glib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SEEDS       20
#define POLL_PERIOD 0.1 /* us, of the platform */

/* Runs a point, in this process: one a test. */
static enum exit_code
run_point(const char *workload, const char *platform, const char *fixed, struct results *results, char **error)
{
	char *text = g_strdup_printf(
	        "[experiment]\ntitle = t\ntext = t\nworkload = %s\nplatform = %s\nmetrics = %s\n[fixed]\n%s\n",
	        workload, platform, workload_find(workload)->metrics[0].name, fixed);
	char *path = toy_file("app.exp", text);
	struct experiment *e = experiment_load(path, NULL, error);

	ck_assert_msg(e != NULL, "%s", *error);
	const struct point point = {.experiment = e};
	enum exit_code code = e->workload->run(&point, results, error);
	experiment_free(e);
	g_free(path);
	g_free(text);
	return code;
}

static double
metric(const struct results *results, const char *name)
{
	double value;

	ck_assert_msg(results_get(results, name, &value), "%s was not measured", name);
	return value;
}

static struct results
run_well(const char *workload, const char *platform, const char *fixed)
{
	struct results results = {0};
	char *error = NULL;

	ck_assert_msg(run_point(workload, platform, fixed, &results, &error) == EXIT_DONE, "%s", error);
	return results;
}

/* Accounts of every host add up to the time; what the workload says it did follows from it. */
static void
check_accounts(const struct results *r, unsigned hosts)
{
	static const char *const accounts[] = {"user", "system", "interrupt", "spin", "idle"};

	for (unsigned h = 0; h < 8; h++) {
		double sum = 0;

		for (unsigned k = 0; k < G_N_ELEMENTS(accounts); k++) {
			char *name = g_strdup_printf("host%u_%s_us", h, accounts[k]);
			sum += metric(r, name);
			g_free(name);
		}
		ck_assert_double_eq_tol(sum, h < hosts ? metric(r, "time_us") : 0, 1e-6);
	}
}

static const struct {
	const char *workload, *fixed;
	double units;
} applications[] = {
        {"requests", "clients = 3\nhosts = 4\nrequests = 60\ncompute_us = 30\nthink_us = 50", 60},
        {"requests", "wait.strategy = block\nclients = 6\nhosts = 4\nrequests = 60", 60},
        {"requests", "competitors = 2\ncompete_sleep_us = 500\nrequests = 60\nwait.strategy = last-k", 60},
        {"pipeline", "items = 50\nstages = 6\nwait.strategy = spin-block", 50},
        {"files", "gets = 10\nlargest_B = 65536\nwait.strategy = walk", 10},
        {"transactions", "transactions = 40\nreply_B = 5000", 40},
        {"transactions", "transactions = 15\nconnection = anew\nserver_host = 2\nclient_host = 5", 15},
        {"ftp", "files = 2\nfile_B = 30000", 6},
        {"ftp", "files = 2\nfile_B = 10000\nclients = 3\nclient_host = 4\nwait.strategy = spin-block", 18},
        {"jacobi", "hosts = 5\nsteps = 30\nwait.strategy = random", 30},
};

START_TEST(application)
{
	struct results r = run_well(applications[_i].workload, "myrinet-pc-8", applications[_i].fixed);

	check_accounts(&r, 8);
	ck_assert_double_eq_tol(metric(&r, "rate_per_s") * metric(&r, "time_us") / 1e6, applications[_i].units, 1e-6);
	ck_assert_double_le(metric(&r, "latency_p50_us"), metric(&r, "latency_p99_us"));
	ck_assert_double_gt(metric(&r, "latency_p50_us"), 10);
	results_clear(&r);
}
END_TEST

START_TEST(too_many_hosts)
{
	struct results r = {0};
	char *error = NULL;

	ck_assert_int_ne(run_point("jacobi", "myrinet-pc", "hosts = 4", &r, &error), EXIT_DONE);
	ck_assert_str_eq(error, "hosts=4: the platform has only 2");
	g_free(error);
	results_clear(&r);
}
END_TEST

/* Every protocol, and what it must not be faster than: us for a round trip of a byte. */
static const struct {
	const char *name;
	double least_us;
} protocols[] = {{"two-copy", 20},     {"fast", 40},          {"fast-sender", 40},
                 {"tcp-myrinet", 150}, {"tcp-ethernet", 150}, {"active-messages", 30}};

static const struct {
	const char *workload, *fixed, *metric;
} by_protocol[] = {{"socket-pingpong", "size_B = 1\nno_delay = 1", "round_trip_us"},
                   {"socket-pingpong", "size_B = 10000\nno_delay = 1", "round_trip_us"},
                   {"socket-stream", "size_B = 1000\ntotal_B = 100000\nreply = 1\nbuffer_KB = 64", "message_us"},
                   {"transactions", "connection = anew\ntransactions = 10\nreply_B = 3000", "latency_us"},
                   {"ftp", "files = 1\nfile_B = 50000\nclients = 2\nwait.strategy = spin-block", "latency_us"}};

START_TEST(protocol)
{
	unsigned k = (unsigned)_i % G_N_ELEMENTS(by_protocol);
	const char *name = protocols[(unsigned)_i / G_N_ELEMENTS(by_protocol)].name;
	bool sockets = strcmp(name, "active-messages") != 0;

	if (!sockets && k >= 3)
		return; /* an application needs them */
	char *fixed = g_strdup_printf("protocol = %s\n%s", name, by_protocol[k].fixed);
	struct results r = run_well(by_protocol[k].workload, "myrinet-ultra", fixed);
	double least = k == 0 ? protocols[(unsigned)_i / G_N_ELEMENTS(by_protocol)].least_us : 0;

	ck_assert_double_gt(metric(&r, by_protocol[k].metric), least);
	ck_assert_double_lt(metric(&r, by_protocol[k].metric), 50000);
	results_clear(&r);
	g_free(fixed);
}
END_TEST

/* One client against a server on the same Myrinet, on a host without a NIC, and in the other site: the first talks over
 * Active Messages, the others over TCP. */
static const struct {
	unsigned server;
	double least_us, most_us; /* of a transaction */
	bool fast;
} sites[] = {{1, 40, 100, true}, {2, 150, 600, false}, {3, 20000, 21000, false}, {4, 20000, 21000, false}};

START_TEST(fallback)
{
	char *fixed = g_strdup_printf("protocol = fast\nrequest_B = 100\ntransactions = 20\nserver_host = %u\n"
	                              "client_host = 0",
	                              sites[_i].server);
	struct results r = run_well("transactions", "ultra-two-sites", fixed);

	ck_assert_double_eq(metric(&r, "tcp_share"), sites[_i].fast ? 0 : 1);
	ck_assert_double_ge(metric(&r, "latency_us"), sites[_i].least_us);
	ck_assert_double_le(metric(&r, "latency_us"), sites[_i].most_us);
	results_clear(&r);
	g_free(fixed);
}
END_TEST

/* A receive that waits takes the data without the socket buffer, unless that is switched off. */
START_TEST(posting)
{
	struct results r = run_well("socket-pingpong", "myrinet-ultra",
	                            _i ? "protocol = fast\nsize_B = 4096"
	                               : "protocol = fast\nsize_B = 4096\nsocket.receive_posting = 0");

	ck_assert_double_eq(metric(&r, "direct_share"), _i);
	results_clear(&r);
}
END_TEST

/* Where copies are slow, a copy less is worth much, and the receiver never falls behind for good: bandwidth in MB/s,
 * without posting and with it. */
static const double slow_copies[][2] = {{10, 16}, {24, 30}};

START_TEST(posting_where_copies_are_slow)
{
	char *fixed = g_strdup_printf("protocol = fast\nsize_B = 8192\ntotal_B = 1000000\nhost.copy_MB_s = 30\n"
	                              "socket.receive_posting = %d",
	                              _i);
	struct results r = run_well("socket-stream", "myrinet-ultra", fixed);

	ck_assert_double_eq(metric(&r, "direct_share"), _i);
	ck_assert_double_ge(metric(&r, "bandwidth_MB_s"), slow_copies[_i][0]);
	ck_assert_double_le(metric(&r, "bandwidth_MB_s"), slow_copies[_i][1]);
	results_clear(&r);
	g_free(fixed);
}
END_TEST

/* With the connection's set-up a transfer takes longer, and a transaction as well. */
START_TEST(connections_cost)
{
	struct results ftp = run_well("ftp", "myrinet-pc", "file_B = 20000");

	ck_assert_double_lt(metric(&ftp, "get_all_MB_s"), 0.8 * metric(&ftp, "get_MB_s"));
	ck_assert_double_lt(metric(&ftp, "put_all_MB_s"), 0.8 * metric(&ftp, "put_MB_s"));
	results_clear(&ftp);
}
END_TEST

/* The mean is that of a fixed number of round trips, and the interval is as tight as it was wanted. */
START_TEST(round_trips)
{
	struct results fixed = run_well("socket-pingpong", "myrinet-pc", "size_B = 512\nrounds = 40");

	ck_assert_double_eq(metric(&fixed, "samples"), 40);
	ck_assert_double_eq(metric(&fixed, "one_way_us"), metric(&fixed, "round_trip_us") / 2);
	ck_assert_double_gt(metric(&fixed, "half_interval_us"), 0);
	results_clear(&fixed);
}
END_TEST

START_TEST(round_trips_until_known)
{
	struct results r = run_well("socket-pingpong", "myrinet-pc",
	                            "size_B = 512\nrounds = 3\nmost_rounds = 100000\ninterval_permille = 5\n"
	                            "no_delay = 1\nbuffer_KB = 64");

	ck_assert_double_gt(metric(&r, "samples"), 3);
	ck_assert_double_le(metric(&r, "half_interval_us"), 0.005 * metric(&r, "round_trip_us"));
	results_clear(&r);
}
END_TEST

START_TEST(one_host)
{
	struct results r = {0};
	char *error = NULL;

	ck_assert_int_eq(run_point("ftp", "myrinet-pc", "client_host = 0", &r, &error), EXIT_BAD_INPUT);
	ck_assert_str_eq(error, "client_host=0: is the server's as well; allowed: another");
	g_free(error);
	results_clear(&r);
}
END_TEST

/* Of a processor that it shares with one that computes all the time, a program that spins gets half. */
START_TEST(half_each)
{
	struct results r = run_well("wait", "myrinet-pc",
	                            "wait.strategy = spin\nmean_us = 1000\nwaits = 600\ncompetitors = 1\n"
	                            "host.quantum_us = 10000");

	ck_assert_double_eq_tol(metric(&r, "competitor_share"), 0.5, 0.05);
	results_clear(&r);
}
END_TEST

/* One that blocks leaves nearly all of it. */
START_TEST(nearly_all)
{
	struct results r = run_well("wait", "myrinet-pc",
	                            "wait.strategy = block\nmean_us = 5000\nwaits = 100\n"
	                            "competitors = 1\nhost.quantum_us = 10000");

	ck_assert_double_gt(metric(&r, "competitor_share"), 0.97);
	ck_assert_double_lt(metric(&r, "response_us"), 100);
	results_clear(&r);
}
END_TEST

/* Mean cost against the formula, by seed: within four standard errors, a poll period, and B for each message that came
 * while the process was arming. */
START_TEST(theory)
{
	static const char *const kinds[] = {
	        "delay = exponential\nmean_us = 40\nwait.limit_us = 25",
	        "delay = uniform\nmean_us = 40\nwait.limit_us = 15",
	        "delay = exponential\nmean_us = 100\nwait.limit_us = 13.4",
	};
	char *fixed = g_strdup_printf("%s\nseed = %d\nwait.strategy = spin-block\nwaits = 400", kinds[_i / SEEDS],
	                              _i % SEEDS + 1);
	struct results r = run_well("wait", "myrinet-pc", fixed);
	double window = metric(&r, "late_arm_share") * metric(&r, "b_us");
	double allowed = 4 * metric(&r, "cost_error_us") + POLL_PERIOD + window;

	ck_assert_msg(fabs(metric(&r, "cost_us") - metric(&r, "theory_us")) <= allowed,
	              "%s: cost %.2f us, in theory %.2f us; allowed %.2f us, of which %.2f us are the window's", fixed,
	              metric(&r, "cost_us"), metric(&r, "theory_us"), allowed, window);
	results_clear(&r);
	g_free(fixed);
}
END_TEST

/* B is what the platform's costs add up to, and what the strategies believe. */
START_TEST(cost_of_blocking)
{
	struct results r = run_well("wait", "myrinet-pc",
	                            "wait.strategy = block\ndelay = constant\nmean_us = 1000\n"
	                            "waits = 50");

	ck_assert_double_eq_tol(metric(&r, "b_us"), metric(&r, "believed_b_us"), 0.1);
	ck_assert_double_eq_tol(metric(&r, "cost_us"), metric(&r, "b_us"), 0.1);
	ck_assert_double_eq_tol(metric(&r, "interrupts"), 1, 1e-9);
	results_clear(&r);
}
END_TEST

/* More than the processor can do: with a notification for each message it does less the more comes. */
START_TEST(livelock)
{
	struct results r = run_well("load", "myrinet-pc", "receive = notify\nmean_us = 12\nmessages = 800");

	ck_assert_double_lt(metric(&r, "handled_per_s"), 0.3 * metric(&r, "offered_per_s"));
	ck_assert_double_gt(metric(&r, "interrupt_share"), 0.5);
	results_clear(&r);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("applications and waiting");
	TCase *cases = tcase_create("applications and waiting");
	SRunner *runner = srunner_create(suite);
	int failures;

	tcase_set_timeout(cases, 60);
	tcase_add_loop_test(cases, application, 0, G_N_ELEMENTS(applications));
	tcase_add_test(cases, too_many_hosts);
	tcase_add_test(cases, one_host);
	tcase_add_loop_test(cases, protocol, 0, G_N_ELEMENTS(protocols) * G_N_ELEMENTS(by_protocol));
	tcase_add_loop_test(cases, fallback, 0, G_N_ELEMENTS(sites));
	tcase_add_loop_test(cases, posting, 0, 2);
	tcase_add_loop_test(cases, posting_where_copies_are_slow, 0, 2);
	tcase_add_test(cases, connections_cost);
	tcase_add_test(cases, round_trips);
	tcase_add_test(cases, round_trips_until_known);
	tcase_add_test(cases, half_each);
	tcase_add_test(cases, nearly_all);
	tcase_add_loop_test(cases, theory, 0, 3 * SEEDS);
	tcase_add_test(cases, cost_of_blocking);
	tcase_add_test(cases, livelock);
	suite_add_tcase(suite, cases);
	srunner_run_all(runner, CK_ENV);
	failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
