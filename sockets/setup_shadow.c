/* The set-up by greetings over a TCP connection to the shadow port.
 *
 * docs/protocols.md.  The connection stays: what it tells is that the peer's end has gone. */
#include "sockets/ports.h"
#include "sockets/shadow.h"

#include <errno.h>

/* ANSWER_PATIENCE: for a kernel's answer, which depends on no program; who does not answer does not speak this. */
#define ANSWER_PATIENCE (5 * SIM_S)
/* PLACE_PATIENCE: for a place in the listener's queue: as long as TCP asks (Linux: 127 s). */
#define PLACE_PATIENCE (127 * SIM_S)
/* BREAK_GRACE: last words leave before the FIN and take microseconds, or milliseconds if they must be sent again. */
#define BREAK_GRACE (200 * SIM_MS)

static struct link *
link_of(const struct shadow *s)
{
	return tcp_link(s->tcp);
}

/* The connection. ---------------------------------------------------------------------------------------------------
 */

bool
shadow_hear(struct tcp *t, uint8_t bytes[GREETING_BYTES], uint32_t *n)
{
	struct link *l = tcp_link(t);

	while (*n < GREETING_BYTES && l->ops->readable(l))
		*n += (uint32_t)l->ops->take(l, bytes + *n, GREETING_BYTES - *n);
	return *n == GREETING_BYTES;
}

bool
shadow_over(struct tcp *t)
{
	struct link *l = tcp_link(t);

	return l->ops->end(l) != 0;
}

void
shadow_say(struct tcp *t, const struct network *network, const struct greeting_message *m)
{
	struct link *l = tcp_link(t);
	uint8_t bytes[GREETING_BYTES];

	greeting_encode(m, network, bytes);
	l->ops->put(l, bytes, sizeof bytes, SOCK_TWO_COPY);
}

/* The peer's kernel has told of its end, and its last words have not come.  Who is not in a call has not looked. */
static void
broken(struct sim_event *event)
{
	struct description *d = sim_event_owner(event, struct shadow, broken)->d;

	d->overdue = true;
	description_learn(d);
	if (d->waiters)
		description_overdue(d);
}

/* answer: the peer's kernel, which asks by its FIN, learns that its last words have come. */
static void
answer(void *arg)
{
	struct shadow *s = arg;
	struct link *fast = s->d->link;

	if (s->answered || !fast->ops->end(fast))
		return;
	s->answered = true;
	link_of(s)->ops->put_end(link_of(s), LINK_FIN);
}

static void
learned(struct description *d)
{
	struct shadow *s = d->end;

	if (s->heard && !s->answered)
		ip_later(d->kernel, &s->work);
}

/* told: something has come; only looks. */
static void
told(void *arg)
{
	struct shadow *s = arg;
	struct description *d = s->d;
	unsigned end = link_of(s)->ops->end(link_of(s));

	if (d->state & ACKNOWLEDGED && end & (LINK_RESET | LINK_SILENT)) {
		description_learn(d);
		if (!(d->state & PEER_CLOSED))
			description_reset(d, end & LINK_RESET ? ECONNRESET : ETIMEDOUT);
	} else if (d->state & ACKNOWLEDGED && end & LINK_FIN && !s->heard) {
		s->heard = true;
		sim_post(&s->broken, sim_now() + BREAK_GRACE);
		description_learn(d);
	}
	description_poke(d);
}

struct shadow *
shadow_new(struct description *d)
{
	struct shadow *s = g_new0(struct shadow, 1);

	s->d = d;
	s->work = (struct ip_work){.work = answer, .arg = s};
	sim_event_init(&s->broken, SIM_RANK_NODE + d->kernel->host->node, broken);
	d->end = s;
	return s;
}

void
shadow_take(struct shadow *s, struct tcp *t)
{
	s->tcp = t;
	tcp_on_poke(t, told, s);
}

/* end: what the link still says takes time, in which nobody may call the shadow to work again. */
static void
end(struct description *d)
{
	struct shadow *s = d->end;
	struct link *l = d->link;

	if (s->tcp)
		tcp_on_poke(s->tcp, NULL, NULL);
	sim_cancel(&s->broken);
	ip_forget(d->kernel, &s->work);
	d->link = NULL; /* others may look while it stops */
	d->end = NULL;
	d->overdue = false;
	l->ops->stop(l);
	if (s->tcp)
		tcp_leave(s->tcp, !(d->state & CONNECTED));
	g_free(s);
}

