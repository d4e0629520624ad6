/* Interrupt coalescing, by count and by time. */
#include "tests/hostlib/rig.h"

#include <stdio.h>
#include <stdlib.h>

#define NOTES 10

static struct rig_receiver receiver;
static unsigned handled;

static void
on_note(void *unused, uint32_t offset)
{
	(void)unused;
	(void)offset;
	handled++;
}

static void
receive(void *unused)
{
	(void)unused;
	rig_receiver_open(&receiver);
	ck_assert_int_eq(vmmc_notify(receiver.export, on_note, NULL), VMMC_OK);
	while (!receiver.done)
		rig_pause(SIM_MS);
}

static void
send(void *unused)
{
	struct rig_client c;

	(void)unused;
	rig_client_open(&c, &receiver, 1, 4096);
	rig_pause(2 * SIM_MS);
	for (unsigned i = 0; i < NOTES; i++)
		ck_assert_int_eq(vmmc_send_notify(c.v, c.address, c.proxy, 4 * i, 4, NULL), VMMC_OK);
	rig_pause(10 * SIM_MS);
	receiver.done = true;
}

static uint32_t
interrupts_for(enum rig_nic kind, const char *count, const char *time)
{
	const char *const sets[] = {count, time, NULL};
	struct machine *m = rig_start(kind, sets);
	uint32_t interrupts;

	receiver = (struct rig_receiver){.name = 7, .node = VMMC_ANY_NODE, .bytes = 4096};
	rig_program(1, "receiver", receive, NULL);
	rig_program(0, "sender", send, NULL);
	rig_run();
	ck_assert_uint_eq(driver_counter(&m->hosts[1], "notifications"), NOTES);
	ck_assert_uint_eq(handled, NOTES);
	interrupts = driver_counter(&m->hosts[1], "interrupts");
	rig_end();
	return interrupts;
}

START_TEST(each_by_itself)
{
	ck_assert_uint_eq(interrupts_for(_i, "wait.coalesce_count=1", "wait.coalesce_us=1000"), NOTES);
}
END_TEST

START_TEST(no_time_is_no_coalescing)
{
	ck_assert_uint_eq(interrupts_for(_i, "wait.coalesce_count=4", "wait.coalesce_us=0"), NOTES);
}
END_TEST

/* Two by count, the rest by time. */
START_TEST(by_count_and_time)
{
	ck_assert_uint_eq(interrupts_for(_i, "wait.coalesce_count=4", "wait.coalesce_us=2000"), 3);
}
END_TEST

START_TEST(by_time)
{
	ck_assert_uint_eq(interrupts_for(_i, "wait.coalesce_count=32", "wait.coalesce_us=2000"), 1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("coalescing");
	TCase *t = tcase_create("coalescing");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, each_by_itself, 0, RIG_N_NICS);
	tcase_add_loop_test(t, no_time_is_no_coalescing, 0, RIG_N_NICS);
	tcase_add_loop_test(t, by_count_and_time, 0, RIG_N_NICS);
	tcase_add_loop_test(t, by_time, 0, RIG_N_NICS);
	suite_add_tcase(s, t);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
