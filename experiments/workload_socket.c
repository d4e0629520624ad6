/* Workloads over stream sockets: ping-pong and stream, between a server on host 0 and a client on host 1. */
#include "experiments/simulate.h"
#include "experiments/workload.h"
#include "sockets/nsock.h"
#include "sockets/socket.h"

#include <errno.h>
#include <glib.h>
#include <netinet/in.h>
#include <string.h>

#define PORT          5000
#define SERVER        0x0a000001u  /* 10.0.0.1, host 0 */
#define LARGEST       (1u << 20)   /* B of a message */
#define CONNECT_AGAIN (1 * SIM_MS) /* a refused client waits so long for the server to listen */

/* What both workloads need, and their two programs share. */
struct talk {
	struct simulation *simulation;
	uint32_t bytes, rounds, warm_up;
	void (*serve)(struct talk *talk, int fd, uint8_t *buffer);
	void (*ask)(struct talk *talk, int fd, uint8_t *buffer);
	sim_time began, ended;
};

static uint8_t
pattern(uint32_t at)
{
	return (uint8_t)(at * 7 + at / 251);
}

static bool
worked(struct talk *talk, bool ok, const char *what)
{
	if (!ok)
		simulate_fail(talk->simulation, "%s: %s", what, g_strerror(errno));
	return ok && talk->simulation->error == NULL;
}

static bool
send_all(struct talk *talk, int fd, const uint8_t *buffer)
{
	for (uint32_t done = 0; done < talk->bytes;) {
		ssize_t n = ns_send(fd, buffer + done, talk->bytes - done, 0);
		if (!worked(talk, n > 0, "send"))
			return false;
		done += (uint32_t)n;
	}
	return true;
}

static bool
receive_all(struct talk *talk, int fd, uint8_t *buffer)
{
	for (uint32_t done = 0; done < talk->bytes;) {
		ssize_t n = ns_recv(fd, buffer + done, talk->bytes - done, 0);
		if (n == 0)
			errno = ECONNRESET; /* the end of the stream in the middle of a message */
		if (!worked(talk, n > 0, "recv"))
			return false;
		done += (uint32_t)n;
	}
	return true;
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

static struct sockaddr_in
server_address(void)
{
	return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr.s_addr = htonl(SERVER)};
}

static void
server(void *arg)
{
	struct talk *talk = arg;
	struct sockaddr_in address = server_address();
	int listener = ns_socket(AF_INET, SOCK_STREAM, 0);
	if (!worked(talk, listener >= 0, "socket") ||
	    !worked(talk, ns_bind(listener, (struct sockaddr *)&address, sizeof address) == 0, "bind") ||
	    !worked(talk, ns_listen(listener, 1) == 0, "listen"))
		return;
	int fd = ns_accept(listener, NULL, NULL);
	uint8_t *buffer = ns_alloc(talk->bytes);
	if (worked(talk, fd >= 0, "accept") && worked(talk, buffer != NULL, "memory"))
		talk->serve(talk, fd, buffer);
	ns_close(fd);
	ns_close(listener);
}

