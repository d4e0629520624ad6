/* The LANai with the vmmc firmware (firmware/vmmc/abi.h): a process' queue, tables by PIO, completion in host memory.
 * nic_lanai_boot.c loads the firmware and starts it. */
#include "host-lib/nic_lanai.h"

#include <stddef.h>
#include <string.h>

/* How long anything that the firmware does at once may take before it counts as dead. */
#define PATIENCE (10 * SIM_MS)
/* The same for what depends on other nodes and on the network. */
#define NET_PATIENCE SIM_S
/* Between two looks at how far the firmware has come: each costs a read over the bus, and the firmware takes 10 to 20
 * us for a short request. */
#define PAUSE_MIN SIM_US
#define PAUSE_MAX (8 * SIM_US)

struct vmmc_nic_queue {
	struct lanai_nic *nic;
	unsigned index; /* of the firmware's process row and queue */
	struct umem_space *memory;
	uint64_t status;       /* address of struct vmmc_status */
	uint64_t sent;         /* requests given */
	uint64_t consumed;     /* of those, known to be taken */
	uint64_t asked;        /* last that asked for completion */
	bool asks[VMMC_SLOTS]; /* by slot: did its request? */
};

#define PROC(q, member)                                                                                                \
	(NIC_WINDOW_SRAM + VMMC_PROCS + (q)->index * (uint32_t)sizeof(struct vmmc_proc) +                              \
	 (uint32_t)offsetof(struct vmmc_proc, member))
#define CTRL(member) (NIC_WINDOW_SRAM + VMMC_CTRL + (uint32_t)offsetof(struct vmmc_ctrl, member))

/* Words of the NIC's window, by PIO of the running task. -------------------------------------------------------------
 */

static void
write_words(struct lanai_nic *nic, uint32_t offset, const uint32_t *words, unsigned n)
{
	hb_pio_write_wait(nic->base.host->bus, offset, words, n, 0);
}

static void
write_word(struct lanai_nic *nic, uint32_t offset, uint32_t word)
{
	write_words(nic, offset, &word, 1);
}

static void
publish(struct lanai_nic *nic, uint32_t offset, const uint32_t *words, unsigned n, uint32_t trace_id)
{
	hb_pio_publish_wait(nic->base.host->bus, offset, words, n, trace_id);
}

static uint32_t
read_word(struct lanai_nic *nic, uint32_t offset)
{
	return hb_pio_read_wait(nic->base.host->bus, offset);
}

/* Reads a word until it has the value; DEAD if it has not within `patience`. */
static enum vmmc_nic_result
await(struct lanai_nic *nic, uint32_t offset, uint32_t value, sim_time patience)
{
	sim_time deadline = sim_now() + patience;

	while (read_word(nic, offset) != value)
		if (sim_now() > deadline)
			return VMMC_NIC_DEAD;
	return VMMC_NIC_OK;
}

/* Gives the firmware the signal and waits until it has taken full effect (abi.h, SIGNALS): one at a time. */
static enum vmmc_nic_result
signal_firmware(struct lanai_nic *nic)
{
	sim_time deadline = sim_now() + PATIENCE;

	while (read_word(nic, CTRL(synced)) != nic->signals)
		if (sim_now() > deadline)
			return VMMC_NIC_DEAD;
	uint32_t mine = ++nic->signals;
	write_word(nic, NIC_WINDOW_REGS + LANAI_ISR, LANAI_ISR_LAN0_SIG);
	while ((int32_t)(read_word(nic, CTRL(synced)) - mine) < 0)
		if (sim_now() > deadline)
			return VMMC_NIC_DEAD;
	return VMMC_NIC_OK;
}

/* Opening and closing. ------------------------------------------------------------------------------------------------
 */

static void
clear_slots(struct vmmc_nic_queue *q)
{
	for (unsigned i = 0; i < VMMC_SLOTS; i++)
		write_word(q->nic, lanai_slot(q->index, i), 0);
}

static enum vmmc_nic_result
start_queue(struct vmmc_nic_queue *q, const struct vmmc_page *status)
{
	const struct vmmc_capabilities *can = &q->nic->base.capabilities;
	const uint32_t row[] = {
	        1,
	        status->frame * HB_FRAME,
	        q->index * can->out_pages,
	        can->out_pages,
	        q->index * can->source_pages,
	        can->source_pages,
	};

	clear_slots(q);
	publish(q->nic, PROC(q, open), row, G_N_ELEMENTS(row), 0);
	if (signal_firmware(q->nic) != VMMC_NIC_OK)
		return VMMC_NIC_DEAD;
	return await(q->nic, PROC(q, polled), 1, PATIENCE);
}

