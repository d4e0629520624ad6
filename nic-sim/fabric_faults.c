/* Faults: what strikes a packet on a channel, and what becomes of it at the receiver's end; channels that are down. */
#include "nic-sim/fabric_internal.h"

#include "nic-sim/crc8.h"

#include <glib.h>
#include <string.h>

#define CRC_BYTES 1u
#define WORD      4u

/* Strikes. --------------------------------------------------------------------------------- */

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

/* crc_byte: as it arrives. */
static uint8_t
crc_byte(const struct worm *w)
{
	return (uint8_t)(crc8(w->data + w->start, w->bytes - w->start) ^ w->residue);
}

static void
truncate_packet(struct worm *w, uint32_t keep)
{
	uint8_t crc = crc_byte(w);

	w->bytes = w->start + keep;
	w->residue = (uint8_t)(crc8(w->data + w->start, keep) ^ crc);
}

static void
make_room(struct worm *w, uint32_t bytes)
{
	if (bytes <= w->capacity)
		return;
	while (w->capacity < bytes)
		w->capacity *= 2;
	w->data = g_realloc(w->data, w->capacity);
}

static void
lose_tail(struct worm *w)
{
	uint8_t crc = crc_byte(w);

	make_room(w, w->bytes + CRC_BYTES);
	w->data[w->bytes++] = crc;
	w->endless = true;
}

static void
strike(struct worm *w, struct channel *c)
{
	uint32_t bytes = w->bytes - w->start;
	struct strike s = {w, ((uint64_t)bytes + CRC_BYTES) * 8};
	struct fault_strike hit = faults_strike(&c->faults, bytes, flip, &s, &w->fabric->injected);

	if (hit.dropped) {
		w->discard = true;
		worm_drop(w, DROP_FAULT);
	}
	if (hit.truncated)
		truncate_packet(w, hit.keep);
	if (hit.tail_lost)
		lose_tail(w);
	w->twice = hit.duplicated;
	w->own = w->start;
	w->own_residue = w->residue;
}

void
worm_strike(struct worm *w)
{
	if (!w->closed)
		return;
	for (; w->n_struck < w->n_path; w->n_struck++) {
		struct channel *c = &w->fabric->channels[w->path[w->n_struck]];

		if (c->faulty && !w->discard)
			strike(w, c);
	}
}

/* Worms that nobody sent: all of it stands at the receiver's end. -------------------------- */

static struct worm *
make_ghost(const struct worm *like, const uint8_t *data, uint32_t bytes, uint8_t residue)
{
	struct fabric *f = like->fabric;
	struct worm *w = worm_new(f, like->from);
	const struct channel *c = front(like);

	make_room(w, bytes);
	memcpy(w->data, data, bytes);
	w->bytes = bytes;
	w->closed = w->delayed = true;
	w->residue = residue;
	w->tag = like->tag;
	w->path[0] = like->path[like->n_path - 1];
	w->n_path = w->n_struck = 1;
	w->bytes_per_s = c->bytes_per_s;
	w->sent.since = sim_now();
	w->head.rank = w->tail.rank = (uint16_t)(SIM_RANK_NODE + c->to_node);
	return w;
}

void
worm_repeat(const struct worm *w)
{
	struct worm *copy = make_ghost(w, w->data + w->own, w->bytes - w->own, w->own_residue);

	copy->fabric->counts.packets++;
	copy->phase = WORM_TRAVEL;
	sim_post(&copy->head, sim_now());
}

/* Lost tails. ------------------------------------------------------------------------------ */

void
worm_await_tail(struct worm *w)
{
	struct port *p = far_port(w);
	struct worm *next = p->door;
	sim_time patience = p->nic.timeout(p->nic.nic);

	w->phase = WORM_ENDLESS;
	p->nic.flow(p->nic.nic, false, w->told_rate = 0);
	if (patience != SIM_NEVER)
		sim_post(&w->timeout, sim_now() + patience);
	if (next) {
		p->door = next->next;
		worm_at_door(next);
	}
}

/* merged_residue: the receiver's CRC goes on from the first one's residue. */
static uint8_t
merged_residue(const struct worm *first, const struct worm *w)
{
	uint64_t behind = ((uint64_t)w->bytes - w->start + (w->endless ? 0 : CRC_BYTES)) * 8;
	uint8_t residue = w->residue;

	for (unsigned i = 0; i < 8; i++)
		if (first->residue >> i & 1)
			residue ^= crc8_of_bit(behind + i);
	return residue;
}

static void
leave_receiver(struct worm *w)
{
	struct port *p = far_port(w);

	p->receiving = NULL;
	sim_cancel(&w->timeout);
	w->phase = WORM_OVER;
	worm_unref(w);
}

