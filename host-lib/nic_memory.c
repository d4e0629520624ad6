/* A NIC without hardware: what is sent is copied into the receiver's memory a fixed time later.
 *
 * It keeps every rule of vmmc_nic.h that its users can see: queues of bounded length, order, table entries,
 * translation, tags and permissions, completion through a status page, redirection, notifications, misses that
 * interrupt, and peers that have restarted.  Memory is touched by bus address, so that the oracle sees each deposit. */
#include "host-lib/nic_memory.h"

#include "host-lib/driver.h"
#include "host-lib/translation.h"

#include <string.h>

#define DELAY     SIM_US /* from a descriptor to its whole effect */
#define SLOTS     16     /* descriptors under way of a queue */
#define PIECE_MAX (1u << 20)
#define OUT_PAGES 2048 /* all processes together */
#define PATIENCE  (10 * SIM_MS)

enum flight_kind { FLIGHT_SEND, FLIGHT_POST, FLIGHT_CANCEL };

/* A descriptor on its way. */
struct flight {
	struct sim_event event;
	struct vmmc_nic_queue *queue;
	enum flight_kind kind;
	struct vmmc_request request;
	uint64_t ticket;
	bool is_short, asked; /* asked: the host has been told of its miss */
	uint8_t data[MEMORY_SHORT_MAX];
	unsigned slot;
	uint32_t serial, length;
	uint64_t place, user;
};

static struct memory_nic *
memory_of(struct vmmc_nic *nic)
{
	return (struct memory_nic *)nic;
}

void
memory_write(struct vmmc_nic_queue *q, uint32_t offset, const uint32_t *words, unsigned n)
{
	uint32_t swapped[4];

	for (unsigned i = 0; i < n; i++)
		swapped[i] = GUINT32_TO_BE(words[i]);
	hb_dma_to_host(q->nic->base.host->bus, q->status_bus + offset, (const uint8_t *)swapped, 4 * n);
}

static void
interrupt_host(struct memory_nic *nic)
{
	driver_interrupt(nic->base.host);
}

/* A request arrives. -------------------------------------------------------------------------------------------------
 */

static void
raise_interrupt(struct memory_nic *nic)
{
	sim_cancel(&nic->raise);
	nic->news = 0;
	nic->interrupts++;
	interrupt_host(nic);
}

static void
raise_late(struct sim_event *event)
{
	raise_interrupt(sim_event_owner(event, struct memory_nic, raise));
}

static void
note(struct memory_nic *nic, uint32_t word)
{
	const struct params *params = nic->base.host->params;

	nic->note[nic->notes++ % MEMORY_NOTES] = word;
	nic->notifications += !(word & VMMC_NEWS_ARRIVAL);
	nic->news++;
	if (!params->coalesce || nic->news >= params->coalesce_count)
		raise_interrupt(nic);
	else if (nic->news == 1)
		sim_post(&nic->raise, sim_now() + params->coalesce);
}

static void
guard_ended(struct sim_event *event)
{
	struct vmmc_nic_queue *q = sim_event_owner(event, struct vmmc_nic_queue, guard);

	if (q->waits != q->guard_wait)
		return;
	q->nic->watchdogs++;
	note(q->nic, q->guard_bus | VMMC_NEWS_ARRIVAL);
}

static void
guard(struct vmmc_nic_queue *q, uint32_t bus_address)
{
	if (!q->waiting || (sim_posted(&q->guard) && q->waits == q->guard_wait))
		return;
	sim_cancel(&q->guard);
	q->guard_wait = q->waits;
	q->guard_bus = bus_address;
	sim_post(&q->guard, sim_now() + q->watchdog);
}

static void
arrived(struct memory_incoming *in, uint32_t bus_address)
{
	struct memory_nic *nic = in->owner->nic;

	nic->arrivals++;
	if (in->owner->watchdog)
		guard(in->owner, bus_address);
	else
		note(nic, bus_address | VMMC_NEWS_ARRIVAL);
}

