/* A peer that says what no peer says: it is counted, at most its connection is over, and all else goes on. */
#include "tests/hostlib/main.h"
#include "tests/sockets/fast_hand.h"

#include <errno.h>

#define GOOD 100u

/* What the peer does to its first connection, on which GOOD bytes have come and been taken. */
struct attack {
	const char *name;
	void (*act)(struct hand *hand);
	unsigned end;      /* of that connection, afterwards */
	unsigned others;   /* of the other one with the same peer */
	size_t count;      /* which of struct fast_counts has gone up */
	bool sender_based; /* the victim */
};

static const struct attack *attack;
static bool acted, over;

static void
request(struct hand *hand, enum fast_handler what, unsigned n, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	const uint32_t arg[AM_SHORT_ARGS] = {hand->to.connection, a, b, c, d};

	hand_request(hand, what, arg, n);
}

static void
unknown_connection(struct hand *hand)
{
	hand_data(hand, 12345, GOOD, GOOD);
	hand_quiet(hand);
	ck_assert_uint_eq(hand->unknown, 1);
}

static void
outside_window(struct hand *hand)
{
	hand_data(hand, hand->to.connection, GOOD + hand->to.buffer_bytes, GOOD);
}

static void
across_window(struct hand *hand)
{
	hand_data(hand, hand->to.connection, hand->to.buffer_bytes, GOOD + 1);
}

static void
twice(struct hand *hand)
{
	hand_data(hand, hand->to.connection, 0, GOOD);
}

static void
twice_early(struct hand *hand)
{
	hand_data(hand, hand->to.connection, 3 * GOOD, GOOD);
	hand_data(hand, hand->to.connection, 4 * GOOD - 1, GOOD);
}

static void
over_early(struct hand *hand)
{
	hand_data(hand, hand->to.connection, 2 * GOOD, GOOD);
	hand_data(hand, hand->to.connection, GOOD, GOOD + 1);
}

static void
gaps(struct hand *hand)
{
	for (uint32_t i = 0; i <= AM_OUTSTANDING; i++)
		hand_data(hand, hand->to.connection, (3 + 2 * i) * GOOD, GOOD);
}

static void
nothing(struct hand *hand)
{
	hand_data(hand, hand->to.connection, GOOD, 0);
}

static void
few_words(struct hand *hand)
{
	request(hand, FAST_DATA, 1, 0, 0, 0, 0);
	request(hand, FAST_CREDIT, 0, 0, 0, 0, 0);
	request(hand, FAST_END, 3, 0, 0, 0, 0);
	request(hand, FAST_PLACE, 4, 0, 0, 0, 0);
}

static void
credit_of_nothing(struct hand *hand)
{
	request(hand, FAST_CREDIT, 2, 1, 0, 0, 0);
}

static void
early_end(struct hand *hand)
{
	request(hand, FAST_END, 4, LINK_FIN, GOOD - 1, 0, 0);
}

static void
far_end(struct hand *hand)
{
	request(hand, FAST_END, 4, LINK_FIN, GOOD + hand->to.buffer_bytes + 1, 0, 0);
}

static void
strange_end(struct hand *hand)
{
	request(hand, FAST_END, 4, LINK_DEFECT, GOOD, 0, 0);
}

static void
behind_end(struct hand *hand)
{
	request(hand, FAST_END, 4, LINK_FIN, 2 * GOOD, 0, 0);
	hand_quiet(hand);
	hand_data(hand, hand->to.connection, GOOD, GOOD + 1);
}

static void
unasked_answer(struct hand *hand)
{
	request(hand, FAST_DONE, 5, HAND_CONNECTION, FAST_DATA, GOOD, 0);
	request(hand, FAST_UNKNOWN, 1, 0, 0, 0, 0);
}

static void
no_handler(struct hand *hand)
{
	request(hand, FAST_HANDLERS + 3, 1, 0, 0, 0, 0);
}

static void
bulk_to_unnamed(struct hand *hand)
{
	hand_placed(hand, GOOD, GOOD, 0);
}

static void
bulk_to_wrong_place(struct hand *hand)
{
	hand_placed(hand, GOOD, GOOD, hand->to.offset + 2 * GOOD);
}

