/* Waiting at an endpoint: every strategy, a message at every instant around the moment of going to sleep, waits for
 * several things, waits that somebody else ends. */
#include "tests/am/rig.h"
#include "tests/hostlib/main.h"

#include "host-lib/wait.h"

#include <stdio.h>

#define HELLO  1u
#define PERIOD (2 * SIM_MS)
/* A message on its way, all of blocking and waking, and the receiver's own work. */
#define BOUND (100 * SIM_US)

static struct am_name sender_name, receiver_name;
static bool done;

/* A sender whose message k leaves `send` + k * `step` after k * PERIOD; a receiver whose wait k begins `wait` after it.
 */
static struct {
	unsigned n, sent, got;
	sim_time start, send, wait, step;
	sim_time worst;
	struct wait_counts counts;
	struct cpu_times times;
} run;

static void
hello(struct am *am, void *arg, const struct am_message *m)
{
	(void)am;
	(void)m;
	++*(unsigned *)arg;
}

static void
pause_until(sim_time t)
{
	while (sim_now() < t)
		cpu_block("a date", t);
}

static void
sender(void *arg)
{
	struct am *am = rig_open(0, &sender_name);
	struct am_name to = rig_wait_open(&receiver_name);

	(void)arg;
	run.start = sim_now() + PERIOD;
	for (run.sent = 0; run.sent < run.n; run.sent++) {
		pause_until(run.start + run.sent * PERIOD + run.send + run.sent * run.step);
		ck_assert_int_eq(am_request(am, to, HELLO, NULL, 0), AM_OK);
		ck_assert_int_eq(am_quiet(am, SIM_NEVER), AM_OK);
	}
}

static bool
has_more(void *arg)
{
	return run.got > *(unsigned *)arg;
}

static void
receiver(void *arg)
{
	struct am *am = rig_open(0, &receiver_name);

	(void)arg;
	am_handle(am, HELLO, hello, &run.got);
	rig_wait_open(&sender_name);
	while (!run.start)
		rig_pause(SIM_US);
	for (unsigned k = 0; k < run.n; k++) {
		sim_time begin = run.start + k * PERIOD + run.wait;
		sim_time sent = run.start + k * PERIOD + run.send + k * run.step;
		sim_time both = MAX(begin, sent);
		pause_until(begin);
		ck_assert_int_eq(am_wait(am, has_more, &k, SIM_NEVER), AM_OK);
		cpu_settle();
		run.worst = MAX(run.worst, sim_now() - both);
	}
	run.counts = am_wait_state(am)->counts;
	run.times = task_times(task_self());
}

static struct machine *
run_waits(const char *const *sets, unsigned n, sim_time send, sim_time wait, sim_time step)
{
	struct machine *m = rig_start("myrinet-ultra", sets);

	run.n = n;
	run.send = send;
	run.wait = wait;
	run.step = step;
	rig_program(1, "receiver", receiver, NULL);
	rig_program(0, "sender", sender, NULL);
	rig_run();
	ck_assert_uint_eq(run.got, n);
	return m;
}

/* Strategies by what they must do with a message that comes after 500 us. */
static const struct {
	const char *set;
	bool blocks;
} ways[] = {{"wait.strategy=spin", false},  {"wait.strategy=spin-yield", false}, {"wait.strategy=watchdog", false},
            {"wait.strategy=block", true},  {"wait.strategy=spin-block", true},  {"wait.strategy=random", true},
            {"wait.strategy=last-k", true}, {"wait.strategy=walk", true},        {"wait.by_signal=1", false}};

START_TEST(test_strategy)
{
	const char *const sets[] = {ways[_i].set, NULL};
	struct machine *m = run_waits(sets, 20, 500 * SIM_US, 0, 0);

	ck_assert_uint_lt(run.worst, BOUND);
	ck_assert_uint_eq(run.counts.blocked, ways[_i].blocks ? 20 : 0);
	ck_assert_uint_eq(am_nic_counter(&m->hosts[1], "wakes"), ways[_i].blocks ? 20 : 0);
	if (ways[_i].blocks)
		ck_assert_uint_lt(run.times.account[CPU_SPIN], 20 * 100 * SIM_US);
	else
		ck_assert_uint_gt(run.times.account[CPU_SPIN], 20 * 490 * SIM_US);
	rig_end();
}
END_TEST

START_TEST(test_every_instant)
{
	static const char *const sets[][3] = {{"wait.strategy=block", NULL},
	                                      {"wait.strategy=block", "wait.by_signal=1"}};
	const unsigned n = 1000;
	struct machine *m = run_waits(sets[_i], n, 0, 30 * SIM_US, 50 * SIM_NS);
	uint32_t wakes = am_nic_counter(&m->hosts[1], "wakes");

	ck_assert_uint_lt(run.worst, BOUND);
	printf("%u waits: %u at once, %u found while arming, %u slept; %u interrupts\n", n,
	       (unsigned)run.counts.at_once + n - (unsigned)run.counts.waits, (unsigned)run.counts.late_arms,
	       (unsigned)(run.counts.blocked - run.counts.late_arms), wakes);
	fflush(stdout);
	ck_assert_uint_gt(run.counts.late_arms, 20);
	ck_assert_uint_gt(run.counts.blocked - run.counts.late_arms, 20);
	ck_assert_uint_ge(wakes, run.counts.blocked - run.counts.late_arms);
	rig_end();
}
END_TEST

