/* Workloads over stream sockets: ping-pong and stream. */
#include "experiments/talk.h"
#include "experiments/workload.h"

#include <glib.h>

/* A talk of messages of one size. */
struct messages {
	struct talk talk;
	uint32_t rounds, warm_up;
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

static void
echo(struct talk *talk, int fd, uint8_t *buffer)
{
	struct messages *m = (struct messages *)talk;
	for (uint32_t i = 0; i < m->warm_up + m->rounds; i++)
		if (!talk_receive(talk, fd, buffer, talk->bytes) || !talk_send(talk, fd, buffer, talk->bytes))
			return;
}

static void
play(struct talk *talk, int fd, uint8_t *buffer)
{
	struct messages *m = (struct messages *)talk;
	fill(talk, buffer);
	for (uint32_t i = 0; i < m->warm_up + m->rounds; i++) {
		if (i == m->warm_up)
			m->began = sim_now();
		if (!talk_send(talk, fd, buffer, talk->bytes) || !talk_receive(talk, fd, buffer, talk->bytes))
			return;
	}
	m->ended = sim_now();
	verify(talk, buffer);
}

static void
measure_pingpong(struct simulation *s, struct results *results)
{
	const struct messages *m = s->arg;
	double round_trip = sim_to_us(m->ended - m->began) / m->rounds;
	results_set(results, "round_trip_us", round_trip);
	results_set(results, "one_way_us", round_trip / 2);
}

static enum exit_code
run_pingpong(const struct point *point, struct results *results, char **error)
{
	struct messages m = {.talk = {.bytes = (uint32_t)point_number(point, "size_B"), .serve = echo, .ask = play},
	                     .rounds = (uint32_t)point_number(point, "rounds"),
	                     .warm_up = (uint32_t)point_number(point, "warm_up")};
	return simulate(point, results, talk_start, measure_pingpong, &m, error);
}

const struct workload socket_pingpong = {
        .name = "socket-pingpong",
        .hosts = 2,
        .doc = "a client and an echo server send a message back and forth over a stream socket",
        .parameters =
                (const struct workload_parameter[]){
                        {"size_B", "4", 1, TALK_LARGEST, 0, NULL, "size of a message, B"},
                        TALK_PROTOCOL,
                        {"rounds", "50", 1, 1000000, 0, NULL, "round trips that are measured"},
                        {"warm_up", "2", 1, 1000000, 0, NULL, "round trips before (the first pin the pages)"},
                        SIMULATE_PARAMETERS,
                        {0},
                },
        .metrics =
                (const struct workload_metric[]){
                        {"one_way_us", "half of the round trip, mean, us"},
                        {"round_trip_us", "from send() to the whole answer received, mean, us"},
                        {0},
                },
        .run = run_pingpong,
};

/* Stream. -------------------------------------------------------------------------------------------- */

static void
drain(struct talk *talk, int fd, uint8_t *buffer)
{
	struct messages *m = (struct messages *)talk;
	for (uint32_t i = 0; i < m->warm_up + m->rounds; i++)
		if (!talk_receive(talk, fd, buffer, talk->bytes))
			return;
	m->ended = sim_now();
	verify(talk, buffer);
}

static void
pour(struct talk *talk, int fd, uint8_t *buffer)
{
	struct messages *m = (struct messages *)talk;
	fill(talk, buffer);
	for (uint32_t i = 0; i < m->warm_up + m->rounds; i++) {
		if (i == m->warm_up)
			m->began = sim_now();
		if (!talk_send(talk, fd, buffer, talk->bytes))
			return;
	}
}

static void
measure_stream(struct simulation *s, struct results *results)
{
	const struct messages *m = s->arg;
	double us = sim_to_us(m->ended - m->began);
	results_set(results, "bandwidth_MB_s", (double)m->talk.bytes * m->rounds / us);
	results_set(results, "message_us", us / m->rounds);
}

static enum exit_code
run_stream(const struct point *point, struct results *results, char **error)
{
	struct messages m = {.talk = {.bytes = (uint32_t)point_number(point, "size_B"), .serve = drain, .ask = pour},
	                     .warm_up = 1};
	uint64_t wanted = point_number(point, "total_B") / m.talk.bytes;
	m.rounds = (uint32_t)CLAMP(wanted, point_number(point, "least_messages"), point_number(point, "most_messages"));
	return simulate(point, results, talk_start, measure_stream, &m, error);
}

const struct workload socket_stream = {
        .name = "socket-stream",
        .hosts = 2,
        .doc = "a client sends messages of a size one after the other over a stream socket, a server receives them",
        .parameters =
                (const struct workload_parameter[]){
                        {"size_B", "4096", 1, TALK_LARGEST, 0, NULL, "size of a message, B"},
                        TALK_PROTOCOL,
                        {"total_B", "2097152", 1, 1u << 30, 0, NULL, "bytes, within the next two"},
                        {"least_messages", "4", 1, 1000000, 0, NULL, "messages at the largest sizes"},
                        {"most_messages", "1000", 1, 1000000, 0, NULL, "messages at the smallest sizes"},
                        SIMULATE_PARAMETERS,
                        {0},
                },
        .metrics =
                (const struct workload_metric[]){
                        {"bandwidth_MB_s",
                         "user data over the time from the first send() to the last byte received, MB/s"},
                        {"message_us", "that time for each message, us"},
                        {0},
                },
        .run = run_stream,
};
