/* Debt, accounts, first come first served, blocking. */
#include "tests/host/rig.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct rig *rig;
static sim_time dates[8];
static char order[16];

static struct task *
kernel_task(const char *name, void (*body)(void *), void *arg)
{
	return task_start_on(rig->host.cpus, NULL, name, false, body, arg);
}

static void
expect_times(sim_time user, sim_time system, sim_time spin, sim_time idle)
{
	struct cpu_times t = cpu_times(rig->host.cpus);

	ck_assert_uint_eq(t.account[CPU_USER], user);
	ck_assert_uint_eq(t.account[CPU_SYSTEM], system);
	ck_assert_uint_eq(t.account[CPU_SPIN], spin);
	ck_assert_uint_eq(t.idle, idle);
}

/* Debt. ------------------------------------------------------------------------------------------------------------ */

static void
many_charges(void *unused)
{
	uint64_t before;

	(void)unused;
	before = engine_handovers();
	for (unsigned i = 0; i < 10; i++)
		cpu_charge(i % 2 ? CPU_USER : CPU_SYSTEM, SIM_US);
	ck_assert_uint_eq(sim_now(), 0);
	ck_assert_uint_eq(cpu_settle(), 10 * SIM_US);
	ck_assert_uint_eq(sim_now(), 10 * SIM_US);
	ck_assert_uint_eq(engine_handovers(), before + 1);
	ck_assert_uint_eq(cpu_settle(), 0);
	expect_times(5 * SIM_US, 5 * SIM_US, 0, 0);
}

START_TEST(charges_are_a_debt_settled_once)
{
	rig = rig_start(1);
	kernel_task("t", many_charges, NULL);
	rig_run();
}
END_TEST

static void
computed_costs(void *unused)
{
	(void)unused;
	cpu_copy(1000);
	ck_assert_uint_eq(cpu_settle(), sim_transfer_time(1000, rig->params.copy_rate));
	cpu_instructions(CPU_SYSTEM, 1000000);
	ck_assert_uint_eq(cpu_settle(), 1000000 * 15 * SIM_NS); /* 1.5 cycles an instruction of a 100 MHz clock */
}

START_TEST(instructions_and_copies)
{
	rig = rig_start(1);
	cpu_set_free(rig->host.cpus);
	rig->params.cpu_mhz = 100;
	rig->params.cycles_per_instruction = 1.5;
	rig->host.cpus = cpu_set_new(0, rig->host.name, &rig->params);
	kernel_task("t", computed_costs, NULL);
	rig_run();
}
END_TEST

static void
nothing_outside(void *unused)
{
	(void)unused;
	ck_assert_ptr_nonnull(task_self());
	ck_assert_str_eq(task_name(task_self()), "t");
	ck_assert_ptr_null(task_process(task_self()));
	ck_assert_uint_eq(task_trace(task_self()), 0);
	task_set_trace(task_self(), 7);
	ck_assert_uint_eq(task_trace(task_self()), 7);
}

START_TEST(set_up_code_costs_nothing)
{
	rig = rig_start(1);
	ck_assert_ptr_null(task_self());
	cpu_charge(CPU_USER, SIM_S);
	cpu_instructions(CPU_USER, 1000);
	cpu_copy(1000);
	ck_assert_uint_eq(cpu_settle(), 0);
	kernel_task("t", nothing_outside, NULL);
	rig_run();
	ck_assert_uint_eq(sim_now(), 0);
}
END_TEST

/* A wait for the bus, with the CPU held. */
static void
stalls(void *unused)
{
	(void)unused;
	sim_sleep_until(2 * SIM_US, "the bus");
	cpu_charge(CPU_SYSTEM, SIM_US);
	cpu_settle();
	sim_sleep_until(7 * SIM_US, "the bus");
	cpu_charge(CPU_USER, 0);
	sim_sleep_until(8 * SIM_US, "the bus");
}

START_TEST(stalls_go_to_the_account_charged_last)
{
	rig = rig_start(1);
	kernel_task("t", stalls, NULL);
	rig_run();
	expect_times(3 * SIM_US, 5 * SIM_US, 0, 0);
}
END_TEST

/* A wait for the bus that begins behind 2 us of computation and takes 3 us; one sleep for both. */
static sim_time began;
static struct sim_event bus_event;
static struct sim_thread *bus_thread;

static void
bus_done(struct sim_event *ev)
{
	(void)ev;
	sim_wake(bus_thread);
}

static void
bus_begins(void *thread)
{
	began = sim_now();
	bus_thread = thread;
	sim_event_init(&bus_event, SIM_RANK_NODE, bus_done);
	sim_post(&bus_event, sim_now() + 3 * SIM_US);
}