/* Into one page of the receiver, if its driver allows. */
static void
deposit(const struct memory_outgoing *to, uint32_t offset, const uint8_t *data, uint32_t bytes, bool notify)
{
	struct memory_nic *nic = to->nic;
	unsigned frame = to->bus_address / HB_FRAME;
	struct memory_incoming *in = frame < MEMORY_FRAMES ? &nic->in[frame] : NULL;

	if (!in || !in->tag || in->tag != to->tag) {
		nic->drop_protection++;
		return;
	}
	memory_deposit(in->owner, in->address + offset, to->bus_address + offset, data, bytes);
	nic->deposits++;
	nic->deposit_bytes += bytes;
	if (notify && in->notify)
		note(nic, to->bus_address + offset);
	if (nic->watched[frame])
		arrived(in, to->bus_address + offset);
}

static uint32_t
source_at(const struct flight *f, uint32_t done)
{
	return f->request.source + done;
}

static void
fetch(const struct flight *f, uint32_t done, uint8_t *to, uint32_t bytes)
{
	uint32_t at = source_at(f, done);
	uint32_t entry = translation_entry(f->queue->table, at / HB_FRAME);

	if (f->is_short)
		memcpy(to, f->data + done, bytes);
	else
		hb_dma_from_host(f->queue->nic->base.host->bus, (entry & ~TRANSLATION_VALID) + at % HB_FRAME, to,
		                 bytes);
}

/* Copies the request piece by piece, none of which leaves a page at either end. */
static void
copy(const struct flight *f)
{
	uint8_t piece[HB_FRAME];

	for (uint32_t done = 0, n; done < f->request.length; done += n) {
		uint32_t to = f->request.out_offset + done;
		n = MIN(f->request.length - done, HB_FRAME - to % HB_FRAME);
		if (!f->is_short)
			n = MIN(n, HB_FRAME - source_at(f, done) % HB_FRAME);
		fetch(f, done, piece, n);
		deposit(&f->queue->out[f->request.out_page + to / HB_FRAME], to % HB_FRAME, piece, n,
		        f->request.notify && done + n == f->request.length);
	}
}

/* Do all pages of the destination stand in the table, and does their node live? */
static bool
has_destination(const struct flight *f)
{
	struct memory_nic *nic = f->queue->nic;
	uint32_t end = f->request.out_offset + f->request.length;

	for (uint32_t i = 0; i < (end + HB_FRAME - 1) / HB_FRAME; i++) {
		const struct memory_outgoing *out = &f->queue->out[f->request.out_page + i];
		if (f->request.out_page + i >= nic->base.capabilities.out_pages || !out->nic)
			return false;
		if (out->epoch == out->nic->epoch && !out->nic->stopped)
			continue;
		nic->unreachable++;
		nic->down |= 1ull << out->nic->base.host->node;
		interrupt_host(nic);
		return false;
	}
	return true;
}

/* The first page of the source that has no translation; false: all have. */
static bool
find_miss(const struct flight *f, uint32_t *page, uint32_t *left)
{
	uint32_t first = f->request.source / HB_FRAME, last = source_at(f, f->request.length - 1) / HB_FRAME;

	for (uint32_t i = first; i <= last && !f->is_short; i++)
		if (!translation_entry(f->queue->table, i)) {
			*page = i;
			*left = last - i + 1;
			return true;
		}
	return false;
}

static void
ask_host(struct flight *f, uint32_t page, uint32_t left)
{
	struct memory_nic *nic = f->queue->nic;

	f->asked = nic->missing = true;
	nic->told_miss = false;
	nic->missed_queue = f->queue;
	nic->missed_page = page;
	nic->missed_count = MIN(left, VMMC_NEWS_PAGES);
	nic->miss_interrupts++;
	g_queue_push_head(&nic->waiting, f);
	interrupt_host(nic);
}

