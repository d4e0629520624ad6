/* The side that is asked: shadow ports, and the guests that greet there.
 *
 * The kernel listens on a shadow port for all listeners of applications that it belongs to; a greeting says which one
 * is meant.  A guest is a connection whose greeting has not been answered: it has GUEST_PATIENCE to greet, and then, if
 * the listener's queue is full, waits for a place.  Nothing that a guest says or leaves unsaid concerns anybody else.
 */
#include "sockets/descriptors.h"
#include "sockets/ports.h"
#include "sockets/shadow.h"

#include <errno.h>

/* GUEST_PATIENCE: a greeting is on its way when the connection is there; far more than retransmissions take. */
#define GUEST_PATIENCE (5 * SIM_S)
/* GUESTS_MAX: of one port; more are turned away. */
#define GUESTS_MAX 32

/* A port that the kernel listens on, for `listeners` of its descriptions. */
struct shadow_ear {
	struct kernel *kernel;
	uint16_t port;
	unsigned listeners;
	struct tcp_listener *tcp;
	struct ip_work work;
	GQueue guests;
};

struct guest {
	struct shadow_ear *ear;
	struct tcp *tcp;
	struct ip_work work;
	struct sim_event late;
	bool is_late, waits; /* for a place in the queue */
	uint32_t n;          /* bytes of the greeting */
	uint8_t bytes[GREETING_BYTES];
	struct greeting_message greeting;
};

/* What a listener has (description.ear). */
struct queue {
	struct shadow_ear *ear;
	GQueue complete; /* struct description */
};

static const struct network *
network(const struct shadow_ear *ear)
{
	return network_of(ear->kernel->host);
}

/* Guests. -----------------------------------------------------------------------------------------------------------
 */

/* forget: its connection goes on elsewhere. */
static void
forget(struct guest *g)
{
	sim_cancel(&g->late);
	ip_forget(g->ear->kernel, &g->work);
	g_queue_remove(&g->ear->guests, g);
	g_free(g);
}

static void
turn_away(struct guest *g)
{
	struct tcp *t = g->tcp;

	tcp_on_poke(t, NULL, NULL);
	forget(g);
	tcp_leave(t, true);
}

static void
say(struct guest *g, enum greeting_kind kind, const struct greeting *content)
{
	struct greeting_message m = {.kind = kind, .port = g->greeting.port};

	if (content)
		m.content = *content;
	shadow_say(g->tcp, network(g->ear), &m);
}

/* refuse: in order, so that the peer can read it. */
static void
refuse(struct guest *g)
{
	struct tcp *t = g->tcp;

	say(g, GREETING_REFUSED, NULL);
	tcp_on_poke(t, NULL, NULL);
	forget(g);
	tcp_leave(t, false);
}

/* own_end: for who asks; NULL if there is no memory, or its greeting makes no sense. */
static struct description *
own_end(struct description *listener, const struct guest *g, struct greeting *own)
{
	struct tcp_name from = tcp_remote(g->tcp);
	struct description *d = setup_accepted(listener, &setup_by_shadow, from.node, from.port);

	if (network(g->ear)->begin(d, own) == 0 && network(g->ear)->join(d, &g->greeting.content) == 0)
		return d;
	if (d->link)
		d->link->ops->stop(d->link);
	description_free(d);
	return NULL;
}

static void
admit(struct guest *g, struct description *listener)
{
	struct queue *queue = listener->ear;
	struct greeting own;
	struct description *d = own_end(listener, g, &own);

	if (!d) {
		refuse(g);
		return;
	}
	d->state |= ACKNOWLEDGED;
	shadow_take(shadow_new(d), g->tcp);
	g_queue_push_tail(&queue->complete, d);
	description_poke(listener);
	say(g, GREETING_WELCOME, &own);
	forget(g);
}

static void
answer(struct guest *g)
{
	struct description *listener = port_listener(g->ear->kernel, g->greeting.port);
	const struct queue *queue = listener && listener->setup == &setup_by_shadow ? listener->ear : NULL;

	if (!queue || queue->ear != g->ear || g->greeting.kind != GREETING_ASKS) {
		refuse(g);
	} else if (queue->complete.length < listener->places) {
		admit(g, listener);
	} else if (!g->waits) {
		g->waits = true;
		say(g, GREETING_WAIT, NULL);
	}
}

/* attend: by the kernel's task, when something has come, or a place has become free. */
static void
attend(void *arg)
{
	struct guest *g = arg;

	if (g->n < GREETING_BYTES && !shadow_hear(g->tcp, g->bytes, &g->n)) {
		if (g->is_late || shadow_over(g->tcp))
			turn_away(g);
		return;
	}
	sim_cancel(&g->late);
	if (g->waits && shadow_over(g->tcp))
		turn_away(g);
	else if (!greeting_decode(&g->greeting, network(g->ear), g->bytes))
		refuse(g);
	else
		answer(g);
}

