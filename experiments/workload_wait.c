/* Waiting for messages: what it costs, by strategy (wait.*) and by how long the messages take.
 *
 * The process on host 0 computes, then waits for a message that comes a given time after it began to: it says when it
 * is going to wait, at no cost, and the process on host 1 sends so much earlier as a message takes.  That time, and B,
 * the cost of a wait that blocks at once for a message that comes late, are measured at the beginning, before others
 * compete for the processor. */
#include "experiments/competitor.h"
#include "experiments/delay.h"
#include "experiments/pair.h"
#include "experiments/quantile.h"
#include "experiments/workload.h"
#include "host-lib/driver.h"
#include "host-lib/wait.h"

#include <glib.h>
#include <math.h>
#include <string.h>

#define WAITS_TRIED  6u   /* to measure how long a message takes, and then B; of these the second half counts */
#define TRY_DELAY_US 1500 /* far longer than any limit that matters for B */
#define FIRST_VALUE  2u   /* of the messages */

/* What has passed on host 0 up to a moment. */
struct account {
	sim_time waiting, spin, system, interrupt, competed, at;
};

struct wait_run {
	struct pair pair; /* first: the ends cast back */
	struct delay delay;
	struct competitors competitors;
	uint32_t waits, warm_up, step_at;
	double step_mean;
	sim_time work;

	struct task *sender;
	uint32_t planned, sent; /* messages */
	sim_time send_at;
	double flight, b; /* us: from the sender's start to the arrival; the cost of blocking */
	struct umem_watch watch;
	struct umem_range word;
	sim_time arrived;
	bool done;

	struct wait_params params; /* the process' strategy, from the platform */
	struct wait_counts counts; /* at the first wait that counts */
	struct account first, last;
	uint32_t interrupts; /* before; then, meanwhile */
	struct samples response, cost;
	double delays, drawn, worst, excess;
};

static struct wait_run *
run_of(const struct pair_end *end)
{
	return (struct wait_run *)end->pair;
}

static sim_time
to_time(double us)
{
	return (sim_time)llround(fmax(us, 0) * SIM_US);
}

/* The sender. ----------------------------------------------------------------------------------------- */

static void
send_all(struct pair_end *end)
{
	struct wait_run *r = run_of(end);

	r->sender = task_self();
	while (!r->done) {
		if (r->sent == r->planned) {
			cpu_block("the next plan", SIM_NEVER);
		} else if (sim_now() < r->send_at) {
			cpu_block("the time to send", r->send_at);
		} else {
			*pair_words(end, end->source) = FIRST_VALUE + r->sent++;
			if (!pair_send_part(end, 0, sizeof(uint32_t)))
				return;
			cpu_settle();
		}
	}
}

/* One wait. ------------------------------------------------------------------------------------------- */

static void
came(struct umem_watch *watch)
{
	struct wait_run *r = (struct wait_run *)((char *)watch - offsetof(struct wait_run, watch));

	r->arrived = sim_now();
}

static struct account
account_now(const struct pair_end *end)
{
	struct cpu_times t = cpu_times(end->process->host->cpus);
	struct account a = {.spin = t.account[CPU_SPIN],
	                    .system = t.account[CPU_SYSTEM],
	                    .interrupt = t.account[CPU_INTERRUPT],
	                    .competed = competitors_used(&run_of(end)->competitors),
	                    .at = sim_now()};

	a.waiting = a.spin + a.system + a.interrupt;
	return a;
}

/* Plans a message `delay` us after the wait, computes until then, and waits.  *t: how long the message took, *response:
 * from its arrival to the process' going on, us. */