static void
bulk_behind_buffer(struct hand *hand)
{
	hand_placed(hand, GOOD, GOOD, hand->to.offset + hand->to.buffer_bytes);
}

static void
bulk_with_much_raggedness(struct hand *hand)
{
	const uint32_t arg[AM_ARGS] = {hand->to.connection, GOOD, 200u << 24, 0};

	ck_assert_int_eq(am_request_bulk(hand->am, hand->to.endpoint, FAST_PLACED, arg, AM_ARGS, hand->source, GOOD,
	                                 hand->to.offset + GOOD + 200),
	                 AM_OK);
}

static void
place_for_much(struct hand *hand)
{
	request(hand, FAST_PLACE, 5, 0, UINT32_MAX, UINT32_MAX, 7);
}

/* A third process writes to the connection of these two. */
static struct {
	struct fast_name victim;
	bool done;
} strange;

static void
stranger(void *arg)
{
	const uint32_t words[] = {strange.victim.connection, GOOD};
	struct process *p = task_process(task_self());
	struct am *am;

	(void)arg;
	ck_assert_int_eq(am_open(p, 0, &am), AM_OK);
	ck_assert_int_eq(am_request_medium(am, strange.victim.endpoint, FAST_DATA, words, 2,
	                                   umem_alloc(p->memory, UMEM_PAGE), GOOD),
	                 AM_OK);
	ck_assert_int_eq(am_quiet(am, sim_now() + SIM_S), AM_OK);
	ck_assert_uint_eq(am_counts(am).fault[AM_FAULT_HANDLER], 1); /* it has none for what it is told */
	strange.done = true;
}

static void
by_a_stranger(struct hand *hand)
{
	strange.victim = hand->to;
	task_start(process_new(hand->end->process->host, "stranger"), "stranger", false, stranger, NULL);
	while (!strange.done)
		fast_pause(SIM_US);
}

#define COUNT(name) offsetof(struct fast_counts, name)

static const struct attack attacks[] = {
        {"a connection that is not there", unknown_connection, 0, 0, COUNT(unknown), false},
        {"outside the window", outside_window, LINK_RESET, 0, COUNT(outside), false},
        {"across the window's end", across_window, LINK_RESET, 0, COUNT(outside), false},
        {"what has come", twice, LINK_RESET, 0, COUNT(outside), false},
        {"what came early", twice_early, LINK_RESET, 0, COUNT(outside), false},
        {"over what came early", over_early, LINK_RESET, 0, COUNT(outside), false},
        {"more gaps than there can be", gaps, LINK_RESET, 0, COUNT(outside), false},
        {"no bytes", nothing, LINK_RESET, 0, COUNT(outside), false},
        {"words missing", few_words, 0, 0, COUNT(nonsense), false},
        {"credit for what was not sent", credit_of_nothing, LINK_RESET, 0, COUNT(nonsense), false},
        {"an end before what has come", early_end, LINK_RESET, 0, COUNT(nonsense), false},
        {"an end outside the window", far_end, LINK_RESET, 0, COUNT(nonsense), false},
        {"strange last words", strange_end, LINK_RESET, 0, COUNT(nonsense), false},
        {"bytes behind the end", behind_end, LINK_RESET, 0, COUNT(outside), false},
        {"answers as requests", unasked_answer, 0, 0, COUNT(unknown), false},
        {"no such handler", no_handler, LINK_RESET, LINK_RESET, COUNT(nonsense), false},
        {"by place to who names none", bulk_to_unnamed, LINK_RESET, 0, COUNT(outside), false},
        {"to another's place", bulk_to_wrong_place, LINK_RESET, 0, COUNT(outside), true},
        {"behind the buffer", bulk_behind_buffer, LINK_RESET, 0, COUNT(outside), true},
        {"more bytes than words have", bulk_with_much_raggedness, LINK_RESET, 0, COUNT(outside), true},
        {"by a stranger", by_a_stranger, 0, 0, COUNT(foreign), false},
        {"a place of 4 GB", place_for_much, 0, 0, COUNT(nonsense) + sizeof(uint64_t), false},
};

static bool
is_true(void *arg)
{
	return *(bool *)arg;
}