static void
report(struct vmmc_nic_queue *q, uint64_t ticket, bool bad)
{
	uint32_t words[2];

	q->failed += bad;
	q->nic->bad_descriptor += bad;
	words[0] = ticket ? (uint32_t)ticket : umem_load_be32(q->memory, q->status);
	words[1] = q->failed;
	memory_write(q, 0, words, 2);
}

/* A request: false if it waits for the host. */
static bool
take_send(struct flight *f)
{
	bool by_interrupt = f->queue->nic->base.host->params->translation_by_interrupt, bad = !has_destination(f);
	uint32_t page, left;

	if (!bad && find_miss(f, &page, &left)) {
		if (by_interrupt && (!f->asked || page != f->queue->nic->missed_page)) {
			ask_host(f, page, left);
			return false;
		}
		bad = true;
	}
	if (!bad)
		copy(f);
	report(f->queue, f->ticket, bad);
	return true;
}

static bool
take(struct flight *f)
{
	if (f->kind == FLIGHT_SEND)
		return take_send(f);
	if (f->kind == FLIGHT_POST)
		memory_take_post(f->queue, f->slot, f->serial, f->place, f->user, f->length);
	else
		memory_take_cancel(f->queue, f->slot);
	report(f->queue, 0, false);
	return true;
}

static void
free_queue(struct vmmc_nic_queue *q)
{
	struct vmmc_nic_queue **link = &q->nic->queues;

	while (*link != q)
		link = &(*link)->next;
	*link = q->next;
	sim_cancel(&q->guard);
	g_free(q->out);
	g_free(q);
}

/* The flight is over, or waits: false. */
static bool
land(struct flight *f)
{
	struct vmmc_nic_queue *q = f->queue;

	q->under_way--;
	if (!q->closed && !memory_is_dead(q) && !take(f)) {
		q->under_way++;
		return false;
	}
	if (q->closed && q->under_way == 0)
		free_queue(q);
	g_free(f);
	return true;
}

static void
land_waiting(struct memory_nic *nic)
{
	struct flight *f;

	while (!nic->missing && (f = g_queue_pop_head(&nic->waiting)))
		land(f);
}

static void
arrive(struct sim_event *event)
{
	struct flight *f = sim_event_owner(event, struct flight, event);
	struct memory_nic *nic = f->queue->nic;

	if (nic->missing)
		g_queue_push_tail(&nic->waiting, f);
	else
		land(f);
}

/* Opening and closing. -----------------------------------------------------------------------------------------------
 */

static void
memory_free(struct vmmc_nic *base)
{
	struct memory_nic *nic = memory_of(base);

	sim_cancel(&nic->raise);
	g_queue_clear_full(&nic->waiting, g_free);
	while (nic->queues)
		free_queue(nic->queues);
	g_free(nic);
}

static enum vmmc_nic_result
memory_open(struct vmmc_nic *base, struct process *p, const struct vmmc_page *status, struct translation *table,
            struct vmmc_nic_queue **opened)
{
	struct memory_nic *nic = memory_of(base);
	struct vmmc_nic_queue *q;

	if (nic->stopped)
		return VMMC_NIC_DEAD;
	if (nic->n_open == base->capabilities.processes)
		return VMMC_NIC_FULL;
	nic->n_open++;
	q = g_new0(struct vmmc_nic_queue, 1);
	q->nic = nic;
	q->epoch = nic->epoch;
	q->memory = p->memory;
	q->table = table;
	q->status = status->address;
	q->status_bus = status->frame * HB_FRAME;
	q->out = g_new0(struct memory_outgoing, base->capabilities.out_pages);
	q->next = nic->queues;
	sim_event_init(&q->guard, SIM_RANK_NODE + base->host->node, guard_ended);
	nic->queues = q;
	*opened = q;
	return VMMC_NIC_OK;
}

static bool
all_done(void *arg)
{
	const struct vmmc_nic_queue *q = arg;

	return q->under_way == 0 || memory_is_dead(q);
}

static bool
has_room(void *arg)
{
	const struct vmmc_nic_queue *q = arg;

	return q->under_way < SLOTS || memory_is_dead(q);
}

