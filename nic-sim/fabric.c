/* The fabric as NICs and the machine see it. */
#include "nic-sim/fabric_internal.h"

#include <glib.h>
#include <inttypes.h>
#include <string.h>

/* The NIC's side. -------------------------------------------------------------------------- */

static struct worm *
open_packet(struct fabric *f, struct port *p)
{
	struct worm *w = worm_new(f, p->node);

	w->sent.since = sim_now();
	w->sent.speed = speed_of(p->send_limit, f->channels[p->out].bytes_per_s);
	w->far_limit = p->send_limit;
	p->sending = w;
	f->counts.packets++;
	return w;
}

static void
append(struct worm *w, const uint8_t *data, uint32_t bytes)
{
	if (w->bytes + bytes > w->capacity) {
		while (w->bytes + bytes > w->capacity)
			w->capacity *= 2;
		w->data = g_realloc(w->data, w->capacity);
	}
	memcpy(w->data + w->bytes, data, bytes);
	w->bytes += bytes;
}

/* feed: what was just given comes behind what was given before. */
static void
feed(struct worm *w, uint32_t bytes, bool tail)
{
	uint64_t rate = w->fabric->channels[w->fabric->ports[w->from].out].bytes_per_s;

	flow_set(&w->sent, sim_now(), w->sent.speed);
	w->sent.rest += wire_time(bytes + (tail ? TRAILER : 0), rate);
	w->closed = tail;
}

bool
fabric_send(struct fabric *f, unsigned node, const uint8_t *data, uint32_t bytes, bool tail, uint32_t tag)
{
	struct port *p = &f->ports[node];
	struct worm *w = p->sending;

	if (p->out == NO_INDEX || (w && w->closed) || (w ? w->bytes : 0) + bytes > FABRIC_MAX_PACKET)
		return false;
	if (!w)
		w = open_packet(f, p);
	append(w, data, bytes);
	feed(w, bytes, tail);
	w->tag = tag ? tag : w->tag;
	if (w->n_path == 0) {
		worm_enter(w, p->out, 0);
		worm_tell_nic(w);
	} else if (w->phase == WORM_STARVED) {
		w->phase = WORM_TRAVEL;
		sim_cancel(&w->timeout);
		sim_post(&w->head, sim_now() + w->reach);
	}
	worm_strike(w);
	worm_schedule(w);
	return true;
}

bool
fabric_sending(const struct fabric *f, unsigned node)
{
	return f->ports[node].sending != NULL;
}

void
fabric_accept(struct fabric *f, unsigned node)
{
	struct port *p = &f->ports[node];

	if (!p->door)
		return;
	p->accepted = true;
	sim_post(&p->sync, sim_now());
}

void
fabric_limit(struct fabric *f, unsigned node, bool sending, uint64_t bytes_per_s)
{
	struct port *p = &f->ports[node];
	uint64_t *limit = sending ? &p->send_limit : &p->receive_limit;
	struct worm *w = sending ? p->sending : p->receiving;

	if (*limit == bytes_per_s)
		return;
	*limit = bytes_per_s;
	if (!w)
		return;
	if (!sending) {
		sim_post(&p->sync, sim_now());
		return;
	}
	flow_set(&w->sent, sim_now(), speed_of(bytes_per_s, f->channels[p->out].bytes_per_s));
	worm_schedule(w);
	worm_tell_nic(w);
	if (!sim_posted(&w->forward))
		sim_post(&w->forward, sim_now() + w->reach);
}

uint32_t
fabric_progress(const struct fabric *f, unsigned node, const uint8_t **data)
{
	const struct worm *w = f->ports[node].receiving;
	uint64_t rest;

	if (!w || (w->phase != WORM_FLOW && w->phase != WORM_ENDLESS))
		return 0;
	*data = w->data + w->start;
	if (w->phase == WORM_ENDLESS)
		return w->chunk;
	rest = (uint64_t)((unsigned __int128)flow_rest(&w->taken, sim_now()) * w->bytes_per_s / SIM_S);
	return rest < w->chunk ? w->chunk - (uint32_t)rest : 0;
}

/* Resets. -------------------------------------------------------------------------------- */

static void
abort_sending(struct worm *w)
{
	worm_end_early(w);
	worm_kill(w, DROP_RESET);
}

void
fabric_abort(struct fabric *f, unsigned node)
{
	struct port *p = &f->ports[node];
	struct worm *w = p->receiving;

	if (w && !w->discard) {
		w->discard = true;
		worm_drop(w, DROP_RESET);
		if (w->phase == WORM_DOOR)
			worm_leave_door(p, w);
		worm_begin_flow(w, w->bytes - w->start);
	}
	if (p->sending)
		abort_sending(p->sending);
}

/* Making and asking. ----------------------------------------------------------------------- */

