/* Random programs of threads, events and flows, with ties in plenty: the engine gives the log of a slow reference that
 * knows the rule and no SimGrid, and an unrelated flow in flight changes nothing. */
#include "nic-sim/engine.h"
#include "nic-sim/platform.h"
#include "tests/quick_assert.h"

#include <check.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { N_THREADS = 6, N_DEVICES = 6, STEPS = 120, SEEDS = 40, LOG_BYTES = 1 << 18 };

#define GRID         SIM_US        /* all delays are a few of it: nearly every instant has several activities */
#define FLOW_LATENCY (40 * SIM_US) /* platforms/myrinet-pc-8.xml */
#define FLOW_BYTES   125           /* 10 us at 12.5 MB/s, so flows end on the grid too */
#define FLOW_TIME    (FLOW_LATENCY + 10 * SIM_US + SIM_PS)
#define CHIP_HZ      33000000
#define LIMIT        SIM_S

/* A program is written once, as steps that end in one of these; engine and reference only differ in who obeys. */
enum wish { WISH_BLOCK, WISH_SLEEP, WISH_END };

struct worker {
	unsigned number;
	unsigned steps;
	uint64_t state;
	sim_time until;
	struct sim_thread *thread;   /* engine */
	bool woken, asleep, pending; /* reference */
	struct sim_event timer;
};

struct device {
	struct sim_event event;
	unsigned number;
	uint64_t state;
};

/* A processor that runs all the time, reads what threads write, and raises its event now and then. */
struct chip {
	struct sim_core core;
	struct sim_event event;
	uint64_t cycles, state;
};

static struct world {
	struct worker workers[N_THREADS];
	struct device devices[N_DEVICES];
	struct chip chip;
	uint64_t written;       /* by threads, read by the chip */
	bool flying[N_THREADS]; /* worker i sends to its partner, one flow at a time, on links of their own */
	bool with_flows;
	uint64_t seed;
	GString *log;
	void (*wake)(struct worker *);
	void (*fly)(unsigned from);
} w;

static uint64_t
draw(uint64_t *state, uint64_t below)
{
	*state = *state * 6364136223846793005ull + 1442695040888963407ull;
	return (*state >> 33) % below;
}

static void
record(char kind, unsigned number)
{
	g_string_append_printf(w.log, "%c%u %" G_GUINT64_FORMAT "\n", kind, number, sim_now());
}

static void
act(uint64_t *state)
{
	unsigned device = (unsigned)draw(state, N_DEVICES), flow = (unsigned)draw(state, N_THREADS);

	if (draw(state, 3) == 0)
		w.wake(&w.workers[draw(state, N_THREADS)]);
	if (draw(state, 2) == 0)
		sim_post(&w.devices[device].event, sim_now() + draw(state, 4) * GRID);
	if (w.with_flows && draw(state, 8) == 0 && !w.flying[flow]) {
		w.flying[flow] = true;
		w.fly(flow);
	}
}

static enum wish
step(struct worker *worker)
{
	record('t', worker->number);
	w.written += sim_now() + worker->number;
	if (worker->steps++ == STEPS)
		return WISH_END;
	for (uint64_t n = draw(&worker->state, 3); n > 0; n--)
		act(&worker->state);
	worker->until = sim_now() + draw(&worker->state, 5) * GRID;
	return draw(&worker->state, 2) ? WISH_BLOCK : WISH_SLEEP;
}

static void
device_fired(struct sim_event *ev)
{
	struct device *device = sim_event_owner(ev, struct device, event);

	record('d', device->number);
	w.wake(&w.workers[draw(&device->state, N_THREADS)]);
	act(&device->state);
}

static void
flow_ended(void *arg)
{
	unsigned from = GPOINTER_TO_UINT(arg);

	record('f', from);
	w.flying[from] = false;
	w.wake(&w.workers[from ^ 1]);
	act(&w.devices[from].state);
}

static void
chip_fired(struct sim_event *ev)
{
	struct chip *chip = sim_event_owner(ev, struct chip, event);

	record('c', (unsigned)(chip->state % 1000));
	w.wake(&w.workers[chip->state % N_THREADS]);
}

static void
chip_runs(struct sim_core *core)
{
	struct chip *chip = sim_event_owner(core, struct chip, core);

	while (core->clock < sim_core_limit()) {
		sim_core_now(core->clock);
		chip->state += w.written + core->clock;
		if (draw(&chip->state, 50) == 0 && !sim_posted(&chip->event))
			sim_post(&chip->event, core->clock + chip->state % 3 * (GRID / 7));
		core->clock = sim_cycles_to_ps(++chip->cycles, CHIP_HZ);
	}
}

