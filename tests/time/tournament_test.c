/* Tournaments: first and second, against a search of all entrants, while their number grows. */
#include "nic-sim/tournament.h"

#include <check.h>
#include <glib.h>

enum { N_ENTRANTS = 70, N_CHANGES = 20000, DATES = 50, RUNS = 10 };

struct expected {
	uint32_t first;
	sim_time first_time, second_time;
};

static struct expected
search(const struct entrant *all, uint32_t n)
{
	struct expected e = {0, SIM_NEVER, SIM_NEVER};

	for (uint32_t i = 0; i < n; i++)
		if (all[i].time < all[e.first].time ||
		    (all[i].time == all[e.first].time && all[i].tie < all[e.first].tie))
			e.first = i;
	e.first_time = all[e.first].time;
	for (uint32_t i = 0; i < n; i++)
		if (i != e.first && all[i].time < e.second_time)
			e.second_time = all[i].time;
	return e;
}

START_TEST(random_changes_as_by_search)
{
	GRand *dice = g_rand_new_with_seed((guint32)_i);
	struct tournament t = {0};
	struct entrant all[N_ENTRANTS];
	uint32_t n = 0;

	ck_assert_uint_eq(tournament_first_time(&t), SIM_NEVER);
	for (uint32_t change = 0; change < N_CHANGES; change++) {
		struct expected e;
		uint32_t i;

		if (n < N_ENTRANTS && change % 64 == 0) {
			ck_assert(tournament_make_room(&t, n));
			all[n++] = (struct entrant){SIM_NEVER, 0};
		}
		i = (uint32_t)g_rand_int_range(dice, 0, (gint32)n);
		all[i].time = g_rand_int_range(dice, 0, 4) ? (sim_time)g_rand_int_range(dice, 0, DATES) : SIM_NEVER;
		all[i].tie = change * (uint64_t)N_ENTRANTS + i;
		tournament_set(&t, i, all[i].time, all[i].tie);
		e = search(all, n);
		ck_assert_uint_eq(tournament_first_time(&t), e.first_time);
		ck_assert_uint_eq(tournament_second_time(&t), e.second_time);
		if (e.first_time != SIM_NEVER)
			ck_assert_uint_eq(tournament_first(&t), e.first);
	}
	tournament_clear(&t);
	ck_assert_uint_eq(t.size, 0);
	g_rand_free(dice);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("tournament");
	TCase *all = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(all, random_changes_as_by_search, 0, RUNS);
	suite_add_tcase(suite, all);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
