/* From positions to dates and back, the cost of an instruction, and how far the engines may go. */
#include "nic-sim/lanai_time.h"
#include "nic-sim/lanai_state.h"

#include <glib.h>

/* x / d for any x, given inverse = floor((2^64 - 1) / d): the estimate is at most two too small. */
static uint64_t
divide(uint64_t x, uint64_t d, uint64_t inverse, uint64_t *rest)
{
	uint64_t q = (uint64_t)((unsigned __int128)x * inverse >> 64), r = x - q * d;

	while (r >= d) {
		q++;
		r -= d;
	}
	*rest = r;
	return q;
}

/* Longest look ahead from the anchor, in ps, for which ps * den fits: den < 2^34 for any clock up to 1 GHz. */
#define WINDOW_MAX (1ull << 29)

void
lanai_set_rate(struct lanai_core *core, uint64_t hz)
{
	uint64_t a = SIM_S, b = hz * LANAI_FX;

	while (b) {
		uint64_t t = a % b;

		a = b;
		b = t;
	}
	core->hz = hz;
	core->rate_num = SIM_S / a;
	core->rate_den = hz * LANAI_FX / a;
	core->rate_num_inv = UINT64_MAX / core->rate_num;
	core->rate_den_inv = UINT64_MAX / core->rate_den;
	core->anchor_reach = MIN(LANAI_CHUNK, WINDOW_MAX / 2 * core->rate_den / core->rate_num);
}

/* The anchor is a recent position whose date is known exactly, remainder included; from it 64 bits suffice. */
void
lanai_set_anchor(struct lanai_core *core, uint64_t pos)
{
	unsigned __int128 x = (unsigned __int128)pos * core->rate_num;

	core->anchor_pos = pos;
	core->anchor_date = core->origin + (sim_time)(x / core->rate_den);
	core->anchor_rest = (uint64_t)(x % core->rate_den);
}

sim_time
lanai_date(struct lanai_core *core, uint64_t pos)
{
	uint64_t rest;

	if (pos - core->anchor_pos >= 2 * LANAI_CHUNK)
		lanai_set_anchor(core, pos);
	return core->anchor_date + divide((pos - core->anchor_pos) * core->rate_num + core->anchor_rest, core->rate_den,
	                                  core->rate_den_inv, &rest);
}

uint64_t
lanai_position(const struct lanai_core *core, sim_time t)
{
	uint64_t ahead = t - core->anchor_date, rest, q;

	if (ahead > WINDOW_MAX) { /* or before the anchor */
		unsigned __int128 x = (unsigned __int128)(t - core->origin) * core->rate_den;

		return (uint64_t)((x + core->rate_num - 1) / core->rate_num);
	}
	if (ahead == 0)
		return core->anchor_pos;
	q = divide(ahead * core->rate_den - core->anchor_rest, core->rate_num, core->rate_num_inv, &rest);
	return core->anchor_pos + q + (rest != 0);
}

void
lanai_window(struct lanai_core *core)
{
	if (core->pos - core->anchor_pos >= core->anchor_reach)
		lanai_set_anchor(core, core->pos);
	core->budget = core->anchor_pos;
	core->budget_is_limit = true;
	if (core->limit <= core->anchor_date)
		return;
	core->budget = lanai_position(core, MIN(core->limit, core->anchor_date + WINDOW_MAX));
	core->budget_is_limit =
	        core->limit - core->anchor_date <= WINDOW_MAX && core->budget <= core->anchor_pos + 2 * LANAI_CHUNK;
	core->budget = MIN(core->budget, core->anchor_pos + 2 * LANAI_CHUNK);
}

/* Cycles until the search for idle loops wants to be asked again. */
static uint64_t
until_sample(const struct lanai_core *core)
{
	const struct lanai_idle *idle = &core->idle;

	return idle->next_sample > core->cycles ? idle->next_sample - core->cycles : 1024;
}

bool
lanai_admit(struct lanai_core *core)
{
	uint64_t cycles;

	if (core->pos >= core->budget) {
		if (!core->budget_is_limit)
			lanai_window(core);
		if (core->pos >= core->budget) {
			core->safe = core->branch_safe = 0;
			return false;
		}
	}
	if (core->cycles >= core->idle.next_sample)
		lanai_idle_tick(core);
	cycles = core->budget - core->pos - 1;
	cycles = (MIN(cycles, UINT32_MAX) * core->costs.memory_inv >> 32) +
	         1; /* perhaps less than could be: safe, too */
	core->safe = MIN(cycles, until_sample(core)) * LANAI_CYCLE;
	core->branch_safe = core->idle.sample ? 0 : core->safe;
	return true;
}

static struct lanai_costs
costs_at(uint32_t load)
{
	uint64_t free = 2 * LANAI_FX - load, clock2 = (uint64_t)LANAI_FX * LANAI_FX;
	struct lanai_costs costs;

	costs.plain = (uint32_t)MIN(MAX(LANAI_FX, (clock2 + free - 1) / free), UINT32_MAX);
	costs.memory = (uint32_t)MIN(MAX(LANAI_FX, (2 * clock2 + free - 1) / free), UINT32_MAX);
	costs.memory_inv = (uint32_t)((1ull << 32) / costs.memory);
	return costs;
}

/* The same few loads come again and again, one for each set of engines that run. */
const struct lanai_costs *
lanai_costs_at(struct lanai_core *core, uint32_t load)
{
	struct lanai_load *kept = &core->loads[load % LANAI_LOADS];

	if (kept->costs.plain == 0 || kept->load != load)
		*kept = (struct lanai_load){load, costs_at(load)};
	return &kept->costs;
}
