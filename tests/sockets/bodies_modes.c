/* Calls that do not wait, or not for ever; flags of recv(); vectors. */
#include "tests/sockets/talk.h"

enum { BIG = 20000, FLOOD = 64 << 10 };

/* Non-blocking. -------------------------------------------------------------------------------------------------- */

static void
modes_server(struct body_context *c)
{
	int fd = served(c), on = 1, off = 0;
	char byte;

	outcome(c, "recv MSG_DONTWAIT", recv(fd, &byte, 1, MSG_DONTWAIT));
	fprintf(c->log, "blocking: %d\n", (fcntl(fd, F_GETFL) & O_NONBLOCK) == 0);
	outcome(c, "FIONBIO", ioctl(fd, FIONBIO, &on));
	fprintf(c->log, "non-blocking: %d\n", (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
	outcome(c, "recv", recv(fd, &byte, 1, 0));
	outcome(c, "recv of nothing", recv(fd, &byte, 0, 0));
	outcome(c, "read of nothing", read(fd, &byte, 0));
	outcome(c, "read", read(fd, &byte, 1));
	outcome(c, "recv MSG_WAITALL", recv(fd, &byte, 1, MSG_WAITALL));
	outcome(c, "recv MSG_PEEK", recv(fd, &byte, 1, MSG_PEEK));
	c->meet(c);
	outcome(c, "FIONBIO", ioctl(fd, FIONBIO, &off));
	outcome(c, "recv", recv(fd, &byte, 1, 0));
	await(c, fd, POLLRDHUP);
	outcome(c, "recv at the end", recv(fd, &byte, 1, MSG_DONTWAIT | MSG_WAITALL));
	good(c, "close", close(fd));
}

static void
modes_client(struct body_context *c)
{
	int fd = called(c);

	outcome(c, "send of nothing", send(fd, NULL, 0, MSG_DONTWAIT | MSG_NOSIGNAL));
	outcome(c, "fcntl of none", fcntl(999, F_GETFL));
	outcome(c, "ioctl of none", ioctl(999, FIONBIO, &fd));
	outcome(c, "ioctl of nothing known", ioctl(fd, 0x12345678, &fd));
	c->meet(c);
	send_all(c, fd, "x", 1);
	good(c, "shutdown", shutdown(fd, SHUT_WR));
	outcome(c, "recv", recv(fd, &fd, 1, 0));
	good(c, "close", close(fd));
}

static void
flood_server(struct body_context *c)
{
	int fd = served(c);
	uint8_t bytes[4096];
	size_t done = 0, mistakes = 0;
	ssize_t n;

	c->meet(c);
	while ((n = recv(fd, bytes, sizeof bytes, 0)) > 0)
		for (ssize_t i = 0; i < n; i++)
			mistakes += bytes[i] != content(5, done++ % FLOOD);
	fprintf(c->log, "%s\n", mistakes ? "bad" : "good");
	good(c, "close", close(fd));
}

/* How much goes in before EAGAIN is the kernel's choice; that there is room again once it was taken out is not. */
static void
flood(struct body_context *c, int fd, int flags)
{
	uint8_t *bytes = ns_alloc(FLOOD);
	size_t total;

	fill(bytes, FLOOD, 5);
	total = send_until_full(c, fd, bytes, FLOOD, flags);
	fprintf(c->log, "took %s\n", total > 0 ? "some" : "bad");
	polled(c, "full", fd, POLLOUT, 0);
	c->meet(c);
	polled(c, "room again", fd, POLLOUT, -1);
	outcome(c, "send", send(fd, bytes + total % FLOOD, 1, MSG_NOSIGNAL | flags));
	good(c, "shutdown", shutdown(fd, SHUT_WR));
	await(c, fd, POLLRDHUP);
	outcome(c, "recv", recv(fd, bytes, 1, 0));
	good(c, "close", close(fd));
	ns_free(bytes);
}

static void
flood_client(struct body_context *c)
{
	int fd = called(c);

	set_nonblocking(c, fd, true);
	flood(c, fd, 0);
}

static void
flood_by_flag_client(struct body_context *c)
{
	flood(c, called(c), MSG_DONTWAIT);
}

/* Peek, wait for all. -------------------------------------------------------------------------------------------- */

static void
peek_server(struct body_context *c)
{
	int fd = served(c);
	uint8_t *bytes = ns_alloc(BIG);

	send_all(c, fd, "hello", 5);
	send_all(c, fd, " world", 6);
	c->meet(c);
	fill(bytes, BIG, 9);
	send_all(c, fd, bytes, BIG / 2);
	send_all(c, fd, bytes + BIG / 2, BIG / 2);
	c->meet(c);
	send_all(c, fd, "end", 3);
	good(c, "close", close(fd));
	ns_free(bytes);
}

static void
unread(struct body_context *c, int fd)
{
	int n = -1;

	outcome(c, "FIONREAD", ioctl(fd, FIONREAD, &n));
	fprintf(c->log, "%d bytes unread\n", n);
}

static void
peek_big(struct body_context *c, int fd)
{
	uint8_t *bytes = ns_alloc(BIG);

	outcome(c, "peek all", recv(fd, bytes, BIG, MSG_PEEK | MSG_WAITALL));
	fprintf(c->log, "%s\n", is_filled(bytes, BIG, 9) ? "good" : "bad");
	unread(c, fd);
	outcome(c, "take some", recv(fd, bytes, 7, 0));
	outcome(c, "peek the rest", recv(fd, bytes + 7, BIG - 7, MSG_PEEK | MSG_WAITALL));
	fprintf(c->log, "%s\n", is_filled(bytes, BIG, 9) ? "good" : "bad");
	memset(bytes + 7, 0, BIG - 7);
	outcome(c, "take the rest", recv(fd, bytes + 7, BIG - 7, MSG_WAITALL));
	fprintf(c->log, "%s\n", is_filled(bytes, BIG, 9) ? "good" : "bad");
	ns_free(bytes);
}

static void
peek_client(struct body_context *c)
{
	int fd = called(c);
	char text[16] = "";

	outcome(c, "peek all", recv(fd, text, 11, MSG_PEEK | MSG_WAITALL));
	fprintf(c->log, "%s\n", text);
	memset(text, 0, sizeof text);
	outcome(c, "peek", recv(fd, text, 3, MSG_PEEK));
	fprintf(c->log, "%s\n", text);
	unread(c, fd);
	outcome(c, "recv", recv(fd, text, 4, MSG_WAITALL));
	outcome(c, "peek again", recv(fd, text, 7, MSG_PEEK));
	fprintf(c->log, "%s\n", text);
	outcome(c, "recv", recv(fd, text, 7, MSG_WAITALL));
	outcome(c, "peek where nothing is", recv(fd, text, 7, MSG_PEEK | MSG_DONTWAIT));
	unread(c, fd);
	c->meet(c);
	peek_big(c, fd);
	c->meet(c);
	outcome(c, "wait for more than comes", recv(fd, text, sizeof text, MSG_WAITALL));
	outcome(c, "peek at the end", recv(fd, text, sizeof text, MSG_PEEK | MSG_WAITALL));
	good(c, "close", close(fd));
}

/* Time-outs. ----------------------------------------------------------------------------------------------------- */

/* Whole clock ticks of every kernel. */
static int
set_timeout(int fd, int name, long seconds, long us)
{
	struct timeval t = {seconds, us};

	return setsockopt(fd, SOL_SOCKET, name, &t, sizeof t);
}

static void
get_timeout(struct body_context *c, int fd, int name)
{
	struct timeval t = {-1, -1};
	socklen_t length = sizeof t;

	outcome(c, "getsockopt", getsockopt(fd, SOL_SOCKET, name, &t, &length));
	fprintf(c->log, "%ld s %ld us, length %u\n", (long)t.tv_sec, (long)t.tv_usec, length);
}

static void
timeouts_server(struct body_context *c)
{
	int listener = listening(c, 1), fd;

	outcome(c, "set", set_timeout(listener, SO_RCVTIMEO, 0, 20000));
	outcome(c, "accept", accept(listener, NULL, NULL));
	c->meet(c);
	await(c, listener, POLLIN);
	fd = (int)good(c, "accept", accept(listener, NULL, NULL));
	get_timeout(c, fd, SO_RCVTIMEO);
	send_all(c, fd, "abc", 3);
	c->meet(c);
	c->meet(c);
	good(c, "close", close(fd));
	good(c, "close", close(listener));
}

static void
refused_timeouts(struct body_context *c, int fd)
{
	int number = 0;

	outcome(c, "too many us", set_timeout(fd, SO_RCVTIMEO, 0, 1000000));
	outcome(c, "negative us", set_timeout(fd, SO_SNDTIMEO, 0, -1));
	outcome(c, "short", setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &number, sizeof number));
	get_timeout(c, fd, SO_RCVTIMEO);
	get_timeout(c, fd, SO_SNDTIMEO);
}

static void
timeouts_client(struct body_context *c)
{
	char text[16];
	uint8_t *bytes = ns_alloc(FLOOD);
	int fd;

	c->meet(c);
	c->meet(c);
	fd = connected(c);
	refused_timeouts(c, fd);
	outcome(c, "set", set_timeout(fd, SO_RCVTIMEO, 0, 40000));
	outcome(c, "set", set_timeout(fd, SO_SNDTIMEO, 1, 500000));
	get_timeout(c, fd, SO_RCVTIMEO);
	get_timeout(c, fd, SO_SNDTIMEO);
	c->meet(c);
	outcome(c, "recv part", recv(fd, text, 10, MSG_WAITALL));
	outcome(c, "recv", recv(fd, text, 10, 0));
	outcome(c, "set", set_timeout(fd, SO_SNDTIMEO, 0, 40000));
	fprintf(c->log, "took %s\n", send_until_full(c, fd, bytes, FLOOD, 0) > 0 ? "some" : "bad");
	outcome(c, "set", set_timeout(fd, SO_RCVTIMEO, 0, 0));
	get_timeout(c, fd, SO_RCVTIMEO);
	c->meet(c);
	good(c, "close", close(fd));
	ns_free(bytes);
}

/* Vectors. ------------------------------------------------------------------------------------------------------- */

static void
vectors_server(struct body_context *c)
{
	int fd = served(c);
	uint8_t *bytes = ns_alloc(BIG);
	struct iovec pieces[3] = {{bytes, 5}, {bytes + 5, 0}, {bytes + 5, BIG - 5}};
	struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 3};
	volatile int negative = -1; /* volatile: compilers complain, as they should */
	struct iovec *many = calloc(1025, sizeof *many);
	struct iovec *volatile nowhere = NULL;

	fill(bytes, BIG, 3);
	outcome(c, "writev", writev(fd, pieces, 3));
	outcome(c, "sendmsg", sendmsg(fd, &message, MSG_NOSIGNAL));
	outcome(c, "writev of no pieces", writev(fd, pieces, 0));
	outcome(c, "writev -1", writev(fd, pieces, negative));
	outcome(c, "writev of too many", writev(fd, many, 1025));
	outcome(c, "writev of no vector", writev(fd, nowhere, 1));
	outcome(c, "writev of none", writev(999, pieces, 1));
	outcome(c, "sendmsg of none", sendmsg(999, &message, 0));
	outcome(c, "writev small", writev(fd, (struct iovec[]){{"ab", 2}, {"cde", 3}}, 2));
	c->meet(c);
	free(many);
	ns_free(bytes);
	good(c, "close", close(fd));
}

