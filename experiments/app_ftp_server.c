#include "experiments/app_ftp.h"
#include "experiments/app_ftp_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DATA_LIMIT_MS 60000 /* so long a data connection may take to come */
#define STORED_MOST   4u    /* files that a session keeps */
#define NAME_MOST     64u
#define MADE_PREFIX   "file-" /* names of files that the server makes itself */

/* A file that a client has put. */
struct stored {
	char name[NAME_MOST];
	uint8_t *bytes;
	uint32_t n;
};

/* A control connection; of the process that was spawned for it. */
struct session {
	struct app *app;
	pid_t process;
	int listener; /* the server's, which the child closes */
	struct ftp_line control;
	bool named, logged_in, over;
	int passive; /* the socket on which PASV listens; -1 */
	uint8_t *piece;
	struct stored stored[STORED_MOST];
};

/* A command: false if the control connection is broken. */
struct command {
	const char *verb;
	bool (*obey)(struct session *s, const char *argument);
	bool needs_login;
};

/* Files. ---------------------------------------------------------------------------------------------- */

static struct stored *
find_stored(struct session *s, const char *name)
{
	for (unsigned i = 0; i < STORED_MOST; i++)
		if (s->stored[i].bytes && strcmp(s->stored[i].name, name) == 0)
			return &s->stored[i];
	return NULL;
}

/* A place for a file of that name: its old one, or a free one. */
static struct stored *
place_for(struct session *s, const char *name)
{
	struct stored *place = find_stored(s, name);

	for (unsigned i = 0; i < STORED_MOST && !place; i++)
		if (!s->stored[i].bytes)
			place = &s->stored[i];
	if (place && !place->bytes)
		place->bytes = ns_alloc(FTP_FILE_MOST + 1); /* a byte more, to see what is too long */
	if (!place || !place->bytes)
		return NULL;
	snprintf(place->name, sizeof place->name, "%s", name);
	place->n = 0;
	return place;
}

/* Bytes of the file that the server makes by itself if it has that name; 0: it does not. */
static uint32_t
made_size(const char *name)
{
	char *end = NULL;
	unsigned long n = strncmp(name, MADE_PREFIX, strlen(MADE_PREFIX)) == 0
	                          ? strtoul(name + strlen(MADE_PREFIX), &end, 10)
	                          : 0;

	return end && *end == '\0' && n <= FTP_FILE_MOST ? (uint32_t)n : 0;
}

/* Data connections. ----------------------------------------------------------------------------------- */

static void
close_passive(struct session *s)
{
	if (s->passive >= 0)
		close(s->passive);
	s->passive = -1;
}

static int
listen_somewhere(const struct session *s, struct sockaddr_in *address)
{
	socklen_t length = sizeof *address;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || getsockname(s->control.fd, (struct sockaddr *)address, &length) != 0)
		return -1;
	address->sin_port = 0;
	length = sizeof *address;
	if (bind(fd, (struct sockaddr *)address, sizeof *address) == 0 && listen(fd, 1) == 0 &&
	    getsockname(fd, (struct sockaddr *)address, &length) == 0)
		return fd;
	close(fd);
	return -1;
}

static bool
do_pasv(struct session *s, const char *argument)
{
	struct sockaddr_in address;
	char text[FTP_ADDRESS];

	(void)argument;
	close_passive(s);
	s->passive = listen_somewhere(s, &address);
	if (s->passive < 0)
		return ftp_say(&s->control, "425 Can't open data connection.");
	ftp_address_text(&address, text);
	return ftp_say(&s->control, "227 Entering Passive Mode (%s)", text);
}

/* The data connection of a transfer; -1 if the client does not come. */
static int
open_data(struct session *s)
{
	struct pollfd polled = {s->passive, POLLIN, 0};
	int fd = poll(&polled, 1, DATA_LIMIT_MS) == 1 ? accept(s->passive, NULL, NULL) : -1;

	close_passive(s);
	return fd;
}

/* Transfers. ------------------------------------------------------------------------------------------ */

/* Piece after piece of a file: a stored one's, or (NULL) a made one's. */
static bool
send_file(const struct session *s, int fd, const struct stored *file, uint32_t n)
{
	for (uint32_t at = 0, sent; at < n; at += sent) {
		uint32_t piece = n - at < FTP_PIECE ? n - at : FTP_PIECE;
		ssize_t put;

		if (!file)
			app_fill(s->piece, n, at, piece);
		put = send(fd, file ? file->bytes + at : s->piece, piece, MSG_NOSIGNAL);
		if (put <= 0)
			return false;
		sent = (uint32_t)put;
	}
	return true;
}

static bool
receive_file(int fd, struct stored *file)
{
	for (;;) {
		uint32_t room = FTP_FILE_MOST + 1 - file->n;
		ssize_t got = recv(fd, file->bytes + file->n, room < FTP_PIECE ? room : FTP_PIECE, 0);

		if (got <= 0 || room == 0)
			return got == 0 && room > 0;
		file->n += (uint32_t)got;
	}
}

/* What both kinds of transfer begin with: 150 and the data connection; -1 if it did not come, `*talks` whether the
 * client heard of it. */
