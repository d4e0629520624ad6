/* Threads, flows, reports and the end of a run. Each test runs in a process of its own (Check forks). */
#include "nic-sim/engine.h"
#include "nic-sim/platform.h"

#include <check.h>
#include <glib.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIMIT            (10 * SIM_S)
#define ETHERNET_LATENCY (40 * SIM_US) /* of platforms/myrinet-pc.xml: two links */
#define PS_PER_BYTE      (80 * SIM_NS) /* 12.5 MB/s */

enum { N_THREADS = 1000 };

static GString *text; /* what happened, one word after the other */
static struct platform *platform;

static void
set_up(void)
{
	char *error;

	text = g_string_new("");
	engine_init();
	platform = platform_load("myrinet-pc-8", NULL, 0, &error);
	ck_assert_msg(platform != NULL, "%s", error);
}

static void
tear_down(void)
{
	platform_free(platform);
	g_string_free(text, TRUE);
}

static void
note(const char *word)
{
	g_string_append_printf(text, "%s@%g ", word, sim_to_us(sim_now()));
}

/* Output is collected in a file, because SimGrid writes to the descriptors. */
static char *
run_collecting(sim_time limit, enum sim_outcome expected)
{
	FILE *file = tmpfile();
	int saved[2] = {dup(STDOUT_FILENO), dup(STDERR_FILENO)};
	enum sim_outcome outcome;
	char *said;
	long length;

	fflush(NULL);
	dup2(fileno(file), STDOUT_FILENO);
	dup2(fileno(file), STDERR_FILENO);
	outcome = sim_run(limit);
	fflush(NULL);
	dup2(saved[0], STDOUT_FILENO);
	dup2(saved[1], STDERR_FILENO);
	fseek(file, 0, SEEK_END);
	length = ftell(file);
	rewind(file);
	said = g_malloc0((gsize)length + 1);
	ck_assert_uint_eq(fread(said, 1, (size_t)length, file), (size_t)length);
	fclose(file);
	ck_assert_int_eq(outcome, expected);
	return said;
}

static void
run_silently(void)
{
	char *said = run_collecting(LIMIT, SIM_DONE);

	ck_assert_str_eq(said, "");
	g_free(said);
}

/* Threads. -------------------------------------------------------------------------------------------- */

static struct sim_thread *sleeper, *waiter;

static void
sleeps(void *arg)
{
	(void)arg;
	note("sleep");
	sim_sleep_until(10 * SIM_US, "the alarm");
	note("awake");
	sim_block("a remembered wake");
	note("at-once");
	sim_block("the second wake");
	note("woken");
}

static void
wakes(void *arg)
{
	(void)arg;
	sim_sleep_until(3 * SIM_US, "its turn");
	sim_wake(sleeper);
	sim_wake(sleeper);
	note("wake");
	sim_sleep_until(20 * SIM_US, "its turn");
	sim_wake(sleeper);
	note("wake");
}

START_TEST(one_wake_is_remembered_and_sleep_is_not_shortened)
{
	sleeper = sim_thread_start("pc-0", "sleeper", false, sleeps, NULL);
	sim_thread_start("pc-1", "waker", false, wakes, NULL);
	run_silently();
	ck_assert_str_eq(text->str, "sleep@0 wake@3 awake@10 at-once@10 wake@20 woken@20 ");
}
END_TEST

static void
says_name(void *arg)
{
	note(sim_thread_name(sim_thread_self()));
	ck_assert_ptr_eq(sim_thread_data(sim_thread_self()), arg);
	if (arg)
		sim_wake(arg);
	sim_block("nothing");
	note(sim_thread_name(sim_thread_self()));
}

static struct sim_thread *
start_saying(const char *name, struct sim_thread *wakes_this)
{
	struct sim_thread *t = sim_thread_start("pc-0", name, false, says_name, wakes_this);

	sim_thread_set_data(t, wakes_this);
	return t;
}

static void
wake_both(struct sim_event *ev)
{
	(void)ev;
	ck_assert_ptr_null(sim_thread_self());
	note("event");
	sim_wake(waiter);
	sim_wake(sleeper);
}

START_TEST(events_of_an_instant_come_before_its_threads)
{
	struct sim_event first, second;

	sleeper = start_saying("a", NULL);
	waiter = start_saying("b", NULL);
	sim_event_init(&first, 20, wake_both);
	sim_event_init(&second, 21, wake_both);
	sim_post(&second, SIM_US);
	sim_post(&first, SIM_US);
	run_silently();
	ck_assert_str_eq(text->str, "a@0 b@0 event@1 event@1 b@1 a@1 ");
}
END_TEST

