/* How packets move: the head from switch to switch, what happens at the door of the NIC, and how packets end. */
#include "nic-sim/fabric_internal.h"

#include "nic-sim/trace.h"

/* The head. -------------------------------------------------------------------------------- */

/* tell_sender: the sender's end moves at `cap` at most, as soon as STOP and GO have told it. */
static void
tell_sender(struct worm *w, uint64_t cap)
{
	if (cap == w->sender_cap)
		return;
	w->sender_cap = cap;
	if (holds(w, 0) && !sim_posted(&w->backward))
		sim_post(&w->backward, sim_now() + w->reach);
}

void
worm_tell_nic(struct worm *w)
{
	const struct port *p = &w->fabric->ports[w->from];
	uint64_t rate = w->fabric->channels[w->path[0]].bytes_per_s;

	rate = p->send_limit < rate ? p->send_limit : rate;
	p->nic.flow(p->nic.nic, true, w->known_cap < rate ? w->known_cap : rate);
}

void
worm_backward_fire(struct sim_event *ev)
{
	struct worm *w = sim_event_owner(ev, struct worm, backward);

	w->known_cap = w->sender_cap;
	if (w->fabric->ports[w->from].sending == w && holds(w, 0))
		worm_tell_nic(w);
}

static void
block(struct worm *w, enum phase why)
{
	const struct port *p = &w->fabric->ports[w->from];
	sim_time patience = p->nic.timeout(p->nic.nic);

	w->phase = why;
	if (why != WORM_STARVED) {
		w->delayed = true;
		w->cause = sim_now();
		tell_sender(w, 0);
		worm_schedule(w);
	}
	if (patience != SIM_NEVER)
		sim_post(&w->timeout, sim_now() + patience);
}

void
worm_enter(struct worm *w, uint32_t channel, sim_time delay)
{
	struct channel *c = &w->fabric->channels[channel];
	unsigned hop = w->n_path++;

	w->path[hop] = channel;
	w->enter[hop] = w->reach;
	w->reach += delay + c->latency;
	if (hop == 0 || c->bytes_per_s < w->bytes_per_s)
		w->bytes_per_s = c->bytes_per_s;
	c->holder = w;
	c->hop = hop;
	c->held_since = sim_now();
	w->n_held++;
	if (c->down)
		worm_swallow(w);
	worm_strike(w);
	trace_event(SIM_RANK_CHANNEL + channel, TRACE_HEAD, w->bytes - w->start);
	w->phase = WORM_TRAVEL;
	w->head.rank = (uint16_t)(SIM_RANK_CHANNEL + channel);
	w->tail.rank = w->forward.rank =
	        (uint16_t)(c->to_node == NO_INDEX ? SIM_RANK_CHANNEL + channel : SIM_RANK_NODE + c->to_node);
	sim_post(&w->head, sim_now() + delay + c->latency);
}

static void
grant(struct worm *w, uint32_t channel)
{
	bool waited = w->phase == WORM_QUEUED;

	sim_cancel(&w->timeout);
	worm_enter(w, channel, w->fabric->switch_delay);
	if (waited) {
		w->cause = sim_now();
		tell_sender(w, FABRIC_UNLIMITED);
	}
	worm_schedule(w);
}

/* enqueue: behind those that came earlier, or at the same instant by a lower port (cause is when they came). */
static void
enqueue(struct worm *w, struct channel *c)
{
	struct worm **at = &c->waiting;

	w->wait_port = front(w)->in_port;
	block(w, WORM_QUEUED);
	while (*at && ((*at)->cause < w->cause || (*at)->wait_port < w->wait_port))
		at = &(*at)->next;
	w->next = *at;
	*at = w;
}

void
worm_leave_queue(struct worm *w)
{
	for (uint32_t i = 0; i < w->fabric->n_channels; i++)
		for (struct worm **at = &w->fabric->channels[i].waiting; *at; at = &(*at)->next)
			if (*at == w) {
				*at = w->next;
				return;
			}
}

static void
bad_route(struct worm *w)
{
	w->discard = true;
	worm_drop(w, DROP_BAD_ROUTE);
}

/* route_on: strips a route byte; the channel that it names, or NO_INDEX. */
static uint32_t
route_on(struct worm *w)
{
	const struct channel *c = front(w);
	const struct crossbar *s = &w->fabric->switches[c->to_switch];
	uint8_t byte = w->data[w->start++];
	int delta = byte & 0x20 ? (byte & 0x3F) - 0x40 : byte & 0x3F;
	int64_t port = (int64_t)c->in_port + delta;

	if (!(byte & 0x80) || port < 0 || port >= s->n_ports || w->n_path == MAX_PATH)
		return NO_INDEX;
	return s->out[port];
}

