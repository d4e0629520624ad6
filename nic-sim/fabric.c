/* How packets move.
 *
 * A worm is a head that events carry from hop to hop, and behind it a fluid.  Two flows describe the fluid: `sent` at
 * the sender, as if the way were free, and `taken` at the receiver.  From them follow the date of the tail and the
 * dates at which the channels become free, each one event, moved when a rate changes.  No event depends on the length.
 */
#include "nic-sim/fabric_internal.h"

#include "nic-sim/crc8.h"
#include "nic-sim/trace.h"

#include <glib.h>
#include <string.h>

#define TRAILER        2u /* characters behind the data: CRC-8 and GAP */
#define FIRST_CAPACITY 8192u
#define LONG_AGO       ((sim_time)1 << 46) /* 70 s: any flow that moved at all is over */

enum drop_reason { DROP_BAD_ROUTE = 1, DROP_FAULT, DROP_TIMEOUT, DROP_RESET };

/* Flows. ------------------------------------------------------------------------------------------------------------
 */

static inline sim_time
wire_time(uint64_t bytes, uint64_t bytes_per_s)
{
	return (bytes * SIM_S + bytes_per_s / 2) / bytes_per_s; /* fits: at most 2^21 bytes */
}

static inline uint32_t
speed_of(uint64_t limit, uint64_t bytes_per_s)
{
	return limit >= bytes_per_s ? FULL_SPEED : (uint32_t)(limit * FULL_SPEED / bytes_per_s);
}

static uint64_t
flow_rest(const struct flow *f, sim_time t)
{
	sim_time passed = t - f->since;
	uint64_t done = passed < LONG_AGO ? passed * f->speed / FULL_SPEED : f->speed ? f->rest : 0;

	return done < f->rest ? f->rest - done : 0;
}

static void
flow_set(struct flow *f, sim_time now, uint32_t speed)
{
	f->rest = flow_rest(f, now);
	f->since = now;
	f->speed = speed;
}

static sim_time
flow_end(const struct flow *f)
{
	if (f->speed == 0)
		return f->rest ? SIM_NEVER : f->since;
	return f->since + (f->rest * FULL_SPEED + f->speed - 1) / f->speed;
}

static inline sim_time
later(sim_time a, sim_time b)
{
	return a > b ? a : b;
}

/* Worms. ------------------------------------------------------------------------------------------------------------
 */

static void head_fire(struct sim_event *ev);
static void tail_fire(struct sim_event *ev);
static void forward_fire(struct sim_event *ev);
static void backward_fire(struct sim_event *ev);
static void timeout_fire(struct sim_event *ev);

static inline struct channel *
front(const struct worm *w)
{
	return &w->fabric->channels[w->path[w->n_path - 1]];
}

static inline struct port *
far_port(const struct worm *w)
{
	uint32_t node = front(w)->to_node;

	return node == NO_INDEX ? NULL : &w->fabric->ports[node];
}

static inline bool
holds(const struct worm *w, unsigned hop)
{
	const struct channel *c = &w->fabric->channels[w->path[hop]];

	return c->holder == w && c->hop == hop;
}

static struct worm *
worm_alloc(struct fabric *f)
{
	struct worm *w = f->pool;

	if (w) {
		f->pool = w->next;
	} else {
		w = g_new0(struct worm, 1);
		w->capacity = FIRST_CAPACITY;
		w->data = g_malloc(FIRST_CAPACITY);
		w->older = f->newest;
		f->newest = w;
	}
	return w;
}

static struct worm *
worm_new(struct fabric *f, unsigned node)
{
	struct worm *w = worm_alloc(f);
	unsigned rank = SIM_RANK_NODE + node;

	*w = (struct worm){.fabric = f,
	                   .data = w->data,
	                   .capacity = w->capacity,
	                   .older = w->older,
	                   .from = node,
	                   .sender_cap = FABRIC_UNLIMITED};
	sim_event_init(&w->head, rank, head_fire);
	sim_event_init(&w->tail, rank, tail_fire);
	sim_event_init(&w->forward, rank, forward_fire);
	sim_event_init(&w->backward, rank, backward_fire);
	sim_event_init(&w->timeout, rank, timeout_fire);
	return w;
}

static void
cancel_all(struct worm *w)
{
	sim_cancel(&w->head);
	sim_cancel(&w->tail);
	sim_cancel(&w->forward);
	sim_cancel(&w->backward);
	sim_cancel(&w->timeout);
}

/* worm_unref: back to the pool if nothing is left of it in the fabric. */
static void
worm_unref(struct worm *w)
{
	if (w->phase != WORM_OVER || w->n_held > 0)
		return;
	cancel_all(w);
	w->next = w->fabric->pool;
	w->fabric->pool = w;
}

