/* Requests and replies between two hosts, by executed firmware. */
#include "tests/am/rig.h"

#include "tests/hostlib/main.h"

#include <string.h>

#define ECHO   7u
#define ECHOED 8u

static struct am_name client_name, server_name;
static bool done;

static void
echo(struct am *am, void *arg, const struct am_message *m)
{
	uint32_t sum[2] = {0, m->n_args};

	(void)arg;
	ck_assert(m->request);
	for (unsigned i = 0; i < m->n_args; i++)
		sum[0] += m->arg[i];
	ck_assert_int_eq(am_reply(am, ECHOED, sum, 2), AM_OK);
	ck_assert_int_eq(am_reply(am, ECHOED, sum, 2), AM_EINVAL);
	ck_assert_int_eq(am_request(am, m->from, ECHO, NULL, 0), AM_EINVAL);
}

static void
echoed(struct am *am, void *arg, const struct am_message *m)
{
	uint32_t *got = arg;

	(void)am;
	ck_assert(!m->request);
	memcpy(got, m->arg, 8);
}

static bool
has_got(void *arg)
{
	return *(uint32_t *)arg != UINT32_MAX;
}

static void
server(void *arg)
{
	struct am *am = rig_open(0, &server_name);

	(void)arg;
	am_handle(am, ECHO, echo, NULL);
	rig_serve(am, &done);
}

static void
shorts(void *arg)
{
	struct am *am = rig_open(0, &client_name);
	struct am_name to = rig_wait_open(&server_name);
	uint32_t args[AM_SHORT_ARGS] = {1, 20, 300, 4000, 50000, 600000, 7000000}, sum = 0;
	uint32_t got[2];

	(void)arg;
	am_handle(am, ECHOED, echoed, got);
	for (unsigned n = 0; n <= AM_SHORT_ARGS; n++) {
		memset(got, 0xFF, sizeof got);
		ck_assert_int_eq(am_request(am, to, ECHO, args, n), AM_OK);
		ck_assert_int_eq(am_wait(am, has_got, got, sim_now() + SIM_MS), AM_OK);
		ck_assert_uint_eq(got[0], sum);
		ck_assert_uint_eq(got[1], n);
		sum += n < AM_SHORT_ARGS ? args[n] : 0;
	}
	ck_assert_uint_eq(am_counts(am).requests, AM_SHORT_ARGS + 1);
	done = true;
}

START_TEST(test_shorts)
{
	rig_start(_i ? "myrinet-ultra" : "myrinet-pc", NULL);
	rig_program(1, "server", server, NULL);
	rig_program(0, "client", shorts, NULL);
	rig_run();
	rig_end();
}
END_TEST

/* A handler that has enough ends the poll; what has come besides is there for the next. */

#define CROWD 3u

static void
have_enough(struct am *am, void *arg, const struct am_message *m)
{
	unsigned *taken = arg;

	(void)m;
	++*taken;
	am_enough(am);
}

static void
frugal_server(void *arg)
{
	struct am *am = rig_open(0, &server_name);
	unsigned taken = 0;

	(void)arg;
	am_handle(am, ECHO, have_enough, &taken);
	rig_pause(5 * SIM_MS); /* all are here */
	for (unsigned n = 1; n <= CROWD; n++) {
		ck_assert_uint_eq(am_poll(am), 1);
		ck_assert_uint_eq(taken, n);
	}
	ck_assert_uint_eq(am_poll(am), 0);
	rig_serve(am, &done);
}

static void
crowd(void *arg)
{
	struct am *am = rig_open(0, &client_name);
	struct am_name to = rig_wait_open(&server_name);

	(void)arg;
	for (unsigned i = 0; i < CROWD; i++)
		ck_assert_int_eq(am_request(am, to, ECHO, NULL, 0), AM_OK);
	ck_assert_int_eq(am_quiet(am, sim_now() + 20 * SIM_MS), AM_OK);
	done = true;
}

START_TEST(test_enough)
{
	rig_start("myrinet-ultra", NULL);
	rig_program(1, "server", frugal_server, NULL);
	rig_program(0, "client", crowd, NULL);
	rig_run();
	rig_end();
}
END_TEST

static void
add_tests(TCase *tc)
{
	tcase_add_test(tc, test_enough);
	tcase_add_loop_test(tc, test_shorts, 0, 2);
}

int
main(void)
{
	return run_suite("message", add_tests);
}
