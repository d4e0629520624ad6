/* Every error code: what provokes it, and that its text says something of its own. */
#include "tests/hostlib/rig.h"

#include <stdlib.h>
#include <string.h>

#define NAME  7
#define BYTES (2 * UMEM_PAGE)

static struct rig_receiver receiver;
static struct machine *machine;

START_TEST(test_texts_are_unique)
{
	for (int i = 0; i < VMMC_N_ERRORS; i++)
		for (int j = 0; j < i; j++)
			ck_assert_str_ne(vmmc_strerror(i), vmmc_strerror(j));
	ck_assert_str_ne(vmmc_strerror(VMMC_N_ERRORS), vmmc_strerror(VMMC_OK));
}
END_TEST

struct client {
	struct process *process;
	struct vmmc *v;
	struct vmmc_proxy *proxy;
	uint64_t memory;
};

static void
client_start(struct client *c)
{
	c->process = task_process(task_self());
	c->memory = umem_alloc(c->process->memory, BYTES);
	ck_assert_int_eq(vmmc_open(c->process, &c->v), VMMC_OK);
	rig_until_set(&receiver.exported);
	ck_assert_int_eq(vmmc_import(c->v, 1, receiver.name, &c->proxy), VMMC_OK);
}

static void
run(int nic, uint32_t bytes, void (*client)(void *))
{
	machine = rig_start(nic, NULL);
	receiver = (struct rig_receiver){.name = NAME, .node = VMMC_ANY_NODE, .bytes = bytes};
	rig_program(1, "receiver", rig_receiver, &receiver);
	rig_program(0, "client", client, NULL);
	rig_run();
	rig_end();
}

static void
bad_arguments(void *arg)
{
	struct vmmc_export *e;
	uint8_t data[256] = {0};
	struct client c;
	struct vmmc *second;

	(void)arg;
	client_start(&c);
	ck_assert_int_eq(vmmc_open(c.process, &second), VMMC_EINVAL);
	ck_assert_int_eq(vmmc_export(c.v, c.memory, 0, 1, VMMC_ANY_NODE, &e), VMMC_EINVAL);
	ck_assert_int_eq(vmmc_send(c.v, c.memory, c.proxy, 0, 0, NULL), VMMC_EINVAL);
	ck_assert_int_eq(vmmc_send_inline(c.v, data, c.proxy, 0, vmmc_capabilities(c.v)->short_max + 4), VMMC_EINVAL);

	ck_assert_int_eq(vmmc_export(c.v, c.memory + 4, 4, 1, VMMC_ANY_NODE, &e), VMMC_EALIGN);
	ck_assert_int_eq(vmmc_export(c.v, c.memory, 6, 1, VMMC_ANY_NODE, &e), VMMC_EALIGN);
	ck_assert_int_eq(vmmc_send(c.v, c.memory + 2, c.proxy, 0, 4, NULL), VMMC_EALIGN);
	ck_assert_int_eq(vmmc_send(c.v, c.memory, c.proxy, 2, 4, NULL), VMMC_EALIGN);
	ck_assert_int_eq(vmmc_send(c.v, c.memory, c.proxy, 0, 5, NULL), VMMC_EALIGN);

	ck_assert_int_eq(vmmc_send(c.v, c.memory, c.proxy, BYTES - 4, 8, NULL), VMMC_ERANGE);
	ck_assert_int_eq(vmmc_send(c.v, c.memory, c.proxy, 0xFFFFFFFC, 8, NULL), VMMC_ERANGE);
	ck_assert_int_eq(vmmc_send(c.v, c.memory, c.proxy, BYTES - 4, 4, NULL), VMMC_OK);
	receiver.done = true;
}

START_TEST(test_bad_arguments)
{
	run(_i, BYTES, bad_arguments);
}
END_TEST

static void
bad_memory(void *arg)
{
	struct vmmc_export *e;
	struct client c;
	uint64_t nowhere;

	(void)arg;
	client_start(&c);
	nowhere = c.memory + 64 * UMEM_PAGE;
	ck_assert_int_eq(vmmc_export(c.v, nowhere, 4, 1, VMMC_ANY_NODE, &e), VMMC_EFAULT);
	ck_assert_int_eq(vmmc_send(c.v, nowhere, c.proxy, 0, 4, NULL), VMMC_EFAULT);
	ck_assert_int_eq(vmmc_send(c.v, nowhere, c.proxy, 0, BYTES, NULL), VMMC_EFAULT);
	receiver.done = true;
}

START_TEST(test_bad_memory)
{
	run(_i, BYTES, bad_memory);
}
END_TEST

static void
bad_names(void *arg)
{
	struct vmmc_export *one, *two;
	struct vmmc_proxy *proxy;
	struct client c;
	uint32_t name;

	(void)arg;
	client_start(&c);
	name = vmmc_name(c.v);
	ck_assert_uint_ne(name, vmmc_name(c.v));
	ck_assert_int_eq(vmmc_export(c.v, c.memory, 4, name, VMMC_ANY_NODE, &one), VMMC_OK);
	ck_assert_int_eq(vmmc_export(c.v, c.memory + UMEM_PAGE, 4, name, VMMC_ANY_NODE, &two), VMMC_ENAME);
	ck_assert_int_eq(vmmc_export(c.v, c.memory, 4, name + 100, VMMC_ANY_NODE, &two),
	                 VMMC_EINVAL); /* exported already */
	ck_assert_int_eq(vmmc_import(c.v, 1, NAME + 1, &proxy), VMMC_ENAME);
	ck_assert_int_eq(vmmc_import(c.v, 0, name, &proxy), VMMC_ENODE);
	ck_assert_int_eq(vmmc_import(c.v, machine->n_hosts, name, &proxy), VMMC_ENODE);
	vmmc_unexport(one);
	ck_assert_int_eq(vmmc_export(c.v, c.memory, 4, name, VMMC_ANY_NODE, &one), VMMC_OK);
	receiver.done = true;
}