static void
init_faults(struct channel *c, uint32_t number, const struct params *params)
{
	struct fault_rates rates = fault_rates_of(params, c->to_node != NO_INDEX);

	faults_init(&c->faults, params->fault_seed, number, &rates);
	c->faulty = faults_possible(&c->faults);
}

static void
init_events(struct fabric *f)
{
	for (uint32_t i = 0; i < f->n_channels; i++) {
		struct channel *c = &f->channels[i];

		sim_event_init(&c->release,
		               c->from_node == NO_INDEX ? SIM_RANK_CHANNEL + i : SIM_RANK_NODE + c->from_node,
		               channel_release_fire);
		init_faults(c, i, &f->platform->params[0]);
	}
	for (unsigned i = 0; i < f->n_nodes; i++)
		sim_event_init(&f->ports[i].sync, SIM_RANK_NODE + i, port_sync_fire);
}

struct fabric *
fabric_new(const struct platform *platform, bool allow_deadlock, char **error)
{
	struct fabric *f = g_new0(struct fabric, 1);

	f->platform = platform;
	f->n_nodes = platform->n_nodes;
	f->switch_delay = platform->params[0].switch_delay;
	f->slack = platform->params[0].slack;
	f->ports = g_new0(struct port, f->n_nodes + 1);
	for (unsigned i = 0; i < f->n_nodes; i++)
		f->ports[i] = (struct port){
		        .fabric = f, .node = i, .send_limit = FABRIC_UNLIMITED, .receive_limit = FABRIC_UNLIMITED};
	if (!topology_derive(f, error) || (!allow_deadlock && !topology_find_cycle(f, error))) {
		fabric_free(f);
		return NULL;
	}
	init_events(f);
	return f;
}

void
fabric_free(struct fabric *f)
{
	for (uint32_t i = 0; i < f->n_channels; i++)
		sim_cancel(&f->channels[i].release);
	for (unsigned i = 0; i < f->n_nodes; i++)
		sim_cancel(&f->ports[i].sync);
	for (struct worm *w = f->newest, *older; w; w = older) {
		older = w->older;
		worm_cancel(w);
		g_free(w->data);
		g_free(w);
	}
	topology_free(f);
	g_free(f->ports);
	g_free(f);
}

void
fabric_attach(struct fabric *f, unsigned node, const struct fabric_port *port)
{
	f->ports[node].nic = *port;
}

unsigned
fabric_route(const struct fabric *f, unsigned from, unsigned to, uint8_t *bytes, unsigned max)
{
	const struct platform_route *route = &f->platform->routes[from * f->n_nodes + to];
	unsigned n = route->n_links > 0 ? route->n_links - 1 : 0;

	if (n > max)
		return 0;
	for (unsigned i = 0; i < n; i++) {
		uint32_t in = f->channels[route->links[i]].in_port, out = f->channels[route->links[i + 1]].out_port;

		bytes[i] = (uint8_t)(0x80 | ((out - in) & 0x3F));
	}
	return n;
}

uint64_t
fabric_link_rate(const struct fabric *f, unsigned node, bool sending)
{
	uint32_t channel = sending ? f->ports[node].out : f->ports[node].in;

	return channel == NO_INDEX ? FABRIC_UNLIMITED : f->channels[channel].bytes_per_s;
}

sim_time
fabric_lookahead(const struct fabric *f)
{
	return f->lookahead;
}

struct fabric_counts
fabric_counts(const struct fabric *f)
{
	struct fabric_counts counts = f->counts;

	for (uint32_t i = 0; i < f->n_channels; i++) {
		const struct channel *c = &f->channels[i];
		sim_time busy = c->busy + (c->holder ? sim_now() - c->held_since : 0);

		if (busy > counts.busiest_channel_ps) {
			counts.busiest_channel_ps = busy;
			counts.busiest_channel = c->name;
		}
	}
	return counts;
}

struct fault_counts
fabric_faults(const struct fabric *f)
{
	return f->injected;
}

static void
report_fault(void *out, const char *name, uint64_t n)
{
	if (n > 0)
		fprintf(out, "fabric: injected: %s %" PRIu64 "\n", name, n);
}

void
fabric_report(const struct fabric *f, FILE *out)
{
	static const char *const doing[] = {"travels to the end of",
	                                    "waits for a busy channel behind",
	                                    "waits for its sender at",
	                                    "waits for a receive buffer behind",
	                                    "flows through",
	                                    "lost its tail behind",
	                                    "leaves"};

	for (uint32_t i = 0; i < f->n_channels; i++) {
		const struct worm *w = f->channels[i].holder;

		if (w && w->path[w->n_path - 1] == i)
			fprintf(out, "fabric: a packet of %u bytes from %s %s %s\n", w->bytes,
			        f->platform->hosts[w->from], doing[w->phase], f->channels[i].name);
		if (f->channels[i].down)
			fprintf(out, "fabric: %s is down\n", f->channels[i].name);
	}
	fault_counts_each(&f->injected, report_fault, out);
}