static bool
wait_once(struct pair_end *end, double delay, double *t, double *response)
{
	struct wait_run *r = run_of(end);
	sim_time begins = sim_now() + r->work;
	bool arrived;

	r->send_at = begins + to_time(delay) - MIN(to_time(r->flight), r->work + to_time(delay));
	r->planned++;
	cpu_poke(r->sender);
	cpu_charge(CPU_USER, r->work);
	cpu_settle();
	begins = sim_now();
	arrived = pair_wait_past(end, 0, FIRST_VALUE + r->planned - 1);
	cpu_settle();
	*t = r->arrived > begins ? sim_to_us(r->arrived - begins) : 0;
	*response = sim_to_us(sim_now() - MAX(r->arrived, begins));
	return arrived;
}

/* wait_costs: the same, and what it cost, up to the end of the next phase of computing. */
static bool
wait_costs(struct pair_end *end, double delay, double *t, double *response, double *cost)
{
	struct account before = account_now(end);
	bool ok = wait_once(end, delay, t, response);

	*cost = sim_to_us(account_now(end).waiting - before.waiting);
	return ok;
}

/* Before: how long a message takes, and B. ------------------------------------------------------------ */

/* Tries a strategy; the mean of `delay - t`, and of the cost. */
static bool
try_strategy(struct pair_end *end, const char *strategy, double *lateness, double *cost)
{
	struct wait_params params = run_of(end)->params;
	const unsigned warm_up = WAITS_TRIED / 2, counted = WAITS_TRIED - warm_up;
	double t, response, c;

	params.strategy = wait_strategy_by_name(strategy);
	vmmc_set_wait(end->v, &params);
	*lateness = *cost = 0;
	for (unsigned i = 0; i < WAITS_TRIED; i++) {
		if (!wait_costs(end, TRY_DELAY_US, &t, &response, &c))
			return false;
		if (i >= warm_up) {
			*lateness += (t - TRY_DELAY_US) / counted;
			*cost += c / counted;
		}
	}
	return true;
}

static bool
measure_first(struct pair_end *end)
{
	struct wait_run *r = run_of(end);
	double lateness, cost;

	r->params = vmmc_wait_state(end->v)->params;
	if (!try_strategy(end, "spin", &lateness, &cost))
		return false;
	r->flight += lateness;
	if (r->flight > sim_to_us(r->work)) {
		simulate_fail(end->simulation, "work_us=%.0f is less than a message takes, %.1f us", sim_to_us(r->work),
		              r->flight);
		return false;
	}
	if (!try_strategy(end, "block", &lateness, &r->b))
		return false;
	vmmc_set_wait(end->v, &r->params);
	return true;
}

/* The waits that count. ------------------------------------------------------------------------------- */

/* The limit of the strategy, if that is a fixed one; else NAN. */
static double
fixed_limit(const struct wait_run *r)
{
	const struct wait_strategy *s = r->params.strategy;

	if (!s->limit)
		return INFINITY;
	if (strcmp(s->name, "block") == 0)
		return 0;
	return strcmp(s->name, "spin-block") == 0 ? sim_to_us(r->params.limit) : NAN;
}

static void
take(struct wait_run *r, double t, double response, double cost)
{
	double best = fmin(t, r->b), limit = fixed_limit(r);

	samples_add(&r->response, response);
	samples_add(&r->cost, cost);
	r->delays += t;
	r->drawn += isnan(limit) ? best : delay_cost_of(t, limit, r->b);
	r->excess = fmax(r->excess, cost - 2 * best);
	r->worst = fmax(r->worst, cost);
}

/* Of the strategy's counts, those since `before`. */
static struct wait_counts
counts_since(const struct pair_end *end, const struct wait_counts *before)
{
	const struct wait_counts *now = &vmmc_wait_state(end->v)->counts;

	return (struct wait_counts){.blocked = now->blocked - before->blocked,
	                            .late_arms = now->late_arms - before->late_arms,
	                            .false_alarms = now->false_alarms - before->false_alarms};
}

