#include "sockets/fast/fast_datagram.h"

#include "sockets/fast/fast_state.h"
#include "sockets/network.h"

#include <arpa/inet.h>

/* On shadow ports, words in network order. */
enum { WORD_MAGIC, WORD_VERSION, WORD_KIND, WORD_FROM_PORT, WORD_TO_PORT, WORD_ENDPOINT, WORD_TAG, WORDS };
#define MAGIC   0x4E534447u /* "NSDG" */
#define VERSION 1u
enum kind { ASK = 1, ANSWER };

/* Who has not answered is asked again at the next datagram after that time. */
#define ASK_AGAIN    SIM_S
#define SHADOW_QUEUE 4096u /* bytes */

struct peer {
	struct am_name name; /* tag 0: not known */
	sim_time ask_from;   /* when to ask again */
};

struct arrived {
	struct udp_name from;
	uint32_t bytes;
	uint8_t data[];
};

struct fast_port {
	struct kernel *kernel;
	struct am *am;
	struct fast_ports *ports;
	uint16_t number;
	struct udp *shadow;
	struct ip_work talk;
	GHashTable *peers; /* struct peer, by node and port */
	GQueue queue;      /* struct arrived */
	uint32_t queued, buffer;
	uint64_t out; /* a page that messages leave from */
	bool sending; /* a call uses it */
	bool connected;
	struct udp_name only; /* if it is */
	void (*poke)(void *arg);
	void *poke_arg;
	struct fast_port_counts counts;
};

/* Peers. ------------------------------------------------------------------------------------------------------------
 */

static gpointer
peer_key(struct udp_name name)
{
	return GUINT_TO_POINTER(name.node << 16 | name.port);
}

static struct peer *
peer_of(struct fast_port *f, struct udp_name name)
{
	struct peer *peer = g_hash_table_lookup(f->peers, peer_key(name));

	if (!peer) {
		peer = g_new0(struct peer, 1);
		g_hash_table_insert(f->peers, peer_key(name), peer);
	}
	return peer;
}

static void
say(struct fast_port *f, enum kind kind, struct udp_name to)
{
	struct am_name own = am_name(f->am);
	struct udp_name shadow = {to.node, shadow_port(to.port)};
	uint32_t words[WORDS] = {MAGIC, VERSION, kind, f->number, to.port, own.endpoint, own.tag};

	for (unsigned i = 0; i < WORDS; i++)
		words[i] = htonl(words[i]);
	udp_send(f->shadow, shadow, (const uint8_t *)words, sizeof words);
}

static void
heard(struct fast_port *f, struct udp_name shadow, uint32_t *words)
{
	struct udp_name from;

	for (unsigned i = 0; i < WORDS; i++)
		words[i] = ntohl(words[i]);
	if (words[WORD_MAGIC] != MAGIC || words[WORD_VERSION] != VERSION || words[WORD_TO_PORT] != f->number ||
	    words[WORD_TAG] == 0 || words[WORD_FROM_PORT] == 0 || words[WORD_FROM_PORT] > UINT16_MAX ||
	    shadow.port != shadow_port((uint16_t)words[WORD_FROM_PORT])) {
		f->counts.nonsense++;
		return;
	}
	from = (struct udp_name){shadow.node, (uint16_t)words[WORD_FROM_PORT]};
	peer_of(f, from)->name = (struct am_name){shadow.node, words[WORD_ENDPOINT], words[WORD_TAG]};
	if (words[WORD_KIND] == ASK)
		say(f, ANSWER, from);
}

/* talk: in the kernel's task. */
static void
talk(void *arg)
{
	struct fast_port *f = arg;
	struct udp_name from;
	uint32_t words[WORDS];
	int64_t bytes;

	while ((bytes = udp_next(f->shadow, &from)) >= 0) {
		if (bytes == sizeof words)
			udp_peek(f->shadow, (uint8_t *)words, sizeof words);
		udp_drop(f->shadow);
		if (bytes == sizeof words)
			heard(f, from, words);
		else
			f->counts.nonsense++;
	}
}

static void
shadow_came(void *arg)
{
	struct fast_port *f = arg;

	ip_later(f->kernel, &f->talk);
}

/* What comes. -------------------------------------------------------------------------------------------------------
 */

/* forget: the peer's port is not at that endpoint, or not for us: it is asked for again. */
static void
forget(struct fast_port *f, struct udp_name name)
{
	struct peer *peer = g_hash_table_lookup(f->peers, peer_key(name));

	if (peer)
		*peer = (struct peer){0};
}

static bool
expects(const struct fast_port *f, struct udp_name from)
{
	return !f->connected || (f->only.node == from.node && f->only.port == from.port);
}

static void
keep(struct am *am, struct fast_port *f, struct udp_name from, const struct am_message *m)
{
	uint32_t size = m->bytes + UDP_HEADER_BYTES;
	struct arrived *a;

	if (f->queued + size > f->buffer) {
		f->counts.overflowed++;
		return;
	}
	a = g_malloc(sizeof *a + m->bytes);
	a->from = from;
	a->bytes = m->bytes;
	umem_read(am_memory(am), m->data, a->data, m->bytes);
	cpu_copy(m->bytes);
	f->queued += size;
	f->counts.received++;
	g_queue_push_tail(&f->queue, a);
	f->poke(f->poke_arg);
}

