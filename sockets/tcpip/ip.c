#include "sockets/tcpip/ip_state.h"

/* A packet that was sent, until its task has paid. */
struct leaving {
	struct ip_frame *frame;
	unsigned node;
	struct task *task;
	sim_time cost;
	bool paid;
};

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

struct ip_frame *
ip_frame_new(struct ip_packet *p)
{
	struct ip_frame *f = g_new0(struct ip_frame, 1);

	f->link.data = f;
	f->packet = p;
	return f;
}

void
ip_frame_free(struct ip_frame *f)
{
	ip_packet_free(f->packet);
	g_free(f);
}

void
ip_free_frames(GQueue *frames)
{
	GList *link;

	while ((link = g_queue_pop_head_link(frames)))
		ip_frame_free(link->data);
}

/* Out. --------------------------------------------------------------------------------------------------------------
 */

uint32_t
ip_mtu(const struct kernel *k, unsigned node)
{
	return ip_myrinet_reaches(k->ip, node) ? ip_myrinet_mtu(k->ip) : ETHERNET_MTU;
}

static void
transmit(struct ip *ip, unsigned node, struct ip_frame *f)
{
	ip->counts.sent++;
	if (ip_myrinet_reaches(ip, node))
		ip_myrinet_send(ip, node, f);
	else
		ip_ethernet_send(ip, node, f);
}

static struct ip_frame *
copy_of(const struct ip_frame *f)
{
	struct ip_frame *copy = g_memdup2(f, sizeof *f);

	copy->link = (GList){.data = copy};
	copy->packet = g_memdup2(f->packet, sizeof *f->packet + f->packet->bytes);
	return copy;
}

static void
leave(struct ip *ip, struct leaving *l)
{
	unsigned copies = ip->disturb ? ip->disturb(ip->disturb_arg, l->frame->packet) : 1;

	for (unsigned i = 1; i < copies; i++)
		transmit(ip, l->node, copy_of(l->frame));
	if (copies > 0)
		transmit(ip, l->node, l->frame);
	else
		ip_frame_free(l->frame);
	g_free(l);
}

static void
queue_leaving(struct ip *ip, unsigned node, struct ip_frame *f)
{
	const struct params *params = ip->kernel->host->params;
	struct leaving *l = g_new0(struct leaving, 1);

	l->frame = f;
	l->node = node;
	l->task = task_self();
	l->cost = f->packet->cost + (ip_myrinet_reaches(ip, node) ? params->myrinet_send : params->ethernet_send);
	g_queue_push_tail(&ip->leaving, l);
}

void
ip_send(struct kernel *k, unsigned node, struct ip_packet *p)
{
	uint32_t mtu = ip_mtu(k, node);

	p->from = k->host->node;
	p->to = node;
	if (p->bytes <= mtu)
		queue_leaving(k->ip, node, ip_frame_new(p));
	else
		ip_cut(k->ip, node, p, mtu, queue_leaving);
}

/* drain: what is paid, in the order of sending, whichever task paid first. */
static void
drain(struct ip *ip)
{
	struct leaving *l;

	if (ip->draining)
		return;
	ip->draining = true;
	while ((l = g_queue_peek_head(&ip->leaving)) && l->paid)
		leave(ip, g_queue_pop_head(&ip->leaving));
	ip->draining = false;
}

/* unpaid: the first of the running task. */
static struct leaving *
unpaid(const struct ip *ip)
{
	for (GList *at = ip->leaving.head; at; at = at->next) {
		struct leaving *l = at->data;

		if (l->task == task_self() && !l->paid)
			return l;
	}
	return NULL;
}

static void
flush(struct kernel *k)
{
	struct leaving *l;

	cpu_settle();
	while ((l = unpaid(k->ip))) {
		cpu_charge(CPU_SYSTEM, l->cost);
		cpu_settle();
		l->paid = true;
		drain(k->ip);
	}
}

