/* Options of sockets, and what they do. */
#include "tests/sockets/talk.h"

static void
get_number(struct body_context *c, const char *name, int fd, int option)
{
	int number = -1;
	socklen_t length = sizeof number;

	outcome(c, name, getsockopt(fd, SOL_SOCKET, option, &number, &length));
	fprintf(c->log, "%s = %d, length %u\n", name, number, length);
}

static void
kinds_server(struct body_context *c)
{
	int listener = new_socket(c), fd;

	get_number(c, "SO_ACCEPTCONN", listener, SO_ACCEPTCONN);
	good(c, "bind", bind(listener, address(c), sizeof c->address));
	good(c, "listen", listen(listener, 1));
	get_number(c, "SO_ACCEPTCONN", listener, SO_ACCEPTCONN);
	get_number(c, "SO_TYPE", listener, SO_TYPE);
	c->meet(c);
	fd = (int)good(c, "accept", accept(listener, NULL, NULL));
	get_number(c, "SO_ACCEPTCONN", fd, SO_ACCEPTCONN);
	get_number(c, "SO_TYPE", fd, SO_TYPE);
	get_number(c, "SO_ERROR", fd, SO_ERROR);
	outcome(c, "shutdown of a listener", shutdown(listener, SHUT_RD));
	get_number(c, "SO_ACCEPTCONN", listener, SO_ACCEPTCONN);
	outcome(c, "accept", accept(listener, NULL, NULL));
	polled(c, "listens no more", listener, ALL_EVENTS, 0);
	c->meet(c);
	good(c, "close", close(fd));
	good(c, "close", close(listener));
}

static void
refused_options(struct body_context *c, int fd)
{
	int number = 1;
	short half = -1;
	socklen_t length = sizeof half, negative = (socklen_t)-1;

	outcome(c, "set SO_TYPE", setsockopt(fd, SOL_SOCKET, SO_TYPE, &number, sizeof number));
	outcome(c, "set SO_ERROR", setsockopt(fd, SOL_SOCKET, SO_ERROR, &number, sizeof number));
	outcome(c, "set SO_ACCEPTCONN", setsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &number, sizeof number));
	outcome(c, "set nothing known", setsockopt(fd, SOL_SOCKET, 9999, &number, sizeof number));
	outcome(c, "get nothing known", getsockopt(fd, SOL_SOCKET, 9999, &number, &length));
	outcome(c, "set half", setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &half, sizeof half));
	outcome(c, "get half", getsockopt(fd, SOL_SOCKET, SO_TYPE, &half, &length));
	fprintf(c->log, "half %d, length %u\n", half, length);
	outcome(c, "get, negative length", getsockopt(fd, SOL_SOCKET, SO_TYPE, &number, &negative));
	outcome(c, "set of none", setsockopt(999, SOL_SOCKET, SO_REUSEADDR, &number, sizeof number));
	outcome(c, "get of none", getsockopt(999, SOL_SOCKET, SO_REUSEADDR, &number, &length));
	outcome(c, "set SO_REUSEADDR", setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){7}, sizeof number));
	get_number(c, "SO_REUSEADDR", fd, SO_REUSEADDR);
}

static void
kinds_client(struct body_context *c)
{
	int fd = called(c);

	refused_options(c, fd);
	get_number(c, "SO_ERROR", fd, SO_ERROR);
	c->meet(c);
	good(c, "close", close(fd));
}

/* SO_LINGER. ----------------------------------------------------------------------------------------------------- */

static void
get_linger(struct body_context *c, int fd)
{
	struct linger l = {-1, -1};
	socklen_t length = sizeof l;

	outcome(c, "getsockopt", getsockopt(fd, SOL_SOCKET, SO_LINGER, &l, &length));
	fprintf(c->log, "linger: on %d, %d s, length %u\n", l.l_onoff, l.l_linger, length);
}

