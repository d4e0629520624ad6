/* An endpoint that several processes hold: requests of all, handlers in whoever polls, the last one closes. */
#include "tests/am/rig.h"
#include "tests/hostlib/main.h"

#include <string.h>

#define ECHO     1u
#define ECHOED   2u
#define MEMBERS  3u /* the one that opened it, and two more */
#define REQUESTS 50u
#define BYTES    1000u

static struct am_name server_name, shared_name, late_name;
static struct am *shared;
static unsigned finished;
static bool done;

static struct member {
	unsigned number;
	uint32_t replies;
	uint32_t handled; /* messages whose handler it ran */
} members[MEMBERS];

static void
echo(struct am *am, void *arg, const struct am_message *m)
{
	(void)arg;
	if (m->bytes)
		ck_assert_int_eq(am_reply_medium(am, ECHOED, m->arg, 2, m->data, m->bytes), AM_OK);
	else
		ck_assert_int_eq(am_reply(am, ECHOED, m->arg, 2), AM_OK);
}

static void
server(void *arg)
{
	struct am *am = rig_open(0, &server_name);

	(void)arg;
	am_handle(am, ECHO, echo, NULL);
	rig_serve(am, &done);
}

/* In any of the processes; the data lie in the endpoint's memory. */
static void
echoed(struct am *am, void *arg, const struct am_message *m)
{
	uint8_t data[BYTES];

	(void)arg;
	ck_assert_uint_lt(m->arg[0], MEMBERS);
	if (m->bytes) {
		ck_assert(umem_read(am_memory(am), m->data, data, m->bytes));
		ck_assert_uint_eq(data[0], m->arg[0]);
		ck_assert_uint_eq(data[m->bytes - 1], m->arg[1]);
	}
	members[m->arg[0]].replies++;
	for (unsigned i = 0; i < MEMBERS; i++)
		members[i].handled +=
		        strcmp(task_name(task_self()), (const char *[]){"first", "second", "third"}[i]) == 0;
	cpu_charge(CPU_USER, 3 * SIM_US);
	cpu_settle(); /* others run meanwhile */
}

static bool
has_all(void *arg)
{
	const struct member *m = arg;

	return m->replies == REQUESTS;
}

static void
ask(struct member *m)
{
	struct process *p = task_process(task_self());
	uint64_t data = umem_alloc(p->memory, BYTES);
	uint8_t *bytes = umem_pointer(p->memory, data, BYTES);

	for (uint32_t i = 0; i < REQUESTS; i++) {
		uint32_t arg[2] = {m->number, i}, n = 1 + i * (BYTES - 1) / REQUESTS;
		bytes[0] = (uint8_t)m->number;
		bytes[n - 1] = n > 1 ? (uint8_t)i : bytes[0];
		arg[1] = bytes[n - 1];
		if (i % 2)
			ck_assert_int_eq(am_request(shared, server_name, ECHO, arg, 2), AM_OK);
		else
			ck_assert_int_eq(am_request_medium(shared, server_name, ECHO, arg, 2, data, n), AM_OK);
	}
	ck_assert_int_eq(am_wait(shared, has_all, m, SIM_NEVER), AM_OK);
	finished++;
}

static void
member(void *arg)
{
	struct member *m = arg;

	m->number = (unsigned)(m - members);
	rig_wait_open(&server_name);
	ask(m);
}

/* Opens, shares, and ends first: its memory outlives it. */
static void
first(void *arg)
{
	struct process *p = task_process(task_self()), *child;

	shared = rig_open(0, &shared_name);
	am_handle(shared, ECHOED, echoed, NULL);
	for (unsigned i = 1; i < MEMBERS; i++) {
		child = process_new(p->host, "child");
		ck_assert_int_eq(am_share(shared, child), AM_OK);
		ck_assert_int_eq(am_share(shared, child), AM_EINVAL);
		task_start(child, i == 1 ? "second" : "third", false, member, &members[i]);
	}
	if (arg)
		member(&members[0]);
	else
		finished++;
}

/* When all have ended the endpoint is closed: there are as many as there were. */
static void
watcher(void *arg)
{
	struct am *am;

	(void)arg;
	while (finished < MEMBERS)
		rig_pause(100 * SIM_US);
	rig_pause(SIM_MS);
	am = rig_open(0, &late_name);
	ck_assert_uint_eq(late_name.endpoint, shared_name.endpoint);
	ck_assert_uint_ne(late_name.tag, shared_name.tag);
	am_close(am);
	done = true;
}

START_TEST(test_share)
{
	static const char *const ways[] = {"wait.strategy=block", "wait.strategy=spin-yield",
	                                   "wait.strategy=spin-block"};
	const char *const sets[] = {ways[_i % 3], NULL};
	bool first_takes_part = _i < 3;
	unsigned others = 0;

	rig_start("myrinet-ultra", sets);
	rig_program(1, "server", server, NULL);
	rig_program(0, "first", first, first_takes_part ? members : NULL);
	rig_program(0, "watcher", watcher, NULL);
	rig_run();
	ck_assert(done);
	for (unsigned i = first_takes_part ? 0 : 1; i < MEMBERS; i++)
		ck_assert_uint_eq(members[i].replies, REQUESTS);
	for (unsigned i = 0; i < MEMBERS; i++)
		others += members[i].handled;
	ck_assert_uint_eq(others, (MEMBERS - !first_takes_part) * REQUESTS);
	rig_end();
}
END_TEST

static void
add_tests(TCase *tc)
{
	tcase_add_loop_test(tc, test_share, 0, 6);
}

int
main(void)
{
	return run_suite("share", add_tests);
}