static int
begin_transfer(struct session *s, const char *name, bool *talks)
{
	int fd;

	*talks = true;
	if (s->passive < 0) {
		*talks = ftp_say(&s->control, "425 Use PASV first.");
		return -1;
	}
	fd = open_data(s);
	*talks = fd >= 0 ? ftp_say(&s->control, "150 Opening BINARY mode data connection for %s.", name)
	                 : ftp_say(&s->control, "425 Can't open data connection.");
	return fd;
}

static bool
end_transfer(const struct session *s, bool well)
{
	return ftp_say(&s->control, well ? "226 Transfer complete." : "426 Connection closed; transfer aborted.");
}

static bool
do_retr(struct session *s, const char *name)
{
	const struct stored *file = find_stored(s, name);
	uint32_t n = file ? file->n : made_size(name);
	bool talks, well;
	int fd;

	if (!file && n == 0)
		return ftp_say(&s->control, "550 %.60s: No such file or directory.", name);
	fd = begin_transfer(s, name, &talks);
	if (fd < 0)
		return talks;
	well = send_file(s, fd, file, n);
	close(fd);
	return talks && end_transfer(s, well);
}

static bool
do_stor(struct session *s, const char *name)
{
	struct stored *file = name[0] != '\0' && strlen(name) < NAME_MOST ? place_for(s, name) : NULL;
	bool talks, well;
	int fd;

	if (!file)
		return ftp_say(&s->control, "553 Cannot store this file.");
	fd = begin_transfer(s, name, &talks);
	if (fd < 0)
		return talks;
	well = receive_file(fd, file);
	close(fd);
	return talks && end_transfer(s, well);
}

/* The other commands. --------------------------------------------------------------------------------- */

static bool
do_user(struct session *s, const char *name)
{
	s->named = name[0] != '\0';
	s->logged_in = false;
	return s->named ? ftp_say(&s->control, "331 Password required for %.60s.", name)
	                : ftp_say(&s->control, "501 USER needs a name.");
}

static bool
do_pass(struct session *s, const char *password)
{
	(void)password; /* anything will do */
	s->logged_in = s->named;
	return ftp_say(&s->control, s->named ? "230 User logged in." : "503 Login with USER first.");
}

static bool
do_type(struct session *s, const char *type)
{
	return strcasecmp(type, "I") == 0 ? ftp_say(&s->control, "200 Type set to I.")
	                                  : ftp_say(&s->control, "504 Only type I.");
}

static bool
do_noop(struct session *s, const char *argument)
{
	(void)argument;
	return ftp_say(&s->control, "200 NOOP command successful.");
}

static bool
do_quit(struct session *s, const char *argument)
{
	(void)argument;
	s->over = true;
	return ftp_say(&s->control, "221 Goodbye.");
}

static const struct command commands[] = {{"USER", do_user, false}, {"PASS", do_pass, false}, {"QUIT", do_quit, false},
                                          {"NOOP", do_noop, false}, {"TYPE", do_type, true},  {"PASV", do_pasv, true},
                                          {"RETR", do_retr, true},  {"STOR", do_stor, true}};

/* One line: "VERB argument". */
static bool
obey(struct session *s, char *line)
{
	char *argument = strchr(line, ' ');

	if (argument)
		*argument++ = '\0';
	for (unsigned i = 0; i < sizeof commands / sizeof *commands; i++)
		if (strcasecmp(line, commands[i].verb) == 0)
			return commands[i].needs_login && !s->logged_in
			               ? ftp_say(&s->control, "530 Please login with USER and PASS.")
			               : commands[i].obey(s, argument ? argument : "");
	return ftp_say(&s->control, "500 '%.60s': command not understood.", line);
}

/* A control connection from its beginning to its end: the child's program. */
static void
serve(void *arg)
{
	struct session *s = arg;
	char line[FTP_LINE];

	close(s->listener);
	s->piece = ns_alloc(FTP_PIECE);
	if (app_worked(s->app, s->piece != NULL, "memory") && app_no_delay(s->app, s->control.fd) &&
	    ftp_say(&s->control, "220 FTP server ready."))
		while (!s->over && ftp_take(&s->control, line) && obey(s, line))
			;
	close_passive(s);
	close(s->control.fd);
	for (unsigned i = 0; i < STORED_MOST; i++)
		ns_free(s->stored[i].bytes);
	ns_free(s->piece);
}

static bool
spawn_session(struct app *app, int listener, struct session *s)
{
	*s = (struct session){.app = app,
	                      .listener = listener,
	                      .control.fd = app_accept(app, listener),
	                      .passive = -1,
	                      .process = -1};
	if (s->control.fd < 0)
		return false;
	s->process = ns_spawn(serve, s);
	close(s->control.fd); /* the child has it */
	return app_worked(app, s->process > 0, "spawn");
}

void
app_ftp_server(struct app *app)
{
	struct session *sessions = ns_alloc((app->n - 1) * sizeof *sessions);
	int listener = app_listen(app, (int)app->n);
	bool going = listener >= 0 && app_worked(app, sessions != NULL, "memory");
	unsigned n = 0;

	app->meet(app);
	while (going && n < app->n - 1)
		going = spawn_session(app, listener, &sessions[n++]);
	if (going)
		app->meet(app);
	for (unsigned i = 0; i < n; i++)
		if (sessions[i].process > 0)
			ns_await(sessions[i].process);
	close(listener);
	ns_free(sessions);
}
