/* Spinning: the dates of detection, deadlines, sharing a CPU, and what it costs the engine. */
#include "tests/host/rig.h"

#include <check.h>

static struct rig *rig;

static struct task *
kernel_task(const char *name, void (*body)(void *), void *arg)
{
	return task_start_on(rig->host.cpus, NULL, name, false, body, arg);
}

static bool
spin(sim_time deadline)
{
	return cpu_spin(rig_word_is_set, NULL, rig_space(), rig_word(), 1, deadline);
}

/* One spin of a task alone: it begins at `start`, the word is set at `change` (0: never); what comes out, and when. */
struct row {
	sim_time start, change, deadline;
	bool result;
	sim_time date;
};

static void
spin_once(void *arg)
{
	const struct row *row = arg;
	uint64_t before = engine_handovers();

	cpu_charge(CPU_USER, row->start);
	ck_assert_int_eq(spin(row->deadline), row->result);
	ck_assert_uint_eq(sim_now(), row->date);
	ck_assert_uint_eq(engine_handovers(), before + (row->date != 0));
}

/* Poll instants are start + k * 100 ns; times in ns. */
static const struct row rows[] = {
        {0, 1, SIM_NEVER, true, 100},        /*  0 between two polls: at the next */
        {0, 100, SIM_NEVER, true, 100},      /*  1 exactly at a poll: at this one */
        {0, 101, SIM_NEVER, true, 200},      /*  2 */
        {0, 99999, SIM_NEVER, true, 100000}, /* 3 much later */
        {33, 50, SIM_NEVER, true, 133},      /*  4 the instants count from the start */
        {33, 20, SIM_NEVER, true, 33},       /*  5 set while the debt is paid: the first test sees it */
        {33, 33, SIM_NEVER, true, 33},       /*  6 at the very start */
        {33, 233, SIM_NEVER, true, 233},     /*  7 */
        {0, 0, 0, false, 0},                 /*  8 the deadline is now */
        {0, 0, 1, false, 100},               /*  9 a deadline is seen at a poll */
        {0, 0, 300, false, 300},             /* 10 */
        {0, 0, 301, false, 400},             /* 11 */
        {50, 0, 20, false, 50},              /* 12 a deadline within the debt: one test */
        {0, 300, 300, true, 300},            /* 13 a change at the deadline counts */
        {0, 350, 301, true, 400},            /* 14 so does one before its poll */
        {0, 401, 301, false, 400},           /* 15 */
        {0, 250, 100000, true, 300},         /* 16 the deadline does not hold up */
};

START_TEST(detection)
{
	struct row row = rows[_i];

	rig = rig_start(1);
	row.start *= SIM_NS;
	row.change *= SIM_NS;
	row.deadline = row.deadline == SIM_NEVER ? SIM_NEVER : row.deadline * SIM_NS;
	row.date *= SIM_NS;
	if (row.change)
		rig_store_at(row.change, 1);
	kernel_task("t", spin_once, &row);
	rig_run();
	ck_assert_uint_eq(cpu_times(rig->host.cpus).account[CPU_USER], row.start);
	ck_assert_uint_eq(cpu_times(rig->host.cpus).account[CPU_SPIN], row.date - row.start);
}
END_TEST

static void
ready_at_once(void *unused)
{
	uint64_t before = engine_handovers();

	(void)unused;
	rig_store(1);
	ck_assert(spin(SIM_NEVER));
	ck_assert(spin(0));
	ck_assert_uint_eq(engine_handovers(), before);
}

START_TEST(what_is_true_costs_nothing)
{
	rig = rig_start(1);
	kernel_task("t", ready_at_once, NULL);
	rig_run();
	ck_assert_uint_eq(sim_now(), 0);
}
END_TEST

/* Changes that do not make it true cost no hand-over. */
static bool
word_is_3(void *unused)
{
	(void)unused;
	return rig_load() == 3;
}

