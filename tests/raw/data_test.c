/* Datagrams of all lengths arrive whole, in order, and interrupts are told and paid for. */
#include "tests/raw/rig.h"

#include "tests/hostlib/main.h"

#include <glib.h>

#define STEP 7u /* between the lengths that both directions use at a time */

static struct machine *machine;

/* Every length, or every step'th, one datagram at a time, so that none is dropped. */
static void
all_lengths(void *arg)
{
	uint32_t step = GPOINTER_TO_UINT(arg);
	unsigned n = 0;

	for (uint32_t bytes = 1; bytes <= RIG_MTU; bytes += step) {
		rig_send_wait(1, bytes, bytes);
		rig_await(1, ++n);
		ck_assert_uint_eq(rig_received(1)->length, bytes);
	}
}

START_TEST(every_length_arrives)
{
	static const char *const platforms[] = {"myrinet-pc", "myrinet-ultra"};
	static const uint32_t steps[] = {1, 17};
	uint32_t n = (RIG_MTU - 1) / steps[_i] + 1;

	rig_start(platforms[_i], NULL);
	rig_program(0, all_lengths, GUINT_TO_POINTER(steps[_i]));
	rig_run();
	ck_assert_uint_eq(rig_counter(0, "sent"), n);
	ck_assert_uint_eq(rig_counter(1, "received"), n);
	rig_end();
}
END_TEST

static void
stream(void *arg)
{
	unsigned to = GPOINTER_TO_UINT(arg), number = 0;

	for (uint32_t bytes = 1; bytes <= RIG_MTU; bytes += STEP) {
		rig_send_wait(to, number++, bytes);
		rig_pause(100 * SIM_US); /* about what one takes */
	}
	rig_await(to, number);
	ck_assert_uint_eq(rig_received(to)->last, number - 1);
}

START_TEST(both_ways_at_a_time)
{
	rig_start("myrinet-pc", NULL);
	rig_program(0, stream, GUINT_TO_POINTER(1));
	rig_program(1, stream, GUINT_TO_POINTER(0));
	rig_run();
	rig_end();
}
END_TEST

static void
refusals(void *arg)
{
	(void)arg;
	ck_assert(!rig_send(1, 0, 0));
	ck_assert(!rig_send(1, 0, RIG_MTU + 1));
	ck_assert(!rig_send(0, 0, 4));
	ck_assert(!rig_send(2, 0, 4));
}

START_TEST(what_cannot_go_is_refused)
{
	machine = rig_start("myrinet-pc", NULL);
	ck_assert_uint_eq(raw_mtu(&machine->hosts[0]), RIG_MTU);
	rig_program(0, refusals, NULL);
	rig_run();
	ck_assert_uint_eq(rig_counter(0, "bad_descriptor"), 0);
	rig_end();
}
END_TEST

static void
to_everybody(void *arg)
{
	(void)arg;
	for (unsigned node = 0; node < 5; node++)
		ck_assert_int_eq(rig_send(node, node, 4), node == 3);
}

START_TEST(sites)
{
	machine = rig_start("ultra-two-sites", NULL);
	for (unsigned node = 0; node < 5; node++)
		ck_assert_int_eq(raw_runs(&machine->hosts[node]), node != 2);
	rig_program(4, to_everybody, NULL);
	rig_run();
	rig_end();
}
END_TEST

/* Interrupts. -------------------------------------------------------------------------------------------------------
 */

#define BURST 8u

static void
burst(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < BURST; i++)
		rig_send_wait(1, i, 64);
	rig_await(1, BURST);
	rig_send_wait(1, BURST, 64);
	rig_await(1, BURST + 1);
}

/* A burst interrupts once when all of it has come; what comes alone, after the time. */
START_TEST(interrupts_are_coalesced)
{
	static const char *const sets[] = {"wait.coalesce_count=8", "wait.coalesce_us=500", NULL};

	rig_start("myrinet-pc", sets);
	rig_program(0, burst, NULL);
	rig_run();
	ck_assert_uint_eq(rig_counter(1, "interrupts"), 2);
	ck_assert_uint_ge(sim_now(), 500 * SIM_US);
	rig_end();
}
END_TEST

START_TEST(interrupts_cost)
{
	static const char *const sets[] = {"wait.coalesce_us=0", NULL};
	struct cpu_times times;

	machine = rig_start("myrinet-pc", sets);
	rig_program(0, burst, NULL);
	rig_run();
	times = cpu_times(machine->hosts[1].cpus);
	ck_assert_uint_ge(rig_counter(1, "interrupts"), 2);
	ck_assert_uint_le(rig_counter(1, "interrupts"), BURST + 1);
	ck_assert_uint_ge(times.account[CPU_INTERRUPT], 2 * machine->hosts[1].params->interrupt);
	ck_assert_uint_le(times.account[CPU_INTERRUPT], (BURST + 1) * (machine->hosts[1].params->interrupt +
	                                                               3 * machine->hosts[1].params->pio_write));
	rig_end();
}
END_TEST

static void
add_cases(TCase *cases)
{
	tcase_add_loop_test(cases, every_length_arrives, 0, 2);
	tcase_add_test(cases, both_ways_at_a_time);
	tcase_add_test(cases, what_cannot_go_is_refused);
	tcase_add_test(cases, sites);
	tcase_add_test(cases, interrupts_are_coalesced);
	tcase_add_test(cases, interrupts_cost);
}

int
main(void)
{
	return run_suite("raw datagrams", add_cases);
}
