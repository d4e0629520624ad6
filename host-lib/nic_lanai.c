/* The LANai with the vmmc firmware (firmware/vmmc/abi.h): a process' queue, tables by PIO, completion in host memory.
 * nic_lanai_boot.c loads the firmware and starts it; nic_lanai_host.c is the driver's side of it. */
#include "host-lib/nic_lanai.h"

#include "host-lib/translation.h"

#include <string.h>

/* Between two looks at how far the firmware has come: each costs a read over the bus, and the firmware takes 10 to 20
 * us for a short request. */
#define PAUSE_MIN SIM_US
#define PAUSE_MAX (8 * SIM_US)

static void
publish(struct lanai_nic *nic, uint32_t offset, const uint32_t *words, unsigned n, uint32_t trace_id)
{
	hb_pio_publish_wait(nic->base.host->bus, offset, words, n, trace_id);
}

/* Opening and closing. ------------------------------------------------------------------------------------------------
 */

static void
clear_slots(struct vmmc_nic_queue *q)
{
	for (unsigned i = 0; i < VMMC_SLOTS; i++)
		fw_write_word(q->nic, fw_slot(q->index, i), 0);
}

static enum vmmc_nic_result
start_queue(struct vmmc_nic_queue *q, const struct vmmc_page *status, const struct translation *table)
{
	const struct vmmc_capabilities *can = &q->nic->base.capabilities;
	const uint32_t row[] = {
	        1, status->frame * HB_FRAME, q->index * can->out_pages, can->out_pages, translation_directory(table),
	};

	if (fw_await(q->nic, LANAI_CTRL(ready), VMMC_MAGIC, LANAI_PATIENCE) != VMMC_NIC_OK)
		return VMMC_NIC_DEAD;
	clear_slots(q);
	publish(q->nic, LANAI_PROC(q, open), row, G_N_ELEMENTS(row), 0);
	if (fw_signal(q->nic) != VMMC_NIC_OK)
		return VMMC_NIC_DEAD;
	return fw_await(q->nic, LANAI_PROC(q, polled), 1, LANAI_PATIENCE);
}

static int
free_index(const struct lanai_nic *nic)
{
	for (unsigned i = 0; i < nic->base.capabilities.processes; i++)
		if (!nic->queues[i])
			return (int)i;
	return -1;
}

static void
free_queue(struct vmmc_nic_queue *q)
{
	if (q->nic->queues[q->index] == q)
		q->nic->queues[q->index] = NULL;
	g_free(q);
}

static enum vmmc_nic_result
fw_open(struct vmmc_nic *base, struct process *p, const struct vmmc_page *status, struct translation *table,
        struct vmmc_nic_queue **opened)
{
	struct lanai_nic *nic = (struct lanai_nic *)base;
	int index = free_index(nic);
	struct vmmc_nic_queue *q;

	if (index < 0)
		return VMMC_NIC_FULL;
	q = g_new0(struct vmmc_nic_queue, 1);
	q->nic = nic;
	q->epoch = nic->epoch;
	q->index = (unsigned)index;
	q->memory = p->memory;
	q->status = status->address;
	nic->queues[index] = q;
	if (start_queue(q, status, table) != VMMC_NIC_OK || fw_is_dead(q)) {
		free_queue(q);
		return VMMC_NIC_DEAD;
	}
	*opened = q;
	return VMMC_NIC_OK;
}

/* A firmware that does not say that it is done is stopped: nothing of the process may be under way any more. */
static void
fw_close(struct vmmc_nic_queue *q)
{
	if (!fw_is_dead(q)) {
		fw_write_word(q->nic, LANAI_PROC(q, open), 0);
		if (fw_signal(q->nic) != VMMC_NIC_OK ||
		    fw_await(q->nic, LANAI_PROC(q, polled), 0, LANAI_NET_PATIENCE) != VMMC_NIC_OK)
			if (!fw_is_dead(q))
				fw_stop(&q->nic->base);
	}
	free_queue(q);
}

