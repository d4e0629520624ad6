#include "sockets/vmmc/segment.h"

#include "nic-sim/engine.h"
#include "sockets/kernel.h"
#include "sockets/vmmc/network_vmmc.h"

/* On the wire: Ethernet header and checksum, IP and TCP without options (IEEE 802.3, RFC 791, RFC 793), and in the data
 * connection number and VMMC's greeting (network_vmmc.c) for a set-up, else the connection number. */
#define HEADER_BYTES  (18 + 20 + 20)
#define SET_UP_BYTES  (CONTENT_BYTES + NETWORK_VMMC_GREETING_BYTES)
#define CONTENT_BYTES 4

/* The other kernel, as one knows it: what comes next in either direction, and what came too early. */
struct segment_peer {
	uint32_t next_out, next_in;
	GQueue early; /* struct segment, by number */
};

static uint64_t
wire_bytes(const struct segment *s)
{
	bool set_up = s->kind == SEGMENT_SYN || s->kind == SEGMENT_SYN_ACK;

	return HEADER_BYTES + (set_up ? SET_UP_BYTES : CONTENT_BYTES);
}

static int
by_number(const void *a, const void *b, void *unused)
{
	int32_t difference = (int32_t)(((const struct segment *)a)->number - ((const struct segment *)b)->number);

	(void)unused;
	return difference;
}

static void
arrived(void *arg)
{
	struct segment *s = arg;
	struct kernel *k = s->receiver;
	struct segment_peer *peer = &k->peers[s->node];
	struct segment *first;

	g_queue_remove(&k->coming, s);
	g_queue_insert_sorted(&peer->early, s, by_number, NULL);
	while ((first = g_queue_peek_head(&peer->early)) && first->number == peer->next_in) {
		g_queue_push_tail(&k->inbox, g_queue_pop_head(&peer->early));
		peer->next_in++;
	}
	cpu_poke(k->task);
}

void
segment_send(struct kernel *from, unsigned node, const struct segment *content)
{
	struct kernel *to = kernel_of(&from->host->machine->hosts[node]);
	struct segment *s = g_memdup2(content, sizeof *content);

	cpu_charge(CPU_SYSTEM, from->host->params->tcp_send);
	cpu_settle();
	s->node = from->host->node;
	s->number = from->peers[node].next_out++;
	s->receiver = to;
	from->counts.ethernet_segments++;
	g_queue_push_tail(&to->coming, s);
	sim_flow(from->host->name, to->host->name, wire_bytes(s), arrived, s);
}

static void
handle(struct kernel *k, const struct segment *s)
{
	cpu_charge(CPU_SYSTEM, k->host->params->tcp_receive);
	cpu_settle();
	segment_handle(k, s);
}

static void
serve(void *arg)
{
	struct kernel *k = arg;

	for (;;) {
		struct segment *s = g_queue_pop_head(&k->inbox);

		if (!s) {
			cpu_block("the kernel: segments of other hosts", SIM_NEVER);
			continue;
		}
		handle(k, s);
		g_free(s);
	}
}

void
segment_start(struct kernel *k)
{
	unsigned n = k->host->machine->n_hosts;

	g_queue_init(&k->coming);
	g_queue_init(&k->inbox);
	k->peers = g_new0(struct segment_peer, n);
	for (unsigned i = 0; i < n; i++)
		g_queue_init(&k->peers[i].early);
	k->task = task_start_on(k->host->cpus, NULL, "sockets", true, serve, k);
}

void
segment_stop(struct kernel *k)
{
	for (unsigned i = 0; i < k->host->machine->n_hosts; i++)
		g_queue_clear_full(&k->peers[i].early, g_free);
	g_free(k->peers);
	g_queue_clear_full(&k->coming, g_free);
	g_queue_clear_full(&k->inbox, g_free);
}
