/* Scripts of timed faults: what a good one gives, the one line that a bad one costs, and when things happen. */
#include "nic-sim/calendar.h"
#include "nic-sim/faults_timed.h"
#include "tests/device/net.h"

#include <check.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

static struct platform *platform;

static void
set_up(void)
{
	platform = net_line(1, 3);
}

static void
tear_down(void)
{
	g_free(platform->faults);
	net_free(platform);
	calendar_reset();
}

static void
parse(const char *text)
{
	char *error;

	ck_assert_msg(faults_script_parse(platform, "script", text, &error), "%s", error);
}

static const struct fault_event *
event(unsigned i)
{
	ck_assert_uint_lt(i, platform->n_faults);
	return &platform->faults[i];
}

START_TEST(every_statement)
{
	parse("# a day in the life\n"
	      "2ms link pc-1 down 3ms; 2.5us link node0_UP down\n"
	      "\t0 link pc-1 up ; ; 7ns nic pc-2 hang 1ms # ends\n"
	      "5s nic pc-0 hang;6s nic pc-0 reset;7s nic pc-0 reset scramble\r\n"
	      "0 host pc-1 slow 4\n1ps host pc-1 slow 1.5 1us");
	ck_assert_uint_eq(platform->n_faults, 9);
	ck_assert_uint_eq(event(0)->at, 2 * SIM_MS);
	ck_assert_uint_eq(event(0)->lasts, 3 * SIM_MS);
	ck_assert_uint_eq(event(0)->n_channels, 2);
	ck_assert_uint_eq(event(0)->channels[0], 2);
	ck_assert_uint_eq(event(0)->channels[1], 3);
	ck_assert_uint_eq(event(1)->at, 2500 * SIM_NS);
	ck_assert_uint_eq(event(1)->lasts, SIM_NEVER);
	ck_assert_uint_eq(event(1)->n_channels, 1);
	ck_assert_uint_eq(event(1)->channels[0], 0);
	ck_assert_int_eq(event(2)->action, FAULT_LINK_UP);
	ck_assert_int_eq(event(3)->action, FAULT_HANG);
	ck_assert_uint_eq(event(3)->node, 2);
	ck_assert_uint_eq(event(4)->lasts, SIM_NEVER);
	ck_assert_int_eq(event(5)->action, FAULT_RESET);
	ck_assert(!event(5)->scramble);
	ck_assert(event(6)->scramble);
	ck_assert_int_eq(event(7)->action, FAULT_SLOW);
	ck_assert_uint_eq(event(7)->factor, 4000);
	ck_assert_uint_eq(event(8)->at, 1);
	ck_assert_uint_eq(event(8)->factor, 1500);
}
END_TEST

static const char *const bad[][2] = {
        {"2 link pc-1 down", "script:1:1: not a date: \"2\"; allowed: 0, or a number up to 1e6 s with its unit: ps, "
                             "ns, us, ms, s"},
        {"-2ms link pc-1 down", "script:1:1: not a date: \"-2ms\"; allowed: 0, or a number up to 1e6 s with its unit: "
                                "ps, ns, us, ms, s"},
        {"1e9s link pc-1 down", "script:1:1: not a date: \"1e9s\"; allowed: 0, or a number up to 1e6 s with its unit: "
                                "ps, ns, us, ms, s"},
        {"2ms", "script:1:4: the part is missing; allowed: link, nic, host"},
        {"0 link pc-1 up\n2ms wire pc-1 down",
         "script:2:5: not a part of the machine: \"wire\"; allowed: link, nic, host"},
        {"2ms link", "script:1:9: a link's name is missing; allowed: a computer (pc-0 to pc-2) or a link of zone "
                     "myrinet, as node0_UP"},
        {"2ms link pc-9 down",
         "script:1:10: no link \"pc-9\"; allowed: a computer (pc-0 to pc-2) or a link of zone myrinet, as node0_UP"},
        {"2ms link pc-1", "script:1:14: the fault is missing; allowed: down, up"},
        {"2ms link pc-1 sideways", "script:1:15: no fault of a link: \"sideways\"; allowed: down, up"},
        {"2ms link pc-1 down 3", "script:1:20: not a duration: \"3\"; allowed: 0, or a number up to 1e6 s with its "
                                 "unit: ps, ns, us, ms, s"},
        {"2ms link pc-1 up 3ms", "script:1:18: too much: \"3ms\"; allowed: ; or the end of the line"},
        {"2ms nic pc-7 hang", "script:1:9: no computer \"pc-7\"; allowed: a computer of the platform, pc-0 to pc-2"},
        {"2ms nic node0_UP hang",
         "script:1:9: no computer \"node0_UP\"; allowed: a computer of the platform, pc-0 to pc-2"},
        {"2ms nic pc-1 sulk", "script:1:14: no fault of a NIC: \"sulk\"; allowed: hang, reset"},
        {"2ms nic pc-1 reset gently", "script:1:20: after reset: \"gently\"; allowed: nothing, or scramble"},
        {"2ms host pc-1 slow", "script:1:19: a factor is missing; allowed: 1 to 1000"},
        {"2ms host pc-1 slow 0.5", "script:1:20: not a factor: \"0.5\"; allowed: 1 to 1000"},
        {"2ms host pc-1 slow 4 # fine\n 3ms host pc-1 slow 5x",
         "script:2:21: not a factor: \"5x\"; allowed: 1 to 1000"},
        {"2ms \"\001\" x", "script:1:5: not a part of the machine: \"\\\"\\001\\\"\"; allowed: link, nic, host"},
};

