/* A NIC that was reset, or that hangs, is started again, and datagrams flow as before. */
#include "tests/raw/rig.h"

#include "tests/hostlib/main.h"

#include <glib.h>

#define DATAGRAMS 400u
#define GAP       (50 * SIM_US)

static struct machine *machine;

static void
steady(void *arg)
{
	(void)arg;
	for (unsigned i = 1; i <= DATAGRAMS; i++) {
		rig_send(1, i, 2000);
		rig_pause(GAP);
	}
	rig_pause(SIM_MS);
}

/* The sender's restart takes its processor, so nothing need be lost; but its NIC has begun to count anew. */
START_TEST(reset_nic_starts_again)
{
	static const char *const sets[][2] = {{"net.faults=3ms nic pc-0 reset", NULL},
	                                      {"net.faults=3ms nic pc-1 reset scramble", NULL},
	                                      {"net.faults=3ms nic pc-1 reset; 4ms nic pc-1 reset", NULL}};

	machine = rig_start("myrinet-pc", sets[_i]);
	rig_program(0, steady, NULL);
	rig_run();
	ck_assert_uint_eq(rig_received(1)->last, DATAGRAMS);
	ck_assert_uint_gt(rig_received(1)->n, DATAGRAMS / 2);
	ck_assert_uint_lt(_i ? rig_received(1)->n : rig_counter(0, "sent"), DATAGRAMS);
	rig_end();
}
END_TEST

static void
patient(void *arg)
{
	unsigned number = 0;

	(void)arg;
	while (rig_received(1)->n < DATAGRAMS) {
		rig_send(1, ++number, 100);
		rig_pause(SIM_MS);
	}
}

START_TEST(hung_nic_starts_again)
{
	static const char *const sets[] = {"net.faults=3ms nic pc-0 hang", NULL};

	machine = rig_start("myrinet-pc", sets);
	rig_program(0, patient, NULL);
	rig_run();
	ck_assert_uint_gt(sim_now(), 5 * SIM_S);
	ck_assert_uint_lt(sim_now(), 6 * SIM_S);
	rig_end();
}
END_TEST

static void
add_cases(TCase *cases)
{
	tcase_add_loop_test(cases, reset_nic_starts_again, 0, 3);
	tcase_add_test(cases, hung_nic_starts_again);
}

int
main(void)
{
	return run_suite("raw restarts", add_cases);
}
