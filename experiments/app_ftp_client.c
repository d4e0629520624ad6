#include "experiments/app_ftp.h"
#include "experiments/app_ftp_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OWN_NAME "own" /* what the client calls the file that it puts */

struct client {
	struct app *app;
	struct ftp_line control;
	uint8_t *own, *got;          /* FTP_FILE_MOST bytes each, and a piece more to see what is too long */
	double asked, opened, ended; /* of a transfer: PASV sent, 150 and 226 received */
};

static const struct app_ftp *
job_of(const struct client *c)
{
	return c->app->job;
}

/* The next reply, which must have that code. */
static bool
expect(struct client *c, unsigned code, const char *to, char reply[FTP_LINE])
{
	if (!ftp_take(&c->control, reply))
		return app_fail(c->app, "the server ended the connection instead of a reply to %s", to);
	return strtoul(reply, NULL, 10) == code || app_fail(c->app, "the server said '%s' to %s", reply, to);
}

/* A command, and its reply. */
static bool
command(struct client *c, const char *line, unsigned code, char reply[FTP_LINE])
{
	return app_worked(c->app, ftp_say(&c->control, "%s", line), line) && expect(c, code, line, reply);
}

static bool
log_in(struct client *c)
{
	char reply[FTP_LINE];

	return expect(c, 220, "the connection", reply) && command(c, "USER anonymous", 331, reply) &&
	       command(c, "PASS guest@", 230, reply) && command(c, "TYPE I", 200, reply);
}

/* PASV, the data connection, then the transfer's command and its 150; -1: it failed. */
static int
open_data(struct client *c, const char *verb, const char *name)
{
	struct sockaddr_in address;
	char reply[FTP_LINE], line[FTP_LINE];
	int fd;

	c->asked = c->app->now_us(c->app);
	if (!command(c, "PASV", 227, reply))
		return -1;
	if (!ftp_address(reply, &address)) {
		app_fail(c->app, "there is no address in '%s'", reply);
		return -1;
	}
	fd = socket(AF_INET, SOCK_STREAM, 0);
	snprintf(line, sizeof line, "%s %s", verb, name);
	if (app_worked(c->app, fd >= 0, "socket") &&
	    app_worked(c->app, connect(fd, (struct sockaddr *)&address, sizeof address) == 0, "data connection") &&
	    command(c, line, 150, reply)) {
		c->opened = c->app->now_us(c->app);
		return fd;
	}
	close(fd);
	return -1;
}

static bool
end_transfer(struct client *c, enum ftp_direction direction)
{
	char reply[FTP_LINE];
	double ended;

	if (!expect(c, 226, "the transfer", reply))
		return false;
	ended = c->app->now_us(c->app);
	c->app->took(c->app, ended - c->asked);
	if (job_of(c)->moved)
		job_of(c)->moved(job_of(c), direction, ended - c->opened, ended - c->asked);
	return true;
}

/* To the end of the stream; how many bytes that were, at most one piece more than a file has. */
static uint32_t
receive_all(struct client *c, int fd)
{
	uint32_t n = 0;

	while (n <= job_of(c)->file_bytes) {
		ssize_t got = recv(fd, c->got + n, FTP_PIECE, 0);

		if (!app_worked(c->app, got >= 0, "recv of a file") || got == 0)
			break;
		n += (uint32_t)got;
	}
	return n;
}

/* Gets a file that must have these contents: those of app_byte() with that key. */
static bool
get_file(struct client *c, const char *name, uint32_t key)
{
	int fd = open_data(c, "RETR", name);
	uint32_t n;

	if (fd < 0)
		return false;
	n = receive_all(c, fd);
	close(fd);
	if (c->app->has_failed || !end_transfer(c, FTP_GET))
		return false;
	if (n != job_of(c)->file_bytes)
		return app_fail(c->app, "%s came with %u bytes instead of %u", name, n, job_of(c)->file_bytes);
	return app_same(c->got, key, 0, n) || app_fail(c->app, "the contents of %s are wrong", name);
}

static bool
put_file(struct client *c, const char *name)
{
	uint32_t n = job_of(c)->file_bytes;
	int fd = open_data(c, "STOR", name);
	bool going = fd >= 0;

	for (uint32_t at = 0; going && at < n; at += FTP_PIECE)
		going = app_send(c->app, fd, c->own + at, n - at < FTP_PIECE ? n - at : FTP_PIECE);
	close(fd);
	return going && end_transfer(c, FTP_PUT);
}

/* One file of each kind. */
static bool
move_files(struct client *c, uint32_t i)
{
	uint32_t n = job_of(c)->file_bytes, key = c->app->rank << 16 | i;
	char made[FTP_LINE];

	snprintf(made, sizeof made, "file-%u", n);
	app_fill(c->own, key, 0, n);
	return put_file(c, OWN_NAME) && get_file(c, OWN_NAME, key) && get_file(c, made, n);
}

static bool
run(struct client *c)
{
	char reply[FTP_LINE];
	bool going = log_in(c);

	for (uint32_t i = 0; going && i < job_of(c)->files; i++)
		going = move_files(c, i);
	return going && command(c, "QUIT", 221, reply);
}

void
app_ftp_client(struct app *app)
{
	const struct app_ftp *job = app->job;
	struct client c = {.app = app, .own = ns_alloc(job->file_bytes), .got = ns_alloc(job->file_bytes + FTP_PIECE)};
	bool well = app_worked(app, c.own && c.got, "memory");

	app->meet(app);
	c.control.fd = well ? app_connect(app, 0) : -1;
	well = c.control.fd >= 0 && app_no_delay(app, c.control.fd) && run(&c);
	if (well)
		app->meet(app);
	close(c.control.fd);
	ns_free(c.own);
	ns_free(c.got);
}

void
app_ftp(struct app *app)
{
	if (app->rank == 0)
		app_ftp_server(app);
	else
		app_ftp_client(app);
}
