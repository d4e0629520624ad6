/* What an application does to an end besides moving bytes: opens it, looks at it, gives it up. */
#include "sockets/tcpip/tcp_state.h"

struct tcp *
tcp_connect(struct kernel *k, uint16_t port, struct tcp_name to, const struct tcp_options *options,
            void (*poke)(void *arg), void *arg)
{
	struct tcp_key key = {to.node, port, to.port};
	struct tcp *t = tcp_new(k, &key, options);

	if (!t)
		return NULL;
	t->held = true;
	t->poke = poke;
	t->poke_arg = arg;
	t->state = TCP_SYN_SENT;
	t->mss = TCP_MSS_DEFAULT;
	t->heard = sim_now();
	tcp_congestion_start(t);
	tcp_send_syn(t);
	ip_flush(k);
	return t;
}

enum tcp_progress
tcp_progress(const struct tcp *t)
{
	if (t->state == TCP_SYN_SENT || t->state == TCP_SYN_RECEIVED)
		return TCP_CONNECTING;
	return t->state == TCP_CLOSED ? TCP_FAILED : TCP_OPEN;
}

int
tcp_error(const struct tcp *t)
{
	return t->error;
}

struct link *
tcp_link(struct tcp *t)
{
	return &t->link;
}

struct tcp_name
tcp_local(const struct tcp *t)
{
	return (struct tcp_name){t->kernel->host->node, t->key.local};
}

struct tcp_name
tcp_remote(const struct tcp *t)
{
	return (struct tcp_name){t->key.node, t->key.remote};
}

/* Bytes that Nagle's rule kept back may leave now. */
void
tcp_set_options(struct tcp *t, const struct tcp_options *options)
{
	t->options = *options;
	tcp_output(t);
	ip_flush(t->kernel);
}

void
tcp_on_poke(struct tcp *t, void (*poke)(void *arg), void *arg)
{
	t->poke = poke;
	t->poke_arg = arg;
}

static void
abort_end(struct tcp *t)
{
	if (t->state != TCP_SYN_SENT && t->state != TCP_TIME_WAIT && t->state != TCP_CLOSED)
		tcp_send_reset(t);
	tcp_end(t, 0);
}

void
tcp_leave(struct tcp *t, bool reset)
{
	struct kernel *k = t->kernel;

	bool unread = t->in.used > 0;

	t->poke = NULL;
	t->held = false;
	tcp_ring_free(&t->in);
	if (reset || unread || t->state == TCP_SYN_SENT) {
		abort_end(t);
	} else {
		t->fin_wanted = true;
		tcp_output(t);
		if (t->state == TCP_FIN_WAIT_2)
			tcp_arm_finish(t);
	}
	tcp_reap(t);
	ip_flush(k);
}

bool
tcp_drained(const struct tcp *t)
{
	return t->state == TCP_CLOSED || (t->fin_sent && tcp_fin_acknowledged(t));
}
