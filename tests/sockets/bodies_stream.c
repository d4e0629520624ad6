#include "tests/sockets/talk.h"

#define MEGABYTE (1u << 20)
#define CHUNK    (16u << 10)
#define CANARY   0xC5
#define MARGIN   16u /* canaries on either side */

/* Data. ---------------------------------------------------------------------------------------------------------- */

/* All sizes that one record, one page, one ring could stumble over; 0 at the end. */
static size_t
echo_size(unsigned i)
{
	static const size_t large[] = {511,   512,   513,   1000,  2047,  2048,  2049,  4091,  4092,
	                               4093,  4094,  4095,  4096,  4097,  4098,  4099,  4100,  8191,
	                               8192,  8193,  12289, 16384, 32767, 32768, 32769, 65531, 65532,
	                               65533, 65534, 65535, 65536, 65537, 65538, 65539, 65540, 0};

	return i < 300 ? i + 1 : large[i - 300];
}

enum { ECHO_MAX = 65540 + 2 * MARGIN + 8 };

static void
echo_server(struct body_context *c)
{
	int fd = served(c);
	uint8_t *buffer = ns_alloc(ECHO_MAX);
	size_t length;

	for (unsigned i = 0; (length = echo_size(i)) > 0; i++) {
		uint8_t *at = buffer + i / 8 % 8;
		size_t received = recv_all(c, fd, at, length);
		fprintf(c->log, "%zu bytes: %s\n", received, is_filled(at, length, i) ? "good" : "bad");
		send_all(c, fd, at, length);
	}
	ns_free(buffer);
	good(c, "close", close(fd));
}

static bool
is_canary(const uint8_t *p, size_t length)
{
	size_t i = 0;

	while (i < length && p[i] == CANARY)
		i++;
	return i == length;
}

/* Every pair of alignments modulo 8 comes. */
static void
echo_one(struct body_context *c, int fd, uint8_t *out, uint8_t *in, unsigned i)
{
	size_t length = echo_size(i), received;
	uint8_t *from = out + i % 8, *to = in + MARGIN + i / 8 % 8;

	fill(from, length, i);
	memset(in, CANARY, length + 2 * MARGIN + 8);
	send_all(c, fd, from, length);
	received = recv_all(c, fd, to, length);
	fprintf(c->log, "%zu bytes back: %s, %s\n	        ", received, is_filled(to, length, i) ? "good" : "bad",
	        is_canary(in, (size_t)(to - in)) && is_canary(to + length, MARGIN) ? "kept" : "overwritten");
}

static void
echo_arena_client(struct body_context *c)
{
	int fd = called(c);
	uint8_t *out = ns_alloc(ECHO_MAX), *in = ns_alloc(ECHO_MAX);

	for (unsigned i = 0; echo_size(i) > 0; i++)
		echo_one(c, fd, out, in, i);
	ns_free(out);
	ns_free(in);
	good(c, "close", close(fd));
}

static void
echo_heap_client(struct body_context *c)
{
	int fd = called(c);
	uint8_t *out = malloc(ECHO_MAX), *in = malloc(ECHO_MAX);

	for (unsigned i = 0; echo_size(i) > 0; i++)
		echo_one(c, fd, out, in, i);
	free(out);
	free(in);
	good(c, "close", close(fd));
}

static void
take_megabyte(struct body_context *c, int fd, uint8_t *buffer, size_t seed)
{
	fprintf(c->log, "%zu bytes: ", recv_all(c, fd, buffer, MEGABYTE));
	fprintf(c->log, "%s\n", is_filled(buffer, MEGABYTE, seed) ? "good" : "bad");
	memset(buffer, 0, MEGABYTE);
}

static void
give_megabyte(struct body_context *c, int fd, uint8_t *buffer, size_t seed)
{
	fill(buffer, MEGABYTE, seed);
	outcome(c, "send a megabyte", send(fd, buffer, MEGABYTE, MSG_NOSIGNAL)); /* a blocking send takes all */
}

/* Both directions at once, in chunks, of which each side has one under way. */
static void
exchange(struct body_context *c, int fd, size_t mine, size_t others)
{
	uint8_t *out = ns_alloc(MEGABYTE), *in = ns_alloc(MEGABYTE);

	fill(out, MEGABYTE, mine);
	for (size_t at = 0; at < MEGABYTE; at += CHUNK) {
		send_all(c, fd, out + at, CHUNK);
		if (recv_all(c, fd, in + at, CHUNK) < CHUNK)
			fprintf(c->log, "ends at %zu\n", at);
	}
	fprintf(c->log, "exchange: %s\n", is_filled(in, MEGABYTE, others) ? "good" : "bad");
	ns_free(out);
	ns_free(in);
}

