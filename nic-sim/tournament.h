/* Which of many comes first: a tournament of entrants with a date each, and a number that decides between equal dates;
 * if that is equal, too, the one of the lower number.
 *
 * Entrants are numbered from 0.  When the key of one changes, its matches are played again from the bottom up, as far
 * as the outcome changes: a few steps over two small arrays, where a sorted list would be walked.  Who does not take
 * part has the date SIM_NEVER.  The caller owns the structure, all zero at first, and frees it with tournament_clear().
 */
#ifndef NIC_SIM_TOURNAMENT_H
#define NIC_SIM_TOURNAMENT_H

#include "nic-sim/sim_time.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

struct entrant {
	sim_time time;
	uint64_t tie;
};

struct tournament {
	uint32_t size;            /* a power of two, or 0 */
	struct entrant *entrants; /* [size] */
	uint16_t *winners; /* [2 * size]: of match i, between the winners 2 i and 2 i + 1; behind them the entrants */
};

static inline bool
tournament_beats(const struct tournament *t, uint32_t a, uint32_t b)
{
	const struct entrant *x = &t->entrants[a], *y = &t->entrants[b];

	return (x->time < y->time) | ((x->time == y->time) & (x->tie < y->tie));
}

static inline uint16_t
tournament_match(const struct tournament *t, uint32_t i)
{
	uint16_t a = t->winners[2 * i], b = t->winners[2 * i + 1];

	return tournament_beats(t, b, a) ? b : a;
}

static inline void
tournament_set(struct tournament *t, uint32_t n, sim_time time, uint64_t tie)
{
	t->entrants[n] = (struct entrant){time, tie};
	for (uint32_t i = (t->size + n) / 2; i > 0; i /= 2) {
		uint16_t winner = tournament_match(t, i);

		if (winner != n && winner == t->winners[i])
			return;
		t->winners[i] = winner;
	}
}

/* tournament_first: SIM_NEVER is its date if nobody takes part; there must be room for one. */
static inline uint32_t
tournament_first(const struct tournament *t)
{
	return t->winners[1];
}

static inline sim_time
tournament_first_time(const struct tournament *t)
{
	return t->size ? t->entrants[t->winners[1]].time : SIM_NEVER;
}

/* tournament_second_time: of those that the first has beaten. */
static inline sim_time
tournament_second_time(const struct tournament *t)
{
	sim_time second = SIM_NEVER;

	for (uint32_t i = t->size + t->winners[1]; i > 1; i /= 2) {
		sim_time beaten = t->entrants[t->winners[i ^ 1]].time;

		second = beaten < second ? beaten : second;
	}
	return second;
}

/* tournament_make_room: for entrants up to number n; false if there is no memory. */
static inline bool
tournament_make_room(struct tournament *t, uint32_t n)
{
	uint32_t size = t->size ? t->size : 1, old = t->size;

	while (size <= n)
		size *= 2;
	if (size == old)
		return true;
	t->entrants = realloc(t->entrants, size * sizeof *t->entrants);
	t->winners = realloc(t->winners, 2 * size * sizeof *t->winners);
	if (!t->entrants || !t->winners)
		return false;
	t->size = size;
	for (uint32_t i = old; i < size; i++)
		t->entrants[i] = (struct entrant){SIM_NEVER, 0};
	for (uint32_t i = 0; i < size; i++)
		t->winners[size + i] = (uint16_t)i;
	for (uint32_t i = size - 1; i > 0; i--)
		t->winners[i] = tournament_match(t, i);
	return true;
}

static inline void
tournament_clear(struct tournament *t)
{
	free(t->entrants);
	free(t->winners);
	*t = (struct tournament){0};
}

#endif
