#include "sockets/tcpip/ip_checksum.h"
#include "sockets/tcpip/tcp_state.h"

#include <string.h>

/* RFC 793, 3.1. */
struct header {
	uint16_t from_port, to_port;
	uint32_t sequence, acknowledgement;
	uint8_t offset, flags; /* offset: words of the header, in the upper half */
	uint16_t window, checksum, urgent;
};
G_STATIC_ASSERT(sizeof(struct header) == TCP_HEADER_BYTES);

#define CHECKSUM_AT offsetof(struct header, checksum)
#define FLAGS       0x3Fu

/* Options: kind, then length unless it is END or NOTHING. */
enum { OPTION_END = 0, OPTION_NOTHING = 1, OPTION_MSS = 2 };
#define OPTION_MSS_BYTES 4u

struct ip_packet *
tcp_encode(const struct tcp_segment *s)
{
	uint32_t options = s->mss ? OPTION_MSS_BYTES : 0;
	struct ip_packet *p = ip_packet_new(IP_TCP, TCP_HEADER_BYTES + options + s->bytes);
	struct header h = {
	        .from_port = g_htons(s->from_port),
	        .to_port = g_htons(s->to_port),
	        .sequence = g_htonl(s->sequence),
	        .acknowledgement = g_htonl(s->acknowledgement),
	        .offset = (uint8_t)((TCP_HEADER_BYTES + options) / 4 << 4),
	        .flags = (uint8_t)s->flags,
	        .window = g_htons((uint16_t)s->window),
	};
	const uint8_t mss[OPTION_MSS_BYTES] = {OPTION_MSS, OPTION_MSS_BYTES, (uint8_t)(s->mss >> 8), (uint8_t)s->mss};

	memcpy(p->data, &h, sizeof h);
	memcpy(p->data + sizeof h, mss, options);
	return p;
}

static uint32_t
header_bytes(const struct ip_packet *p)
{
	return (uint32_t)(p->data[offsetof(struct header, offset)] >> 4) * 4;
}

uint8_t *
tcp_content(struct ip_packet *p)
{
	return p->data + header_bytes(p);
}

void
tcp_seal(struct ip_packet *p, unsigned from, unsigned to)
{
	uint16_t value;

	p->from = from;
	p->to = to;
	value = ip_packet_checksum(p);
	memcpy(p->data + CHECKSUM_AT, &value, sizeof value);
}

/* read_options: false if they run beyond their place. */
static bool
read_options(const uint8_t *options, uint32_t bytes, struct tcp_segment *s)
{
	for (uint32_t at = 0; at < bytes && options[at] != OPTION_END;) {
		uint32_t length;

		if (options[at] == OPTION_NOTHING) {
			at++;
			continue;
		}
		length = at + 1 < bytes ? options[at + 1] : 0;
		if (length < 2 || at + length > bytes)
			return false;
		if (options[at] == OPTION_MSS && length == OPTION_MSS_BYTES)
			s->mss = (uint16_t)(options[at + 2] << 8 | options[at + 3]);
		at += length;
	}
	return true;
}

bool
tcp_decode(const struct ip_packet *p, struct tcp_segment *s)
{
	struct header h;
	uint32_t length;

	if (p->bytes < TCP_HEADER_BYTES || ip_packet_checksum(p) != 0)
		return false;
	length = header_bytes(p);
	if (length < TCP_HEADER_BYTES || length > p->bytes)
		return false;
	memcpy(&h, p->data, sizeof h);
	*s = (struct tcp_segment){
	        .node = p->from,
	        .from_port = g_ntohs(h.from_port),
	        .to_port = g_ntohs(h.to_port),
	        .sequence = g_ntohl(h.sequence),
	        .acknowledgement = g_ntohl(h.acknowledgement),
	        .flags = h.flags & FLAGS,
	        .window = g_ntohs(h.window),
	        .data = p->data + length,
	        .bytes = p->bytes - length,
	};
	return read_options(p->data + TCP_HEADER_BYTES, length - TCP_HEADER_BYTES, s);
}
