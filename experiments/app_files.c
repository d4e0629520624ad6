#include "experiments/app_files.h"

#include <stdlib.h>
#include <string.h>

#define PIECE (64u * 1024) /* B: what the server offers a connection at a time */

/* GET, and what comes before the contents. */
struct get {
	uint32_t file;
};
struct header {
	uint32_t file, bytes;
};

/* A connection, at the server. */
struct transfer {
	int fd;
	bool ended;
	struct header header;
	uint32_t sent; /* of header and contents; all: nothing is on its way */
};

static const struct app_files *
job_of(const struct app *app)
{
	return app->job;
}

unsigned
app_file_sizes(const struct app_files *job)
{
	unsigned n = 1;

	while (n < 16 && (uint64_t)job->smallest << 2 * n <= job->largest)
		n++;
	return n;
}

uint32_t
app_file_size(const struct app_files *job, unsigned i)
{
	return job->smallest << 2 * i;
}

unsigned
app_file_of(const struct app_files *job, unsigned rank, uint32_t i)
{
	return (rank + i) % app_file_sizes(job);
}

/* The server: the files, one behind the other, are made before the first client comes. --------------------------------
 */

static size_t
place_of(const struct app_files *job, unsigned file)
{
	size_t place = 0;

	for (unsigned i = 0; i < file; i++)
		place += (app_file_size(job, i) + 4095u) & ~(size_t)4095;
	return place;
}

static uint8_t *
make_files(struct app *app)
{
	const struct app_files *job = job_of(app);
	uint8_t *files = ns_alloc(place_of(job, app_file_sizes(job)));

	for (unsigned i = 0; files && i < app_file_sizes(job); i++)
		app_fill(files + place_of(job, i), i, 0, app_file_size(job, i));
	return files;
}

static bool
on_its_way(const struct transfer *t)
{
	return t->sent < sizeof t->header + t->header.bytes;
}

static bool
take_get(struct app *app, struct transfer *t)
{
	struct get get;
	ssize_t got = recv(t->fd, &get, sizeof get, MSG_WAITALL);

	t->ended = got == 0;
	if (t->ended)
		return true;
	if (!app_worked(app, got > 0, "recv of a request"))
		return false;
	if (got != sizeof get || get.file >= app_file_sizes(job_of(app)))
		return app_fail(app, "there is no file %u", get.file);
	t->header = (struct header){get.file, app_file_size(job_of(app), get.file)};
	t->sent = 0;
	return true;
}

/* As much as the connection takes at once. */
static bool
push(struct app *app, struct transfer *t, const uint8_t *files)
{
	const uint8_t *contents = files + place_of(job_of(app), t->header.file);
	uint32_t at = t->sent < sizeof t->header ? 0 : t->sent - (uint32_t)sizeof t->header;
	uint32_t piece = t->header.bytes - at < PIECE ? t->header.bytes - at : PIECE;
	ssize_t sent = t->sent < sizeof t->header ? send(t->fd, (uint8_t *)&t->header + t->sent,
	                                                 sizeof t->header - t->sent, MSG_DONTWAIT | MSG_NOSIGNAL)
	                                          : send(t->fd, contents + at, piece, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (sent < 0 && errno == EAGAIN)
		return true;
	if (!app_worked(app, sent > 0, "send"))
		return false;
	t->sent += (uint32_t)sent;
	return true;
}

static unsigned
n_living(const struct transfer *transfers, unsigned n)
{
	unsigned living = 0;

	for (unsigned i = 0; i < n; i++)
		living += !transfers[i].ended;
	return living;
}

static bool
serve_once(struct app *app, struct transfer *transfers, unsigned n, const uint8_t *files)
{
	struct pollfd polled[APP_FILE_CLIENTS_MOST];

	for (unsigned i = 0; i < n; i++)
		polled[i] = (struct pollfd){transfers[i].ended ? -1 : transfers[i].fd,
		                            on_its_way(&transfers[i]) ? POLLOUT : POLLIN, 0};
	if (!app_worked(app, poll(polled, n, -1) > 0, "poll"))
		return false;
	for (unsigned i = 0; i < n; i++) {
		struct transfer *t = &transfers[i];

		if (polled[i].revents && !(on_its_way(t) ? push(app, t, files) : take_get(app, t)))
			return false;
	}
	return true;
}

static void
server(struct app *app)
{
	struct transfer transfers[APP_FILE_CLIENTS_MOST] = {0};
	unsigned n = app->n - 1;
	int listener = app_listen(app, (int)n);
	uint8_t *files = make_files(app);
	bool ready = listener >= 0 && app_worked(app, files != NULL, "memory");

	for (unsigned i = 0; ready && i < n; i++) {
		transfers[i] = (struct transfer){.fd = app_accept(app, listener), .sent = sizeof(struct header)};
		ready = transfers[i].fd >= 0;
	}
	app->meet(app);
	while (ready && n_living(transfers, n) > 0)
		ready = serve_once(app, transfers, n, files);
	if (ready)
		app->meet(app);
	for (unsigned i = 0; i < n; i++)
		close(transfers[i].fd);
	close(listener);
	ns_free(files);
}

/* A client. ------------------------------------------------------------------------------------------- */

static bool
get_file(struct app *app, int fd, unsigned file, uint8_t *contents)
{
	const struct get get = {file};
	struct header header;
	double began = app->now_us(app);

	if (!app_send(app, fd, &get, sizeof get) || !app_receive(app, fd, &header, sizeof header))
		return false;
	if (header.file != file || header.bytes != app_file_size(job_of(app), file))
		return app_fail(app, "file %u came as file %u with %u bytes", file, header.file, header.bytes);
	if (!app_receive(app, fd, contents, header.bytes))
		return false;
	app->took(app, app->now_us(app) - began);
	return app_same(contents, file, 0, header.bytes) || app_fail(app, "the contents of file %u are wrong", file);
}

static void
client(struct app *app)
{
	const struct app_files *job = job_of(app);
	int fd = app_connect(app, 0);
	uint8_t *contents = ns_alloc(job->largest);
	bool going = fd >= 0 && app_worked(app, contents != NULL, "memory");

	app->meet(app);
	for (uint32_t i = 0; going && i < job->gets; i++)
		going = get_file(app, fd, app_file_of(job, app->rank, i), contents);
	going = going && app_worked(app, shutdown(fd, SHUT_WR) == 0, "shutdown");
	if (going)
		app->meet(app);
	close(fd);
	ns_free(contents);
}

void
app_files(struct app *app)
{
	if (app->rank == 0)
		server(app);
	else
		client(app);
}
