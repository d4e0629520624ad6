#include "sockets/udp.h"

#include "nic-sim/sim_time.h"

#include <errno.h>
#include <string.h>

/* RFC 768. */
struct header {
	uint16_t from_port, to_port, length, checksum;
};
G_STATIC_ASSERT(sizeof(struct header) == UDP_HEADER_BYTES);

/* RFC 792: port unreachable, with the header of the datagram that is meant. */
struct notice {
	uint8_t type, code;
	uint16_t checksum; /* not used: what damages packets is checked below */
	uint32_t unused;
	struct header about;
};
#define UNREACHABLE      3u
#define PORT_UNREACHABLE 3u

struct arrived {
	struct udp_name from;
	uint32_t bytes;
	uint8_t data[];
};

struct udp {
	struct kernel *kernel;
	uint16_t port;
	bool connected;
	struct udp_name peer;
	GQueue queue; /* struct arrived */
	uint32_t queued, buffer;
	int error;
	void (*poke)(void *arg);
	void *poke_arg;
};

struct udp_host {
	GHashTable *ports; /* struct udp */
	struct udp_counts counts;
};

static struct udp *
port_of(const struct kernel *k, uint16_t port)
{
	return g_hash_table_lookup(k->udp->ports, GUINT_TO_POINTER(port));
}

/* Ports. ------------------------------------------------------------------------------------------------------------
 */

struct udp *
udp_open(struct kernel *k, uint16_t port, uint32_t buffer, void (*poke)(void *arg), void *arg)
{
	struct udp *u;

	if (port_of(k, port))
		return NULL;
	u = g_new0(struct udp, 1);
	*u = (struct udp){.kernel = k, .port = port, .buffer = buffer, .poke = poke, .poke_arg = arg};
	g_queue_init(&u->queue);
	g_hash_table_insert(k->udp->ports, GUINT_TO_POINTER(port), u);
	return u;
}

static void
free_port(gpointer data)
{
	struct udp *u = data;

	g_queue_clear_full(&u->queue, g_free);
	g_free(u);
}

void
udp_close(struct udp *u)
{
	g_hash_table_remove(u->kernel->udp->ports, GUINT_TO_POINTER(u->port));
}

bool
udp_port_used(const struct kernel *k, uint16_t port)
{
	return port_of(k, port) != NULL;
}

void
udp_connect(struct udp *u, const struct udp_name *peer)
{
	u->connected = peer != NULL;
	if (peer)
		u->peer = *peer;
}

void
udp_set_buffer(struct udp *u, uint32_t buffer)
{
	u->buffer = buffer;
}

/* Out. --------------------------------------------------------------------------------------------------------------
 */

static void
send_packet(struct kernel *k, unsigned node, struct ip_packet *p)
{
	const struct params *params = k->host->params;

	p->cost = params->segment_send + sim_transfer_time(p->bytes, params->checksum_rate);
	ip_send(k, node, p);
}

void
udp_send(struct udp *u, struct udp_name to, const uint8_t *data, uint32_t bytes)
{
	struct kernel *k = u->kernel;
	struct ip_packet *p = ip_packet_new(IP_UDP, UDP_HEADER_BYTES + bytes);
	struct header h = {
	        .from_port = g_htons(u->port), .to_port = g_htons(to.port), .length = g_htons((uint16_t)p->bytes)};

	memcpy(p->data, &h, sizeof h);
	memcpy(p->data + sizeof h, data, bytes);
	h.checksum = ip_checksum(p, k->host->node, to.node);
	if (!h.checksum) /* which stands for none */
		h.checksum = 0xFFFF;
	memcpy(p->data, &h, sizeof h);
	k->udp->counts.sent++;
	cpu_charge(CPU_SYSTEM, sim_transfer_time(bytes, k->host->params->copy_rate));
	send_packet(k, to.node, p);
	ip_flush(k);
}

static void
refuse(struct kernel *k, unsigned node, const struct header *about)
{
	struct ip_packet *p = ip_packet_new(IP_ICMP, sizeof(struct notice));
	const struct notice n = {.type = UNREACHABLE, .code = PORT_UNREACHABLE, .about = *about};

	memcpy(p->data, &n, sizeof n);
	k->udp->counts.refused++;
	send_packet(k, node, p);
}

