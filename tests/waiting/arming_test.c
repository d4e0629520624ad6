/* The race between arming the interrupt and going to sleep: a message at every instant of the window, and a little
 * around it, wakes the process, in bounded time. */
#include "tests/waiting/messages.h"

#include <check.h>
#include <stdio.h>

#define LIMIT  (20 * SIM_US)
#define BEFORE (2 * SIM_US)
#define AFTER  (2 * SIM_US)
#define STEP   (10 * SIM_NS)

static struct wait_params
spin_block(void)
{
	return (struct wait_params){.strategy = wait_strategy_by_name("spin-block"), .limit = LIMIT, .history = 1};
}

static void
sweep_window(void *unused)
{
	const struct wait_params params = spin_block();
	struct wait_state w;

	(void)unused;
	wait_init(&w, &params);
	for (sim_time t = LIMIT - BEFORE; t <= LIMIT + MESSAGES_SYSTEM_CALL + AFTER; t += STEP) {
		sim_time start = sim_now();
		messages_wait(&w, t);
		ck_assert_uint_ge(sim_now() - start, t);
		ck_assert_uint_le(sim_now() - start,
		                  t + MESSAGES_SYSTEM_CALL + MESSAGES_INTERRUPT + MESSAGES_WAKEUP + RIG_POLL);
	}
	printf("%u waits: %u polled, %u blocked, of which %u found the message while arming\n",
	       (unsigned)w.counts.waits, (unsigned)w.counts.polled, (unsigned)w.counts.blocked,
	       (unsigned)w.counts.late_arms);
	ck_assert_uint_gt(w.counts.polled, 0);
	ck_assert_uint_gt(w.counts.late_arms, MESSAGES_SYSTEM_CALL / STEP - 2);
	ck_assert_uint_gt(w.counts.blocked, w.counts.late_arms);
}

START_TEST(every_instant_of_the_window)
{
	messages_start();
	messages_run(sweep_window, NULL);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("arming");
	TCase *t = tcase_create("arming");
	SRunner *r = srunner_create(s);

	suite_add_tcase(s, t);
	tcase_add_checked_fixture(t, NULL, rig_end);
	tcase_add_test(t, every_instant_of_the_window);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
