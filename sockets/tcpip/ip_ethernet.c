/* IP over the Ethernet and wide-area links.
 *
 * A frame is a flow of SimGrid.  Flows that are in flight together share the bandwidth, while frames of one adapter
 * follow each other: so a frame to a node begins when the one before it has passed the narrowest link of the route. */
#include "nic-sim/engine.h"
#include "sockets/tcpip/ip_state.h"

/* IEEE 802.3: header and checksum, least length of a frame, preamble and gap to the next one. */
#define FRAMING_BYTES 18u
#define FRAME_MIN     64u
#define GAP_BYTES     20u

/* Longest queue before an adapter, in frames; what comes beyond it is dropped (Linux: txqueuelen 100). */
#define QUEUE_MAX 100u

/* One of the other hosts. */
struct ip_peer {
	struct ip *ip;
	unsigned node;
	uint32_t next_out, next_in; /* numbers of frames */
	GQueue early;               /* frames that came before one that was sent before, by number */
	GQueue waiting;             /* ... that wait for the adapter */
	uint64_t bytes_per_s;       /* 0: not known yet */
	sim_time free_at;           /* the adapter */
	struct sim_event free;
};

static uint64_t
wire_bytes(const struct ip_frame *f)
{
	uint32_t frame = FRAMING_BYTES + IP_HEADER_BYTES + f->packet->bytes;

	return MAX(frame, FRAME_MIN) + GAP_BYTES;
}

/* In. ---------------------------------------------------------------------------------------------------------------
 */

static void
interrupted(void *arg)
{
	struct ip *ip = arg;
	GList *link;

	ip->interrupting = false;
	while ((link = g_queue_pop_head_link(&ip->arrived)))
		ip_handle(ip, link->data);
}

static void
deposit(struct ip *ip, struct ip_frame *f)
{
	const struct host *host = ip->kernel->host;

	g_queue_push_tail_link(&ip->arrived, &f->link);
	if (ip->interrupting)
		return;
	ip->interrupting = true;
	ip->counts.interrupts++;
	cpu_interrupt(host->cpus, &ip->irq, host->params->interrupt, interrupted, ip);
}

static void
insert_by_number(GQueue *frames, struct ip_frame *f)
{
	GList *at = frames->tail;

	while (at && (int32_t)(((struct ip_frame *)at->data)->number - f->number) > 0)
		at = at->prev;
	g_queue_insert_after_link(frames, at, &f->link);
}

static void
arrived(void *arg)
{
	struct ip_frame *f = arg;
	struct ip *ip = f->receiver;
	struct ip_peer *peer = &ip->peers[f->packet->from];

	g_queue_unlink(&ip->coming, &f->link);
	insert_by_number(&peer->early, f);
	while ((f = g_queue_peek_head(&peer->early)) && f->number == peer->next_in) {
		g_queue_unlink(&peer->early, &f->link);
		peer->next_in++;
		deposit(ip, f);
	}
}

/* Out. --------------------------------------------------------------------------------------------------------------
 */

/* begin: the adapter is free. */
static void
begin(struct ip_peer *peer, struct ip_frame *f)
{
	const struct host *from = peer->ip->kernel->host, *to = &from->machine->hosts[peer->node];

	if (!peer->bytes_per_s)
		peer->bytes_per_s = sim_route_rate(from->name, to->name);
	peer->free_at = sim_now() + sim_transfer_time(wire_bytes(f), peer->bytes_per_s);
	f->number = peer->next_out++;
	f->receiver = kernel_of(to)->ip;
	g_queue_push_tail_link(&f->receiver->coming, &f->link);
	sim_flow(from->name, to->name, wire_bytes(f), arrived, f);
}

static void
adapter_free(struct sim_event *event)
{
	struct ip_peer *peer = sim_event_owner(event, struct ip_peer, free);

	begin(peer, g_queue_pop_head_link(&peer->waiting)->data);
	if (peer->waiting.length > 0)
		sim_post(&peer->free, peer->free_at);
}

void
ip_ethernet_send(struct ip *ip, unsigned node, struct ip_frame *f)
{
	struct ip_peer *peer = &ip->peers[node];

	if (!kernel_of(&ip->kernel->host->machine->hosts[node]) || peer->waiting.length >= QUEUE_MAX) {
		ip->counts.dropped++;
		ip_frame_free(f);
		return;
	}
	if (peer->waiting.length == 0 && peer->free_at <= sim_now()) {
		begin(peer, f);
		return;
	}
	g_queue_push_tail_link(&peer->waiting, &f->link);
	if (!sim_posted(&peer->free))
		sim_post(&peer->free, peer->free_at);
}

void
ip_ethernet_start(struct ip *ip)
{
	unsigned n = ip->kernel->host->machine->n_hosts;

	g_queue_init(&ip->coming);
	g_queue_init(&ip->arrived);
	ip->peers = g_new0(struct ip_peer, n);
	for (unsigned i = 0; i < n; i++) {
		struct ip_peer *peer = &ip->peers[i];

		peer->ip = ip;
		peer->node = i;
		g_queue_init(&peer->early);
		g_queue_init(&peer->waiting);
		sim_event_init(&peer->free, SIM_RANK_NODE + ip->kernel->host->node, adapter_free);
	}
}

void
ip_ethernet_stop(struct ip *ip)
{
	for (unsigned i = 0; i < ip->kernel->host->machine->n_hosts; i++) {
		sim_cancel(&ip->peers[i].free);
		ip_free_frames(&ip->peers[i].early);
		ip_free_frames(&ip->peers[i].waiting);
	}
	g_free(ip->peers);
	ip_free_frames(&ip->coming);
	ip_free_frames(&ip->arrived);
}