void
ip_flush(struct kernel *k)
{
	if (task_self() != k->ip->task) /* which does it behind each piece of work */
		flush(k);
}

void
ip_disturb(struct kernel *k, ip_disturber disturb, void *arg)
{
	k->ip->disturb = disturb;
	k->ip->disturb_arg = arg;
}

/* In. ---------------------------------------------------------------------------------------------------------------
 */

void
ip_receive(struct kernel *k, enum ip_protocol protocol, ip_receiver receiver)
{
	k->ip->receivers[protocol] = receiver;
}

void
ip_handle(struct ip *ip, struct ip_frame *f)
{
	g_queue_push_tail_link(&ip->inbox, &f->link);
	cpu_poke(ip->task);
}

static void
receive(struct ip *ip, struct ip_frame *f)
{
	const struct params *params = ip->kernel->host->params;
	unsigned protocol = f->packet->protocol;
	struct ip_packet *p;

	ip->counts.received++;
	cpu_charge(CPU_SYSTEM,
	           ip_myrinet_reaches(ip, f->packet->from) ? params->myrinet_receive : params->ethernet_receive);
	if (protocol > IP_UDP || !ip->receivers[protocol]) {
		ip->counts.dropped++;
		ip_frame_free(f);
		return;
	}
	p = ip_join(ip, f);
	if (p)
		ip->receivers[protocol](ip->kernel, p);
}

struct ip_counts
ip_counts(const struct kernel *k)
{
	return k->ip->counts;
}

/* The kernel's task. ------------------------------------------------------------------------------------------------
 */

void
ip_later(struct kernel *k, struct ip_work *w)
{
	struct ip *ip = k->ip;

	if (w->queued)
		return;
	w->queued = true;
	w->next = NULL;
	if (ip->first_work)
		ip->last_work->next = w;
	else
		ip->first_work = w;
	ip->last_work = w;
	cpu_poke(ip->task);
}

void
ip_forget(struct kernel *k, struct ip_work *w)
{
	struct ip_work **link = &k->ip->first_work, *before = NULL;

	if (!w->queued)
		return;
	for (; *link != w; link = &before->next)
		before = *link;
	*link = w->next;
	if (k->ip->last_work == w)
		k->ip->last_work = before;
	w->queued = false;
}

static bool
do_work(struct ip *ip)
{
	struct ip_work *w = ip->first_work;

	if (!w)
		return false;
	ip->first_work = w->next;
	w->queued = false;
	w->work(w->arg);
	return true;
}

static bool
do_frame(struct ip *ip)
{
	GList *link = g_queue_pop_head_link(&ip->inbox);

	if (!link)
		return false;
	receive(ip, link->data);
	return true;
}

static void
serve(void *arg)
{
	struct ip *ip = arg;

	for (;;) {
		if (do_frame(ip) || do_work(ip))
			flush(ip->kernel);
		else
			cpu_block("the kernel: IP packets", SIM_NEVER);
	}
}

void
ip_start(struct kernel *k)
{
	struct ip *ip = g_new0(struct ip, 1);

	ip->kernel = k;
	k->ip = ip;
	g_queue_init(&ip->inbox);
	g_queue_init(&ip->leaving);
	g_queue_init(&ip->partial);
	ip->task = task_start_on(k->host->cpus, NULL, "ip", true, serve, ip);
	ip_ethernet_start(ip);
	ip_myrinet_start(ip);
}

static void
free_leaving(void *data)
{
	struct leaving *l = data;

	ip_frame_free(l->frame);
	g_free(l);
}

void
ip_stop(struct kernel *k)
{
	struct ip *ip = k->ip;

	ip_ethernet_stop(ip);
	ip_myrinet_stop(ip);
	ip_fragments_stop(ip);
	g_queue_clear_full(&ip->leaving, free_leaving);
	ip_free_frames(&ip->inbox);
	g_free(ip);
	k->ip = NULL;
}