static void
spin_for_3(void *unused)
{
	uint64_t before = engine_handovers(), fired = calendar_fired();

	(void)unused;
	ck_assert(cpu_spin(word_is_3, NULL, rig_space(), rig_word(), 1, SIM_NEVER));
	ck_assert_uint_eq(sim_now(), 5100 * SIM_NS);
	ck_assert_uint_eq(engine_handovers(), before + 1);
	ck_assert_uint_eq(calendar_fired() - fired, 7); /* the first test, three stores, their polls */
}

START_TEST(false_alarms)
{
	rig = rig_start(1);
	rig_store_at(1010 * SIM_NS, 1);
	rig_store_at(3010 * SIM_NS, 2);
	rig_store_at(5010 * SIM_NS, 3);
	kernel_task("t", spin_for_3, NULL);
	rig_run();
}
END_TEST

/* Pokes. */
static bool flag;

static bool
flag_is_set(void *unused)
{
	(void)unused;
	return flag;
}

static void
spin_on_flag(void *unused)
{
	(void)unused;
	ck_assert(cpu_spin(flag_is_set, NULL, rig_space(), NULL, 0, SIM_NEVER));
	ck_assert_uint_eq(sim_now(), 1100 * SIM_NS);
}

static void
set_flag(void *arg)
{
	cpu_charge(CPU_USER, 1010 * SIM_NS);
	cpu_settle();
	flag = true;
	cpu_poke(arg);
}

START_TEST(a_poke_is_a_change)
{
	rig = rig_start(2);
	kernel_task("p", set_flag, kernel_task("t", spin_on_flag, NULL));
	rig_run();
}
END_TEST

static void
spin_yielding_on_flag(void *unused)
{
	(void)unused;
	cpu_spin_yield(flag_is_set, NULL, rig_space(), NULL, 0, SIM_NEVER);
}

/* Sharing. --------------------------------------------------------------------------------------------------------- */

static sim_time dates[4];

static bool
spin_yielding(sim_time deadline)
{
	return cpu_spin_yield(rig_word_is_set, NULL, rig_space(), rig_word(), 1, deadline);
}

static void
spin_and_note(void *arg)
{
	*(sim_time *)arg = spin_yielding(20 * SIM_US) ? sim_now() : 0;
}

static void
late_compute(void *arg)
{
	cpu_block("its time", 1050 * SIM_NS);
	dates[1] = sim_now();
	cpu_charge(CPU_USER, 5 * SIM_US);
	cpu_settle();
	*(sim_time *)arg = sim_now();
}

START_TEST(a_spinner_lets_others_run)
{
	rig = rig_start(1);
	rig_store_at(2 * SIM_US, 1);
	kernel_task("c", late_compute, &dates[2]);
	kernel_task("s", spin_and_note, &dates[0]);
	rig_run();
	ck_assert_uint_eq(dates[1], 1100 * SIM_NS); /* the poll behind 1050 ns */
	ck_assert_uint_eq(dates[2], 6100 * SIM_NS);
	ck_assert_uint_eq(dates[0], 6100 * SIM_NS); /* has the CPU again and tests at once */
	ck_assert_uint_eq(cpu_times(rig->host.cpus).account[CPU_SPIN], 1100 * SIM_NS);
}
END_TEST

/* Two spinners on one CPU take turns of one period each; the word is set at 1010 ns: at 1100 ns one of them tests, and
 * ends, and the other one gets the CPU in that instant. */
START_TEST(two_spinners_share_a_cpu)
{
	rig = rig_start(1);
	rig_store_at(1010 * SIM_NS, 1);
	kernel_task("s", spin_and_note, &dates[0]);
	kernel_task("s", spin_and_note, &dates[1]);
	rig_run();
	ck_assert_uint_eq(dates[0], 1100 * SIM_NS);
	ck_assert_uint_eq(dates[1], 1100 * SIM_NS);
	ck_assert_uint_eq(cpu_times(rig->host.cpus).account[CPU_SPIN], 1100 * SIM_NS);
}
END_TEST

