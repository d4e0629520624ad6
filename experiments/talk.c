#include "experiments/talk.h"

#include "sockets/nsock.h"
#include "sockets/socket.h"

#include <errno.h>
#include <glib.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#define PORT          5000
#define SERVER        0x0a000001u  /* 10.0.0.1, host 0 */
#define CONNECT_AGAIN (1 * SIM_MS) /* a refused client waits so long for the server to listen */

static bool
is_breakage(int error)
{
	return error == ECONNRESET || error == EPIPE || error == ECONNREFUSED || error == ECONNABORTED ||
	       error == ETIMEDOUT || error == EHOSTUNREACH || error == ENETDOWN || error == ENETRESET ||
	       error == ENOBUFS;
}

bool
talk_worked(struct talk *talk, bool ok, const char *what)
{
	if (!ok && !(talk->finished != NULL && is_breakage(errno)))
		simulate_fail(talk->simulation, "%s: %s", what, g_strerror(errno));
	return ok && talk->simulation->error == NULL;
}

bool
talk_send(struct talk *talk, int fd, const uint8_t *bytes, uint32_t n)
{
	for (uint32_t done = 0; done < n;) {
		ssize_t sent = ns_send(fd, bytes + done, n - done, 0);
		if (!talk_worked(talk, sent > 0, "send"))
			return false;
		done += (uint32_t)sent;
	}
	return true;
}

uint32_t
talk_drain(struct talk *talk, int fd, uint8_t *bytes, uint32_t n)
{
	ssize_t got = ns_recv(fd, bytes, n, 0);
	return talk_worked(talk, got >= 0, "recv") ? (uint32_t)got : 0;
}

bool
talk_receive(struct talk *talk, int fd, uint8_t *bytes, uint32_t n)
{
	for (uint32_t done = 0, got; done < n; done += got) {
		got = talk_drain(talk, fd, bytes + done, n - done);
		if (got == 0 && talk->simulation->error == NULL && talk->finished == NULL)
			simulate_fail(talk->simulation, "the stream ended in the middle of a message");
		if (got == 0)
			return false;
	}
	return true;
}

void
talk_options(struct talk *talk, const struct point *point)
{
	talk->no_delay = point_number(point, "no_delay") != 0;
	talk->buffer_bytes = (uint32_t)point_number(point, "buffer_KB") << 10;
}

/* A socket with the options; -1. */
static int
new_socket(struct talk *talk)
{
	int fd = ns_socket(AF_INET, SOCK_STREAM, 0), on = 1, bytes = (int)talk->buffer_bytes;
	if (talk_worked(talk, fd >= 0, "socket") &&
	    (!talk->no_delay ||
	     talk_worked(talk, ns_setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0, "setsockopt")) &&
	    (bytes == 0 || talk_worked(talk,
	                               ns_setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes) == 0 &&
	                                       ns_setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes) == 0,
	                               "setsockopt")))
		return fd;
	return -1;
}

static struct sockaddr_in
server_address(void)
{
	return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr.s_addr = htonl(SERVER)};
}

/* Shall the program connect again? */
static bool
goes_on(const struct talk *talk)
{
	return talk->finished != NULL && !talk->finished(talk) && talk->simulation->error == NULL;
}

/* A listener for each connection: one does not outlive a reset of its NIC. */
static void
serve_one(struct talk *talk, uint8_t *buffer)
{
	struct sockaddr_in address = server_address();
	int listener = new_socket(talk);
	if (listener < 0 ||
	    !talk_worked(talk, ns_bind(listener, (struct sockaddr *)&address, sizeof address) == 0, "bind") ||
	    !talk_worked(talk, ns_listen(listener, 1) == 0, "listen"))
		return;
	int fd = ns_accept(listener, NULL, NULL);
	if (talk_worked(talk, fd >= 0, "accept"))
		talk->serve(talk, fd, buffer);
	ns_close(fd);
	ns_close(listener);
}

/* A process whose NIC was reset has lost it: another one goes on. */
static void
go_on(struct talk *talk, const char *name, void (*program)(void *talk))
{
	if (!goes_on(talk))
		return;
	cpu_block("a moment after a broken connection", sim_now() + CONNECT_AGAIN);
	if (goes_on(talk))
		task_start(process_new(task_process(task_self())->host, name), name, false, program, talk);
}

static void
server(void *arg)
{
	struct talk *talk = arg;
	uint8_t *buffer = ns_alloc(talk->bytes);
	if (!talk_worked(talk, buffer != NULL, "memory"))
		return;
	serve_one(talk, buffer);
	go_on(talk, "server", server);
}

/* A connected socket, or -1. */
static int
connect_to_server(struct talk *talk)
{
	struct sockaddr_in address = server_address();
	for (;;) {
		int fd = new_socket(talk);
		if (fd < 0)
			return -1;
		if (ns_connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
			return fd;
		if (!talk_worked(talk, errno == ECONNREFUSED, "connect"))
			return -1;
		ns_close(fd);
		cpu_block("the server's listen", sim_now() + CONNECT_AGAIN);
	}
}

static void
client(void *arg)
{
	struct talk *talk = arg;
	uint8_t *buffer = ns_alloc(talk->bytes);
	if (!talk_worked(talk, buffer != NULL, "memory"))
		return;
	int fd = connect_to_server(talk);
	if (fd >= 0) {
		talk->ask(talk, fd, buffer);
		ns_close(fd);
	}
	go_on(talk, "client", client);
}

static const struct protocol {
	const char *name;
	enum sock_protocol protocol;
	enum firmware firmware;
} protocols[] = {{"two-copy", SOCK_TWO_COPY, FIRMWARE_VMMC},
                 {"one-copy", SOCK_ONE_COPY, FIRMWARE_VMMC},
                 {"zero-copy", SOCK_ZERO_COPY, FIRMWARE_VMMC},
                 {"automatic", SOCK_AUTOMATIC, FIRMWARE_VMMC},
                 {"fast", SOCK_FAST, FIRMWARE_AM},
                 {"fast-sender", SOCK_FAST_SENDER, FIRMWARE_AM},
                 {"tcp-myrinet", SOCK_TCP, FIRMWARE_RAW},
                 {"tcp-ethernet", SOCK_TCP, FIRMWARE_NONE}};

static const struct protocol *
protocol_named(const char *name)
{
	unsigned i = 0;
	while (strcmp(name, protocols[i].name) != 0) /* one of them: TALK_PROTOCOLS */
		i++;
	return &protocols[i];
}

enum sock_protocol
talk_protocol(const struct point *point)
{
	return protocol_named(point_text(point, "protocol"))->protocol;
}

enum firmware
talk_firmware(const struct point *point)
{
	return protocol_named(point_text(point, "protocol"))->firmware;
}

void
talk_start(struct simulation *s)
{
	struct talk *talk = s->arg;
	struct machine *m = s->testbed->machine;
	talk->simulation = s;
	sock_start(m, talk->protocol != NULL ? protocol_named(talk->protocol)->protocol : talk_protocol(s->point));
	task_start(process_new(&m->hosts[0], "server"), "server", false, server, talk);
	task_start(process_new(&m->hosts[1], "client"), "client", false, client, talk);
}
