/* Workloads over Active Messages: round trip, bandwidth, and the LogP parameters. */
#include "experiments/workload_am.h"

#include "experiments/simulate.h"
#include "experiments/steady.h"
#include "experiments/workload.h"
#include "host-lib/am.h"

#include <glib.h>

enum { SERVE = 1, REPLY, END };

#define MAX_BYTES (1u << 20) /* of a message; longer than AM_MAX are sent in pieces */

struct talk {
	struct simulation *simulation;
	struct am_name server;
	bool ended;
	void (*measure)(struct talk *t);
	/* the client's */
	struct am *am;
	uint64_t data;
	uint32_t replies;
	uint32_t expected;
	/* parameters */
	uint32_t bytes, messages, delay_ns;
	bool bulk;
	struct steady steady; /* ping-pong */
	/* results */
	sim_time took, send, receive, gap, round_trip;
};

static bool
worked(struct talk *t, enum am_error error, const char *what)
{
	if (error != AM_OK)
		simulate_fail(t->simulation, "%s: %s", what, am_strerror(error));
	return error == AM_OK;
}

/* The server: sends back what is wanted back. */
static void
serve(struct am *am, void *arg, const struct am_message *m)
{
	struct talk *t = arg;
	if (m->arg[0] == 0)
		return;
	enum am_error error =
	        m->bytes ? am_reply_medium(am, REPLY, NULL, 0, m->data, m->bytes) : am_reply(am, REPLY, NULL, 0);
	worked(t, error, "reply");
}

static void
end(struct am *am, void *arg, const struct am_message *m)
{
	(void)am;
	(void)m;
	*(bool *)arg = true;
}

static bool
has_ended(void *arg)
{
	return *(bool *)arg;
}

static void
server(void *arg)
{
	struct talk *t = arg;
	struct am *am;
	if (!worked(t, am_open(task_process(task_self()), MAX_BYTES, &am), "am_open"))
		return;
	am_handle(am, SERVE, serve, t);
	am_handle(am, END, end, &t->ended);
	t->server = am_name(am);
	am_wait(am, has_ended, &t->ended, SIM_NEVER);
}

static void
reply(struct am *am, void *arg, const struct am_message *m)
{
	(void)am;
	(void)m;
	((struct talk *)arg)->replies++;
}

static bool
has_replies(void *arg)
{
	const struct talk *t = arg;
	return t->replies >= t->expected;
}

static bool
await(struct talk *t, uint32_t n)
{
	t->expected = n;
	return worked(t, am_wait(t->am, has_replies, t, SIM_NEVER), "am_wait");
}

/* One request of up to AM_MAX bytes; 0: a short one. */
static bool
send(struct talk *t, uint32_t offset, uint32_t bytes, uint32_t answer)
{
	enum am_error error;
	if (bytes == 0)
		error = am_request(t->am, t->server, SERVE, &answer, 1);
	else if (t->bulk)
		error = am_request_bulk(t->am, t->server, SERVE, &answer, 1, t->data + offset, bytes, offset);
	else
		error = am_request_medium(t->am, t->server, SERVE, &answer, 1, t->data + offset, bytes);
	return worked(t, error, "request");
}

static void
client(void *arg)
{
	struct talk *t = arg;
	struct process *p = task_process(task_self());
	if (!worked(t, am_open(p, 0, &t->am), "am_open"))
		return;
	am_handle(t->am, REPLY, reply, t);
	t->data = umem_alloc(p->memory, MAX_BYTES);
	while (!t->server.tag)
		cpu_block("the server", sim_now() + 10 * SIM_US);
	t->measure(t);
	worked(t, am_request(t->am, t->server, END, NULL, 0), "end");
	am_quiet(t->am, SIM_NEVER);
}

static void
start(struct simulation *s)
{
	struct talk *t = s->arg;
	t->simulation = s;
	task_start(process_new(&s->testbed->machine->hosts[1], "server"), "server", false, server, t);
	task_start(process_new(&s->testbed->machine->hosts[0], "client"), "client", false, client, t);
}

