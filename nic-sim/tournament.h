/* Which of many comes first: a tournament of entrants with a date each, and a number that decides between equal
 * dates.
 *
 * Entrants are numbered from 0.  When the key of one changes, its matches are played again from the bottom up: a few
 * steps over two small arrays, where a sorted list would be walked, and a heap would guess wrong.  Who does not take
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
tournament_sooner(sim_time time, uint64_t tie, const struct entrant *than)
{
	return (time < than->time) | ((time == than->time) & (tie < than->tie));
}

/* tournament_set: what is read on the way up does not depend on what is found there, and nothing branches on it. */
static inline void
tournament_set(struct tournament *t, uint32_t n, sim_time time, uint64_t tie)
{
	uint32_t winner = n;

	t->entrants[n].time = time;
	t->entrants[n].tie = tie;
	for (uint32_t i = t->size + n; i > 1; i /= 2) {
		uint32_t other = t->winners[i ^ 1];
		const struct entrant *o = &t->entrants[other];
		uint64_t keep = 0 - (uint64_t)tournament_sooner(time, tie, o);

		winner = (uint32_t)((winner & keep) | (other & ~keep));
		time = (time & keep) | (o->time & ~keep);
		tie = (tie & keep) | (o->tie & ~keep);
		t->winners[i / 2] = (uint16_t)winner;
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
	for (uint32_t i = size - 1; i > 0; i--) {
		const struct entrant *a = &t->entrants[t->winners[2 * i]];

		t->winners[i] =
		        t->winners[2 * i + !tournament_sooner(a->time, a->tie, &t->entrants[t->winners[2 * i + 1]])];
	}
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
