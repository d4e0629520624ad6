/* A NIC without hardware: what is sent is copied into the receiver's memory a fixed time later.
 *
 * It keeps every rule of vmmc_nic.h that its users can see: queues of bounded length, order, table entries, tags and
 * permissions, completion through a status page. */
#include "host-lib/vmmc_nic.h"

#include "host-lib/driver.h"

#include <glib.h>
#include <string.h>

#define DELAY        SIM_US /* from send to the deposit of the whole request */
#define SLOTS        16     /* requests under way of a queue */
#define SHORT_MAX    128    /* bytes */
#define PIECE_MAX    (1u << 20)
#define FRAMES       8192
#define OUT_PAGES    2048 /* all processes together */
#define SOURCE_PAGES 4096

struct memory_nic {
	struct vmmc_nic base;
	unsigned n_open;
	struct incoming {
		uint16_t tag;
		struct umem_space *space;
		uint64_t address;
	} in[FRAMES];
	uint32_t deposits, deposit_bytes, drop_protection;
};

struct outgoing {
	struct memory_nic *nic; /* NULL: empty */
	uint32_t bus_address;
	uint16_t tag;
};

struct vmmc_nic_queue {
	struct memory_nic *nic;
	struct umem_space *memory;
	uint64_t status; /* address of the count of requests done */
	uint64_t sent;
	uint32_t under_way;
	bool closed;
	struct outgoing *out;
	struct vmmc_page *sources; /* space NULL: empty */
};

/* A request on its way. */
struct flight {
	struct sim_event event;
	struct vmmc_nic_queue *queue;
	struct vmmc_request request;
	uint64_t ticket;
	bool is_short;
	uint8_t data[SHORT_MAX];
};

static uint32_t
load(const struct vmmc_nic_queue *q)
{
	return umem_load_be32(q->memory, q->status);
}

static void
store(struct vmmc_nic_queue *q, uint32_t value)
{
	uint8_t bytes[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value};

	umem_write(q->memory, q->status, bytes, sizeof bytes);
}

/* Into one page of the receiver, if its driver allows. */
static void
deposit(const struct outgoing *to, uint32_t offset, const uint8_t *data, uint32_t bytes)
{
	struct memory_nic *nic = to->nic;
	unsigned frame = to->bus_address / HB_FRAME;

	if (frame >= FRAMES || !nic->in[frame].tag || nic->in[frame].tag != to->tag) {
		nic->drop_protection++;
		return;
	}
	umem_write(nic->in[frame].space, nic->in[frame].address + offset, data, bytes);
	nic->deposits++;
	nic->deposit_bytes += bytes;
}

static bool
fetch(const struct flight *f, uint32_t done, uint8_t *to, uint32_t bytes)
{
	uint32_t at = f->request.source_offset + done;
	const struct vmmc_page *page = &f->queue->sources[f->request.source_page + at / HB_FRAME];

	if (f->is_short) {
		memcpy(to, f->data + done, bytes);
		return true;
	}
	return page->space && umem_read(page->space, page->address + at % HB_FRAME, to, bytes);
}

/* Copies the request piece by piece, none of which leaves a page at either end. */
static void
copy(const struct flight *f)
{
	uint8_t piece[HB_FRAME];

	for (uint32_t done = 0, n; done < f->request.length; done += n) {
		uint32_t from = f->request.source_offset + done, to = f->request.out_offset + done;
		const struct outgoing *out = &f->queue->out[f->request.out_page + to / HB_FRAME];

		n = MIN(f->request.length - done, HB_FRAME - to % HB_FRAME);
		if (!f->is_short)
			n = MIN(n, HB_FRAME - from % HB_FRAME);
		if (out->nic && fetch(f, done, piece, n))
			deposit(out, to % HB_FRAME, piece, n);
	}
}

static void
free_queue(struct vmmc_nic_queue *q)
{
	g_free(q->out);
	g_free(q->sources);
	g_free(q);
}

static void
arrive(struct sim_event *event)
{
	struct flight *f = sim_event_owner(event, struct flight, event);
	struct vmmc_nic_queue *q = f->queue;

	q->under_way--;
	if (!q->closed) {
		copy(f);
		store(q, (uint32_t)f->ticket);
	} else if (q->under_way == 0) {
		free_queue(q);
	}
	g_free(f);
}

static void
memory_free(struct vmmc_nic *base)
{
	g_free(base);
}

static enum vmmc_nic_result
memory_open(struct vmmc_nic *base, struct process *p, const struct vmmc_page *status, struct vmmc_nic_queue **opened)
{
	struct memory_nic *nic = (struct memory_nic *)base;
	struct vmmc_nic_queue *q;

	if (nic->n_open == base->capabilities.processes)
		return VMMC_NIC_FULL;
	nic->n_open++;
	q = g_new0(struct vmmc_nic_queue, 1);
	q->nic = nic;
	q->memory = p->memory;
	q->status = status->address;
	q->out = g_new0(struct outgoing, base->capabilities.out_pages);
	q->sources = g_new0(struct vmmc_page, base->capabilities.source_pages);
	*opened = q;
	return VMMC_NIC_OK;
}

