/* Medium and bulk messages: every byte, in its place, and no other. */
#include "tests/am/rig.h"
#include "tests/hostlib/main.h"
#include "tests/quick_assert.h"

#include <stdlib.h>
#include <string.h>

#define TAKE   1u
#define LANDED 2u
#define GOT    3u
#define BULK   (64u << 10)
#define CANARY 0xC5

static struct am_name client_name, server_name;
static bool done;
static uint8_t sent[AM_MAX];
static uint32_t sent_bytes, sent_at;

static const uint8_t *
data_of(const struct am_message *m)
{
	return umem_pointer(task_process(task_self())->memory, m->data, m->bytes);
}

static void
check(const struct am_message *m)
{
	ck_assert_uint_eq(m->n_args, AM_ARGS);
	ck_assert_uint_eq(m->arg[0], sent_bytes);
	ck_assert_uint_eq(m->arg[AM_ARGS - 1], ~sent_bytes);
	ck_assert_uint_eq(m->bytes, sent_bytes);
	ck_assert(sent_bytes == 0 || memcmp(data_of(m), sent, sent_bytes) == 0);
}

/* Replies with the same data. */
static void
take(struct am *am, void *arg, const struct am_message *m)
{
	(void)arg;
	check(m);
	ck_assert_int_eq(am_reply_medium(am, GOT, m->arg, AM_ARGS, m->data, m->bytes), AM_OK);
}

static void
landed(struct am *am, void *arg, const struct am_message *m)
{
	const uint8_t *area = umem_pointer(task_process(task_self())->memory, am_bulk_area(am), BULK);
	uint32_t end = sent_at + (MAX(sent_bytes, 1) + 3) / 4 * 4;

	(void)arg;
	check(m);
	ck_assert_uint_eq(m->data, am_bulk_area(am) + sent_at);
	for (uint32_t i = 0; i < BULK; i++)
		quick_assert_msg((i >= sent_at && i < end) || area[i] == CANARY, "byte %u was written", i);
	memset(umem_pointer(task_process(task_self())->memory, am_bulk_area(am), BULK), CANARY, BULK);
	ck_assert_int_eq(am_reply_bulk(am, GOT, m->arg, AM_ARGS, m->data, 0, 0), AM_OK);
}

static void
server(void *arg)
{
	struct am *am = rig_open(BULK, &server_name);

	(void)arg;
	memset(umem_pointer(task_process(task_self())->memory, am_bulk_area(am), BULK), CANARY, BULK);
	am_handle(am, TAKE, take, NULL);
	am_handle(am, LANDED, landed, NULL);
	rig_serve(am, &done);
}

static void
got(struct am *am, void *arg, const struct am_message *m)
{
	(void)am;
	ck_assert_uint_eq(m->arg[0], sent_bytes);
	if (m->bytes)
		check(m);
	*(bool *)arg = true;
}

static bool
is_true(void *arg)
{
	return *(bool *)arg;
}

struct client {
	struct am *am;
	struct am_name to;
	uint64_t source;
	uint8_t *data;
	bool got;
};

static void
send(struct client *c, bool bulk, uint32_t bytes, uint32_t from, uint32_t to)
{
	uint32_t args[AM_ARGS] = {bytes, 2, 3, ~bytes};
	enum am_error error;

	for (uint32_t i = 0; i < bytes; i++)
		sent[i] = c->data[from + i] = (uint8_t)(rand() % CANARY);
	sent_bytes = bytes;
	sent_at = to;
	c->got = false;
	if (bulk)
		error = am_request_bulk(c->am, c->to, LANDED, args, AM_ARGS, c->source + from, bytes, to);
	else
		error = am_request_medium(c->am, c->to, TAKE, args, AM_ARGS, c->source + from, bytes);
	ck_assert_int_eq(error, AM_OK);
	memset(c->data + from, 0, bytes); /* it was copied out */
	ck_assert_int_eq(am_wait(c->am, is_true, &c->got, sim_now() + 5 * SIM_MS), AM_OK);
}

static void
client_open(struct client *c)
{
	struct process *p = task_process(task_self());

	c->am = rig_open(BULK, &client_name);
	c->source = umem_alloc(p->memory, 2 * AM_MAX);
	c->data = umem_pointer(p->memory, c->source, 2 * AM_MAX);
	c->to = rig_wait_open(&server_name);
	am_handle(c->am, GOT, got, &c->got);
}

static const uint32_t lengths[] = {0, 1, 3, 4, 5, 11, 12, 13, 28, 64, 1000, 2048, 4092, 4095, 4096};

static void
medium(void *arg)
{
	struct client c;

	(void)arg;
	client_open(&c);
	for (unsigned i = 0; i < G_N_ELEMENTS(lengths); i++)
		for (uint32_t from = 0; from < 8; from += 1 + from)
			send(&c, false, lengths[i], from, 0);
	for (unsigned i = 0; i < 150; i++) /* the ring goes round */
		send(&c, false, (uint32_t)rand() % (AM_MAX + 1), 0, 0);
	ck_assert_uint_eq(am_counts(c.am).fault[AM_FAULT_MALFORMED], 0);
	done = true;
}

static void
bulk(void *arg)
{
	static const uint32_t at[] = {0, 4, 2048, 4000, 4092, 4096, BULK - AM_MAX};
	struct client c;

	(void)arg;
	client_open(&c);
	for (unsigned i = 0; i < G_N_ELEMENTS(lengths); i++)
		for (unsigned j = 0; j < G_N_ELEMENTS(at); j++)
			send(&c, true, lengths[i], j, at[j]);
	send(&c, true, 4, 0, BULK - 4);
	done = true;
}

static void
run(const char *const *sets, void (*client)(void *))
{
	rig_start("myrinet-ultra", sets);
	rig_program(1, "server", server, NULL);
	rig_program(0, "client", client, NULL);
	rig_run();
	rig_end();
}

static const char *const unreliable[] = {"vmmc.reliable=0", NULL};

START_TEST(test_medium)
{
	run(_i ? unreliable : NULL, medium);
}
END_TEST

START_TEST(test_bulk)
{
	run(_i ? unreliable : NULL, bulk);
}
END_TEST

static void
add_tests(TCase *tc)
{
	tcase_add_loop_test(tc, test_medium, 0, 2);
	tcase_add_loop_test(tc, test_bulk, 0, 2);
}

int
main(void)
{
	return run_suite("data", add_tests);
}