static void
large_server(struct body_context *c)
{
	int fd = served(c);
	uint8_t *buffer = ns_alloc(MEGABYTE);

	take_megabyte(c, fd, buffer, 1);
	give_megabyte(c, fd, buffer, 2);
	exchange(c, fd, 3, 4);
	ns_free(buffer);
	good(c, "close", close(fd));
}

static void
large_client(struct body_context *c)
{
	int fd = called(c);
	uint8_t *buffer = ns_alloc(MEGABYTE);

	give_megabyte(c, fd, buffer, 1);
	take_megabyte(c, fd, buffer, 2);
	exchange(c, fd, 4, 3);
	ns_free(buffer);
	good(c, "close", close(fd));
}

/* Ends. ---------------------------------------------------------------------------------------------------------- */

static void
half_close_server(struct body_context *c)
{
	char text[64] = "";
	int fd = served(c);

	fprintf(c->log, "%zu bytes to the end\n", recv_all(c, fd, text, sizeof text));
	outcome(c, "recv behind the end", recv(fd, text, sizeof text, 0));
	send_all(c, fd, "answer", 6);
	outcome(c, "close", close(fd));
}

static void
half_close_client(struct body_context *c)
{
	char text[64] = "";
	int fd = called(c);

	send_all(c, fd, "question", 8);
	outcome(c, "shutdown", shutdown(fd, SHUT_WR));
	outcome(c, "send behind shutdown", send(fd, "x", 1, MSG_NOSIGNAL));
	fprintf(c->log, "%zu bytes: ", recv_all(c, fd, text, sizeof text));
	fprintf(c->log, "%s\n", text);
	outcome(c, "recv behind the end", recv(fd, text, sizeof text, 0));
	outcome(c, "close", close(fd));
	outcome(c, "close again", close(fd));
}

static void
refused_server(struct body_context *c)
{
	c->meet(c);
}

static void
refused_client(struct body_context *c)
{
	int fd = new_socket(c);

	outcome(c, "connect", connect(fd, address(c), sizeof c->address));
	outcome(c, "close", close(fd));
	c->meet(c);
}

/* The peer has closed, and read all: the first send is lost, and provokes the reset. */
static void
epipe_server(struct body_context *c)
{
	int fd = served(c);

	outcome(c, "close", close(fd));
	c->meet(c);
}

static void
epipe_client(struct body_context *c)
{
	int fd = called(c);
	struct pollfd reset = {.fd = fd};
	char byte;

	c->meet(c);
	outcome(c, "recv", recv(fd, &byte, 1, 0));
	outcome(c, "first send", send(fd, "x", 1, MSG_NOSIGNAL));
	outcome(c, "poll", poll(&reset, 1, -1));
	outcome(c, "second send", send(fd, "x", 1, MSG_NOSIGNAL));
	outcome(c, "third send", send(fd, "x", 1, MSG_NOSIGNAL));
	outcome(c, "recv", recv(fd, &byte, 1, 0));
	outcome(c, "close", close(fd));
}

static void
reset_server(struct body_context *c)
{
	int fd = served(c);
	char bytes[10];

	fprintf(c->log, "%zu of the bytes\n", recv_all(c, fd, bytes, sizeof bytes));
	outcome(c, "close", close(fd));
	c->meet(c);
}

static void
reset_client(struct body_context *c)
{
	int fd = called(c);
	char bytes[100] = "";

	send_all(c, fd, bytes, sizeof bytes);
	c->meet(c);
	outcome(c, "recv", recv(fd, bytes, sizeof bytes, 0));
	outcome(c, "recv again", recv(fd, bytes, sizeof bytes, 0));
	outcome(c, "send", send(fd, "x", 1, MSG_NOSIGNAL));
	outcome(c, "close", close(fd));
}

static void
exit_server(struct body_context *c)
{
	send_all(c, served(c), "last words", 10);
}

static void
exit_client(struct body_context *c)
{
	int fd = called(c);
	char text[64];

	fprintf(c->log, "%zu bytes to the end\n", recv_all(c, fd, text, sizeof text));
	outcome(c, "close", close(fd));
}

/* Many. ---------------------------------------------------------------------------------------------------------- */

enum { SEQUENCE = 50, CROWD = 8, ROUNDS = 5 };

static void
sequence_server(struct body_context *c)
{
	int listener = listening(c, 5);
	uint8_t byte = 0;

	for (unsigned i = 0; i < SEQUENCE; i++) {
		int fd = (int)good(c, "accept", accept(listener, NULL, NULL));
		recv_all(c, fd, &byte, 1);
		fprintf(c->log, "%u\n", byte);
		byte++;
		send_all(c, fd, &byte, 1);
		good(c, "close", close(fd));
	}
	good(c, "close", close(listener));
}

