/* Bytes of both directions, in sizes and at alignments of all kinds, are what was sent. */
#include "tests/hostlib/main.h"
#include "tests/sockets/fast_rig.h"

#include <stdlib.h>
#include <string.h>

#define MOST   20000u
#define STREAM (3u << 20)

static const uint32_t lengths[] = {1, 2, 3, 4, 5, 7, 19, 20, 21, 64, 1000, 4095, 4096, 4097, 8191, 12289, 17777, MOST};

static unsigned
who(const struct end *end)
{
	return (unsigned)(end - fast_ends);
}

/* Memory at any offset from a word, of the arena or of the program's own. */
static uint8_t *
some_memory(struct end *end, bool foreign)
{
	return foreign ? g_malloc0(MOST + 8) : fast_memory(end, MOST + 8);
}

static void
talk(struct end *end, uint8_t *memory)
{
	uint64_t sent = 0, come = 0;

	for (unsigned i = 0; i < G_N_ELEMENTS(lengths); i++)
		for (unsigned at = 0; at < 4; at++) {
			uint32_t n = lengths[i];
			uint8_t *data = memory + at;

			if (who(end) == 0) {
				fast_fill(0, sent, data, n);
				fast_send_all(end, data, n);
				sent += n;
			}
			memset(data, 0, n);
			ck_assert_uint_eq(fast_recv(end, data, n, true), n);
			fast_check(!who(end), come, data, n);
			come += n;
			if (who(end) == 1) {
				fast_fill(1, sent, data, n);
				fast_send_all(end, data, n);
				sent += n;
			}
		}
	ck_assert_uint_eq(end->counts.bytes_sent, sent);
	ck_assert_uint_eq(end->counts.bytes_received, come);
}

static void
talk_arena(struct end *end)
{
	talk(end, some_memory(end, false));
}

static void
talk_foreign(struct end *end)
{
	uint8_t *memory = some_memory(end, true);

	talk(end, memory);
	g_free(memory);
}

static const char *const no_posting[] = {"socket.receive_posting=0", NULL};

START_TEST(test_turns)
{
	const struct fast_rig rig = {.sets = _i % 2 ? no_posting : NULL};

	if (_i < 2)
		fast_rig_run(&rig, talk_arena, talk_arena);
	else
		fast_rig_run(&rig, talk_foreign, talk_foreign);
}
END_TEST

/* One way each at a time, as fast as it goes, in calls of random length. */
static void
both_ways(struct end *end)
{
	uint8_t *data = fast_memory(end, 2 * MOST);
	struct link *l = end->link;
	uint64_t sent = 0, come = 0;

	while (sent < STREAM || come < STREAM) {
		uint32_t n = 1 + (uint32_t)rand() % MOST;
		int64_t moved = 0;

		if (sent < STREAM) {
			n = MIN(n, STREAM - (uint32_t)sent);
			fast_fill(who(end), sent, data, n);
			moved = l->ops->put(l, data, n, SOCK_FAST);
			ck_assert_int_ge(moved, 0);
			sent += (uint64_t)moved;
		}
		if (!l->ops->readable(l))
			l->ops->progress(l);
		if (l->ops->readable(l)) {
			n = (uint32_t)fast_recv(end, data, n, false);
			fast_check(!who(end), come, data, n);
			come += n;
		} else if (!moved) {
			fast_pause(SIM_US);
		}
	}
	ck_assert_uint_eq(l->ops->unread(l), 0);
}

START_TEST(test_both_ways)
{
	static const char *const lossy[] = {"vmmc.reliable=1", "net.drop_rate=0.01", "net.corrupt_rate=0.005", NULL};
	const struct fast_rig rig = {.sets = _i ? lossy : NULL};

	fast_rig_run(&rig, both_ways, both_ways);
	ck_assert_uint_eq(fast_ends[0].counts.bytes_received, STREAM);
	ck_assert_uint_eq(fast_ends[1].counts.bytes_received, STREAM);
}
END_TEST

static void
add_tests(TCase *tc)
{
	tcase_add_loop_test(tc, test_turns, 0, 4);
	tcase_add_loop_test(tc, test_both_ways, 0, 2);
}

int
main(void)
{
	return run_suite("fast stream", add_tests);
}