/* Tables. ------------------------------------------------------------------------------------------------------------
 */

/* Frames in a row are written in one burst. */
static void
fw_allow_in(struct vmmc_nic_queue *q, const struct vmmc_page *pages, unsigned n, uint16_t tag, bool notify)
{
	uint32_t flags = VMMC_IN_WRITE | (notify ? VMMC_IN_NOTIFY : 0);
	uint32_t entry = tag ? VMMC_IN_ENTRY(tag, q->index, flags) : 0;
	uint32_t *words = g_new(uint32_t, n);

	for (unsigned i = 0; i < n; i++)
		words[i] = entry;
	for (unsigned i = 0, run; i < n && !fw_is_dead(q); i += run) {
		for (run = 1; i + run < n && pages[i + run].frame == pages[i].frame + run; run++)
			;
		fw_write(q->nic, NIC_WINDOW_SRAM + VMMC_IN_TABLE + pages[i].frame * 4, words, run);
	}
	g_free(words);
}

static void
fw_map_out(struct vmmc_nic_queue *q, unsigned first, unsigned n, uint32_t node, const uint32_t *bus, uint16_t tag)
{
	unsigned index = q->index * q->nic->base.capabilities.out_pages + first;
	uint32_t *words = g_new0(uint32_t, 2 * n);

	for (unsigned i = 0; bus && i < n; i++) {
		words[2 * i] = bus[i];
		words[2 * i + 1] = VMMC_OUT_KEY(tag, node);
	}
	if (!fw_is_dead(q))
		fw_write(q->nic, NIC_WINDOW_SRAM + VMMC_OUT_TABLE + index * (uint32_t)sizeof(struct vmmc_out), words,
		         2 * n);
	g_free(words);
}

/* Descriptors.
 * -----------------------------------------------------------------------------------------------------------
 */

/* The 32 bits in memory, as the whole number that is at most `sent`. */
static uint64_t
fw_completed(struct vmmc_nic_queue *q)
{
	return q->sent - (uint32_t)((uint32_t)q->sent - umem_load_be32(q->memory, q->status));
}

static void
fw_completion_range(struct vmmc_nic_queue *q, struct umem_range *watch)
{
	*watch = (struct umem_range){q->status, sizeof(be32)};
}

static bool
is_full(const struct vmmc_nic_queue *q)
{
	return q->sent - q->consumed == VMMC_SLOTS;
}

/* What is completed has been taken: that costs no access to the NIC. */
static void
learn_from_status(struct vmmc_nic_queue *q)
{
	q->consumed = MAX(q->consumed, fw_completed(q));
}

static void
learn_from_nic(struct vmmc_nic_queue *q)
{
	uint32_t taken = fw_read(q->nic, LANAI_PROC(q, consumed));

	q->consumed = MAX(q->consumed, q->sent - (uint32_t)((uint32_t)q->sent - taken));
}

static unsigned
build_descriptor(const struct vmmc_request *r, uint32_t *words)
{
	uint32_t flags = (r->complete ? VMMC_SEND_COMPLETE : 0) | (r->notify ? VMMC_SEND_NOTIFY : 0);

	words[0] = VMMC_CONTROL(r->inline_words ? VMMC_OP_SHORT : VMMC_OP_LONG, flags, r->length);
	words[1] = r->out_page << VMMC_PAGE_SHIFT | r->out_offset;
	if (!r->inline_words) {
		words[2] = r->source;
		return 3;
	}
	memcpy(&words[2], r->inline_words, r->length);
	return 2 + r->length / 4;
}

/* Puts a descriptor into the next slot. */
static enum vmmc_nic_result
give(struct vmmc_nic_queue *q, const uint32_t *words, unsigned n, bool asks, uint32_t trace_id)
{
	unsigned slot = q->sent % VMMC_SLOTS;

	if (fw_is_dead(q))
		return VMMC_NIC_DEAD;
	if (is_full(q))
		learn_from_status(q);
	if (is_full(q))
		return VMMC_NIC_BUSY;
	q->sent++;
	q->asks[slot] = asks;
	if (asks)
		q->asked = q->sent;
	publish(q->nic, fw_slot(q->index, slot), words, n, trace_id);
	return VMMC_NIC_OK;
}

