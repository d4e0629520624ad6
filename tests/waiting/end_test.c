/* Waits that block and end without a message: at their deadline, and when the NIC is reset; after which one that blocks
 * on a new link is woken again. */
#include "tests/hostlib/rig.h"

#include <stdlib.h>

#define DEADLINE (5 * SIM_MS)
#define RESET    (30 * SIM_MS)
#define NAME     9

static struct rig_receiver receiver;
static bool again;

static bool
has_come(void *arg)
{
	const struct rig_receiver *r = arg;

	return r->buffer[0] != 0;
}

static enum vmmc_error
wait_until_date(struct rig_receiver *r, sim_time deadline)
{
	const struct umem_range word = {r->address, 4};

	return vmmc_wait(r->v, has_come, r, &word, 1, deadline);
}

static void
wait_thrice(struct machine *m)
{
	sim_time begin;

	rig_receiver_open(&receiver);
	cpu_settle();
	begin = sim_now();
	ck_assert_int_eq(wait_until_date(&receiver, begin + DEADLINE), VMMC_ETIMEDOUT);
	ck_assert_uint_le(sim_now() - begin - DEADLINE, 100 * SIM_US);
	ck_assert_int_eq(wait_until_date(&receiver, SIM_NEVER), VMMC_EFIRMWARE);
	ck_assert_uint_ge(sim_now(), RESET);
	ck_assert_uint_le(sim_now(), RESET + 10 * SIM_MS);
	vmmc_close(receiver.v);
	receiver.name++;
	rig_receiver_open(&receiver);
	again = true;
	ck_assert_int_eq(wait_until_date(&receiver, SIM_NEVER), VMMC_OK);
	ck_assert_uint_eq(driver_counter(&m->hosts[1], "interrupts"), 1);
}

static void
receive(void *machine)
{
	wait_thrice(machine);
	receiver.done = true;
}

static void
send(void *unused)
{
	struct rig_client c;

	(void)unused;
	rig_until_set(&again);
	rig_client_open(&c, &receiver, 1, 4096);
	if (rig_send(&c, 0, 0, 4, 1) == VMMC_OK)
		rig_pause(SIM_MS);
	if (receiver.done)
		return;
	/* The first one has found out that the node restarted. */
	vmmc_unimport(c.proxy);
	ck_assert_int_eq(vmmc_import(c.v, 1, receiver.name, &c.proxy), VMMC_OK);
	ck_assert_int_eq(rig_send(&c, 0, 0, 4, 1), VMMC_OK);
}

static void
reset(void *machine)
{
	struct machine *m = machine;

	rig_pause(RESET);
	nic_break(m->hosts[1].nic, true, 1);
}

START_TEST(deadline_reset_and_message)
{
	const char *const sets[] = {"wait.strategy=block", NULL};
	struct machine *m = rig_start(RIG_LANAI, sets);

	receiver = (struct rig_receiver){.name = NAME, .node = VMMC_ANY_NODE, .bytes = 4096};
	rig_program(1, "receiver", receive, m);
	rig_program(0, "sender", send, NULL);
	rig_program(0, "reset", reset, m);
	rig_run();
	ck_assert(receiver.done);
	rig_end();
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ends of waits");
	TCase *t = tcase_create("ends");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_test(t, deadline_reset_and_message);
	suite_add_tcase(s, t);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