static void
starts_others(void *arg)
{
	(void)arg;
	sim_sleep_until(SIM_US, "its turn");
	waiter = start_saying("child", NULL);
	start_saying("second", waiter);
	note("parent");
	sim_sleep_until(2 * SIM_US, "its turn");
	sim_thread_start("pc-3", "late", true, says_name, NULL);
	sim_sleep_until(3 * SIM_US, "its turn");
	sim_wake(waiter);
	sim_sleep_until(4 * SIM_US, "its turn");
	note("end");
	sleeper = NULL;
}

START_TEST(threads_start_threads_and_daemons_do_not_hold_the_run)
{
	char *said;

	sim_thread_start("pc-0", "parent", false, starts_others, NULL);
	said = run_collecting(LIMIT, SIM_DEADLOCK); /* "second" is never woken */
	ck_assert_str_eq(text->str, "parent@1 child@1 second@1 child@1 late@2 end@4 ");
	ck_assert_ptr_nonnull(strstr(said, "  second on pc-0: waits for nothing since 1.000000 us\n"));
	ck_assert_ptr_nonnull(strstr(said, "  daemon late on pc-3: waits for nothing since 2.000000 us\n"));
	g_free(said);
}
END_TEST

static void
waits_for_ever(void *arg)
{
	(void)arg;
	for (;;)
		sim_block("for ever");
}

static void
sleeps_a_little(void *arg)
{
	(void)arg;
	sim_sleep_until(5 * SIM_US, "a little");
}

START_TEST(daemon_does_not_keep_the_run_alive)
{
	sim_thread_start("pc-0", "daemon", true, waits_for_ever, NULL);
	sim_thread_start("pc-0", "main", false, sleeps_a_little, NULL);
	run_silently();
	ck_assert_uint_eq(sim_now(), 5 * SIM_US);
}
END_TEST

static struct sim_thread *ring[N_THREADS];

static void
passes_on(void *arg)
{
	size_t i = (size_t)arg;

	for (int round = 0; round < 3; round++) {
		if (i != 0 || round != 0)
			sim_block("the token");
		sim_sleep_until(sim_now() + SIM_NS, "a moment");
		sim_wake(ring[(i + 1) % N_THREADS]);
	}
}

START_TEST(a_thousand_threads)
{
	for (size_t i = 0; i < N_THREADS; i++)
		ring[i] = sim_thread_start(platform->hosts[i % platform->n_nodes], "link", false, passes_on, (void *)i);
	run_silently();
	ck_assert_uint_eq(sim_now(), 3 * N_THREADS * SIM_NS);
}
END_TEST

/* Flows. ---------------------------------------------------------------------------------------------- */

static void
arrived(void *arg)
{
	note(arg);
}

static sim_time arrival[2];

static void
take_date(void *arg)
{
	*(sim_time *)arg = sim_now();
	if (waiter)
		sim_wake(waiter);
}

static void
sends_one(void *arg)
{
	waiter = sim_thread_self();
	sim_sleep_until(7 * SIM_US, "its turn");
	sim_flow("pc-0", "pc-1", *(uint64_t *)arg, take_date, &arrival[0]);
	sim_block("the flow");
	ck_assert_uint_eq(sim_now(), arrival[0]);
}

START_TEST(flow_takes_latency_and_bytes_over_bandwidth)
{
	static const uint64_t sizes[] = {1, 1460, 65536, 100000000};
	uint64_t bytes = sizes[_i];

	sim_thread_start("pc-0", "sender", false, sends_one, &bytes);
	run_silently();
	ck_assert_uint_eq(arrival[0], 7 * SIM_US + ETHERNET_LATENCY + bytes * PS_PER_BYTE + 1);
}
END_TEST

static void
sends_two(void *arg)
{
	(void)arg;
	waiter = sim_thread_self();
	sim_flow("pc-0", "pc-1", 125000, take_date, &arrival[0]);
	sim_flow("pc-0", "pc-2", 125000, take_date, &arrival[1]);
	while (!arrival[0] || !arrival[1])
		sim_block("the flows");
}

START_TEST(flows_share_a_link)
{
	sim_thread_start("pc-0", "sender", false, sends_two, NULL);
	run_silently();
	ck_assert_uint_eq(arrival[0], ETHERNET_LATENCY + 2 * 125000 * PS_PER_BYTE + 1);
	ck_assert_uint_eq(arrival[1], arrival[0]);
}
END_TEST

static void
next_flow(void *arg)
{
	note(arg);
	if (sim_now() < 300 * SIM_US)
		sim_flow("pc-1", "pc-0", 1250, next_flow, arg);
	else
		sim_wake(waiter);
}

static void
start_flow(struct sim_event *ev)
{
	(void)ev;
	sim_flow("pc-0", "pc-1", 1250, next_flow, "hop");
}

static void
waits(void *arg)
{
	waiter = sim_thread_self();
	sim_block(arg);
	note("woken");
}

START_TEST(flows_start_from_events_and_arrivals)
{
	struct sim_event ev;

	sim_event_init(&ev, 16, start_flow);
	sim_post(&ev, 10 * SIM_US);
	sim_thread_start("pc-0", "waiter", false, waits, "the last hop");
	run_silently();
	ck_assert_str_eq(text->str, "hop@150 hop@290 hop@430 woken@430 ");
}
END_TEST

