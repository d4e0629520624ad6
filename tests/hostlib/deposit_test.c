/* What a send writes, and where, and in which order. */
#include "tests/hostlib/rig.h"

#include <stdlib.h>
#include <string.h>

#define NAME   7
#define BUFFER (128u << 10)
#define CANARY 0xC5

static struct rig_receiver receiver;

struct sender {
	struct process *process;
	struct vmmc *v;
	struct vmmc_proxy *proxy;
	uint64_t source;
	uint8_t *data;
};

static void
sender_start(struct sender *s)
{
	s->process = task_process(task_self());
	s->source = umem_alloc(s->process->memory, BUFFER);
	s->data = umem_pointer(s->process->memory, s->source, BUFFER);
	ck_assert_int_eq(vmmc_open(s->process, &s->v), VMMC_OK);
	rig_until_set(&receiver.exported);
	ck_assert_int_eq(vmmc_import(s->v, 1, NAME, &s->proxy), VMMC_OK);
	ck_assert_uint_eq(vmmc_proxy_length(s->proxy), BUFFER);
}

static void
run_with(int nic, const char *const *sets, void (*sender)(void *))
{
	rig_start(nic, sets);
	receiver = (struct rig_receiver){.name = NAME, .node = VMMC_ANY_NODE, .bytes = BUFFER};
	rig_program(1, "receiver", rig_receiver, &receiver);
	rig_program(0, "sender", sender, NULL);
	rig_run();
	rig_end();
}

static void
run(int nic, void (*sender)(void *))
{
	run_with(nic, NULL, sender);
}

struct expected {
	const uint8_t *data;
	uint32_t offset, length;
};

static bool
arrived(void *arg)
{
	const struct expected *e = arg;

	return memcmp(receiver.buffer + e->offset, e->data, e->length) == 0;
}

static void
check_only(const struct expected *e)
{
	uint32_t i = 0;

	while (i < BUFFER && (receiver.buffer[i] == CANARY || (i >= e->offset && i < e->offset + e->length)))
		i++;
	ck_assert_msg(i == BUFFER, "byte %u was written by a send of %u to %u", i, e->length, e->offset);
}

/* One send into a buffer of canaries. */
static void
try(struct sender *s, uint32_t from, uint32_t to, uint32_t length)
{
	struct expected e = {s->data + from, to, length};

	memset(receiver.buffer, CANARY, BUFFER);
	for (uint32_t i = 0; i < length; i++)
		s->data[from + i] = (uint8_t)(rand() % CANARY);
	ck_assert_int_eq(vmmc_send(s->v, s->source + from, s->proxy, to, length, NULL), VMMC_OK);
	rig_until(arrived, &e);
	check_only(&e);
}

static void
one_word(void *arg)
{
	struct sender s;

	(void)arg;
	sender_start(&s);
	try(&s, 0, 8, 4);
	receiver.done = true;
}

START_TEST(test_one_word)
{
	run(_i, one_word);
}
END_TEST

static void
all_lengths(void *arg)
{
	static const uint32_t at[] = {0, 4, 2048, 4000, 4092};
	static const uint32_t lengths[] = {512, 4092, 4096, 4100, 8188, 8192, 8196, 12288, 65532, 65536};
	struct sender s;

	(void)arg;
	sender_start(&s);
	srand(1);
	for (uint32_t length = 4; length <= 264; length += 4)
		try(&s, at[length / 4 % 5], at[length / 20 % 5], length);
	for (unsigned l = 0; l < sizeof lengths / sizeof *lengths; l++)
		for (unsigned pair = 0; pair < 25; pair++)
			try(&s, at[pair % 5], at[pair / 5], lengths[l]);
	try(&s, 0, BUFFER - 65536, 65536);
	receiver.done = true;
}

START_TEST(test_all_lengths)
{
	run(_i, all_lengths);
}
END_TEST

static void
inline_data(void *arg)
{
	static const uint8_t data[128] = {1, 2, 3, 4, [124] = 5, [127] = 6};
	struct expected e = {data, 4096 - 60, sizeof data}; /* over a page end: two requests */
	struct sender s;

	(void)arg;
	sender_start(&s);
	memset(receiver.buffer, CANARY, BUFFER);
	ck_assert_int_eq(vmmc_send_inline(s.v, data, s.proxy, e.offset, e.length), VMMC_OK);
	rig_until(arrived, &e);
	check_only(&e);
	receiver.done = true;
}

