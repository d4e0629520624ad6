/* Active Messages on a platform of two sites: nodes 0 and 1 and nodes 3 and 4 have a Myrinet, node 2 has no NIC. */
#include "tests/am/rig.h"

#include "tests/hostlib/main.h"

#define PLATFORM "ultra-two-sites"
#define BARE     2u /* the node without a NIC */
#define HANDLER  3u

static struct am_name server_name, client_name;
static unsigned handled;
static bool done;

static void
handle(struct am *am, void *arg, const struct am_message *m)
{
	(void)am;
	(void)arg;
	ck_assert_uint_eq(m->from.node, 3);
	handled++;
}

static void
server(void *arg)
{
	struct am *am = rig_open(0, &server_name);

	(void)arg;
	am_handle(am, HANDLER, handle, NULL);
	rig_serve(am, &done);
}

static void
client(void *arg)
{
	struct am *am = rig_open(0, &client_name);
	struct am_name to = rig_wait_open(&server_name);

	(void)arg;
	for (to.node = 0; to.node <= 5; to.node++)
		ck_assert_int_eq(am_request(am, to, HANDLER, NULL, 0), to.node == 4 ? AM_OK : AM_EINVAL);
	ck_assert_int_eq(am_quiet(am, SIM_NEVER), AM_OK);
	done = true;
}

static void
open_nothing(void *arg)
{
	struct am *am;

	(void)arg;
	ck_assert_int_eq(am_open(task_process(task_self()), 0, &am), AM_EINVAL);
}

START_TEST(sites_do_not_meet)
{
	rig_start(PLATFORM, NULL);
	rig_program(4, "server", server, NULL);
	rig_program(3, "client", client, NULL);
	rig_program(BARE, "bare", open_nothing, NULL);
	rig_run();
	ck_assert_uint_eq(handled, 1);
	rig_end();
}
END_TEST

static void
add_cases(TCase *cases)
{
	tcase_add_test(cases, sites_do_not_meet);
}

int
main(void)
{
	return run_suite("Active Messages on two sites", add_cases);
}
