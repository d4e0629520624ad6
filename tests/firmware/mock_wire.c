#include "tests/firmware/mock_wire.h"

#include <string.h>

void
host_route(struct mock_nic *nic, uint32_t nodes, uint32_t node, uint32_t hops)
{
	uint32_t row = nodes + node * (uint32_t)sizeof(struct link_node);
	uint8_t *route = nic->sram + row + offsetof(struct link_node, route);
	mock_set_sram(nic, row, hops);
	memset(route + LINK_MAX_HOPS - hops, 0x81, hops);
	route[LINK_MAX_HOPS - 1] = (uint8_t)(0x80 | node);
}

uint32_t
host_word(const struct mock_nic *nic, uint32_t bus)
{
	uint32_t raw;
	memcpy(&raw, nic->memory + bus, sizeof(raw));
	return GUINT32_FROM_BE(raw);
}

uint32_t
host_packet(uint8_t *packet, uint32_t source, uint32_t sequence, uint32_t ack, uint32_t dest, uint32_t key)
{
	uint32_t header[4] = {PROGRAM_TYPE << 16 | LINK_KIND_DATA << 8 | source, sequence << 16 | ack, dest, key};
	uint32_t words = LINK_LENGTH(key) / 4;
	for (uint32_t i = 0; i < 4 + words; i++) {
		uint32_t raw = GUINT32_TO_BE(i < 4 ? header[i] : 0x11 * (i - 3));
		memcpy(packet + 4 * i, &raw, sizeof(raw));
	}
	return LINK_DATA_HEADER + 4 * words;
}

uint32_t
host_ack(uint8_t *packet, uint32_t kind, uint32_t source, uint32_t expected)
{
	uint32_t words[2] = {GUINT32_TO_BE(PROGRAM_TYPE << 16 | kind << 8 | source), GUINT32_TO_BE(expected)};
	memcpy(packet, words, sizeof(words));
	return LINK_HEADER;
}

void
host_deliver(struct mock_nic *nic, const uint8_t *packet, uint32_t bytes, uint32_t residue)
{
	g_assert_true(mock_deliver(nic, packet, bytes, residue));
	for (unsigned i = 0; i < 4; i++)
		mock_step(nic);
}

uint32_t
host_sent_word(const struct mock_packet *packet, unsigned i)
{
	uint32_t raw;
	g_assert_cmpuint(packet->route_bytes + 4 * (i + 1), <=, packet->bytes);
	memcpy(&raw, packet->data + packet->route_bytes + 4 * i, sizeof(raw));
	return GUINT32_FROM_BE(raw);
}

void
host_settle(struct mock_nic *nic)
{
	for (unsigned quiet = 0; quiet < 3; quiet++) {
		mock_step(nic);
		struct mock_packet *packet = mock_finish_send(nic);
		if (mock_finish_dma(nic, false) || packet)
			quiet = 0;
		g_free(packet);
	}
}
