/* Who may write where, and until when: permissions, withdrawn exports, processes that end, full queues. */
#include "tests/hostlib/rig.h"

#include <stdlib.h>
#include <string.h>

#define NAME  7
#define BYTES (4 * UMEM_PAGE)

static struct rig_receiver receiver, second;
static struct machine *machine;

struct client {
	struct process *process;
	struct vmmc *v;
	struct vmmc_proxy *proxy;
	uint64_t memory;
};

static void
client_open(struct client *c)
{
	c->process = task_process(task_self());
	c->memory = umem_alloc(c->process->memory, BYTES);
	ck_assert_int_eq(vmmc_open(c->process, &c->v), VMMC_OK);
	rig_until_set(&receiver.exported);
}

static void
start(int nic, uint32_t node)
{
	machine = rig_start(nic, NULL);
	receiver = (struct rig_receiver){.name = NAME, .node = node, .bytes = BYTES};
	second = (struct rig_receiver){.name = NAME + 1, .node = VMMC_ANY_NODE, .bytes = BYTES};
	rig_program(1, "receiver", rig_receiver, &receiver);
}

static void
run(void (*client)(void *))
{
	rig_program(0, "client", client, NULL);
	rig_run();
	rig_end();
}

static uint32_t
dropped(void)
{
	return driver_counter(&machine->hosts[1], "drop_protection");
}

static void
not_for_us(void *arg)
{
	struct client c;

	(void)arg;
	client_open(&c);
	ck_assert_int_eq(vmmc_import(c.v, 1, NAME, &c.proxy), VMMC_EPERM);
	receiver.done = true;
}

START_TEST(test_permission)
{
	start(_i, 1); /* exported for node 1; we are node 0 */
	run(not_for_us);
}
END_TEST

static bool
is_dropped(void *arg)
{
	return dropped() == *(uint32_t *)arg;
}

/* Withdrawn by the receiver between two sends: the second is dropped at the receiving NIC, until the news has come. */
static void
after_withdrawal(void *arg)
{
	static const uint8_t early[4] = {1, 2, 3, 4}, late[4] = {9, 9, 9, 9};
	uint32_t expected = 1;
	struct client c;

	client_open(&c);
	ck_assert_int_eq(vmmc_import(c.v, 1, NAME, &c.proxy), VMMC_OK);
	ck_assert_int_eq(vmmc_send_inline(c.v, early, c.proxy, 0, 4), VMMC_OK);
	rig_pause(SIM_MS);
	ck_assert_mem_eq(receiver.buffer, early, 4);
	*(bool *)arg = true; /* now the receiver withdraws it */
	rig_until_set(&second.done);
	ck_assert_int_eq(vmmc_send_inline(c.v, late, c.proxy, 0, 4), VMMC_OK);
	rig_until(is_dropped, &expected);
	ck_assert_mem_eq(receiver.buffer, early, 4);
	rig_pause(10 * SIM_MS);
	ck_assert_int_eq(vmmc_send_inline(c.v, late, c.proxy, 0, 4), VMMC_ESTALE);
	receiver.done = true;
}

static void
withdraw(void *arg)
{
	rig_receiver_open(&receiver);
	rig_until_set(arg);
	vmmc_unexport(receiver.export);
	second.done = true;
	while (!receiver.done)
		rig_pause(100 * SIM_US);
}

START_TEST(test_withdrawn_export)
{
	bool withdraw_now = false;

	machine = rig_start(_i, NULL);
	receiver = (struct rig_receiver){.name = NAME, .node = 0, .bytes = BYTES};
	second.done = false;
	rig_program(1, "receiver", withdraw, &withdraw_now);
	rig_program(0, "client", after_withdrawal, &withdraw_now);
	rig_run();
	rig_end();
}
END_TEST

/* The receiver's process ends while a stream of sends comes in: no byte touches its memory afterwards (the bus oracle
 * would fail the run), and the sender's NIC goes on. */
static void
stream_into_the_end(void *arg)
{
	enum vmmc_error error = VMMC_OK;
	struct client c;
	unsigned sent = 0;

	(void)arg;
	client_open(&c);
	ck_assert_int_eq(vmmc_import(c.v, 1, NAME, &c.proxy), VMMC_OK);
	for (; error == VMMC_OK && sent < 2000; sent++) {
		receiver.done = sent >= 20;
		error = vmmc_send(c.v, c.memory, c.proxy, 0, BYTES, NULL);
	}
	ck_assert_int_eq(error, VMMC_ESTALE);
	ck_assert_uint_gt(sent, 20);
	rig_pause(SIM_MS);
	ck_assert_uint_gt(dropped(), 0);
}

START_TEST(test_process_exit)
{
	start(_i, VMMC_ANY_NODE);
	run(stream_into_the_end);
}
END_TEST

