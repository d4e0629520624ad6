/* Segments from a hostile peer, and calls of the application between them: TCP keeps its books whatever comes.
 *
 * The input is a row of steps: a byte that says what happens, then its data.
 *   0..119    a segment: flags, port (0: of the connection), sequence and acknowledgement (two bytes each, signed,
 *             relative to what the end expects and has sent), window (two bytes), length (two bytes modulo 4 KB)
 *   120..149  a segment of raw bytes: a byte with how many of the next are it; even steps have a right checksum
 *   150..199  the clock goes on by 2^(step - 150) us, at most 100 s
 *   200..     the application: see act()
 * IP is replaced: what is sent is counted and forgotten. */
#include "nic-sim/machine.h"
#include "sockets/tcpip/ip_checksum.h"
#include "sockets/tcpip/tcp_state.h"

#include <stdlib.h>
#include <string.h>

enum { OWN = 0, PEER = 1, PORT = 5000, PEER_PORT = 6000, MTU = 1480, BUFFER = 8192, MOST_CONTENT = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *data;
	size_t left;
};

static struct {
	struct kernel kernel;
	struct host host;
	struct params params;
	ip_receiver receiver;
	struct ip_work *work; /* first */
	struct tcp_listener *listener;
	struct tcp *end; /* that the application has; NULL: none */
	uint16_t last_port;
} rig;

/* IP. ---------------------------------------------------------------------------------------------------------------
 */

struct ip_packet *
ip_packet_new(enum ip_protocol protocol, uint32_t bytes)
{
	struct ip_packet *p = g_malloc0(sizeof *p + bytes);

	p->protocol = protocol;
	p->bytes = bytes;
	return p;
}

void
ip_packet_free(struct ip_packet *p)
{
	g_free(p);
}

void
ip_receive(struct kernel *k, enum ip_protocol protocol, ip_receiver receiver)
{
	(void)k, (void)protocol;
	rig.receiver = receiver;
}

uint32_t
ip_mtu(const struct kernel *k, unsigned node)
{
	(void)k, (void)node;
	return MTU;
}

void
ip_send(struct kernel *k, unsigned node, struct ip_packet *p)
{
	(void)k;
	g_assert(node == PEER && p->bytes <= MTU && ip_packet_checksum(p) == 0);
	ip_packet_free(p);
}

void
ip_flush(struct kernel *k)
{
	(void)k;
}

void
ip_later(struct kernel *k, struct ip_work *w)
{
	(void)k;
	if (w->queued)
		return;
	w->queued = true;
	w->next = rig.work;
	rig.work = w;
}

void
ip_forget(struct kernel *k, struct ip_work *w)
{
	struct ip_work **link = &rig.work;

	(void)k;
	if (!w->queued)
		return;
	while (*link != w)
		link = &(*link)->next;
	*link = w->next;
	w->queued = false;
}

static void
do_work(void)
{
	struct ip_work *w;

	while ((w = rig.work)) {
		rig.work = w->next;
		w->queued = false;
		w->work(w->arg);
	}
}

/* What must hold. ---------------------------------------------------------------------------------------------------
 */

static void
check_spans(const struct tcp *t)
{
	uint32_t before = t->expected;

	for (guint i = 0; i < t->early->len; i++) {
		const struct tcp_span *span = &g_array_index(t->early, struct tcp_span, i);

		g_assert(tcp_before(before, span->begin) && tcp_before(span->begin, span->end));
		g_assert(tcp_not_after(span->end, t->promised));
		before = span->end;
	}
}

static void
check_end(gpointer key, gpointer value, gpointer unused)
{
	const struct tcp *t = value;

	(void)key, (void)unused;
	g_assert(t->state != TCP_CLOSED);
	g_assert(t->in.used <= BUFFER && t->in.size <= 2 * BUFFER);
	g_assert(t->out.used <= BUFFER && t->out.size <= 2 * BUFFER);
	g_assert(tcp_not_after(t->acknowledged, t->next) && tcp_not_after(t->next, t->highest));
	g_assert(t->highest - t->acknowledged <= t->out.used + 1);
	if (t->state > TCP_SYN_SENT)
		g_assert(t->promised - t->expected <= BUFFER + 1);
	g_assert(t->state < TCP_ESTABLISHED || t->ended || tcp_not_after(t->expected, t->promised));
	g_assert(t->congestion_window >= t->mss && t->mss <= MTU && t->mss > 0);
	check_spans(t);
}

/* Ends that are over are those that the application has, or may accept. */
static void
check(void)
{
	const struct tcp_host *h = rig.kernel.tcp;

	g_assert(g_hash_table_size(h->all) <= g_hash_table_size(h->ends) + rig.listener->ready.length + 1);
	g_hash_table_foreach(h->ends, check_end, NULL);
}

