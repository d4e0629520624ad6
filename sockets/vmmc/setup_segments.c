/* The set-up of VMMC: segments between the kernels.
 *
 * docs/protocols.md, sections 5 and 6.  A listener has areas exported beforehand, since exporting takes long; each goes
 * to one who asks, and accept() makes another ready. */
#include "sockets/descriptors.h"
#include "sockets/network.h"
#include "sockets/ports.h"
#include "sockets/setup.h"
#include "sockets/vmmc/network_vmmc.h"
#include "sockets/vmmc/segment.h"

#include <errno.h>

/* An unanswered SYN is sent again after 1, 2, 4... s, seven in all: 127 s (Linux' tcp_syn_retries = 6). */
#define SYN_PATIENCE SIM_S
#define SYN_TRIES    7

/* BREAK_GRACE: end words leave before the FIN segment and take microseconds; a retransmission on the fast network takes
 * milliseconds. */
#define BREAK_GRACE (200 * SIM_MS)

/* LINGER_ASK: far more than a round trip on the Ethernet. */
#define LINGER_ASK (200 * SIM_MS)

/* What a connection has (description.end). */
struct end {
	struct description *d;
	uint32_t connection, peer_connection; /* numbers; 0: none */
	struct greeting own, peer;
	bool falls_back;         /* nobody listens there but for TCP */
	struct sim_event broken; /* the time until which end words must follow a FIN segment */
};

/* What a listener has (description.ear). */
struct ear {
	GQueue ready, queue; /* struct area; struct description, in order of arrival */
};

/* end_of: NULL if `d` is no connection that was set up in this way. */
static struct end *
end_of(const struct description *d)
{
	return d->setup == &setup_by_segments ? d->end : NULL;
}

/* connection_of: with this number; NULL if there is none (any more). */
static struct description *
connection_of(const struct kernel *k, uint32_t connection)
{
	for (GList *l = k->descriptions.head; l; l = l->next) {
		struct description *d = l->data;
		const struct end *e = end_of(d);

		if (e && e->connection && e->connection == connection)
			return d;
	}
	return NULL;
}

/* A FIN came over the Ethernet and no end words from the NIC: the NIC does not deliver any more. */
static void
broken(struct sim_event *event)
{
	struct description *d = sim_event_owner(event, struct end, broken)->d;

	description_learn(d);
	if (!(d->state & (PEER_CLOSED | RESET)))
		description_reset(d, ECONNRESET);
}

static struct end *
end_new(struct description *d)
{
	struct end *e = g_new0(struct end, 1);

	e->d = d;
	if (++d->kernel->last_connection == 0)
		d->kernel->last_connection = 1;
	e->connection = d->kernel->last_connection;
	sim_event_init(&e->broken, SIM_RANK_NODE + d->kernel->host->node, broken);
	d->end = e;
	return e;
}

static void
end(struct description *d)
{
	struct end *e = d->end;

	e->connection = e->peer_connection = 0;
	d->link->ops->stop(d->link);
	d->link = NULL;
	d->end = NULL;
	sim_cancel(&e->broken);
	g_free(e);
}

/* say: a segment of this kind about `d` to its peer's kernel; `d` may be gone when it returns. */
static void
say(const struct description *d, enum segment_kind kind)
{
	const struct end *e = d->end;
	struct segment s = {
	        .kind = kind,
	        .from_port = d->local.port,
	        .to_port = d->remote.port,
	        .to = e->peer_connection,
	        .from = e->connection,
	        .greeting = e->own,
	};

	segment_send(d->kernel, d->peer_node, &s);
}

static void
answer(struct kernel *k, const struct segment *s, enum segment_kind kind)
{
	struct segment back = {
	        .kind = kind, .from_port = s->to_port, .to_port = s->from_port, .to = s->from, .from = s->to};

	segment_send(k, s->node, &back);
}

/* join: a peer that does not learn of a failure otherwise is told. */
static int
join(struct description *d)
{
	const struct end *e = d->end;
	int error = network_vmmc.join(d, &e->peer);

	if (error)
		say(d, SEGMENT_RST);
	return error;
}

/* The kernel that was asked. ----------------------------------------------------------------------------------------
 */

static bool
is_known(const struct kernel *k, const struct segment *syn)
{
	for (GList *l = k->descriptions.head; l; l = l->next) {
		const struct description *d = l->data;
		const struct end *e = end_of(d);

		if (e && e->peer_connection == syn->from && d->peer_node == syn->node)
			return true;
	}
	return false;
}

