#include "sockets/tcpip/udp.h"

#include "sockets/tcpip/ip_checksum.h"

#include <errno.h>
#include <string.h>

/* RFC 768. */
struct header {
	uint16_t from_port, to_port, length, checksum;
};
G_STATIC_ASSERT(sizeof(struct header) == UDP_HEADER_BYTES);

/* RFC 792, destination unreachable: the IP header of what was refused, and 8 bytes more of it, which are UDP's. */
struct notice {
	uint8_t type, code;
	uint16_t checksum;
	uint32_t unused;
	uint8_t ip[IP_HEADER_BYTES];
	struct header refused;
};
#define NOTICE_UNREACHABLE 3u
#define NOTICE_PORT        3u

/* The fields of that IP header that anybody would look at. */
#define IP_VERSION_AND_LENGTH 0x45u
#define IP_PROTOCOL_AT        9u

struct udp {
	struct kernel *kernel;
	uint16_t port;
	uint32_t buffer, used; /* bytes, headers included */
	GQueue queue;          /* struct ip_packet */
	bool connected;
	struct udp_name peer;
	int error;
	void (*poke)(void *arg);
	void *poke_arg;
};

struct udp_host {
	GHashTable *ports;
	struct udp_counts counts;
};

static struct udp *
udp_of(const struct kernel *k, uint16_t port)
{
	return g_hash_table_lookup(k->udp->ports, GUINT_TO_POINTER(port));
}

static struct header
header_of(const struct ip_packet *p)
{
	struct header h;

	memcpy(&h, p->data, sizeof h);
	return h;
}

static uint32_t
content_bytes(const struct ip_packet *p)
{
	return g_ntohs(header_of(p).length) - UDP_HEADER_BYTES;
}

static void
tell(const struct udp *u)
{
	if (u->poke)
		u->poke(u->poke_arg);
}

static sim_time
cost(const struct kernel *k, sim_time once, uint32_t bytes)
{
	return once + sim_transfer_time(bytes, k->host->params->checksum_rate);
}

/* In. ---------------------------------------------------------------------------------------------------------------
 */

static bool
is_sound(const struct ip_packet *p)
{
	struct header h = {0};

	if (p->bytes < sizeof h)
		return false;
	h = header_of(p);
	return g_ntohs(h.length) >= sizeof h && g_ntohs(h.length) <= p->bytes &&
	       (h.checksum == 0 || ip_packet_checksum(p) == 0);
}

static bool
is_peer(const struct udp *u, unsigned node, uint16_t port)
{
	return u->connected && u->peer.node == node && u->peer.port == port;
}

static void
refuse(struct kernel *k, const struct ip_packet *p)
{
	struct ip_packet *reply = ip_packet_new(IP_ICMP, sizeof(struct notice));
	struct notice n = {.type = NOTICE_UNREACHABLE, .code = NOTICE_PORT, .refused = header_of(p)};

	n.ip[0] = IP_VERSION_AND_LENGTH;
	n.ip[IP_PROTOCOL_AT] = IP_UDP;
	n.checksum = ip_checksum(&n, sizeof n);
	memcpy(reply->data, &n, sizeof n);
	reply->cost = cost(k, k->host->params->segment_send, sizeof n);
	ip_send(k, p->from, reply);
}

static void
deliver(struct udp *u, struct ip_packet *p)
{
	if (u->queue.length > 0 && u->used + p->bytes > u->buffer) {
		u->kernel->udp->counts.overflowed++;
		ip_packet_free(p);
		return;
	}
	u->kernel->udp->counts.received++;
	u->used += p->bytes;
	g_queue_push_tail(&u->queue, p);
	tell(u);
}

static void
receive(struct kernel *k, struct ip_packet *p)
{
	struct udp *u;

	cpu_charge(CPU_SYSTEM, cost(k, k->host->params->segment_receive, p->bytes));
	if (!is_sound(p)) {
		k->udp->counts.damaged++;
		ip_packet_free(p);
		return;
	}
	u = udp_of(k, g_ntohs(header_of(p).to_port));
	if (u && (!u->connected || is_peer(u, p->from, g_ntohs(header_of(p).from_port)))) {
		deliver(u, p);
		return;
	}
	k->udp->counts.refused++;
	refuse(k, p);
	ip_packet_free(p);
}