static void
set_linger(struct body_context *c, int fd, int on, int seconds)
{
	struct linger l = {on, seconds};

	outcome(c, "setsockopt", setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof l));
}

static void
linger_server(struct body_context *c)
{
	int listener = listening(c, 3), fd;
	char text[10];

	fd = (int)good(c, "accept", accept(listener, NULL, NULL));
	c->meet(c);
	await(c, fd, POLLHUP);
	polled(c, "aborted", fd, ALL_EVENTS, 0);
	outcome(c, "recv", recv(fd, text, sizeof text, 0));
	outcome(c, "recv", recv(fd, text, sizeof text, 0));
	outcome(c, "send", send(fd, "x", 1, MSG_NOSIGNAL));
	good(c, "close", close(fd));
	fd = (int)good(c, "accept", accept(listener, NULL, NULL));
	c->meet(c);
	await(c, fd, POLLHUP);
	outcome(c, "recv before the abort", recv(fd, text, sizeof text, 0));
	outcome(c, "recv", recv(fd, text, sizeof text, 0));
	outcome(c, "recv", recv(fd, text, sizeof text, 0));
	good(c, "close", close(fd));
	fd = (int)good(c, "accept", accept(listener, NULL, NULL));
	c->meet(c);
	outcome(c, "recv", recv(fd, text, sizeof text, MSG_WAITALL));
	good(c, "close", close(fd));
	good(c, "close", close(listener));
}

static void
linger_client(struct body_context *c)
{
	int fd = called(c);

	get_linger(c, fd);
	set_linger(c, fd, 1, 7);
	get_linger(c, fd);
	set_linger(c, fd, 0, 3);
	get_linger(c, fd);
	outcome(c, "too short", setsockopt(fd, SOL_SOCKET, SO_LINGER, &fd, sizeof fd));
	set_linger(c, fd, 1, 0);
	c->meet(c);
	outcome(c, "close aborts", close(fd));
	fd = connected(c);
	send_all(c, fd, "data", 4);
	set_linger(c, fd, 1, 0);
	c->meet(c);
	outcome(c, "close aborts behind data", close(fd));
	fd = connected(c);
	send_all(c, fd, "lingering", 9);
	set_linger(c, fd, 1, 5);
	outcome(c, "close waits", close(fd));
	c->meet(c);
}

/* SO_SNDBUF, SO_RCVBUF. ------------------------------------------------------------------------------------------ */

/* What is reported lies between what was asked for and twice that: Linux doubles, the simulator rounds up. */
static void
ask_buffer(struct body_context *c, const char *name, int fd, int option, int bytes)
{
	int number = -1;
	socklen_t length = sizeof number;

	outcome(c, name, setsockopt(fd, SOL_SOCKET, option, &bytes, sizeof bytes));
	outcome(c, name, getsockopt(fd, SOL_SOCKET, option, &number, &length));
	fprintf(c->log, "%s of %d: %s\n", name, bytes, number >= bytes && number <= 2 * bytes ? "good" : "bad");
}

/* There is a least and a greatest size, which is not an error. */
static void
ask_extremes(struct body_context *c, int fd)
{
	int least = 1, most = 1 << 30, number[2] = {-1, -1};
	socklen_t length = sizeof number[0];

	outcome(c, "least", setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof least));
	outcome(c, "least", getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &number[0], &length));
	outcome(c, "most", setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &most, sizeof most));
	outcome(c, "most", getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &number[1], &length));
	fprintf(c->log, "extremes: %s\n",
	        number[0] >= 1024 && number[0] < number[1] && number[1] < most ? "good" : "bad");
}

enum { SMALL = 16 << 10, LARGE = 128 << 10, CHUNK = 4096 };

/* One connection, whose two buffers have about that size on both sides; a connection with large ones takes more before
 * it is full. */