static void
pays_while_waiting(void *unused)
{
	uint64_t before = engine_handovers();

	(void)unused;
	cpu_charge(CPU_SYSTEM, SIM_US);
	cpu_charge(CPU_USER, SIM_US);
	cpu_settle_then(bus_begins, sim_thread_self());
	sim_block("the bus");
	ck_assert_uint_eq(began, 2 * SIM_US);
	ck_assert_uint_eq(sim_now(), 5 * SIM_US);
	ck_assert_uint_eq(cpu_settle(), 0);
	ck_assert_uint_eq(engine_handovers(), before + 1);
	expect_times(4 * SIM_US, SIM_US, 0, 0);
}

START_TEST(a_wait_can_pay_the_debt)
{
	rig = rig_start(1);
	kernel_task("t", pays_while_waiting, NULL);
	rig_run();
}
END_TEST

static void
look(struct sim_event *ev)
{
	static const sim_time user[] = {1500, 2000, 2000}, system[] = {0, 2500, 3000};
	static unsigned n;
	struct cpu_times t = cpu_times(rig->host.cpus);

	ck_assert_uint_eq(t.account[CPU_USER], user[n] * SIM_NS);
	ck_assert_uint_eq(t.account[CPU_SYSTEM], system[n] * SIM_NS);
	ck_assert_uint_eq(t.account[CPU_USER] + t.account[CPU_SYSTEM] + t.idle, sim_now());
	if (n++ == 0)
		sim_post(ev, 4500 * SIM_NS);
}

static void
two_debts(void *unused)
{
	(void)unused;
	cpu_charge(CPU_SYSTEM, 3 * SIM_US);
	cpu_charge(CPU_USER, 2 * SIM_US);
	cpu_settle();
}

START_TEST(accounts_add_up_in_the_middle)
{
	struct sim_event event;

	rig = rig_start(1);
	sim_event_init(&event, SIM_RANK_NODE, look);
	sim_post(&event, 1500 * SIM_NS);
	kernel_task("t", two_debts, NULL);
	rig_run();
	expect_times(2 * SIM_US, 3 * SIM_US, 0, 0);
}
END_TEST

static void
never_settles(void *unused)
{
	(void)unused;
	cpu_charge(CPU_SYSTEM, 3 * SIM_US);
}

START_TEST(the_end_of_a_task_settles)
{
	rig = rig_start(2);
	kernel_task("t", never_settles, NULL);
	kernel_task("u", two_debts, NULL);
	rig_run();
	ck_assert_uint_eq(sim_now(), 5 * SIM_US);
	expect_times(2 * SIM_US, 6 * SIM_US, 0, 2 * SIM_US);
}
END_TEST

/* First come, first served. ---------------------------------------------------------------------------------------- */

static void
compute_10us(void *arg)
{
	size_t n = strlen(order);

	order[n] = *(const char *)arg;
	cpu_charge(CPU_USER, 10 * SIM_US);
	cpu_settle();
	dates[n] = sim_now();
}

static void
run_four(unsigned cpus)
{
	rig = rig_start(cpus);
	for (unsigned i = 0; i < 4; i++)
		kernel_task("t", compute_10us, &"abcd"[i]);
	rig_run();
	ck_assert_str_eq(order, "abcd");
}

START_TEST(one_cpu)
{
	run_four(1);
	for (unsigned i = 0; i < 4; i++)
		ck_assert_uint_eq(dates[i], (i + 1) * 10 * SIM_US);
	expect_times(40 * SIM_US, 0, 0, 0);
}
END_TEST

START_TEST(two_cpus)
{
	run_four(2);
	for (unsigned i = 0; i < 4; i++)
		ck_assert_uint_eq(dates[i], (i / 2 + 1) * 10 * SIM_US);
	expect_times(40 * SIM_US, 0, 0, 0);
}
END_TEST

START_TEST(more_cpus_than_tasks)
{
	run_four(5);
	for (unsigned i = 0; i < 4; i++)
		ck_assert_uint_eq(dates[i], 10 * SIM_US);
	expect_times(40 * SIM_US, 0, 0, 10 * SIM_US);
}
END_TEST

/* Blocking. -------------------------------------------------------------------------------------------------------- */

static void
block_and_compute(void *unused)
{
	(void)unused;
	cpu_charge(CPU_USER, SIM_US);
	ck_assert(cpu_block("the poke", SIM_NEVER));
	dates[0] = sim_now();
	cpu_charge(CPU_USER, SIM_US);
	ck_assert(!cpu_block("nothing", sim_now() + 5 * SIM_US));
	dates[1] = sim_now();
	ck_assert(!cpu_block("nothing", sim_now()));
	ck_assert_uint_eq(sim_now(), dates[1]);
}