static struct description *
new_connection(struct description *listener, const struct segment *syn)
{
	struct ear *ear = listener->ear;
	struct area *area = g_queue_pop_head(&ear->ready);
	struct description *d = setup_accepted(listener, &setup_by_segments, syn->node, syn->from_port);
	struct end *e = end_new(d);

	network_vmmc_begin(d, area, &e->own);
	g_free(area);
	e->peer_connection = syn->from;
	e->peer = syn->greeting;
	return d;
}

/* on_syn: a listener that has no area left does not answer: it will be asked again. */
static void
on_syn(struct kernel *k, const struct segment *s)
{
	struct description *listener = port_listener(k, s->to_port), *d;
	struct ear *ear = listener && listener->setup == &setup_by_segments ? listener->ear : NULL;

	if (!ear) {
		answer(k, s, listener ? SEGMENT_ONLY_TCP : SEGMENT_RST);
		return;
	}
	if (is_known(k, s) || g_queue_is_empty(&ear->ready))
		return;
	d = new_connection(listener, s);
	g_queue_push_tail(&ear->queue, d);
	say(d, SEGMENT_SYN_ACK);
}

static void
on_ack(struct kernel *k, const struct segment *s)
{
	struct description *d = connection_of(k, s->to), *listener;

	if (!d) {
		answer(k, s, SEGMENT_RST);
		return;
	}
	d->state |= ACKNOWLEDGED;
	listener = port_listener(k, d->local.port);
	if (listener)
		description_poke(listener);
}

/* forget_asker: `d` waits in the queue of a listener for an acknowledgement that will not come; false if it does not.
 */
static bool
forget_asker(struct description *d)
{
	struct description *listener = port_listener(d->kernel, d->local.port);
	struct ear *ear = listener && listener->setup == &setup_by_segments ? listener->ear : NULL;
	struct area area;

	if (d->state & ACKNOWLEDGED || !ear || !g_queue_remove(&ear->queue, d))
		return false;
	network_vmmc_take_area(d, &area);
	g_queue_push_tail(&ear->ready, g_memdup2(&area, sizeof area));
	end(d);
	description_free(d);
	return true;
}

/* Either kernel. ----------------------------------------------------------------------------------------------------
 */

static void
on_syn_ack(struct kernel *k, const struct segment *s)
{
	struct description *d = connection_of(k, s->to);
	struct end *e = d ? d->end : NULL;

	if (!d || !(d->state & CONNECTING)) {
		answer(k, s, SEGMENT_RST);
		return;
	}
	if (d->state & ACKNOWLEDGED)
		return;
	e->peer_connection = s->from;
	e->peer = s->greeting;
	d->state |= ACKNOWLEDGED;
	description_poke(d);
	say(d, SEGMENT_ACK);
}

static void
on_only_tcp(struct kernel *k, const struct segment *s)
{
	struct description *d = connection_of(k, s->to);

	if (!d || !(d->state & CONNECTING) || d->state & ACKNOWLEDGED)
		return;
	((struct end *)d->end)->falls_back = true;
	description_poke(d);
}

static void
on_fin(struct kernel *k, const struct segment *s)
{
	struct description *d = connection_of(k, s->to);
	struct end *e = d ? d->end : NULL;

	if (d && !sim_posted(&e->broken))
		sim_post(&e->broken, sim_now() + BREAK_GRACE);
}

static void
on_fin_ask(struct kernel *k, const struct segment *s)
{
	struct description *d = connection_of(k, s->to);

	on_fin(k, s);
	if (!d || d->link->ops->end(d->link))
		answer(k, s, SEGMENT_FIN_ACK);
}

static void
on_fin_ack(struct kernel *k, const struct segment *s)
{
	struct description *d = connection_of(k, s->to);

	if (!d)
		return;
	d->state |= ANSWERED;
	description_poke(d);
}

static void
on_rst(struct kernel *k, const struct segment *s)
{
	struct description *d = connection_of(k, s->to);

	if (d && !forget_asker(d))
		description_reset(d, d->state & ACKNOWLEDGED ? ECONNRESET : ECONNREFUSED);
}

void
segment_handle(struct kernel *k, const struct segment *s)
{
	static void (*const handlers[])(struct kernel *, const struct segment *) = {
	        [SEGMENT_SYN] = on_syn, [SEGMENT_SYN_ACK] = on_syn_ack,   [SEGMENT_ACK] = on_ack,
	        [SEGMENT_FIN] = on_fin, [SEGMENT_FIN_ASK] = on_fin_ask,   [SEGMENT_FIN_ACK] = on_fin_ack,
	        [SEGMENT_RST] = on_rst, [SEGMENT_ONLY_TCP] = on_only_tcp,
	};

	handlers[s->kind](k, s);
}

/* connect(). --------------------------------------------------------------------------------------------------------
 */

