/* Links and NICs that break: everybody is told, nothing hangs, and one can begin anew. */
#include "tests/hostlib/main.h"
#include "tests/hostlib/rig.h"

#include <string.h>

#define NAME  7
#define BYTES (8 * UMEM_PAGE)
#define SLACK (25 * SIM_MS) /* beyond give_up_us: time-outs, sign of life, restart */

static struct rig_receiver receiver, second;
static struct machine *machine;
static unsigned told;

static void
is_told(void *arg)
{
	ck_assert_ptr_eq(arg, &told);
	ck_assert_ptr_null(task_process(task_self())); /* a kernel task */
	told++;
}

/* Node 1 hangs (LANai), or forgets everything (memory). */
static void
break_peer(int nic)
{
	struct host *host = &machine->hosts[1];

	if (nic == RIG_LANAI)
		nic_hang(host->nic, true);
	else
		driver_nic_reset(host);
}

static int kind;

static void
run(int nic, void (*client)(void *))
{
	kind = nic;
	told = 0;
	machine = rig_start(nic, NULL);
	receiver = (struct rig_receiver){.name = NAME, .node = VMMC_ANY_NODE, .bytes = BYTES};
	rig_program(1, "receiver", rig_receiver, &receiver);
	rig_program(0, "client", client, NULL);
	rig_run();
	rig_end();
}

static sim_time
give_up(void)
{
	return machine->hosts[0].params->give_up;
}

/* Sends until an error comes, which must be EDOWN, in bounded time. */
static void
peer_falls_silent(void *arg)
{
	enum vmmc_error error = VMMC_OK;
	struct rig_client c;
	sim_time start;

	(void)arg;
	rig_client_open(&c, &receiver, 1, BYTES);
	vmmc_on_broken(c.proxy, is_told, &told);
	ck_assert_int_eq(rig_send(&c, 0, 0, BYTES, 1), VMMC_OK);
	ck_assert_int_eq(vmmc_proxy_error(c.proxy), VMMC_OK);
	rig_pause(SIM_MS);
	break_peer(kind);
	rig_pause(20 * SIM_MS); /* the memory NIC has restarted */
	start = sim_now();
	for (unsigned i = 0; error == VMMC_OK && i < 10000; i++)
		error = rig_send(&c, 0, 0, BYTES, 2);
	ck_assert_int_eq(error, VMMC_EDOWN);
	ck_assert_uint_le(sim_now() - start, give_up() + SLACK);
	ck_assert_int_eq(vmmc_proxy_error(c.proxy), VMMC_EDOWN);
	ck_assert_uint_eq(told, 1);
	ck_assert_int_eq(rig_send(&c, 0, 0, 4, 2), VMMC_EDOWN);
	receiver.done = true;
}

START_TEST(test_peer_falls_silent)
{
	run(_i, peer_falls_silent);
}
END_TEST

/* The same with short sends, which report nothing, and with a ticket that somebody waits for. */
static void
many_short(void *arg)
{
	enum vmmc_error error = VMMC_OK;
	uint32_t word = 1;
	struct rig_client c;
	uint64_t ticket;
	sim_time start;

	(void)arg;
	rig_client_open(&c, &receiver, 1, BYTES);
	break_peer(kind);
	rig_pause(20 * SIM_MS);
	start = sim_now();
	ck_assert_int_eq(vmmc_send(c.v, c.address, c.proxy, 0, BYTES, &ticket), VMMC_OK);
	ck_assert_int_eq(vmmc_wait_sent(c.v, ticket, SIM_NEVER), VMMC_OK);
	for (unsigned i = 0; error == VMMC_OK && i < 100000; i++)
		error = vmmc_send_inline(c.v, &word, c.proxy, 0, 4);
	ck_assert_int_eq(error, VMMC_EDOWN);
	ck_assert_uint_le(sim_now() - start, give_up() + SLACK);
	receiver.done = true;
}

START_TEST(test_many_short)
{
	run(_i, many_short);
}
END_TEST

/* The peer's NIC is reset: its process opens again, and so can be reached again, by a new import only. */
static void
receive_twice(void *arg)
{
	struct vmmc *v;
	struct vmmc_export *e;

	(void)arg;
	rig_receiver_open(&receiver);
	while (vmmc_export(receiver.v, umem_alloc(receiver.process->memory, UMEM_PAGE), UMEM_PAGE, 99, VMMC_ANY_NODE,
	                   &e) == VMMC_OK)
		vmmc_unexport(e), rig_pause(100 * SIM_US);
	vmmc_close(receiver.v);
	ck_assert_int_eq(vmmc_open(receiver.process, &v), VMMC_OK);
	ck_assert_int_eq(vmmc_export(v, receiver.address, BYTES, NAME + 1, VMMC_ANY_NODE, &receiver.export), VMMC_OK);
	second.exported = true;
	while (!receiver.done)
		rig_pause(100 * SIM_US);
}

/* A glitch of its power. */
static void
reset_board(struct host *host)
{
	nic_break(host->nic, true, 1);
}

static bool
arrived(void *arg)
{
	return receiver.buffer[BYTES - 1] == *(int *)arg;
}