/* drop: the packet will not be received; what happens to it first is what counts. */
static void
drop(struct worm *w, enum drop_reason reason)
{
	struct fabric_counts *counts = &w->fabric->counts;

	if (w->dropped)
		return;
	w->dropped = true;
	trace_event(SIM_RANK_CHANNEL + w->path[w->n_path - 1], TRACE_DROP, reason);
	*(reason == DROP_BAD_ROUTE ? &counts->bad_route
	  : reason == DROP_TIMEOUT ? &counts->timeouts
	                           : &counts->dropped) += 1;
}

/* Faults. ------------------------------------------------------------------------------------------------------------
 */

struct strike {
	struct worm *worm;
	uint64_t bits;
};

static void
flip(void *arg, uint64_t bit)
{
	struct strike *s = arg;
	uint64_t byte = s->worm->start + bit / 8;

	if (byte < s->worm->bytes)
		s->worm->data[byte] ^= (uint8_t)(0x80 >> bit % 8);
	s->worm->residue ^= crc8_of_bit(s->bits - 1 - bit);
}

/* strike: every channel that the whole packet passes, or is going to, and that has not had its chance yet. */
static void
strike(struct worm *w)
{
	if (!w->closed)
		return;
	for (; w->n_struck < w->n_path; w->n_struck++) {
		struct channel *c = &w->fabric->channels[w->path[w->n_struck]];
		struct strike s = {w, (uint64_t)(w->bytes - w->start + 1) * 8};

		if (c->faulty && faults_strike(&c->faults, s.bits, flip, &s)) {
			w->discard = true;
			drop(w, DROP_FAULT);
		}
	}
}

/* When channels become free. ------------------------------------------------------------------------------------------
 */

/* front_tail: when the tail passes the front of the worm, as far as it can be known. */
static sim_time
front_tail(const struct worm *w)
{
	switch (w->phase) {
	case WORM_TRAVEL:
		return w->head.time + wire_time(w->bytes - w->start + TRAILER, w->bytes_per_s);
	case WORM_FLOW:
		return w->start + w->chunk == w->bytes && sim_posted(&w->tail) ? w->tail.time : SIM_NEVER;
	default:
		return SIM_NEVER;
	}
}

/* release_date: when the tail has come to the switch that channel `hop` leaves, so that the next head can be on its way
 * through the switch behind it: as sent, or when what is in front has moved on, but for what fits into the slack
 * buffers between.  What happened at the front is felt here no sooner than STOP and GO can tell. */
static sim_time
release_date(const struct worm *w, unsigned hop, sim_time natural, sim_time tail)
{
	sim_time way = w->reach - w->enter[hop], t = natural + w->enter[hop];
	uint64_t slack = (w->n_path - 1 - hop) * w->fabric->slack;

	if (natural == SIM_NEVER)
		return SIM_NEVER;
	if (tail == SIM_NEVER) {
		if (w->bytes - w->start + TRAILER > slack)
			return SIM_NEVER;
	} else {
		sim_time less = way + wire_time(slack, w->bytes_per_s);

		t = later(t, tail > less ? tail - less : 0);
	}
	if (w->cause)
		t = later(t, w->cause + way);
	return later(t, sim_now());
}

/* schedule: posts, moves or takes back the release of every channel that the worm holds.  While the head travels only
 * those that come before its next event: the others are seen to then. */
static void
schedule(struct worm *w)
{
	sim_time natural, tail, horizon = w->phase == WORM_TRAVEL ? w->head.time : SIM_NEVER;

	if (!w->closed)
		return;
	natural = flow_end(&w->sent);
	tail = front_tail(w);
	for (unsigned hop = w->n_path; hop-- > 0;) {
		struct channel *c = &w->fabric->channels[w->path[hop]];

		if (!holds(w, hop))
			continue;
		if (w->cause && sim_posted(&c->release) && c->release.time < w->cause + w->reach - w->enter[hop])
			continue;
		sim_time t = release_date(w, hop, natural, tail);

		if (t == SIM_NEVER)
			sim_cancel(&c->release);
		else if (sim_posted(&c->release) ? t != c->release.time : t < horizon)
			sim_post(&c->release, t);
	}
}

/* The head. ----------------------------------------------------------------------------------------------------------
 */

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

static void
tell_sending_nic(struct worm *w)
{
	const struct port *p = &w->fabric->ports[w->from];
	uint64_t rate = w->fabric->channels[w->path[0]].bytes_per_s;

	rate = p->send_limit < rate ? p->send_limit : rate;
	p->nic.flow(p->nic.nic, true, w->sender_cap < rate ? w->sender_cap : rate);
}

