#include "firmware/raw/step.h"

#include "firmware/common/init.h"

/* acceptable: is the control block one that this firmware understands? */
static uint32_t
acceptable(void)
{
	uint32_t nodes = sram_read(CTRL(n_nodes));
	if (sram_read(CTRL(magic)) != RAW_MAGIC || sram_read(CTRL(version)) != RAW_ABI_VERSION)
		return 0;
	if (!nodes || nodes > LINK_MAX_NODES || sram_read(CTRL(node)) >= nodes)
		return 0;
	return sram_read(CTRL(receive_slots)) && sram_read(CTRL(coalesce_count));
}

static void
init_packets(void)
{
	uint32_t at = RAW_BUFFERS;
	for (struct packet *packet = S.packets; packet < S.packets + RAW_PACKETS; packet++) {
		init_transfer(&packet->fetch, DMA_FETCH, at + PACKET_DATA, DMA_TO_LANAI, 0);
		packet->at = at;
		packet->next = S.free_packets;
		S.free_packets = packet;
		sram_write(at + PACKET_TYPE, S.type);
		at += PACKET_BYTES;
	}
	for (struct arrival *arrival = S.arrivals; arrival < S.arrivals + RAW_ARRIVALS; arrival++) {
		init_transfer(&arrival->deposit, DMA_DEPOSIT, at, DMA_TO_HOST, 0);
		arrival->at = at;
		receive_release(arrival);
		at += ARRIVAL_BYTES;
	}
}

static void
init_rings(void)
{
	uint32_t slots = sram_read(CTRL(receive_slots));
	S.slot = S.poll = RAW_QUEUE;
	S.slot_bus = sram_read(CTRL(send_base));
	S.entry = S.entry_first = S.entry_end = sram_read(CTRL(receive_base));
	for (; slots; slots--)
		S.entry_end += RAW_SLOT;
	S.coalesce_count = sram_read(CTRL(coalesce_count));
	S.coalesce_ticks = sram_read(CTRL(coalesce_ticks));
	sram_write(CTRL(zero), 0);
	sram_write(CTRL(sent), 0);
}

uint32_t
raw_init(void)
{
	for (uint32_t i = 0; i < RAW_N_COUNTERS; i++)
		sram_write(CTRL(counter) + 4 * i, 0);
	if (!acceptable()) {
		sram_write(CTRL(ready), RAW_REFUSED);
		return 0;
	}
	S.type_of_0 = RAW_TYPE << 16 | LINK_KIND_DATA << 8;
	S.type = S.type_of_0 | sram_read(CTRL(node));
	for (uint32_t i = 0; i < LINK_MAX_NODES; i++)
		S.peers[i].reachable = init_route(&S.peers[i], RAW_NODES, i);
	init_rings();
	init_packets();
	sram_write(CTRL(ready), RAW_MAGIC);
	return 1;
}
