#include "host-lib/am_nic.h"

#include "host-lib/lanai_boot.h"

#include <string.h>

/* How long anything that the firmware does at once may take before it counts as dead. */
#define PATIENCE (10 * SIM_MS)
/* Between two looks at how far the firmware has come: each costs a read over the bus. */
#define PAUSE_MIN SIM_US
#define PAUSE_MAX (8 * SIM_US)

#define RING_MIN 64u /* entries: a page */

#define CTRL(member) (NIC_WINDOW_SRAM + AM_CTRL + (uint32_t)offsetof(struct am_ctrl, member))
#define ROW(number, member)                                                                                            \
	(NIC_WINDOW_SRAM + AM_ROWS + (number) * (uint32_t)sizeof(struct am_endpoint) +                                 \
	 (uint32_t)offsetof(struct am_endpoint, member))

struct am_driver {
	struct host *host;
	struct am_queue *queues[AM_ENDPOINTS]; /* open */
	uint32_t last_tag;
	uint32_t signals; /* given so far */
	bool dead;
	bool signalling; /* a task has given a signal and waits */
	GQueue waiting;  /* tasks that want to give one */
	bool *deposits;  /* by frame: may hardware write there?  For the oracle. */
	unsigned n_frames;
};

/* Set-up of the machine. ---------------------------------------------------------------------------------------------
 */

static void
write_control(struct host *host)
{
	const struct params *p = host->params;
	const struct {
		size_t member;
		uint32_t value;
	} words[] = {
	        {offsetof(struct am_ctrl, magic), AM_MAGIC},
	        {offsetof(struct am_ctrl, version), AM_ABI_VERSION},
	        {offsetof(struct am_ctrl, node), host->node},
	        {offsetof(struct am_ctrl, n_nodes), host->machine->n_hosts},
	        {offsetof(struct am_ctrl, window), (uint32_t)p->window},
	        {offsetof(struct am_ctrl, ack_every), (uint32_t)p->ack_every},
	        {offsetof(struct am_ctrl, ack_delay_ticks), lanai_ticks(p->ack_delay)},
	        {offsetof(struct am_ctrl, rto_ticks), lanai_ticks(p->retransmit)},
	        {offsetof(struct am_ctrl, first_sequence), (uint32_t)p->first_sequence},
	        {offsetof(struct am_ctrl, give_up_ticks), p->give_up ? lanai_ticks(p->give_up) : 0},
	        {offsetof(struct am_ctrl, reliable), (uint32_t)p->reliable},
	};

	for (uint32_t at = AM_CODE_LIMIT; at < AM_BUFFERS; at += 4)
		lanai_put(host->nic, at, 0);
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		lanai_put(host->nic, AM_CTRL + (uint32_t)words[i].member, words[i].value);
}

static char *
refusal(const struct host *host, const struct lanai_image *image)
{
	if (host->machine->n_hosts > AM_MAX_NODES)
		return g_strdup_printf("Active Messages serve at most %u nodes; the platform has %u", AM_MAX_NODES,
		                       host->machine->n_hosts);
	if (host->params->sram_kb * 1024 < AM_SRAM_BYTES)
		return g_strdup_printf("the am firmware needs nic.sram_KB of at least %u", AM_SRAM_BYTES / 1024);
	if (image->size > AM_CODE_LIMIT)
		return g_strdup_printf("the firmware image has %u bytes; am allows %u", image->size, AM_CODE_LIMIT);
	return NULL;
}

static bool
deposit_allowed(void *arg, unsigned frame, uint32_t offset, uint32_t bytes)
{
	const struct am_driver *d = arg;

	(void)offset;
	(void)bytes;
	return frame < d->n_frames && d->deposits[frame];
}

