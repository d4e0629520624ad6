/* Packets that are longer than a frame (RFC 791): cut by the sender, joined by the receiver. */
#include "sockets/tcpip/ip_state.h"

#include <string.h>

/* A packet that is not whole in this time never is (RFC 1122, 3.3.2: 60 to 120 s; Linux: 30 s); no more than so many
 * wait for the rest. */
#define JOIN_PATIENCE (30 * SIM_S)
#define PARTIAL_MAX   16u

#define PIECE_UNIT 8u /* RFC 791: offsets count units of 8 bytes */

struct partial {
	struct ip_packet *packet; /* as far as it came */
	uint16_t identification;
	uint32_t received, total; /* bytes; total 0: the last piece has not come */
	uint8_t *units;           /* of 8 bytes each, that are there */
	sim_time since;
};

void
ip_cut(struct ip *ip, unsigned node, struct ip_packet *p, uint32_t mtu,
       void (*each)(struct ip *ip, unsigned node, struct ip_frame *f))
{
	uint16_t identification = ++ip->last_identification;
	uint32_t most = mtu / PIECE_UNIT * PIECE_UNIT;

	for (uint32_t at = 0; at < p->bytes; at += most) {
		struct ip_packet *piece = ip_packet_new(p->protocol, MIN(most, p->bytes - at));
		struct ip_frame *f = ip_frame_new(piece);

		piece->from = p->from;
		piece->to = p->to;
		piece->cost = at == 0 ? p->cost : 0;
		memcpy(piece->data, p->data + at, piece->bytes);
		f->identification = identification;
		f->offset = at;
		f->more = at + piece->bytes < p->bytes;
		each(ip, node, f);
	}
	ip_packet_free(p);
}

static void
free_partial(void *data)
{
	struct partial *partial = data;

	ip_packet_free(partial->packet);
	g_free(partial->units);
	g_free(partial);
}

static void
drop_oldest(struct ip *ip)
{
	ip->counts.dropped++;
	free_partial(g_queue_pop_head(&ip->partial));
}

static void
drop_old(struct ip *ip)
{
	const struct partial *oldest;

	while ((oldest = g_queue_peek_head(&ip->partial)) &&
	       (ip->partial.length >= PARTIAL_MAX || sim_now() - oldest->since > JOIN_PATIENCE))
		drop_oldest(ip);
}

static struct partial *
partial_of(struct ip *ip, const struct ip_frame *f)
{
	struct partial *partial;

	for (GList *at = ip->partial.head; at; at = at->next) {
		partial = at->data;
		if (partial->identification == f->identification && partial->packet->from == f->packet->from &&
		    partial->packet->protocol == f->packet->protocol)
			return partial;
	}
	drop_old(ip);
	partial = g_new0(struct partial, 1);
	partial->packet = ip_packet_new(f->packet->protocol, IP_PACKET_MAX);
	partial->packet->from = f->packet->from;
	partial->packet->to = f->packet->to;
	partial->identification = f->identification;
	partial->units = g_malloc0(IP_PACKET_MAX / PIECE_UNIT + 1);
	partial->since = sim_now();
	g_queue_push_tail(&ip->partial, partial);
	return partial;
}

static bool
is_sound(const struct ip_frame *f)
{
	return f->offset % PIECE_UNIT == 0 && f->offset + f->packet->bytes <= IP_PACKET_MAX && f->packet->bytes > 0 &&
	       (!f->more || f->packet->bytes % PIECE_UNIT == 0);
}

static void
add(struct partial *partial, const struct ip_frame *f)
{
	const struct ip_packet *piece = f->packet;

	memcpy(partial->packet->data + f->offset, piece->data, piece->bytes);
	for (uint32_t at = 0; at < piece->bytes; at += PIECE_UNIT) {
		uint8_t *unit = &partial->units[(f->offset + at) / PIECE_UNIT];

		partial->received += *unit ? 0 : MIN(PIECE_UNIT, piece->bytes - at);
		*unit = 1;
	}
	if (!f->more)
		partial->total = f->offset + piece->bytes;
}

static struct ip_packet *
whole(struct ip *ip, struct partial *partial)
{
	struct ip_packet *p;

	if (partial->total == 0 || partial->received < partial->total)
		return NULL;
	g_queue_remove(&ip->partial, partial);
	p = partial->packet;
	p->bytes = partial->total;
	partial->packet = NULL;
	free_partial(partial);
	return p;
}

struct ip_packet *
ip_join(struct ip *ip, struct ip_frame *f)
{
	struct ip_packet *p = NULL;

	if (f->offset == 0 && !f->more) {
		p = f->packet;
		f->packet = NULL;
	} else if (is_sound(f)) {
		struct partial *partial = partial_of(ip, f);

		add(partial, f);
		p = whole(ip, partial);
	} else {
		ip->counts.dropped++;
	}
	ip_frame_free(f);
	return p;
}

void
ip_fragments_stop(struct ip *ip)
{
	g_queue_clear_full(&ip->partial, free_partial);
}