static enum firmware
am(const struct point *point)
{
	(void)point;
	return FIRMWARE_AM;
}

/* Ping-pong: one message there, the same back; one packet at a time, as the papers have it. ------------------------ */

static bool
exchange(struct talk *t)
{
	uint32_t at = 0;
	do {
		uint32_t before = t->replies;
		if (!send(t, at, MIN(t->bytes - at, AM_MAX), 1) || !await(t, before + 1))
			return false;
		at += AM_MAX;
	} while (at < t->bytes);
	return true;
}

static void
pingpong(struct talk *t)
{
	exchange(t);
	while (steady_seeks(&t->steady)) {
		sim_time began = sim_now();
		if (!exchange(t))
			return;
		cpu_settle();
		steady_add(&t->steady, sim_to_us(sim_now() - began));
	}
}

static void
measure_pingpong(struct simulation *s, struct results *results)
{
	const struct talk *t = s->arg;
	steady_results(&t->steady, results, "round_trip_us");
	results_set(results, "one_way_us", t->steady.mean / 2);
}

enum exit_code
am_pingpong_run(const struct point *point, struct results *results, char **error)
{
	struct talk t = {
	        .measure = pingpong, .bytes = (uint32_t)point_number(point, "size_B"), .steady = steady_of(point)};
	return simulate(point, results, start, measure_pingpong, &t, error);
}

const struct workload am_pingpong = {
        .name = "am-pingpong",
        .doc = "two processes on two hosts send an Active Message back and forth",
        .hosts = 2,
        .firmware = am,
        .parameters =
                (const struct workload_parameter[]){
                        {"size_B", "1", 0, MAX_BYTES, 0, NULL, "data of a message, bytes; 0: a short one"},
                        STEADY_PARAMETERS,
                        SIMULATE_PARAMETERS,
                        {0},
                },
        .metrics =
                (const struct workload_metric[]){
                        {"round_trip_us", "mean time of a round trip, us"},
                        {"one_way_us", "half of it, us"},
                        STEADY_METRICS,
                        {0},
                },
        .run = am_pingpong_run,
};

/* Stream: messages one way, and the last one's reply. ---------------------------------------------------------------
 */

static bool
stream_one(struct talk *t)
{
	for (uint32_t at = 0; at < t->bytes; at += AM_MAX)
		if (!send(t, at, MIN(t->bytes - at, AM_MAX), 0))
			return false;
	return true;
}

static void
stream(struct talk *t)
{
	stream_one(t);
	worked(t, am_quiet(t->am, SIM_NEVER), "am_quiet");
	sim_time began = sim_now();
	for (uint32_t i = 0; i < t->messages; i++)
		if (!stream_one(t))
			return;
	worked(t, am_quiet(t->am, SIM_NEVER), "am_quiet");
	cpu_settle();
	t->took = sim_now() - began;
}

static void
measure_stream(struct simulation *s, struct results *results)
{
	const struct talk *t = s->arg;
	results_set(results, "bandwidth_MB_s", (double)t->bytes * t->messages / sim_to_us(t->took));
	results_set(results, "message_us", sim_to_us(t->took) / t->messages);
}

enum exit_code
am_stream_run(const struct point *point, uint32_t messages, struct results *results, char **error)
{
	struct talk t = {.measure = stream,
	                 .bytes = (uint32_t)point_number(point, "size_B"),
	                 .messages = messages,
	                 .bulk = point_is(point, "kind", "bulk")};
	return simulate(point, results, start, measure_stream, &t, error);
}

static enum exit_code
run_stream(const struct point *point, struct results *results, char **error)
{
	return am_stream_run(point, (uint32_t)point_number(point, "messages"), results, error);
}

const struct workload am_stream = {
        .name = "am-stream",
        .doc = "a process sends messages of a size to another host, in pieces of 4 KB at most",
        .hosts = 2,
        .firmware = am,
        .parameters =
                (const struct workload_parameter[]){
                        {"size_B", "4096", 1, MAX_BYTES, 0, NULL, "data of a message, bytes"},
                        {"messages", "500", 1, 100000, 0, NULL, "messages that are measured"},
                        {"kind", "medium", 0, 0, 0, "medium bulk", "who says where the data go: receiver, sender"},
                        SIMULATE_PARAMETERS,
                        {0},
                },
        .metrics =
                (const struct workload_metric[]){
                        {"bandwidth_MB_s", "data over time, MB/s"},
                        {"message_us", "that time for each message, us"},
                        {0},
                },
        .run = run_stream,
};