static void
spin_then_set(void *arg)
{
	spin_and_note(arg);
	cpu_charge(CPU_USER, 300 * SIM_NS);
	cpu_settle();
	rig_store(2);
}

static bool
word_is_2(void *unused)
{
	(void)unused;
	return rig_load() == 2;
}

static void
spin_for_2(void *arg)
{
	ck_assert(cpu_spin_yield(word_is_2, NULL, rig_space(), rig_word(), 1, SIM_NEVER));
	*(sim_time *)arg = sim_now();
}

/* A chain: the event lets the first go on, and he the second, though three others spin for nothing on the two CPUs. */
START_TEST(nobody_starves)
{
	rig = rig_start(2);
	rig_store_at(1010 * SIM_NS, 1);
	for (unsigned i = 0; i < 3; i++)
		task_start_on(rig->host.cpus, NULL, "x", true, spin_yielding_on_flag, NULL);
	kernel_task("s", spin_then_set, &dates[0]);
	kernel_task("s", spin_for_2, &dates[1]);
	rig_run();
	ck_assert_uint_ge(dates[0], 1100 * SIM_NS);
	ck_assert_uint_le(dates[0], 1400 * SIM_NS); /* five share two CPUs: a turn at least every 300 ns */
	ck_assert_uint_ge(dates[1], dates[0] + 300 * SIM_NS);
	ck_assert_uint_le(dates[1], dates[0] + 1100 * SIM_NS);
}
END_TEST

START_TEST(a_spinner_beside_an_idle_cpu_keeps_its_own)
{
	rig = rig_start(2);
	rig_store_at(9010 * SIM_NS, 1);
	kernel_task("c", late_compute, &dates[2]);
	kernel_task("s", spin_and_note, &dates[0]);
	rig_run();
	ck_assert_uint_eq(dates[1], 1050 * SIM_NS);
	ck_assert_uint_eq(dates[2], 6050 * SIM_NS);
	ck_assert_uint_eq(dates[0], 9100 * SIM_NS);
}
END_TEST

START_TEST(a_deadline_counts_while_waiting_for_the_cpu)
{
	rig = rig_start(1);
	rig->params.poll_period = 10 * SIM_US;
	kernel_task("s", spin_and_note, &dates[0]);
	kernel_task("c", late_compute, &dates[2]);
	dates[0] = 1;
	rig_run();
	ck_assert_uint_eq(dates[0], 0);
	ck_assert_uint_eq(sim_now(), 25 * SIM_US); /* 10: gives way; 15: again, tests; 25: the poll behind 20 */
}
END_TEST

static void
spin_for_ever(void *unused)
{
	(void)unused;
	spin(SIM_NEVER);
}

START_TEST(a_lone_spinner_can_be_seen_to_hang)
{
	rig = rig_start(1);
	kernel_task("s", spin_for_ever, NULL);
	ck_assert_int_eq(sim_run(RIG_LIMIT), SIM_DEADLOCK);
	ck_assert_uint_eq(sim_now(), 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("spin");
	TCase *t = tcase_create("spin");
	SRunner *r = srunner_create(s);

	suite_add_tcase(s, t);
	tcase_add_checked_fixture(t, NULL, rig_end);
	tcase_add_loop_test(t, detection, 0, sizeof rows / sizeof rows[0]);
	tcase_add_test(t, what_is_true_costs_nothing);
	tcase_add_test(t, false_alarms);
	tcase_add_test(t, a_poke_is_a_change);
	tcase_add_test(t, a_spinner_lets_others_run);
	tcase_add_test(t, two_spinners_share_a_cpu);
	tcase_add_test(t, nobody_starves);
	tcase_add_test(t, a_spinner_beside_an_idle_cpu_keeps_its_own);
	tcase_add_test(t, a_deadline_counts_while_waiting_for_the_cpu);
	tcase_add_test(t, a_lone_spinner_can_be_seen_to_hang);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