static uint64_t
count_of(struct end *end, size_t which)
{
	const struct fast_counts counts = fast_counts(end->process);

	return which < sizeof counts ? *(const uint64_t *)((const char *)&counts + which) : 0;
}

static struct fast_name other_name;

/* A second connection with the same peer. */
static struct link *
join_other(struct end *end)
{
	struct fast_name peer = end->peer->name;
	struct fast *f = fast_begin(end->process, 1u << 16, false, &end->counts, NULL, NULL, &other_name);

	while (!end->peer->name.endpoint.tag)
		fast_pause(SIM_US);
	peer = end->peer->name;
	peer.connection++;
	ck_assert_int_eq(fast_join(f, &peer), 0);
	return fast_link(f);
}

static void
victim(struct end *end)
{
	struct link *other = join_other(end);
	uint8_t data[GOOD];

	ck_assert_uint_eq(fast_recv(end, data, GOOD, true), GOOD);
	fast_check(1, 0, data, GOOD);
	ck_assert(fast_until(end, is_true, &acted, sim_now() + SIM_S));
	fast_until(end, fast_ended, end->link, sim_now() + SIM_MS);
	ck_assert_msg(end->link->ops->end(end->link) == attack->end, "%s: end %u", attack->name,
	              end->link->ops->end(end->link));
	if (attack->count < sizeof(struct fast_counts))
		ck_assert_msg(count_of(end, attack->count) > 0, "%s: not counted", attack->name);
	ck_assert_uint_eq(other->ops->end(other), attack->others);
	end->link->ops->put_end(end->link, LINK_RESET);
	if (!attack->others) {
		struct end there = {.process = end->process, .link = other};

		ck_assert_uint_eq(fast_recv(&there, data, GOOD, true), GOOD);
		fast_check(1, 0, data, GOOD);
	}
	other->ops->put_end(other, LINK_RESET);
	other->ops->stop(other);
	over = true;
}

static void
attacker(struct end *end)
{
	struct hand hand;

	hand_open(&hand, end);
	while (!other_name.connection)
		fast_pause(SIM_US);
	hand_data(&hand, hand.to.connection, 0, GOOD);
	hand_quiet(&hand);
	fast_pause(SIM_MS);
	attack->act(&hand);
	hand_quiet(&hand);
	acted = true;
	hand_data(&hand, other_name.connection, 0, GOOD);
	ck_assert(hand_serve(&hand, is_true, &over, SIM_S));
	hand_serve(&hand, is_true, &(bool){false}, SIM_MS);
}

START_TEST(test_attack)
{
	struct fast_rig rig = {0};

	attack = &attacks[_i];
	rig.sender_based = attack->sender_based;
	fast_rig_run_by_hand(&rig, victim, attacker);
}
END_TEST

/* Names that make no sense. */
static void
joins(struct end *end)
{
	const struct fast_name good = end->peer->name;
	struct fast_name bad[8];

	for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++)
		bad[i] = good;
	bad[0].endpoint.node = 2;
	bad[1].endpoint.node = 0;
	bad[2].endpoint.tag = 0;
	bad[3].connection = 0;
	bad[4].buffer_bytes = 0;
	bad[5].buffer_bytes = 12345;
	bad[6].buffer_bytes = FAST_BUFFER_MAX * 2;
	bad[7].offset = 2;
	for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
		struct fast_name own;
		struct fast *f = fast_begin(end->process, 4096, false, &end->counts, NULL, NULL, &own);

		ck_assert_int_eq(fast_join(f, &bad[i]), -EPROTO);
		fast_link(f)->ops->stop(fast_link(f));
	}
	ck_assert_int_eq(fast_join(end->fast, &good), -EPROTO); /* it is joined already */
}

static void
is_there(struct end *end)
{
	(void)end;
	fast_pause(SIM_MS);
}

START_TEST(test_names)
{
	const struct fast_rig rig = {0};

	fast_rig_run(&rig, joins, is_there);
}
END_TEST

static void
add_tests(TCase *tc)
{
	tcase_add_loop_test(tc, test_attack, 0, (int)G_N_ELEMENTS(attacks));
	tcase_add_test(tc, test_names);
}

int
main(void)
{
	return run_suite("fast hostile", add_tests);
}
