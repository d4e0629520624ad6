#include "nic-sim/engine.h"

#include "nic-sim/sanitizer.h"

#include <assert.h>
#include <glib.h>
#include <math.h>
#include <signal.h>
#include <simgrid/actor.h>
#include <simgrid/engine.h>
#include <simgrid/host.h>
#include <simgrid/semaphore.h>
#include <stdio.h>
#include <stdlib.h>

#define STACK_KIB 512 /* of a host thread; virtual, touched pages only count */

#define PS_PER_S      1e12
#define LEAST_SLEEP_S 1e-13 /* SimGrid's precision, as set below */

/* While a flow is in flight and nothing else is due, maestro lets SimGrid go this far at a time (doubling). */
#define FIRST_STRIDE SIM_US
#define LAST_STRIDE  SIM_MS
/* Longest stretch of simulated time, cores running, between two looks at whether SIGUSR1 came. */
#define SIGNAL_STRIDE SIM_MS

enum { MAX_REPORTERS = 16 };

enum thread_state { THREAD_NEW, THREAD_WOKEN, THREAD_RUNNING, THREAD_BLOCKED, THREAD_SLEEPING, THREAD_ENDED };

struct sim_thread {
	char *name;
	sg_host_t host;
	void (*body)(void *);
	void *arg, *data;
	sg_sem_t semaphore;
	enum thread_state state;
	bool started, daemon, wake_remembered;
	bool asleep;     /* in sim_sleep_until, where a wake does not shorten anything */
	const char *why; /* of the last block or sleep, and its date */
	sim_time since;
	struct sim_event timer; /* of sim_sleep_until */
	GList woken_link;
};

/* A flow is carried by an actor, its courier: only couriers (and the guard) wake up inside SimGrid by themselves.  One
 * that has arrived waits for another flow: making an actor costs more than all else about a short one. */
struct flow {
	sg_host_t from, to;
	uint64_t bytes;
	void (*done)(void *);
	void *arg;
	uint64_t number; /* among all flows, in order of start */
	sim_time date;   /* of arrival, once known */
};

struct courier {
	struct flow *flow;
	sg_sem_t wanted;
};

/* Who drives: maestro (the thread that called sim_run, outside all actors), or the guard, an actor, for the dates
 * inside a stretch that maestro has handed to SimGrid because a flow was in flight. */
struct driver {
	void (*move_clock)(sim_time t);              /* SimGrid's clock becomes t; the guard's may come back early */
	void (*let_run)(const struct sim_thread *t); /* returns when t (if not NULL) has blocked or ended */
	bool leads;                                  /* nobody else will go on if this one stops */
};

static struct {
	struct sim_thread *self;
	GPtrArray *threads;  /* all that ever started, in that order */
	GQueue woken, flows; /* to be resumed, to be launched: in this instant, by the driver only */
	GQueue in_flight;    /* flows that a courier carries */
	GQueue arrived;      /* flows that SimGrid has finished, by date and number */
	GQueue couriers;     /* all of them */
	GQueue idle;         /* couriers that have nothing to carry */
	uint64_t n_flows;
	unsigned live;  /* threads that are not daemons and have not ended */
	sim_time bound; /* maestro takes over again at this date */
	sim_time stride;
	sg_sem_t guard_semaphore; /* NULL until the first flow */
	uint64_t handovers;
	struct sanitized_stack stack; /* maestro's */
	struct {
		void (*print)(void *);
		void *arg;
	} reporters[MAX_REPORTERS];
	unsigned n_reporters;
} engine;

static volatile sig_atomic_t report_wanted;

void
engine_init(void)
{
	char stacks[] = "--cfg=contexts/stack-size:" G_STRINGIFY(STACK_KIB);
	char *argv[] = {"nicsim",
	                "--log=root.thresh:error",
	                "--cfg=surf/precision:1e-13",
	                "--cfg=network/model:CM02",
	                "--cfg=network/crosstraffic:0",
	                "--cfg=contexts/factory:raw",
	                stacks,
	                NULL};
	int argc = G_N_ELEMENTS(argv) - 1;

	simgrid_init(&argc, argv);
	engine.threads = g_ptr_array_new();
}

/* SimGrid's clock. ------------------------------------------------------------------------------------ */

static double
seconds(sim_time t)
{
	return (double)t / PS_PER_S;
}

static sim_time
clock_ps(void)
{
	return (sim_time)llround(simgrid_get_clock() * PS_PER_S);
}

/* Threads. -------------------------------------------------------------------------------------------- */

static void
append_woken(struct sim_thread *t)
{
	g_queue_push_tail_link(&engine.woken, &t->woken_link);
}

static void
timer_fired(struct sim_event *ev)
{
	struct sim_thread *t = sim_event_owner(ev, struct sim_thread, timer);

	t->state = THREAD_WOKEN;
	append_woken(t);
}