static void
at_switch(struct worm *w)
{
	uint32_t channel = NO_INDEX;

	if (!w->discard && w->start == w->bytes && !w->closed) {
		block(w, WORM_STARVED);
		return;
	}
	if (!w->discard) {
		channel = w->start < w->bytes ? route_on(w) : NO_INDEX;
		if (channel == NO_INDEX)
			bad_route(w);
	}
	if (w->discard && !w->closed)
		block(w, WORM_STARVED);
	else if (w->discard)
		worm_begin_flow(w, w->bytes - w->start);
	else if (w->fabric->channels[channel].holder)
		enqueue(w, &w->fabric->channels[channel]);
	else
		grant(w, channel);
}

/* leave_door / wait_at_door: who waits for a buffer.  The tail of a very short packet passes its last channel before
 * its head reaches the NIC, so another head can come to the door behind it; the rest of a packet that was taken in part
 * goes first. */
void
worm_leave_door(struct port *p, struct worm *w)
{
	for (struct worm **at = &p->door; *at; at = &(*at)->next)
		if (*at == w) {
			*at = w->next;
			return;
		}
}

void
worm_wait_at_door(struct port *p, struct worm *w, bool first)
{
	struct worm **at = &p->door;

	while (*at && !first)
		at = &(*at)->next;
	w->next = *at;
	*at = w;
	block(w, WORM_DOOR);
}

void
worm_starve(struct worm *w)
{
	block(w, WORM_STARVED);
}

void
worm_at_door(struct worm *w)
{
	struct port *p = far_port(w);
	uint32_t left = w->bytes - w->start, chunk = left;
	bool behind = p->door && p->receiving != w && w->phase != WORM_DOOR;

	if (!w->closed) {
		block(w, WORM_STARVED);
		return;
	}
	if (!w->discard && !behind && p->receiving && p->receiving->phase == WORM_ENDLESS) {
		worm_merge(p->receiving, w);
		return;
	}
	if (!w->discard)
		chunk = behind ? FABRIC_NO_BUFFER : p->nic.take(p->nic.nic, left, w->tag);
	if (chunk == FABRIC_NO_BUFFER)
		worm_wait_at_door(p, w, !behind);
	else
		worm_begin_flow(w, chunk);
}

void
worm_head_fire(struct sim_event *ev)
{
	struct worm *w = sim_event_owner(ev, struct worm, head);

	if (front(w)->to_node == NO_INDEX)
		at_switch(w);
	else
		worm_at_door(w);
}

/* The far end. ----------------------------------------------------------------------------- */

/* retime: the rates or the amount changed: where does that put the tail, and who must know? */
static void
retime(struct worm *w)
{
	struct port *p = far_port(w);
	uint64_t limit = w->far_limit, rate;

	if (p && !w->discard && p->receive_limit < limit)
		limit = p->receive_limit;
	rate = limit < w->bytes_per_s ? limit : w->bytes_per_s;
	flow_set(&w->taken, sim_now(), speed_of(limit, w->bytes_per_s));
	sim_time end = flow_end(&w->taken), natural = flow_end(&w->sent);

	if (end != SIM_NEVER && w->start + w->chunk == w->bytes)
		end = natural == SIM_NEVER ? SIM_NEVER : later(end, natural + w->reach);
	if (end == SIM_NEVER)
		sim_cancel(&w->tail);
	else if (!sim_posted(&w->tail) || w->tail.time != end)
		sim_post(&w->tail, end);
	worm_schedule(w);
	if (p && !w->discard && rate != w->told_rate)
		p->nic.flow(p->nic.nic, false, w->told_rate = rate);
	tell_sender(w, rate < w->far_limit && rate < w->fabric->channels[w->path[0]].bytes_per_s ? rate
	                                                                                         : FABRIC_UNLIMITED);
}

/* not_sent_yet: of a packet that never waited: what had not left the sender when that what arrives now did. */
static uint64_t
not_sent_yet(const struct worm *w)
{
	uint64_t rate = w->fabric->channels[w->path[0]].bytes_per_s;
	sim_time end = flow_end(&w->sent), then = sim_now() - w->reach;
	uint64_t rest;

	if (end == SIM_NEVER || end - then > LONG_AGO)
		return UINT64_MAX;
	rest = end > then ? (end - then) * w->sent.speed / FULL_SPEED : 0;
	return rate == w->bytes_per_s ? rest : (uint64_t)((double)rest * (double)rate / (double)w->bytes_per_s);
}

