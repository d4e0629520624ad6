/* The race between arming the interrupt and going to sleep, over the real NIC: a message at every instant of the window
 * and a little around it is found, in bounded time; over the firmware and over the memory NIC, for VMMC and sockets. */
#include "tests/waiting/real.h"

#include <check.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>

#define STEP   (50 * SIM_NS)
#define PERIOD (2 * SIM_MS)
/* From before the first look of the wait to after it sleeps, whatever the way of a message takes. */
#define AROUND (30 * SIM_US)
#define BEFORE (45 * SIM_US)
/* A message on its way, all of blocking and waking, and the receiver's own work. */
#define BOUND (150 * SIM_US)

static struct real r;

static void
check_each(void)
{
	for (unsigned k = 0; k < r.waits; k++) {
		sim_time sent = r.began[k] - PERIOD + r.send_from + k * r.send_step;
		sim_time both = MAX(sent, r.began[k]);
		ck_assert_msg(r.ended[k] <= both + BOUND,
		              "wait %u, message sent %.2f us after its beginning: found %.2f us later", k,
		              ((double)sent - (double)r.began[k]) / SIM_US, sim_to_us(r.ended[k] - both));
	}
}

static void
sweep(enum real_way way, bool memory_nic, const char *by_signal)
{
	const char *const sets[] = {"wait.strategy=block", by_signal, NULL};

	r = (struct real){.way = way, .memory_nic = memory_nic, .sets = sets, .period = PERIOD};
	r.send_from = PERIOD - BEFORE;
	r.send_step = STEP;
	r.waits = (BEFORE + AROUND) / STEP;
	real_run(&r);
	check_each();
	printf("way %d, %s: %u waits: %u at once, %u found while arming, %u slept; %u interrupts, %u woken, %u false\n",
	       way, memory_nic ? "memory NIC" : "firmware", (unsigned)r.counts.waits, (unsigned)r.counts.at_once,
	       (unsigned)r.counts.late_arms, (unsigned)(r.counts.blocked - r.counts.late_arms), r.interrupts,
	       (unsigned)r.arrivals.woken, (unsigned)r.counts.false_alarms);
	fflush(stdout);
	ck_assert_uint_gt(r.counts.at_once + r.waits - r.counts.waits, 0); /* sockets look before they wait */
	ck_assert_uint_gt(r.counts.late_arms, 20);                         /* the window is longer than a microsecond */
	ck_assert_uint_gt(r.counts.blocked - r.counts.late_arms, 20);
	ck_assert_uint_gt(r.interrupts, 20);
}

START_TEST(every_instant)
{
	sweep(_i / 2 % REAL_N_WAYS, _i % 2, _i < 2 * REAL_N_WAYS ? "wait.by_signal=0" : "wait.by_signal=1");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("the race of arming");
	TCase *t = tcase_create("race");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, every_instant, 0, 4 * REAL_N_WAYS);
	suite_add_tcase(s, t);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
