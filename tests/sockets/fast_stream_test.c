/* Bytes of both directions, in sizes and at alignments of all kinds, are what was sent. */
#include "tests/hostlib/main.h"
#include "tests/sockets/fast_rig.h"

#include <stdlib.h>
#include <string.h>

#define MOST   20000u
#define STREAM (1u << 20)

static const uint32_t lengths[] = {1, 2, 3, 4, 5, 7, 19, 20, 21, 64, 1000, 4095, 4096, 4097, 8191, 12289, 17777, MOST};

static unsigned
who(const struct end *end)
{
	return (unsigned)(end - fast_ends);
}

/* Whose the memory of calls is. */
enum kind { ARENA, PROGRAM, BULK, KINDS };

static enum kind kind;

static uint8_t *
some_memory(struct end *end)
{
	uint64_t address;

	if (kind == PROGRAM)
		return g_malloc0(MOST + 8);
	if (kind == ARENA)
		return fast_memory(end, MOST + 8);
	address = fast_alloc(end->process, MOST + 8);
	ck_assert_uint_ne(address, 0);
	return umem_pointer(end->process->memory, address, MOST + 8);
}

static void
say(struct end *end, uint8_t *data, uint32_t n)
{
	fast_fill(who(end), end->counts.bytes_sent, data, n);
	fast_send_all(end, data, n);
	memset(data, 0, n);
}

static void
hear(struct end *end, uint8_t *data, uint32_t n)
{
	uint64_t come = end->counts.bytes_received;

	ck_assert_uint_eq(fast_recv(end, data, n, true), n);
	fast_check(!who(end), come, data, n);
}

/* In turns, so that nothing comes before somebody waits for it. */
static void
talk(struct end *end)
{
	uint8_t *memory = some_memory(end);

	for (unsigned i = 0; i < G_N_ELEMENTS(lengths); i++)
		for (unsigned at = 0; at < 4; at++) {
			if (who(end) == 0)
				say(end, memory + at, lengths[i]);
			hear(end, memory + at, lengths[i]);
			if (who(end) == 1)
				say(end, memory + at, lengths[i]);
		}
	if (kind == PROGRAM)
		g_free(memory);
	if (kind == BULK)
		fast_free(end->process, umem_map(end->process->memory, memory));
}

static const char *const no_posting[] = {"socket.receive_posting=0", NULL};

/* direct_bounds: how many bytes that come may go past the buffer.  A sender names places in the bulk area only, and of
 * what fits with the arguments it names none. */
static void
direct_bounds(bool posting, bool sender_based, uint64_t come, uint64_t *least, uint64_t *most)
{
	*least = posting && !sender_based ? come : 0;
	*most = posting && (!sender_based || kind == BULK) ? come : 0;
	for (unsigned i = 0; posting && sender_based && i < G_N_ELEMENTS(lengths); i++) {
		*least += kind == BULK && lengths[i] > 16000 ? 4 * lengths[i] : 0;
		*most += kind != BULK ? 4 * (lengths[i] % AM_MAX) : 0;
	}
}

/* The same bytes in every variant; with posting none of them goes through the buffer. */
START_TEST(test_turns)
{
	bool posting = _i & 1;
	const struct fast_rig rig = {.sets = posting ? NULL : no_posting, .sender_based = _i & 2};

	kind = (enum kind)(_i / 4);
	fast_rig_run(&rig, talk, talk);
	for (unsigned i = 0; i < 2; i++) {
		const struct sock_counts *c = &fast_ends[i].counts;
		uint64_t least, most;

		ck_assert_uint_eq(c->bytes_received, fast_ends[!i].counts.bytes_sent);
		ck_assert_uint_eq(c->bytes_copied_out + c->bytes_direct, c->bytes_received);
		direct_bounds(posting, _i & 2, c->bytes_received, &least, &most);
		ck_assert_uint_ge(c->bytes_direct, i ? MIN(least, 1) : least);
		ck_assert_uint_le(c->bytes_direct, most);
		ck_assert_uint_eq(c->bytes_copied_back, 0);
	}
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
	const struct fast_rig rig = {.sets = _i & 1 ? lossy : NULL, .sender_based = _i & 2};

	fast_rig_run(&rig, both_ways, both_ways);
	ck_assert_uint_eq(fast_ends[0].counts.bytes_received, STREAM);
	ck_assert_uint_eq(fast_ends[1].counts.bytes_received, STREAM);
}
END_TEST

static void
add_tests(TCase *tc)
{
	tcase_add_loop_test(tc, test_turns, 0, 4 * KINDS);
	tcase_add_loop_test(tc, test_both_ways, 0, 4);
}

int
main(void)
{
	return run_suite("fast stream", add_tests);
}
