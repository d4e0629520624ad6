#include "host-lib/raw.h"

#include "firmware/raw/abi.h"
#include "host-lib/lanai_boot.h"
#include "host-lib/nic_service.h"

#include <glib.h>
#include <stddef.h>
#include <string.h>

#define RECEIVE_SLOTS 32u /* as many as Linux' driver of the time kept (drivers/net/myri_sbus.h) */
#define GIVE_EVERY    8u  /* datagrams taken, for one write that gives their slots back */
/* The send ring may be full while the network is blocked, which ends after 4 s (nic-sim/lanai_regs.h, TIMEOUT). */
#define PATIENCE (5 * SIM_S)

#define CTRL(member)    (NIC_WINDOW_SRAM + RAW_CTRL + (uint32_t)offsetof(struct raw_ctrl, member))
#define AREA_BYTES      ((RAW_SENDS + RECEIVE_SLOTS) * RAW_SLOT)
#define AREA_FRAMES     ((AREA_BYTES + HB_FRAME - 1) / HB_FRAME)
#define RECEIVE_AT      (RAW_SENDS * RAW_SLOT) /* in the area */
#define ENTRY_BYTES     ((uint32_t)sizeof(struct raw_entry))
#define ENTRY_FROM(w)   ((w) >> 16)
#define ENTRY_LENGTH(w) ((w)&0xFFFFu)

/* Counts of datagrams are modulo 2^32, and begin anew when the NIC does. */
struct raw_driver {
	struct host *host;
	const struct lanai_image *image;
	uint8_t *area; /* send slots, receive slots: consecutive frames of the bus */
	unsigned first_frame;

	uint32_t sent, freed;     /* descriptors written; of those, known to be taken */
	sim_time freed_at;        /* when that was last more than before */
	uint32_t received, given; /* receive slots taken, and given */

	struct nic_service service;
	bool dead; /* the NIC has stopped, and was not started again yet */
	unsigned deaths;

	void (*upcall)(void *arg, unsigned from, const uint8_t *data, uint32_t bytes);
	void *arg;
};

static struct raw_driver *
driver_of(const struct host *host)
{
	return host->driver;
}

static uint32_t
get_word(const uint8_t *at)
{
	uint32_t raw;

	memcpy(&raw, at, sizeof raw);
	return GUINT32_FROM_BE(raw);
}

/* The area. ----------------------------------------------------------------------------------------------------------
 */

static void
area_free(struct raw_driver *d, unsigned frames)
{
	for (unsigned i = 0; i < frames; i++)
		hb_frame_free(d->host->bus, d->first_frame + i);
	g_free(d->area);
}

static bool
area_new(struct raw_driver *d, char **error)
{
	struct host_bus *bus = d->host->bus;

	d->area = g_malloc0((gsize)AREA_FRAMES * HB_FRAME);
	for (unsigned i = 0; i < AREA_FRAMES; i++) {
		int frame = hb_frame_alloc(bus, d->area + (gsize)i * HB_FRAME, NULL, 0);

		if (i == 0 && frame >= 0)
			d->first_frame = (unsigned)frame;
		if (frame < 0 || (unsigned)frame != d->first_frame + i) {
			area_free(d, i);
			*error = g_strdup_printf("%s: no %u consecutive pages for the raw driver", d->host->name,
			                         AREA_FRAMES);
			return false;
		}
		hb_frame_map(bus, (unsigned)frame, true);
	}
	return true;
}

/* For the oracle: inside a slot that is the NIC's. */
static bool
deposit_allowed(void *arg, unsigned frame, uint32_t offset, uint32_t bytes)
{
	const struct raw_driver *d = arg;
	uint64_t at = (uint64_t)(frame - d->first_frame) * HB_FRAME + offset;
	uint32_t slot;

	if (frame < d->first_frame || at < RECEIVE_AT || at + bytes > AREA_BYTES)
		return false;
	slot = (uint32_t)(at - RECEIVE_AT) / RAW_SLOT;
	return (slot - d->received) % RECEIVE_SLOTS < d->given - d->received;
}
_Static_assert((RECEIVE_SLOTS & (RECEIVE_SLOTS - 1)) == 0, "slots are counted modulo 2^32");
_Static_assert((RAW_SENDS & (RAW_SENDS - 1)) == 0, "so are descriptors");

/* Starting. ----------------------------------------------------------------------------------------------------------
 */

static void
write_control(const struct raw_driver *d)
{
	const struct params *p = d->host->params;
	uint32_t area = d->first_frame * HB_FRAME;
	const struct {
		size_t member;
		uint32_t value;
	} words[] = {
	        {offsetof(struct raw_ctrl, magic), RAW_MAGIC},
	        {offsetof(struct raw_ctrl, version), RAW_ABI_VERSION},
	        {offsetof(struct raw_ctrl, node), d->host->node},
	        {offsetof(struct raw_ctrl, n_nodes), d->host->machine->n_hosts},
	        {offsetof(struct raw_ctrl, send_base), area},
	        {offsetof(struct raw_ctrl, receive_base), area + RECEIVE_AT},
	        {offsetof(struct raw_ctrl, receive_slots), RECEIVE_SLOTS},
	        {offsetof(struct raw_ctrl, coalesce_count), (uint32_t)p->coalesce_count},
	        {offsetof(struct raw_ctrl, coalesce_ticks), p->coalesce ? lanai_ticks(p->coalesce) : 0},
	        {offsetof(struct raw_ctrl, given), RECEIVE_SLOTS},
	};

	for (uint32_t at = RAW_CODE_LIMIT; at < RAW_BUFFERS; at += 4)
		lanai_put(d->host->nic, at, 0);
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		lanai_put(d->host->nic, RAW_CTRL + (uint32_t)words[i].member, words[i].value);
}