static sg_host_t
find_host(const char *name)
{
	sg_host_t host = sg_host_by_name(name);

	if (!host)
		g_error("no host \"%s\" in the platform", name);
	return host;
}

struct sim_thread *
sim_thread_start(const char *host, const char *name, bool daemon, void (*body)(void *), void *arg)
{
	struct sim_thread *t = g_new0(struct sim_thread, 1);

	t->name = g_strdup(name);
	t->host = find_host(host);
	t->body = body;
	t->arg = arg;
	t->daemon = daemon;
	t->semaphore = sg_sem_init(0);
	t->why = "its start";
	t->since = sim_now();
	t->woken_link.data = t;
	sim_event_init(&t->timer, SIM_RANK_TIMER, timer_fired);
	g_ptr_array_add(engine.threads, t);
	engine.live += !daemon;
	append_woken(t);
	return t;
}

struct sim_thread *
sim_thread_self(void)
{
	return engine.self;
}

const char *
sim_thread_name(const struct sim_thread *t)
{
	return t->name;
}

void
sim_thread_set_data(struct sim_thread *t, void *data)
{
	t->data = data;
}

void *
sim_thread_data(const struct sim_thread *t)
{
	return t->data;
}

static void
leave_actor(int failed, void *top)
{
	(void)failed;
	sanitized_stack_enter(sanitized_stack_below(top, STACK_KIB * 1024));
}

/* begin_actor: `top`, the frame of its main, is what the sanitizer must know when SimGrid ends the actor. */
static void
begin_actor(void *top)
{
	sg_actor_on_exit(leave_actor, top);
}

static void
thread_main(int argc, char **argv)
{
	struct sim_thread *t = sg_actor_self_get_data();

	(void)argc, (void)argv;
	begin_actor(__builtin_frame_address(0));
	engine.self = t;
	t->body(t->arg);
	engine.self = NULL;
	t->state = THREAD_ENDED;
	engine.live -= !t->daemon;
}

static void
suspend_self(enum thread_state state, const char *why)
{
	struct sim_thread *t = engine.self;

	t->state = state;
	t->why = why;
	t->since = sim_now();
	engine.self = NULL;
	sg_sem_acquire(t->semaphore);
	engine.self = t;
}

void
sim_block(const char *why)
{
	struct sim_thread *t = engine.self;

	assert(t);
	if (!t->wake_remembered)
		suspend_self(THREAD_BLOCKED, why);
	t->wake_remembered = false;
}

void
sim_wake(struct sim_thread *t)
{
	if (t->state == THREAD_BLOCKED) {
		t->state = THREAD_WOKEN;
		append_woken(t);
	} else if (t->state != THREAD_WOKEN || t->asleep) {
		t->wake_remembered = true;
	}
}

void
sim_sleep_until(sim_time t, const char *why)
{
	struct sim_thread *self = engine.self;

	assert(self);
	sim_post(&self->timer, t);
	self->asleep = true;
	suspend_self(THREAD_SLEEPING, why);
	self->asleep = false;
}

static sg_actor_t
start_actor(const char *name, sg_host_t host, xbt_main_func_t body, void *data)
{
	static char *no_arguments[] = {NULL};
	sg_actor_t actor = sg_actor_init(name, host);

	sg_actor_set_data(actor, data);
	sg_actor_start(actor, body, 0, no_arguments);
	return actor;
}

static void
resume(const struct driver *driver, struct sim_thread *t)
{
	engine.handovers++;
	t->state = THREAD_RUNNING;
	if (t->started) {
		sg_sem_release(t->semaphore);
	} else {
		t->started = true;
		start_actor(t->name, t->host, thread_main, t);
	}
	driver->let_run(t);
	assert(t->state != THREAD_RUNNING);
}

/* Flows. ---------------------------------------------------------------------------------------------- */

/* An arrival event takes the first of the list, because SimGrid's order of flows that end together is its own. */
static void
flow_arrived(struct sim_event *ev)
{
	struct flow *flow = g_queue_pop_head(&engine.arrived);

	assert(flow->date == ev->time);
	flow->done(flow->arg);
	g_free(flow);
	g_free(ev);
}

static gint
by_date_and_number(gconstpointer a, gconstpointer b, gpointer unused)
{
	const struct flow *x = a, *y = b;

	(void)unused;
	if (x->date != y->date)
		return x->date < y->date ? -1 : 1;
	return x->number < y->number ? -1 : 1;
}

static void
post_arrival(struct flow *flow)
{
	struct sim_event *event = g_new(struct sim_event, 1);

	flow->date = MAX(sim_now(), clock_ps() + 1);
	g_queue_insert_sorted(&engine.arrived, flow, by_date_and_number, NULL);
	sim_event_init(event, SIM_RANK_ENGINE, flow_arrived);
	sim_post(event, flow->date);
}

