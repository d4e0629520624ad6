/* How streams end: half-close, close, reset, processes that end, NICs that stop; and windows that are full. */
#include "tests/hostlib/main.h"
#include "tests/sockets/fast_rig.h"

#define BYTES 10000u

static unsigned
said(struct end *end)
{
	return end->link->ops->end(end->link);
}

static void
send_some(struct end *end, unsigned who, uint32_t bytes)
{
	uint8_t *data = fast_memory(end, bytes);

	fast_fill(who, 0, data, bytes);
	fast_send_all(end, data, bytes);
}

static void
take_some(struct end *end, unsigned who, uint32_t bytes)
{
	uint8_t *data = fast_memory(end, bytes);

	ck_assert_uint_eq(fast_recv(end, data, bytes, true), bytes);
	fast_check(who, 0, data, bytes);
}

/* Half-close: the other direction goes on. */
static void
half_closes(struct end *end)
{
	send_some(end, 0, BYTES);
	end->link->ops->put_end(end->link, LINK_FIN);
	take_some(end, 1, BYTES);
	ck_assert(fast_until(end, fast_ended, end->link, SIM_NEVER));
	ck_assert_uint_eq(said(end), LINK_FIN | LINK_CLOSED);
}

static void
answers(struct end *end)
{
	uint8_t byte;

	take_some(end, 0, BYTES);
	ck_assert_uint_eq(fast_recv(end, &byte, 1, true), 0);
	ck_assert_uint_eq(said(end), LINK_FIN);
	send_some(end, 1, BYTES);
}

START_TEST(test_half_close)
{
	const struct fast_rig rig = {.sender_based = _i};

	fast_rig_run(&rig, half_closes, answers);
}
END_TEST

/* The end shows behind the last byte, not before. */
static void
sends_and_goes(struct end *end)
{
	send_some(end, 0, BYTES);
}

static void
comes_late(struct end *end)
{
	fast_pause(10 * SIM_MS);
	ck_assert_uint_eq(said(end), 0);
	take_some(end, 0, BYTES);
	ck_assert(fast_until(end, fast_ended, end->link, SIM_NEVER));
	ck_assert_uint_eq(said(end), LINK_FIN | LINK_CLOSED);
}

START_TEST(test_parting)
{
	const struct fast_rig rig = {.sender_based = _i};

	fast_rig_run(&rig, sends_and_goes, comes_late);
	ck_assert_uint_eq(fast_ends[1].counts.bytes_received, BYTES);
}
END_TEST

/* Who closes without having taken everything says so. */
static void
is_left(struct end *end)
{
	send_some(end, 0, BYTES);
	ck_assert(fast_until(end, fast_ended, end->link, SIM_NEVER));
	ck_assert_uint_eq(said(end) & ~LINK_LOST, fast_ends[1].last_words);
	ck_assert_uint_eq(said(end) & LINK_LOST, fast_ends[1].last_words & LINK_CLOSED ? LINK_LOST : 0);
	send_some(end, 0, BYTES); /* is lost */
	ck_assert_uint_eq(end->link->ops->room(end->link), true);
}

static void
leaves_some(struct end *end)
{
	uint8_t byte;

	end->last_words = fast_ends[0].last_words == LINK_RESET ? LINK_RESET : LINK_FIN | LINK_CLOSED;
	ck_assert_uint_eq(fast_recv(end, &byte, 1, true), 1);
}

static void
resets_and_leaves(struct end *end)
{
	leaves_some(end);
	end->last_words = LINK_RESET;
}

START_TEST(test_lost)
{
	const struct fast_rig rig = {.sender_based = _i & 2};

	fast_rig_run(&rig, is_left, _i & 1 ? resets_and_leaves : leaves_some);
}
END_TEST

/* worthwhile: less room than that is not used for part of a fragment. */
static uint32_t
worthwhile(const struct link *l)
{
	return MIN(AM_MAX, l->ops->receive_buffer(l) / 4);
}

/* A window is as large as the buffer, and opens again by what is taken. */
static void
fills(struct end *end)
{
	uint8_t *data = fast_memory(end, 4 * BYTES);
	struct link *l = end->link;
	uint64_t put = 0;

	fast_fill(0, 0, data, 4 * BYTES);
	for (unsigned idle = 0; idle < 100;) {
		int64_t n = l->ops->put(l, data + put, 4 * BYTES - put, SOCK_FAST);

		put += (uint64_t)n;
		idle = n ? 0 : idle + 1;
		fast_pause(10 * SIM_US);
	}
	ck_assert_uint_le(put, l->ops->send_buffer(l));
	ck_assert_uint_gt(put + worthwhile(l), l->ops->send_buffer(l));
	ck_assert(!l->ops->room(l));
	fast_send_all(end, data + put, 4 * BYTES - put);
}

