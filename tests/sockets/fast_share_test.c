/* Several tasks of a process, each with connections of its own, and children with their parent's: one endpoint for all.
 */
#include "tests/hostlib/main.h"
#include "tests/sockets/fast_rig.h"

#include <string.h>

#define PAIRS  4u
#define PIECES 60u
#define PIECE  9001u

/* Connection `pair`, seen from both processes. */
static struct side {
	struct end end;
	unsigned who, pair;
	struct fast_name name;
	bool done;
	uint8_t *data;
} sides[2][PAIRS];

static void
pause_until(const uint32_t *number)
{
	while (!*number)
		fast_pause(SIM_US);
}

static unsigned
stream_of(const struct side *s)
{
	return 2 * s->pair + s->who;
}

static void
receive_piece(struct side *s, unsigned i)
{
	unsigned from = 2 * s->pair + !s->who;

	memset(s->data, 0, PIECE);
	ck_assert_uint_eq(fast_recv(&s->end, s->data, PIECE, true), PIECE);
	fast_check(from, (uint64_t)i * PIECE, s->data, PIECE);
}

static void
send_piece(struct side *s, unsigned i)
{
	fast_fill(stream_of(s), (uint64_t)i * PIECE, s->data, PIECE);
	fast_send_all(&s->end, s->data, PIECE);
}

/* One end asks, the other answers, as clients and servers do. */
static void
talk(void *arg)
{
	struct side *s = arg;

	for (unsigned i = 0; i < PIECES; i++) {
		if (s->who == 0)
			send_piece(s, i);
		receive_piece(s, i);
		if (s->who == 1)
			send_piece(s, i);
	}
	s->end.link->ops->put_end(s->end.link, LINK_FIN | LINK_CLOSED);
	s->end.link->ops->stop(s->end.link);
	s->done = true;
}

static void
begin(struct end *end, unsigned pair, bool sender_based)
{
	unsigned who = (unsigned)(end - fast_ends);
	struct side *s = &sides[who][pair];
	struct fast *f;

	*s = (struct side){.end = {.process = end->process}, .who = who, .pair = pair};
	f = fast_begin(end->process, 1u << 14, sender_based, &s->end.counts, NULL, NULL, &s->name);
	ck_assert_ptr_nonnull(f);
	s->end.link = fast_link(f);
	s->data = fast_memory(end, PIECE);
	pause_until(&sides[!who][pair].name.connection);
	ck_assert_int_eq(fast_join(f, &sides[!who][pair].name), 0);
}

static bool spawns;

static struct process *
runner(struct end *end)
{
	struct process *child;

	if (!spawns)
		return end->process;
	child = process_spawn(end->process, "child");
	ck_assert_int_eq(fast_open(child), 0);
	return child;
}

static bool
all_done(void *arg)
{
	for (unsigned pair = 0; pair < PAIRS; pair++)
		if (!sides[(struct end *)arg - fast_ends][pair].done)
			return false;
	return true;
}

static void
many_at_once(struct end *end)
{
	for (unsigned pair = 0; pair < PAIRS; pair++)
		begin(end, pair, pair % 2);
	for (unsigned pair = 0; pair < PAIRS; pair++) {
		struct side *s = &sides[end - fast_ends][pair];

		s->end.process = runner(end);
		task_start(s->end.process, "talk", false, talk, s);
	}
	ck_assert(fast_until(end, all_done, end, SIM_NEVER));
}

/* Parents that end before their children. */
static void
leaves_it_to_children(struct end *end)
{
	for (unsigned pair = 0; pair < PAIRS; pair++)
		begin(end, pair, pair % 2);
	for (unsigned pair = 0; pair < PAIRS; pair++) {
		struct side *s = &sides[end - fast_ends][pair];

		s->end.process = runner(end);
		task_start(s->end.process, "talk", false, talk, s);
	}
}

START_TEST(test_tasks)
{
	static const char *const blocking[] = {"wait.strategy=block", NULL};
	const struct fast_rig rig = {.sets = _i & 1 ? blocking : NULL};

	spawns = _i & 2;
	fast_rig_run(&rig, many_at_once, many_at_once);
}
END_TEST

START_TEST(test_children)
{
	const struct fast_rig rig = {0};

	spawns = true;
	fast_rig_run(&rig, leaves_it_to_children, leaves_it_to_children);
	for (unsigned pair = 0; pair < PAIRS; pair++)
		ck_assert(sides[0][pair].done && sides[1][pair].done);
}
END_TEST

static void
add_tests(TCase *tc)
{
	tcase_add_loop_test(tc, test_tasks, 0, 4);
	tcase_add_test(tc, test_children);
}

int
main(void)
{
	return run_suite("fast share", add_tests);
}
