#include "tests/firmware/mock_host.h"

#include <string.h>

#define PAGES 64u /* imported, for a process */

struct host_options
host_defaults(void)
{
	return (struct host_options){
	        .n_nodes = 2,
	        .window = 8,
	        .ack_every = 4,
	        .ack_delay = 100,
	        .rto = 2000,
	        .hops = 1,
	        .reliable = 1,
	        .long_packets = VMMC_LONG_PACKETS,
	        .cache_sets = VMMC_CACHE_SETS,
	        .cache_ways = 1,
	        .cache_prefetch = 1,
	};
}

static void
put(struct mock_nic *nic, size_t member, uint32_t value)
{
	mock_set_sram(nic, VMMC_CTRL + (uint32_t)member, value);
}
#define PUT(nic, member, value) put(nic, offsetof(struct vmmc_ctrl, member), value)

void
host_control(struct mock_nic *nic, const struct host_options *options)
{
	PUT(nic, magic, VMMC_MAGIC);
	PUT(nic, version, VMMC_ABI_VERSION);
	PUT(nic, node, options->node);
	PUT(nic, n_nodes, options->n_nodes);
	PUT(nic, window, options->window);
	PUT(nic, ack_every, options->ack_every);
	PUT(nic, ack_delay_ticks, options->ack_delay);
	PUT(nic, rto_ticks, options->rto);
	PUT(nic, first_sequence, options->first_sequence);
	PUT(nic, give_up_ticks, options->give_up);
	PUT(nic, reliable, options->reliable);
	PUT(nic, incarnation, options->incarnation);
	PUT(nic, long_packets, options->long_packets);
	PUT(nic, cache_sets, options->cache_sets);
	PUT(nic, cache_ways, options->cache_ways);
	PUT(nic, cache_prefetch, options->cache_prefetch);
	PUT(nic, cache_by_process, options->cache_by_process);
	PUT(nic, by_interrupt, options->by_interrupt);
	for (uint32_t node = 0; node < options->n_nodes && node < VMMC_MAX_NODES; node++)
		host_route(nic, VMMC_NODES, node, options->hops);
}

bool
host_start(struct mock_nic *nic, const struct host_options *options)
{
	host_control(nic, options);
	mock_select(nic);
	return vmmc_init();
}

static void
put_proc(struct mock_nic *nic, unsigned p, size_t member, uint32_t value)
{
	mock_set_sram(nic, VMMC_PROCS + p * sizeof(struct vmmc_proc) + member, value);
}
#define PROC(nic, p, member, value) put_proc(nic, p, offsetof(struct vmmc_proc, member), value)

/* A process' table: the directory, then a frame for each of the places where it can have pages. */
#define PLACES 3u
static const uint32_t places[PLACES] = {0, 1, VMMC_XLATE_SPAN - 1};

static uint32_t
table_frame(unsigned p, uint32_t level)
{
	return HOST_TABLES + p * (PLACES + 1) + level;
}
_Static_assert(HOST_TABLES + VMMC_MAX_PROCESSES * (PLACES + 1) <= MOCK_FRAMES, "the tables are in memory");

static void
put_memory(struct mock_nic *nic, uint32_t bus, uint32_t value)
{
	uint32_t raw = GUINT32_TO_BE(value);
	memcpy(nic->memory + bus, &raw, sizeof(raw));
}

static void
put_tables(struct mock_nic *nic, unsigned p)
{
	uint32_t directory = table_frame(p, 0) * VMMC_PAGE;
	memset(nic->memory + directory, 0, (PLACES + 1) * VMMC_PAGE);
	for (uint32_t i = 0; i < PLACES; i++)
		put_memory(nic, directory + 4 * places[i], table_frame(p, i + 1) * VMMC_PAGE | VMMC_XLATE_VALID);
}