static void
poke_at_3us(void *arg)
{
	cpu_charge(CPU_SYSTEM, 3 * SIM_US);
	cpu_settle();
	cpu_poke(arg);
}

START_TEST(block_until_poke_or_deadline)
{
	rig = rig_start(1);
	kernel_task("p", poke_at_3us, kernel_task("t", block_and_compute, NULL));
	rig_run();
	ck_assert_uint_eq(dates[0], 4 * SIM_US); /* the other one had the CPU from 1 to 4 us */
	ck_assert_uint_eq(dates[1], 9 * SIM_US);
	expect_times(2 * SIM_US, 3 * SIM_US, 0, 4 * SIM_US);
}
END_TEST

static void
poked_before(void *unused)
{
	(void)unused;
	cpu_poke(task_self());
	cpu_poke(task_self());
	ck_assert(cpu_block("a remembered poke", SIM_NEVER));
	ck_assert_uint_eq(sim_now(), 0);
	ck_assert(!cpu_block("nothing", SIM_US));
	ck_assert_uint_eq(sim_now(), SIM_US);
}

START_TEST(one_poke_is_remembered)
{
	rig = rig_start(1);
	kernel_task("t", poked_before, NULL);
	rig_run();
}
END_TEST

/* The task wakes at 5 us, but others have the CPU from 3 to 23 us. */
static void
block_5us(void *unused)
{
	(void)unused;
	cpu_block("its deadline", 5 * SIM_US);
	dates[4] = sim_now();
}

static void
late_pair(void *unused)
{
	(void)unused;
	cpu_block("its time", 3 * SIM_US);
	kernel_task("a", compute_10us, "a");
	kernel_task("b", compute_10us, "b");
}

START_TEST(who_wakes_queues_at_the_end)
{
	rig = rig_start(1);
	kernel_task("t", block_5us, NULL);
	kernel_task("l", late_pair, NULL);
	rig_run();
	ck_assert_uint_eq(dates[0], 13 * SIM_US);
	ck_assert_uint_eq(dates[1], 23 * SIM_US);
	ck_assert_uint_eq(dates[4], 23 * SIM_US);
}
END_TEST

static void
end_at_once(void *unused)
{
	(void)unused;
}

START_TEST(a_poke_after_the_end_does_no_harm)
{
	rig = rig_start(1);
	kernel_task("p", poke_at_3us, kernel_task("t", end_at_once, NULL));
	rig_run();
	ck_assert_uint_eq(sim_now(), 3 * SIM_US);
}
END_TEST

static void
block_for_ever(void *unused)
{
	(void)unused;
	cpu_block("what never comes", SIM_NEVER);
}

START_TEST(daemons_do_not_keep_the_run_alive)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

	rig = rig_start(1);
	task_start_on(rig->host.cpus, NULL, "demon", true, block_for_ever, NULL);
	kernel_task("t", two_debts, NULL);
	rig_run();
	cpu_report(rig->host.cpus, out);
	fclose(out);
	ck_assert_str_eq(text, "pc-0: task demon: what never comes (since 0.000 us)\n");
	free(text);
}
END_TEST

START_TEST(deadlock_is_seen)
{
	rig = rig_start(1);
	kernel_task("t", block_for_ever, NULL);
	ck_assert_int_eq(sim_run(RIG_LIMIT), SIM_DEADLOCK);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("cpu");
	TCase *t = tcase_create("cpu");
	SRunner *r = srunner_create(s);

	suite_add_tcase(s, t);
	tcase_add_checked_fixture(t, NULL, rig_end);
	tcase_add_test(t, charges_are_a_debt_settled_once);
	tcase_add_test(t, instructions_and_copies);
	tcase_add_test(t, set_up_code_costs_nothing);
	tcase_add_test(t, stalls_go_to_the_account_charged_last);
	tcase_add_test(t, a_wait_can_pay_the_debt);
	tcase_add_test(t, accounts_add_up_in_the_middle);
	tcase_add_test(t, the_end_of_a_task_settles);
	tcase_add_test(t, one_cpu);
	tcase_add_test(t, two_cpus);
	tcase_add_test(t, more_cpus_than_tasks);
	tcase_add_test(t, block_until_poke_or_deadline);
	tcase_add_test(t, one_poke_is_remembered);
	tcase_add_test(t, who_wakes_queues_at_the_end);
	tcase_add_test(t, a_poke_after_the_end_does_no_harm);
	tcase_add_test(t, daemons_do_not_keep_the_run_alive);
	tcase_add_test(t, deadlock_is_seen);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
