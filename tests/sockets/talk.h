/* What bodies have in common: calls whose results are logged, and data that tell where they stand. */
#ifndef TESTS_SOCKETS_TALK_H
#define TESTS_SOCKETS_TALK_H

#include "tests/sockets/bodies.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sockets/portable.h"

/* outcome: logs the call, its result or errno; returns the result. */
static inline long
outcome(struct body_context *c, const char *call, long result)
{
	if (result < 0)
		fprintf(c->log, "%s: %s\n", call, strerrorname_np(errno));
	else
		fprintf(c->log, "%s: %ld\n", call, result);
	return result;
}

/* good: logs failures only; for what may be any number, such as a descriptor. */
static inline long
good(struct body_context *c, const char *call, long result)
{
	return result < 0 ? outcome(c, call, result) : result;
}

static inline const struct sockaddr *
address(const struct body_context *c)
{
	return (const struct sockaddr *)&c->address;
}

static inline int
new_socket(struct body_context *c)
{
	return (int)good(c, "socket", socket(AF_INET, SOCK_STREAM, 0));
}

/* listening: a listener, before the client goes on. */
static inline int
listening(struct body_context *c, int backlog)
{
	int fd = new_socket(c);

	outcome(c, "bind", bind(fd, address(c), sizeof c->address));
	outcome(c, "listen", listen(fd, backlog));
	c->meet(c);
	return fd;
}

/* served: the one connection of a server that listens for one. */
static inline int
served(struct body_context *c)
{
	int listener = listening(c, 1), fd = (int)good(c, "accept", accept(listener, NULL, NULL));

	good(c, "close listener", close(listener));
	return fd;
}

static inline int
connected(struct body_context *c)
{
	int fd = new_socket(c);

	good(c, "connect", connect(fd, address(c), sizeof c->address));
	return fd;
}

static inline int
called(struct body_context *c)
{
	c->meet(c);
	return connected(c);
}

/* A send may take a part: the total counts. */
static inline bool
send_all(struct body_context *c, int fd, const void *data, size_t length)
{
	for (size_t done = 0; done < length;) {
		ssize_t n = send(fd, (const char *)data + done, length - done, MSG_NOSIGNAL);

		if (n <= 0)
			return outcome(c, "send", n) > 0;
		done += (size_t)n;
	}
	return true;
}

/* A receive may give any part from one byte on: until `length` bytes are there, or the end; returns how many. */
static inline size_t
recv_all(struct body_context *c, int fd, void *data, size_t length)
{
	size_t done = 0;
	ssize_t n = 1;

	while (done < length && n > 0) {
		n = good(c, "recv", recv(fd, (char *)data + done, length - done, 0));
		done += n > 0 ? (size_t)n : 0;
	}
	return done;
}

/* send_until_full: `data` again and again until send() fails; returns how many bytes went. */
static inline size_t
send_until_full(struct body_context *c, int fd, const uint8_t *data, size_t length, int flags)
{
	size_t total = 0;
	ssize_t n;

	while ((n = send(fd, data + total % length, length - total % length, flags | MSG_NOSIGNAL)) > 0)
		total += (size_t)n;
	outcome(c, "send until full", n);
	return total;
}

static inline void
set_nonblocking(struct body_context *c, int fd, bool on)
{
	good(c, "fcntl", fcntl(fd, F_SETFL, on ? O_NONBLOCK : 0));
}

static inline void
log_events(struct body_context *c, int events)
{
	static const struct {
		int bit;
		const char *name;
	} names[] = {{POLLIN, "IN"},         {POLLPRI, "PRI"},       {POLLOUT, "OUT"},      {POLLRDHUP, "RDHUP"},
	             {POLLERR, "ERR"},       {POLLHUP, "HUP"},       {POLLNVAL, "NVAL"},    {POLLRDNORM, "RDNORM"},
	             {POLLWRNORM, "WRNORM"}, {POLLRDBAND, "RDBAND"}, {POLLWRBAND, "WRBAND"}};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (events & names[i].bit)
			fprintf(c->log, " %s", names[i].name);
	fputc('\n', c->log);
}

/* polled: logs what poll() finds at one descriptor. */
static inline void
polled(struct body_context *c, const char *what, int fd, int events, int timeout)
{
	struct pollfd p = {.fd = fd, .events = (short)events, .revents = -1};
	int n = poll(&p, 1, timeout);

	if (n < 0)
		outcome(c, what, n);
	else
		fprintf(c->log, "%s: %d", what, n);
	log_events(c, n < 0 ? 0 : p.revents);
}

enum { ALL_EVENTS = POLLIN | POLLPRI | POLLOUT | POLLRDHUP | POLLRDNORM | POLLWRNORM };

/* await: until one of the events is there, which must come; what else is there is not logged. */
static inline void
await(struct body_context *c, int fd, int events)
{
	struct pollfd p = {.fd = fd, .events = (short)events};

	good(c, "poll", poll(&p, 1, -1));
}

/* pending: logs SO_ERROR, and takes it. */
static inline void
pending(struct body_context *c, int fd)
{
	int error = -1;
	socklen_t length = sizeof error;

	good(c, "getsockopt", getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length));
	fprintf(c->log, "SO_ERROR: %s\n", error ? strerrorname_np(error) : "none");
}

static inline uint8_t
content(size_t seed, size_t i)
{
	return (uint8_t)(i * 7 + i / 251 + seed * 29);
}

static inline void
fill(void *data, size_t length, size_t seed)
{
	for (size_t i = 0; i < length; i++)
		((uint8_t *)data)[i] = content(seed, i);
}

static inline bool
is_filled(const void *data, size_t length, size_t seed)
{
	size_t i = 0;

	while (i < length && ((const uint8_t *)data)[i] == content(seed, i))
		i++;
	return i == length;
}

#endif
