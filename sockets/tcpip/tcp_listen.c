/* Listeners: as Linux has it, a SYN is dropped, and will come again, while `backlog` + 1 ends are being set up or wait
 * to be accepted. */
#include "sockets/tcpip/tcp_state.h"

struct tcp_listener *
tcp_listener_of(const struct kernel *k, uint16_t port)
{
	return g_hash_table_lookup(k->tcp->listeners, GUINT_TO_POINTER(port));
}

struct tcp_listener *
tcp_listen(struct kernel *k, uint16_t port, unsigned backlog, const struct tcp_options *options,
           void (*poke)(void *arg), void *arg)
{
	struct tcp_listener *l;

	if (tcp_listener_of(k, port))
		return NULL;
	l = g_new0(struct tcp_listener, 1);
	l->kernel = k;
	l->port = port;
	l->backlog = backlog;
	l->options = *options;
	l->poke = poke;
	l->poke_arg = arg;
	g_queue_init(&l->ready);
	g_hash_table_insert(k->tcp->listeners, GUINT_TO_POINTER(port), l);
	return l;
}

bool
tcp_acceptable(const struct tcp_listener *l)
{
	return l->ready.length > 0;
}

struct tcp *
tcp_accept(struct tcp_listener *l)
{
	struct tcp *t = g_queue_pop_head(&l->ready);

	if (t)
		t->listener = NULL;
	return t;
}

/* Half-open ends go as if they had never been: the peer's next segment is refused. */
static void
drop_half_open(struct tcp_listener *l)
{
	GList *ends = g_hash_table_get_values(l->kernel->tcp->ends);

	for (GList *at = ends; at; at = at->next) {
		struct tcp *t = at->data;

		if (t->listener == l && t->state == TCP_SYN_RECEIVED) {
			tcp_end(t, 0);
			tcp_reap(t);
		}
	}
	g_list_free(ends);
}

void
tcp_unlisten(struct tcp_listener *l)
{
	struct tcp *t;

	g_hash_table_remove(l->kernel->tcp->listeners, GUINT_TO_POINTER(l->port));
	drop_half_open(l);
	while ((t = tcp_accept(l)))
		tcp_leave(t, true);
	g_free(l);
}

static bool
full(const struct tcp_listener *l)
{
	return l->half_open + l->ready.length > l->backlog;
}

void
tcp_listener_established(struct tcp *t)
{
	struct tcp_listener *l = t->listener;

	l->half_open--;
	g_queue_push_tail(&l->ready, t);
	if (l->poke)
		l->poke(l->poke_arg);
}

void
tcp_listener_lost(struct tcp *t)
{
	t->listener->half_open--;
	t->listener = NULL;
	t->held = false;
}

static void
welcome(struct tcp_listener *l, const struct tcp_segment *s)
{
	struct tcp_key key = {s->node, s->to_port, s->from_port};
	struct tcp *t = tcp_new(l->kernel, &key, &l->options);

	t->held = true;
	t->listener = l;
	l->half_open++;
	t->state = TCP_SYN_RECEIVED;
	tcp_learn_peer(t, s);
	t->heard = sim_now();
	tcp_send_syn(t);
}

/* RFC 793, 3.9, LISTEN.  What comes with a SYN beside it is sent again by the peer. */
void
tcp_listener_input(struct tcp_listener *l, const struct tcp_segment *s)
{
	if (s->flags & TCP_RST)
		return;
	if (s->flags & TCP_ACK) {
		tcp_refuse(l->kernel, s);
		return;
	}
	if (s->flags & TCP_SYN && !full(l))
		welcome(l, s);
}
