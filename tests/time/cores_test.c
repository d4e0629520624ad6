/* Cores: a small random machine gives the same result however far its cores run ahead, and the same as a scheduler that
 * searches everything before each single instruction. */
#include "nic-sim/calendar.h"

#include <check.h>
#include <signal.h>

enum { MAX_NODES = 6, RUNS = 40 };

#define LOOKAHEAD 300 /* ps; the machine's own: no node acts on another earlier than that after its cause */
#define END       400000

/* A node: a core that computes on its own state, a device (an event at the node's place), a packet to each other node.
 */
struct node {
	struct sim_core core;
	struct sim_event device;
	struct packet {
		struct sim_event event;
		struct node *to;
		uint64_t value;
	} packets[MAX_NODES];
	uint64_t state;    /* of the program: all decisions come from here */
	uint64_t received; /* what packets brought; read by the program */
	uint64_t accesses;
	sim_time period;
};

/* What runs the machine: the calendar, or the slow reference below. */
static struct machine {
	struct node nodes[MAX_NODES];
	unsigned n;
	void (*post)(struct sim_event *, sim_time);
	void (*resume)(struct sim_core *, sim_time);
	void (*park)(struct sim_core *);
	sim_time (*now)(void);
} m;

static uint64_t
mix(uint64_t x, uint64_t y)
{
	x = (x ^ y) * 0x9e3779b97f4a7c15ull;
	return x ^ x >> 29;
}

static struct node *
node_of(struct sim_core *core)
{
	return sim_event_owner(core, struct node, core);
}

static bool
next_is_access(const struct node *node)
{
	return node->state % 4 != 0;
}

/* One instruction at the core's clock: computes, and if it is an access, sees packets and starts the device. */
static void
execute(struct node *node)
{
	sim_time t = node->core.clock;
	bool access = next_is_access(node);

	node->state = mix(node->state, access ? node->received ^ t : 1);
	node->core.clock = t + node->period;
	if (!access)
		return;
	node->accesses++;
	if (node->state % 8 == 0 && !node->device.slot)
		m.post(&node->device, t + node->state / 8 % 700);
	if (node->state % 16 == 1) {
		if (!node->device.slot)
			m.post(&node->device, t + 2000);
		m.park(&node->core);
	}
}

static void
arrive(struct sim_event *ev)
{
	struct packet *packet = sim_event_owner(ev, struct packet, event);
	struct node *to = packet->to;

	to->received += mix(packet->value, m.now());
	m.resume(&to->core, m.now() + packet->value % to->period);
}

static void
device_acts(struct sim_event *ev)
{
	struct node *node = sim_event_owner(ev, struct node, device);
	struct packet *packet = &node->packets[node->accesses % m.n];

	node->received = mix(node->received, m.now());
	m.resume(&node->core, m.now());
	if (packet->event.slot)
		return;
	packet->value = node->received;
	m.post(&packet->event, m.now() + LOOKAHEAD + node->received % 500);
}

static void
run_core(struct sim_core *core)
{
	struct node *node = node_of(core);

	while (sim_core_active(core) && (!next_is_access(node) || core->clock < sim_core_limit())) {
		sim_core_now(core->clock);
		execute(node);
	}
}

static void
build(unsigned seed)
{
	m.n = 1 + seed % MAX_NODES;
	for (unsigned i = 0; i < m.n; i++) {
		struct node *node = &m.nodes[i];

		*node = (struct node){.state = mix(seed, i), .period = seed % 3 ? 30 + i % 2 : 30 + 7 * i};
		sim_core_init(&node->core, SIM_RANK_NODE + i, run_core);
		sim_event_init(&node->device, SIM_RANK_NODE + i, device_acts);
		for (unsigned j = 0; j < m.n; j++) {
			sim_event_init(&node->packets[j].event, SIM_RANK_CHANNEL + MAX_NODES * i + j, arrive);
			node->packets[j].to = &m.nodes[j];
		}
	}
	for (unsigned i = 0; i < m.n; i++)
		m.resume(&m.nodes[i].core, i * 3);
}

static uint64_t
result(void)
{
	uint64_t hash = m.n, accesses = 0;

	for (unsigned i = 0; i < m.n; i++) {
		hash = mix(mix(mix(hash, m.nodes[i].state), m.nodes[i].received), m.nodes[i].accesses);
		accesses += m.nodes[i].accesses;
	}
	ck_assert_uint_gt(accesses, 1000);
	return hash;
}

/* By the calendar. ------------------------------------------------------------------------------------ */

static uint64_t
by_calendar(unsigned seed, sim_time lookahead, sim_time quantum)
{
	calendar_reset();
	sim_set_lookahead(lookahead);
	sim_set_quantum(quantum);
	m = (struct machine){.post = sim_post, .resume = sim_core_resume, .park = sim_core_park, .now = sim_now};
	build(seed);
	while (calendar_step(END))
		continue;
	ck_assert_uint_eq(sim_now(), END);
	return result();
}

/* By search. ------------------------------------------------------------------------------------------ */

static sim_time slow_now;
static uint64_t slow_sequence;

static void
slow_post(struct sim_event *ev, sim_time t)
{
	ev->time = t;
	ev->order = (uint64_t)ev->rank << 48 | ++slow_sequence;
	ev->slot = 1;
}

static void
slow_resume(struct sim_core *core, sim_time t)
{
	if (!core->active)
		core->clock = t;
	core->active = 1;
}

static void
slow_park(struct sim_core *core)
{
	core->active = 0;
}