/* Several things. ----------------------------------------------------------------------------------------------------
 */

struct several {
	struct am *am;
	uint64_t flag; /* an address of the process' memory */
	unsigned hellos;
	bool poked;
};

static bool
has_message(void *arg)
{
	const struct several *s = arg;
	struct umem_range at = am_watch(s->am);

	return umem_load_be32(am_memory(s->am), at.address) != 0;
}

static bool
has_hello(void *arg)
{
	return ((struct several *)arg)->hellos > 0;
}

static bool
has_flag(void *arg)
{
	const struct several *s = arg;

	return s->poked || umem_load_be32(am_memory(s->am), s->flag) != 0;
}

static struct several several;

static void
set_flag(void *arg)
{
	const uint32_t one = GUINT32_TO_BE(1);
	struct task *whom = arg;

	rig_pause(300 * SIM_US);
	umem_write(am_memory(several.am), several.flag, &one, sizeof one);
	if (whom) {
		rig_pause(300 * SIM_US);
		several.poked = true;
		cpu_poke(whom);
	}
}

/* Spins by himself over a message and a flag; then waits for the flag, in both ways. */
static void
waiter(void *arg)
{
	struct process *p = task_process(task_self());
	bool blocks = arg != NULL;
	struct umem_range ranges[2], flag;

	several.am = rig_open(0, &receiver_name);
	several.flag = umem_alloc(p->memory, UMEM_PAGE);
	am_handle(several.am, HELLO, hello, &several.hellos);
	flag = (struct umem_range){several.flag, sizeof(uint32_t)};
	ranges[0] = flag;
	ranges[1] = am_watch(several.am);
	ck_assert(cpu_spin(has_message, &several, am_memory(several.am), ranges, 2, sim_now() + SIM_S));
	ck_assert_uint_eq(am_poll(several.am), 1);
	ck_assert(has_hello(&several));
	task_start(p, "flag", false, set_flag, blocks ? task_self() : NULL);
	ck_assert_int_eq(am_wait_ranges(several.am, has_flag, &several, &flag, 1, sim_now() + SIM_S), AM_OK);
	ck_assert(several.poked == blocks);
	ck_assert_int_eq(am_wait(several.am, rig_never, NULL, sim_now() + SIM_MS), AM_ETIMEDOUT);
	done = true;
}

static void
greeter(void *arg)
{
	struct am *am = rig_open(0, &sender_name);
	struct am_name to = rig_wait_open(&receiver_name);

	(void)arg;
	rig_pause(100 * SIM_US);
	ck_assert_int_eq(am_request(am, to, HELLO, NULL, 0), AM_OK);
	rig_serve(am, &done);
}

START_TEST(test_several)
{
	static const char *const block[] = {"wait.strategy=block", NULL};

	rig_start("myrinet-ultra", _i ? block : NULL);
	rig_program(1, "waiter", waiter, _i ? &done : NULL);
	rig_program(0, "greeter", greeter, NULL);
	rig_run();
	ck_assert(done);
	rig_end();
}
END_TEST

/* Closed meanwhile. --------------------------------------------------------------------------------------------------
 */

static void
closer(void *arg)
{
	(void)arg;
	rig_pause(300 * SIM_US);
	am_close(several.am);
}

static void
closed_under(void *arg)
{
	struct am *again;

	(void)arg;
	several.am = rig_open(0, &receiver_name);
	task_start(task_process(task_self()), "closer", false, closer, NULL);
	ck_assert_int_eq(am_wait(several.am, rig_never, NULL, SIM_NEVER), AM_EINVAL);
	ck_assert_int_eq(am_open(task_process(task_self()), 0, &again), AM_OK);
	done = true;
}

START_TEST(test_closed)
{
	static const char *const block[] = {"wait.strategy=block", NULL};

	rig_start("myrinet-ultra", _i ? block : NULL);
	rig_program(1, "waiter", closed_under, NULL);
	rig_run();
	ck_assert(done);
	rig_end();
}
END_TEST

static void
add_tests(TCase *tc)
{
	tcase_add_loop_test(tc, test_strategy, 0, (int)G_N_ELEMENTS(ways));
	tcase_add_loop_test(tc, test_every_instant, 0, 2);
	tcase_add_loop_test(tc, test_several, 0, 2);
	tcase_add_loop_test(tc, test_closed, 0, 2);
}

int
main(void)
{
	return run_suite("wait", add_tests);
}
