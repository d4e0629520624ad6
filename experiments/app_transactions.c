#include "experiments/app_transactions.h"

/* Keys of the contents: each transaction's are its own. */
#define REQUEST_KEY(i) (2 * (i))
#define REPLY_KEY(i)   (2 * (i) + 1)

static const struct app_transactions *
job_of(const struct app *app)
{
	return app->job;
}

/* The server. ----------------------------------------------------------------------------------------- */

static bool
answer(struct app *app, int fd, uint32_t i, uint8_t *request, uint8_t *reply)
{
	const struct app_transactions *job = job_of(app);

	app_fill(reply, REPLY_KEY(i), 0, job->reply_bytes);
	return app_receive(app, fd, request, job->request_bytes) &&
	       (app_same(request, REQUEST_KEY(i), 0, job->request_bytes) || app_fail(app, "request %u is wrong", i)) &&
	       app_send(app, fd, reply, job->reply_bytes);
}

static bool
answer_anew(struct app *app, int listener, uint32_t i, uint8_t *request, uint8_t *reply)
{
	int fd = app_accept(app, listener);
	bool well = fd >= 0 && app_no_delay(app, fd) && answer(app, fd, i, request, reply) && app_ended(app, fd);

	close(fd);
	return well;
}

static void
server(struct app *app)
{
	const struct app_transactions *job = job_of(app);
	uint8_t *request = ns_alloc(job->request_bytes), *reply = ns_alloc(job->reply_bytes);
	int listener = app_listen(app, 1), fd = job->anew || listener < 0 ? -1 : app_accept(app, listener);
	bool going = listener >= 0 && app_worked(app, request && reply, "memory") &&
	             (job->anew || (fd >= 0 && app_no_delay(app, fd)));

	app->meet(app);
	for (uint32_t i = 0; going && i < job->transactions; i++)
		going = job->anew ? answer_anew(app, listener, i, request, reply) : answer(app, fd, i, request, reply);
	if (going)
		app->meet(app);
	close(fd);
	close(listener);
	ns_free(request);
	ns_free(reply);
}

/* The client. ----------------------------------------------------------------------------------------- */

static bool
ask(struct app *app, int fd, uint32_t i, uint8_t *request, uint8_t *reply)
{
	const struct app_transactions *job = job_of(app);

	app_fill(request, REQUEST_KEY(i), 0, job->request_bytes);
	return app_send(app, fd, request, job->request_bytes) && app_receive(app, fd, reply, job->reply_bytes) &&
	       (app_same(reply, REPLY_KEY(i), 0, job->reply_bytes) || app_fail(app, "reply %u is wrong", i));
}

static bool
ask_anew(struct app *app, uint32_t i, uint8_t *request, uint8_t *reply)
{
	int fd = app_connect(app, 0);
	bool well = fd >= 0 && app_no_delay(app, fd) && ask(app, fd, i, request, reply);

	close(fd);
	return well;
}

static void
client(struct app *app)
{
	const struct app_transactions *job = job_of(app);
	uint8_t *request = ns_alloc(job->request_bytes), *reply = ns_alloc(job->reply_bytes);
	int fd = job->anew ? -1 : app_connect(app, 0);
	bool going = app_worked(app, request && reply, "memory") && (job->anew || (fd >= 0 && app_no_delay(app, fd)));

	app->meet(app);
	for (uint32_t i = 0; going && i < job->transactions; i++) {
		double began = app->now_us(app);

		going = job->anew ? ask_anew(app, i, request, reply) : ask(app, fd, i, request, reply);
		if (going)
			app->took(app, app->now_us(app) - began);
	}
	if (going)
		app->meet(app);
	close(fd);
	ns_free(request);
	ns_free(reply);
}

void
app_transactions(struct app *app)
{
	if (app->rank == 0)
		server(app);
	else
		client(app);
}