static void
peer_is_reset(void *arg)
{
	enum vmmc_error error = VMMC_OK;
	struct rig_client c;
	int value = 7;

	(void)arg;
	rig_client_open(&c, &receiver, 1, BYTES);
	ck_assert_int_eq(rig_send(&c, 0, 0, BYTES, 1), VMMC_OK);
	rig_pause(SIM_MS);
	reset_board(&machine->hosts[1]);
	rig_until_set(&second.exported);
	memset(receiver.buffer, 0, BYTES);
	for (unsigned i = 0; error == VMMC_OK && i < 10000; i++)
		error = rig_send(&c, 0, 0, BYTES, 2);
	ck_assert(error == VMMC_EDOWN || error == VMMC_ESTALE);
	for (unsigned i = 0; i < BYTES; i++)
		ck_assert_uint_eq(receiver.buffer[i], 0);
	for (unsigned tries = 0; tries < 3 && !arrived(&value); tries++) { /* the link may break after the import */
		vmmc_unimport(c.proxy);
		ck_assert_int_eq(vmmc_import(c.v, 1, NAME + 1, &c.proxy), VMMC_OK);
		do
			error = rig_send(&c, 0, 0, BYTES, value);
		while (error == VMMC_OK && !arrived(&value));
		ck_assert(error == VMMC_OK || error == VMMC_EDOWN);
	}
	ck_assert(arrived(&value));
	receiver.done = true;
}

START_TEST(test_peer_is_reset)
{
	kind = _i;
	machine = rig_start(_i, NULL);
	receiver = (struct rig_receiver){.name = NAME, .node = VMMC_ANY_NODE, .bytes = BYTES};
	second = (struct rig_receiver){0};
	rig_program(1, "receiver", receive_twice, NULL);
	rig_program(0, "client", peer_is_reset, NULL);
	rig_run();
	rig_end();
}
END_TEST

/* The own NIC. -------------------------------------------------------------------------------------------------------
 */

static bool
never(void *arg)
{
	(void)arg;
	return false;
}

/* Reset while somebody waits for data: it returns; so does everything; close and open again helps. */
static void
resetter(void *arg)
{
	rig_pause(3 * SIM_MS);
	reset_board(arg);
}

static void
own_reset(void *arg)
{
	struct umem_range word;
	struct vmmc_export *e;
	struct vmmc_proxy *p;
	struct rig_client c;

	(void)arg;
	rig_client_open(&c, &receiver, 1, BYTES);
	vmmc_on_broken(c.proxy, is_told, &told);
	word = (struct umem_range){c.address, 4};
	rig_program(0, "resetter", resetter, &machine->hosts[0]);
	ck_assert_int_eq(vmmc_wait(c.v, never, NULL, &word, 1, SIM_NEVER), VMMC_EFIRMWARE);
	rig_pause(10 * SIM_MS);
	ck_assert_uint_eq(told, 1);
	ck_assert_int_eq(rig_send(&c, 0, 0, 4, 1), VMMC_EFIRMWARE);
	ck_assert_int_eq(vmmc_export(c.v, c.address, 4, 1, VMMC_ANY_NODE, &e), VMMC_EFIRMWARE);
	ck_assert_int_eq(vmmc_import(c.v, 1, NAME, &p), VMMC_EFIRMWARE);
	ck_assert_int_eq(vmmc_proxy_error(c.proxy), VMMC_EFIRMWARE);
	vmmc_close(c.v);
	ck_assert_int_eq(vmmc_open(c.process, &c.v), VMMC_OK);
	ck_assert_int_eq(vmmc_import(c.v, 1, NAME, &c.proxy), VMMC_OK);
	for (unsigned i = 0; i < 1000 && receiver.buffer[BYTES - 1] != 5; i++) {
		enum vmmc_error error = rig_send(&c, 0, 0, BYTES, 5);
		if (error == VMMC_EDOWN) { /* of before */
			vmmc_unimport(c.proxy);
			ck_assert_int_eq(vmmc_import(c.v, 1, NAME, &c.proxy), VMMC_OK);
		}
		rig_pause(100 * SIM_US);
	}
	ck_assert_uint_eq(receiver.buffer[BYTES - 1], 5);
	receiver.done = true;
}

START_TEST(test_own_reset)
{
	run(_i, own_reset);
}
END_TEST

/* The firmware hangs: nobody says so; who waits for the NIC finds out, and the driver starts it again. */
static void
own_hang(void *arg)
{
	struct vmmc_post *post;
	struct vmmc_export *e;
	struct vmmc_post_end end;
	struct rig_client c;
	sim_time start;

	(void)arg;
	rig_client_open(&c, &receiver, 1, BYTES);
	ck_assert_int_eq(vmmc_export(c.v, c.address, UMEM_PAGE, 55, VMMC_ANY_NODE, &e), VMMC_OK);
	nic_hang(machine->hosts[0].nic, true);
	start = sim_now();
	ck_assert_int_eq(vmmc_post(e, 0, c.address + UMEM_PAGE, 4, &post), VMMC_OK);
	ck_assert_int_eq(vmmc_post_end(post, &end), VMMC_EFIRMWARE);
	ck_assert_int_eq(rig_send(&c, 0, 0, BYTES, 3), VMMC_EFIRMWARE);
	ck_assert_uint_le(sim_now() - start, SLACK);
	vmmc_close(c.v);
	ck_assert_int_eq(vmmc_open(c.process, &c.v), VMMC_OK);
	vmmc_close(c.v);
	ck_assert_int_eq(vmmc_open(c.process, &c.v), VMMC_OK);
	receiver.done = true;
}

START_TEST(test_own_hang)
{
	run(RIG_LANAI, own_hang);
}
END_TEST

static void
add_cases(TCase *cases)
{
	tcase_add_loop_test(cases, test_peer_falls_silent, 0, RIG_N_NICS);
	tcase_add_loop_test(cases, test_many_short, 0, RIG_N_NICS);
	tcase_add_loop_test(cases, test_peer_is_reset, 0, RIG_N_NICS);
	tcase_add_loop_test(cases, test_own_reset, 0, RIG_N_NICS);
	tcase_add_test(cases, test_own_hang);
}

int
main(void)
{
	return run_suite("broken", add_cases);
}
