#include "experiments/runner.h"

#include "experiments/child.h"
#include "experiments/progress.h"

#include <glib.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

/* A place in which one point runs at a time. */
struct slot {
	struct child child;
	struct point point;
};

struct run {
	const struct run_order *order;
	struct results *results;
	struct slot *slots;
	struct pollfd *fds; /* CHILD_STREAMS a slot */
	unsigned n_slots, n_points, started, done;
	struct progress progress;
	char **error;
	/* Points that failed while others went on, and the first of them. */
	unsigned n_failed, first_failed;
	enum exit_code code;
	char *why;
};

static enum exit_code
run_point(void *arg, char **text)
{
	const struct point *point = arg;
	struct results results = {0};
	enum exit_code code = point->experiment->workload->run(point, &results, text);
	if (code == EXIT_DONE)
		*text = results_text(&results);
	results_clear(&results);
	return code;
}

static enum exit_code
name_point(struct run *r, const struct point *point, enum exit_code code, const char *why)
{
	char *label = point_label(point);
	*r->error = g_strdup_printf("point %s: %s", label, why);
	g_free(label);
	return code;
}

static bool
start_point(struct run *r, struct slot *slot)
{
	const struct experiment *e = r->order->experiment;
	const unsigned *only = r->order->only;
	slot->point = (struct point){
	        .experiment = e, .index = only != NULL ? only[r->started] : r->started, .firmware = r->order->firmware};
	r->started++;
	slot->point.breakdown = e->breakdown != NULL && point_matches(&slot->point, e->breakdown);
	return child_start(&slot->child, run_point, &slot->point, r->error);
}

/* All metrics that the experiment wants must be there. */
static const char *
missing_metric(const struct experiment *e, const struct results *results)
{
	double value;
	for (unsigned i = 0; e->metrics[i] != NULL; i++)
		if (!results_get(results, e->metrics[i], &value))
			return e->metrics[i];
	return NULL;
}

/* A failure that the others need not suffer from: the first point's is told at the end. */
static enum exit_code
put_off(struct run *r, unsigned index, enum exit_code code)
{
	bool first = r->n_failed++ == 0 || index < r->first_failed;
	char **drop = first ? &r->why : r->error;
	g_free(*drop);
	if (first) {
		r->why = *r->error;
		r->first_failed = index;
		r->code = code;
	}
	*r->error = NULL;
	return EXIT_DONE;
}

static enum exit_code
tell_failures(struct run *r)
{
	if (r->n_failed == 1)
		*r->error = g_strdup(r->why);
	else
		*r->error =
		        g_strdup_printf("%s\nand %u more of %u points failed", r->why, r->n_failed - 1, r->n_points);
	return r->code;
}

static enum exit_code
end_point(struct run *r, struct slot *slot)
{
	char *text;
	enum exit_code code = child_end(&slot->child, &text);
	struct results *results = &r->results[slot->point.index];
	if (code != EXIT_DONE)
		name_point(r, &slot->point, code, text);
	else if (!results_parse(results, text))
		code = name_point(r, &slot->point, EXIT_FAILED, "its results are not complete");
	else if (missing_metric(r->order->experiment, results) != NULL)
		code = name_point(r, &slot->point, EXIT_FAILED, "a metric was not measured");
	if (code != EXIT_DONE && r->order->keep != NULL)
		code = put_off(r, slot->point.index, code);
	else if (code == EXIT_DONE && r->order->keep != NULL &&
	         !r->order->keep(r->order->arg, &slot->point, text, r->error))
		code = EXIT_FAILED;
	g_free(text);
	r->done++;
	progress_show(&r->progress, r->done, r->n_points);
	return code;
}

static volatile sig_atomic_t asked; /* SIGUSR1 came */

static void
take_note(int signal)
{
	(void)signal;
	asked = 1;
}

/* SIGUSR1: says which points are running, and has each say what its simulated programs do (engine.h). */
static void
answer(struct run *r)
{
	asked = 0;
	fprintf(stderr, "%s: %u of %u points done\n", r->order->experiment->name, r->done, r->n_points);
	for (unsigned i = 0; i < r->n_slots; i++) {
		if (r->slots[i].child.pid == 0)
			continue;
		char *label = point_label(&r->slots[i].point);
		fprintf(stderr, "running: %s\n", label);
		g_free(label);
		child_live(&r->slots[i].child);
		kill(r->slots[i].child.pid, SIGUSR1);
	}
}

/* Waits until some children have something to say, and listens. */
static enum exit_code
listen_once(struct run *r)
{
	for (unsigned i = 0; i < r->n_slots; i++)
		child_poll(&r->slots[i].child, &r->fds[i * CHILD_STREAMS]);
	if (poll(r->fds, r->n_slots * CHILD_STREAMS, -1) <= 0)
		return EXIT_DONE;
	for (unsigned i = 0; i < r->n_slots; i++) {
		struct slot *slot = &r->slots[i];
		if (slot->child.pid == 0 || !child_read(&slot->child, &r->fds[i * CHILD_STREAMS]))
			continue;
		enum exit_code code = end_point(r, slot);
		if (code != EXIT_DONE)
			return code;
	}
	return EXIT_DONE;
}

static enum exit_code
run_all(struct run *r)
{
	enum exit_code code = EXIT_DONE;
	while (code == EXIT_DONE && r->done < r->n_points) {
		if (asked)
			answer(r);
		for (unsigned i = 0; i < r->n_slots && r->started < r->n_points; i++)
			if (r->slots[i].child.pid == 0 && !start_point(r, &r->slots[i]))
				return EXIT_FAILED;
		code = listen_once(r);
	}
	return code;
}

enum exit_code
runner_run(const struct run_order *order, struct results *results, char **error)
{
	unsigned all = experiment_points(order->experiment);
	struct run r = {.order = order,
	                .results = results,
	                .n_points = order->only != NULL ? order->n_only : all,
	                .error = error};
	r.n_slots = MIN(order->jobs != 0 ? order->jobs : g_get_num_processors(), r.n_points);
	r.slots = g_new0(struct slot, r.n_slots);
	r.fds = g_new0(struct pollfd, r.n_slots * CHILD_STREAMS);
	memset(results, 0, all * sizeof *results);
	progress_begin(&r.progress, order->experiment->name, order->progress);
	struct sigaction note = {.sa_handler = take_note}, before;
	sigaction(SIGUSR1, &note, &before);
	enum exit_code code = run_all(&r);
	if (code == EXIT_DONE && r.n_failed > 0)
		code = tell_failures(&r);
	g_free(r.why);
	sigaction(SIGUSR1, &before, NULL);
	progress_end(&r.progress);
	for (unsigned i = 0; i < r.n_slots; i++)
		child_kill(&r.slots[i].child);
	for (unsigned i = 0; code != EXIT_DONE && i < all; i++)
		results_clear(&results[i]);
	g_free(r.fds);
	g_free(r.slots);
	return code;
}