static bool
all_done(void *arg)
{
	const struct vmmc_nic_queue *q = arg;

	return q->under_way == 0;
}

static bool
has_room(void *arg)
{
	const struct vmmc_nic_queue *q = arg;

	return q->under_way < SLOTS;
}

static void
spin(struct vmmc_nic_queue *q, bool (*ready)(void *))
{
	struct umem_range range = {q->status, 4};

	cpu_spin(ready, q, q->memory, &range, 1, SIM_NEVER);
}

static enum vmmc_nic_result
memory_drain(struct vmmc_nic_queue *q)
{
	spin(q, all_done);
	return VMMC_NIC_OK;
}

static enum vmmc_nic_result
memory_wait_room(struct vmmc_nic_queue *q)
{
	spin(q, has_room);
	return VMMC_NIC_OK;
}

static void
memory_close(struct vmmc_nic_queue *q)
{
	q->closed = true;
	q->nic->n_open--;
	if (q->under_way == 0)
		free_queue(q);
}

static void
memory_allow_in(struct vmmc_nic *base, const struct vmmc_page *pages, unsigned n, uint16_t tag, bool notify)
{
	struct memory_nic *nic = (struct memory_nic *)base;

	(void)notify;
	cpu_settle();
	for (unsigned i = 0; i < n; i++)
		nic->in[pages[i].frame] = (struct incoming){tag, pages[i].space, pages[i].address};
}

/* Permission is looked up when the data move. */
static void
memory_quiesce(struct vmmc_nic *base)
{
	(void)base;
}

static void
memory_map_out(struct vmmc_nic_queue *q, unsigned first, unsigned n, uint32_t node, const uint32_t *bus, uint16_t tag)
{
	const struct machine *m = q->nic->base.host->machine;

	cpu_settle();
	for (unsigned i = 0; i < n; i++) {
		struct outgoing *out = &q->out[first + i];
		*out = (struct outgoing){NULL, 0, 0};
		if (bus)
			*out = (struct outgoing){(struct memory_nic *)driver_nic(&m->hosts[node]), bus[i], tag};
	}
}

static void
memory_map_source(struct vmmc_nic_queue *q, unsigned first, unsigned n, const struct vmmc_page *pages)
{
	cpu_settle();
	for (unsigned i = 0; i < n; i++)
		q->sources[first + i] = pages ? pages[i] : (struct vmmc_page){0, NULL, 0};
}

static enum vmmc_nic_result
memory_send(struct vmmc_nic_queue *q, const struct vmmc_request *request, uint64_t *ticket)
{
	struct flight *f;

	if (q->under_way == SLOTS)
		return VMMC_NIC_BUSY;
	f = g_new0(struct flight, 1);
	f->queue = q;
	f->request = *request;
	f->is_short = request->inline_words != NULL;
	f->ticket = *ticket = ++q->sent;
	for (uint32_t i = 0; f->is_short && i < request->length; i++)
		f->data[i] = (uint8_t)(request->inline_words[i / 4] >> (24 - i % 4 * 8));
	q->under_way++;
	cpu_settle();
	sim_event_init(&f->event, SIM_RANK_NODE + q->nic->base.host->node, arrive);
	sim_post(&f->event, sim_now() + DELAY);
	return VMMC_NIC_OK;
}

/* The 32 bits in memory, as the whole number that is at most `sent`. */
static uint64_t
memory_completed(struct vmmc_nic_queue *q)
{
	return q->sent - (uint32_t)((uint32_t)q->sent - load(q));
}

static void
memory_completion_range(struct vmmc_nic_queue *q, struct umem_range *watch)
{
	*watch = (struct umem_range){q->status, 4};
}

static unsigned
memory_counters(struct vmmc_nic *base, struct vmmc_nic_counter *counters, unsigned max)
{
	const struct memory_nic *nic = (struct memory_nic *)base;
	const struct vmmc_nic_counter all[] = {
	        {"deposits", nic->deposits},
	        {"deposit_bytes", nic->deposit_bytes},
	        {"drop_protection", nic->drop_protection},
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
        .map_source = memory_map_source,
        .send = memory_send,
        .completed = memory_completed,
        .completion_range = memory_completion_range,
        .wait_room = memory_wait_room,
        .counters = memory_counters,
};

struct vmmc_nic *
nic_memory_new(struct host *host, unsigned processes)
{
	struct memory_nic *nic = g_new0(struct memory_nic, 1);

	nic->base.ops = &memory_ops;
	nic->base.host = host;
	nic->base.capabilities = (struct vmmc_capabilities){
	        .reliable = true,
	        .short_max = SHORT_MAX,
	        .largest_piece = PIECE_MAX,
	        .alignment = 4,
	        .out_pages = OUT_PAGES / processes,
	        .source_pages = SOURCE_PAGES / processes,
	        .frames = FRAMES,
	        .processes = processes,
	};
	return &nic->base;
}