/* A connected socket, or -1. */
static int
connect_to_server(struct talk *talk)
{
	struct sockaddr_in address = server_address();
	for (;;) {
		int fd = ns_socket(AF_INET, SOCK_STREAM, 0);
		if (!worked(talk, fd >= 0, "socket"))
			return -1;
		if (ns_connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
			return fd;
		if (!worked(talk, errno == ECONNREFUSED, "connect"))
			return -1;
		ns_close(fd);
		cpu_block("the server's listen", sim_now() + CONNECT_AGAIN);
	}
}

static void
client(void *arg)
{
	struct talk *talk = arg;
	int fd = connect_to_server(talk);
	uint8_t *buffer = ns_alloc(talk->bytes);
	if (fd >= 0 && worked(talk, buffer != NULL, "memory"))
		talk->ask(talk, fd, buffer);
	if (fd >= 0)
		ns_close(fd);
}

static void
start_talk(struct simulation *s)
{
	struct talk *talk = s->arg;
	struct machine *m = s->testbed->machine;
	talk->simulation = s;
	sock_start(m, point_is(s->point, "protocol", "one-copy") ? SOCK_ONE_COPY : SOCK_TWO_COPY);
	task_start(process_new(&m->hosts[0], "server"), "server", false, server, talk);
	task_start(process_new(&m->hosts[1], "client"), "client", false, client, talk);
}

#define PROTOCOL_PARAMETER                                                                                             \
	{                                                                                                              \
		"protocol", "two-copy", 0, 0, 0, "two-copy one-copy", "how the sockets move data"                      \
	}

/* Ping-pong. ----------------------------------------------------------------------------------------- */

static void
echo(struct talk *talk, int fd, uint8_t *buffer)
{
	for (uint32_t i = 0; i < talk->warm_up + talk->rounds; i++)
		if (!receive_all(talk, fd, buffer) || !send_all(talk, fd, buffer))
			return;
}

static void
play(struct talk *talk, int fd, uint8_t *buffer)
{
	fill(talk, buffer);
	for (uint32_t i = 0; i < talk->warm_up + talk->rounds; i++) {
		if (i == talk->warm_up)
			talk->began = sim_now();
		if (!send_all(talk, fd, buffer) || !receive_all(talk, fd, buffer))
			return;
	}
	talk->ended = sim_now();
	verify(talk, buffer);
}

static void
measure_pingpong(struct simulation *s, struct results *results)
{
	const struct talk *talk = s->arg;
	double round_trip = sim_to_us(talk->ended - talk->began) / talk->rounds;
	results_set(results, "round_trip_us", round_trip);
	results_set(results, "one_way_us", round_trip / 2);
}

static enum exit_code
run_pingpong(const struct point *point, struct results *results, char **error)
{
	struct talk talk = {.bytes = (uint32_t)point_number(point, "size_B"),
	                    .rounds = (uint32_t)point_number(point, "rounds"),
	                    .warm_up = (uint32_t)point_number(point, "warm_up"),
	                    .serve = echo,
	                    .ask = play};
	return simulate(point, results, start_talk, measure_pingpong, &talk, error);
}

const struct workload socket_pingpong = {
        .name = "socket-pingpong",
        .hosts = 2,
        .doc = "a client and an echo server send a message back and forth over a stream socket",
        .parameters =
                (const struct workload_parameter[]){
                        {"size_B", "4", 1, LARGEST, 0, NULL, "size of a message, B"},
                        PROTOCOL_PARAMETER,
                        {"rounds", "50", 1, 1000000, 0, NULL, "round trips that are measured"},
                        {"warm_up", "2", 1, 1000, 0, NULL, "round trips before (the first pin the pages)"},
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
	for (uint32_t i = 0; i < talk->warm_up + talk->rounds; i++)
		if (!receive_all(talk, fd, buffer))
			return;
	talk->ended = sim_now();
	verify(talk, buffer);
}

static void
pour(struct talk *talk, int fd, uint8_t *buffer)
{
	fill(talk, buffer);
	for (uint32_t i = 0; i < talk->warm_up + talk->rounds; i++) {
		if (i == talk->warm_up)
			talk->began = sim_now();
		if (!send_all(talk, fd, buffer))
			return;
	}
}

static void
measure_stream(struct simulation *s, struct results *results)
{
	const struct talk *talk = s->arg;
	double us = sim_to_us(talk->ended - talk->began);
	results_set(results, "bandwidth_MB_s", (double)talk->bytes * talk->rounds / us);
	results_set(results, "message_us", us / talk->rounds);
}

static enum exit_code
run_stream(const struct point *point, struct results *results, char **error)
{
	struct talk talk = {
	        .bytes = (uint32_t)point_number(point, "size_B"), .warm_up = 1, .serve = drain, .ask = pour};
	uint64_t wanted = point_number(point, "total_B") / talk.bytes;
	talk.rounds =
	        (uint32_t)CLAMP(wanted, point_number(point, "least_messages"), point_number(point, "most_messages"));
	return simulate(point, results, start_talk, measure_stream, &talk, error);
}

const struct workload socket_stream = {
        .name = "socket-stream",
        .hosts = 2,
        .doc = "a client sends messages of a size one after the other over a stream socket, a server receives them",
        .parameters =
                (const struct workload_parameter[]){
                        {"size_B", "4096", 1, LARGEST, 0, NULL, "size of a message, B"},
                        PROTOCOL_PARAMETER,
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