static void
poke_guest(void *arg)
{
	struct guest *g = arg;

	ip_later(g->ear->kernel, &g->work);
}

static void
late(struct sim_event *event)
{
	struct guest *g = sim_event_owner(event, struct guest, late);

	g->is_late = true;
	poke_guest(g);
}

static void
receive_guest(struct shadow_ear *ear, struct tcp *t)
{
	struct guest *g = g_new0(struct guest, 1);

	g->ear = ear;
	g->tcp = t;
	g->work = (struct ip_work){.work = attend, .arg = g};
	sim_event_init(&g->late, SIM_RANK_NODE + ear->kernel->host->node, late);
	sim_post(&g->late, sim_now() + GUEST_PATIENCE);
	g_queue_push_tail(&ear->guests, g);
	tcp_on_poke(t, poke_guest, g);
	poke_guest(g);
}

static void
open_door(struct shadow_ear *ear)
{
	struct tcp *t;

	while ((t = tcp_accept(ear->tcp))) {
		if (ear->guests.length < GUESTS_MAX)
			receive_guest(ear, t);
		else
			tcp_leave(t, true);
	}
}

static void
knocked(void *arg)
{
	struct shadow_ear *ear = arg;

	ip_later(ear->kernel, &ear->work);
}

/* call_waiting: those who wait for a place in some queue look again. */
static void
call_waiting(struct shadow_ear *ear)
{
	for (GList *l = ear->guests.head; l; l = l->next)
		if (((struct guest *)l->data)->waits)
			poke_guest(l->data);
}

void
shadow_stop(struct kernel *k)
{
	struct shadow_ear *ear;

	while ((ear = g_queue_pop_head(&k->shadows))) {
		g_queue_clear_full(&ear->guests, g_free);
		g_free(ear);
	}
}

/* Ports. ------------------------------------------------------------------------------------------------------------
 */

static struct shadow_ear *
ear_on(const struct kernel *k, uint16_t port)
{
	for (GList *l = k->shadows.head; l; l = l->next)
		if (((struct shadow_ear *)l->data)->port == port)
			return l->data;
	return NULL;
}

bool
shadow_port_used(const struct kernel *k, uint16_t port)
{
	return ear_on(k, port) != NULL;
}

static void
ear_close(struct shadow_ear *ear)
{
	tcp_unlisten(ear->tcp);
	while (!g_queue_is_empty(&ear->guests))
		turn_away(g_queue_peek_head(&ear->guests));
	g_queue_remove(&ear->kernel->shadows, ear);
	g_free(ear);
}

/* tend: by the kernel's task alone, as everything that guests do: it may be at work on one. */
static void
tend(void *arg)
{
	struct shadow_ear *ear = arg;

	if (ear->listeners)
		open_door(ear);
	else
		ear_close(ear);
}

/* ear_open: NULL if an application has that port. */
static struct shadow_ear *
ear_open(struct kernel *k, uint16_t port)
{
	struct shadow_ear *ear = g_new0(struct shadow_ear, 1);

	*ear = (struct shadow_ear){.kernel = k, .port = port, .work = {.work = tend, .arg = ear}};
	ear->tcp = tcp_listen(k, port, GUESTS_MAX, &SHADOW_OPTIONS, knocked, ear);
	if (!ear->tcp) {
		g_free(ear);
		return NULL;
	}
	g_queue_init(&ear->guests);
	g_queue_push_tail(&k->shadows, ear);
	return ear;
}

/* The application's listeners. --------------------------------------------------------------------------------------
 */

int
shadow_listen(struct description *listener)
{
	uint16_t port = shadow_port(listener->local.port);
	struct queue *queue = listener->ear;
	struct shadow_ear *ear;

	if (queue) {
		call_waiting(queue->ear);
		return 0;
	}
	ear = ear_on(listener->kernel, port);
	if (!ear && (port_is_bound(listener->kernel, port) || !(ear = ear_open(listener->kernel, port))))
		return -EADDRINUSE;
	ear->listeners++;
	listener->ear = queue = g_new0(struct queue, 1);
	queue->ear = ear;
	g_queue_init(&queue->complete);
	return 0;
}

void
shadow_unlisten(struct description *listener)
{
	struct queue *queue = listener->ear;
	struct description *waiting;

	if (!queue)
		return;
	listener->ear = NULL;
	while ((waiting = g_queue_pop_head(&queue->complete)))
		description_release(waiting);
	queue->ear->listeners--;
	call_waiting(queue->ear);
	knocked(queue->ear);
	g_free(queue);
}

bool
shadow_acceptable(const struct description *listener)
{
	const struct queue *queue = listener->ear;

	return queue && queue->complete.length > 0;
}

struct description *
shadow_accept(struct description *listener)
{
	struct queue *queue = listener->ear;
	struct description *d = queue ? g_queue_pop_head(&queue->complete) : NULL;

	if (d)
		call_waiting(queue->ear);
	return d;
}