static void
sequence_client(struct body_context *c)
{
	c->meet(c);
	for (uint8_t i = 0; i < SEQUENCE; i++) {
		uint8_t answer = 0;
		int fd = connected(c);
		send_all(c, fd, &i, 1);
		recv_all(c, fd, &answer, 1);
		fprintf(c->log, "%u\n", answer);
		outcome(c, "recv", recv(fd, &answer, 1, 0));
		good(c, "close", close(fd));
	}
}

/* Connections are accepted in the order in which they were made: the first byte tells. */
static void
crowd_server(struct body_context *c)
{
	int fds[CROWD], listener = listening(c, CROWD);
	uint8_t bytes[600];

	for (unsigned i = 0; i < CROWD; i++) {
		fds[i] = (int)good(c, "accept", accept(listener, NULL, NULL));
		recv_all(c, fds[i], bytes, 1);
		fprintf(c->log, "accepted %u\n", bytes[0]);
	}
	for (unsigned i = 0; i < CROWD * ROUNDS; i++) {
		int fd = fds[i * 3 % CROWD];
		fprintf(c->log, "%zu ", recv_all(c, fd, bytes, sizeof bytes));
		fprintf(c->log, "%s\n", is_filled(bytes, sizeof bytes, i) ? "good" : "bad");
		send_all(c, fd, bytes, 1 + i);
	}
	for (unsigned i = 0; i < CROWD; i++)
		good(c, "close", close(fds[i]));
	good(c, "close", close(listener));
}

static void
crowd_client(struct body_context *c)
{
	int fds[CROWD];
	uint8_t bytes[600];

	c->meet(c);
	for (uint8_t i = 0; i < CROWD; i++) {
		fds[i] = connected(c);
		send_all(c, fds[i], &i, 1);
	}
	for (unsigned i = 0; i < CROWD * ROUNDS; i++) {
		fill(bytes, sizeof bytes, i);
		send_all(c, fds[i * 3 % CROWD], bytes, sizeof bytes);
	}
	for (unsigned i = 0; i < CROWD * ROUNDS; i++) {
		memset(bytes, 0, sizeof bytes);
		fprintf(c->log, "%zu ", recv_all(c, fds[i * 3 % CROWD], bytes, 1 + i));
		fprintf(c->log, "%s\n", is_filled(bytes, 1 + i, i) ? "good" : "bad");
	}
	for (unsigned i = 0; i < CROWD; i++)
		good(c, "close", close(fds[i]));
}

/* Names, and refusals. ------------------------------------------------------------------------------------------- */

static void
log_name(struct body_context *c, const char *what, const struct sockaddr_in *name, socklen_t length)
{
	fprintf(c->log, "%s: family %u, length %u, %s, %s\n", what, name->sin_family, length,
	        name->sin_addr.s_addr == c->address.sin_addr.s_addr ? "the server's address" : "another address",
	        name->sin_port == c->address.sin_port ? "the server's port"
	        : name->sin_port                      ? "a port"
	                                              : "no port");
}

/* The addresses of clients are those of the server's host natively, and others in the simulator: not compared. */
static void
names_server(struct body_context *c)
{
	int listener = listening(c, 1), fd;
	struct sockaddr_in name = {0}, peer = {0};
	socklen_t length = sizeof name;

	outcome(c, "getsockname", getsockname(listener, (struct sockaddr *)&name, &length));
	log_name(c, "listener", &name, length);
	fd = (int)good(c, "accept", accept(listener, (struct sockaddr *)&name, &length));
	length = sizeof peer;
	outcome(c, "getpeername", getpeername(fd, (struct sockaddr *)&peer, &length));
	fprintf(c->log, "accept and getpeername: %s, length %u, %s\n",
	        memcmp(&name, &peer, sizeof name) ? "differ" : "agree", length, peer.sin_port ? "a port" : "no port");
	outcome(c, "getsockname", getsockname(fd, (struct sockaddr *)&name, &length));
	log_name(c, "accepted", &name, length);
	send_all(c, fd, &peer, sizeof peer);
	good(c, "close", close(fd));
	good(c, "close", close(listener));
}

static void
names_client(struct body_context *c)
{
	int fd;
	struct sockaddr_in name = {0}, seen = {0};
	socklen_t length = sizeof name;

	c->meet(c);
	fd = new_socket(c);
	outcome(c, "getsockname", getsockname(fd, (struct sockaddr *)&name, &length));
	log_name(c, "fresh", &name, length);
	outcome(c, "getpeername", getpeername(fd, (struct sockaddr *)&name, &length));
	outcome(c, "connect", connect(fd, address(c), sizeof c->address));
	outcome(c, "getpeername", getpeername(fd, (struct sockaddr *)&name, &length));
	log_name(c, "peer", &name, length);
	outcome(c, "getsockname", getsockname(fd, (struct sockaddr *)&name, &length));
	recv_all(c, fd, &seen, sizeof seen);
	fprintf(c->log, "the server sees %s\n", memcmp(&name, &seen, sizeof name) ? "another" : "the same");
	good(c, "close", close(fd));
}