/* A metronome, so that nobody blocks for ever. */
static void
tick(struct sim_event *ev)
{
	for (unsigned i = 0; i < N_THREADS; i++)
		w.wake(&w.workers[i]);
	sim_post(ev, sim_now() + 7 * GRID);
}

static void
build(uint64_t seed, bool with_flows)
{
	static struct sim_event metronome;

	w.seed = seed;
	w.with_flows = with_flows;
	w.log = g_string_new("");
	for (unsigned i = 0; i < N_THREADS; i++)
		w.workers[i] = (struct worker){.number = i, .state = seed * 1000 + i};
	for (unsigned i = 0; i < N_DEVICES; i++) {
		w.devices[i].number = i;
		w.devices[i].state = seed * 1000 + 500 + i;
		sim_event_init(&w.devices[i].event, SIM_RANK_NODE + i / 2, device_fired);
	}
	w.chip.state = seed;
	sim_event_init(&w.chip.event, SIM_RANK_NODE + 3, chip_fired);
	sim_core_init(&w.chip.core, SIM_RANK_NODE + 3, chip_runs);
	sim_core_resume(&w.chip.core, 0);
	sim_event_init(&metronome, SIM_RANK_LAST, tick);
	sim_post(&metronome, 7 * GRID);
}

/* Engine. --------------------------------------------------------------------------------------------- */

static struct platform *platform;

static void
engine_wake(struct worker *worker)
{
	sim_wake(worker->thread);
}

static void
engine_fly(unsigned from)
{
	sim_flow(platform->hosts[from], platform->hosts[from ^ 1], FLOW_BYTES, flow_ended, GUINT_TO_POINTER(from));
}

static void
work(void *arg)
{
	struct worker *worker = arg;
	enum wish wish;

	while ((wish = step(worker)) != WISH_END) {
		if (wish == WISH_BLOCK)
			sim_block("something");
		else
			sim_sleep_until(worker->until, "a while");
	}
}

/* The unrelated flow: between computers 6 and 7, started again and again; its arrival dates are odd. */
static void
unrelated(void *arg)
{
	sim_flow(platform->hosts[6], platform->hosts[7], 13 + w.seed, unrelated, arg);
}

static void
by_engine(uint64_t seed, bool with_flows, bool with_unrelated)
{
	char *error;

	engine_init();
	platform = platform_load("myrinet-pc-8", NULL, 0, &error);
	if (!platform)
		g_error("%s", error);
	w.wake = engine_wake;
	w.fly = engine_fly;
	build(seed, with_flows);
	for (unsigned i = 0; i < N_THREADS; i++)
		w.workers[i].thread = sim_thread_start(platform->hosts[i], "worker", false, work, &w.workers[i]);
	if (with_unrelated)
		unrelated(NULL);
	if (sim_run(LIMIT) != SIM_DONE)
		g_error("the run did not end");
}

/* Reference: the calendar for events (which has a test of its own), a list of the woken, flows as events. ---- */

static struct worker *woken[N_THREADS + 1];
static unsigned n_woken, n_ended;

static void
reference_append(struct worker *worker)
{
	worker->woken = true;
	woken[n_woken++] = worker;
}

static void
reference_wake(struct worker *worker)
{
	if (worker->asleep || worker->steps > STEPS)
		worker->pending = true;
	else if (!worker->woken)
		reference_append(worker);
}

static void
reference_alarm(struct sim_event *ev)
{
	reference_append(sim_event_owner(ev, struct worker, timer));
}

struct reference_flow {
	struct sim_event event;
	unsigned from;
};

static void
reference_arrival(struct sim_event *ev)
{
	struct reference_flow *flow = sim_event_owner(ev, struct reference_flow, event);

	flow_ended(GUINT_TO_POINTER(flow->from));
}

static void
reference_fly(unsigned from)
{
	static struct reference_flow flows[N_THREADS];

	flows[from].from = from;
	sim_event_init(&flows[from].event, SIM_RANK_ENGINE, reference_arrival);
	sim_post(&flows[from].event, sim_now() + FLOW_TIME);
}

/* A worker that runs is neither asleep nor woken: mark it so that a wake from itself is remembered, as by the engine.
 */