void
sim_flow(const char *from, const char *to, uint64_t bytes, void (*done)(void *), void *arg)
{
	struct flow *flow = g_new0(struct flow, 1);

	flow->from = find_host(from);
	flow->to = find_host(to);
	flow->bytes = bytes;
	flow->done = done;
	flow->arg = arg;
	flow->number = ++engine.n_flows;
	g_queue_push_tail(&engine.flows, flow);
}

uint64_t
sim_route_rate(const char *from, const char *to)
{
	return (uint64_t)llround(sg_host_get_route_bandwidth(find_host(from), find_host(to)));
}

/* The arrival is an event like others; if its date is maestro's, maestro finds it, else the guard must be told.  It is
 * the next picosecond after SimGrid's: SimGrid's date may round to one whose events have just been fired, or are just
 * about to be, by an error in the last bit of a double, and the order must not depend on that. */
static void
carry(struct flow *flow)
{
	sg_host_sendto(flow->from, flow->to, (double)flow->bytes);
	g_queue_remove(&engine.in_flight, flow);
	post_arrival(flow);
	if (flow->date < engine.bound)
		sg_sem_release(engine.guard_semaphore);
}

static void
courier_main(int argc, char **argv)
{
	struct courier *courier = sg_actor_self_get_data();

	(void)argc, (void)argv;
	begin_actor(__builtin_frame_address(0));
	for (;;) {
		carry(courier->flow);
		g_queue_push_head(&engine.idle, courier);
		sg_sem_acquire(courier->wanted);
	}
}

static void
send_courier(struct flow *flow)
{
	struct courier *courier = g_queue_pop_head(&engine.idle);

	if (courier) {
		courier->flow = flow;
		sg_sem_release(courier->wanted);
		return;
	}
	courier = g_new0(struct courier, 1);
	courier->flow = flow;
	courier->wanted = sg_sem_init(0);
	g_queue_push_tail(&engine.couriers, courier);
	start_actor("courier", flow->from, courier_main, courier);
}

static void guard_main(int argc, char **argv);

static void
launch_flows(const struct driver *driver)
{
	struct flow *flow;

	if (!engine.guard_semaphore) {
		engine.guard_semaphore = sg_sem_init(0);
		start_actor("guard", ((struct flow *)g_queue_peek_head(&engine.flows))->from, guard_main, NULL);
	}
	while ((flow = g_queue_pop_head(&engine.flows))) {
		g_queue_push_tail(&engine.in_flight, flow);
		send_courier(flow);
	}
	engine.stride = FIRST_STRIDE;
	driver->let_run(NULL);
}

/* Reports. -------------------------------------------------------------------------------------------- */

void
engine_on_report(void (*print)(void *arg), void *arg)
{
	assert(engine.n_reporters < MAX_REPORTERS);
	engine.reporters[engine.n_reporters].print = print;
	engine.reporters[engine.n_reporters++].arg = arg;
}

uint64_t
engine_handovers(void)
{
	return engine.handovers;
}

static void
print_thread(const struct sim_thread *t)
{
	fprintf(stderr, "  %s%s on %s: ", t->daemon ? "daemon " : "", t->name, sg_host_get_name(t->host));
	if (t->state == THREAD_RUNNING || t->state == THREAD_WOKEN)
		fprintf(stderr, "running\n");
	else
		fprintf(stderr, "waits for %s since %.6f us\n", t->why, sim_to_us(t->since));
}

static void
report(const char *what)
{
	fprintf(stderr, "nicsim: %s at %.6f us; %u threads left, %u flows in flight:\n", what, sim_to_us(sim_now()),
	        engine.live, engine.in_flight.length);
	for (guint i = 0; i < engine.threads->len; i++) {
		const struct sim_thread *t = g_ptr_array_index(engine.threads, i);

		if (t->state != THREAD_ENDED)
			print_thread(t);
	}
	for (unsigned i = 0; i < engine.n_reporters; i++)
		engine.reporters[i].print(engine.reporters[i].arg);
}

static void
on_sigusr1(int signal)
{
	(void)signal;
	report_wanted = 1;
}

static void
answer_sigusr1(void)
{
	if (report_wanted) {
		report_wanted = 0;
		report("asked by SIGUSR1");
	}
}

/* Driving. -------------------------------------------------------------------------------------------- */

/* finish_instant: the threads woken in this instant, and what they wake, then the flows that began in it.  SimGrid's
 * clock matters to flows only, and moving it costs as much as a hand-over: without a flow it stays behind. */
static void
finish_instant(const struct driver *driver)
{
	if (engine.in_flight.length > 0)
		driver->move_clock(sim_now());
	for (GList *link; engine.live && (link = g_queue_pop_head_link(&engine.woken));)
		resume(driver, link->data);
	if (g_queue_is_empty(&engine.flows))
		return;
	driver->move_clock(sim_now());
	launch_flows(driver);
}

