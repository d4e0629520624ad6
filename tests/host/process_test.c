/* Processes: their ends, their hooks, their memory, and the cost of switching between them. */
#include "tests/host/rig.h"

#include <check.h>
#include <string.h>

static struct rig *rig;
static char log_[64];
static sim_time dates[5];

static void
note(char c)
{
	log_[strlen(log_)] = c;
}

static void
hook(struct process *p, void *arg)
{
	ck_assert(p->exiting);
	ck_assert_ptr_nonnull(p->memory);
	ck_assert_ptr_eq(task_process(task_self()), p);
	cpu_charge(CPU_SYSTEM, SIM_US);
	cpu_settle();
	note(*(const char *)arg);
}

static void
compute(void *arg)
{
	cpu_charge(CPU_USER, *(const sim_time *)arg);
	cpu_settle();
	note('.');
}

static const sim_time two_us = 2 * SIM_US, five_us = 5 * SIM_US;

START_TEST(names_and_numbers)
{
	struct process *a, *b;

	rig = rig_start(1);
	a = process_new(&rig->host, "a");
	b = process_new(&rig->host, "b");
	ck_assert_uint_eq(a->pid, 1);
	ck_assert_uint_eq(b->pid, 2);
	ck_assert_str_eq(b->name, "b");
	ck_assert_ptr_eq(rig->host.processes, b);
	ck_assert_ptr_eq(b->next, a);
	ck_assert_uint_eq(umem_alloc(a->memory, 1), umem_alloc(b->memory, 1));
	process_at_exit(a, hook, "never run");
}
END_TEST

static void
owe(void *arg)
{
	cpu_charge(CPU_USER, *(const sim_time *)arg);
}

/* Both bodies have returned before either has paid for what it did. */
START_TEST(tasks_that_end_together_end_the_process)
{
	struct process *p;

	rig = rig_start(2);
	p = process_new(&rig->host, "p");
	process_at_exit(p, hook, "1");
	task_start(p, "a", false, owe, (void *)&two_us);
	task_start(p, "b", false, owe, (void *)&five_us);
	rig_run();
	ck_assert_str_eq(log_, "1");
	ck_assert(p->ended);
	ck_assert_ptr_null(p->memory);
}
END_TEST

START_TEST(hooks_run_with_the_last_task)
{
	struct process *p;

	rig = rig_start(2);
	p = process_new(&rig->host, "p");
	process_at_exit(p, hook, "1");
	process_at_exit(p, hook, "2");
	task_start(p, "a", false, compute, (void *)&two_us);
	task_start(p, "b", false, compute, (void *)&five_us);
	ck_assert_uint_eq(p->n_tasks, 2);
	rig_run();
	ck_assert_str_eq(log_, "..21");
	ck_assert_uint_eq(sim_now(), 7 * SIM_US);
	ck_assert_ptr_null(p->memory);
	ck_assert_uint_eq(p->n_tasks, 0);
}
END_TEST

static void
exits_early(void *arg)
{
	struct process *p = task_process(task_self());

	(void)arg;
	process_exit(p);
	note('x');
	process_exit(p);
	ck_assert_ptr_nonnull(p->memory);
}

START_TEST(exit_runs_hooks_once)
{
	struct process *p;

	rig = rig_start(2);
	p = process_new(&rig->host, "p");
	process_at_exit(p, hook, "1");
	process_at_exit(p, hook, "2");
	task_start(p, "a", false, exits_early, NULL);
	task_start(p, "b", false, compute, (void *)&five_us);
	rig_run();
	ck_assert_str_eq(log_, "21x.");
	ck_assert_ptr_null(p->memory);
}
END_TEST

static void
start_another(struct process *p, void *unused)
{
	(void)unused;
	note('s');
	task_start(p, "late", false, compute, (void *)&five_us);
}

START_TEST(a_hook_may_start_a_task)
{
	struct process *p;

	rig = rig_start(1);
	p = process_new(&rig->host, "p");
	process_at_exit(p, start_another, NULL);
	task_start(p, "a", false, compute, (void *)&two_us);
	rig_run();
	ck_assert_str_eq(log_, ".s.");
	ck_assert_uint_eq(sim_now(), 7 * SIM_US);
	ck_assert_ptr_null(p->memory);
}
END_TEST