START_TEST(test_inline_data)
{
	run(_i, inline_data);
}
END_TEST

#define MESSAGES 400

/* Message i, long or short, writes its number behind its data: when number i is there, so are all data up to i. */
static void
in_order(void *arg)
{
	struct sender s;
	uint64_t ticket = 0;

	(void)arg;
	sender_start(&s);
	for (uint32_t i = 1; i <= MESSAGES; i++) {
		uint32_t length = i % 3 ? 8 : 600, number = i;
		memcpy(s.data + (i - 1) * 80 % 65536, &number, 4);
		ck_assert_int_eq(vmmc_send(s.v, s.source + (i - 1) * 80 % 65536, s.proxy, i * 8, length, &ticket),
		                 VMMC_OK);
		ck_assert_int_eq(vmmc_send_inline(s.v, &number, s.proxy, 0, 4), VMMC_OK);
	}
	rig_until_set(&receiver.done);
	vmmc_wait_sent(s.v, ticket, SIM_NEVER);
	ck_assert(vmmc_sent(s.v, ticket));
}

static bool
number_changed(void *arg)
{
	uint32_t seen;

	memcpy(&seen, receiver.buffer, 4);
	return seen != *(const uint32_t *)arg;
}

static void
watch_order(void *arg)
{
	uint32_t last = 0;
	struct umem_range word;

	(void)arg;
	rig_receiver_open(&receiver);
	word = (struct umem_range){receiver.address, 4};
	while (last < MESSAGES) {
		uint32_t now, data;
		ck_assert_int_eq(vmmc_wait(receiver.v, number_changed, &last, &word, 1, sim_now() + SIM_S), VMMC_OK);
		memcpy(&now, receiver.buffer, 4);
		memcpy(&data, receiver.buffer + now * 8, 4);
		ck_assert_uint_gt(now, last);
		ck_assert_uint_eq(data, now);
		last = now;
	}
	receiver.done = true;
}

START_TEST(test_in_order)
{
	rig_start(_i, NULL);
	receiver = (struct rig_receiver){.name = NAME, .node = 0, .bytes = BUFFER};
	rig_program(1, "receiver", watch_order, NULL);
	rig_program(0, "sender", in_order, NULL);
	rig_run();
	rig_end();
}
END_TEST

/* Many more source pages than may be pinned, in sends of more pages than may be pinned. */
static void
many_sources(void *arg)
{
	struct sender s;
	uint32_t pages, bytes;
	uint64_t big;
	uint8_t *data;

	(void)arg;
	sender_start(&s);
	pages = 160;
	bytes = pages * UMEM_PAGE;
	big = umem_alloc(s.process->memory, bytes);
	data = umem_pointer(s.process->memory, big, bytes);
	for (uint32_t page = 0; page < pages; page += 16) {
		uint32_t length = (pages - page < 16 ? pages - page : 16) * UMEM_PAGE;
		struct expected e = {data + page * UMEM_PAGE, 0, length};
		memset(data + page * UMEM_PAGE, (int)(page / 16 + 1), length);
		ck_assert_int_eq(vmmc_send(s.v, big + page * UMEM_PAGE, s.proxy, 0, length, NULL), VMMC_OK);
		rig_until(arrived, &e);
	}
	receiver.done = true;
}

START_TEST(test_many_sources)
{
	static const char *const limit[] = {"vmmc.pin_limit_pages=6", NULL};

	run_with(_i, limit, many_sources);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("deposit");
	TCase *cases = tcase_create("deposit");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(cases, 100);
	tcase_add_loop_test(cases, test_one_word, 0, RIG_N_NICS);
	tcase_add_loop_test(cases, test_all_lengths, 0, RIG_N_NICS);
	tcase_add_loop_test(cases, test_inline_data, 0, RIG_N_NICS);
	tcase_add_loop_test(cases, test_in_order, 0, RIG_N_NICS);
	tcase_add_loop_test(cases, test_many_sources, 0, RIG_N_NICS);
	suite_add_tcase(suite, cases);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