static void
backward_fire(struct sim_event *ev)
{
	struct worm *w = sim_event_owner(ev, struct worm, backward);

	if (w->fabric->ports[w->from].sending == w && holds(w, 0))
		tell_sending_nic(w);
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
		schedule(w);
	}
	if (patience != SIM_NEVER)
		sim_post(&w->timeout, sim_now() + patience);
}

static void
enter_channel(struct worm *w, uint32_t channel, sim_time delay)
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
	strike(w);
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
	enter_channel(w, channel, w->fabric->switch_delay);
	if (waited) {
		w->cause = sim_now();
		tell_sender(w, FABRIC_UNLIMITED);
	}
	schedule(w);
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

static void
leave_queue(struct worm *w)
{
	for (uint32_t i = 0; i < w->fabric->n_channels; i++)
		for (struct worm **at = &w->fabric->channels[i].waiting; *at; at = &(*at)->next)
			if (*at == w) {
				*at = w->next;
				return;
			}
}

static void begin_flow(struct worm *w, uint32_t chunk);

static void
bad_route(struct worm *w)
{
	w->discard = true;
	drop(w, DROP_BAD_ROUTE);
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
		begin_flow(w, w->bytes - w->start);
	else if (w->fabric->channels[channel].holder)
		enqueue(w, &w->fabric->channels[channel]);
	else
		grant(w, channel);
}

/* at_door: asks the NIC to take what is left. */
static void
at_door(struct worm *w)
{
	struct port *p = far_port(w);
	uint32_t left = w->bytes - w->start, chunk = left;

	if (!w->closed) {
		block(w, WORM_STARVED);
		return;
	}
	if (!w->discard)
		chunk = p->nic.take(p->nic.nic, left, w->tag);
	if (chunk == FABRIC_NO_BUFFER) {
		p->door = w;
		block(w, WORM_DOOR);
	} else {
		begin_flow(w, chunk);
	}
}

static void
head_fire(struct sim_event *ev)
{
	struct worm *w = sim_event_owner(ev, struct worm, head);

	if (front(w)->to_node == NO_INDEX)
		at_switch(w);
	else
		at_door(w);
}

/* The far end. --------------------------------------------------------------------------------------------------------
 */

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
	schedule(w);
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

static void
begin_flow(struct worm *w, uint32_t chunk)
{
	bool last = w->start + chunk == w->bytes;
	uint64_t work = wire_time(chunk + (last ? TRAILER : 0), w->bytes_per_s);
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
	w->told_rate = 0;
	w->far_limit = holds(w, 0) ? w->fabric->ports[w->from].send_limit : FABRIC_UNLIMITED;
	w->taken = (struct flow){.since = sim_now(), .rest = work};
	if (p)
		p->receiving = w;
	retime(w);
}