static void
wait_all(struct pair_end *end)
{
	struct wait_run *r = run_of(end);

	for (uint32_t i = 0; i < r->warm_up + r->waits; i++) {
		double t, response, cost;

		if (i == r->step_at && r->step_mean > 0)
			delay_scale(&r->delay, r->step_mean);
		if (i == r->warm_up) {
			r->first = account_now(end);
			r->interrupts = driver_counter(end->process->host, "interrupts");
			r->counts = vmmc_wait_state(end->v)->counts;
		}
		if (!wait_costs(end, delay_next(&r->delay), &t, &response, &cost))
			return;
		if (i >= r->warm_up)
			take(r, t, response, cost);
	}
	r->last = account_now(end);
	r->interrupts = driver_counter(end->process->host, "interrupts") - r->interrupts;
	r->counts = counts_since(end, &r->counts);
}

static void
body(struct pair_end *end)
{
	struct wait_run *r = run_of(end);
	char *error = NULL;

	if (end->node == 1) {
		send_all(end);
		return;
	}
	while (!r->sender) /* until the other end has heard that this one is there, too */
		cpu_block("the sender", sim_now() + SIM_US);
	r->word = (struct umem_range){end->here, sizeof(uint32_t)};
	umem_watch_on(&r->watch, end->process->memory, &r->word, 1, came);
	if (measure_first(end)) {
		if (competitors_start(&r->competitors, end->simulation->point, end->process->host->machine, &error))
			wait_all(end);
		else
			simulate_fail(end->simulation, "%s", error);
	}
	g_free(error);
	umem_watch_off(&r->watch);
	r->done = true;
	cpu_poke(r->sender);
}

/* Results. -------------------------------------------------------------------------------------------- */

/* What the strategy costs in theory, us a wait; of an adaptive one, what the best fixed limit costs. */
static double
theory(const struct wait_run *r)
{
	double limit = fixed_limit(r);

	if (!isnan(limit))
		return delay_cost(&r->delay, limit, r->b);
	if (strcmp(r->params.strategy->name, "random") == 0)
		return delay_cost_random(&r->delay, r->b);
	return delay_cost(&r->delay, delay_best_limit(&r->delay, r->b), r->b);
}

static void
measure_accounts(const struct wait_run *r, struct results *results)
{
	double n = r->waits, time = sim_to_us(r->last.at - r->first.at);

	results_set(results, "cost_us", samples_mean(&r->cost));
	results_set(results, "spin_us", sim_to_us(r->last.spin - r->first.spin) / n);
	results_set(results, "system_us", sim_to_us(r->last.system - r->first.system) / n);
	results_set(results, "interrupt_us", sim_to_us(r->last.interrupt - r->first.interrupt) / n);
	results_set(results, "interrupts", r->interrupts / n);
	results_set(results, "competitor_share", sim_to_us(r->last.competed - r->first.competed) / time);
	results_set(results, "cpu_share", sim_to_us(r->last.waiting - r->first.waiting) / time);
	results_set(results, "time_us", time / n);
}

static void
measure(struct simulation *s, struct results *results)
{
	struct wait_run *r = s->arg;
	double n = r->waits, deviation = 0, mean = samples_mean(&r->cost);

	measure_accounts(r, results);
	for (size_t i = 0; i < r->cost.n; i++)
		deviation += (r->cost.values[i] - mean) * (r->cost.values[i] - mean);
	results_set(results, "cost_error_us", n > 1 ? sqrt(deviation / (n - 1) / n) : 0);
	results_set(results, "response_us", samples_mean(&r->response));
	results_set(results, "response_p50_us", samples_quantile(&r->response, 0.5));
	results_set(results, "response_p99_us", samples_quantile(&r->response, 0.99));
	results_set(results, "delay_us", r->delays / n);
	results_set(results, "b_us", r->b);
	results_set(results, "believed_b_us", sim_to_us(r->params.block_cost));
	results_set(results, "flight_us", r->flight);
	results_set(results, "theory_us", theory(r));
	results_set(results, "drawn_us", r->drawn / n);
	results_set(results, "optimum_us", delay_optimum(&r->delay, r->b));
	results_set(results, "ratio", mean / delay_optimum(&r->delay, r->b));
	results_set(results, "worst_us", r->worst);
	results_set(results, "excess_us", r->excess);
	results_set(results, "blocked_share", (double)r->counts.blocked / n);
	results_set(results, "late_arm_share", (double)r->counts.late_arms / n);
	results_set(results, "false_alarms", (double)r->counts.false_alarms / n);
}