START_TEST(a_bad_statement_costs_one_line)
{
	char *error;

	ck_assert(!faults_script_parse(platform, "script", bad[_i][0], &error));
	ck_assert_str_eq(error, bad[_i][1]);
	g_free(error);
}
END_TEST

START_TEST(scripts_come_from_text_and_file)
{
	char *path, *error = NULL;
	int fd = g_file_open_tmp("nicsim-script-XXXXXX", &path, NULL);

	ck_assert_int_ge(fd, 0);
	ck_assert(g_close(fd, NULL));
	ck_assert(g_file_set_contents(path, "1ms nic pc-1 reset\n2ms nic pc-1 nothing\n", -1, NULL));
	platform->params[0].faults = "5ms nic pc-0 reset";
	platform->params[0].fault_script = path;
	ck_assert(!faults_script_load(platform, &error));
	ck_assert(g_str_has_prefix(error, path));
	ck_assert(g_str_has_suffix(error, ":2:14: no fault of a NIC: \"nothing\"; allowed: hang, reset"));
	ck_assert_uint_eq(platform->n_faults, 2);
	g_free(error);
	g_unlink(path);
	ck_assert(!faults_script_load(platform, &error));
	ck_assert(g_str_has_suffix(error, "cannot be read; allowed: a file, or none"));
	g_free(error);
	g_free(path);
}
END_TEST

/* Dates. ----------------------------------------------------------------------------------- */

static GString *journal;

static void G_GNUC_PRINTF(1, 2) note(const char *format, ...)
{
	va_list arguments;

	g_string_append_printf(journal, "%g ", sim_to_us(sim_now()));
	va_start(arguments, format);
	g_string_append_vprintf(journal, format, arguments);
	va_end(arguments);
	g_string_append(journal, "; ");
}

static void
on_link(void *arg, unsigned channel, bool up)
{
	(void)arg;
	note("channel %u %s", channel, up ? "up" : "down");
}

static void
on_hang(void *arg, unsigned node, bool on)
{
	(void)arg;
	note("nic %u %s", node, on ? "hangs" : "goes on");
}

static void
on_reset(void *arg, unsigned node, bool scramble, uint64_t seed)
{
	(void)arg;
	note("nic %u reset %d seed %u", node, scramble, (unsigned)seed);
}

static void
on_slow(void *arg, unsigned node, uint32_t factor)
{
	(void)arg;
	note("host %u at %u", node, factor);
}

/* What is asked, what happens, and how many faults that counts as. */
static const struct {
	const char *script, *journal;
	unsigned faults;
} courses[] = {
        {"1us link node0_UP down 3us; 2us link node0_UP down 1us; 5us link node0_UP down; 6us link node0_UP up; "
         "7us link node0_UP up",
         "1 channel 0 down; 4 channel 0 up; 5 channel 0 down; 6 channel 0 up; ", 2},
        {"1us link node0_UP down 3us; 2us link node0_UP down 4us", "1 channel 0 down; 6 channel 0 up; ", 1},
        {"1us link node0_UP down 3us; 2us link node0_UP up; 3us link node0_UP down 3us",
         "1 channel 0 down; 2 channel 0 up; 3 channel 0 down; 6 channel 0 up; ", 2},
        {"1us link pc-0 down; 2us link node0_DOWN up", "1 channel 0 down; 1 channel 1 down; 2 channel 1 up; ", 2},
        {"1us nic pc-1 hang; 2us nic pc-1 hang 0; 3us nic pc-1 hang 2us; 4us nic pc-1 reset scramble; 9us nic pc-1 "
         "reset",
         "1 nic 1 hangs; 2 nic 1 goes on; 3 nic 1 hangs; 4 nic 1 goes on; 4 nic 1 reset 1 seed 8; "
         "9 nic 1 reset 0 seed 9; ",
         4},
        {"1us host pc-1 slow 4 2us; 2us host pc-1 slow 2 5us; 9us host pc-1 slow 3; 10us host pc-1 slow 1",
         "1 host 1 at 4000; 2 host 1 at 2000; 7 host 1 at 1000; 9 host 1 at 3000; 10 host 1 at 1000; ", 3},
};

START_TEST(faults_take_their_course)
{
	static const struct fault_hooks hooks = {NULL, on_link, on_hang, on_reset, on_slow};
	struct timed_faults *t = timed_faults_new(platform->n_nodes, platform->n_links, 7, &hooks);
	struct fault_counts counts = {0};

	journal = g_string_new(NULL);
	parse(courses[_i].script);
	for (unsigned i = 0; i < platform->n_faults; i++)
		timed_faults_add(t, &platform->faults[i]);
	while (calendar_step(SIM_S))
		;
	ck_assert_str_eq(journal->str, courses[_i].journal);
	timed_faults_count(t, &counts);
	ck_assert_uint_eq(counts.links_down + counts.hangs + counts.resets + counts.slowdowns, courses[_i].faults);
	g_string_free(journal, TRUE);
	timed_faults_free(t);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("fault scripts");
	TCase *tc = tcase_create("fault scripts");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, every_statement);
	tcase_add_loop_test(tc, a_bad_statement_costs_one_line, 0, G_N_ELEMENTS(bad));
	tcase_add_test(tc, scripts_come_from_text_and_file);
	tcase_add_loop_test(tc, faults_take_their_course, 0, G_N_ELEMENTS(courses));
	suite_add_tcase(suite, tc);
	SRunner *runner = srunner_create(suite);

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