static sim_time
slow_date(void)
{
	return slow_now;
}

static struct sim_event *
earlier(struct sim_event *a, struct sim_event *b)
{
	if (!b->slot)
		return a;
	return !a || b->time < a->time || (b->time == a->time && b->order < a->order) ? b : a;
}

static struct sim_event *
slow_next(void)
{
	struct sim_event *first = NULL;

	for (unsigned i = 0; i < m.n; i++) {
		first = earlier(first, &m.nodes[i].device);
		for (unsigned j = 0; j < m.n; j++)
			first = earlier(first, &m.nodes[i].packets[j].event);
	}
	return first;
}

static struct node *
slow_core(void)
{
	struct node *first = NULL;

	for (unsigned i = 0; i < m.n; i++)
		if (m.nodes[i].core.active && (!first || m.nodes[i].core.clock < first->core.clock))
			first = &m.nodes[i];
	return first;
}

static uint64_t
by_search(unsigned seed)
{
	m = (struct machine){.post = slow_post, .resume = slow_resume, .park = slow_park, .now = slow_date};
	slow_now = slow_sequence = 0;
	build(seed);
	for (;;) {
		struct sim_event *ev = slow_next();
		struct node *node = slow_core();
		bool instruction = node && (!ev || node->core.clock < ev->time);
		sim_time t = instruction ? node->core.clock : ev ? ev->time : SIM_NEVER;

		if (t > END || (instruction && t == END))
			break;
		slow_now = t;
		if (instruction) {
			execute(node);
		} else {
			ev->slot = 0;
			ev->fire(ev);
		}
	}
	/* Computing that nobody can see may be done already at the end of the other. */
	for (unsigned i = 0; i < m.n; i++)
		while (m.nodes[i].core.active && !next_is_access(&m.nodes[i]))
			execute(&m.nodes[i]);
	return result();
}

START_TEST(running_ahead_changes_nothing)
{
	unsigned seed = (unsigned)_i;
	uint64_t expected = by_search(seed);

	ck_assert_uint_eq(by_calendar(seed, LOOKAHEAD, 0), expected);
	ck_assert_uint_eq(by_calendar(seed, LOOKAHEAD, 1), expected);
	ck_assert_uint_eq(by_calendar(seed, 0, 0), expected);
	ck_assert_uint_eq(by_calendar(seed, 17, 100), expected);
}
END_TEST

/* Single rules. --------------------------------------------------------------------------------------- */

static struct sim_core one, other;
static struct sim_event event;
static sim_time limits[8];
static unsigned n_limits;

static void
fired(struct sim_event *ev)
{
	(void)ev;
}

static void
note_limit(struct sim_core *core)
{
	limits[n_limits++] = sim_core_limit();
	core->clock = sim_core_limit();
	if (n_limits == 4)
		sim_core_park(core);
}

START_TEST(limit_is_event_or_other_core_or_until)
{
	sim_event_init(&event, 0, fired);
	sim_core_init(&one, SIM_RANK_NODE + 1, note_limit);
	sim_core_init(&other, SIM_RANK_NODE + 2, note_limit);
	sim_set_lookahead(100);
	sim_post(&event, 1000);
	sim_core_resume(&one, 0);
	sim_core_resume(&other, 850);
	ck_assert(calendar_step(SIM_NEVER));
	ck_assert_uint_eq(n_limits, 3);
	ck_assert_uint_eq(limits[0], 950);  /* the other's clock + lookahead */
	ck_assert_uint_eq(limits[1], 1000); /* now the other is behind: 950 + 100, but the event comes first */
	ck_assert_uint_eq(limits[2], 1000);
	ck_assert(!calendar_step(2000));
	ck_assert_uint_eq(limits[3], 1100);
}
END_TEST

static void
post_early(struct sim_core *core)
{
	ck_assert_uint_eq(sim_core_limit(), 1000);
	sim_core_now(100);
	sim_post(&event, 150);
	ck_assert_uint_eq(sim_core_limit(), 150);
	sim_core_resume(&other, 110);
	ck_assert_uint_eq(sim_core_limit(), 120);
	core->clock = 120;
	sim_core_park(core);
	sim_core_park(&other);
}

START_TEST(posting_and_resuming_lower_the_limit)
{
	sim_event_init(&event, 0, fired);
	sim_core_init(&one, SIM_RANK_NODE + 1, post_early);
	sim_core_init(&other, SIM_RANK_NODE + 2, note_limit);
	sim_set_lookahead(10);
	sim_core_resume(&one, 50);
	ck_assert(calendar_step(1000));
	ck_assert_uint_eq(sim_now(), 150);
	ck_assert_uint_eq(calendar_next_activity(), SIM_NEVER);
}
END_TEST

static void
standing_still(struct sim_core *core)
{
	(void)core;
}

START_TEST(core_that_does_not_advance_is_a_bug)
{
	sim_core_init(&one, SIM_RANK_NODE + 1, standing_still);
	sim_core_resume(&one, 0);
	calendar_step(10);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("cores");
	TCase *machine = tcase_create("machine"), *rules = tcase_create("rules");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(machine, running_ahead_changes_nothing, 0, RUNS);
	tcase_add_test(rules, limit_is_event_or_other_core_or_until);
	tcase_add_test(rules, posting_and_resuming_lower_the_limit);
	tcase_add_test_raise_signal(rules, core_that_does_not_advance_is_a_bug, SIGABRT);
	suite_add_tcase(suite, machine);
	suite_add_tcase(suite, rules);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