static void
receive_notice(struct kernel *k, struct ip_packet *p)
{
	struct notice n = {0};
	struct udp *u;

	cpu_charge(CPU_SYSTEM, cost(k, k->host->params->segment_receive, p->bytes));
	if (p->bytes >= sizeof n && ip_checksum(p->data, p->bytes) == 0)
		memcpy(&n, p->data, sizeof n);
	else
		k->udp->counts.damaged++;
	u = udp_of(k, g_ntohs(n.refused.from_port));
	if (n.type == NOTICE_UNREACHABLE && n.code == NOTICE_PORT && n.ip[IP_PROTOCOL_AT] == IP_UDP && u &&
	    is_peer(u, p->from, g_ntohs(n.refused.to_port))) {
		u->error = ECONNREFUSED;
		tell(u);
	}
	ip_packet_free(p);
}

/* The owner of a port. ----------------------------------------------------------------------------------------------
 */

bool
udp_port_used(const struct kernel *k, uint16_t port)
{
	return udp_of(k, port) != NULL;
}

struct udp *
udp_open(struct kernel *k, uint16_t port, uint32_t buffer, void (*poke)(void *arg), void *arg)
{
	struct udp *u;

	if (udp_port_used(k, port))
		return NULL;
	u = g_new0(struct udp, 1);
	u->kernel = k;
	u->port = port;
	u->buffer = buffer;
	u->poke = poke;
	u->poke_arg = arg;
	g_queue_init(&u->queue);
	g_hash_table_insert(k->udp->ports, GUINT_TO_POINTER(port), u);
	return u;
}

static void
free_packet(void *p)
{
	ip_packet_free(p);
}

static void
free_port(void *data)
{
	struct udp *u = data;

	g_queue_clear_full(&u->queue, free_packet);
	g_free(u);
}

void
udp_close(struct udp *u)
{
	g_hash_table_remove(u->kernel->udp->ports, GUINT_TO_POINTER(u->port));
}

void
udp_connect(struct udp *u, const struct udp_name *peer)
{
	u->connected = peer != NULL;
	u->peer = peer ? *peer : (struct udp_name){0};
	u->error = 0;
}

void
udp_set_buffer(struct udp *u, uint32_t buffer)
{
	u->buffer = buffer;
}

/* A checksum of 0 means that there is none. */
static void
seal(struct ip_packet *p, const struct udp *u, struct udp_name to)
{
	struct header h = {g_htons(u->port), g_htons(to.port), g_htons((uint16_t)p->bytes), 0};
	uint16_t value;

	p->from = u->kernel->host->node;
	p->to = to.node;
	memcpy(p->data, &h, sizeof h);
	value = ip_packet_checksum(p);
	h.checksum = value ? value : UINT16_MAX;
	memcpy(p->data, &h, sizeof h);
}

void
udp_send(struct udp *u, struct udp_name to, const uint8_t *data, uint32_t bytes)
{
	const struct params *params = u->kernel->host->params;
	struct ip_packet *p = ip_packet_new(IP_UDP, UDP_HEADER_BYTES + bytes);
	struct kernel *k = u->kernel;

	memcpy(p->data + UDP_HEADER_BYTES, data, bytes);
	seal(p, u, to);
	p->cost = cost(k, params->segment_send, p->bytes);
	cpu_charge(CPU_SYSTEM, sim_transfer_time(bytes, params->copy_rate));
	k->udp->counts.sent++;
	ip_send(k, to.node, p);
	ip_flush(k);
}

int64_t
udp_next(const struct udp *u, struct udp_name *from)
{
	const struct ip_packet *p = g_queue_peek_head((GQueue *)&u->queue);

	if (!p)
		return -1;
	if (from)
		*from = (struct udp_name){p->from, g_ntohs(header_of(p).from_port)};
	return content_bytes(p);
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
	const struct ip_packet *p = g_queue_peek_head((GQueue *)&u->queue);

	bytes = p ? MIN(bytes, content_bytes(p)) : 0;
	if (bytes == 0)
		return;
	memcpy(to, p->data + UDP_HEADER_BYTES, bytes);
	cpu_charge(CPU_SYSTEM, sim_transfer_time(bytes, u->kernel->host->params->copy_rate));
}

void
udp_drop(struct udp *u)
{
	struct ip_packet *p = g_queue_pop_head(&u->queue);

	if (!p)
		return;
	u->used -= p->bytes;
	ip_packet_free(p);
}

/* The host. ---------------------------------------------------------------------------------------------------------
 */

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
	ip_receive(k, IP_UDP, receive);
	ip_receive(k, IP_ICMP, receive_notice);
}

void
udp_stop(struct kernel *k)
{
	g_hash_table_destroy(k->udp->ports);
	g_free(k->udp);
	k->udp = NULL;
}