static int
begin(struct description *d)
{
	struct greeting own;
	int error = network_vmmc.begin(d, &own);

	if (error)
		return error;
	end_new(d)->own = own;
	return 0;
}

/* answered: has something come, or is there no reason to wait for it any more? */
static bool
answered(const struct description *d)
{
	return setup_decided(d) || ((const struct end *)d->end)->falls_back;
}

/* request: SYN until something comes back. */
static int
request(struct description *d)
{
	for (unsigned i = 0; i < SYN_TRIES && !answered(d); i++) {
		sim_time deadline = sim_now() + (SYN_PATIENCE << i);

		say(d, SEGMENT_SYN);
		while (!answered(d) && sim_now() < deadline)
			description_block(d, "an answer to connect()", deadline);
	}
	if (d->state & RESET)
		return description_error(d);
	if (d->state & ACKNOWLEDGED)
		return 0;
	if (d->state & (LEAVING | ABANDONED))
		return ECONNABORTED;
	return ((struct end *)d->end)->falls_back ? SETUP_FALLS_BACK : ETIMEDOUT;
}

static int
ask(struct description *d)
{
	int error = request(d);

	if (!error)
		error = -join(d);
	if (!error && d->state & ABANDONED) {
		say(d, SEGMENT_RST);
		error = ECONNABORTED;
	}
	return error;
}

/* listen() and accept(). --------------------------------------------------------------------------------------------
 */

/* make_ready: one more area; false if there is no memory for it. */
static bool
make_ready(struct description *listener)
{
	struct ear *ear = listener->ear;
	struct area area;

	if (!network_vmmc_area(listener, &area))
		return false;
	g_queue_push_tail(&ear->ready, g_memdup2(&area, sizeof area));
	return true;
}

static void
fill_queue(struct description *listener)
{
	const struct ear *ear = listener->ear;

	while (ear->ready.length + ear->queue.length < listener->places && make_ready(listener))
		;
}

static int
listen_for(struct description *listener)
{
	struct ear *ear = listener->ear;

	if (!ear)
		listener->ear = ear = g_new0(struct ear, 1);
	fill_queue(listener);
	return ear->ready.length + ear->queue.length == 0 ? -ENOBUFS : 0;
}

static void
unlisten(struct description *listener)
{
	struct ear *ear = listener->ear;
	struct description *waiting;
	struct area *area;

	if (!ear)
		return;
	while ((waiting = g_queue_pop_head(&ear->queue)))
		description_release(waiting);
	while ((area = g_queue_pop_head(&ear->ready))) {
		area_unmake(area);
		g_free(area);
	}
	listener->ear = NULL;
	g_free(ear);
}

static GList *
first_complete(const struct description *listener)
{
	const struct ear *ear = listener->ear;
	GList *l = ear ? ear->queue.head : NULL;

	while (l && !(((const struct description *)l->data)->state & ACKNOWLEDGED))
		l = l->next;
	return l;
}

static bool
acceptable(const struct description *listener)
{
	return first_complete(listener) != NULL;
}

static struct description *
accept_first(struct description *listener)
{
	struct ear *ear = listener->ear;
	GList *l = first_complete(listener);
	struct description *d = l ? l->data : NULL;

	if (l)
		g_queue_delete_link(&ear->queue, l);
	return d;
}

static int
complete(struct description *listener, struct description *d)
{
	if (listener->ear)
		fill_queue(listener);
	return join(d);
}

/* close(). ----------------------------------------------------------------------------------------------------------
 */

/* linger: until the peer's kernel has seen the last words, or the time is over.  It is asked again now and then,
 * because it does not answer when it is asked before they have come. */
static void
linger(struct description *d)
{
	sim_time deadline = sim_now() + (sim_time)d->options.linger.l_linger * SIM_S;

	for (;;) {
		sim_time again = MIN(sim_now() + LINGER_ASK, deadline);

		say(d, SEGMENT_FIN_ASK);
		while (!(d->state & (ANSWERED | RESET)) && sim_now() < again)
			description_block(d, "the peer's kernel at close()", again);
		if (d->state & (ANSWERED | RESET) || sim_now() >= deadline)
			return;
	}
}

/* part: an end that was never completed has no way to the peer but the Ethernet. */
static void
part(struct description *d, bool lingers)
{
	const struct end *e = d->end;

	if (lingers)
		linger(d);
	else if (d->state & CONNECTED)
		say(d, SEGMENT_FIN);
	else if (e->peer_connection)
		say(d, SEGMENT_RST);
}

const struct setup setup_by_segments = {
        .begin = begin,
        .ask = ask,
        .listen = listen_for,
        .unlisten = unlisten,
        .acceptable = acceptable,
        .accept = accept_first,
        .complete = complete,
        .part = part,
        .end = end,
};
