/* Notifications: after the data, one at a time, queued while blocked, at the published price. */
#include "tests/hostlib/main.h"
#include "tests/hostlib/rig.h"

#include <string.h>

#define NAME  7
#define BYTES (4 * UMEM_PAGE)
#define MOST  64

static struct rig_receiver receiver;
static struct machine *machine;
static struct {
	uint32_t offset[MOST];
	uint8_t data[MOST]; /* first byte of the page when the handler ran */
	sim_time at[MOST];
	unsigned n;
	bool ready, inside, go, step, done;
} seen;

static void
handler(void *arg, uint32_t offset)
{
	ck_assert_ptr_eq(arg, &receiver);
	ck_assert(!seen.inside);
	seen.inside = true;
	seen.offset[seen.n] = offset;
	seen.data[seen.n] = receiver.buffer[offset];
	seen.at[seen.n++] = sim_now();
	rig_pause(50 * SIM_US); /* others queue behind it */
	seen.inside = false;
}

static void
receive(void *arg)
{
	(void)arg;
	rig_receiver_open(&receiver);
	ck_assert_int_eq(vmmc_notify(receiver.export, handler, &receiver), VMMC_OK);
	seen.ready = true;
	while (!seen.done)
		rig_pause(100 * SIM_US);
}

static bool
has_seen(void *arg)
{
	return seen.n == *(unsigned *)arg && !seen.inside;
}

static void
until_seen(unsigned n)
{
	rig_until(has_seen, &n);
}

static void
run(int nic, void (*client)(void *))
{
	machine = rig_start(nic, NULL);
	memset(&seen, 0, sizeof seen);
	receiver = (struct rig_receiver){.name = NAME, .node = VMMC_ANY_NODE, .bytes = BYTES};
	rig_program(1, "receiver", receive, NULL);
	rig_program(0, "client", client, NULL);
	rig_run();
	rig_end();
}

static enum vmmc_error
send_notify(struct rig_client *c, uint32_t offset, uint32_t bytes, int fill)
{
	memset(c->data, fill, bytes);
	return vmmc_send_notify(c->v, c->address, c->proxy, offset, bytes, NULL);
}

static void
data_first(void *arg)
{
	const struct params *p = machine->hosts[1].params;
	struct rig_client c;
	sim_time start;

	(void)arg;
	rig_client_open(&c, &receiver, 1, BYTES);
	rig_until_set(&seen.ready);
	ck_assert_int_eq(rig_send(&c, 0, 0, 64, 1), VMMC_OK); /* does not ask */
	rig_pause(SIM_MS);
	ck_assert_uint_eq(seen.n, 0);
	start = sim_now();
	ck_assert_int_eq(send_notify(&c, UMEM_PAGE, 64, 2), VMMC_OK);
	until_seen(1);
	ck_assert_uint_eq(seen.offset[0], UMEM_PAGE);
	ck_assert_uint_eq(seen.data[0], 2);
	ck_assert_uint_ge(seen.at[0] - start, p->interrupt + p->signal);
	ck_assert_int_eq(send_notify(&c, 0, 3 * UMEM_PAGE, 3), VMMC_OK); /* one, for the last packet */
	until_seen(2);
	rig_pause(SIM_MS);
	ck_assert_uint_eq(seen.n, 2);
	ck_assert_uint_eq(seen.offset[1], 2 * UMEM_PAGE);
	for (unsigned i = 0; i < 3 * UMEM_PAGE; i++)
		ck_assert_uint_eq(receiver.buffer[i], 3);
	seen.done = true;
}

START_TEST(test_data_first)
{
	run(_i, data_first);
}
END_TEST

/* More at once than the NIC remembers would be lost as such, so fewer; all are delivered, in order. */
static void
in_order(void *arg)
{
	struct rig_client c;

	(void)arg;
	rig_client_open(&c, &receiver, 1, BYTES);
	rig_until_set(&seen.ready);
	for (unsigned i = 0; i < 20; i++)
		ck_assert_int_eq(send_notify(&c, i % 4 * UMEM_PAGE, 4, (int)i), VMMC_OK);
	until_seen(20);
	for (unsigned i = 0; i < 20; i++)
		ck_assert_uint_eq(seen.offset[i], i % 4 * UMEM_PAGE);
	seen.done = true;
}

START_TEST(test_in_order)
{
	run(_i, in_order);
}
END_TEST