static bool
start_host(struct host *host, const struct lanai_image *image, char **error)
{
	struct am_driver *d;

	*error = refusal(host, image);
	if (*error || !lanai_install(host, image, error))
		return false;
	write_control(host);
	if (!lanai_routes(host, AM_NODES, "am", error))
		return false;
	d = g_new0(struct am_driver, 1);
	d->host = host;
	d->n_frames = (unsigned)(host->params->memory_mb * ((1u << 20) / HB_FRAME));
	d->deposits = g_new0(bool, d->n_frames);
	g_queue_init(&d->waiting);
	host->driver = d;
	hb_set_oracle(host->bus, deposit_allowed, d);
	nic_write(host->nic, NIC_WINDOW_CONTROL, NIC_CONTROL_RESET_OFF, 0);
	return true;
}

bool
am_start(struct machine *m, const struct lanai_image *image, char **error)
{
	for (unsigned i = 0; i < m->n_hosts; i++)
		if (!start_host(&m->hosts[i], image, error)) {
			am_stop(m);
			return false;
		}
	return true;
}

void
am_stop(struct machine *m)
{
	for (unsigned i = 0; i < m->n_hosts; i++) {
		struct am_driver *d = m->hosts[i].driver;
		if (!d)
			continue;
		m->hosts[i].driver = NULL;
		hb_set_oracle(m->hosts[i].bus, NULL, NULL);
		for (unsigned q = 0; q < AM_ENDPOINTS; q++)
			g_free(d->queues[q]);
		g_queue_clear(&d->waiting);
		g_free(d->deposits);
		g_free(d);
	}
}

static const char *const counter_names[AM_N_COUNTERS] = {
        [AM_C_SHORTS] = "shorts",
        [AM_C_LONGS] = "longs",
        [AM_C_PACKETS_SENT] = "packets_sent",
        [AM_C_RETRANSMITTED] = "retransmitted",
        [AM_C_TIMEOUTS] = "timeouts",
        [AM_C_ACKS_SENT] = "acks_sent",
        [AM_C_ACKS_RECEIVED] = "acks_received",
        [AM_C_DELIVERED] = "delivered",
        [AM_C_DROP_CRC] = "drop_crc",
        [AM_C_DROP_TYPE] = "drop_type",
        [AM_C_DROP_DUPLICATE] = "drop_duplicate",
        [AM_C_DROP_GAP] = "drop_gap",
        [AM_C_DROP_PROTECTION] = "drop_protection",
        [AM_C_DROP_CREDIT] = "drop_credit",
        [AM_C_BAD_DESCRIPTOR] = "bad_descriptor",
        [AM_C_LONG_PACKETS] = "long_packets",
        [AM_C_BUS_ERRORS] = "bus_errors",
        [AM_C_NACKS_SENT] = "nacks_sent",
        [AM_C_NACKS_RECEIVED] = "nacks_received",
        [AM_C_NETWORK_RESETS] = "network_resets",
        [AM_C_RETURNS] = "returns",
        [AM_C_PEERS_DOWN] = "peers_down",
        [AM_C_DROP_SESSION] = "drop_session",
        [AM_C_UNREACHABLE] = "unreachable",
};

uint32_t
am_nic_counter(const struct host *host, const char *name)
{
	for (unsigned i = 0; i < AM_N_COUNTERS; i++)
		if (strcmp(counter_names[i], name) == 0)
			return nic_read(host->nic, CTRL(counter) + 4 * i);
	return 0;
}

/* The running firmware. ----------------------------------------------------------------------------------------------
 */

static void
write_word(const struct am_driver *d, uint32_t offset, uint32_t word)
{
	hb_pio_write_wait(d->host->bus, offset, &word, 1, 0);
}

static uint32_t
read_word(const struct am_driver *d, uint32_t offset)
{
	return hb_pio_read_wait(d->host->bus, offset);
}

/* Waits until the word has the value; else the firmware is dead from now on. */
static bool
await_word(struct am_driver *d, uint32_t offset, uint32_t value)
{
	sim_time deadline = sim_now() + PATIENCE;

	while (!d->dead && read_word(d, offset) != value)
		if (sim_now() > deadline)
			d->dead = true;
	return !d->dead;
}