static int
free_index(const struct lanai_nic *nic)
{
	for (unsigned i = 0; i < nic->base.capabilities.processes; i++)
		if (!nic->open[i])
			return (int)i;
	return -1;
}

static enum vmmc_nic_result
fw_open(struct vmmc_nic *base, struct process *p, const struct vmmc_page *status, struct vmmc_nic_queue **opened)
{
	struct lanai_nic *nic = (struct lanai_nic *)base;
	int index = free_index(nic);
	struct vmmc_nic_queue *q;

	if (index < 0)
		return VMMC_NIC_FULL;
	q = g_new0(struct vmmc_nic_queue, 1);
	q->nic = nic;
	q->index = (unsigned)index;
	q->memory = p->memory;
	q->status = status->address;
	nic->open[index] = true;
	if (await(nic, CTRL(ready), VMMC_MAGIC, PATIENCE) != VMMC_NIC_OK || start_queue(q, status) != VMMC_NIC_OK) {
		nic->open[index] = false;
		g_free(q);
		return VMMC_NIC_DEAD;
	}
	*opened = q;
	return VMMC_NIC_OK;
}

static void
fw_close(struct vmmc_nic_queue *q)
{
	write_word(q->nic, PROC(q, open), 0);
	if (signal_firmware(q->nic) == VMMC_NIC_OK)
		await(q->nic, PROC(q, polled), 0, NET_PATIENCE);
	q->nic->open[q->index] = false;
	g_free(q);
}

/* Tables. ------------------------------------------------------------------------------------------------------------
 */

/* Frames in a row are written in one burst. */
static void
fw_allow_in(struct vmmc_nic *base, const struct vmmc_page *pages, unsigned n, uint16_t tag, bool notify)
{
	uint32_t entry = tag ? VMMC_IN_ENTRY(tag, VMMC_IN_WRITE | (notify ? VMMC_IN_NOTIFY : 0)) : 0;
	uint32_t *words = g_new(uint32_t, n);

	for (unsigned i = 0; i < n; i++)
		words[i] = entry;
	for (unsigned i = 0, run; i < n; i += run) {
		for (run = 1; i + run < n && pages[i + run].frame == pages[i].frame + run; run++)
			;
		write_words((struct lanai_nic *)base, NIC_WINDOW_SRAM + VMMC_IN_TABLE + pages[i].frame * 4, words, run);
	}
	g_free(words);
}

static void
fw_quiesce(struct vmmc_nic *base)
{
	signal_firmware((struct lanai_nic *)base);
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
	write_words(q->nic, NIC_WINDOW_SRAM + VMMC_OUT_TABLE + index * (uint32_t)sizeof(struct vmmc_out), words, 2 * n);
	g_free(words);
}

static void
fw_map_source(struct vmmc_nic_queue *q, unsigned first, unsigned n, const struct vmmc_page *pages)
{
	unsigned index = q->index * q->nic->base.capabilities.source_pages + first;
	uint32_t *words = g_new0(uint32_t, n);

	for (unsigned i = 0; pages && i < n; i++)
		words[i] = pages[i].frame << VMMC_PAGE_SHIFT | VMMC_SRC_VALID;
	write_words(q->nic, NIC_WINDOW_SRAM + VMMC_SRC_TABLE + index * 4, words, n);
	g_free(words);
}

