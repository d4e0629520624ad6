#include "experiments/app_requests.h"

#include <string.h>

/* A request: the key of its contents, then they; the reply's contents follow from the key of the request. */
struct header {
	uint32_t client, number;
};

/* What the server has of a client. */
struct guest {
	int fd;
	uint32_t have, served; /* bytes of a request; requests */
	uint8_t *request;
};

static const struct app_requests *
job_of(const struct app *app)
{
	return app->job;
}

static uint32_t
request_key(const struct header *h)
{
	return h->client * 1000003u + h->number;
}

static uint32_t
reply_key(const struct header *h)
{
	return ~request_key(h);
}

/* The server. ----------------------------------------------------------------------------------------- */

static bool
right_request(struct app *app, const struct guest *guest)
{
	const uint32_t bytes = job_of(app)->request_bytes;
	struct header h;

	memcpy(&h, guest->request, sizeof h);
	if (h.number != guest->served)
		return app_fail(app, "client %u sent request %u instead of %u", h.client, h.number, guest->served);
	return app_same(guest->request + sizeof h, request_key(&h), sizeof h, bytes - (uint32_t)sizeof h) ||
	       app_fail(app, "request %u of client %u is wrong", h.number, h.client);
}

static bool
answer(struct app *app, struct guest *guest, uint8_t *reply)
{
	const struct app_requests *job = job_of(app);
	struct header h;

	memcpy(&h, guest->request, sizeof h);
	if (!right_request(app, guest))
		return false;
	app->compute(app, job->compute_us);
	app_fill(reply, reply_key(&h), 0, job->reply_bytes);
	guest->have = 0;
	guest->served++;
	return app_send(app, guest->fd, reply, job->reply_bytes);
}

/* What the client has sent by now; never more than one request, since it waits for the reply. */
static bool
attend(struct app *app, struct guest *guest, uint8_t *reply)
{
	uint32_t bytes = job_of(app)->request_bytes;
	ssize_t got = recv(guest->fd, guest->request + guest->have, bytes - guest->have, 0);

	if (!app_worked(app, got > 0, "recv of a request"))
		return false;
	guest->have += (uint32_t)got;
	return guest->have < bytes || answer(app, guest, reply);
}

static bool
serve_all(struct app *app, struct guest *guests, uint8_t *reply)
{
	struct pollfd polled[APP_CLIENTS_MOST];
	uint32_t left = (app->n - 1) * job_of(app)->requests;

	while (left > 0) {
		for (unsigned i = 0; i < app->n - 1; i++)
			polled[i] = (struct pollfd){guests[i].fd, POLLIN, 0};
		if (!app_worked(app, poll(polled, app->n - 1, -1) > 0, "poll"))
			return false;
		for (unsigned i = 0; i < app->n - 1; i++) {
			uint32_t before = guests[i].served;

			if (polled[i].revents && !attend(app, &guests[i], reply))
				return false;
			left -= guests[i].served - before;
		}
	}
	return true;
}

static bool
receive_guests(struct app *app, int listener, struct guest *guests, uint8_t *requests)
{
	for (unsigned i = 0; i < app->n - 1; i++) {
		guests[i] = (struct guest){.fd = app_accept(app, listener),
		                           .request = requests + (size_t)i * job_of(app)->request_bytes};
		if (guests[i].fd < 0)
			return false;
	}
	return true;
}

static void
server(struct app *app)
{
	const struct app_requests *job = job_of(app);
	struct guest guests[APP_CLIENTS_MOST];
	int listener = app_listen(app, (int)app->n);
	uint8_t *requests = ns_alloc((size_t)(app->n - 1) * job->request_bytes), *reply = ns_alloc(job->reply_bytes);
	bool ready = listener >= 0 && app_worked(app, requests && reply, "memory") &&
	             receive_guests(app, listener, guests, requests);

	app->meet(app);
	if (ready && serve_all(app, guests, reply)) {
		app->meet(app);
		for (unsigned i = 0; i < app->n - 1; i++)
			app_ended(app, guests[i].fd);
	}
	for (unsigned i = 0; ready && i < app->n - 1; i++)
		close(guests[i].fd);
	close(listener);
	ns_free(requests);
	ns_free(reply);
}

/* A client. ------------------------------------------------------------------------------------------- */

static void
think(struct app *app, uint32_t i)
{
	const struct app_requests *job = job_of(app);
	double us = job->think_us ? job->think_us(job, app->rank, i) : 0;

	if (us > 0)
		app->sleep(app, us);
}

static bool
ask(struct app *app, int fd, uint32_t i, uint8_t *request, uint8_t *reply)
{
	const struct app_requests *job = job_of(app);
	const struct header h = {app->rank, i};
	double began;

	memcpy(request, &h, sizeof h);
	app_fill(request + sizeof h, request_key(&h), sizeof h, job->request_bytes - (uint32_t)sizeof h);
	think(app, i);
	began = app->now_us(app);
	if (!app_send(app, fd, request, job->request_bytes) || !app_receive(app, fd, reply, job->reply_bytes))
		return false;
	app->took(app, app->now_us(app) - began);
	return app_same(reply, reply_key(&h), 0, job->reply_bytes) ||
	       app_fail(app, "the reply to request %u is wrong", i);
}

static void
client(struct app *app)
{
	const struct app_requests *job = job_of(app);
	int fd = app_connect(app, 0);
	uint8_t *request = ns_alloc(job->request_bytes), *reply = ns_alloc(job->reply_bytes);
	bool going = fd >= 0 && app_worked(app, request && reply, "memory");

	app->meet(app);
	for (uint32_t i = 0; going && i < job->requests; i++)
		going = ask(app, fd, i, request, reply);
	if (going)
		app->meet(app);
	close(fd);
	ns_free(request);
	ns_free(reply);
}

void
app_requests(struct app *app)
{
	if (app->rank == 0)
		server(app);
	else
		client(app);
}
