/* An endpoint's queue and window. */
#include "host-lib/am_driver.h"

/* Between two looks at how far the firmware has come: each costs a read over the bus. */
#define PAUSE_MIN SIM_US
#define PAUSE_MAX (8 * SIM_US)

#define RING_MIN 64u /* entries: a page */

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
	q->entries = ring_entries(q->driver->host->machine);
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
	const struct params *p = q->driver->host->params;

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
	const uint32_t nothing[offsetof(struct am_slot, spare) / 4] = {0};
	const uint32_t row[] = {1, q->tag, q->ring, q->entries, q->data, q->pages, q->bulk, q->bulk_bytes};

	if (!am_await_word(q->driver, CTRL(ready), AM_MAGIC))
		return false;
	for (unsigned i = 0; i < AM_SLOTS; i++)
		hb_pio_write_wait(q->driver->host->bus, slot_offset(q, i), nothing, G_N_ELEMENTS(nothing), 0);
	write_window(q);
	hb_pio_publish_wait(q->driver->host->bus, ROW(q->number, open), row, G_N_ELEMENTS(row), 0);
	return am_signal(q->driver);
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
	q->memory = umem_ref(process->memory);
	q->number = number;
	q->tag = ++d->last_tag;
	g_queue_push_tail(&d->all, q);
	return q;
}

static void
queue_free(struct am_queue *q)
{
	struct am_driver *d = q->driver;

	if (d->queues[q->number] == q)
		d->queues[q->number] = NULL;
	g_queue_remove(&d->all, q);
	umem_unref(q->memory);
	g_free(q);
}

/* A firmware that does not say that it is done is stopped and started again: then nothing is under way any more. */
void
am_queue_close(struct am_queue *q)
{
	struct am_driver *d = q->driver;

	cpu_charge(CPU_SYSTEM, d->host->params->system_call);
	if (!q->broken) {
		am_write_word(d, ROW(q->number, open), 0);
		am_signal(d);
	}
	if (q->broken)
		am_wait_restart(d);
	give_window_back(q);
	queue_free(q);
}

enum am_error
am_queue_open(struct process *process, uint32_t bulk_bytes, struct am_queue **opened)
{
	struct am_driver *d = process->host->driver;
	struct am_queue *q;

	cpu_charge(CPU_SYSTEM, process->host->params->system_call);
	if (!am_wait_restart(d))
		return AM_EFIRMWARE;
	q = queue_new(d, process);
	if (!q)
		return AM_ENOSPC;
	if (!lay_out(q, bulk_bytes) || !take_window(q)) {
		queue_free(q);
		return AM_ENOSPC;
	}
	if (!enter(q)) {
		am_queue_close(q);
		return AM_EFIRMWARE;
	}
	*opened = q;
	return AM_OK;
}

/* Descriptors. -------------------------------------------------------------------------------------------------------
 */

enum am_error
am_queue_room(struct am_queue *q)
{
	sim_time look = sim_now() + AM_PATIENCE;

	for (sim_time pause = PAUSE_MIN; q->sent - q->consumed == AM_SLOTS; pause = MIN(2 * pause, PAUSE_MAX)) {
		if (q->broken)
			return AM_EFIRMWARE;
		q->consumed = am_read_word(q->driver, ROW(q->number, consumed));
		if (q->sent - q->consumed != AM_SLOTS)
			break;
		if (sim_now() > look) {
			if (!am_queue_alive(q))
				return AM_EFIRMWARE;
			look = sim_now() + AM_PATIENCE;
		}
		cpu_charge(CPU_SPIN, pause);
	}
	return q->broken ? AM_EFIRMWARE : AM_OK;
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
