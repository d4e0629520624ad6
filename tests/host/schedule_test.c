/* Processor time under random load: whatever tasks do, each operation keeps its promise, all come to their end, and the
 * accounts add up; and a lone spinner detects what a loop that really polls would. */
#include "tests/host/rig.h"

#include <check.h>
#include <glib.h>

enum { TASKS = 9, PROCESSES = 3, OPERATIONS = 300, SEEDS = 8 };

static struct rig *rig;
static struct task *tasks[TASKS];

/* An event every now and then sets and clears the word that all spin on. */
struct flicker {
	struct sim_event event;
	GRand *random;
};

static void
flick(struct sim_event *ev)
{
	struct flicker *f = sim_event_owner(ev, struct flicker, event);

	rig_store(g_rand_boolean(f->random));
	sim_post(ev, sim_now() + (sim_time)g_rand_int_range(f->random, 1, 3 * SIM_US));
}

static sim_time
some_time(GRand *random)
{
	return g_rand_int_range(random, 0, 4) ? (sim_time)g_rand_int_range(random, 0, 2 * SIM_US) : 0;
}

static void
random_spin(GRand *random)
{
	sim_time deadline = sim_now() + some_time(random);
	bool result = cpu_spin(rig_word_is_set, NULL, rig_space(), rig_word(), 1, deadline);

	/* A result of true is that of the last poll, and the thread runs in the same instant. */
	ck_assert(result || sim_now() >= deadline);
}

static void
random_block(GRand *random)
{
	sim_time deadline = sim_now() + some_time(random);

	if (!cpu_block("a poke or its time", deadline))
		ck_assert_uint_ge(sim_now(), deadline);
}

static void
random_bus_wait(GRand *random)
{
	cpu_settle();
	sim_sleep_until(sim_now() + some_time(random), "the bus");
}

static void
random_charge(GRand *random)
{
	cpu_charge(g_rand_boolean(random) ? CPU_USER : CPU_SYSTEM, some_time(random));
	if (g_rand_boolean(random)) {
		sim_time before = sim_now(), took = cpu_settle();

		ck_assert_uint_eq(sim_now(), before + took);
	}
}

static void
wake_some(void *arg)
{
	static unsigned n;

	cpu_wake(tasks[n++ % TASKS], SIM_US);
	g_free(arg);
}

static void
random_interrupt(GRand *random)
{
	struct cpu_irq *irq = g_new(struct cpu_irq, 1);

	cpu_interrupt(rig->host.cpus, irq, some_time(random), wake_some, irq);
}

/* What all tasks, interrupts and idle CPUs have had is all the time there was. */
static sim_time
time_of_all(void)
{
	struct cpu_times cpus = cpu_times(rig->host.cpus);
	sim_time sum = cpus.idle + cpus.account[CPU_INTERRUPT];

	for (unsigned i = 0; i < TASKS; i++) {
		struct cpu_times times = task_times(tasks[i]);
		for (unsigned a = 0; a < CPU_N_ACCOUNTS; a++)
			sum += times.account[a];
	}
	return sum;
}

static void
live(void *arg)
{
	GRand *random = g_rand_new_with_seed(GPOINTER_TO_UINT(arg));

	for (unsigned i = 0; i < OPERATIONS; i++) {
		switch (g_rand_int_range(random, 0, 9)) {
		case 0:
			random_spin(random);
			break;
		case 1:
			random_block(random);
			break;
		case 2:
			random_bus_wait(random);
			break;
		case 3:
			cpu_poke(tasks[g_rand_int_range(random, 0, TASKS)]);
			break;
		case 4:
			cpu_yield();
			break;
		case 5:
			random_interrupt(random);
			break;
		case 6:
			task_set_priority(task_self(), g_rand_int_range(random, 0, 3));
			break;
		default:
			random_charge(random);
		}
	}
	g_rand_free(random);
}

START_TEST(random_load)
{
	struct flicker f = {.random = g_rand_new_with_seed((guint32)_i)};
	struct process *processes[PROCESSES];

	rig = rig_start(1 + (unsigned)_i % 4);
	sim_event_init(&f.event, SIM_RANK_NODE, flick);
	sim_post(&f.event, 1);
	for (unsigned i = 0; i < PROCESSES; i++)
		processes[i] = process_new(&rig->host, "p");
	for (unsigned i = 0; i < TASKS; i++)
		tasks[i] = i % 4 == 3 ? task_start_on(rig->host.cpus, NULL, "k", false, live, GUINT_TO_POINTER(i + 1))
		                      : task_start(processes[i % 4], "t", false, live, GUINT_TO_POINTER(i + 1));
	rig->params.quantum = 20 * SIM_US;
	rig_run();
	ck_assert_uint_eq(time_of_all(), sim_now() * cpu_count(rig->host.cpus));
	sim_cancel(&f.event);
	g_rand_free(f.random);
	for (unsigned i = 0; i < PROCESSES; i++)
		ck_assert_uint_eq(processes[i]->n_tasks, 0);
}
END_TEST

/* The slow twin of cpu_spin(). */
static sim_time
poll_slowly(void)
{
	while (!rig_load())
		sim_sleep_until(sim_now() + RIG_POLL, "the next poll");
	return sim_now();
}

struct twins {
	uint32_t seed;
	sim_time dates[2][OPERATIONS];
};

static void
spin_often(void *arg)
{
	struct twins *twins = arg;
	GRand *random = g_rand_new_with_seed(twins->seed);

	for (unsigned i = 0; i < OPERATIONS; i++) {
		cpu_charge(CPU_USER, 1 + some_time(random));
		cpu_spin(rig_word_is_set, NULL, rig_space(), rig_word(), 1, SIM_NEVER);
		twins->dates[0][i] = sim_now();
	}
	g_rand_free(random);
}

static void
poll_often(void *arg)
{
	struct twins *twins = arg;
	GRand *random = g_rand_new_with_seed(twins->seed);

	for (unsigned i = 0; i < OPERATIONS; i++) {
		cpu_charge(CPU_USER, 1 + some_time(random));
		cpu_settle();
		twins->dates[1][i] = poll_slowly();
	}
	g_rand_free(random);
}

START_TEST(spinning_equals_polling)
{
	static struct twins twins;
	struct flicker f = {.random = g_rand_new_with_seed((guint32)_i)};

	twins.seed = 100 + (uint32_t)_i;
	rig = rig_start(2);
	sim_event_init(&f.event, SIM_RANK_NODE, flick);
	sim_post(&f.event, 1);
	task_start_on(rig->host.cpus, NULL, "spins", false, spin_often, &twins);
	task_start_on(rig->host.cpus, NULL, "polls", false, poll_often, &twins);
	rig_run();
	sim_cancel(&f.event);
	g_rand_free(f.random);
	ck_assert_uint_gt(twins.dates[0][OPERATIONS - 1], OPERATIONS * RIG_POLL);
	for (unsigned i = 0; i < OPERATIONS; i++)
		ck_assert_uint_eq(twins.dates[0][i], twins.dates[1][i]);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("schedule");
	TCase *t = tcase_create("schedule");
	SRunner *r = srunner_create(s);

	suite_add_tcase(s, t);
	tcase_add_checked_fixture(t, NULL, rig_end);
	tcase_add_loop_test(t, random_load, 0, SEEDS);
	tcase_add_loop_test(t, spinning_equals_polling, 0, SEEDS);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
