/* Slices, priorities, preemption, interrupts: who runs when, and that every picosecond is on somebody's account. */
#include "tests/host/rig.h"

#include <check.h>
#include <glib.h>

enum { QUANTUM = 200 }; /* us */

static struct rig *rig;
static sim_time dates[8];
static struct task *tasks[8];

static void
start_rig(unsigned cpus)
{
	rig = rig_start(cpus);
	rig->params.quantum = QUANTUM * SIM_US;
	rig->params.context_switch = 0;
}

static struct task *
start(const char *name, void (*body)(void *), void *arg)
{
	return task_start(process_new(&rig->host, name), name, false, body, arg);
}

static void
compute_1ms(void *arg)
{
	cpu_charge(CPU_USER, SIM_MS);
	cpu_settle();
	*(sim_time *)arg = sim_now();
}

/* Two that only compute take turns of a quantum: 5 each, the first ends one turn before the second. */
START_TEST(slices)
{
	start_rig(1);
	start("a", compute_1ms, &dates[0]);
	start("b", compute_1ms, &dates[1]);
	rig_run();
	ck_assert_uint_eq(dates[0], (10 - 1) * QUANTUM * SIM_US);
	ck_assert_uint_eq(dates[1], 10 * QUANTUM * SIM_US);
}
END_TEST

START_TEST(a_task_alone_is_not_disturbed)
{
	uint64_t fired = calendar_fired();

	start_rig(1);
	start("a", compute_1ms, &dates[0]);
	rig_run();
	ck_assert_uint_eq(dates[0], SIM_MS);
	ck_assert_uint_le(calendar_fired() - fired, 2);
}
END_TEST

static void
sleep_then_compute(void *arg)
{
	cpu_block("its time", 500 * SIM_US);
	((sim_time *)arg)[0] = sim_now();
	cpu_charge(CPU_USER, 10 * SIM_US);
	cpu_settle();
	((sim_time *)arg)[1] = sim_now();
}

/* At 500 us the one that slept has all of its slice, the other less than half of one. */
START_TEST(who_slept_preempts)
{
	start_rig(1);
	start("sleeper", sleep_then_compute, &dates[2]);
	start("hog", compute_1ms, &dates[0]);
	rig_run();
	ck_assert_uint_eq(dates[2], 500 * SIM_US);
	ck_assert_uint_eq(dates[3], 510 * SIM_US);
	ck_assert_uint_eq(dates[0], 1010 * SIM_US);
}
END_TEST

START_TEST(priority_goes_first)
{
	start_rig(1);
	start("hog", compute_1ms, &dates[0]);
	task_set_priority(start("urgent", compute_1ms, &dates[1]), 1);
	task_set_priority(start("lazy", compute_1ms, &dates[2]), -1);
	rig_run();
	ck_assert_uint_eq(dates[1], SIM_MS);
	ck_assert_uint_eq(dates[0], 2 * SIM_MS);
	ck_assert_uint_eq(dates[2], 3 * SIM_MS);
}
END_TEST

static void
urgent_for_a_moment(void *arg)
{
	cpu_charge(CPU_USER, 100 * SIM_US);
	cpu_settle();
	task_set_priority(task_self(), 0);
	cpu_charge(CPU_USER, 20 * SIM_US);
	cpu_settle();
	*(sim_time *)arg = sim_now();
}

/* It has less of its slice left than the other by far, and keeps the CPU all the same. */
START_TEST(who_gives_its_priority_back_goes_on)
{
	start_rig(1);
	task_set_priority(start("urgent", urgent_for_a_moment, &dates[1]), 1);
	start("hog", compute_1ms, &dates[0]);
	rig_run();
	ck_assert_uint_eq(dates[1], 120 * SIM_US);
	ck_assert_uint_eq(dates[0], 1120 * SIM_US);
}
END_TEST

/* A spinner burns its slice: the word is set while the other one computes. */
static void
spin_and_note(void *arg)
{
	ck_assert(cpu_spin(rig_word_is_set, NULL, rig_space(), rig_word(), 1, SIM_NEVER));
	*(sim_time *)arg = sim_now();
}

START_TEST(a_spinner_is_preempted)
{
	start_rig(1);
	rig_store_at(250 * SIM_US, 1);
	tasks[0] = start("spinner", spin_and_note, &dates[0]);
	tasks[1] = start("hog", compute_1ms, &dates[1]);
	rig_run();
	ck_assert_uint_eq(dates[0], 2 * QUANTUM * SIM_US); /* again on its CPU, tests at once */
	ck_assert_uint_eq(dates[1], SIM_MS + QUANTUM * SIM_US);
	ck_assert_uint_eq(task_times(tasks[0]).account[CPU_SPIN], QUANTUM * SIM_US);
	ck_assert_uint_eq(task_times(tasks[1]).account[CPU_USER], SIM_MS);
}
END_TEST