void
worm_merge(struct worm *endless, struct worm *w)
{
	struct port *p = far_port(w);
	uint32_t had = endless->chunk, left = w->bytes - w->start;

	w->residue = merged_residue(endless, w);
	make_room(w, had + left);
	memmove(w->data + had, w->data + w->start, left);
	memcpy(w->data, endless->data + endless->start, had);
	w->own = w->own - w->start + had;
	w->start = 0;
	w->bytes = had + left;
	w->ahead = had;
	worm_drop(endless, DROP_FAULT);
	leave_receiver(endless);
	worm_begin_flow(w, p->nic.more(p->nic.nic, had + left));
}

/* Channels that are down. ------------------------------------------------------------------ */

void
worm_swallow(struct worm *w)
{
	if (w->discard)
		return;
	w->discard = true;
	w->fabric->injected.packets_cut++;
	worm_drop(w, DROP_FAULT);
}

static uint8_t
wrong(uint8_t residue)
{
	return residue ? residue : 1;
}

/* end_now: bytes are moving, or waiting for a tail.  A buffer that the packet would fill must keep room for the
 * residue. */
static void
end_now(struct worm *w)
{
	struct port *p = far_port(w);
	const uint8_t *data = w->data + w->start;
	uint32_t bytes = fabric_progress(w->fabric, p->node, &data);

	if (w->start + w->chunk < w->bytes && bytes + WORD > w->chunk)
		bytes = w->chunk > WORD ? w->chunk - WORD : 0;
	w->start += bytes;
	w->chunk -= bytes;
	p->receiving = NULL;
	p->nic.taken(p->nic.nic, data, bytes, true, wrong(w->residue), w->tag);
}

/* end_at_door: a part was taken before; whoever arms the next buffer gets an empty rest. */
static void
end_at_door(struct worm *w)
{
	struct port *p = far_port(w);
	struct worm *rest = make_ghost(w, w->data, 0, wrong(w->residue));

	rest->dropped = true; /* `w` is counted */
	worm_leave_door(p, w);
	worm_wait_at_door(p, rest, true);
	p->receiving = rest;
}

void
worm_end_early(struct worm *w)
{
	struct port *p = far_port(w);

	if (!p || p->receiving != w || w->discard)
		return;
	if (w->phase == WORM_FLOW || w->phase == WORM_ENDLESS)
		end_now(w);
	else if (w->phase == WORM_DOOR)
		end_at_door(w);
}

/* drain: the rest of the packet goes nowhere, from where it stands. */
static void
drain(struct worm *w)
{
	struct port *p = far_port(w);

	if (w->phase == WORM_QUEUED)
		worm_leave_queue(w);
	if (p && w->phase == WORM_DOOR)
		worm_leave_door(p, w);
	sim_cancel(&w->tail);
	w->cause = sim_now();
	if (w->closed)
		worm_begin_flow(w, w->bytes - w->start);
	else
		worm_starve(w);
}

/* cut: the packet was on the channel that went down. */
static void
cut(struct worm *w)
{
	enum phase was = w->phase;

	worm_end_early(w);
	worm_swallow(w);
	if (was == WORM_ENDLESS) {
		sim_cancel(&w->timeout);
		w->phase = WORM_OVER;
		worm_unref(w);
	} else if (was != WORM_TRAVEL && was != WORM_STARVED) {
		drain(w);
	}
}

/* carries: some of the packet is on the channel. */
static bool
carries(const struct fabric *f, uint32_t channel, const struct worm *w)
{
	const struct channel *c = &f->channels[channel];

	if (w->phase == WORM_OVER || w->discard)
		return false;
	return c->holder == w || (w->path[w->n_path - 1] == channel &&
	                          (w->phase == WORM_TRAVEL || w->phase == WORM_FLOW || w->phase == WORM_ENDLESS));
}

static bool
cable_up(const struct fabric *f, const struct port *p)
{
	return p->out == NO_INDEX || p->in == NO_INDEX || (!f->channels[p->out].down && !f->channels[p->in].down);
}

static void
tell_ends(struct fabric *f, uint32_t channel, bool up)
{
	const struct channel *c = &f->channels[channel];
	const uint32_t nodes[] = {c->from_node, c->to_node};

	for (unsigned i = 0; i < G_N_ELEMENTS(nodes); i++) {
		const struct port *p = nodes[i] == NO_INDEX ? NULL : &f->ports[nodes[i]];

		if (p && p->nic.link && (!up || cable_up(f, p)))
			p->nic.link(p->nic.nic, up);
	}
}

void
fabric_set_link(struct fabric *f, unsigned channel, bool up)
{
	struct channel *c = &f->channels[channel];

	if (c->down != up)
		return;
	c->down = !up;
	for (struct worm *w = f->newest; !up && w; w = w->older)
		if (carries(f, channel, w))
			cut(w);
	tell_ends(f, channel, up);
}

bool
fabric_link_up(const struct fabric *f, unsigned channel)
{
	return !f->channels[channel].down;
}