static enum vmmc_nic_result
fw_send(struct vmmc_nic_queue *q, const struct vmmc_request *request, uint64_t *ticket)
{
	uint32_t words[2 + VMMC_SHORT_MAX / 4];
	uint64_t mine = q->sent + 1;
	unsigned n = build_descriptor(request, words);
	enum vmmc_nic_result result = give(q, words, n, request->complete, request->trace_id);

	if (result == VMMC_NIC_OK)
		*ticket = mine;
	return result;
}

static enum vmmc_nic_result
fw_post(struct vmmc_nic_queue *q, unsigned slot, uint32_t serial, uint64_t place, uint64_t user, uint32_t length)
{
	const uint32_t words[] = {
	        VMMC_CONTROL(VMMC_OP_POST, slot, length),
	        (uint32_t)place,
	        (uint32_t)user,
	        serial,
	};

	return give(q, words, G_N_ELEMENTS(words), false, 0);
}

static enum vmmc_nic_result
fw_cancel(struct vmmc_nic_queue *q, unsigned slot)
{
	const uint32_t word = VMMC_CONTROL(VMMC_OP_CANCEL, slot, 0);

	return give(q, &word, 1, false, 0);
}

static void
fw_post_range(struct vmmc_nic_queue *q, unsigned slot, struct umem_range *watch)
{
	watch->address = q->status + offsetof(struct vmmc_status, post) + slot * sizeof(struct vmmc_post_status);
	watch->bytes = sizeof(struct vmmc_post_status);
}

/* The states are those of vmmc_nic.h. */
static struct vmmc_post_end
fw_post_status(struct vmmc_nic_queue *q, unsigned slot)
{
	struct umem_range at;

	fw_post_range(q, slot, &at);
	return (struct vmmc_post_end){
	        .serial = umem_load_be32(q->memory, at.address),
	        .result = umem_load_be32(q->memory, at.address + offsetof(struct vmmc_post_status, state)),
	        .first = umem_load_be32(q->memory, at.address + offsetof(struct vmmc_post_status, first)),
	        .taken = umem_load_be32(q->memory, at.address + offsetof(struct vmmc_post_status, taken)),
	};
}
_Static_assert((int)VMMC_POST_REFUSED == (int)VMMC_POST_WAS_REFUSED && (int)VMMC_POST_FULL == (int)VMMC_POST_IS_FULL &&
                       (int)VMMC_POST_CANCELLED == (int)VMMC_POST_WAS_CANCELLED &&
                       (int)VMMC_POST_REVOKED == (int)VMMC_POST_WAS_REVOKED,
               "ends of posts");

static uint32_t
fw_failed(struct vmmc_nic_queue *q)
{
	return umem_load_be32(q->memory, q->status + offsetof(struct vmmc_status, failed));
}

/* Waiting. -----------------------------------------------------------------------------------------------------------
 */

struct completion_wait {
	struct vmmc_nic_queue *queue;
	uint64_t ticket;
};

static bool
is_completed(void *arg)
{
	const struct completion_wait *w = arg;

	return fw_completed(w->queue) >= w->ticket || fw_is_dead(w->queue);
}

/* As long as the firmware lives, and it is not `deadline`. */
static enum vmmc_nic_result
await_completion(struct vmmc_nic_queue *q, uint64_t ticket, sim_time deadline)
{
	struct completion_wait wait = {q, ticket};
	struct umem_range range;

	fw_completion_range(q, &range);
	while (!is_completed(&wait)) {
		sim_time until = MIN(deadline, sim_now() + LANAI_PATIENCE);
		if (cpu_spin(is_completed, &wait, q->memory, &range, 1, until))
			break;
		if (until == deadline || fw_signal(q->nic) != VMMC_NIC_OK)
			return VMMC_NIC_DEAD;
	}
	return fw_is_dead(q) ? VMMC_NIC_DEAD : VMMC_NIC_OK;
}