/* The end. -------------------------------------------------------------------------------------------- */

static void
component_report(void *arg)
{
	fprintf(stderr, "%s\n", (const char *)arg);
}

START_TEST(deadlock_names_who_waits_for_what)
{
	char *said;

	engine_on_report(component_report, "bus: idle");
	sim_thread_start("pc-0", "ends", false, sleeps_a_little, NULL);
	sim_thread_start("pc-2", "client", false, waits, "an answer");
	said = run_collecting(LIMIT, SIM_DEADLOCK);
	ck_assert_str_eq(said, "nicsim: deadlock: nothing can happen any more at 5.000000 us; 1 threads left, 0 flows "
	                       "in flight:\n  client on pc-2: waits for an answer since 0.000000 us\nbus: idle\n");
	g_free(said);
	ck_assert_int_eq(SIM_DEADLOCK, 3);
}
END_TEST

static void
ticks(struct sim_event *ev)
{
	sim_post(ev, sim_now() + SIM_US);
}

START_TEST(time_limit_ends_the_run)
{
	struct sim_event ev;
	char *said;

	if (_i)
		sim_flow("pc-0", "pc-1", 1250000000, arrived, "flow");
	sim_event_init(&ev, 16, ticks);
	sim_post(&ev, 0);
	sim_thread_start("pc-2", "client", false, waits, "an answer");
	said = run_collecting(2 * SIM_MS, SIM_TIME_LIMIT);
	ck_assert_msg(g_str_has_prefix(said, "nicsim: simulated-time limit reached at 2000.000000 us; 1 threads left"),
	              "%s", said);
	ck_assert_ptr_nonnull(strstr(said, "waits for an answer"));
	g_free(said);
}
END_TEST

static void
asks_for_report(void *arg)
{
	(void)arg;
	sim_sleep_until(SIM_US, "its turn");
	raise(SIGUSR1);
	sim_sleep_until(2 * SIM_US, "the end");
}

START_TEST(sigusr1_prints_what_everything_does)
{
	char *said;

	sim_thread_start("pc-0", "asker", false, asks_for_report, NULL);
	said = run_collecting(LIMIT, SIM_DONE);
	ck_assert_str_eq(said, "nicsim: asked by SIGUSR1 at 1.000000 us; 1 threads left, 0 flows in flight:\n"
	                       "  asker on pc-0: waits for the end since 1.000000 us\n");
	g_free(said);
}
END_TEST

static void
spin(struct sim_core *core)
{
	core->clock = sim_core_limit();
}

START_TEST(a_core_that_never_parks_meets_the_limit)
{
	struct sim_core core;
	char *said;

	sim_core_init(&core, 16, spin);
	sim_core_resume(&core, 0);
	sim_thread_start("pc-2", "client", false, waits, "the core");
	said = run_collecting(50 * SIM_MS, SIM_TIME_LIMIT);
	g_free(said);
}
END_TEST

static void
ends_in_flight(void *arg)
{
	(void)arg;
	sim_flow("pc-0", "pc-1", 1000000, arrived, "never");
	sim_sleep_until(100 * SIM_US, "half the way");
}

START_TEST(a_run_may_end_with_a_flow_in_flight)
{
	sim_thread_start("pc-0", "sender", false, ends_in_flight, NULL);
	run_silently();
	ck_assert_str_eq(text->str, "");
	ck_assert_uint_eq(sim_now(), 100 * SIM_US);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("engine");
	TCase *threads = tcase_create("threads"), *flows = tcase_create("flows"), *end = tcase_create("end");
	TCase *all[] = {threads, flows, end};
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(threads, one_wake_is_remembered_and_sleep_is_not_shortened);
	tcase_add_test(threads, events_of_an_instant_come_before_its_threads);
	tcase_add_test(threads, threads_start_threads_and_daemons_do_not_hold_the_run);
	tcase_add_test(threads, daemon_does_not_keep_the_run_alive);
	tcase_add_test(threads, a_thousand_threads);
	tcase_add_loop_test(flows, flow_takes_latency_and_bytes_over_bandwidth, 0, 4);
	tcase_add_test(flows, flows_share_a_link);
	tcase_add_test(flows, flows_start_from_events_and_arrivals);
	tcase_add_test(end, deadlock_names_who_waits_for_what);
	tcase_add_loop_test(end, time_limit_ends_the_run, 0, 2);
	tcase_add_test(end, sigusr1_prints_what_everything_does);
	tcase_add_test(end, a_core_that_never_parks_meets_the_limit);
	tcase_add_test(end, a_run_may_end_with_a_flow_in_flight);
	for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
		tcase_add_checked_fixture(all[i], set_up, tear_down);
		suite_add_tcase(suite, all[i]);
	}
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