/* A wait for the bus cannot be interrupted; slice and interrupt wait for its end. */
static void
hold_300us(void *arg)
{
	sim_sleep_until(300 * SIM_US, "the bus");
	cpu_charge(CPU_USER, 100 * SIM_US);
	cpu_settle();
	*(sim_time *)arg = sim_now();
}

START_TEST(the_bus_is_not_given_away)
{
	start_rig(1);
	start("holder", hold_300us, &dates[0]);
	start("hog", compute_1ms, &dates[1]);
	rig_run();
	ck_assert_uint_eq(dates[0], (300 + QUANTUM + 100) * SIM_US);
	ck_assert_uint_eq(dates[1], (1000 + 400) * SIM_US);
}
END_TEST

/* Interrupts. --------------------------------------------------------------------------------------------------------
 */

static struct cpu_irq irqs[3];
static struct sim_event raiser;

static void
note_date(void *arg)
{
	*(sim_time *)arg = sim_now();
}

static void
raise_all(struct sim_event *ev)
{
	(void)ev;
	for (unsigned i = 0; i < 3; i++)
		cpu_interrupt(rig->host.cpus, &irqs[i], 10 * SIM_US, note_date, &dates[4 + i]);
}

static void
raise_at(sim_time t)
{
	sim_event_init(&raiser, SIM_RANK_NODE, raise_all);
	sim_post(&raiser, t);
}

START_TEST(interrupts_steal_time)
{
	struct cpu_times times;

	start_rig(2);
	raise_at(500 * SIM_US);
	start("a", compute_1ms, &dates[0]);
	start("b", compute_1ms, &dates[1]);
	rig_run();
	for (unsigned i = 0; i < 3; i++)
		ck_assert_uint_eq(dates[4 + i], (500 + (i + 1) * 10) * SIM_US);
	ck_assert_uint_eq(MAX(dates[0], dates[1]), 1030 * SIM_US);
	ck_assert_uint_eq(MIN(dates[0], dates[1]), 1000 * SIM_US);
	times = cpu_times_of(rig->host.cpus, 0);
	ck_assert_uint_eq(times.account[CPU_INTERRUPT], 30 * SIM_US);
	ck_assert_uint_eq(times.account[CPU_USER], 1000 * SIM_US);
	ck_assert_uint_eq(cpu_times_of(rig->host.cpus, 1).idle, 30 * SIM_US);
}
END_TEST

START_TEST(interrupts_wait_for_the_bus)
{
	start_rig(1);
	raise_at(200 * SIM_US);
	start("holder", hold_300us, &dates[0]);
	rig_run();
	ck_assert_uint_eq(dates[4], 310 * SIM_US);
	ck_assert_uint_eq(dates[6], 330 * SIM_US);
	ck_assert_uint_eq(dates[0], 430 * SIM_US);
}
END_TEST

static void
wake_it(void *task)
{
	cpu_wake(task, 7 * SIM_US);
}

static void
raise_wake(struct sim_event *ev)
{
	(void)ev;
	cpu_interrupt(rig->host.cpus, &irqs[0], 10 * SIM_US, wake_it, tasks[0]);
}

static void
blocked(void *arg)
{
	ck_assert(cpu_block("an interrupt", SIM_NEVER));
	cpu_settle();
	*(sim_time *)arg = sim_now();
}

START_TEST(an_interrupt_wakes)
{
	struct cpu_times times;

	start_rig(1);
	rig->params.context_switch = RIG_SWITCH;
	tasks[0] = start("blocked", blocked, &dates[0]);
	start("hog", compute_1ms, &dates[1]);
	sim_event_init(&raiser, SIM_RANK_NODE, raise_wake);
	sim_post(&raiser, 500 * SIM_US);
	rig_run();
	ck_assert_uint_eq(dates[0], 517 * SIM_US); /* its slice is whole: it takes the CPU */
	ck_assert_uint_eq(dates[1], 1000 * SIM_US + 17 * SIM_US + 2 * RIG_SWITCH);
	times = cpu_times(rig->host.cpus);
	ck_assert_uint_eq(times.account[CPU_SYSTEM], 7 * SIM_US + 2 * RIG_SWITCH);
	ck_assert_uint_eq(times.account[CPU_INTERRUPT], 10 * SIM_US);
	ck_assert_uint_eq(times.idle, 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("preempt");
	TCase *t = tcase_create("preempt");
	SRunner *r = srunner_create(s);

	suite_add_tcase(s, t);
	tcase_add_checked_fixture(t, NULL, rig_end);
	tcase_add_test(t, slices);
	tcase_add_test(t, a_task_alone_is_not_disturbed);
	tcase_add_test(t, who_slept_preempts);
	tcase_add_test(t, priority_goes_first);
	tcase_add_test(t, who_gives_its_priority_back_goes_on);
	tcase_add_test(t, a_spinner_is_preempted);
	tcase_add_test(t, the_bus_is_not_given_away);
	tcase_add_test(t, interrupts_steal_time);
	tcase_add_test(t, interrupts_wait_for_the_bus);
	tcase_add_test(t, an_interrupt_wakes);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
