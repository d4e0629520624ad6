/* Whose turn it is on the bus: bursts of the DMA engine, PIO calls between them. */
#include "nic-sim/host_bus_internal.h"

#include "nic-sim/nic.h"
#include "nic-sim/trace.h"

static inline sim_time
later(sim_time a, sim_time b)
{
	return a > b ? a : b;
}

/* DMA. ------------------------------------------------------------------------------------- */

/* How long bursts take: of the platform, and of a transfer on a host that was slow when it began. */
struct pace {
	uint32_t longest;
	uint64_t rate;
	sim_time cost;
};

static inline struct pace
pace_of(const struct host_bus *bus)
{
	return (struct pace){(uint32_t)bus->params->dma_burst, bus->dma.rate, bus->dma.burst_cost};
}

static inline sim_time
burst_time(const struct pace *p, uint32_t bytes)
{
	return p->cost + sim_transfer_time(bytes, p->rate);
}

/* bursts_time: from the beginning of a burst to the end of the one that holds the last of `bytes`. */
static sim_time
bursts_time(const struct pace *p, uint32_t bytes)
{
	uint32_t last = bytes % p->longest;

	return bytes / p->longest * burst_time(p, p->longest) + (last ? burst_time(p, last) : 0);
}

static inline uint64_t
burst_rate(const struct params *p, uint64_t max_rate)
{
	return max_rate < p->dma_rate ? max_rate : p->dma_rate;
}

static inline sim_time
slowed(const struct host_bus *bus, sim_time t)
{
	return t * bus->slowness / HB_NO_SLOWNESS;
}

/* slow_rate: never 0. */
static inline uint64_t
slow_rate(const struct host_bus *bus, uint64_t max_rate)
{
	uint64_t rate = burst_rate(bus->params, max_rate) * HB_NO_SLOWNESS / bus->slowness;

	return rate ? rate : 1;
}

/* done_by: bytes of the bursts that have ended by t, or with `running` that will have with the one that runs. */
static uint32_t
done_by(const struct host_bus *bus, sim_time t, bool running)
{
	const struct dma *d = &bus->dma;
	const struct pace p = pace_of(bus);
	sim_time whole = burst_time(&p, p.longest);
	uint64_t bursts = t > d->resume ? (t - d->resume) / whole : 0;

	if (running && t > d->resume && d->resume + bursts * whole < t)
		bursts++;
	uint64_t bytes = d->moved + bursts * p.longest;

	return bytes < d->bytes ? (uint32_t)bytes : d->bytes;
}

static void
dma_end(struct sim_event *ev)
{
	struct host_bus *bus = sim_event_owner(ev, struct host_bus, dma.end);
	struct dma *d = &bus->dma;

	d->busy = false;
	bus->counts.dma_busy += sim_now() - d->started;
	if (d->ok) {
		bus->counts.dma_transfers++;
		bus->counts.dma_bytes += d->bytes;
	} else {
		bus->counts.bus_aborts++;
	}
	d->done(d->arg, d->ok);
}

static void
post_end(struct host_bus *bus)
{
	struct dma *d = &bus->dma;
	const struct pace p = pace_of(bus);

	sim_post(&d->end, d->resume + (d->ok ? bursts_time(&p, d->bytes - d->moved) : d->burst_cost));
}

void
hb_dma_start(struct host_bus *bus, uint32_t address, uint32_t bytes, uint64_t max_rate, void (*done)(void *, bool),
             void *arg)
{
	struct dma *d = &bus->dma;

	d->busy = true;
	d->ok = memory_mapped(bus, address, bytes);
	d->bytes = bytes;
	d->moved = 0;
	d->rate = slow_rate(bus, max_rate);
	d->burst_cost = slowed(bus, bus->params->dma_burst_cost);
	d->started = sim_now();
	d->resume = later(sim_now() + slowed(bus, bus->params->dma_start), bus->pio_until);
	d->done = done;
	d->arg = arg;
	post_end(bus);
}

bool
hb_dma_busy(const struct host_bus *bus)
{
	return bus->dma.busy;
}

uint32_t
hb_dma_left(const struct host_bus *bus)
{
	const struct dma *d = &bus->dma;

	return d->busy ? d->bytes - done_by(bus, sim_now(), false) : 0;
}

void
hb_dma_abort(struct host_bus *bus)
{
	if (bus->dma.busy)
		bus->counts.dma_busy += sim_now() - bus->dma.started;
	bus->dma.busy = false;
	sim_cancel(&bus->dma.end);
}

uint64_t
hb_dma_rate(const struct host_bus *bus, uint32_t bytes, uint64_t max_rate)
{
	const struct params *params = bus->params;
	const struct pace p = {(uint32_t)params->dma_burst, slow_rate(bus, max_rate),
	                       slowed(bus, params->dma_burst_cost)};
	sim_time time = slowed(bus, params->dma_start) + bursts_time(&p, bytes);

	return time ? (uint64_t)((unsigned __int128)bytes * SIM_S / time) : params->dma_rate;
}

void
hb_slow(struct host_bus *bus, uint32_t factor)
{
	bus->slowness = factor;
}