static void
blocked(void *arg)
{
	struct rig_client c;

	(void)arg;
	rig_client_open(&c, &receiver, 1, BYTES);
	rig_until_set(&seen.ready);
	vmmc_block_notifications(receiver.v);
	vmmc_block_notifications(receiver.v);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_int_eq(send_notify(&c, i * UMEM_PAGE, 4, 5), VMMC_OK);
	rig_pause(2 * SIM_MS);
	ck_assert_uint_eq(receiver.buffer[2 * UMEM_PAGE], 5); /* the data are there */
	ck_assert_uint_eq(seen.n, 0);
	vmmc_unblock_notifications(receiver.v);
	rig_pause(2 * SIM_MS);
	ck_assert_uint_eq(seen.n, 0);
	vmmc_unblock_notifications(receiver.v);
	until_seen(3);
	vmmc_unblock_notifications(receiver.v); /* one too many: no effect */
	vmmc_block_notifications(receiver.v);
	ck_assert_int_eq(send_notify(&c, 0, 4, 6), VMMC_OK);
	rig_pause(2 * SIM_MS);
	ck_assert_uint_eq(seen.n, 3);
	vmmc_unblock_notifications(receiver.v);
	until_seen(4);
	seen.done = true;
}

START_TEST(test_blocked)
{
	run(_i, blocked);
}
END_TEST

/* Off again, withdrawn with some queued, and the process ends with some queued. */
static void
taken_away(void *arg)
{
	struct rig_client c;

	(void)arg;
	rig_client_open(&c, &receiver, 1, BYTES);
	rig_until_set(&seen.ready);
	ck_assert_int_eq(vmmc_notify(receiver.export, NULL, NULL), VMMC_OK);
	ck_assert_int_eq(send_notify(&c, 0, 4, 7), VMMC_OK);
	rig_pause(2 * SIM_MS);
	ck_assert_uint_eq(receiver.buffer[0], 7);
	ck_assert_uint_eq(seen.n, 0);
	ck_assert_int_eq(vmmc_notify(receiver.export, handler, &receiver), VMMC_OK);
	vmmc_block_notifications(receiver.v);
	for (unsigned i = 0; i < 4; i++)
		ck_assert_int_eq(send_notify(&c, 0, 4, 8), VMMC_OK);
	rig_pause(2 * SIM_MS);
	seen.done = true; /* ends with four queued */
	rig_pause(2 * SIM_MS);
	ck_assert_uint_eq(seen.n, 0);
	ck_assert_ptr_null(receiver.process->nic_queue);
}

START_TEST(test_taken_away)
{
	run(_i, taken_away);
}
END_TEST

/* More than the NIC remembers: every page counts as notified. */
static void
flood(void *arg)
{
	bool page[4] = {false};
	struct rig_client c;

	(void)arg;
	rig_client_open(&c, &receiver, 1, BYTES);
	rig_until_set(&seen.ready);
	for (unsigned i = 0; i < 200; i++)
		ck_assert_int_eq(send_notify(&c, 0, 4, (int)i), VMMC_OK);
	rig_pause(5 * SIM_MS);
	for (unsigned i = 0; i < seen.n; i++)
		page[seen.offset[i] / UMEM_PAGE] = true;
	ck_assert(page[0]);
	seen.done = true;
}

static void
count_only(void *arg, uint32_t offset)
{
	(void)arg;
	if (seen.n < MOST)
		seen.offset[seen.n++] = offset;
}

static void
receive_flood(void *arg)
{
	(void)arg;
	rig_receiver_open(&receiver);
	ck_assert_int_eq(vmmc_notify(receiver.export, count_only, NULL), VMMC_OK);
	seen.ready = true;
	while (!seen.done)
		cpu_charge(CPU_USER, SIM_MS), cpu_settle(), rig_pause(10 * SIM_US);
}

START_TEST(test_flood)
{
	machine = rig_start(_i, NULL);
	memset(&seen, 0, sizeof seen);
	receiver = (struct rig_receiver){.name = NAME, .node = VMMC_ANY_NODE, .bytes = BYTES};
	rig_program(1, "receiver", receive_flood, NULL);
	rig_program(0, "client", flood, NULL);
	rig_run();
	rig_end();
}
END_TEST

static void
add_cases(TCase *cases)
{
	tcase_add_loop_test(cases, test_data_first, 0, RIG_N_NICS);
	tcase_add_loop_test(cases, test_in_order, 0, RIG_N_NICS);
	tcase_add_loop_test(cases, test_blocked, 0, RIG_N_NICS);
	tcase_add_loop_test(cases, test_taken_away, 0, RIG_N_NICS);
	tcase_add_loop_test(cases, test_flood, 0, RIG_N_NICS);
}

int
main(void)
{
	return run_suite("notify", add_cases);
}