/* boot: loads the firmware, fills what it reads, and lets it run with empty rings.  No simulated time. */
static bool
boot(struct raw_driver *d, char **error)
{
	struct nic *nic = d->host->nic;

	if (!lanai_install(d->host, d->image, error))
		return false;
	d->sent = d->freed = d->received = 0;
	d->given = RECEIVE_SLOTS;
	d->freed_at = sim_now();
	memset(d->area, 0, AREA_BYTES);
	write_control(d);
	if (!lanai_routes(d->host, RAW_NODES, "raw", error))
		return false;
	nic_write(nic, NIC_WINDOW_REGS + LANAI_EIMR, LANAI_ISR_HOST_SIG, 0);
	nic_write(nic, NIC_WINDOW_CONTROL, NIC_CONTROL_RESET_OFF, 0);
	return true;
}

static char *
refusal(const struct host *host, const struct lanai_image *image)
{
	if (host->machine->n_hosts > LINK_MAX_NODES)
		return g_strdup_printf("the raw firmware serves at most %u nodes; the platform has %u", LINK_MAX_NODES,
		                       host->machine->n_hosts);
	if (host->params->sram_kb * 1024 < RAW_SRAM_BYTES)
		return g_strdup_printf("the raw firmware needs nic.sram_KB of at least %u", RAW_SRAM_BYTES / 1024);
	if (image->size > RAW_CODE_LIMIT)
		return g_strdup_printf("the firmware image has %u bytes; raw allows %u", image->size, RAW_CODE_LIMIT);
	return NULL;
}

/* Interrupts. --------------------------------------------------------------------------------------------------------
 */

static void
give(struct raw_driver *d)
{
	uint32_t given = d->received + RECEIVE_SLOTS;

	if (d->given == given)
		return;
	d->given = given;
	hb_pio_write_wait(d->host->bus, CTRL(given), &given, 1, 0);
}

/* take: the next datagram, if it is there. */
static bool
take(struct raw_driver *d)
{
	const uint8_t *slot = d->area + RECEIVE_AT + d->received % RECEIVE_SLOTS * RAW_SLOT;
	uint32_t from = get_word(slot + offsetof(struct raw_entry, from));

	if (get_word(slot + offsetof(struct raw_entry, serial)) != d->received + 1)
		return false;
	if (d->upcall && ENTRY_FROM(from) < d->host->machine->n_hosts && ENTRY_LENGTH(from) <= RAW_MTU)
		d->upcall(d->arg, ENTRY_FROM(from), slot + ENTRY_BYTES, ENTRY_LENGTH(from));
	d->received++;
	return true;
}

static void
serve_arrivals(struct raw_driver *d)
{
	const uint32_t clear = LANAI_ISR_HOST_SIG;
	unsigned deaths = d->deaths;

	hb_pio_write_wait(d->host->bus, NIC_WINDOW_REGS + LANAI_ISR, &clear, 1, 0);
	while (deaths == d->deaths && take(d))
		if (d->received % GIVE_EVERY == 0)
			give(d);
	if (deaths == d->deaths)
		give(d);
}

/* Until no reset has come during the restart.  Image and tables are written word by word; only the time is the sum. */
static void
revive(struct raw_driver *d)
{
	const uint32_t reset = NIC_CONTROL_RESET_ON, words = (d->image->size + RAW_BUFFERS - RAW_CODE_LIMIT) / 4;
	char *error = NULL;
	unsigned deaths;

	do {
		deaths = d->deaths;
		hb_pio_write_wait(d->host->bus, NIC_WINDOW_CONTROL, &reset, 1, 0);
		cpu_charge(CPU_SYSTEM, words * d->host->params->pio_write);
		cpu_settle();
		d->dead = !boot(d, &error);
		g_clear_pointer(&error, g_free);
	} while (deaths != d->deaths);
}

static void
serve(void *arg)
{
	struct raw_driver *d = arg;
	unsigned deaths = 0; /* of which the NIC was brought back, or could not be */

	for (;;) {
		if (d->deaths != deaths) {
			deaths = d->deaths;
			revive(d);
		} else if (!nic_service_taken(&d->service)) {
			nic_service_sleep();
		} else if (!d->dead) {
			serve_arrivals(d); /* what the upcall costs is charged to CPU_INTERRUPT as well */
		}
	}
}

/* mark_dead: from tasks and events. */
static void
mark_dead(void *arg)
{
	struct raw_driver *d = arg;

	d->dead = true;
	d->deaths++;
	cpu_poke(d->service.task);
}

