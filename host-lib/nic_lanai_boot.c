/* Loads the vmmc firmware, fills its control block and tables, and lets it start.  All this happens before the
 * experiment and costs no simulated time. */
#include "host-lib/nic_lanai.h"

#include "host-lib/lanai_boot.h"

#include <string.h>

static void
write_control(struct host *host)
{
	const struct params *p = host->params;
	const struct {
		size_t member;
		uint32_t value;
	} words[] = {
	        {offsetof(struct vmmc_ctrl, long_packets), (uint32_t)p->send_buffers},
	        {offsetof(struct vmmc_ctrl, cache_sets), (uint32_t)(p->cache_entries / p->cache_ways)},
	        {offsetof(struct vmmc_ctrl, cache_ways), (uint32_t)p->cache_ways},
	        {offsetof(struct vmmc_ctrl, cache_prefetch), (uint32_t)p->cache_prefetch},
	        {offsetof(struct vmmc_ctrl, cache_by_process), (uint32_t)p->cache_by_process},
	        {offsetof(struct vmmc_ctrl, by_interrupt), (uint32_t)p->translation_by_interrupt},
	        {offsetof(struct vmmc_ctrl, coalesce_count), (uint32_t)p->coalesce_count},
	        {offsetof(struct vmmc_ctrl, coalesce_ticks), p->coalesce ? lanai_ticks(p->coalesce) : 0},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		lanai_put(host->nic, VMMC_CTRL + (uint32_t)words[i].member, words[i].value);
}

static bool
write_tables(struct host *host, uint32_t incarnation, char **error)
{
	for (uint32_t at = VMMC_CODE_LIMIT; at < VMMC_BUFFERS; at += 4)
		lanai_put(host->nic, at, 0);
	lanai_control(host, VMMC_CTRL, VMMC_MAGIC, VMMC_ABI_VERSION, incarnation);
	write_control(host);
	return lanai_routes(host, VMMC_NODES, "vmmc", error);
}

static char *
refusal(const struct host *host, const struct lanai_image *image, unsigned processes)
{
	if (host->params->sram_kb * 1024 < VMMC_SRAM_BYTES)
		return g_strdup_printf("the vmmc firmware needs nic.sram_KB of at least %u", VMMC_SRAM_BYTES / 1024);
	if (image->size > VMMC_CODE_LIMIT)
		return g_strdup_printf("the firmware image has %u bytes; vmmc allows %u", image->size, VMMC_CODE_LIMIT);
	if (host->params->cache_entries / host->params->cache_ways < VMMC_CACHE_SETS)
		return g_strdup_printf("vmmc.cache_entries must be at least %u times vmmc.cache_ways", VMMC_CACHE_SETS);
	if (processes < 1 || processes > VMMC_MAX_PROCESSES)
		return g_strdup_printf("the vmmc firmware serves 1 to %u processes a host", VMMC_MAX_PROCESSES);
	return NULL;
}

/* The lowest free frame, if that is frame 0; pages that were pinned before have taken it otherwise. */
static void
reserve_frame_0(struct lanai_nic *nic)
{
	int frame = hb_frame_alloc(nic->base.host->bus, nic->frame_0, NULL, 0);

	nic->has_frame_0 = frame == 0;
	if (frame > 0)
		hb_frame_free(nic->base.host->bus, (unsigned)frame);
}

/* Loads the firmware, fills what it reads, and lets it run. */
static bool
boot(struct host *host, const struct lanai_image *image, uint32_t incarnation, char **error)
{
	if (!lanai_install(host, image, error) || !write_tables(host, incarnation, error))
		return false;
	nic_write(host->nic, NIC_WINDOW_REGS + LANAI_EIMR, LANAI_ISR_HOST_SIG, 0);
	nic_write(host->nic, NIC_WINDOW_CONTROL, NIC_CONTROL_RESET_OFF, 0);
	return true;
}

/* Image and tables are written word by word; only the time is the sum. */
bool
fw_restart(struct vmmc_nic *base, char **error)
{
	struct lanai_nic *nic = (struct lanai_nic *)base;
	struct host *host = base->host;
	uint64_t words = (nic->image->size + VMMC_BUFFERS - VMMC_CODE_LIMIT) / 4;

	nic->dead = true;
	fw_write_word(nic, NIC_WINDOW_CONTROL, NIC_CONTROL_RESET_ON);
	cpu_charge(CPU_SYSTEM, words * host->params->pio_write);
	cpu_settle();
	nic->epoch++;
	nic->signals = nic->notes = 0;
	memset(nic->watch, 0, sizeof nic->watch);
	nic->watched = 0;
	memset(nic->waiting, 0, sizeof nic->waiting);
	memset(nic->queues, 0, sizeof nic->queues);
	if (!boot(host, nic->image, nic->epoch, error))
		return false;
	nic->dead = false;
	return true;
}

struct vmmc_nic *
nic_lanai_new(struct host *host, const struct lanai_image *image, unsigned processes, char **error)
{
	struct lanai_nic *nic;

	*error = refusal(host, image, processes);
	if (*error)
		return NULL;
	nic = g_new0(struct lanai_nic, 1);
	g_queue_init(&nic->commander);
	nic->image = image;
	nic->base.ops = &nic_lanai_ops;
	nic->base.host = host;
	nic->base.capabilities = (struct vmmc_capabilities){
	        .redirection = true,
	        .reliable = host->params->reliable,
	        .notification = true,
	        .short_max = VMMC_SHORT_MAX,
	        .largest_piece = (1u << 24) - 4,
	        .alignment = 4,
	        .out_pages = VMMC_OUT_ENTRIES / processes,
	        .posts = VMMC_POSTS,
	        .post_max = VMMC_POST_MAX,
	        .frames = VMMC_MAX_FRAMES,
	        .processes = processes,
	};
	if (!boot(host, image, 0, error)) {
		g_queue_clear(&nic->commander);
		g_free(nic);
		return NULL;
	}
	reserve_frame_0(nic);
	return &nic->base;
}