static enum vmmc_nic_result
spin(struct vmmc_nic_queue *q, bool (*ready)(void *))
{
	struct umem_range range = {q->status, 8};

	while (!cpu_spin(ready, q, q->memory, &range, 1, sim_now() + PATIENCE))
		;
	return memory_is_dead(q) ? VMMC_NIC_DEAD : VMMC_NIC_OK;
}

static enum vmmc_nic_result
memory_drain(struct vmmc_nic_queue *q)
{
	return spin(q, all_done);
}

static enum vmmc_nic_result
memory_wait_room(struct vmmc_nic_queue *q)
{
	return spin(q, has_room);
}

static void
memory_close(struct vmmc_nic_queue *q)
{
	cpu_settle();
	q->closed = true;
	if (!memory_is_dead(q))
		q->nic->n_open--;
	if (q->under_way == 0)
		free_queue(q);
}

/* Tables. ------------------------------------------------------------------------------------------------------------
 */

static void
memory_allow_in(struct vmmc_nic_queue *q, const struct vmmc_page *pages, unsigned n, uint16_t tag, bool notify)
{
	cpu_settle();
	for (unsigned i = 0; i < n && !memory_is_dead(q); i++)
		q->nic->in[pages[i].frame] = (struct memory_incoming){tag, notify, q, pages[i].address};
}

/* Permission is looked up when the data move. */
static enum vmmc_nic_result
memory_quiesce(struct vmmc_nic *base)
{
	return memory_of(base)->stopped ? VMMC_NIC_DEAD : VMMC_NIC_OK;
}

static void
memory_map_out(struct vmmc_nic_queue *q, unsigned first, unsigned n, uint32_t node, const uint32_t *bus, uint16_t tag)
{
	const struct machine *m = q->nic->base.host->machine;

	cpu_settle();
	for (unsigned i = 0; i < n; i++) {
		struct memory_outgoing *out = &q->out[first + i];
		*out = (struct memory_outgoing){0};
		if (!bus)
			continue;
		out->nic = (struct memory_nic *)driver_nic(&m->hosts[node]);
		out->epoch = out->nic->epoch;
		out->bus_address = bus[i];
		out->tag = tag;
	}
}

/* Translations are looked up when the data move. */
static enum vmmc_nic_result
memory_forget(struct vmmc_nic_queue *q, uint64_t address, unsigned n)
{
	cpu_settle();
	if (memory_is_dead(q))
		return VMMC_NIC_DEAD;
	memory_revoke(q, address, n);
	return VMMC_NIC_OK;
}

/* Descriptors. -------------------------------------------------------------------------------------------------------
 */

static struct flight *
new_flight(struct vmmc_nic_queue *q, enum flight_kind kind)
{
	struct flight *f = g_new0(struct flight, 1);

	f->queue = q;
	f->kind = kind;
	return f;
}

static void
fly(struct flight *f)
{
	f->queue->under_way++;
	sim_event_init(&f->event, SIM_RANK_NODE + f->queue->nic->base.host->node, arrive);
	sim_post(&f->event, sim_now() + DELAY);
}

/* Other tasks may come first. */
static enum vmmc_nic_result
can_take(const struct vmmc_nic_queue *q)
{
	cpu_settle();
	if (memory_is_dead(q))
		return VMMC_NIC_DEAD;
	return q->under_way == SLOTS ? VMMC_NIC_BUSY : VMMC_NIC_OK;
}

static enum vmmc_nic_result
memory_send(struct vmmc_nic_queue *q, const struct vmmc_request *request, uint64_t *ticket)
{
	enum vmmc_nic_result result = can_take(q);
	struct flight *f;

	if (result != VMMC_NIC_OK)
		return result;
	f = new_flight(q, FLIGHT_SEND);
	f->request = *request;
	f->is_short = request->inline_words != NULL;
	f->ticket = *ticket = ++q->sent;
	for (uint32_t i = 0; f->is_short && i < request->length; i++)
		f->data[i] = (uint8_t)(request->inline_words[i / 4] >> (24 - i % 4 * 8));
	fly(f);
	return VMMC_NIC_OK;
}