static void
forward_fire(struct sim_event *ev)
{
	struct worm *w = sim_event_owner(ev, struct worm, forward);

	if (w->phase != WORM_FLOW || w->fabric->ports[w->from].sending != w)
		return;
	w->far_limit = w->fabric->ports[w->from].send_limit;
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

static void
tail_fire(struct sim_event *ev)
{
	struct worm *w = sim_event_owner(ev, struct worm, tail);
	struct fabric *f = w->fabric;
	const struct port *p = far_port(w);
	const uint8_t *data = w->data + w->start;
	bool last = w->start + w->chunk == w->bytes;

	w->start += w->chunk;
	if (w->discard) {
		finish(w);
		return;
	}
	p->nic.taken(p->nic.nic, data, w->chunk, last, last ? w->residue : 0, w->tag);
	if (!last) {
		at_door(w);
		return;
	}
	f->counts.delivered++;
	f->counts.corrupted += w->residue != 0;
	finish(w);
}

/* sync: a core armed a buffer or changed what its port takes. */
static void
sync_fire(struct sim_event *ev)
{
	struct port *p = sim_event_owner(ev, struct port, sync);
	struct worm *door = p->accepted ? p->door : NULL, *w = p->receiving;

	p->accepted = false;
	if (door) {
		p->door = NULL;
		at_door(door);
	} else if (w && w->phase == WORM_FLOW && w->n_held > 0) {
		w->cause = sim_now();
		retime(w);
	}
}

static void
release_fire(struct sim_event *ev)
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

/* Packets that end before their time.
 * ---------------------------------------------------------------------------------- */

/* worm_kill: the packet vanishes; its channels become free in this instant. */
static void
worm_kill(struct worm *w, enum drop_reason reason)
{
	struct port *p = far_port(w), *s = &w->fabric->ports[w->from];

	drop(w, reason);
	if (w->phase == WORM_QUEUED)
		leave_queue(w);
	if (p && p->door == w)
		p->door = NULL;
	if (p && p->receiving == w)
		p->receiving = NULL;
	if (s->sending == w)
		s->sending = NULL;
	sim_cancel(&w->head);
	sim_cancel(&w->tail);
	w->phase = WORM_OVER;
	for (unsigned hop = 0; hop < w->n_path; hop++)
		if (holds(w, hop))
			sim_post(&w->fabric->channels[w->path[hop]].release, sim_now());
	worm_unref(w);
}

static void
timeout_fire(struct sim_event *ev)
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

static void
abort_sending(struct worm *w)
{
	struct port *p = far_port(w);
	const uint8_t *data;

	if (p && p->receiving == w && w->phase == WORM_FLOW && !w->discard) {
		uint32_t bytes = fabric_progress(w->fabric, p->node, &data);

		p->receiving = NULL;
		p->nic.taken(p->nic.nic, data, bytes, true, (uint8_t)(w->residue ^ 1), w->tag);
	}
	worm_kill(w, DROP_RESET);
}

void
fabric_abort(struct fabric *f, unsigned node)
{
	struct port *p = &f->ports[node];
	struct worm *w = p->receiving;

	if (w && !w->discard) {
		w->discard = true;
		drop(w, DROP_RESET);
		if (p->door == w)
			p->door = NULL;
		begin_flow(w, w->bytes - w->start);
	}
	if (p->sending)
		abort_sending(p->sending);
}

/* The NIC's side.
 * ------------------------------------------------------------------------------------------------------ */

static struct worm *
open_packet(struct fabric *f, struct port *p)
{
	struct worm *w = worm_new(f, p->node);

	w->sent.since = sim_now();
	w->sent.speed = speed_of(p->send_limit, f->channels[p->out].bytes_per_s);
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
		enter_channel(w, p->out, 0);
		tell_sending_nic(w);
	} else if (w->phase == WORM_STARVED) {
		w->phase = WORM_TRAVEL;
		sim_cancel(&w->timeout);
		sim_post(&w->head, sim_now() + w->reach);
	}
	strike(w);
	schedule(w);
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
	schedule(w);
	tell_sending_nic(w);
	if (w->phase == WORM_FLOW && !sim_posted(&w->forward))
		sim_post(&w->forward, sim_now() + w->reach);
}

uint32_t
fabric_progress(const struct fabric *f, unsigned node, const uint8_t **data)
{
	const struct worm *w = f->ports[node].receiving;
	uint64_t rest;

	if (!w || w->phase != WORM_FLOW)
		return 0;
	*data = w->data + w->start;
	rest = (uint64_t)((unsigned __int128)flow_rest(&w->taken, sim_now()) * w->bytes_per_s / SIM_S);
	return rest < w->chunk ? w->chunk - (uint32_t)rest : 0;
}

/* Making and asking.
 * --------------------------------------------------------------------------------------------------- */

static void
init_faults(struct channel *c, uint32_t number, const struct params *params)
{
	bool into_nic = c->to_node != NO_INDEX;

	faults_init(&c->faults, params->fault_seed, number, params->bit_error_rate, into_nic ? params->corrupt_rate : 0,
	            into_nic ? params->drop_rate : 0);
	c->faulty = faults_possible(&c->faults);
}

static void
init_events(struct fabric *f)
{
	for (uint32_t i = 0; i < f->n_channels; i++) {
		struct channel *c = &f->channels[i];

		sim_event_init(&c->release,
		               c->from_node == NO_INDEX ? SIM_RANK_CHANNEL + i : SIM_RANK_NODE + c->from_node,
		               release_fire);
		init_faults(c, i, &f->platform->params[0]);
	}
	for (unsigned i = 0; i < f->n_nodes; i++)
		sim_event_init(&f->ports[i].sync, SIM_RANK_NODE + i, sync_fire);
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
		cancel_all(w);
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

void
fabric_report(const struct fabric *f, FILE *out)
{
	static const char *const doing[] = {"travels to the end of",   "waits for a busy channel behind",
	                                    "waits for its sender at", "waits for a receive buffer behind",
	                                    "flows through",           "leaves"};

	for (uint32_t i = 0; i < f->n_channels; i++) {
		const struct worm *w = f->channels[i].holder;

		if (w && w->path[w->n_path - 1] == i)
			fprintf(out, "fabric: a packet of %u bytes from %s %s %s\n", w->bytes,
			        f->platform->hosts[w->from], doing[w->phase], f->channels[i].name);
	}
}
