/* Workloads over stream sockets: ping-pong and stream; to compare, the same over Active Messages without sockets. */
#include "experiments/carried.h"
#include "experiments/steady.h"
#include "experiments/talk.h"
#include "experiments/workload.h"
#include "experiments/workload_am.h"

#include <glib.h>

#define ACTIVE_MESSAGES "active-messages" /* the protocol that has no sockets */
#define PROTOCOLS                                                                                                      \
	{                                                                                                              \
		"protocol", "two-copy", 0, 0, 0, TALK_PROTOCOLS " " ACTIVE_MESSAGES,                                   \
		        "how the sockets move data; " ACTIVE_MESSAGES ": no sockets, what is below the fast ones"      \
	}

static enum firmware
firmware(const struct point *point)
{
	return point_is(point, "protocol", ACTIVE_MESSAGES) ? FIRMWARE_AM : talk_firmware(point);
}

/* A talk of messages of one size. */
struct messages {
	struct talk talk;
	struct steady steady; /* ping-pong */
	uint32_t rounds, warm_up;
	bool reply; /* stream */
	sim_time began, ended;
};

static uint8_t
pattern(uint32_t at)
{
	return (uint8_t)(at * 7 + at / 251);
}

static void
fill(const struct talk *talk, uint8_t *buffer)
{
	for (uint32_t i = 0; i < talk->bytes; i++)
		buffer[i] = pattern(i);
}

static void
verify(struct talk *talk, const uint8_t *buffer)
{
	for (uint32_t i = 0; i < talk->bytes; i++)
		if (buffer[i] != pattern(i)) {
			simulate_fail(talk->simulation, "byte %u of the message is %02x, not %02x", i, buffer[i],
			              pattern(i));
			return;
		}
}

/* Ping-pong. ----------------------------------------------------------------------------------------- */

/* Until the client has closed. */
static void
echo(struct talk *talk, int fd, uint8_t *buffer)
{
	uint32_t got;
	while ((got = talk_drain(talk, fd, buffer, talk->bytes)) > 0)
		if (!talk_receive(talk, fd, buffer + got, talk->bytes - got) ||
		    !talk_send(talk, fd, buffer, talk->bytes))
			return;
}

static bool
exchange(struct talk *talk, int fd, uint8_t *buffer)
{
	return talk_send(talk, fd, buffer, talk->bytes) && talk_receive(talk, fd, buffer, talk->bytes);
}

static void
play(struct talk *talk, int fd, uint8_t *buffer)
{
	struct messages *m = (struct messages *)talk;
	fill(talk, buffer);
	for (uint32_t i = 0; i < m->warm_up; i++)
		if (!exchange(talk, fd, buffer))
			return;
	while (steady_seeks(&m->steady)) {
		sim_time began = sim_now();
		if (!exchange(talk, fd, buffer))
			return;
		steady_add(&m->steady, sim_to_us(sim_now() - began));
	}
	verify(talk, buffer);
}

static void
measure_pingpong(struct simulation *s, struct results *results)
{
	const struct messages *m = s->arg;
	steady_results(&m->steady, results, "round_trip_us");
	results_set(results, "one_way_us", m->steady.mean / 2);
	carried_results(s->testbed->machine, results);
}

static enum exit_code
run_pingpong(const struct point *point, struct results *results, char **error)
{
	if (point_is(point, "protocol", ACTIVE_MESSAGES))
		return am_pingpong_run(point, results, error);
	struct messages m = {.talk = {.bytes = (uint32_t)point_number(point, "size_B"), .serve = echo, .ask = play},
	                     .steady = steady_of(point),
	                     .warm_up = (uint32_t)point_number(point, "warm_up")};
	talk_options(&m.talk, point);
	return simulate(point, results, talk_start, measure_pingpong, &m, error);
}

const struct workload socket_pingpong = {
        .name = "socket-pingpong",
        .hosts = 2,
        .firmware = firmware,
        .doc = "a client and an echo server send a message back and forth over a stream socket",
        .parameters =
                (const struct workload_parameter[]){
                        {"size_B", "4", 1, TALK_LARGEST, 0, NULL, "size of a message, B"},
                        PROTOCOLS,
                        STEADY_PARAMETERS,
                        {"warm_up", "2", 1, 1000000, 0, NULL, "round trips before (the first pin the pages)"},
                        TALK_OPTIONS,
                        SIMULATE_PARAMETERS,
                        {0},
                },
        .metrics =
                (const struct workload_metric[]){
                        {"one_way_us", "half of the round trip, mean, us"},
                        {"round_trip_us", "from send() to the whole answer received, mean, us"},
                        STEADY_METRICS,
                        CARRIED_METRICS,
                        {0},
                },
        .run = run_pingpong,
};