/* LogP: the time between requests, as more are sent, and as the sender computes between them. -----------------------
 */

/* Mean time of a request, its reply included, when `n` are sent with a pause before each. */
static sim_time
burst(struct talk *t, uint32_t n, sim_time pause)
{
	sim_time began = sim_now();
	for (uint32_t i = 0; i < n; i++) {
		if (i > 0)
			cpu_charge(CPU_USER, pause);
		if (!send(t, 0, t->bytes, 1))
			return 0;
		am_poll(t->am);
	}
	cpu_settle();
	return (sim_now() - began) / n;
}

static void
settle(struct talk *t)
{
	worked(t, am_quiet(t->am, SIM_NEVER), "am_quiet");
	cpu_settle();
}

/* One request into an empty network is the send overhead; many of them take the gap each; with more than the gap to
 * compute between them the processor is never waited for, so that what is left is both overheads. */
static void
logp(struct talk *t)
{
	sim_time pause = (sim_time)t->delay_ns * SIM_NS, both;
	exchange(t);
	settle(t);
	for (uint32_t i = 0; i < t->messages; i++) {
		sim_time began = sim_now();
		send(t, 0, t->bytes, 1);
		cpu_settle();
		t->send += sim_now() - began;
		settle(t);
	}
	t->send /= t->messages;
	sim_time began = sim_now();
	for (uint32_t i = 0; i < t->messages; i++)
		exchange(t);
	cpu_settle();
	t->round_trip = (sim_now() - began) / t->messages;
	t->gap = burst(t, t->messages, 0);
	settle(t);
	both = burst(t, t->messages, pause) - pause + pause / t->messages;
	settle(t);
	t->receive = both > t->send ? both - t->send : 0;
}

static void
measure_logp(struct simulation *s, struct results *results)
{
	const struct talk *t = s->arg;
	double send = sim_to_us(t->send), receive = sim_to_us(t->receive), round_trip = sim_to_us(t->round_trip);
	results_set(results, "send_us", send);
	results_set(results, "receive_us", receive);
	results_set(results, "gap_us", sim_to_us(t->gap));
	results_set(results, "latency_us", round_trip / 2 - send - receive);
	results_set(results, "round_trip_us", round_trip);
}

static enum exit_code
run_logp(const struct point *point, struct results *results, char **error)
{
	struct talk t = {.measure = logp,
	                 .bytes = (uint32_t)point_number(point, "size_B"),
	                 .messages = (uint32_t)point_number(point, "messages"),
	                 .delay_ns = (uint32_t)point_number(point, "delay_us") * 1000};
	return simulate(point, results, start, measure_logp, &t, error);
}

const struct workload am_logp = {
        .name = "am-logp",
        .doc = "overheads, latency and gap of Active Messages, from bursts of requests",
        .hosts = 2,
        .firmware = am,
        .parameters =
                (const struct workload_parameter[]){
                        {"size_B", "0", 0, AM_MAX, 0, NULL, "data of a request and its reply, bytes; 0: short ones"},
                        {"messages", "64", 2, 100000, 0, NULL, "requests of a burst"},
                        {"delay_us", "200", 1, 100000, 0, NULL,
                         "computed between two requests of the second burst, us"},
                        SIMULATE_PARAMETERS,
                        {0},
                },
        .metrics =
                (const struct workload_metric[]){
                        {"send_us", "overhead of a request: the call, us"},
                        {"receive_us", "overhead of taking its reply, us"},
                        {"gap_us", "between two requests of a burst, us"},
                        {"latency_us", "half of the round trip without the overheads, us"},
                        {"round_trip_us", "of a request and its reply, us"},
                        {0},
                },
        .run = run_logp,
};