/* One signal at a time (abi.h, SIGNALS). */
static bool
give_signal(struct am_driver *d)
{
	struct task *next;

	while (d->signalling) {
		g_queue_push_tail(&d->waiting, task_self());
		cpu_block("the NIC's signal", SIM_NEVER);
	}
	d->signalling = true;
	if (!d->dead) {
		d->signals++;
		write_word(d, NIC_WINDOW_REGS + LANAI_ISR, LANAI_ISR_LAN0_SIG);
		await_word(d, CTRL(synced), d->signals);
	}
	d->signalling = false;
	next = g_queue_pop_head(&d->waiting);
	if (next)
		cpu_poke(next);
	return !d->dead;
}

bool
am_queue_dead(const struct am_queue *q)
{
	return q->driver->dead;
}

bool
am_queue_alive(struct am_queue *q)
{
	return give_signal(q->driver);
}

/* Endpoints. ---------------------------------------------------------------------------------------------------------
 */

/* Room for all that can be on its way to one endpoint, and one that a handler looks at (abi.h, CREDITS). */
static uint32_t
ring_entries(const struct machine *m)
{
	uint32_t wanted = 2 * AM_CREDITS * AM_ENDPOINTS * (m->n_hosts - 1) + 1;
	uint32_t entries = RING_MIN;

	while (entries < wanted)
		entries *= 2;
	return entries;
}

/* Offsets of the parts; false if the window would be too large. */
static bool
lay_out(struct am_queue *q, uint32_t bulk_bytes)
{
	q->entries = ring_entries(q->process->host->machine);
	q->ring = 0;
	q->data = q->entries * (uint32_t)sizeof(struct am_entry);
	q->staging = q->data + q->entries * AM_PAGE;
	q->bulk = q->staging + AM_SLOTS * AM_PAGE;
	if (bulk_bytes > AM_PAGES * AM_PAGE)
		return false;
	q->bulk_bytes = (bulk_bytes + AM_PAGE - 1) / AM_PAGE * AM_PAGE;
	q->pages = (q->bulk + q->bulk_bytes) / AM_PAGE;
	return q->pages <= AM_PAGES;
}

static void
charge_pins(const struct am_queue *q, bool pin)
{
	const struct params *p = q->process->host->params;

	if (pin)
		cpu_charge(CPU_SYSTEM, p->pin_base + q->pages * p->pin_page);
	else
		cpu_charge(CPU_SYSTEM, p->unpin_base + q->pages * p->unpin_page);
}

static void
allow_deposits(const struct am_queue *q, bool allowed)
{
	for (uint32_t i = 0; i < q->pages; i++)
		q->driver->deposits[umem_frame(q->memory, q->window + i * UMEM_PAGE)] = allowed;
}

static bool
take_window(struct am_queue *q)
{
	uint64_t bytes = (uint64_t)q->pages * UMEM_PAGE;

	q->window = umem_alloc(q->memory, bytes);
	if (!q->window)
		return false;
	if (!umem_pin(q->memory, q->window, bytes)) {
		umem_free(q->memory, q->window);
		return false;
	}
	charge_pins(q, true);
	allow_deposits(q, true);
	return true;
}

static void
give_window_back(struct am_queue *q)
{
	allow_deposits(q, false);
	charge_pins(q, false);
	umem_unpin(q->memory, q->window, (uint64_t)q->pages * UMEM_PAGE);
	umem_free(q->memory, q->window);
}

static void
write_window(const struct am_queue *q)
{
	uint32_t *bus = g_new(uint32_t, q->pages);

	for (uint32_t i = 0; i < q->pages; i++)
		bus[i] = (uint32_t)umem_frame(q->memory, q->window + i * UMEM_PAGE) * HB_FRAME;
	hb_pio_write_wait(q->driver->host->bus, NIC_WINDOW_SRAM + AM_WINDOWS + q->number * AM_PAGES * 4, bus, q->pages,
	                  0);
	g_free(bus);
}

