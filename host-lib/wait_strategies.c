/* The strategies of waiting.  Each is a limit, and perhaps a rule by which it changes. */
#include "host-lib/wait.h"

#include <glib.h>
#include <math.h>

/* Fixed. ------------------------------------------------------------------------------------------------------------
 */

static sim_time
no_time(struct wait_state *w)
{
	(void)w;
	return 0;
}

static sim_time
fixed_limit(struct wait_state *w)
{
	return w->params.limit;
}

static const struct wait_strategy spin = {
        .name = "spin",
        .help = "poll until it is there",
};
static const struct wait_strategy spin_yield = {
        .name = "spin-yield",
        .help = "poll, giving way to other processes after each look",
        .yields = true,
};
static const struct wait_strategy block = {
        .name = "block",
        .help = "block at once",
        .limit = no_time,
};
static const struct wait_strategy spin_block = {
        .name = "spin-block",
        .help = "poll for wait.limit_us, then block; at most twice the best possible cost if that is "
                "wait.block_cost_us",
        .limit = fixed_limit,
};
static const struct wait_strategy watchdog = {
        .name = "watchdog",
        .help = "poll; the NIC interrupts when a message was not picked up for wait.watchdog_us",
        .watchdog = true,
};

/* Randomised. --------------------------------------------------------------------------------------------------------
 *
 * Density e^(x/B) / (B (e - 1)) on [0, B], by inversion: the expected cost is e / (e - 1) times the best possible at
 * most. */
static sim_time
random_limit(struct wait_state *w)
{
	return (sim_time)((double)w->params.block_cost * log1p(wait_random(w) * (G_E - 1)));
}

static const struct wait_strategy randomised = {
        .name = "random",
        .help = "poll for a random time up to wait.block_cost_us with the optimal density, then block",
        .limit = random_limit,
};

/* Last k delays. ---------------------------------------------------------------------------------------------------
 *
 * The limit that would have cost least over the last wait.history delays: it is 0 or one of them. */
static unsigned
remembered(const struct wait_state *w)
{
	return (unsigned)MIN(w->learned, w->params.history);
}

static sim_time
cost_of(const struct wait_state *w, sim_time limit)
{
	sim_time cost = 0;

	for (unsigned i = 0; i < remembered(w); i++)
		cost += w->history[i] <= limit ? w->history[i] : limit + w->params.block_cost;
	return cost;
}

static sim_time
best_of_last(struct wait_state *w)
{
	sim_time best = 0, least;

	if (!w->learned)
		return w->params.block_cost;
	least = cost_of(w, 0);
	for (unsigned i = 0; i < remembered(w); i++) {
		sim_time cost = cost_of(w, w->history[i]);
		if (cost < least || (cost == least && w->history[i] < best)) {
			least = cost;
			best = w->history[i];
		}
	}
	return best;
}

static void
remember(struct wait_state *w, sim_time delay)
{
	w->history[w->learned++ % w->params.history] = delay;
}

static const struct wait_strategy last_k = {
        .name = "last-k",
        .help = "poll for as long as would have been best for the last wait.history delays, then block",
        .limit = best_of_last,
        .learn = remember,
};

/* Random walk. ------------------------------------------------------------------------------------------------------
 *
 * A message that came within B makes the limit longer by a step, one that did not shorter, within [0, B]. */
static sim_time
present_limit(struct wait_state *w)
{
	return w->limit;
}

static void
walk(struct wait_state *w, sim_time delay)
{
	sim_time step = w->params.step;

	if (delay <= w->params.block_cost)
		w->limit = MIN(w->limit + step, w->params.block_cost);
	else
		w->limit -= MIN(w->limit, step);
}

static const struct wait_strategy random_walk = {
        .name = "walk",
        .help = "poll for a limit that goes up by wait.step_us when a message came within wait.block_cost_us, else "
                "down; then block",
        .limit = present_limit,
        .learn = walk,
};

const struct wait_strategy *const wait_strategies[] = {
        &spin, &spin_yield, &block, &spin_block, &randomised, &last_k, &random_walk, &watchdog, NULL,
};