/* In, by the kernel's task. -----------------------------------------------------------------------------------------
 */

static bool
expects(const struct udp *u, struct udp_name from)
{
	return !u->connected || (u->peer.node == from.node && u->peer.port == from.port);
}

static void
queue(struct udp *u, struct udp_name from, const uint8_t *data, uint32_t bytes)
{
	struct arrived *a;

	if (u->queued + bytes > u->buffer) {
		u->kernel->udp->counts.overflowed++;
		return;
	}
	a = g_malloc(sizeof *a + bytes);
	a->from = from;
	a->bytes = bytes;
	memcpy(a->data, data, bytes);
	u->queued += bytes;
	u->kernel->udp->counts.received++;
	g_queue_push_tail(&u->queue, a);
	u->poke(u->poke_arg);
}

static bool
is_whole(const struct ip_packet *p, struct header *h)
{
	if (p->bytes < sizeof *h)
		return false;
	memcpy(h, p->data, sizeof *h);
	return g_ntohs(h->length) == p->bytes && h->from_port && (!h->checksum || !ip_checksum(p, p->from, p->to));
}

static void
charge_receipt(const struct kernel *k, const struct ip_packet *p)
{
	const struct params *params = k->host->params;

	cpu_charge(CPU_SYSTEM, params->segment_receive + sim_transfer_time(p->bytes, params->checksum_rate));
}

static void
take_datagram(struct kernel *k, struct ip_packet *p)
{
	struct header h;

	charge_receipt(k, p);
	if (is_whole(p, &h)) {
		struct udp_name from = {p->from, g_ntohs(h.from_port)};
		struct udp *u = port_of(k, g_ntohs(h.to_port));

		if (u && expects(u, from))
			queue(u, from, p->data + sizeof h, p->bytes - (uint32_t)sizeof h);
		else
			refuse(k, p->from, &h);
	} else {
		k->udp->counts.damaged++;
	}
	ip_packet_free(p);
}

static void
take_notice(struct kernel *k, struct ip_packet *p)
{
	struct notice n;
	struct udp *u = NULL;

	charge_receipt(k, p);
	if (p->bytes == sizeof n) {
		memcpy(&n, p->data, sizeof n);
		if (n.type == UNREACHABLE && n.code == PORT_UNREACHABLE)
			u = port_of(k, g_ntohs(n.about.from_port));
	}
	if (u && u->connected && expects(u, (struct udp_name){p->from, g_ntohs(n.about.to_port)})) {
		u->error = ECONNREFUSED;
		u->poke(u->poke_arg);
	}
	ip_packet_free(p);
}

/* What came. --------------------------------------------------------------------------------------------------------
 */

int64_t
udp_next(const struct udp *u, struct udp_name *from)
{
	const struct arrived *a = u->queue.head ? u->queue.head->data : NULL;

	if (!a)
		return -1;
	*from = a->from;
	return a->bytes;
}

int
udp_error(struct udp *u)
{
	int error = u->error;

	u->error = 0;
	return error;
}

void
udp_peek(const struct udp *u, uint8_t *to, uint32_t bytes)
{
	const struct arrived *a = u->queue.head->data;

	memcpy(to, a->data, bytes);
	cpu_charge(CPU_SYSTEM, sim_transfer_time(bytes, u->kernel->host->params->copy_rate));
}

void
udp_drop(struct udp *u)
{
	struct arrived *a = g_queue_pop_head(&u->queue);

	u->queued -= a->bytes;
	g_free(a);
}

struct udp_counts
udp_counts(const struct kernel *k)
{
	return k->udp->counts;
}

void
udp_start(struct kernel *k)
{
	k->udp = g_new0(struct udp_host, 1);
	k->udp->ports = g_hash_table_new_full(NULL, NULL, NULL, free_port);
	ip_receive(k, IP_UDP, take_datagram);
	ip_receive(k, IP_ICMP, take_notice);
}

void
udp_stop(struct kernel *k)
{
	g_hash_table_destroy(k->udp->ports);
	g_free(k->udp);
	k->udp = NULL;
}
