#include "experiments/app_jacobi.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HOT 100.0 /* the left end of the rod; the right one has 0 */

/* A part of the rod: cells 1..n, with a neighbour's cell or an end of the rod on either side. */
struct part {
	uint32_t n;
	double *now, *next;
	int left, right;                /* sockets; -1: an end of the rod */
	int all[APP_JACOBI_HOSTS_MOST]; /* of program 0: to each program; [0] of the others: to program 0 */
};

static const struct app_jacobi *
job_of(const struct app *app)
{
	return app->job;
}

/* One step of the cells; how much the one that changed most has changed. */
static double
relax(struct part *p)
{
	double most = 0, *swap = p->now;

	for (uint32_t i = 1; i <= p->n; i++) {
		p->next[i] = 0.5 * (p->now[i - 1] + p->now[i + 1]);
		most = fmax(most, fabs(p->next[i] - p->now[i]));
	}
	p->next[0] = p->now[0];
	p->next[p->n + 1] = p->now[p->n + 1];
	p->now = p->next;
	p->next = swap;
	return most;
}

/* One program alone. ---------------------------------------------------------------------------------- */

/* Compares with the rod; the largest change of the last step must be `last`. */
static bool
right_answer(struct app *app, const double *rod, double last)
{
	uint32_t n = job_of(app)->cells * app->n;
	double *memory = calloc(2, (n + 2) * sizeof *memory), most = 0;
	struct part whole = {n, memory, memory + n + 2, -1, -1, {0}};
	bool same;

	if (!app_worked(app, memory != NULL, "memory"))
		return false;
	whole.now[0] = HOT;
	for (uint32_t i = 0; i < job_of(app)->steps; i++)
		most = relax(&whole);
	same = memcmp(rod, whole.now + 1, n * sizeof *rod) == 0 && most == last;
	free(memory);
	return same || app_fail(app, "the rod differs from what one program alone computes");
}

/* A part. --------------------------------------------------------------------------------------------- */

static bool
exchange(struct app *app, struct part *p)
{
	return (p->left < 0 || app_send(app, p->left, &p->now[1], sizeof(double))) &&
	       (p->right < 0 || app_send(app, p->right, &p->now[p->n], sizeof(double))) &&
	       (p->left < 0 || app_receive(app, p->left, &p->now[0], sizeof(double))) &&
	       (p->right < 0 || app_receive(app, p->right, &p->now[p->n + 1], sizeof(double)));
}

/* All have come; *most: the largest of what they brought. */
static bool
barrier(struct app *app, struct part *p, double *most)
{
	if (app->rank > 0)
		return app_send(app, p->all[0], most, sizeof *most) && app_receive(app, p->all[0], most, sizeof *most);
	for (unsigned i = 1; i < app->n; i++) {
		double other;

		if (!app_receive(app, p->all[i], &other, sizeof other))
			return false;
		*most = fmax(*most, other);
	}
	for (unsigned i = 1; i < app->n; i++)
		if (!app_send(app, p->all[i], most, sizeof *most))
			return false;
	return true;
}

static double
compute_us(const struct app *app, uint32_t step)
{
	const struct app_jacobi *job = job_of(app);

	return job->compute_us * (1 + job->imbalance * ((app->rank + step) % app->n) / app->n);
}

static bool
steps(struct app *app, struct part *p, double *most)
{
	for (uint32_t i = 0; i < job_of(app)->steps; i++) {
		double began = app->now_us(app);

		if (!exchange(app, p))
			return false;
		app->compute(app, compute_us(app, i));
		*most = relax(p);
		if (!barrier(app, p, most))
			return false;
		if (app->rank == 0)
			app->took(app, app->now_us(app) - began);
	}
	return true;
}

static bool
collect(struct app *app, struct part *p, double last)
{
	size_t part = p->n * sizeof(double);
	double *rod;
	bool right;

	if (app->rank > 0)
		return app_send(app, p->all[0], p->now + 1, part);
	rod = malloc(app->n * part);
	right = app_worked(app, rod != NULL, "memory");
	if (right)
		memcpy(rod, p->now + 1, part);
	for (unsigned i = 1; right && i < app->n; i++)
		right = app_receive(app, p->all[i], rod + (size_t)i * p->n, part);
	right = right && right_answer(app, rod, last);
	free(rod);
	return right;
}

/* Connections: program 0 accepts from all others, which say who they are; the others from their right neighbours. */
static bool
connect_parts(struct app *app, struct part *p, int listener)
{
	uint32_t who = app->rank;

	if (app->rank > 0) {
		p->all[0] = app_connect(app, 0);
		p->left = app->rank == 1 ? p->all[0] : app_connect(app, app->rank - 1);
		p->right = app->rank + 1 < app->n ? app_accept(app, listener) : -1;
		return !app->has_failed && app_send(app, p->all[0], &who, sizeof who);
	}
	for (unsigned i = 1; i < app->n; i++) {
		int fd = app_accept(app, listener);

		if (fd < 0 || !app_receive(app, fd, &who, sizeof who))
			return false;
		p->all[who] = fd;
	}
	p->right = p->all[1];
	return true;
}

static void
disconnect(const struct app *app, const struct part *p)
{
	for (unsigned i = 1; app->rank == 0 && i < app->n; i++)
		close(p->all[i]);
	if (app->rank == 0)
		return;
	close(p->all[0]);
	if (app->rank > 1)
		close(p->left);
	if (p->right >= 0)
		close(p->right);
}

void
app_jacobi(struct app *app)
{
	uint32_t n = job_of(app)->cells;
	double *memory = ns_alloc(2 * (n + 2) * sizeof *memory), most = 0;
	struct part p = {n, memory, memory + n + 2, -1, -1, {0}};
	int listener = app_listen(app, (int)app->n);
	bool ready = listener >= 0 && app_worked(app, memory != NULL, "memory") && connect_parts(app, &p, listener);

	if (ready)
		memset(memory, 0, 2 * (n + 2) * sizeof *memory);
	if (ready && app->rank == 0)
		p.now[0] = HOT;
	app->meet(app);
	ready = ready && steps(app, &p, &most);
	if (ready) {
		app->meet(app);
		collect(app, &p, most);
	}
	disconnect(app, &p);
	close(listener);
	ns_free(memory);
}