/* A sender that ends at once after sends without waiting: they still arrive, and its queue can be opened again. */
static void
send_and_end(void *arg)
{
	struct client c;
	uint64_t ticket;

	client_open(&c);
	memset(umem_pointer(c.process->memory, c.memory, BYTES), 0x5A, BYTES);
	ck_assert_int_eq(vmmc_import(c.v, 1, NAME, &c.proxy), VMMC_OK);
	for (unsigned i = 0; i < BYTES / UMEM_PAGE; i++)
		ck_assert_int_eq(vmmc_send(c.v, c.memory + i * UMEM_PAGE, c.proxy, i * UMEM_PAGE, UMEM_PAGE, &ticket),
		                 VMMC_OK);
	(void)arg;
}

static bool
has_arrived(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < BYTES; i++)
		if (receiver.buffer[i] != 0x5A)
			return false;
	return true;
}

static void
one_after_the_other(void *arg)
{
	(void)arg;
	rig_until_set(&receiver.exported);
	for (unsigned i = 0; i < 2 * DRIVER_PROCESSES; i++) {
		memset(receiver.buffer, 0, BYTES);
		rig_program(0, "sender", send_and_end, NULL);
		rig_until(has_arrived, NULL);
		rig_pause(5 * SIM_MS);
	}
	receiver.done = true;
}

START_TEST(test_sender_exit)
{
	start(_i, VMMC_ANY_NODE);
	rig_program(1, "starter", one_after_the_other, NULL);
	rig_run();
	rig_end();
}
END_TEST

#define BURST 200

static bool
burst_arrived(void *arg)
{
	(void)arg;
	return receiver.buffer[4 * BURST - 1] == BURST;
}

/* More sends than the queue has slots, as fast as the processor goes. */
static void
burst(void *arg)
{
	struct client c;

	(void)arg;
	client_open(&c);
	ck_assert_int_eq(vmmc_import(c.v, 1, NAME, &c.proxy), VMMC_OK);
	for (unsigned i = 0; i < BURST; i++) {
		uint8_t word[4] = {0, 0, 0, (uint8_t)(i + 1)};
		ck_assert_int_eq(vmmc_send_inline(c.v, word, c.proxy, 4 * i, 4), VMMC_OK);
	}
	rig_until(burst_arrived, NULL);
	for (unsigned i = 0; i < BURST; i++)
		ck_assert_uint_eq(receiver.buffer[4 * i + 3], i + 1);
	receiver.done = true;
}

START_TEST(test_full_queue)
{
	start(_i, VMMC_ANY_NODE);
	run(burst);
}
END_TEST

/* Two processes on each node, each pair with its own buffer: nothing gets mixed up. */
static bool
both_full(void *arg)
{
	(void)arg;
	return receiver.buffer[BYTES - 1] == NAME && second.buffer[BYTES - 1] == NAME + 1;
}

static void
fill_one(void *arg)
{
	struct rig_receiver *to = arg;
	struct client c;

	client_open(&c);
	rig_until_set(&to->exported);
	memset(umem_pointer(c.process->memory, c.memory, BYTES), (int)to->name, BYTES);
	ck_assert_int_eq(vmmc_import(c.v, 1, to->name, &c.proxy), VMMC_OK);
	for (unsigned at = 0; at < BYTES; at += 512)
		ck_assert_int_eq(vmmc_send(c.v, c.memory + at, c.proxy, at, at % 1024 ? 512 : 128, NULL), VMMC_OK);
	rig_until(both_full, NULL);
	for (unsigned at = 0; at < BYTES; at++)
		ck_assert_uint_eq(to->buffer[at], at % 1024 < 512 && at % 1024 >= 128 ? 0 : to->name);
	rig_pause(SIM_MS);
	to->done = true;
}

START_TEST(test_two_processes)
{
	start(_i, VMMC_ANY_NODE);
	rig_program(1, "second", rig_receiver, &second);
	rig_program(0, "other", fill_one, &second);
	rig_program(0, "client", fill_one, &receiver);
	rig_run();
	rig_end();
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("protection");
	TCase *cases = tcase_create("protection");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(cases, 60);
	tcase_add_loop_test(cases, test_permission, 0, RIG_N_NICS);
	tcase_add_loop_test(cases, test_withdrawn_export, 0, RIG_N_NICS);
	tcase_add_loop_test(cases, test_process_exit, 0, RIG_N_NICS);
	tcase_add_loop_test(cases, test_sender_exit, 0, RIG_N_NICS);
	tcase_add_loop_test(cases, test_full_queue, 0, RIG_N_NICS);
	tcase_add_loop_test(cases, test_two_processes, 0, RIG_N_NICS);
	suite_add_tcase(suite, cases);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
