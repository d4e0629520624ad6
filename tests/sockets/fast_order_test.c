/* Messages in every order, in every variant: the stream is what was sent.  And calls that give up. */
#include "tests/hostlib/main.h"
#include "tests/sockets/fast_hand.h"

#include <string.h>

#define FRAGMENTS AM_OUTSTANDING
#define ORDERS    24u /* of four */
#define FRAGMENT  1000u
#define ROUND     (FRAGMENTS * FRAGMENT)

enum variant { RECEIVER_BASED, SENDER_BASED, IN_PLACE, VARIANTS };

static enum variant variant;
static bool all;

static uint8_t *
memory_of(struct end *end)
{
	uint64_t address =
	        variant == IN_PLACE ? fast_alloc(end->process, ROUND) : umem_alloc(end->process->memory, ROUND);

	ck_assert_uint_ne(address, 0);
	return umem_pointer(end->process->memory, address, ROUND);
}

static void
takes(struct end *end)
{
	uint8_t *data = memory_of(end);

	for (uint32_t come = 0; come < ORDERS * ROUND; come += ROUND)
		for (uint32_t done = 0, n; done < ROUND; done += n) {
			n = (uint32_t)fast_recv(end, data + done, ROUND - done, all);
			fast_check(1, come + done, data + done, n);
		}
	ck_assert_uint_eq(end->counts.bytes_received, ORDERS * ROUND);
	ck_assert_uint_eq(end->link->ops->end(end->link), 0);
	if (variant == IN_PLACE)
		ck_assert_uint_eq(end->counts.bytes_direct, ORDERS * ROUND);
}

/* nth_order: the n-th permutation of the first FRAGMENTS numbers. */
static void
nth_order(unsigned n, unsigned order[FRAGMENTS])
{
	for (unsigned i = 0; i < FRAGMENTS; i++)
		order[i] = i;
	for (unsigned i = FRAGMENTS; i > 1; n /= i, i--) {
		unsigned j = n % i, other = order[i - 1];

		order[i - 1] = order[j];
		order[j] = other;
	}
}

static bool
was_closed(void *arg)
{
	return ((struct hand *)arg)->words & LINK_CLOSED;
}

static bool
was_told_a_place(void *arg)
{
	return ((struct hand *)arg)->place.open;
}

static void
gives(struct end *end)
{
	unsigned order[FRAGMENTS];
	struct hand hand;

	hand_open(&hand, end);
	for (unsigned n = 0; n < ORDERS; n++) {
		if (variant == IN_PLACE)
			ck_assert(hand_serve(&hand, was_told_a_place, &hand, SIM_S));
		nth_order(n, order);
		for (unsigned i = 0; i < FRAGMENTS; i++) {
			uint32_t at = order[i] * FRAGMENT, position = n * ROUND + at;

			hand.sent = n * ROUND + ROUND;
			if (variant == RECEIVER_BASED)
				hand_data(&hand, hand.to.connection, position, FRAGMENT);
			else if (variant == SENDER_BASED)
				hand_placed(&hand, position, FRAGMENT,
				            hand.to.offset + position % hand.to.buffer_bytes);
			else
				hand_placed(&hand, position, FRAGMENT, hand.place.offset + at);
		}
		hand.place.open = false;
		hand_quiet(&hand);
		fast_pause(SIM_MS);
	}
	ck_assert(hand_serve(&hand, was_closed, &hand, SIM_S));
}

static const char *const no_posting[] = {"socket.receive_posting=0", NULL};

START_TEST(test_orders)
{
	struct fast_rig rig = {.buffer = 1u << 17};

	variant = (enum variant)(_i / 4);
	all = variant == IN_PLACE || _i & 1;
	rig.sender_based = variant != RECEIVER_BASED;
	rig.sets = _i & 2 && variant != IN_PLACE ? no_posting : NULL;
	fast_rig_run_by_hand(&rig, takes, gives);
}
END_TEST

/* A call that gives up while the peer names places in its memory: what has come there is not lost, and nothing is
 * written there any more. */
static void
gives_up(struct end *end)
{
	struct link *l = end->link;
	uint8_t *data;

	variant = IN_PLACE;
	data = memory_of(end);
	l->ops->expect(l, data, ROUND, true);
	l->ops->expected(l, false);
	ck_assert(!fast_until(end, fast_ended, l, sim_now() + 10 * SIM_MS));
	l->ops->expected(l, true);
	ck_assert_uint_eq(end->counts.bytes_copied_back, 2 * FRAGMENT);
	memset(data, 0xEE, ROUND);
	ck_assert_uint_eq(fast_recv(end, data + FRAGMENT, 2 * FRAGMENT, true), 2 * FRAGMENT);
	fast_check(1, 0, data + FRAGMENT, 2 * FRAGMENT);
	for (uint32_t i = 0; i < FRAGMENT; i++)
		ck_assert_uint_eq(data[i], 0xEE);
}

static bool
was_taken_back(void *arg)
{
	return ((struct hand *)arg)->taken_back;
}

/* The second fragment is sent before the peer learns that the place is no longer. */
static void
goes_on(struct end *end)
{
	struct hand hand;

	hand_open(&hand, end);
	ck_assert(hand_serve(&hand, was_told_a_place, &hand, SIM_S));
	hand_placed(&hand, FRAGMENT, FRAGMENT, hand.place.offset + FRAGMENT);
	hand_placed(&hand, 0, FRAGMENT, hand.place.offset);
	hand.sent = 2 * FRAGMENT;
	ck_assert(hand_serve(&hand, was_taken_back, &hand, SIM_S));
	ck_assert(hand_serve(&hand, was_closed, &hand, SIM_S));
}

START_TEST(test_giving_up)
{
	const struct fast_rig rig = {.sender_based = true};

	fast_rig_run_by_hand(&rig, gives_up, goes_on);
}
END_TEST

static void
add_tests(TCase *tc)
{
	tcase_add_loop_test(tc, test_orders, 0, 4 * VARIANTS);
	tcase_add_test(tc, test_giving_up);
}

int
main(void)
{
	return run_suite("fast order", add_tests);
}
