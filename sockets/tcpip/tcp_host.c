#include "sockets/tcpip/tcp_state.h"

#define PORTS 65536u

/* RFC 793, 3.3: the clock of initial sequence numbers ticks every 4 us; and BSD: a step for each connection. */
#define SEQUENCE_TICK (4 * SIM_US)
#define SEQUENCE_STEP 64000u

static guint
hash_key(gconstpointer data)
{
	const struct tcp_key *key = data;

	return key->node * 2654435761u ^ (guint)key->local << 16 ^ key->remote;
}

static gboolean
same_key(gconstpointer a, gconstpointer b)
{
	const struct tcp_key *x = a, *y = b;

	return x->node == y->node && x->local == y->local && x->remote == y->remote;
}

uint32_t
tcp_first_sequence(struct kernel *k)
{
	return (uint32_t)(k->host->params->tcp_first_sequence + sim_now() / SEQUENCE_TICK +
	                  k->tcp->opened * (uint64_t)SEQUENCE_STEP);
}

struct tcp *
tcp_find(const struct kernel *k, const struct tcp_key *key)
{
	return g_hash_table_lookup(k->tcp->ends, key);
}

struct tcp *
tcp_new(struct kernel *k, const struct tcp_key *key, const struct tcp_options *options)
{
	struct tcp *t;

	if (tcp_find(k, key))
		return NULL;
	t = g_new0(struct tcp, 1);
	t->link.ops = &tcp_link_ops;
	t->kernel = k;
	t->key = *key;
	t->options = *options;
	t->early = g_array_new(FALSE, FALSE, sizeof(struct tcp_span));
	t->acknowledged = t->next = t->highest = tcp_first_sequence(k);
	tcp_timers_init(t);
	g_hash_table_add(k->tcp->all, t);
	g_hash_table_insert(k->tcp->ends, &t->key, t);
	k->tcp->uses[key->local]++;
	k->tcp->opened++;
	return t;
}

/* forget: once, since another end may have its ports afterwards. */
static void
forget(struct tcp *t)
{
	g_hash_table_remove(t->kernel->tcp->ends, &t->key);
	t->kernel->tcp->uses[t->key.local]--;
}

/* A half-open end belongs to its listener, which does not miss it. */
void
tcp_end(struct tcp *t, int error)
{
	if (t->state == TCP_CLOSED)
		return;
	if (t->listener && t->state == TCP_SYN_RECEIVED)
		tcp_listener_lost(t);
	t->state = TCP_CLOSED;
	t->error = error;
	tcp_timers_stop(t);
	forget(t);
	tcp_ring_free(&t->out);
	tcp_tell(t);
}

static void
free_end(gpointer data)
{
	struct tcp *t = data;

	if (t->state != TCP_CLOSED)
		forget(t);
	tcp_timers_stop(t);
	tcp_ring_free(&t->out);
	tcp_ring_free(&t->in);
	g_array_free(t->early, TRUE);
	g_free(t);
}

void
tcp_reap(struct tcp *t)
{
	if (t->state != TCP_CLOSED || t->held)
		return;
	g_hash_table_remove(t->kernel->tcp->all, t);
	free_end(t);
}

void
tcp_tell(const struct tcp *t)
{
	if (t->poke)
		t->poke(t->poke_arg);
}

bool
tcp_port_used(const struct kernel *k, uint16_t port)
{
	return k->tcp->uses[port] > 0 || tcp_listener_of(k, port);
}

struct tcp_counts
tcp_counts(const struct kernel *k)
{
	return k->tcp->counts;
}

void
tcp_start(struct kernel *k)
{
	struct tcp_host *h = g_new0(struct tcp_host, 1);

	h->all = g_hash_table_new(NULL, NULL);
	h->ends = g_hash_table_new(hash_key, same_key);
	h->listeners = g_hash_table_new(NULL, NULL);
	h->uses = g_new0(uint16_t, PORTS);
	k->tcp = h;
	ip_receive(k, IP_TCP, tcp_input);
}

static void
free_listener(gpointer data)
{
	struct tcp_listener *l = data;

	g_queue_clear(&l->ready);
	g_free(l);
}

/* Handles that somebody still has are not valid any more. */
void
tcp_stop(struct kernel *k)
{
	struct tcp_host *h = k->tcp;

	g_list_free_full(g_hash_table_get_values(h->listeners), free_listener);
	g_list_free_full(g_hash_table_get_keys(h->all), free_end);
	g_hash_table_destroy(h->all);
	g_hash_table_destroy(h->ends);
	g_hash_table_destroy(h->listeners);
	g_free(h->uses);
	g_free(h);
	k->tcp = NULL;
}