static void
refusals_server(struct body_context *c)
{
	int listener = listening(c, 1), fd = (int)good(c, "accept", accept(listener, NULL, NULL)),
	    other = new_socket(c);
	char byte;

	outcome(c, "bind of a used port", bind(other, address(c), sizeof c->address));
	outcome(c, "bind again", bind(listener, address(c), sizeof c->address));
	outcome(c, "accept on none that listens", accept(other, NULL, NULL));
	outcome(c, "listen on a connection", listen(fd, 1));
	outcome(c, "recv on a listener", recv(listener, &byte, 1, 0));
	outcome(c, "connect of a listener", connect(listener, address(c), sizeof c->address));
	c->meet(c);
	outcome(c, "close", close(fd));
	outcome(c, "close", close(other));
	outcome(c, "close", close(listener));
}

static void
bad_descriptors(struct body_context *c)
{
	struct sockaddr_in name;
	socklen_t length = sizeof name;
	char byte = 0;

	outcome(c, "bind -1", bind(-1, address(c), sizeof c->address));
	outcome(c, "listen -1", listen(-1, 1));
	outcome(c, "accept 999", accept(999, NULL, NULL));
	outcome(c, "connect 999", connect(999, address(c), sizeof c->address));
	outcome(c, "send 999", send(999, &byte, 1, MSG_NOSIGNAL));
	outcome(c, "recv 999", recv(999, &byte, 1, 0));
	outcome(c, "read 999", read(999, &byte, 1));
	outcome(c, "write 999", write(999, &byte, 1));
	outcome(c, "shutdown 999", shutdown(999, SHUT_WR));
	outcome(c, "close 999", close(999));
	outcome(c, "getsockname 999", getsockname(999, (struct sockaddr *)&name, &length));
	outcome(c, "getpeername 999", getpeername(999, (struct sockaddr *)&name, &length));
}

static void
refused_arguments(struct body_context *c, int fd)
{
	struct sockaddr_in wrong = c->address;

	wrong.sin_family = AF_UNIX;
	outcome(c, "socket of no family", socket(12345, SOCK_STREAM, 0));
	outcome(c, "connect to another family", connect(fd, (struct sockaddr *)&wrong, sizeof wrong));
	outcome(c, "bind to another family", bind(fd, (struct sockaddr *)&wrong, sizeof wrong));
	outcome(c, "connect, short address", connect(fd, address(c), 4));
	outcome(c, "bind, short address", bind(fd, address(c), 4));
	outcome(c, "shutdown of nothing known", shutdown(fd, 7));
}

static void
refusals_client(struct body_context *c)
{
	int fd, other, error = -1;
	socklen_t length = sizeof error;
	char byte = 0;

	c->meet(c);
	fd = new_socket(c);
	other = new_socket(c);
	bad_descriptors(c);
	refused_arguments(c, fd);
	/* On a socket of its own: Linux returns ENOTCONN, and yet shuts what is connected later. */
	outcome(c, "shutdown unconnected", shutdown(other, SHUT_WR));
	outcome(c, "close", close(other));
	outcome(c, "recv unconnected", recv(fd, &byte, 1, 0));
	outcome(c, "send unconnected", send(fd, &byte, 1, MSG_NOSIGNAL));
	outcome(c, "connect", connect(fd, address(c), sizeof c->address));
	outcome(c, "connect again", connect(fd, address(c), sizeof c->address));
	outcome(c, "send nothing", send(fd, &byte, 0, MSG_NOSIGNAL));
	outcome(c, "getsockopt", getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length));
	fprintf(c->log, "SO_ERROR %d\n", error);
	c->meet(c);
	outcome(c, "recv", recv(fd, &byte, 1, 0));
	outcome(c, "close", close(fd));
}

const struct body TABLE(stream)[] = {{"echo", echo_server, echo_arena_client},
                                     {"echo from the heap", echo_server, echo_heap_client},
                                     {"large transfers", large_server, large_client},
                                     {"half-close", half_close_server, half_close_client},
                                     {"refused", refused_server, refused_client},
                                     {"EPIPE", epipe_server, epipe_client},
                                     {"reset", reset_server, reset_client},
                                     {"exit without close", exit_server, exit_client},
                                     {"sequence", sequence_server, sequence_client},
                                     {"crowd", crowd_server, crowd_client},
                                     {"names", names_server, names_client},
                                     {"refusals", refusals_server, refusals_client},
                                     {NULL, NULL, NULL}};