/* Sending. -----------------------------------------------------------------------------------------------------------
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
	uint32_t taken = read_word(q->nic, PROC(q, consumed));

	q->consumed = MAX(q->consumed, q->sent - (uint32_t)((uint32_t)q->sent - taken));
}

static unsigned
build_descriptor(const struct vmmc_request *r, uint32_t *words)
{
	uint32_t flags = (r->complete ? VMMC_SEND_COMPLETE : 0) | (r->notify ? VMMC_SEND_NOTIFY : 0);

	words[0] = VMMC_CONTROL(r->inline_words ? VMMC_OP_SHORT : VMMC_OP_LONG, flags, r->length);
	words[1] = r->out_page << VMMC_PAGE_SHIFT | r->out_offset;
	if (!r->inline_words) {
		words[2] = r->source_page << VMMC_PAGE_SHIFT | r->source_offset;
		return 3;
	}
	memcpy(&words[2], r->inline_words, r->length);
	return 2 + r->length / 4;
}

static enum vmmc_nic_result
fw_send(struct vmmc_nic_queue *q, const struct vmmc_request *request, uint64_t *ticket)
{
	uint32_t words[2 + VMMC_SHORT_MAX / 4];
	unsigned slot = q->sent % VMMC_SLOTS, n;

	if (is_full(q))
		learn_from_status(q);
	if (is_full(q))
		return VMMC_NIC_BUSY;
	n = build_descriptor(request, words);
	*ticket = ++q->sent;
	q->asks[slot] = request->complete;
	if (request->complete)
		q->asked = q->sent;
	publish(q->nic, lanai_slot(q->index, slot), words, n, request->trace_id);
	return VMMC_NIC_OK;
}

struct completion_wait {
	struct vmmc_nic_queue *queue;
	uint64_t ticket;
};

static bool
is_completed(void *arg)
{
	const struct completion_wait *w = arg;

	return fw_completed(w->queue) >= w->ticket;
}

static enum vmmc_nic_result
await_completion(struct vmmc_nic_queue *q, uint64_t ticket)
{
	struct completion_wait wait = {q, ticket};
	struct umem_range range;

	fw_completion_range(q, &range);
	if (is_completed(&wait) || cpu_spin(is_completed, &wait, q->memory, &range, 1, sim_now() + NET_PATIENCE))
		return VMMC_NIC_OK;
	return VMMC_NIC_DEAD;
}

/* Waits until request `ticket` has been taken: looking at memory if it reports its completion, else at the NIC. */
static enum vmmc_nic_result
await_taken(struct vmmc_nic_queue *q, uint64_t ticket)
{
	sim_time deadline = sim_now() + NET_PATIENCE;

	if (q->asks[(ticket - 1) % VMMC_SLOTS]) {
		enum vmmc_nic_result result = await_completion(q, ticket);
		learn_from_status(q);
		return result;
	}
	for (sim_time pause = PAUSE_MIN;; pause = MIN(2 * pause, PAUSE_MAX)) {
		learn_from_nic(q);
		if (q->consumed >= ticket)
			return VMMC_NIC_OK;
		if (sim_now() > deadline)
			return VMMC_NIC_DEAD;
		cpu_charge(CPU_SPIN, pause);
	}
}

static enum vmmc_nic_result
fw_wait_room(struct vmmc_nic_queue *q)
{
	return is_full(q) ? await_taken(q, q->sent - VMMC_SLOTS + 1) : VMMC_NIC_OK;
}

static enum vmmc_nic_result
fw_drain(struct vmmc_nic_queue *q)
{
	enum vmmc_nic_result result = await_completion(q, q->asked);

	if (result == VMMC_NIC_OK && q->sent > q->asked)
		result = await_taken(q, q->sent);
	return result;
}

/* Counts. ------------------------------------------------------------------------------------------------------------
 */

static const char *const counter_names[VMMC_N_COUNTERS] = {
        [VMMC_C_SHORT_SENDS] = "short_sends",
        [VMMC_C_LONG_SENDS] = "long_sends",
        [VMMC_C_PACKETS_SENT] = "packets_sent",
        [VMMC_C_RETRANSMITTED] = "retransmitted",
        [VMMC_C_TIMEOUTS] = "timeouts",
        [VMMC_C_ACKS_SENT] = "acks_sent",
        [VMMC_C_ACKS_RECEIVED] = "acks_received",
        [VMMC_C_DEPOSITS] = "deposits",
        [VMMC_C_DEPOSIT_BYTES] = "deposit_bytes",
        [VMMC_C_DROP_CRC] = "drop_crc",
        [VMMC_C_DROP_TYPE] = "drop_type",
        [VMMC_C_DROP_DUPLICATE] = "drop_duplicate",
        [VMMC_C_DROP_GAP] = "drop_gap",
        [VMMC_C_DROP_PROTECTION] = "drop_protection",
        [VMMC_C_BAD_DESCRIPTOR] = "bad_descriptor",
        [VMMC_C_LONG_PACKETS] = "long_packets",
        [VMMC_C_BUS_ERRORS] = "bus_errors",
        [VMMC_C_COMPLETIONS] = "completions",
        [VMMC_C_NACKS_SENT] = "nacks_sent",
        [VMMC_C_NACKS_RECEIVED] = "nacks_received",
        [VMMC_C_NETWORK_RESETS] = "network_resets",
        [VMMC_C_NOTIFICATIONS] = "notifications",
};

static unsigned
fw_counters(struct vmmc_nic *base, struct vmmc_nic_counter *counters, unsigned max)
{
	for (unsigned i = 0; i < MIN(max, (unsigned)VMMC_N_COUNTERS); i++) {
		counters[i].name = counter_names[i];
		counters[i].value = nic_read(base->host->nic, CTRL(counter) + 4 * i);
	}
	return VMMC_N_COUNTERS;
}

static void
fw_free(struct vmmc_nic *base)
{
	struct lanai_nic *nic = (struct lanai_nic *)base;

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
        .map_source = fw_map_source,
        .send = fw_send,
        .completed = fw_completed,
        .completion_range = fw_completion_range,
        .wait_room = fw_wait_room,
        .counters = fw_counters,
};