/* Stream. -------------------------------------------------------------------------------------------- */

/* n messages, and a byte back if that is wanted. */
static bool
drain_some(struct talk *talk, int fd, uint8_t *buffer, uint32_t n)
{
	const struct messages *m = (const struct messages *)talk;
	for (uint32_t i = 0; i < n; i++)
		if (!talk_receive(talk, fd, buffer, talk->bytes))
			return false;
	return !m->reply || talk_send(talk, fd, buffer, 1);
}

static void
drain(struct talk *talk, int fd, uint8_t *buffer)
{
	struct messages *m = (struct messages *)talk;
	if (!drain_some(talk, fd, buffer, m->warm_up) || !drain_some(talk, fd, buffer, m->rounds))
		return;
	if (!m->reply)
		m->ended = sim_now();
	verify(talk, buffer);
}

static bool
pour_some(struct talk *talk, int fd, uint8_t *buffer, uint32_t n)
{
	const struct messages *m = (const struct messages *)talk;
	uint8_t answer;
	for (uint32_t i = 0; i < n; i++)
		if (!talk_send(talk, fd, buffer, talk->bytes))
			return false;
	return !m->reply || talk_receive(talk, fd, &answer, 1);
}

static void
pour(struct talk *talk, int fd, uint8_t *buffer)
{
	struct messages *m = (struct messages *)talk;
	fill(talk, buffer);
	if (!pour_some(talk, fd, buffer, m->warm_up))
		return;
	m->began = sim_now();
	if (pour_some(talk, fd, buffer, m->rounds) && m->reply)
		m->ended = sim_now();
}

static void
measure_stream(struct simulation *s, struct results *results)
{
	const struct messages *m = s->arg;
	double us = sim_to_us(m->ended - m->began);
	results_set(results, "bandwidth_MB_s", (double)m->talk.bytes * m->rounds / us);
	results_set(results, "message_us", us / m->rounds);
	carried_results(s->testbed->machine, results);
}

static enum exit_code
run_stream(const struct point *point, struct results *results, char **error)
{
	struct messages m = {.talk = {.bytes = (uint32_t)point_number(point, "size_B"), .serve = drain, .ask = pour},
	                     .warm_up = 1,
	                     .reply = point_number(point, "reply") != 0};
	uint64_t wanted = point_number(point, "total_B") / m.talk.bytes;
	m.rounds = (uint32_t)CLAMP(wanted, point_number(point, "least_messages"), point_number(point, "most_messages"));
	if (point_is(point, "protocol", ACTIVE_MESSAGES))
		return am_stream_run(point, m.rounds, results, error);
	talk_options(&m.talk, point);
	return simulate(point, results, talk_start, measure_stream, &m, error);
}

const struct workload socket_stream = {
        .name = "socket-stream",
        .hosts = 2,
        .firmware = firmware,
        .doc = "a client sends messages of a size one after the other over a stream socket, a server receives them",
        .parameters =
                (const struct workload_parameter[]){
                        {"size_B", "4096", 1, TALK_LARGEST, 0, NULL, "size of a message, B"},
                        PROTOCOLS,
                        {"total_B", "2097152", 1, 1u << 30, 0, NULL, "bytes, within the next two"},
                        {"least_messages", "4", 1, 1000000, 0, NULL, "messages at the largest sizes"},
                        {"most_messages", "1000", 1, 1000000, 0, NULL, "messages at the smallest sizes"},
                        {"reply", "0", 0, 1, 0, NULL,
                         "1: the time ends with a byte that the client gets back, not with the last byte received"},
                        TALK_OPTIONS,
                        SIMULATE_PARAMETERS,
                        {0},
                },
        .metrics =
                (const struct workload_metric[]){
                        {"bandwidth_MB_s",
                         "user data over the time from the first send() to the last byte received (see reply), MB/s"},
                        {"message_us", "that time for each message, us"},
                        CARRIED_METRICS,
                        {0},
                },
        .run = run_stream,
};