START_TEST(test_bad_names)
{
	run(_i, BYTES, bad_names);
}
END_TEST

/* Imports the same buffer until the table of imported pages is full; one that is given back makes room. */
static void
full_table(void *arg)
{
	struct vmmc_proxy *proxy, *more;
	struct client c;
	uint32_t room;

	(void)arg;
	client_start(&c);
	room = vmmc_capabilities(c.v)->out_pages / (receiver.bytes / UMEM_PAGE) - 1;
	for (; room > 0; room--)
		ck_assert_int_eq(vmmc_import(c.v, 1, NAME, &proxy), VMMC_OK);
	ck_assert_int_eq(vmmc_import(c.v, 1, NAME, &more), VMMC_ENOSPC);
	vmmc_unimport(proxy);
	ck_assert_int_eq(vmmc_import(c.v, 1, NAME, &more), VMMC_OK);
	receiver.done = true;
}

START_TEST(test_full_table)
{
	run(_i, 64 * UMEM_PAGE, full_table);
}
END_TEST

static enum vmmc_error opened[DRIVER_PROCESSES + 1];
static unsigned n_opened;

static void
open_and_stay(void *arg)
{
	struct vmmc *v;

	opened[n_opened] = vmmc_open(task_process(task_self()), &v);
	n_opened++;
	while (n_opened < DRIVER_PROCESSES + 1)
		rig_pause(10 * SIM_US);
	(void)arg;
}

static void
start_one_by_one(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i <= DRIVER_PROCESSES; i++) {
		rig_program(0, "opener", open_and_stay, NULL);
		while (n_opened == i)
			rig_pause(10 * SIM_US);
	}
}

START_TEST(test_too_many_processes)
{
	rig_start(_i, NULL);
	n_opened = 0;
	rig_program(1, "starter", start_one_by_one, NULL);
	rig_run();
	for (unsigned i = 0; i < DRIVER_PROCESSES; i++)
		ck_assert_int_eq(opened[i], VMMC_OK);
	ck_assert_int_eq(opened[DRIVER_PROCESSES], VMMC_ENOSPC);
	rig_end();
}
END_TEST

static bool
never(void *arg)
{
	(void)arg;
	return false;
}

static void
late(void *arg)
{
	struct client c;
	struct umem_range word;
	sim_time deadline;

	(void)arg;
	client_start(&c);
	word = (struct umem_range){c.memory, 4};
	deadline = sim_now() + 50 * SIM_US;
	ck_assert_int_eq(vmmc_wait(c.v, never, NULL, &word, 1, deadline), VMMC_ETIMEDOUT);
	ck_assert_uint_ge(sim_now(), deadline);
	receiver.done = true;
}

START_TEST(test_timeout)
{
	run(_i, BYTES, late);
}
END_TEST

static void
open_dead(void *arg)
{
	struct vmmc *v;

	(void)arg;
	ck_assert_int_eq(vmmc_open(task_process(task_self()), &v), VMMC_EFIRMWARE);
}

START_TEST(test_dead_firmware)
{
	machine = rig_start(RIG_LANAI, NULL);
	nic_write(machine->hosts[0].nic, NIC_WINDOW_CONTROL, NIC_CONTROL_RESET_ON, 0);
	rig_program(0, "opener", open_dead, NULL);
	rig_run();
	rig_end();
}
END_TEST

/* The LANai stops in the middle: sends fill the queue and then say so, and the process can still end. */
static void
send_to_the_end(void *arg)
{
	enum vmmc_error error = VMMC_OK;
	uint32_t word = 0;
	struct client c;
	unsigned sent;

	(void)arg;
	client_start(&c);
	nic_write(machine->hosts[0].nic, NIC_WINDOW_CONTROL, NIC_CONTROL_RESET_ON, 0);
	for (sent = 0; error == VMMC_OK && sent < 100; sent++)
		error = vmmc_send_inline(c.v, &word, c.proxy, 0, 4);
	ck_assert_int_eq(error, VMMC_EFIRMWARE);
	ck_assert_uint_lt(sent, 100);
	receiver.done = true;
}

START_TEST(test_firmware_stops)
{
	run(RIG_LANAI, BYTES, send_to_the_end);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("errors");
	TCase *cases = tcase_create("errors");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(cases, 60);
	tcase_add_test(cases, test_texts_are_unique);
	tcase_add_loop_test(cases, test_bad_arguments, 0, RIG_N_NICS);
	tcase_add_loop_test(cases, test_bad_memory, 0, RIG_N_NICS);
	tcase_add_loop_test(cases, test_bad_names, 0, RIG_N_NICS);
	tcase_add_loop_test(cases, test_full_table, 0, RIG_N_NICS);
	tcase_add_loop_test(cases, test_too_many_processes, 0, RIG_N_NICS);
	tcase_add_loop_test(cases, test_timeout, 0, RIG_N_NICS);
	tcase_add_test(cases, test_dead_firmware);
	tcase_add_test(cases, test_firmware_stops);
	suite_add_tcase(suite, cases);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