static enum vmmc_nic_result
memory_post(struct vmmc_nic_queue *q, unsigned slot, uint32_t serial, uint64_t place, uint64_t user, uint32_t length)
{
	enum vmmc_nic_result result = can_take(q);
	struct flight *f;

	if (result != VMMC_NIC_OK)
		return result;
	f = new_flight(q, FLIGHT_POST);
	f->slot = slot;
	f->serial = serial;
	f->place = place;
	f->user = user;
	f->length = length;
	fly(f);
	return VMMC_NIC_OK;
}

static enum vmmc_nic_result
memory_cancel(struct vmmc_nic_queue *q, unsigned slot)
{
	enum vmmc_nic_result result = can_take(q);
	struct flight *f;

	if (result != VMMC_NIC_OK)
		return result;
	f = new_flight(q, FLIGHT_CANCEL);
	f->slot = slot;
	fly(f);
	return VMMC_NIC_OK;
}

/* What shows in memory. ----------------------------------------------------------------------------------------------
 */

static struct vmmc_post_end
memory_post_status(struct vmmc_nic_queue *q, unsigned slot)
{
	uint64_t at = q->status + MEMORY_STATUS_POSTS + MEMORY_STATUS_POST * slot;

	return (struct vmmc_post_end){
	        .serial = umem_load_be32(q->memory, at),
	        .result = umem_load_be32(q->memory, at + 4),
	        .first = umem_load_be32(q->memory, at + 8),
	        .taken = umem_load_be32(q->memory, at + 12),
	};
}

static void
memory_post_range(struct vmmc_nic_queue *q, unsigned slot, struct umem_range *watch)
{
	*watch = (struct umem_range){q->status + MEMORY_STATUS_POSTS + MEMORY_STATUS_POST * slot, MEMORY_STATUS_POST};
}

static uint32_t
memory_failed(struct vmmc_nic_queue *q)
{
	return umem_load_be32(q->memory, q->status + MEMORY_STATUS_FAILED);
}

/* The 32 bits in memory, as the whole number that is at most `sent`. */
static uint64_t
memory_completed(struct vmmc_nic_queue *q)
{
	return q->sent - (uint32_t)((uint32_t)q->sent - umem_load_be32(q->memory, q->status));
}

static void
memory_completion_range(struct vmmc_nic_queue *q, struct umem_range *watch)
{
	*watch = (struct umem_range){q->status, 4};
}

/* The host's answers. ------------------------------------------------------------------------------------------------
 */

static enum vmmc_nic_result
memory_interrupt(struct vmmc_nic *base, struct vmmc_nic_news *news)
{
	struct memory_nic *nic = memory_of(base);

	if (nic->stopped)
		return VMMC_NIC_DEAD;
	news->notes_lost = nic->notes - nic->notes_told > MEMORY_NOTES;
	if (news->notes_lost)
		nic->notes_told = nic->notes;
	while (nic->notes_told < nic->notes)
		news->note[news->n_notes++] = nic->note[nic->notes_told++ % MEMORY_NOTES];
	news->down = nic->down;
	news->missed = nic->missing && !nic->told_miss;
	nic->told_miss = true;
	news->miss.queue = nic->missed_queue;
	news->miss.page = nic->missed_page;
	news->miss.count = nic->missed_count;
	return VMMC_NIC_OK;
}

/* The table has the entries already; what is not there now is not to be had. */
static void
memory_install(struct vmmc_nic *base, const uint32_t *entries, unsigned n)
{
	(void)entries;
	(void)n;
	cpu_settle();
	memory_of(base)->missing = false;
	land_waiting(memory_of(base));
}

/* Costs no time, as all that this NIC is told. */
static void
memory_watch(struct vmmc_nic *base, const unsigned *frames, unsigned n, bool on)
{
	cpu_settle();
	for (unsigned i = 0; i < n && !memory_of(base)->stopped; i++)
		memory_of(base)->watched[frames[i]] = on;
}