/* The machine. -------------------------------------------------------------------------------------------------------
 */

static bool
start_host(struct host *host, const struct lanai_image *image, char **error)
{
	struct raw_driver *d;

	*error = refusal(host, image);
	if (*error)
		return false;
	d = g_new0(struct raw_driver, 1);
	d->host = host;
	d->image = image;
	if (!area_new(d, error)) {
		g_free(d);
		return false;
	}
	host->driver = d;
	host->firmware = HOST_RAW;
	hb_set_oracle(host->bus, deposit_allowed, d);
	nic_service_start(&d->service, host, serve, mark_dead, d);
	return boot(d, error);
}

bool
raw_start(struct machine *m, const struct lanai_image *image, char **error)
{
	for (unsigned i = 0; i < m->n_hosts; i++)
		if (m->hosts[i].nic && !start_host(&m->hosts[i], image, error)) {
			raw_stop(m);
			return false;
		}
	return true;
}

void
raw_stop(struct machine *m)
{
	for (unsigned i = 0; i < m->n_hosts; i++) {
		struct host *host = &m->hosts[i];

		if (!raw_runs(host))
			continue;
		hb_set_oracle(host->bus, NULL, NULL);
		nic_service_stop(&driver_of(host)->service);
		area_free(driver_of(host), AREA_FRAMES);
		g_free(host->driver);
		host->driver = NULL;
		host->firmware = HOST_NO_FIRMWARE;
	}
}

bool
raw_runs(const struct host *host)
{
	return host->firmware == HOST_RAW;
}

uint32_t
raw_mtu(const struct host *host)
{
	(void)host;
	return RAW_MTU;
}

void
raw_on_receive(struct host *host, void (*received)(void *arg, unsigned from, const uint8_t *data, uint32_t bytes),
               void *arg)
{
	driver_of(host)->upcall = received;
	driver_of(host)->arg = arg;
}

/* Sending. -----------------------------------------------------------------------------------------------------------
 */

/* note_freed: the firmware says that it has taken so many; what it cannot have, and what is older than what is known,
 * does not count. */
static void
note_freed(struct raw_driver *d, uint32_t freed)
{
	if (freed - d->freed > d->sent - d->freed || freed == d->freed)
		return;
	d->freed = freed;
	d->freed_at = sim_now();
}

/* has_room: for one more datagram.  Asks the firmware, in the time of the task, only if the ring seems to be full. */
static bool
has_room(struct raw_driver *d)
{
	unsigned deaths = d->deaths;
	uint32_t freed;

	if (d->sent - d->freed < RAW_SENDS)
		return true;
	freed = hb_pio_read_wait(d->host->bus, CTRL(sent));
	if (deaths != d->deaths)
		return false;
	note_freed(d, freed);
	if (d->sent - d->freed == RAW_SENDS && sim_now() - d->freed_at > PATIENCE)
		mark_dead(d);
	return d->sent - d->freed < RAW_SENDS;
}

/* Nothing waits between the last look at `dead` and the beginning of the write: a restart can only come behind it. */
bool
raw_send(struct host *host, unsigned node, const uint8_t *data, uint32_t bytes)
{
	struct raw_driver *d = driver_of(host);
	uint32_t control = RAW_CONTROL(node, bytes), slot;

	if (node >= host->machine->n_hosts || !platform_joined(host->machine->platform, host->node, node) ||
	    bytes == 0 || bytes > RAW_MTU)
		return false;
	cpu_settle();
	if (d->dead || !has_room(d) || d->dead)
		return false;
	slot = d->sent++ % RAW_SENDS;
	memcpy(d->area + slot * RAW_SLOT, data, bytes);
	memset(d->area + slot * RAW_SLOT + bytes, 0, (4 - bytes % 4) % 4);
	hb_pio_write_wait(host->bus, NIC_WINDOW_SRAM + RAW_QUEUE + slot * (uint32_t)sizeof(struct raw_send), &control,
	                  1, task_trace(task_self()));
	return true;
}

/* Counts. ------------------------------------------------------------------------------------------------------------
 */

static const char *const counter_names[RAW_N_COUNTERS] = {
        [RAW_C_SENT] = "sent",
        [RAW_C_RECEIVED] = "received",
        [RAW_C_INTERRUPTS] = "interrupts",
        [RAW_C_DROP_CRC] = "drop_crc",
        [RAW_C_DROP_TYPE] = "drop_type",
        [RAW_C_DROP_NO_BUFFER] = "drop_no_buffer",
        [RAW_C_BAD_DESCRIPTOR] = "bad_descriptor",
        [RAW_C_LONG_PACKETS] = "long_packets",
        [RAW_C_BUS_ERRORS] = "bus_errors",
        [RAW_C_NETWORK_RESETS] = "network_resets",
};

uint32_t
raw_nic_counter(const struct host *host, const char *name)
{
	for (unsigned i = 0; i < RAW_N_COUNTERS; i++)
		if (strcmp(counter_names[i], name) == 0)
			return nic_read(host->nic, CTRL(counter) + 4 * i);
	return 0;
}
