/* The set-up of those who talk TCP: it is TCP's own. */
#include "sockets/setup.h"
#include "sockets/tcpip/tcp.h"

#include <errno.h>

static struct tcp_options
options_of(const struct description *d)
{
	const struct options *o = &d->options;

	return (struct tcp_options){
	        .send_buffer = o->send_buffer ? o->send_buffer : o->receive_buffer,
	        .receive_buffer = o->receive_buffer,
	        .no_delay = o->no_delay,
	};
}

/* poke: an interrupt's work lets who has blocked go on, which costs him the wake-up. */
static void
poke(void *arg)
{
	const struct description *d = arg;

	for (const struct waiter *w = d->waiters; w; w = w->next)
		cpu_wake(w->task, d->kernel->host->params->wakeup);
}

static void
take(struct description *d, struct tcp *t)
{
	d->end = t;
	d->link = tcp_link(t);
	d->network = NULL;
}

/* connect(). --------------------------------------------------------------------------------------------------------
 */

static int
begin(struct description *d)
{
	struct tcp_options options = options_of(d);
	struct tcp_name to = {d->peer_node, d->remote.port};
	struct tcp *t = tcp_connect(d->kernel, d->local.port, to, &options, poke, d);

	if (!t)
		return -EADDRNOTAVAIL;
	take(d, t);
	return 0;
}

static int
ask(struct description *d)
{
	const struct tcp *t = d->end;

	while (tcp_progress(t) == TCP_CONNECTING && !setup_decided(d))
		description_block(d, "an answer to connect()", SIM_NEVER);
	if (d->state & (LEAVING | ABANDONED))
		return ECONNABORTED;
	return tcp_progress(t) == TCP_OPEN ? 0 : tcp_error(t);
}

/* listen() and accept(). --------------------------------------------------------------------------------------------
 */

static int
listen_for(struct description *listener)
{
	struct tcp_options options = options_of(listener);

	if (!listener->tcp_ear)
		listener->tcp_ear = tcp_listen(listener->kernel, listener->local.port, listener->places - 1, &options,
		                               poke, listener);
	return listener->tcp_ear ? 0 : -EADDRINUSE;
}

static void
unlisten(struct description *listener)
{
	if (listener->tcp_ear)
		tcp_unlisten(listener->tcp_ear);
	listener->tcp_ear = NULL;
}

static bool
acceptable(const struct description *listener)
{
	return listener->tcp_ear && tcp_acceptable(listener->tcp_ear);
}

static struct description *
accept_first(struct description *listener)
{
	struct tcp *t = listener->tcp_ear ? tcp_accept(listener->tcp_ear) : NULL;
	struct description *d;

	if (!t)
		return NULL;
	d = setup_accepted(listener, &setup_by_tcp, tcp_remote(t).node, tcp_remote(t).port);
	take(d, t);
	tcp_on_poke(t, poke, d);
	return d;
}

static void
changed(struct description *d)
{
	struct tcp_options options = options_of(d);

	tcp_set_options(d->end, &options);
}

static int
complete(struct description *listener, struct description *d)
{
	(void)listener;
	changed(d);
	return 0;
}

/* close(). ----------------------------------------------------------------------------------------------------------
 */

/* part: TCP has said it. */
static void
part(struct description *d, bool lingers)
{
	sim_time deadline = sim_now() + (sim_time)d->options.linger.l_linger * SIM_S;

	while (lingers && !tcp_drained(d->end) && !tcp_error(d->end) && sim_now() < deadline)
		description_block(d, "the peer's acknowledgement at close()", deadline);
}

static void
end(struct description *d)
{
	struct tcp *t = d->end;

	tcp_on_poke(t, NULL, NULL);
	tcp_leave(t, !(d->state & CONNECTED));
	d->link = NULL;
	d->end = NULL;
}

const struct setup setup_by_tcp = {
        .begin = begin,
        .ask = ask,
        .listen = listen_for,
        .unlisten = unlisten,
        .acceptable = acceptable,
        .accept = accept_first,
        .complete = complete,
        .changed = changed,
        .part = part,
        .end = end,
};