static void
reference_resume(struct worker *worker)
{
	enum wish wish;

	worker->asleep = true;
	worker->woken = false;
	do
		wish = step(worker);
	while (wish == WISH_BLOCK && worker->pending && !(worker->pending = false));
	if (wish == WISH_END) {
		n_ended++;
		return;
	}
	worker->asleep = wish == WISH_SLEEP;
	if (wish == WISH_SLEEP)
		sim_post(&worker->timer, worker->until);
}

static void
by_reference(uint64_t seed, bool with_flows)
{
	w.wake = reference_wake;
	w.fly = reference_fly;
	build(seed, with_flows);
	for (unsigned i = 0; i < N_THREADS; i++) {
		sim_event_init(&w.workers[i].timer, SIM_RANK_TIMER, reference_alarm);
		w.workers[i].asleep = true; /* not yet waiting for anything: a wake is remembered */
		reference_append(&w.workers[i]);
	}
	while (n_ended < N_THREADS) {
		while (n_woken > 0 && n_ended < N_THREADS) {
			struct worker *first = woken[0];

			memmove(woken, woken + 1, --n_woken * sizeof *woken);
			reference_resume(first);
		}
		if (n_ended < N_THREADS && !calendar_step(LIMIT))
			g_error("the reference is stuck");
	}
}

/* Each run in a process of its own, since there is one engine a process; its log comes back through a pipe. ---- */

enum way { BY_REFERENCE, BY_ENGINE, BY_ENGINE_WITH_UNRELATED_FLOW };

static GString *
log_of(enum way way, uint64_t seed, bool with_flows)
{
	GString *log = g_string_new("");
	char piece[4096];
	int ends[2], status;
	ssize_t n;
	pid_t child;

	ck_assert_int_eq(pipe(ends), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		if (way == BY_REFERENCE)
			by_reference(seed, with_flows);
		else
			by_engine(seed, with_flows, way == BY_ENGINE_WITH_UNRELATED_FLOW);
		for (gsize at = 0; at < w.log->len; at += (gsize)n)
			if ((n = write(ends[1], w.log->str + at, w.log->len - at)) <= 0)
				_exit(EXIT_FAILURE);
		_exit(EXIT_SUCCESS);
	}
	close(ends[1]);
	while ((n = read(ends[0], piece, sizeof piece)) > 0)
		g_string_append_len(log, piece, n);
	close(ends[0]);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	return log;
}

static void
must_agree(const GString *a, const GString *b)
{
	char **x = g_strsplit(a->str, "\n", 0), **y = g_strsplit(b->str, "\n", 0);

	for (unsigned i = 0; x[i] && y[i]; i++)
		quick_assert_msg(strcmp(x[i], y[i]) == 0, "line %u: %s and %s", i, x[i], y[i]);
	ck_assert_uint_eq(a->len, b->len);
	ck_assert_uint_gt(a->len, 1000);
	g_strfreev(x);
	g_strfreev(y);
}

static void
compare(enum way one, enum way other, bool with_flows, uint64_t seed)
{
	GString *a = log_of(one, seed, with_flows), *b = log_of(other, seed, with_flows);

	must_agree(a, b);
	g_string_free(a, TRUE);
	g_string_free(b, TRUE);
}

START_TEST(engine_without_flows_is_the_reference)
{
	compare(BY_REFERENCE, BY_ENGINE, false, (uint64_t)_i + 1);
}
END_TEST

START_TEST(engine_with_flows_is_the_reference)
{
	compare(BY_REFERENCE, BY_ENGINE, true, (uint64_t)_i + 1);
}
END_TEST

START_TEST(unrelated_flow_changes_nothing)
{
	compare(BY_ENGINE, BY_ENGINE_WITH_UNRELATED_FLOW, false, (uint64_t)_i + 1);
	compare(BY_ENGINE, BY_ENGINE_WITH_UNRELATED_FLOW, true, (uint64_t)_i + 1);
}
END_TEST

START_TEST(two_runs_are_the_same)
{
	compare(BY_ENGINE_WITH_UNRELATED_FLOW, BY_ENGINE_WITH_UNRELATED_FLOW, true, 4711);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("ties");
	TCase *cases = tcase_create("ties");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(cases, engine_without_flows_is_the_reference, 0, SEEDS);
	tcase_add_loop_test(cases, engine_with_flows_is_the_reference, 0, SEEDS);
	tcase_add_loop_test(cases, unrelated_flow_changes_nothing, 0, SEEDS);
	tcase_add_test(cases, two_runs_are_the_same);
	tcase_set_timeout(cases, 30);
	suite_add_tcase(suite, cases);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
