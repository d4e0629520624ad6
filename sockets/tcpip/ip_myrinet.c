/* IP over the Myrinet: datagrams of the raw firmware, with the IP header in front of each. */
#include "host-lib/raw.h"
#include "sockets/ports.h"
#include "sockets/tcpip/ip_checksum.h"
#include "sockets/tcpip/ip_state.h"

#include <string.h>

/* RFC 791. */
#define VERSION_AND_LENGTH 0x45u /* version 4, a header of 5 words */
#define MORE_FRAGMENTS     0x2000u
#define OFFSET_MASK        0x1FFFu
#define OFFSET_UNIT        8u
#define TIME_TO_LIVE       64u

struct header {
	uint8_t version_and_length, service;
	uint16_t total_length, identification, fragment;
	uint8_t time_to_live, protocol;
	uint16_t checksum;
	uint32_t from, to;
};
G_STATIC_ASSERT(sizeof(struct header) == IP_HEADER_BYTES);

bool
ip_myrinet_reaches(const struct ip *ip, unsigned node)
{
	const struct host *own = ip->kernel->host, *other = &own->machine->hosts[node];
	const struct platform *p = own->machine->platform;

	return raw_runs(own) && raw_runs(other) && p->routes[own->node * p->n_nodes + node].n_links > 0;
}

uint32_t
ip_myrinet_mtu(const struct ip *ip)
{
	return MIN(raw_mtu(ip->kernel->host), IP_PACKET_MAX) - IP_HEADER_BYTES;
}

void
ip_myrinet_send(struct ip *ip, unsigned node, struct ip_frame *f)
{
	uint32_t bytes = IP_HEADER_BYTES + f->packet->bytes;
	struct header h = {
	        .version_and_length = VERSION_AND_LENGTH,
	        .total_length = g_htons((uint16_t)bytes),
	        .identification = g_htons(f->identification),
	        .fragment = g_htons((uint16_t)(f->offset / OFFSET_UNIT | (f->more ? MORE_FRAGMENTS : 0))),
	        .time_to_live = TIME_TO_LIVE,
	        .protocol = (uint8_t)f->packet->protocol,
	        .from = g_htonl(HOST_NETWORK + f->packet->from + 1),
	        .to = g_htonl(HOST_NETWORK + f->packet->to + 1),
	};
	uint8_t *datagram = g_malloc(bytes);

	h.checksum = ip_checksum(&h, sizeof h);
	memcpy(datagram, &h, sizeof h);
	memcpy(datagram + sizeof h, f->packet->data, f->packet->bytes);
	if (!raw_send(ip->kernel->host, node, datagram, bytes))
		ip->counts.dropped++;
	g_free(datagram);
	ip_frame_free(f);
}

static bool
is_sound(const struct header *h, uint32_t bytes)
{
	return h->version_and_length == VERSION_AND_LENGTH && ip_checksum(h, sizeof *h) == 0 &&
	       g_ntohs(h->total_length) >= IP_HEADER_BYTES && g_ntohs(h->total_length) <= bytes;
}

static void
delay(struct ip *ip, struct ip_frame *f)
{
	sim_time delay = ip->kernel->host->params->myrinet_delay;

	if (delay == 0) {
		ip_handle(ip, f);
		return;
	}
	f->due = sim_now() + delay;
	g_queue_push_tail_link(&ip->delayed, &f->link);
	if (!sim_posted(&ip->delay))
		sim_post(&ip->delay, f->due);
}

static void
delay_over(struct sim_event *event)
{
	struct ip *ip = sim_event_owner(event, struct ip, delay);
	struct ip_frame *f;

	while ((f = g_queue_peek_head(&ip->delayed)) && f->due <= sim_now()) {
		g_queue_unlink(&ip->delayed, &f->link);
		ip_handle(ip, f);
	}
	if (f)
		sim_post(&ip->delay, f->due);
}

/* The firmware may have sent a few bytes more, to a whole word. */
static void
received(void *arg, unsigned from, const uint8_t *data, uint32_t bytes)
{
	struct ip *ip = arg;
	struct ip_packet *p;
	struct ip_frame *f;
	struct header h = {0};

	if (bytes >= sizeof h)
		memcpy(&h, data, sizeof h);
	if (!is_sound(&h, bytes)) {
		ip->counts.dropped++;
		return;
	}
	p = ip_packet_new(h.protocol, g_ntohs(h.total_length) - IP_HEADER_BYTES);
	p->from = from;
	p->to = ip->kernel->host->node;
	memcpy(p->data, data + sizeof h, p->bytes);
	f = ip_frame_new(p);
	f->identification = g_ntohs(h.identification);
	f->offset = (g_ntohs(h.fragment) & OFFSET_MASK) * OFFSET_UNIT;
	f->more = g_ntohs(h.fragment) & MORE_FRAGMENTS;
	delay(ip, f);
}

void
ip_myrinet_start(struct ip *ip)
{
	g_queue_init(&ip->delayed);
	sim_event_init(&ip->delay, SIM_RANK_NODE + ip->kernel->host->node, delay_over);
	if (raw_runs(ip->kernel->host))
		raw_on_receive(ip->kernel->host, received, ip);
}

void
ip_myrinet_stop(struct ip *ip)
{
	if (raw_runs(ip->kernel->host))
		raw_on_receive(ip->kernel->host, NULL, NULL);
	sim_cancel(&ip->delay);
	ip_free_frames(&ip->delayed);
}