static void
put_page(struct mock_nic *nic, unsigned p, uint32_t page, uint32_t entry)
{
	uint32_t i = 0;
	while (places[i] != page / VMMC_XLATE_SPAN)
		g_assert_cmpuint(++i, <, PLACES);
	put_memory(nic, table_frame(p, i + 1) * VMMC_PAGE + 4 * (page % VMMC_XLATE_SPAN), entry);
}

void
host_open(struct mock_nic *nic, unsigned p, uint32_t status_bus)
{
	for (uint32_t n = 0; n < VMMC_SLOTS; n++)
		mock_set_sram(nic, host_slot(p, n), 0);
	PROC(nic, p, status_bus, status_bus);
	PROC(nic, p, out_first, p * PAGES);
	PROC(nic, p, out_count, PAGES);
	put_tables(nic, p);
	PROC(nic, p, directory, table_frame(p, 0) * VMMC_PAGE);
	PROC(nic, p, open, 1);
	mock_raise(nic, LANAI_ISR_LAN0_SIG);
}

void
host_close(struct mock_nic *nic, unsigned p)
{
	PROC(nic, p, open, 0);
	mock_raise(nic, LANAI_ISR_LAN0_SIG);
}

void
host_import(struct mock_nic *nic, unsigned p, uint32_t index, uint32_t node, uint32_t frame, uint32_t tag)
{
	uint32_t entry = VMMC_OUT_TABLE + (p * PAGES + index) * sizeof(struct vmmc_out);
	mock_set_sram(nic, entry, frame * VMMC_PAGE);
	mock_set_sram(nic, entry + 4, VMMC_OUT_KEY(tag, node));
}

void
host_export(struct mock_nic *nic, uint32_t frame, uint32_t tag, uint32_t flags)
{
	host_export_by(nic, 0, frame, tag, flags);
}

void
host_export_by(struct mock_nic *nic, unsigned owner, uint32_t frame, uint32_t tag, uint32_t flags)
{
	mock_set_sram(nic, VMMC_IN_TABLE + 4 * frame, VMMC_IN_ENTRY(tag, owner, flags));
}

void
host_source(struct mock_nic *nic, unsigned p, uint32_t page, uint32_t frame)
{
	put_page(nic, p, page, frame << VMMC_PAGE_SHIFT | VMMC_XLATE_VALID);
}

void
host_no_source(struct mock_nic *nic, unsigned p, uint32_t page)
{
	put_page(nic, p, page, 0);
}

void
host_command(struct mock_nic *nic, enum vmmc_command op, uint32_t process, uint32_t page, uint32_t count)
{
	PUT(nic, command.process, process);
	PUT(nic, command.page, page);
	PUT(nic, command.count, count);
	PUT(nic, command.op, op);
	mock_raise(nic, LANAI_ISR_LAN0_SIG);
}

uint32_t
host_slot(unsigned p, uint32_t n)
{
	return VMMC_QUEUES + (p * VMMC_SLOTS + n % VMMC_SLOTS) * sizeof(struct vmmc_slot);
}

void
host_post(struct mock_nic *nic, unsigned p, uint32_t n, uint32_t control, uint32_t proxy, const uint32_t *data,
          uint32_t words)
{
	uint32_t slot = host_slot(p, n);
	mock_set_sram(nic, slot + 4, proxy);
	for (uint32_t i = 0; i < words; i++)
		mock_set_sram(nic, slot + 8 + 4 * i, data[i]);
	mock_set_sram(nic, slot, control);
}

uint32_t
host_counter(const struct mock_nic *nic, enum vmmc_counter which)
{
	return mock_sram(nic, VMMC_CTRL + offsetof(struct vmmc_ctrl, counter) + 4 * which);
}

uint32_t
host_ctrl(const struct mock_nic *nic, size_t member)
{
	return mock_sram(nic, VMMC_CTRL + (uint32_t)member);
}

uint32_t
host_proc(const struct mock_nic *nic, unsigned p, size_t member)
{
	return mock_sram(nic, VMMC_PROCS + p * sizeof(struct vmmc_proc) + member);
}