/* Looks at the NIC until it has taken the descriptor. */
static enum vmmc_nic_result
poll_taken(struct vmmc_nic_queue *q, uint64_t ticket, sim_time deadline)
{
	sim_time look = sim_now() + LANAI_PATIENCE;

	for (sim_time pause = PAUSE_MIN; !fw_is_dead(q); pause = MIN(2 * pause, PAUSE_MAX)) {
		learn_from_nic(q);
		if (q->consumed >= ticket)
			return VMMC_NIC_OK;
		if (sim_now() > look) {
			if (sim_now() > deadline || fw_signal(q->nic) != VMMC_NIC_OK)
				break;
			look = sim_now() + LANAI_PATIENCE;
		}
		cpu_charge(CPU_SPIN, pause);
	}
	return VMMC_NIC_DEAD;
}

/* first_to_tell: the first request from `ticket` on that will report its completion, 0 if there is none.  Requests are
 * taken in order, so it tells of those before it, too. */
static uint64_t
first_to_tell(const struct vmmc_nic_queue *q, uint64_t ticket)
{
	for (; ticket <= q->sent; ticket++)
		if (q->asks[(ticket - 1) % VMMC_SLOTS])
			return ticket;
	return 0;
}

/* Waits until request `ticket` has been taken: looking at memory if it, or one behind it, reports its completion, else
 * at the NIC: reads over the I/O bus disturb it and the NIC. */
static enum vmmc_nic_result
await_taken(struct vmmc_nic_queue *q, uint64_t ticket, sim_time deadline)
{
	uint64_t telling = first_to_tell(q, ticket);
	enum vmmc_nic_result result;

	if (!telling)
		return poll_taken(q, ticket, deadline);
	result = await_completion(q, telling, deadline);
	if (result == VMMC_NIC_OK)
		learn_from_status(q);
	return result;
}

static enum vmmc_nic_result
fw_wait_room(struct vmmc_nic_queue *q)
{
	return is_full(q) ? await_taken(q, q->sent - VMMC_SLOTS + 1, SIM_NEVER) : VMMC_NIC_OK;
}

static enum vmmc_nic_result
fw_drain(struct vmmc_nic_queue *q)
{
	sim_time deadline = sim_now() + LANAI_NET_PATIENCE;
	enum vmmc_nic_result result = await_completion(q, q->asked, deadline);

	if (result == VMMC_NIC_OK && q->sent > q->asked)
		result = await_taken(q, q->sent, deadline);
	return result;
}

static void
fw_free(struct vmmc_nic *base)
{
	struct lanai_nic *nic = (struct lanai_nic *)base;

	for (unsigned i = 0; i < VMMC_MAX_PROCESSES; i++)
		if (nic->queues[i])
			free_queue(nic->queues[i]);
	g_queue_clear(&nic->commander);
	if (nic->has_frame_0)
		hb_frame_free(base->host->bus, 0);
	g_free(nic);
}

const struct vmmc_nic_ops nic_lanai_ops = {
        .name = "lanai",
        .free = fw_free,
        .open = fw_open,
        .drain = fw_drain,
        .close = fw_close,
        .allow_in = fw_allow_in,
        .quiesce = fw_quiesce,
        .map_out = fw_map_out,
        .forget = fw_forget,
        .send = fw_send,
        .post = fw_post,
        .cancel = fw_cancel,
        .post_status = fw_post_status,
        .post_range = fw_post_range,
        .failed = fw_failed,
        .completed = fw_completed,
        .completion_range = fw_completion_range,
        .wait_room = fw_wait_room,
        .interrupt = fw_interrupt,
        .install = fw_install,
        .watch = fw_watch,
        .watchdog = fw_watchdog,
        .waiting = fw_waiting,
        .peer_up = fw_peer_up,
        .stop = fw_stop,
        .restart = fw_restart,
        .counters = fw_counters,
};
