/* Everybody asks everybody, as fast as can be, with and without losses: every request is handled once and replied to
 * once, and nobody waits for ever. */
#include "tests/am/rig.h"
#include "tests/hostlib/main.h"

#include <string.h>

#define ASK      1u
#define ANSWER   2u
#define NODES    8u
#define REQUESTS 200u /* of each endpoint to each other */

static struct am_name names[NODES];
static unsigned n_nodes, n_done;
static uint32_t requests;

struct node {
	unsigned number;
	struct am *am;
	uint64_t data;
	uint32_t sum;               /* of what must be answered */
	uint32_t answered, answers; /* their sum and number */
	uint8_t seen[NODES][REQUESTS];
};
static struct node nodes[NODES];

static void
ask(struct am *am, void *arg, const struct am_message *m)
{
	struct node *n = arg;
	uint32_t value = m->arg[0] + 1;

	ck_assert_uint_lt(m->arg[0] & 0xFFFF, REQUESTS);
	ck_assert_uint_eq(n->seen[m->from.node][m->arg[0] & 0xFFFF]++, 0);
	if (m->arg[0] % 3 == 0)
		ck_assert_int_eq(am_reply_medium(am, ANSWER, &value, 1, n->data, value % AM_MAX), AM_OK);
	else
		ck_assert_int_eq(am_reply(am, ANSWER, &value, 1), AM_OK);
}

static void
answer(struct am *am, void *arg, const struct am_message *m)
{
	struct node *n = arg;

	(void)am;
	n->answered += m->arg[0];
	n->answers++;
}

static bool
all_done(void *arg)
{
	(void)arg;
	return n_done == n_nodes;
}

static void
request(struct node *n, unsigned to, uint32_t i)
{
	uint32_t value = n->number << 16 | i;
	enum am_error error;

	if (i % 4 == 1)
		error = am_request_medium(n->am, names[to], ASK, &value, 1, n->data, 1 + i * 20);
	else if (i % 4 == 3)
		error = am_request_bulk(n->am, names[to], ASK, &value, 1, n->data, AM_MAX, 64);
	else
		error = am_request(n->am, names[to], ASK, &value, 1);
	ck_assert_int_eq(error, AM_OK);
	n->sum += value + 1;
}

static void
body(void *arg)
{
	struct node *n = arg;

	n->data = umem_alloc(task_process(task_self())->memory, AM_MAX);
	n->am = rig_open(2 * AM_MAX, &names[n->number]);
	am_handle(n->am, ASK, ask, n);
	am_handle(n->am, ANSWER, answer, n);
	for (unsigned to = 0; to < n_nodes; to++)
		rig_wait_open(&names[to]);
	for (uint32_t i = 0; i < requests; i++)
		for (unsigned to = 0; to < n_nodes; to++)
			if (to != n->number)
				request(n, to, i);
	ck_assert_int_eq(am_quiet(n->am, SIM_NEVER), AM_OK);
	ck_assert_uint_eq(n->answers, requests * (n_nodes - 1));
	ck_assert_uint_eq(n->answered, n->sum);
	n_done++;
	while (!all_done(NULL))
		am_wait(n->am, all_done, NULL, sim_now() + 100 * SIM_US);
}

static uint32_t
run(const char *platform, unsigned n, uint32_t each, const char *const *sets, const char *counter)
{
	struct machine *m = rig_start(platform, sets);
	uint32_t count = 0;

	n_nodes = n;
	requests = each;
	for (unsigned i = 0; i < n; i++) {
		nodes[i].number = i;
		rig_program(i, "node", body, &nodes[i]);
	}
	rig_run();
	for (unsigned i = 0; i < n; i++)
		count += am_nic_counter(&m->hosts[i], counter);
	rig_end();
	return count;
}

START_TEST(test_pair)
{
	ck_assert_uint_eq(run("myrinet-ultra", 2, REQUESTS, NULL, "bad_descriptor"), 0);
}
END_TEST

START_TEST(test_all_to_all)
{
	ck_assert_uint_eq(run("myrinet-pc-8", 8, 40, NULL, "drop_credit"), 0);
}
END_TEST

START_TEST(test_losses)
{
	static const char *const sets[] = {"net.drop_rate=0.02", "net.corrupt_rate=0.02", "net.duplicate_rate=0.01",
	                                   "net.truncate_rate=0.01", NULL};

	ck_assert_uint_gt(run("myrinet-ultra", 2, REQUESTS, sets, "retransmitted"), 0);
}
END_TEST

START_TEST(test_damage)
{
	static const char *const sets[] = {"net.corrupt_rate=0.05", NULL};

	ck_assert_uint_gt(run("myrinet-ultra", 2, REQUESTS, sets, "drop_crc"), 0);
}
END_TEST

START_TEST(test_unreliable)
{
	static const char *const sets[] = {"vmmc.reliable=0", NULL};

	ck_assert_uint_eq(run("myrinet-ultra", 2, REQUESTS, sets, "acks_sent"), 0);
}
END_TEST

static void
add_tests(TCase *tc)
{
	tcase_add_test(tc, test_pair);
	tcase_add_test(tc, test_all_to_all);
	tcase_add_test(tc, test_losses);
	tcase_add_test(tc, test_damage);
	tcase_add_test(tc, test_unreliable);
}

int
main(void)
{
	return run_suite("overload", add_tests);
}