/* connect(). --------------------------------------------------------------------------------------------------------
 */

static int
begin(struct description *d)
{
	struct greeting own;
	int error = network_of(d->kernel->host)->begin(d, &own);

	if (error)
		return error;
	shadow_new(d)->own = own;
	return 0;
}

/* reach: the shadow port; 0, an errno, or SETUP_FALLS_BACK. */
static int
reach(struct shadow *s)
{
	struct description *d = s->d;
	struct tcp_name to = {d->peer_node, shadow_port(d->remote.port)};
	struct tcp *t = tcp_connect(d->kernel, d->local.port, to, &SHADOW_OPTIONS, NULL, NULL);

	if (!t)
		return SETUP_FALLS_BACK;
	shadow_take(s, t);
	while (tcp_progress(t) == TCP_CONNECTING && !setup_decided(d))
		description_block(d, "an answer to connect()", SIM_NEVER);
	if (setup_decided(d))
		return ECONNABORTED;
	if (tcp_progress(t) == TCP_OPEN)
		return 0;
	return tcp_error(t) == ECONNREFUSED || tcp_error(t) == ECONNRESET ? SETUP_FALLS_BACK : tcp_error(t);
}

/* hear: the next greeting, by the deadline. */
static int
hear(struct shadow *s, struct greeting_message *m, sim_time deadline)
{
	struct description *d = s->d;
	uint8_t bytes[GREETING_BYTES];
	uint32_t n = 0;

	while (!shadow_hear(s->tcp, bytes, &n)) {
		if (setup_decided(d))
			return ECONNABORTED;
		if (shadow_over(s->tcp))
			return tcp_error(s->tcp) == ETIMEDOUT ? ETIMEDOUT : SETUP_FALLS_BACK;
		if (sim_now() >= deadline)
			return SETUP_FALLS_BACK;
		description_block(d, "a greeting from the peer's kernel", deadline);
	}
	return greeting_decode(m, d->network, bytes) ? 0 : SETUP_FALLS_BACK;
}

/* greet: and hear who is there. */
static int
greet(struct shadow *s, struct greeting *peer)
{
	struct greeting_message m = {GREETING_ASKS, s->d->remote.port, s->own};
	int error;

	shadow_say(s->tcp, s->d->network, &m);
	error = hear(s, &m, sim_now() + ANSWER_PATIENCE);
	if (!error && m.kind == GREETING_WAIT) {
		sim_time deadline = sim_now() + PLACE_PATIENCE;

		error = hear(s, &m, deadline);
		if (error == SETUP_FALLS_BACK && sim_now() >= deadline)
			error = ETIMEDOUT;
	}
	*peer = m.content;
	return error || m.kind == GREETING_WELCOME ? error : SETUP_FALLS_BACK;
}

/* ask: what makes no sense is taken as if nobody had answered. */
static int
ask(struct description *d)
{
	struct shadow *s = d->end;
	struct greeting peer;
	int error = reach(s);

	if (!error)
		error = greet(s, &peer);
	if (!error && d->network->join(d, &peer))
		error = SETUP_FALLS_BACK;
	if (!error && d->state & ABANDONED)
		error = ECONNABORTED;
	if (!error)
		d->state |= ACKNOWLEDGED;
	return error;
}

static int
complete(struct description *listener, struct description *d)
{
	(void)listener, (void)d;
	return 0;
}

/* close(). ----------------------------------------------------------------------------------------------------------
 */

static bool
has_answered(void *arg)
{
	const struct shadow *s = arg;

	return shadow_over(s->tcp) || s->d->state & RESET;
}

/* part: the FIN comes when the end is given back; one that lingers sends it at once, and waits for the peer's. */
static void
part(struct description *d, bool lingers)
{
	struct shadow *s = d->end;
	sim_time deadline = sim_now() + (sim_time)d->options.linger.l_linger * SIM_S;

	if (!lingers)
		return;
	link_of(s)->ops->put_end(link_of(s), LINK_FIN);
	description_wait(d, has_answered, s, deadline);
}

const struct setup setup_by_shadow = {
        .begin = begin,
        .ask = ask,
        .listen = shadow_listen,
        .unlisten = shadow_unlisten,
        .acceptable = shadow_acceptable,
        .accept = shadow_accept,
        .complete = complete,
        .learned = learned,
        .part = part,
        .end = end,
};
