#include "experiments/app_pipeline.h"

#include <string.h>

/* An item begins with the time of its making; the rest are words, which each stage changes. */
#define STAMP sizeof(double)

static const struct app_pipeline *
job_of(const struct app *app)
{
	return app->job;
}

static unsigned
n_words(const struct app *app)
{
	return (unsigned)((job_of(app)->item_bytes - STAMP) / sizeof(uint32_t));
}

static void
make(struct app *app, uint32_t i, uint32_t *words)
{
	for (unsigned k = 0; k < n_words(app); k++)
		words[k] = i * 65537u + k;
}

/* What stage `rank` does with an item: the order of the stages counts, and every word follows from the one before. */
static void
change(struct app *app, unsigned rank, uint32_t *words)
{
	uint32_t last = rank;

	for (unsigned k = 0; k < n_words(app); k++)
		last = words[k] = (words[k] ^ last) * 2654435761u + rank;
}

static bool
right(struct app *app, uint32_t i, const uint32_t *words, uint32_t *expected)
{
	make(app, i, expected);
	for (unsigned rank = 1; rank < app->n; rank++)
		change(app, rank, expected);
	return memcmp(words, expected, n_words(app) * sizeof *words) == 0 || app_fail(app, "item %u is wrong", i);
}

static bool
first(struct app *app, int out, uint32_t i, uint8_t *item)
{
	double now = app->now_us(app);

	memcpy(item, &now, STAMP);
	make(app, i, (uint32_t *)(item + STAMP));
	app->compute(app, job_of(app)->compute_us);
	return app_send(app, out, item, job_of(app)->item_bytes);
}

static bool
between(struct app *app, int in, int out, uint8_t *item)
{
	if (!app_receive(app, in, item, job_of(app)->item_bytes))
		return false;
	change(app, app->rank, (uint32_t *)(item + STAMP));
	app->compute(app, job_of(app)->compute_us);
	return out < 0 || app_send(app, out, item, job_of(app)->item_bytes);
}

static bool
last(struct app *app, int in, uint32_t i, uint8_t *item, uint8_t *expected)
{
	double made;

	if (!between(app, in, -1, item))
		return false;
	memcpy(&made, item, STAMP);
	app->took(app, app->now_us(app) - made);
	return right(app, i, (uint32_t *)(item + STAMP), (uint32_t *)expected);
}

static bool
pass_items(struct app *app, int in, int out, uint8_t *item, uint8_t *expected)
{
	bool going = true;

	for (uint32_t i = 0; going && i < job_of(app)->items; i++)
		going = app->rank == 0           ? first(app, out, i, item)
		        : app->rank < app->n - 1 ? between(app, in, out, item)
		                                 : last(app, in, i, item, expected);
	return going;
}

void
app_pipeline(struct app *app)
{
	bool has_next = app->rank<app->n - 1, has_last = app->rank> 0;
	int listener = has_next ? app_listen(app, 1) : -1;
	int in = has_last ? app_connect(app, app->rank - 1) : -1;
	int out = has_next && listener >= 0 ? app_accept(app, listener) : -1;
	uint8_t *item = ns_alloc(job_of(app)->item_bytes), *expected = ns_alloc(job_of(app)->item_bytes);
	bool ready = !app->has_failed && app_worked(app, item && expected, "memory");

	app->meet(app);
	if (ready && pass_items(app, in, out, item, expected))
		app->meet(app);
	if (has_next)
		close(out);
	if (has_last) {
		app_ended(app, in);
		close(in);
	}
	if (listener >= 0)
		close(listener);
	ns_free(item);
	ns_free(expected);
}