/* Steps. ------------------------------------------------------------------------------------------------------------
 */

static uint8_t
byte(struct input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->data++;
}

static uint16_t
half(struct input *in)
{
	uint16_t high = byte(in);

	return (uint16_t)(high << 8 | byte(in));
}

static void
deliver(struct ip_packet *p)
{
	rig.receiver(&rig.kernel, p);
}

/* current: the end that the fuzzer's segments are about. */
static const struct tcp *
current(uint16_t port)
{
	struct tcp_key key = {PEER, PORT, PEER_PORT + port};

	return rig.end && port == 0 ? rig.end : tcp_find(&rig.kernel, &key);
}

static void
segment(struct input *in)
{
	unsigned flags = byte(in);
	uint16_t port = byte(in) % 4;
	const struct tcp *t = current(port);
	struct tcp_segment s = {
	        .from_port = t ? t->key.remote : PEER_PORT + port,
	        .to_port = t ? t->key.local : PORT,
	        .sequence = (t ? t->expected : 1000) + (uint32_t)(int16_t)half(in),
	        .acknowledgement = (t ? t->highest : 1000) + (uint32_t)(int16_t)half(in),
	        .flags = flags & 0x3F,
	        .window = half(in),
	        .bytes = half(in) % MOST_CONTENT,
	        .mss = flags & 0x80 ? (uint16_t)(flags * 17) : 0,
	};
	struct ip_packet *p = tcp_encode(&s);

	memset(tcp_content(p), 'x', s.bytes);
	tcp_seal(p, PEER, OWN);
	deliver(p);
}

static void
raw_bytes(struct input *in, bool sealed)
{
	uint32_t bytes = (uint32_t)MIN(byte(in), in->left);
	struct ip_packet *p = ip_packet_new(IP_TCP, bytes);

	p->from = PEER;
	for (uint32_t i = 0; i < bytes; i++)
		p->data[i] = byte(in);
	if (sealed && bytes >= TCP_HEADER_BYTES) {
		memset(p->data + 16, 0, 2);
		tcp_seal(p, PEER, OWN);
	}
	deliver(p);
}

static void
pass(unsigned shift)
{
	sim_time t = sim_now() + MIN(SIM_US << shift, 100 * SIM_S);

	while (calendar_step(t))
		do_work();
}

static void
connect_out(void)
{
	const struct tcp_options options = {BUFFER, BUFFER, true};

	rig.end = tcp_connect(&rig.kernel, ++rig.last_port, (struct tcp_name){PEER, PEER_PORT}, &options, NULL, NULL);
}

static void
act(unsigned what)
{
	static uint8_t bytes[BUFFER];
	struct link *l = rig.end ? tcp_link(rig.end) : NULL;

	if (!rig.end && what % 2 == 0)
		rig.end = tcp_accept(rig.listener);
	else if (!rig.end)
		connect_out();
	else if (what < 15 && tcp_progress(rig.end) == TCP_OPEN)
		l->ops->put(l, bytes, what * what * what, SOCK_TCP);
	else if (what < 30)
		l->ops->take(l, bytes, (what - 14) * (what - 14) * 10);
	else if (what < 35 && tcp_progress(rig.end) == TCP_OPEN)
		l->ops->put_end(l, LINK_FIN);
	else if (what >= 50) {
		tcp_leave(rig.end, what >= 54);
		rig.end = NULL;
	}
}

static void
step(struct input *in)
{
	unsigned what = byte(in);

	if (what < 120)
		segment(in);
	else if (what < 150)
		raw_bytes(in, what % 2 == 0);
	else if (what < 200)
		pass(what - 150);
	else
		act(what - 200);
	do_work();
	check();
}

static void
start(void)
{
	const struct tcp_options options = {BUFFER, BUFFER, false};

	memset(&rig, 0, sizeof rig);
	rig.params.copy_rate = rig.params.checksum_rate = 1000000;
	rig.params.retransmit_min = 200 * SIM_MS;
	rig.params.delayed_ack = 50 * SIM_MS;
	rig.params.tcp_give_up = 480 * SIM_S;
	rig.params.tcp_first_sequence = UINT32_MAX - 2000;
	rig.host.params = &rig.params;
	rig.host.node = OWN;
	rig.kernel.host = &rig.host;
	rig.last_port = 40000;
	tcp_start(&rig.kernel);
	rig.listener = tcp_listen(&rig.kernel, PORT, 1, &options, NULL, NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};

	calendar_reset();
	start();
	while (in.left)
		step(&in);
	if (rig.end)
		tcp_leave(rig.end, false);
	tcp_unlisten(rig.listener);
	tcp_stop(&rig.kernel);
	calendar_reset();
	return 0;
}
