/* Events: order, moving, cancelling, against a list that is searched from end to end. */
#include "nic-sim/calendar.h"
#include "tests/quick_assert.h"

#include <check.h>
#include <glib.h>
#include <inttypes.h>

enum { N_EVENTS = 200, N_FIRED = 20000, SPREAD = 40, RUNS = 20 };

/* The reference keeps, for each event, whether and where it is posted. */
struct tracked {
	struct sim_event event;
	bool posted;
	sim_time time;
	uint64_t sequence;
};

static struct tracked all[N_EVENTS];
static uint64_t sequence;
static unsigned n_fired;
static GRand *dice;

static struct tracked *
reference_first(void)
{
	struct tracked *first = NULL;

	for (int i = 0; i < N_EVENTS; i++) {
		struct tracked *t = &all[i];

		if (!t->posted)
			continue;
		if (!first || t->time < first->time ||
		    (t->time == first->time && (t->event.rank < first->event.rank ||
		                                (t->event.rank == first->event.rank && t->sequence < first->sequence))))
			first = t;
	}
	return first;
}

static void
post(struct tracked *t, sim_time date)
{
	t->posted = true;
	t->time = date;
	t->sequence = ++sequence;
	sim_post(&t->event, date);
}

static void
cancel(struct tracked *t)
{
	t->posted = false;
	sim_cancel(&t->event);
}

static void
disturb(void)
{
	for (int n = g_rand_int_range(dice, 0, 5); n > 0; n--) {
		struct tracked *t = &all[g_rand_int_range(dice, 0, N_EVENTS)];

		if (g_rand_int_range(dice, 0, 4) == 0)
			cancel(t);
		else
			post(t, sim_now() + (sim_time)g_rand_int_range(dice, 0, SPREAD));
	}
}

static void
fired(struct sim_event *ev)
{
	struct tracked *t = sim_event_owner(ev, struct tracked, event), *expected = reference_first();

	quick_assert_msg(t == expected, "another event fired than is due");
	quick_assert_msg(sim_now() == t->time, "fired at another date");
	quick_assert_msg(!sim_posted(ev), "fired and still posted");
	t->posted = false;
	n_fired++;
	disturb();
}

START_TEST(random_events_fire_as_in_the_reference)
{
	dice = g_rand_new_with_seed((guint32)_i + 1);
	for (int i = 0; i < N_EVENTS; i++) {
		sim_event_init(&all[i].event, (unsigned)g_rand_int_range(dice, 0, 4), fired);
		post(&all[i], (sim_time)g_rand_int_range(dice, 0, SPREAD));
	}
	while (n_fired < N_FIRED) {
		if (!reference_first())
			post(&all[0], sim_now());
		quick_assert_msg(calendar_step(SIM_NEVER), "nothing fired");
	}
	ck_assert_uint_eq(calendar_fired(), n_fired);
	g_rand_free(dice);
}
END_TEST

static void
nothing(struct sim_event *ev)
{
	(void)ev;
}

START_TEST(step_stops_where_it_is_told)
{
	struct sim_event ev;

	sim_event_init(&ev, 0, nothing);
	sim_post(&ev, 100);
	ck_assert(!calendar_step(99));
	ck_assert_uint_eq(sim_now(), 99);
	ck_assert(calendar_step(100));
	ck_assert_uint_eq(sim_now(), 100);
	ck_assert(!calendar_step(SIM_NEVER));
	ck_assert_uint_eq(sim_now(), 100);
	ck_assert_uint_eq(calendar_next(), SIM_NEVER);
}
END_TEST

START_TEST(posting_into_the_past_is_a_bug)
{
	struct sim_event ev;

	sim_event_init(&ev, 0, nothing);
	calendar_advance(10);
	sim_post(&ev, 9);
}
END_TEST

START_TEST(periods_convert_without_drift)
{
	const uint64_t hz = 33000000;

	for (uint64_t cycle = 0; cycle < 1000000; cycle += 997) {
		sim_time t = sim_cycles_to_ps(cycle, hz);

		quick_assert_msg(sim_ps_to_cycles(t, hz) == cycle, "date of cycle %" PRIu64, cycle);
		quick_assert_msg(sim_ps_to_cycles(t + 1, hz) == cycle + 1, "date behind cycle %" PRIu64, cycle);
	}
	ck_assert_uint_eq(sim_cycles_to_ps(hz * 4000, hz), SIM_TIME_MAX);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("calendar");
	TCase *events = tcase_create("events");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(events, random_events_fire_as_in_the_reference, 0, RUNS);
	tcase_add_test(events, step_stops_where_it_is_told);
	tcase_add_test_raise_signal(events, posting_into_the_past_is_a_bug, SIGABRT);
	tcase_add_test(events, periods_convert_without_drift);
	suite_add_tcase(suite, events);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