/* PIO. ------------------------------------------------------------------------------------- */

/* take_turn: the bus for `time`, after the running burst or call; pushes the rest of a transfer back.  A burst that was
 * pushed back goes before the next PIO, so that back-to-back PIO does not starve the engine.  Returns the beginning. */
static sim_time
take_turn(struct host_bus *bus, sim_time time)
{
	struct dma *d = &bus->dma;
	sim_time begin = later(sim_now(), bus->pio_until);

	if (d->busy && begin >= d->resume) {
		const struct pace p = pace_of(bus);
		uint32_t moved = done_by(bus, begin + 1, true);

		begin = d->resume + bursts_time(&p, moved - d->moved);
		begin = later(begin, sim_now());
		d->moved = moved;
		d->resume = begin + time;
		if (moved < d->bytes)
			post_end(bus);
	} else if (d->busy && begin + time > d->resume) {
		d->resume = begin + time;
		post_end(bus);
	}
	bus->pio_until = begin + time;
	bus->counts.pio_busy += time;
	return begin;
}

/* Word number i of the call in the order of writing: where it goes. */
static inline unsigned
place_of(const struct hb_pio *pio, unsigned i)
{
	return pio->publish ? (i + 1 == pio->n ? 0 : i + 1) : i;
}

static inline sim_time
date_of(const struct hb_pio *pio, unsigned i)
{
	return pio->begin + (i + 1) * pio->bus->params->pio_write;
}

static void
apply_through(struct hb_pio *pio, unsigned end)
{
	while (pio->applied < end) {
		unsigned first = place_of(pio, pio->applied), n = end - pio->applied;

		if (pio->publish && end == pio->n && n > 1)
			n--;
		pio->applied += n;
		nic_write_burst(pio->bus->nic, pio->offset + 4 * first, pio->words + first, n, pio->tag);
	}
}

/* next_exact: the next word that must be written at its own date: the last, or one that the LANai watches. */
static unsigned
next_exact(const struct hb_pio *pio)
{
	const struct nic *nic = pio->bus->nic;
	unsigned i = pio->applied, last = pio->n - 1;

	if (i == last || !nic_watches(nic, pio->offset + 4 * place_of(pio, i), 4 * (last - i)))
		return last;
	while (i < last && !nic_watches(nic, pio->offset + 4 * place_of(pio, i), 4))
		i++;
	return i;
}

static void
post_next(struct hb_pio *pio)
{
	sim_post(&pio->event, date_of(pio, next_exact(pio)));
}

static void
settle(struct hb_pio *pio)
{
	unsigned due = pio->applied;

	if (!pio->words)
		return;
	while (due < pio->n && date_of(pio, due) <= sim_now())
		due++;
	apply_through(pio, due);
}

void
hb_pio_settle(struct host_bus *bus)
{
	for (struct hb_pio *pio = bus->pio; pio; pio = pio->next) {
		settle(pio);
		if (pio->words && pio->applied < pio->n)
			post_next(pio);
	}
}

static void
unlink_pio(struct hb_pio *pio)
{
	struct hb_pio **at = &pio->bus->pio;

	while (*at != pio)
		at = &(*at)->next;
	*at = pio->next;
}

static void
pio_fire(struct sim_event *ev)
{
	struct hb_pio *pio = sim_event_owner(ev, struct hb_pio, event);

	if (!pio->words)
		pio->value = nic_read(pio->bus->nic, pio->offset);
	settle(pio);
	if (pio->words && pio->applied < pio->n) {
		post_next(pio);
		return;
	}
	sim_cancel(&pio->event); /* the settling may have woken the LANai, which posts again */
	trace_point(pio->tag, TRACE_STAGE_PIO, pio->bus->node);
	unlink_pio(pio);
	pio->done(pio);
}

void
hb_pio_start(struct host_bus *bus, struct hb_pio *pio, uint32_t offset, const uint32_t *words, unsigned n, bool publish,
             uint32_t tag, void (*done)(struct hb_pio *))
{
	struct hb_pio **at = &bus->pio;
	sim_time time = words ? n * bus->params->pio_write : bus->params->pio_read;

	*pio = (struct hb_pio){.bus = bus,
	                       .offset = offset,
	                       .words = words,
	                       .n = n,
	                       .publish = publish,
	                       .tag = tag,
	                       .begin = take_turn(bus, time),
	                       .done = done};
	sim_event_init(&pio->event, SIM_RANK_NODE + bus->node, pio_fire);
	while (*at)
		at = &(*at)->next;
	*at = pio;
	if (words) {
		bus->counts.pio_words_written += n;
		post_next(pio);
	} else {
		bus->counts.pio_words_read++;
		sim_post(&pio->event, pio->begin + time);
	}
}

void
turns_init(struct host_bus *bus)
{
	sim_event_init(&bus->dma.end, SIM_RANK_NODE + bus->node, dma_end);
}

void
turns_cancel(struct host_bus *bus)
{
	sim_cancel(&bus->dma.end);
	for (struct hb_pio *pio = bus->pio; pio; pio = pio->next)
		sim_cancel(&pio->event);
}
