/* What time costs: an event, a switch between cores, a hand-over between threads, a trace event.  Prints ns of this
 * machine; nothing is judged. */
#include "nic-sim/engine.h"
#include "nic-sim/platform.h"
#include "nic-sim/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MAX_EVENTS = 256, MAX_CORES = 16 };

#define EVENTS    10000000
#define SLICES    10000000
#define HANDOVERS 1000000
#define TRACED    50000000

static double
nanoseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static uint64_t
next_random(void)
{
	static uint64_t state = 1;

	state = state * 6364136223846793005ull + 1442695040888963407ull;
	return state >> 40;
}

static void
again(struct sim_event *ev)
{
	sim_post(ev, sim_now() + 1 + next_random());
}

static void
bench_events(unsigned live)
{
	static struct sim_event events[MAX_EVENTS];
	double start;

	calendar_reset();
	for (unsigned i = 0; i < live; i++) {
		sim_event_init(&events[i], SIM_RANK_NODE + i, again);
		sim_post(&events[i], next_random());
	}
	start = nanoseconds();
	while (calendar_fired() < EVENTS)
		calendar_step(SIM_NEVER);
	printf("event, %3u live: %.1f ns\n", live, (nanoseconds() - start) / EVENTS);
}

static unsigned long slices;

static void
ten_cycles(struct sim_core *core)
{
	sim_time limit = sim_core_limit();

	slices++;
	if (core->clock < limit)
		core->clock = limit;
}

static void
bench_cores(unsigned n)
{
	static struct sim_core cores[MAX_CORES];
	double start;

	calendar_reset();
	sim_set_lookahead(300 * SIM_NS);
	for (unsigned i = 0; i < n; i++) {
		sim_core_init(&cores[i], SIM_RANK_NODE + i, ten_cycles);
		sim_core_resume(&cores[i], i * SIM_NS);
	}
	sim_set_quantum(300 * SIM_NS);
	slices = 0;
	start = nanoseconds();
	while (slices < SLICES)
		calendar_step(sim_now() + SIM_MS);
	printf("core switch, %2u active: %.1f ns\n", n, (nanoseconds() - start) / (double)slices);
}

static void
bench_trace(void)
{
	double start = nanoseconds();

	for (unsigned i = 0; i < TRACED; i++)
		trace_event(SIM_RANK_NODE + i % 16, TRACE_HEAD, i);
	printf("trace event: %.1f ns\n", (nanoseconds() - start) / TRACED);
}

static struct sim_thread *ping, *pong;

static void
play(void *other)
{
	struct sim_thread *const *partner = other;

	for (unsigned i = 0; i < HANDOVERS / 4; i++) {
		sim_sleep_until(sim_now() + SIM_US, "a while");
		sim_wake(*partner);
		sim_block("the other");
	}
	sim_wake(*partner);
}

static void
next_flow(void *arg)
{
	sim_flow("pc-0", "pc-1", 1000000000, next_flow, arg);
}

static void
bench_handovers(void)
{
	char *error;
	double start;

	calendar_reset();
	engine_init();
	if (!platform_load("myrinet-pc", NULL, 0, &error))
		exit((fprintf(stderr, "%s\n", error), EXIT_FAILURE));
	if (getenv("BENCH_FLOW"))
		next_flow(NULL);
	ping = sim_thread_start("pc-0", "ping", false, play, &pong);
	pong = sim_thread_start("pc-1", "pong", false, play, &ping);
	start = nanoseconds();
	sim_run(SIM_TIME_MAX);
	printf("hand-over: %.0f ns\n", (nanoseconds() - start) / (double)engine_handovers());
}

int
main(void)
{
	for (unsigned live = 1; live <= MAX_EVENTS; live *= 4)
		bench_events(live);
	for (unsigned n = 1; n <= MAX_CORES; n *= 2)
		bench_cores(n);
	bench_trace();
	bench_handovers();
	return 0;
}