static void
buffers_server(struct body_context *c)
{
	for (unsigned i = 0; i < 2; i++) {
		int listener = new_socket(c), fd, bytes = i ? LARGE : SMALL;

		good(c, "reuse", setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)));
		ask_buffer(c, "SO_RCVBUF", listener, SO_RCVBUF, bytes);
		good(c, "bind", bind(listener, address(c), sizeof c->address));
		good(c, "listen", listen(listener, 1));
		c->meet(c);
		fd = (int)good(c, "accept", accept(listener, NULL, NULL));
		good(c, "close", close(listener));
		c->meet(c);
		for (char rest[CHUNK]; recv(fd, rest, sizeof rest, 0) > 0;)
			;
		good(c, "close", close(fd));
	}
}

static void
buffers_client(struct body_context *c)
{
	size_t total[2];
	uint8_t bytes[CHUNK] = {0};

	for (unsigned i = 0; i < 2; i++) {
		int fd = new_socket(c);

		ask_extremes(c, fd);
		ask_buffer(c, "SO_SNDBUF", fd, SO_SNDBUF, i ? LARGE : SMALL);
		ask_buffer(c, "SO_RCVBUF", fd, SO_RCVBUF, i ? LARGE : SMALL);
		c->meet(c);
		good(c, "connect", connect(fd, address(c), sizeof c->address));
		total[i] = send_until_full(c, fd, bytes, CHUNK, MSG_DONTWAIT);
		c->meet(c);
		good(c, "shutdown", shutdown(fd, SHUT_WR));
		outcome(c, "recv", recv(fd, bytes, 1, 0));
		good(c, "close", close(fd));
	}
	/* Not always less: a network may bound what is under way below either buffer. */
	fprintf(c->log, "small takes %s\n", total[0] > 0 && total[0] <= total[1] ? "no more: good" : "bad");
}

/* Nowhere, where something should be. ---------------------------------------------------------------------------- */

static void
nowhere_server(struct body_context *c)
{
	int fd = served(c);

	send_all(c, fd, "data", 4);
	c->meet(c);
	good(c, "close", close(fd));
}

static void
nowhere_client(struct body_context *c)
{
	int fd = called(c);
	struct sockaddr_in name;
	socklen_t length = sizeof name;
	char text[5] = "";

	outcome(c, "connect", connect(fd, NULL, sizeof name));
	outcome(c, "bind", bind(fd, NULL, sizeof name));
	outcome(c, "getsockname", getsockname(fd, NULL, &length));
	outcome(c, "getsockname, no length", getsockname(fd, (struct sockaddr *)&name, NULL));
	outcome(c, "getpeername", getpeername(fd, NULL, &length));
	outcome(c, "setsockopt", setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, NULL, sizeof(int)));
	outcome(c, "getsockopt", getsockopt(fd, SOL_SOCKET, SO_TYPE, NULL, &length));
	outcome(c, "getsockopt, no length", getsockopt(fd, SOL_SOCKET, SO_TYPE, text, NULL));
	outcome(c, "ioctl", ioctl(fd, FIONBIO, NULL));
	outcome(c, "send", send(fd, NULL, 4, MSG_NOSIGNAL));
	outcome(c, "recv of nothing", recv(fd, NULL, 0, 0));
	outcome(c, "recv", recv(fd, NULL, 4, 0));
	outcome(c, "recvmsg", recvmsg(fd, NULL, 0));
	outcome(c, "sendmsg", sendmsg(fd, NULL, MSG_NOSIGNAL));
	outcome(c, "recv what was not lost", recv(fd, text, 4, MSG_WAITALL));
	fprintf(c->log, "%s\n", text);
	c->meet(c);
	outcome(c, "send to nobody named", send(new_socket(c), "x", 1, MSG_NOSIGNAL));
	good(c, "close", close(fd));
}

const struct body TABLE(options)[] = {{"kinds", kinds_server, kinds_client},
                                      {"linger", linger_server, linger_client},
                                      {"buffers", buffers_server, buffers_client},
                                      {"nowhere", nowhere_server, nowhere_client},
                                      {NULL, NULL, NULL}};