START_TEST(memory_can_be_kept)
{
	struct process *p;
	struct umem_space *kept;
	uint64_t a;

	rig = rig_start(1);
	p = process_new(&rig->host, "p");
	kept = umem_ref(p->memory);
	a = umem_alloc(kept, 4);
	task_start(p, "a", false, compute, (void *)&two_us);
	rig_run();
	ck_assert_ptr_nonnull(umem_pointer(kept, a, 4));
	umem_unref(kept);
}
END_TEST

static void
compute_and_note(void *arg)
{
	cpu_charge(CPU_USER, SIM_US);
	cpu_settle();
	*(sim_time *)arg = sim_now();
}

static sim_time
system_time(void)
{
	return cpu_times(rig->host.cpus).account[CPU_SYSTEM];
}

START_TEST(switching_processes_costs)
{
	struct process *p, *q;

	rig = rig_start(1);
	p = process_new(&rig->host, "p");
	q = process_new(&rig->host, "q");
	task_start(p, "p", false, compute_and_note, &dates[0]);
	task_start(p, "p", false, compute_and_note, &dates[1]);
	task_start_on(rig->host.cpus, NULL, "kernel", false, compute_and_note, &dates[4]);
	task_start(p, "p", false, compute_and_note, &dates[2]);
	task_start(q, "q", false, compute_and_note, &dates[3]);
	rig_run();
	ck_assert_uint_eq(dates[4], SIM_US); /* the kernel comes first */
	ck_assert_uint_eq(dates[0], 2 * SIM_US);
	ck_assert_uint_eq(dates[1], 3 * SIM_US);
	ck_assert_uint_eq(dates[2], 4 * SIM_US);
	ck_assert_uint_eq(dates[3], 5 * SIM_US + RIG_SWITCH);
	ck_assert_uint_eq(system_time(), RIG_SWITCH);
}
END_TEST

static void
spin_and_note(void *arg)
{
	ck_assert(cpu_spin_yield(rig_word_is_set, NULL, rig_space(), rig_word(), 1, SIM_NEVER));
	*(sim_time *)arg = sim_now();
}

/* A turn of a process that spins against another one is a switch and a poll period. */
START_TEST(spinning_processes_switch_every_turn)
{
	rig = rig_start(1);
	rig_store_at(25 * SIM_US, 1);
	task_start(process_new(&rig->host, "p"), "p", false, spin_and_note, &dates[0]);
	task_start(process_new(&rig->host, "q"), "q", false, spin_and_note, &dates[1]);
	rig_run();
	/* p: 0 to 0.1; q: switch, 10.1 to 10.2; p: switch, 20.2 to 20.3; q: switch, 30.3: sees it; p: switch, 40.3 */
	ck_assert_uint_eq(dates[1], 30300 * SIM_NS);
	ck_assert_uint_eq(dates[0], 40300 * SIM_NS);
	ck_assert_uint_eq(system_time(), 4 * RIG_SWITCH);
}
END_TEST

START_TEST(tasks_prefer_the_cpu_of_their_process)
{
	rig = rig_start(2);
	for (unsigned i = 0; i < 2; i++)
		task_start(process_new(&rig->host, "p"), "p", false, compute_and_note, &dates[i]);
	rig_run();
	for (struct process *p = rig->host.processes; p; p = p->next)
		ck_assert_ptr_null(p->memory);
	ck_assert_uint_eq(system_time(), 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("process");
	TCase *t = tcase_create("process");
	SRunner *r = srunner_create(s);

	suite_add_tcase(s, t);
	tcase_add_checked_fixture(t, NULL, rig_end);
	tcase_add_test(t, names_and_numbers);
	tcase_add_test(t, hooks_run_with_the_last_task);
	tcase_add_test(t, tasks_that_end_together_end_the_process);
	tcase_add_test(t, exit_runs_hooks_once);
	tcase_add_test(t, a_hook_may_start_a_task);
	tcase_add_test(t, memory_can_be_kept);
	tcase_add_test(t, switching_processes_costs);
	tcase_add_test(t, spinning_processes_switch_every_turn);
	tcase_add_test(t, tasks_prefer_the_cpu_of_their_process);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
