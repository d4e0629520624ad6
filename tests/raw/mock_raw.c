#include "tests/raw/mock_raw.h"

#include <string.h>

struct mock_raw_options
mock_raw_defaults(void)
{
	return (struct mock_raw_options){
	        .n_nodes = 2, .slots = MOCK_RAW_SLOTS, .coalesce_count = 1, .coalesce_ticks = 0};
}

static void
set(struct mock_nic *nic, size_t member, uint32_t value)
{
	mock_set_sram(nic, RAW_CTRL + (uint32_t)member, value);
}

void
mock_raw_control(struct mock_nic *nic, const struct mock_raw_options *options)
{
	set(nic, offsetof(struct raw_ctrl, magic), RAW_MAGIC);
	set(nic, offsetof(struct raw_ctrl, version), RAW_ABI_VERSION);
	set(nic, offsetof(struct raw_ctrl, node), options->node);
	set(nic, offsetof(struct raw_ctrl, n_nodes), options->n_nodes);
	set(nic, offsetof(struct raw_ctrl, send_base), 0);
	set(nic, offsetof(struct raw_ctrl, receive_base), MOCK_RAW_RECEIVE);
	set(nic, offsetof(struct raw_ctrl, receive_slots), options->slots);
	set(nic, offsetof(struct raw_ctrl, coalesce_count), options->coalesce_count);
	set(nic, offsetof(struct raw_ctrl, coalesce_ticks), options->coalesce_ticks);
	set(nic, offsetof(struct raw_ctrl, given), options->slots);
	for (uint32_t node = 0; node < options->n_nodes; node++)
		if (node != options->node)
			host_route(nic, RAW_NODES, node, 1 + node % 3);
}

bool
mock_raw_start(struct mock_nic *nic, const struct mock_raw_options *options)
{
	mock_raw_control(nic, options);
	mock_select(nic);
	return raw_init();
}

uint32_t
mock_raw_descriptor(uint32_t n)
{
	return RAW_QUEUE + n % RAW_SENDS * (uint32_t)sizeof(struct raw_send);
}

void
mock_raw_post(struct mock_nic *nic, uint32_t n, uint32_t node, uint32_t bytes)
{
	uint8_t *slot = nic->memory + n % RAW_SENDS * RAW_SLOT;
	for (uint32_t i = 0; i < bytes && i < RAW_SLOT; i++)
		slot[i] = (uint8_t)(n + i);
	mock_set_sram(nic, mock_raw_descriptor(n), RAW_CONTROL(node, bytes));
}

void
mock_raw_give(struct mock_nic *nic, uint32_t given)
{
	set(nic, offsetof(struct raw_ctrl, given), given);
}

uint32_t
mock_raw_packet(uint8_t *packet, uint32_t source, uint32_t bytes)
{
	uint32_t header[2] = {GUINT32_TO_BE(RAW_TYPE << 16 | LINK_KIND_DATA << 8 | source), GUINT32_TO_BE(bytes)};
	uint32_t whole = (bytes + 3) & ~3u;
	memcpy(packet, header, sizeof(header));
	for (uint32_t i = 0; i < whole; i++)
		packet[MOCK_RAW_HEADER + i] = i < bytes ? (uint8_t)(i + 1) : 0;
	return MOCK_RAW_HEADER + whole;
}

uint32_t
mock_raw_counter(const struct mock_nic *nic, enum raw_counter which)
{
	return mock_raw_ctrl(nic, offsetof(struct raw_ctrl, counter) + 4 * which);
}

uint32_t
mock_raw_ctrl(const struct mock_nic *nic, size_t member)
{
	return mock_sram(nic, RAW_CTRL + (uint32_t)member);
}

uint32_t
mock_raw_entry(const struct mock_nic *nic, uint32_t serial, unsigned word)
{
	return host_word(nic, MOCK_RAW_RECEIVE + (serial - 1) % MOCK_RAW_SLOTS * RAW_SLOT + 4 * word);
}