static uint32_t
slot_offset(const struct am_queue *q, unsigned slot)
{
	return NIC_WINDOW_SRAM + AM_QUEUES + (q->number * AM_SLOTS + slot) * (uint32_t)sizeof(struct am_slot);
}

static bool
enter(struct am_queue *q)
{
	const uint32_t row[] = {1, q->tag, q->ring, q->entries, q->data, q->pages, q->bulk, q->bulk_bytes};

	if (!await_word(q->driver, CTRL(ready), AM_MAGIC))
		return false;
	for (unsigned i = 0; i < AM_SLOTS; i++)
		write_word(q->driver, slot_offset(q, i), 0);
	write_window(q);
	hb_pio_publish_wait(q->driver->host->bus, ROW(q->number, open), row, G_N_ELEMENTS(row), 0);
	return give_signal(q->driver);
}

static struct am_queue *
queue_new(struct am_driver *d, struct process *process)
{
	struct am_queue *q;
	unsigned number = 0;

	while (number < AM_ENDPOINTS && d->queues[number])
		number++;
	if (number == AM_ENDPOINTS || d->last_tag == UINT16_MAX)
		return NULL;
	q = d->queues[number] = g_new0(struct am_queue, 1);
	q->driver = d;
	q->process = process;
	q->memory = process->memory;
	q->number = number;
	q->tag = ++d->last_tag;
	return q;
}

static void
queue_free(struct am_queue *q)
{
	q->driver->queues[q->number] = NULL;
	g_free(q);
}

enum am_error
am_queue_open(struct process *process, uint32_t bulk_bytes, struct am_queue **opened)
{
	struct am_driver *d = process->host->driver;
	struct am_queue *q;

	cpu_charge(CPU_SYSTEM, process->host->params->system_call);
	if (d->dead)
		return AM_EFIRMWARE;
	q = queue_new(d, process);
	if (!q)
		return AM_ENOSPC;
	if (!lay_out(q, bulk_bytes) || !take_window(q)) {
		queue_free(q);
		return AM_ENOSPC;
	}
	if (!enter(q)) {
		give_window_back(q);
		queue_free(q);
		return AM_EFIRMWARE;
	}
	*opened = q;
	return AM_OK;
}

/* A firmware that does not say that it is done is stopped: nothing may be under way any more. */
void
am_queue_close(struct am_queue *q)
{
	struct am_driver *d = q->driver;

	cpu_charge(CPU_SYSTEM, d->host->params->system_call);
	if (!d->dead) {
		write_word(d, ROW(q->number, open), 0);
		if (!give_signal(d))
			write_word(d, NIC_WINDOW_CONTROL, NIC_CONTROL_RESET_ON);
	}
	give_window_back(q);
	queue_free(q);
}

/* Descriptors. -------------------------------------------------------------------------------------------------------
 */

enum am_error
am_queue_room(struct am_queue *q)
{
	sim_time look = sim_now() + PATIENCE;

	for (sim_time pause = PAUSE_MIN; q->sent - q->consumed == AM_SLOTS; pause = MIN(2 * pause, PAUSE_MAX)) {
		if (q->driver->dead)
			return AM_EFIRMWARE;
		q->consumed = read_word(q->driver, ROW(q->number, consumed));
		if (q->sent - q->consumed != AM_SLOTS)
			break;
		if (sim_now() > look) {
			if (!give_signal(q->driver))
				return AM_EFIRMWARE;
			look = sim_now() + PATIENCE;
		}
		cpu_charge(CPU_SPIN, pause);
	}
	return q->driver->dead ? AM_EFIRMWARE : AM_OK;
}

uint32_t
am_queue_staging(const struct am_queue *q)
{
	return q->staging + q->sent % AM_SLOTS * AM_PAGE;
}

void
am_queue_give(struct am_queue *q, const uint32_t *words, unsigned n)
{
	unsigned slot = q->sent++ % AM_SLOTS;

	hb_pio_publish_wait(q->driver->host->bus, slot_offset(q, slot), words, n, task_trace(task_self()));
}
