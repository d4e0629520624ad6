#include "host-lib/wait.h"

#include <glib.h>
#include <string.h>

/* splitmix64: the state is a counter, any seed is good. */
double
wait_random(struct wait_state *w)
{
	uint64_t z = w->random += 0x9E3779B97F4A7C15u;

	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
	z = (z ^ z >> 27) * 0x94D049BB133111EBu;
	return (double)((z ^ z >> 31) >> 11) * 0x1p-53;
}

void
wait_init(struct wait_state *w, const struct wait_params *params)
{
	*w = (struct wait_state){.params = *params, .random = params->seed, .limit = params->block_cost};
}

const struct wait_strategy *
wait_strategy_by_name(const char *name)
{
	for (unsigned i = 0; wait_strategies[i]; i++)
		if (strcmp(wait_strategies[i]->name, name) == 0)
			return wait_strategies[i];
	return NULL;
}

static char *
strategies(void)
{
	GString *names = g_string_new(NULL);

	for (unsigned i = 0; wait_strategies[i]; i++)
		g_string_append_printf(names, "%s%s", i ? ", " : "", wait_strategies[i]->name);
	return g_string_free(names, false);
}

bool
wait_check(const struct params *params, char **error)
{
	const char *name = params->wait_strategy ? params->wait_strategy : "none";
	char *known;

	if (wait_strategy_by_name(name))
		return true;
	known = strategies();
	*error = g_strdup_printf("wait.strategy: there is no strategy \"%s\"; allowed are %s", name, known);
	g_free(known);
	return false;
}

/* B: what docs/waiting.md adds up, for a process that is not the only one that waits. */
static sim_time
block_cost(const struct params *p, unsigned writes, unsigned reads)
{
	sim_time kernel = p->system_call + p->interrupt + p->wakeup + (p->wait_by_signal ? p->signal : 0);

	return kernel + writes * p->pio_write + reads * p->pio_read;
}

struct wait_params
wait_params_of(const struct host *host, unsigned pid, unsigned writes, unsigned reads)
{
	const struct params *p = host->params;

	return (struct wait_params){
	        .strategy = wait_strategy_by_name(p->wait_strategy),
	        .limit = p->wait_limit,
	        .block_cost = p->wait_block_cost ? p->wait_block_cost : block_cost(p, writes, reads),
	        .step = p->wait_step,
	        .watchdog = p->wait_watchdog,
	        .history = (unsigned)p->wait_history,
	        .by_signal = p->wait_by_signal,
	        .seed = (uint64_t)host->node << 32 | pid,
	};
}

/* One wait in progress. */
struct wait {
	struct wait_state *state;
	const struct wait_source *source;
	bool (*ready)(void *arg);
	void *arg;
	struct umem_space *space;
	const struct umem_range *ranges;
	unsigned n;
	sim_time deadline;
};

static bool
poll_for(const struct wait *wait, sim_time limit)
{
	bool yields = wait->state->params.strategy->yields;
	sim_time until = wait->deadline;

	if (limit < until - MIN(sim_now(), until))
		until = sim_now() + limit;
	return (yields ? cpu_spin_yield : cpu_spin)(wait->ready, wait->arg, wait->space, wait->ranges, wait->n, until);
}

/* block_until: arms and blocks until something came, as often as it takes, or until the deadline. */
static bool
block_until(const struct wait *wait)
{
	const struct wait_source *source = wait->source;
	struct wait_counts *counts = &wait->state->counts;
	bool ready = false;

	for (bool first = true;; first = false) {
		source->arm(source->arg, wait->ranges, wait->n, 0);
		cpu_settle();
		ready = wait->ready(wait->arg);
		counts->late_arms += ready && first;
		if (ready || sim_now() >= wait->deadline)
			break;
		cpu_block("a message", wait->deadline);
		cpu_settle(); /* what waking costs comes before the test */
		ready = wait->ready(wait->arg);
		if (ready || sim_now() >= wait->deadline)
			break;
		counts->false_alarms++;
	}
	source->disarm(source->arg);
	return ready;
}

static bool
poll_guarded(const struct wait *wait)
{
	const struct wait_source *source = wait->source;
	bool ready;

	source->arm(source->arg, wait->ranges, wait->n, wait->state->params.watchdog);
	ready = poll_for(wait, SIM_NEVER);
	source->picked_up(source->arg);
	return ready;
}

static bool
wait_longer(const struct wait *wait, sim_time limit)
{
	struct wait_state *w = wait->state;

	if (limit && poll_for(wait, limit)) {
		w->counts.polled++;
		return true;
	}
	if (limit == SIM_NEVER || sim_now() >= wait->deadline)
		return false;
	w->counts.blocked++;
	return block_until(wait);
}

static bool
wait_unlimited(const struct wait *wait)
{
	bool result = wait->state->params.strategy->watchdog ? poll_guarded(wait) : poll_for(wait, SIM_NEVER);

	wait->state->counts.polled += result;
	return result;
}

static bool
wait_limited(const struct wait *wait, sim_time *start)
{
	cpu_settle(); /* the limit counts from the first test on */
	*start = sim_now();
	if (wait->ready(wait->arg)) {
		wait->state->counts.at_once++;
		return true;
	}
	return wait_longer(wait, wait->state->params.strategy->limit(wait->state));
}

bool
wait_until(struct wait_state *w, const struct wait_source *source, bool (*ready)(void *arg), void *arg,
           struct umem_space *space, const struct umem_range *ranges, unsigned n, sim_time deadline)
{
	const struct wait wait = {w, source, ready, arg, space, ranges, n, deadline};
	const struct wait_strategy *strategy = w->params.strategy;
	sim_time start = sim_now();
	bool result;

	w->counts.waits++;
	if (ready(arg)) {
		w->counts.at_once++;
		return true;
	}
	result = strategy->limit ? wait_limited(&wait, &start) : wait_unlimited(&wait);
	w->counts.delays += sim_now() - start;
	if (result && strategy->learn)
		strategy->learn(w, sim_now() - start);
	return result;
}