/* take: a datagram; or the reply to one that nobody expects there. */
static void
take(struct am *am, void *arg, const struct am_message *m)
{
	const struct fast_ports *ports = arg;
	struct fast_port *f;
	struct udp_name from;

	if (m->n_args < 2 || m->arg[1] == 0 || m->arg[1] > UINT16_MAX)
		return;
	f = g_hash_table_lookup(ports->by_number, GUINT_TO_POINTER(m->arg[0]));
	from = (struct udp_name){m->from.node, (uint16_t)m->arg[1]};
	if (!m->request) {
		if (f)
			forget(f, from);
	} else if (f && expects(f, from)) {
		keep(am, f, from, m);
	} else {
		am_reply(am, FAST_DATAGRAM, (const uint32_t[]){m->arg[1], m->arg[0]}, 2);
	}
}

int64_t
fast_port_next(const struct fast_port *f, struct udp_name *from)
{
	const struct arrived *a = g_queue_peek_head((GQueue *)&f->queue);

	if (!a)
		return -1;
	*from = a->from;
	return a->bytes;
}

void
fast_port_peek(const struct fast_port *f, uint8_t *to, uint32_t bytes)
{
	const struct arrived *a = g_queue_peek_head((GQueue *)&f->queue);

	memcpy(to, a->data, bytes);
	cpu_copy(bytes);
}

void
fast_port_drop(struct fast_port *f)
{
	struct arrived *a = g_queue_pop_head(&f->queue);

	f->queued -= a->bytes + UDP_HEADER_BYTES;
	g_free(a);
}

/* What goes. --------------------------------------------------------------------------------------------------------
 */

static bool
has_credit(struct fast_port *f, struct am_name to)
{
	if (am_credits(f->am, to) == 0)
		am_poll(f->am);
	return am_credits(f->am, to) > 0;
}

bool
fast_port_send(struct fast_port *f, struct udp_name to, const uint8_t *data, uint32_t bytes)
{
	const uint32_t arg[] = {to.port, f->number};
	struct peer *peer = peer_of(f, to);
	struct am_name name = peer->name;
	enum am_error error;

	if (name.tag == 0 && sim_now() >= peer->ask_from) {
		peer->ask_from = sim_now() + ASK_AGAIN;
		say(f, ASK, to);
	}
	if (name.tag == 0 || bytes > AM_MAX || f->sending || !has_credit(f, name))
		return false;
	f->sending = true;
	umem_write(am_memory(f->am), f->out, data, bytes);
	if (bytes == 0)
		error = am_request(f->am, name, FAST_DATAGRAM, arg, G_N_ELEMENTS(arg));
	else
		error = am_request_medium(f->am, name, FAST_DATAGRAM, arg, G_N_ELEMENTS(arg), f->out, bytes);
	f->sending = false;
	f->counts.sent += error == AM_OK;
	return error == AM_OK;
}

void
fast_port_connect(struct fast_port *f, const struct udp_name *peer)
{
	f->connected = peer != NULL;
	if (peer)
		f->only = *peer;
}

struct loss {
	struct am_name peer;
	bool found;
};

static void
lose_peer(gpointer key, gpointer value, gpointer arg)
{
	struct loss *loss = arg;
	struct peer *peer = value;

	(void)key;
	if (peer->name.tag == 0 || peer->name.node != loss->peer.node || peer->name.endpoint != loss->peer.endpoint)
		return;
	loss->found = true;
	*peer = (struct peer){0};
}

static void
lose(gpointer number, gpointer port, gpointer loss)
{
	(void)number;
	g_hash_table_foreach(((struct fast_port *)port)->peers, lose_peer, loss);
}

static bool
lost(const struct fast_ports *ports, struct am_name peer)
{
	struct loss loss = {.peer = peer};

	g_hash_table_foreach(ports->by_number, lose, &loss);
	return loss.found;
}

/* Ports. ------------------------------------------------------------------------------------------------------------
 */

static struct fast_ports *
ports_of(struct am *am)
{
	struct fast_ports *ports = am_handler_arg(am, FAST_DATAGRAM);

	if (ports)
		return ports;
	ports = g_new0(struct fast_ports, 1);
	*ports = (struct fast_ports){g_hash_table_new(NULL, NULL), lost};
	am_handle(am, FAST_DATAGRAM, take, ports);
	return ports;
}

struct fast_port *
fast_port_open(struct kernel *k, struct process *p, uint16_t port, uint32_t buffer, void (*poke)(void *arg), void *arg)
{
	struct am *am = p->nic_queue;
	struct fast_port *f = g_new0(struct fast_port, 1);

	f->out = umem_alloc(am_memory(am), AM_MAX);
	f->shadow = f->out ? udp_open(k, shadow_port(port), SHADOW_QUEUE, shadow_came, f) : NULL;
	if (!f->shadow) {
		umem_free(am_memory(am), f->out);
		g_free(f);
		return NULL;
	}
	f->kernel = k;
	f->am = am;
	f->ports = ports_of(am);
	f->number = port;
	f->talk = (struct ip_work){.work = talk, .arg = f};
	f->peers = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	g_queue_init(&f->queue);
	f->buffer = buffer;
	f->poke = poke;
	f->poke_arg = arg;
	g_hash_table_insert(f->ports->by_number, GUINT_TO_POINTER(port), f);
	return f;
}

void
fast_port_close(struct fast_port *f)
{
	g_hash_table_remove(f->ports->by_number, GUINT_TO_POINTER(f->number));
	ip_forget(f->kernel, &f->talk);
	udp_close(f->shadow);
	umem_free(am_memory(f->am), f->out);
	g_hash_table_destroy(f->peers);
	g_queue_clear_full(&f->queue, g_free);
	g_free(f);
}

void
fast_port_set_buffer(struct fast_port *f, uint32_t buffer)
{
	f->buffer = buffer;
}

struct fast_port_counts
fast_port_counts(const struct fast_port *f)
{
	return f->counts;
}
