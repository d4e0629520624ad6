/* Links that break and come back, NICs that hang and are started again: every request ends, once, and afterwards
 * everything works. */
#include "tests/am/rig.h"
#include "tests/hostlib/main.h"

#define ECHO   1u
#define ECHOED 2u
#define ALL    0xFFFFFFFFu

static struct am_name client_name, server_name;
static bool done;
static unsigned server_opened; /* times */
static struct machine *machine;
/* What the client has sent, and how it ended. */
static uint32_t sent, echoes, returns, oldest_good;
static uint32_t echoed_now[2];

static void
echo(struct am *am, void *arg, const struct am_message *m)
{
	(void)arg;
	ck_assert_int_eq(am_reply(am, ECHOED, m->arg, 1), AM_OK);
}

static void
echoed(struct am *am, void *arg, const struct am_message *m)
{
	(void)am;
	(void)arg;
	ck_assert_msg(m->arg[0] >= oldest_good, "a reply to request %u, which was over", m->arg[0]);
	ck_assert_uint_lt(m->arg[0], sent);
	echoes++;
}

static void
returned(void *arg, struct am_name peer, enum am_fault what, bool ours)
{
	(void)arg;
	(void)peer;
	ck_assert(ours);
	ck_assert_int_eq(what, AM_FAULT_RETURNED);
	returns++;
}

static bool
is_done(void *arg)
{
	(void)arg;
	return done;
}

/* Opens again when its NIC was started again. */
static void
server(void *arg)
{
	enum am_error error;

	(void)arg;
	do {
		struct am *am = rig_open(0, &server_name);
		server_opened++;
		am_handle(am, ECHO, echo, NULL);
		do
			error = am_wait(am, is_done, NULL, sim_now() + SIM_MS);
		while (error == AM_ETIMEDOUT);
		am_close(am);
	} while (error == AM_EFIRMWARE);
	ck_assert_int_eq(error, AM_OK);
}

static struct am *
open_client(void)
{
	struct am *am = rig_open(0, &client_name);

	am_handle(am, ECHOED, echoed, NULL);
	am_on_fault(am, returned, NULL);
	rig_wait_open(&server_name);
	return am;
}

static enum am_error
ask(struct am *am)
{
	uint32_t number = sent++;
	enum am_error error = am_request(am, server_name, ECHO, &number, 1);

	if (error == AM_OK)
		error = am_quiet(am, sim_now() + SIM_S);
	return error;
}

/* Asks until it has been answered `n` times in a row. */
static void
works(struct am *am, unsigned n)
{
	sim_time limit = sim_now() + 2 * SIM_S;

	for (unsigned row = 0; row < n; row++) {
		uint32_t before = echoes;
		ck_assert_int_eq(ask(am), AM_OK);
		if (echoes == before)
			row = 0;
		ck_assert_msg(sim_now() < limit, "it does not work again");
		rig_pause(100 * SIM_US);
	}
}

/* The faults strike while it asks all the time. */
static void
client(void *arg)
{
	struct am *am = open_client();
	unsigned own_restarts = 0;

	(void)arg;
	works(am, 4);
	while (sim_now() < 300 * SIM_MS) {
		enum am_error error = ask(am);
		if (error == AM_EFIRMWARE) {
			am_close(am);
			am = open_client();
			oldest_good = sent;
			own_restarts++;
			returns = sent - echoes; /* those that nobody tells of any more */
		} else {
			ck_assert_int_eq(error, AM_OK);
		}
		rig_pause(50 * SIM_US);
	}
	works(am, 8);
	ck_assert_uint_eq(echoes + returns, sent);
	ck_assert_uint_gt(returns, 0);
	echoed_now[0] = own_restarts;
	done = true;
}

static const struct {
	const char *faults;
	unsigned own, others; /* restarts */
} scripts[] = {
        {"net.faults=50ms link ultra-1 down 100ms", 0, 0},
        {"net.faults=50ms link ultra-0 down 100ms; 200ms link ultra-1 down 50ms", 0, 0},
        {"net.faults=50ms nic ultra-1 hang", 0, 1},
        {"net.faults=50ms nic ultra-1 reset", 0, 1},
        {"net.faults=50ms nic ultra-1 reset scramble; 150ms nic ultra-1 reset", 0, 2},
        {"net.faults=50ms nic ultra-0 reset scramble", 1, 0},
        {"net.faults=50ms nic ultra-0 hang; 50ms nic ultra-1 hang", 1, 1},
};

START_TEST(test_fault)
{
	const char *const sets[] = {scripts[_i].faults, "vmmc.give_up_us=10000", NULL};

	machine = rig_start("myrinet-ultra", sets);
	rig_program(1, "server", server, NULL);
	rig_program(0, "client", client, NULL);
	rig_run();
	ck_assert(done);
	ck_assert_uint_eq(echoed_now[0], scripts[_i].own);
	ck_assert_uint_eq(server_opened, 1 + scripts[_i].others);
	rig_end();
}
END_TEST

/* Old requests. ------------------------------------------------------------------------------------------------------
 */

/* Does not poll while the link is down. */
static void
slow_server(void *arg)
{
	struct am *am = rig_open(0, &server_name);

	(void)arg;
	am_handle(am, ECHO, echo, NULL);
	rig_pause(80 * SIM_MS);
	rig_serve(am, &done);
}

static void
old_requests(void *arg)
{
	struct am *am = open_client();
	uint32_t number;

	(void)arg;
	for (number = 0; number < AM_OUTSTANDING; number++) {
		if (number == AM_OUTSTANDING - 1) /* this one finds the link down */
			rig_pause(3 * SIM_MS);
		ck_assert_int_eq(am_request(am, server_name, ECHO, &number, 1), AM_OK);
	}
	sent = oldest_good = number;
	ck_assert_int_eq(am_quiet(am, sim_now() + 60 * SIM_MS), AM_OK);
	ck_assert_uint_eq(returns, AM_OUTSTANDING);
	while (sim_now() < 75 * SIM_MS) {
		ck_assert_int_eq(ask(am), AM_OK);
		rig_pause(SIM_MS);
	}
	ck_assert_uint_eq(echoes, 0); /* the old ones stand in the way */
	works(am, 8);
	ck_assert_uint_eq(echoes + returns, sent);
	ck_assert_uint_eq(am_nic_counter(&machine->hosts[1], "bad_descriptor"), 0);
	ck_assert_uint_eq(am_nic_counter(&machine->hosts[0], "drop_credit"), 0);
	done = true;
}

START_TEST(test_old_requests)
{
	static const char *const sets[] = {"net.faults=2ms link ultra-1 down 40ms", "vmmc.give_up_us=10000", NULL};

	machine = rig_start("myrinet-ultra", sets);
	rig_program(1, "server", slow_server, NULL);
	rig_program(0, "client", old_requests, NULL);
	rig_run();
	ck_assert(done);
	rig_end();
}
END_TEST

static void
add_tests(TCase *tc)
{
	tcase_add_loop_test(tc, test_fault, 0, (int)G_N_ELEMENTS(scripts));
	tcase_add_test(tc, test_old_requests);
}

int
main(void)
{
	return run_suite("restart", add_tests);
}
