/* VMMC on a platform of two sites: each has a Myrinet of its own (nodes 0 and 1, nodes 3 and 4), node 2 has no NIC. */
#include "tests/hostlib/main.h"
#include "tests/hostlib/rig.h"

#include <glib.h>
#include <string.h>

#define PLATFORM "ultra-two-sites"
#define BYTES    8192u
#define BARE     2u /* the node without a NIC */
#define NAME     7u

static struct machine *machine;
static struct rig_receiver near, far;

static bool
all_here(void *arg)
{
	const struct rig_receiver *r = arg;

	return r->buffer[0] == 1 && memcmp(r->buffer, r->buffer + 1, BYTES - 1) == 0;
}

static void
send_near(void *arg)
{
	struct rig_receiver *to = arg;
	struct rig_client c;

	rig_client_open(&c, to, to->process->host->node, BYTES);
	ck_assert_int_eq(rig_send(&c, 0, 0, BYTES, 1), VMMC_OK);
	rig_until(all_here, to);
	to->done = true;
}

static void
ask_everybody(void *arg)
{
	struct process *p = task_process(task_self());
	struct vmmc_proxy *proxy;
	struct vmmc *v;

	(void)arg;
	ck_assert_int_eq(vmmc_open(p, &v), VMMC_OK);
	rig_until_set(&far.exported);
	ck_assert_int_eq(vmmc_import(v, BARE, NAME, &proxy), VMMC_ENODE);
	ck_assert_int_eq(vmmc_import(v, 4, NAME, &proxy), VMMC_ENODE);
	ck_assert_int_eq(vmmc_import(v, 5, NAME, &proxy), VMMC_ENODE);
}

static void
open_nothing(void *arg)
{
	struct vmmc *v;

	(void)arg;
	ck_assert_int_eq(vmmc_open(task_process(task_self()), &v), VMMC_EINVAL);
}

static void
count_parts(void *arg, const char *name, double utilisation)
{
	unsigned *counts = arg;

	ck_assert(utilisation >= 0 && utilisation <= 1);
	counts[0]++;
	counts[1] += g_str_has_prefix(name, "ultra-2 ");
}

START_TEST(sites_do_not_meet)
{
	unsigned parts[2] = {0, 0};
	char *report;
	size_t length;

	machine = rig_start_on(PLATFORM, (enum rig_nic)_i, NULL);
	ck_assert_ptr_null(machine->hosts[BARE].nic);
	near = far = (struct rig_receiver){.name = NAME, .node = VMMC_ANY_NODE, .bytes = BYTES};
	near.process = rig_program(1, "near", rig_receiver, &near);
	far.process = rig_program(4, "far", rig_receiver, &far);
	rig_program(0, "sender", send_near, &near);
	rig_program(3, "sender", send_near, &far);
	rig_program(0, "asks", ask_everybody, NULL);
	rig_program(BARE, "bare", open_nothing, NULL);
	rig_run();
	machine_utilisations(machine, count_parts, parts);
	ck_assert_uint_eq(parts[0], 4 * 6 + 2 + (_i == RIG_LANAI)); /* the memory NIC uses no channel */
	ck_assert_uint_eq(parts[1], 2);
	FILE *out = open_memstream(&report, &length);
	fabric_report(machine->fabric, out);
	fclose(out);
	free(report);
	rig_end();
}
END_TEST

static void
add_cases(TCase *cases)
{
	tcase_add_loop_test(cases, sites_do_not_meet, 0, RIG_N_NICS);
}

int
main(void)
{
	return run_suite("VMMC on two sites", add_cases);
}
