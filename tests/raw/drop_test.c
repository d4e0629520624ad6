/* What is dropped is counted, and nothing stalls the network. */
#include "tests/raw/rig.h"

#include "tests/hostlib/main.h"

#include <glib.h>

#define SLOTS   32u /* that the driver gives to the NIC */
#define FLOOD   200u
#define SENDERS 7u /* of myrinet-pc-8, to node 0 */

static struct machine *machine;

struct flood {
	unsigned to, n;
	uint32_t bytes;
};

static void
flood(void *arg)
{
	const struct flood *f = arg;

	for (unsigned i = 0; i < f->n; i++)
		rig_send_wait(f->to, i, f->bytes);
	rig_pause(20 * SIM_MS);
}

/* all_accounted: what the NICs sent to `node` was received or dropped there, and what was received came up. */
static void
all_accounted(unsigned node, unsigned sent)
{
	struct fabric_counts fabric = fabric_counts(machine->fabric);

	ck_assert_uint_eq(sent, rig_counter(node, "received") + rig_counter(node, "drop_crc") +
	                                rig_counter(node, "drop_type") + rig_counter(node, "drop_no_buffer"));
	ck_assert_uint_eq(rig_counter(node, "received"), rig_received(node)->n);
	ck_assert_uint_eq(fabric.timeouts, 0);
	ck_assert_uint_eq(fabric.packets, fabric.delivered);
}

START_TEST(no_buffer_drops)
{
	static const char *const sets[] = {"pc-1:host.interrupt_us=10000", NULL};
	static struct flood f = {1, FLOOD, 64};

	machine = rig_start("myrinet-pc", sets);
	rig_program(0, flood, &f);
	rig_run();
	all_accounted(1, FLOOD);
	ck_assert_uint_eq(rig_received(1)->n, SLOTS);
	ck_assert_uint_eq(rig_received(1)->last, SLOTS - 1);
	ck_assert_uint_eq(rig_counter(1, "drop_no_buffer"), FLOOD - SLOTS);
	rig_end();
}
END_TEST

START_TEST(many_flood_one)
{
	static struct flood f;

	f = _i ? (struct flood){0, FLOOD / 4, RIG_MTU} : (struct flood){0, FLOOD, 4};
	machine = rig_start("myrinet-pc-8", NULL);
	for (unsigned node = 1; node <= SENDERS; node++)
		rig_program(node, flood, &f);
	rig_run();
	all_accounted(0, SENDERS * f.n);
	ck_assert_uint_ge(rig_received(0)->n, SLOTS);
	rig_end();
}
END_TEST

START_TEST(corrupt_packets_are_dropped)
{
	static const char *const sets[] = {"net.corrupt_rate=0.2", NULL};
	static struct flood f = {1, FLOOD, 1000};

	machine = rig_start("myrinet-pc", sets);
	rig_program(0, flood, &f);
	rig_run();
	all_accounted(1, FLOOD);
	ck_assert_uint_gt(rig_counter(1, "drop_crc"), FLOOD / 10);
	ck_assert_uint_gt(rig_received(1)->n, FLOOD / 2);
	rig_end();
}
END_TEST

/* Cut, merged, lost and repeated packets: whatever comes up is right (rig.c), and the NIC goes on. */
START_TEST(damaged_packets_are_dropped)
{
	static const char *const sets[] = {"net.truncate_rate=0.1", "net.lost_tail_rate=0.1", "net.drop_rate=0.1",
	                                   "net.duplicate_rate=0.1", NULL};
	static struct flood f = {1, FLOOD, 5000};

	machine = rig_start("myrinet-pc", sets);
	rig_program(0, flood, &f);
	rig_run();
	ck_assert_uint_eq(rig_counter(1, "received"), rig_received(1)->n);
	ck_assert_uint_gt(rig_received(1)->n, FLOOD / 2);
	ck_assert_uint_gt(rig_counter(1, "drop_crc"), 0);
	ck_assert_uint_gt(rig_counter(1, "drop_type") + rig_counter(1, "long_packets"), 0);
	rig_end();
}
END_TEST

static void
add_cases(TCase *cases)
{
	tcase_add_test(cases, no_buffer_drops);
	tcase_add_loop_test(cases, many_flood_one, 0, 2);
	tcase_add_test(cases, corrupt_packets_are_dropped);
	tcase_add_test(cases, damaged_packets_are_dropped);
}

int
main(void)
{
	return run_suite("raw drops", add_cases);
}