/* fly: the next move while a flow is in flight.  SimGrid goes first, up to the next date at which anything of ours
 * happens, because a flow may arrive before it; only then does ours.  An active core thus goes one access at a time. */
static bool
fly(const struct driver *driver, sim_time until)
{
	sim_time next = calendar_next_activity(), date = MAX(sim_now(), clock_ps());
	sim_time target = MIN(MIN(next, until), date + engine.stride);

	if (next > until && (!driver->leads || date >= until))
		return false;
	if (clock_ps() < target) {
		engine.stride = MIN(2 * engine.stride, LAST_STRIDE);
		driver->move_clock(target);
		return true;
	}
	engine.stride = FIRST_STRIDE;
	if (calendar_next() == next)
		calendar_step(next);
	else
		calendar_run_cores(next + 1);
	return true;
}

/* coast: the next move while SimGrid has nothing to do: one instant, or a stretch in which only cores run. */
static bool
coast(sim_time until)
{
	sim_time next = calendar_next_activity(), stop;

	if (next > until)
		return false;
	stop = MIN(until, MAX(next, sim_now()) + SIGNAL_STRIDE);
	return calendar_step(stop) || stop < until;
}

/* drive: until all threads have ended, or nothing is left to happen up to and at `until`. */
static void
drive(const struct driver *driver, sim_time until)
{
	while (engine.live) {
		answer_sigusr1();
		if (!g_queue_is_empty(&engine.woken) || !g_queue_is_empty(&engine.flows)) {
			finish_instant(driver);
		} else if (engine.in_flight.length > 0) {
			if (!fly(driver, until))
				return;
		} else if (!coast(until)) {
			return;
		}
	}
}

/* Actors may have ended meanwhile. */
static void
run_actors(double until)
{
	simgrid_run_until(until);
	sanitized_stack_enter(engine.stack);
}

/* SimGrid may stop up to 10 us short of the date that it is given; it never runs backwards, and aborts if asked to. */
static void
maestro_move_clock(sim_time t)
{
	engine.bound = t;
	while (simgrid_get_clock() < seconds(t))
		run_actors(seconds(t));
}

static void
maestro_let_run(const struct sim_thread *t)
{
	(void)t;
	run_actors(simgrid_get_clock());
}

static void
guard_move_clock(sim_time t)
{
	double ahead = seconds(t) - simgrid_get_clock();

	if (clock_ps() < t)
		sg_sem_acquire_timeout(engine.guard_semaphore, MAX(ahead, LEAST_SLEEP_S));
}

static void
guard_let_run(const struct sim_thread *t)
{
	do
		sg_actor_yield();
	while (t && t->state == THREAD_RUNNING);
}

static const struct driver maestro = {maestro_move_clock, maestro_let_run, true};
static const struct driver guard = {guard_move_clock, guard_let_run, false};

/* Everything at the bound itself is left to maestro, who comes back there. */
static void
guard_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	begin_actor(__builtin_frame_address(0));
	for (;;) {
		sg_sem_acquire(engine.guard_semaphore);
		drive(&guard, engine.bound - 1);
	}
}

static enum sim_outcome
judge(sim_time limit)
{
	if (!engine.live) {
		calendar_cut();
		return SIM_DONE;
	}
	if (calendar_next_activity() == SIM_NEVER && engine.in_flight.length == 0) {
		report("deadlock: nothing can happen any more");
		return SIM_DEADLOCK;
	}
	calendar_advance(limit);
	report("simulated-time limit reached");
	return SIM_TIME_LIMIT;
}

static void
free_courier(void *data)
{
	struct courier *courier = data;

	sg_sem_destroy(courier->wanted);
	g_free(courier);
}

/* A killed actor's stack is unwound by SimGrid; what it carried is left to us. */
static void
clean_up(void)
{
	sg_actor_kill_all();
	run_actors(simgrid_get_clock());
	g_queue_clear_full(&engine.flows, g_free);
	g_queue_clear_full(&engine.in_flight, g_free);
	g_queue_clear_full(&engine.arrived, g_free);
	g_queue_clear_full(&engine.couriers, free_courier);
	g_queue_clear(&engine.idle);
}

enum sim_outcome
sim_run(sim_time limit)
{
	struct sigaction action = {.sa_handler = on_sigusr1, .sa_flags = SA_RESTART}, before;
	enum sim_outcome outcome;

	assert(limit <= SIM_TIME_MAX);
	engine.stack = sanitized_stack_now();
	sigaction(SIGUSR1, &action, &before);
	drive(&maestro, limit);
	outcome = judge(limit);
	sigaction(SIGUSR1, &before, NULL);
	clean_up();
	return outcome;
}