static void
take_vector(struct body_context *c, int fd, uint8_t *bytes)
{
	struct iovec pieces[3] = {{bytes, 1001}, {bytes + 1001, 3}, {bytes + 1004, BIG - 1004}};
	struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 3, .msg_flags = -1};

	memset(bytes, 0, BIG);
	outcome(c, "recvmsg", recvmsg(fd, &message, MSG_WAITALL));
	fprintf(c->log, "%s, flags %d\n", is_filled(bytes, BIG, 3) ? "good" : "bad", message.msg_flags);
}

static void
vectors_client(struct body_context *c)
{
	int fd = called(c);
	uint8_t *bytes = ns_alloc(BIG);
	char text[3][4] = {{0}};
	struct iovec pieces[3] = {{text[0], 1}, {text[1], 2}, {text[2], 3}};
	volatile int negative = -1;
	struct iovec *many = calloc(1025, sizeof *many);

	take_vector(c, fd, bytes);
	take_vector(c, fd, bytes);
	recv(fd, bytes, 5, MSG_PEEK | MSG_WAITALL);
	outcome(c, "readv", readv(fd, pieces, 3));
	fprintf(c->log, "%s %s %s\n", text[0], text[1], text[2]);
	outcome(c, "readv of no pieces", readv(fd, pieces, 0));
	outcome(c, "readv -1", readv(fd, pieces, negative));
	outcome(c, "readv of too many", readv(fd, many, 1025));
	outcome(c, "readv of none", readv(999, pieces, 1));
	c->meet(c);
	outcome(c, "readv at the end", readv(fd, pieces, 3));
	free(many);
	ns_free(bytes);
	good(c, "close", close(fd));
}

const struct body TABLE(modes)[] = {{"modes", modes_server, modes_client},
                                    {"flood", flood_server, flood_client},
                                    {"flood by MSG_DONTWAIT", flood_server, flood_by_flag_client},
                                    {"peek", peek_server, peek_client},
                                    {"time-outs", timeouts_server, timeouts_client},
                                    {"vectors", vectors_server, vectors_client},
                                    {NULL, NULL, NULL}};