static enum exit_code
run(const struct point *point, struct results *results, char **error)
{
	struct wait_run r = {.pair = {.bytes = sizeof(uint32_t), .body = body},
	                     .waits = (uint32_t)point_number(point, "waits"),
	                     .warm_up = (uint32_t)point_number(point, "warm_up"),
	                     .step_at = (uint32_t)point_number(point, "step_at"),
	                     .step_mean = (double)point_number(point, "step_mean_us"),
	                     .work = point_number(point, "work_us") * SIM_US};
	enum exit_code code = EXIT_BAD_INPUT;

	if (delay_init(&r.delay, point, error))
		code = simulate(point, results, pair_start, measure, &r, error);
	delay_clear(&r.delay);
	samples_free(&r.response);
	samples_free(&r.cost);
	return code;
}

const struct workload wait_workload = {
        .name = "wait",
        .hosts = 2,
        .doc = "a process computes, then waits for a message that comes some time after it began to wait",
        .parameters =
                (const struct workload_parameter[]){
                        DELAY_PARAMETERS("the time from the beginning of a wait to the message's arrival"),
                        {"waits", "500", 1, 1000000, 0, NULL, "that are measured"},
                        {"warm_up", "10", 0, 1000000, 0, NULL, "waits before"},
                        {"step_at", "0", 0, 2000000, 0, NULL, "from this wait on, those before included, .."},
                        {"step_mean_us", "0", 0, 10000000, 0, NULL, ".. the mean delay is this, us; 0: no step"},
                        {"work_us", "50", 20, 1000000, 0, NULL, "the process computes before each wait, us"},
                        COMPETITOR_PARAMETERS,
                        SIMULATE_PARAMETERS,
                        {0},
                },
        .metrics =
                (const struct workload_metric[]){
                        {"response_us", "from a message's arrival in memory until the process goes on, mean, us"},
                        {"response_p50_us", "the same, median, us"},
                        {"response_p99_us", "the same, 99th percentile, us"},
                        {"cost_us", "processor time of a wait on its host: spin, system and interrupt, mean, us"},
                        {"cost_error_us", "standard error of that mean, us"},
                        {"spin_us", "of it, polling, us"},
                        {"system_us", "of it, system calls, driver and wake-up, us"},
                        {"interrupt_us", "of it, interrupts and what the driver reads for them, us"},
                        {"interrupts", "interrupts a message"},
                        {"competitor_share", "what the competing processes got of a processor, together"},
                        {"cpu_share", "what waiting took of a processor"},
                        {"time_us", "of a phase of computing and a wait, mean, us"},
                        {"delay_us", "from the beginning of a wait until the message arrived, mean, us"},
                        {"b_us", "B: cost of a wait that blocks at once for a message that comes late, us"},
                        {"believed_b_us", "B as the strategy believes it to be, us"},
                        {"flight_us", "of a message: from the sender's start to its arrival, us"},
                        {"theory_us", "expected cost of the strategy in theory, with that B; of an adaptive one, of "
                                      "the best fixed limit, us"},
                        {"drawn_us", "the same of the delays as they were; of one without fixed limit, the best "
                                     "possible, us"},
                        {"optimum_us", "expected cost of who knows the delay: mean of min(t, B), us"},
                        {"ratio", "cost_us over optimum_us"},
                        {"worst_us", "largest cost of a wait, us"},
                        {"excess_us", "by how much a wait cost more than twice min(t, B), at most, us"},
                        {"blocked_share", "of the waits, those that blocked"},
                        {"late_arm_share", "those for which the message came while they were arming"},
                        {"false_alarms", "wake-ups without a message, a wait"},
                        {0},
                },
        .run = run,
};
