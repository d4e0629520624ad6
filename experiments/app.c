#include "experiments/app.h"

#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define CONNECT_AGAIN_US 1000 /* a refused program waits so long for the other to listen */
#define TEXT_MAX         200  /* bytes of a failure's text */

bool
app_fail(struct app *app, const char *format, ...)
{
	char text[TEXT_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	if (!app->has_failed)
		app->failed(app, text);
	app->has_failed = true;
	return false;
}

bool
app_worked(struct app *app, bool ok, const char *what)
{
	return ok || app_fail(app, "%s: %s", what, strerror(errno));
}

int
app_listen(struct app *app, int backlog)
{
	struct sockaddr_in address = app->address(app, app->rank);
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	if (app_worked(app, fd >= 0, "socket") &&
	    app_worked(app, setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0, "setsockopt") &&
	    app_worked(app, bind(fd, (struct sockaddr *)&address, sizeof address) == 0, "bind") &&
	    app_worked(app, listen(fd, backlog) == 0, "listen"))
		return fd;
	return -1;
}

int
app_accept(struct app *app, int listener)
{
	int fd = accept(listener, NULL, NULL);

	app_worked(app, fd >= 0, "accept");
	return fd;
}

int
app_connect(struct app *app, unsigned rank)
{
	struct sockaddr_in address = app->address(app, rank);

	for (;;) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		if (!app_worked(app, fd >= 0, "socket"))
			return -1;
		if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
			return fd;
		if (!app_worked(app, errno == ECONNREFUSED, "connect"))
			return -1;
		close(fd);
		app->sleep(app, CONNECT_AGAIN_US);
	}
}

int
app_link(struct app *app, int listener, unsigned other)
{
	return other > app->rank ? app_accept(app, listener) : app_connect(app, other);
}

bool
app_no_delay(struct app *app, int fd)
{
	int on = 1;

	return app_worked(app, setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0, "setsockopt");
}

bool
app_send(struct app *app, int fd, const void *bytes, size_t n)
{
	for (size_t done = 0; done < n;) {
		ssize_t sent = send(fd, (const uint8_t *)bytes + done, n - done, MSG_NOSIGNAL);

		if (!app_worked(app, sent > 0, "send"))
			return false;
		done += (size_t)sent;
	}
	return true;
}

bool
app_receive(struct app *app, int fd, void *bytes, size_t n)
{
	for (size_t done = 0; done < n;) {
		ssize_t got = recv(fd, (uint8_t *)bytes + done, n - done, 0);

		if (!app_worked(app, got >= 0, "recv"))
			return false;
		if (got == 0)
			return app_fail(app, "the stream ended in the middle of a message");
		done += (size_t)got;
	}
	return true;
}

bool
app_ended(struct app *app, int fd)
{
	uint8_t byte;
	ssize_t got = recv(fd, &byte, 1, 0);

	return app_worked(app, got >= 0, "recv") && (got == 0 || app_fail(app, "a message more than was asked for"));
}

void
app_fill(uint8_t *bytes, uint32_t key, uint32_t from, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		bytes[i] = app_byte(key, from + i);
}

bool
app_same(const uint8_t *bytes, uint32_t key, uint32_t from, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (bytes[i] != app_byte(key, from + i))
			return false;
	return true;
}
