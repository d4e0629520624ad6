/* The machine's set-up: a driver on every host, and the am firmware on its NIC. */
#include "host-lib/am_driver.h"

#include "host-lib/lanai_boot.h"
#include "host-lib/wait.h"

#include <string.h>

bool
am_boot(struct am_driver *d, char **error)
{
	struct host *host = d->host;

	if (!lanai_install(host, d->image, error))
		return false;
	for (uint32_t at = AM_CODE_LIMIT; at < AM_BUFFERS; at += 4)
		lanai_put(host->nic, at, 0);
	lanai_control(host, AM_CTRL, AM_MAGIC, AM_ABI_VERSION, d->deaths);
	if (!lanai_routes(host, AM_NODES, "am", error))
		return false;
	nic_write(host->nic, NIC_WINDOW_REGS + LANAI_EIMR, LANAI_ISR_HOST_SIG, 0);
	nic_write(host->nic, NIC_WINDOW_CONTROL, NIC_CONTROL_RESET_OFF, 0);
	return true;
}

uint32_t
am_boot_words(const struct am_driver *d)
{
	return (d->image->size + AM_BUFFERS - AM_CODE_LIMIT) / 4;
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
	if (*error || !wait_check(host->params, error))
		return false;
	d = g_new0(struct am_driver, 1);
	d->host = host;
	d->image = image;
	if (!am_boot(d, error)) {
		g_free(d);
		return false;
	}
	d->n_frames = (unsigned)(host->params->memory_mb * ((1u << 20) / HB_FRAME));
	d->deposits = g_new0(bool, d->n_frames);
	g_queue_init(&d->all);
	g_queue_init(&d->waiting);
	g_queue_init(&d->patients);
	host->driver = d;
	host->firmware = HOST_AM;
	hb_set_oracle(host->bus, deposit_allowed, d);
	am_interrupts_start(d);
	return true;
}

bool
am_start(struct machine *m, const struct lanai_image *image, char **error)
{
	for (unsigned i = 0; i < m->n_hosts; i++)
		if (m->hosts[i].nic && !start_host(&m->hosts[i], image, error)) {
			am_stop(m);
			return false;
		}
	return true;
}

static void
free_driver(struct am_driver *d)
{
	struct am_queue *q;

	while ((q = g_queue_pop_head(&d->all))) {
		umem_unref(q->memory);
		g_free(q);
	}
	g_queue_clear(&d->waiting);
	g_queue_clear(&d->patients);
	g_free(d->deposits);
	g_free(d);
}

void
am_stop(struct machine *m)
{
	for (unsigned i = 0; i < m->n_hosts; i++) {
		struct host *host = &m->hosts[i];
		if (!host->driver)
			continue;
		hb_set_oracle(host->bus, NULL, NULL);
		nic_service_stop(&((struct am_driver *)host->driver)->service);
		free_driver(host->driver);
		host->driver = NULL;
		host->firmware = HOST_NO_FIRMWARE;
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
        [AM_C_WAKES] = "wakes",
};

uint32_t
am_nic_counter(const struct host *host, const char *name)
{
	for (unsigned i = 0; i < AM_N_COUNTERS; i++)
		if (strcmp(counter_names[i], name) == 0)
			return nic_read(host->nic, CTRL(counter) + 4 * i);
	return 0;
}