static void
memory_watchdog(struct vmmc_nic_queue *q, sim_time after)
{
	cpu_settle();
	q->watchdog = after;
}

static void
memory_waiting(struct vmmc_nic_queue *q, bool begins)
{
	cpu_settle();
	q->waiting += begins ? 1u : -1u;
	q->waits++;
}

static void
memory_peer_up(struct vmmc_nic *base, uint32_t node)
{
	memory_of(base)->down &= ~(1ull << node);
}

static void
memory_stop(struct vmmc_nic *base)
{
	memory_of(base)->stopped = true;
}

static bool
memory_restart(struct vmmc_nic *base, char **error)
{
	struct memory_nic *nic = memory_of(base);

	(void)error;
	nic->epoch++;
	nic->n_open = 0;
	nic->stopped = nic->missing = false;
	nic->down = 0;
	nic->notes_told = nic->notes;
	memset(nic->in, 0, sizeof nic->in);
	memset(nic->watched, 0, sizeof nic->watched);
	land_waiting(nic);
	return true;
}

static unsigned
memory_counters(struct vmmc_nic *base, struct vmmc_nic_counter *counters, unsigned max)
{
	const struct memory_nic *nic = memory_of(base);
	const struct vmmc_nic_counter all[] = {
	        {"deposits", nic->deposits},
	        {"deposit_bytes", nic->deposit_bytes},
	        {"drop_protection", nic->drop_protection},
	        {"bad_descriptor", nic->bad_descriptor},
	        {"notifications", nic->notifications},
	        {"unreachable", nic->unreachable},
	        {"miss_interrupts", nic->miss_interrupts},
	        {"posts", nic->posts},
	        {"posts_refused", nic->posts_refused},
	        {"redirected_bytes", nic->redirected_bytes},
	        {"arrivals", nic->arrivals},
	        {"watchdogs", nic->watchdogs},
	        {"interrupts", nic->interrupts},
	};

	memcpy(counters, all, MIN(max, G_N_ELEMENTS(all)) * sizeof *all);
	return G_N_ELEMENTS(all);
}

static const struct vmmc_nic_ops memory_ops = {
        .name = "memory",
        .free = memory_free,
        .open = memory_open,
        .drain = memory_drain,
        .close = memory_close,
        .allow_in = memory_allow_in,
        .quiesce = memory_quiesce,
        .map_out = memory_map_out,
        .forget = memory_forget,
        .send = memory_send,
        .post = memory_post,
        .cancel = memory_cancel,
        .post_status = memory_post_status,
        .post_range = memory_post_range,
        .failed = memory_failed,
        .completed = memory_completed,
        .completion_range = memory_completion_range,
        .wait_room = memory_wait_room,
        .interrupt = memory_interrupt,
        .install = memory_install,
        .watch = memory_watch,
        .watchdog = memory_watchdog,
        .waiting = memory_waiting,
        .peer_up = memory_peer_up,
        .stop = memory_stop,
        .restart = memory_restart,
        .counters = memory_counters,
};

struct vmmc_nic *
nic_memory_new(struct host *host, unsigned processes)
{
	struct memory_nic *nic = g_new0(struct memory_nic, 1);

	g_queue_init(&nic->waiting);
	sim_event_init(&nic->raise, SIM_RANK_NODE + host->node, raise_late);
	nic->base.ops = &memory_ops;
	nic->base.host = host;
	nic->base.capabilities = (struct vmmc_capabilities){
	        .redirection = true,
	        .reliable = true,
	        .notification = true,
	        .short_max = MEMORY_SHORT_MAX,
	        .largest_piece = PIECE_MAX,
	        .alignment = 4,
	        .out_pages = OUT_PAGES / processes,
	        .posts = MEMORY_POSTS,
	        .post_max = MEMORY_POST_MAX,
	        .frames = MEMORY_FRAMES,
	        .processes = processes,
	};
	return &nic->base;
}