void
worm_begin_flow(struct worm *w, uint32_t chunk)
{
	bool last = w->start + chunk == w->bytes;
	uint64_t work = wire_time(chunk - w->ahead + (last ? TRAILER : 0), w->bytes_per_s);
	struct port *p = far_port(w);

	sim_cancel(&w->timeout);
	if (w->phase == WORM_DOOR)
		w->cause = sim_now();
	if (last && !w->delayed) {
		uint64_t rest = not_sent_yet(w);

		work = rest < work ? rest : work;
	}
	w->phase = WORM_FLOW;
	w->chunk = chunk;
	w->ahead = 0;
	w->told_rate = 0;
	if (!holds(w, 0))
		w->far_limit = FABRIC_UNLIMITED;
	w->taken = (struct flow){.since = sim_now(), .rest = work};
	if (p && !w->discard)
		p->receiving = w;
	else if (p && p->receiving == w)
		p->receiving = NULL;
	retime(w);
}

void
worm_forward_fire(struct sim_event *ev)
{
	struct worm *w = sim_event_owner(ev, struct worm, forward);

	if (w->fabric->ports[w->from].sending != w)
		return;
	w->far_limit = w->fabric->ports[w->from].send_limit;
	if (w->phase != WORM_FLOW)
		return;
	w->cause = sim_now();
	retime(w);
}

static void
finish(struct worm *w)
{
	struct port *p = far_port(w);

	w->phase = WORM_OVER;
	if (p && p->receiving == w)
		p->receiving = NULL;
	worm_unref(w);
}

void
worm_tail_fire(struct sim_event *ev)
{
	struct worm *w = sim_event_owner(ev, struct worm, tail);
	struct fabric *f = w->fabric;
	const struct port *p = far_port(w);
	const uint8_t *data = w->data + w->start;
	bool last = w->start + w->chunk == w->bytes;

	if (last && w->endless && !w->discard) {
		worm_await_tail(w);
		return;
	}
	w->start += w->chunk;
	if (w->discard) {
		finish(w);
		return;
	}
	p->nic.taken(p->nic.nic, data, w->chunk, last, last ? w->residue : 0, w->tag);
	if (!last) {
		worm_at_door(w);
		return;
	}
	f->counts.delivered += !w->dropped;
	f->counts.corrupted += w->residue != 0 && !w->dropped;
	if (w->twice)
		worm_repeat(w);
	finish(w);
}

/* sync: a core armed a buffer or changed what its port takes. */
void
port_sync_fire(struct sim_event *ev)
{
	struct port *p = sim_event_owner(ev, struct port, sync);
	struct worm *door = p->accepted ? p->door : NULL, *w = p->receiving;

	p->accepted = false;
	if (door) {
		p->door = door->next;
		worm_at_door(door);
	} else if (w && w->phase == WORM_FLOW && w->n_held > 0) {
		w->cause = sim_now();
		retime(w);
	}
}

void
channel_release_fire(struct sim_event *ev)
{
	struct channel *c = sim_event_owner(ev, struct channel, release);
	struct fabric *f = c->fabric;
	struct worm *w = c->holder, *next = c->waiting;
	uint32_t number = (uint32_t)(c - f->channels);

	trace_event(SIM_RANK_CHANNEL + number, TRACE_TAIL, w->bytes);
	c->busy += sim_now() - c->held_since;
	c->holder = NULL;
	w->n_held--;
	if (c->hop == 0 && f->ports[w->from].sending == w) {
		f->ports[w->from].sending = NULL;
		f->ports[w->from].nic.sent(f->ports[w->from].nic.nic);
	}
	worm_unref(w);
	if (next) {
		c->waiting = next->next;
		grant(next, number);
	}
}

/* Packets that end before their time. ------------------------------------------------------ */

/* worm_kill: the packet vanishes; its channels become free in this instant. */
void
worm_kill(struct worm *w, enum drop_reason reason)
{
	struct port *p = far_port(w), *s = &w->fabric->ports[w->from];

	worm_drop(w, reason);
	if (w->phase == WORM_QUEUED)
		worm_leave_queue(w);
	if (p && w->phase == WORM_DOOR)
		worm_leave_door(p, w);
	if (p && p->receiving == w)
		p->receiving = NULL;
	if (s->sending == w)
		s->sending = NULL;
	sim_cancel(&w->head);
	sim_cancel(&w->tail);
	sim_cancel(&w->timeout);
	w->phase = WORM_OVER;
	for (unsigned hop = 0; hop < w->n_path; hop++)
		if (holds(w, hop))
			sim_post(&w->fabric->channels[w->path[hop]].release, sim_now());
	worm_unref(w);
}

void
worm_timeout_fire(struct sim_event *ev)
{
	struct worm *w = sim_event_owner(ev, struct worm, timeout);
	struct port *p = far_port(w), *s = &w->fabric->ports[w->from];
	bool sending = s->sending == w, receiving = p && p->receiving == w;

	worm_kill(w, DROP_TIMEOUT);
	if (sending)
		s->nic.reset(s->nic.nic, true);
	if (receiving)
		p->nic.reset(p->nic.nic, false);
}