static bool
is_full(void *link)
{
	const struct link *l = link;

	return l->ops->unread(l) + worthwhile(l) > l->ops->receive_buffer(l);
}

static void
takes_slowly(struct end *end)
{
	uint8_t *data = fast_memory(end, 4 * BYTES);

	ck_assert(fast_until(end, is_full, end->link, SIM_NEVER));
	ck_assert(!fast_until(end, fast_ended, end->link, sim_now() + 5 * SIM_MS)); /* answers, and takes nothing */
	for (uint32_t come = 0; come < 4 * BYTES; come += BYTES / 10) {
		ck_assert_uint_eq(fast_recv(end, data, BYTES / 10, true), BYTES / 10);
		fast_check(0, come, data, BYTES / 10);
	}
}

START_TEST(test_window)
{
	const struct fast_rig rig = {.buffer = _i & 1 ? 4096 : 16384, .sender_based = _i & 2};

	fast_rig_run(&rig, fills, takes_slowly);
}
END_TEST

/* A peer that is gone without a word: who sends learns of it. */
static void
is_deserted(struct end *end)
{
	fast_pause(10 * SIM_MS);
	send_some(end, 0, BYTES);
	ck_assert(fast_until(end, fast_ended, end->link, SIM_NEVER));
	ck_assert_uint_eq(said(end), LINK_SILENT);
}

static void
deserts(struct end *end)
{
	end->by_hand = true; /* the process ends, and nobody closes anything */
}

START_TEST(test_deserted)
{
	const struct fast_rig rig = {0};

	fast_rig_run(&rig, is_deserted, deserts);
}
END_TEST

/* The own NIC stops. */
static void
is_cut_off(struct end *end)
{
	uint8_t byte;

	ck_assert_uint_eq(fast_recv(end, &byte, 1, true), 0);
	ck_assert_uint_eq(said(end), LINK_DEFECT);
	end->last_words = 0;
}

static void
is_not_told(struct end *end)
{
	fast_pause(100 * SIM_MS);
	end->last_words = 0;
}

START_TEST(test_defect)
{
	static const char *const sets[] = {"net.faults=5ms nic ultra-0 hang", NULL};
	const struct fast_rig rig = {.sets = sets};

	fast_rig_run(&rig, is_cut_off, is_not_told);
}
END_TEST

/* Many connections, one after another: no number comes twice, no memory is lost. */
#define TIMES 40u

static unsigned turns[2];

static bool
is_my_turn(void *arg)
{
	return turns[!*(unsigned *)arg] >= turns[*(unsigned *)arg];
}

/* meet: both are here. */
static void
meet(struct end *end, unsigned me)
{
	turns[me]++;
	while (!is_my_turn(&me))
		fast_until(end, is_my_turn, &me, sim_now() + SIM_US);
}

static struct fast *
begin(struct end *end, struct fast_name *name)
{
	uint32_t last = name->connection;
	struct fast *f = fast_begin(end->process, 1u << 16, true, &end->counts, NULL, NULL, name);

	ck_assert(f != NULL);
	ck_assert_uint_gt(name->connection, last);
	return f;
}

static void
comes_and_goes(struct end *end)
{
	static struct fast_name names[2];
	unsigned me = (unsigned)(end - fast_ends);

	for (unsigned i = 0; i < TIMES; i++) {
		struct fast *f = begin(end, &names[me]);
		struct link *l = fast_link(f);

		meet(end, me);
		ck_assert_int_eq(fast_join(f, &names[!me]), 0);
		meet(end, me);
		ck_assert_int_eq(l->ops->put(l, "some bytes that nobody takes", 28, SOCK_FAST), 28);
		l->ops->put_end(l, i % 2 ? LINK_RESET : LINK_FIN | LINK_CLOSED);
		l->ops->stop(l);
		meet(end, me);
		fast_until(end, fast_ended, end->link, sim_now() + SIM_MS);
	}
}

START_TEST(test_many)
{
	const struct fast_rig rig = {0};

	fast_rig_run(&rig, comes_and_goes, comes_and_goes);
}
END_TEST

static void
add_tests(TCase *tc)
{
	tcase_add_loop_test(tc, test_half_close, 0, 2);
	tcase_add_loop_test(tc, test_parting, 0, 2);
	tcase_add_loop_test(tc, test_lost, 0, 4);
	tcase_add_loop_test(tc, test_window, 0, 4);
	tcase_add_test(tc, test_deserted);
	tcase_add_test(tc, test_defect);
	tcase_add_test(tc, test_many);
}

int
main(void)
{
	return run_suite("fast close", add_tests);
}
