#include "tests/sockets/fast_hand.h"

#define PAUSE (5 * SIM_US)

static void
answer(struct hand *hand, const struct am_message *m, enum fast_handler what, bool agreed)
{
	const uint32_t arg[] = {
	        m->arg[0] - HAND_CONNECTION == 0 ? hand->to.connection : 0, m->arg[0], what, 0, hand->sent, agreed};

	ck_assert_int_eq(am_reply(hand->am, FAST_DONE, arg, G_N_ELEMENTS(arg)), AM_OK);
}

static void
take_credit(struct am *am, void *arg, const struct am_message *m)
{
	(void)am;
	answer(arg, m, FAST_CREDIT, false);
}

static void
take_end(struct am *am, void *arg, const struct am_message *m)
{
	struct hand *hand = arg;

	(void)am;
	hand->words |= m->arg[1];
	answer(hand, m, FAST_END, false);
}

static void
take_place(struct am *am, void *arg, const struct am_message *m)
{
	struct hand *hand = arg;

	(void)am;
	hand->place = (struct fast_place){true, m->arg[4], m->arg[1], m->arg[2], m->arg[3]};
	answer(hand, m, FAST_PLACE, hand->agrees);
}

static void
take_no_place(struct am *am, void *arg, const struct am_message *m)
{
	struct hand *hand = arg;

	(void)am;
	hand->taken_back = true;
	answer(hand, m, FAST_NO_PLACE, false);
}

static void
take_done(struct am *am, void *arg, const struct am_message *m)
{
	(void)am;
	((struct hand *)arg)->taken = m->arg[3];
}

static void
take_unknown(struct am *am, void *arg, const struct am_message *m)
{
	(void)am;
	(void)m;
	((struct hand *)arg)->unknown++;
}

void
hand_open(struct hand *hand, struct end *end)
{
	static const am_handler handlers[FAST_HANDLERS] = {
	        [FAST_CREDIT] = take_credit,     [FAST_END] = take_end,   [FAST_PLACE] = take_place,
	        [FAST_NO_PLACE] = take_no_place, [FAST_DONE] = take_done, [FAST_UNKNOWN] = take_unknown,
	};

	*hand = (struct hand){.end = end, .agrees = true};
	ck_assert_int_eq(am_open(end->process, 0, &hand->am), AM_OK);
	for (unsigned i = 1; i < FAST_HANDLERS; i++)
		am_handle(hand->am, i, handlers[i], hand);
	hand->source = umem_alloc(end->process->memory, AM_MAX);
	end->name = (struct fast_name){am_name(hand->am), HAND_CONNECTION, FAST_BUFFER_MIN, FAST_NOWHERE};
	end->ready = true;
	while (!end->peer->ready)
		fast_pause(PAUSE);
	hand->to = end->peer->name;
}

void
hand_request(struct hand *hand, enum fast_handler what, const uint32_t *arg, unsigned n)
{
	ck_assert_int_eq(am_request(hand->am, hand->to.endpoint, what, arg, n), AM_OK);
}

static void
prepare(struct hand *hand, uint32_t position, uint32_t bytes)
{
	fast_fill(1, position, umem_pointer(hand->end->process->memory, hand->source, bytes), bytes);
}

void
hand_data(struct hand *hand, uint32_t connection, uint32_t position, uint32_t bytes)
{
	const uint32_t arg[] = {connection, position};

	prepare(hand, position, bytes);
	ck_assert_int_eq(
	        am_request_medium(hand->am, hand->to.endpoint, FAST_DATA, arg, G_N_ELEMENTS(arg), hand->source, bytes),
	        AM_OK);
}

void
hand_placed(struct hand *hand, uint32_t position, uint32_t bytes, uint32_t offset)
{
	const uint32_t arg[AM_ARGS] = {hand->to.connection, position};

	prepare(hand, position, bytes);
	ck_assert_int_eq(
	        am_request_bulk(hand->am, hand->to.endpoint, FAST_PLACED, arg, AM_ARGS, hand->source, bytes, offset),
	        AM_OK);
}

bool
hand_serve(struct hand *hand, bool (*ready)(void *arg), void *arg, sim_time time)
{
	return am_wait(hand->am, ready, arg, sim_now() + time) == AM_OK;
}

void
hand_quiet(struct hand *hand)
{
	ck_assert_int_eq(am_quiet(hand->am, sim_now() + SIM_S), AM_OK);
}
