#include "firmware/am/step.h"

#include "firmware/link/init.h"

#define MAX_WINDOW 24u

/* acceptable: is the control block one that this firmware understands? */
static uint32_t
acceptable(void)
{
	uint32_t nodes = sram_read(CTRL(n_nodes));
	uint32_t window = sram_read(CTRL(window));
	if (sram_read(CTRL(magic)) != AM_MAGIC || sram_read(CTRL(version)) != AM_ABI_VERSION)
		return 0;
	if (!nodes || nodes > LINK_MAX_NODES || sram_read(CTRL(node)) >= nodes)
		return 0;
	if (!window || window > MAX_WINDOW)
		return 0;
	return sram_read(CTRL(ack_every)) && sram_read(CTRL(ack_delay_ticks)) && sram_read(CTRL(rto_ticks));
}

static void
init_buffers(void)
{
	uint32_t at = AM_BUFFERS;
	at = init_packets(S.packets, AM_LONG_PACKETS, &S.free_long, at, PACKET_LONG_BYTES);
	at = init_packets(S.packets + AM_LONG_PACKETS, AM_SHORT_PACKETS, &S.free_short, at, PACKET_SHORT_BYTES);
	for (uint32_t i = 0; i < AM_LONG_PACKETS; i++)
		S.packets[i].fetch.sram += HEAD_BYTES;
	S.ack_packet.at = at;
	at += PACKET_SHORT_BYTES;
	for (uint32_t i = 0; i < AM_ARRIVALS; i++) {
		init_arrival(&S.arrivals[i], at);
		S.arrivals[i].deposit.sram = at;
		at += ARRIVAL_BYTES;
	}
}

static void
init_ports(void)
{
	for (uint32_t i = 0; i < AM_ENDPOINTS; i++) {
		S.ports[i].number = i;
		S.ports[i].name = NOBODY;
		S.ports[i].sender = i << 8;
		S.ports[i].tallies = tally_at(i, 0, 0);
		S.ports[i].row = AM_ROWS + i * (uint32_t)sizeof(struct am_endpoint);
		S.ports[i].window = AM_WINDOWS + 4 * AM_PAGES * i;
	}
	S.nobody.poll = CTRL(zero);
	sram_write(CTRL(zero), 0);
	ports_reopen();
}

uint32_t
am_init(void)
{
	for (uint32_t i = 0; i < AM_N_COUNTERS; i++)
		sram_write(CTRL(counter) + 4 * i, 0);
	if (!acceptable()) {
		sram_write(CTRL(ready), AM_REFUSED);
		return 0;
	}
	init_link(STEP_EVENTS);
	for (uint32_t i = 0; i < LINK_MAX_NODES; i++)
		init_peer(&S.peers[i], AM_NODES, i);
	init_buffers();
	session_init();
	S.nodes = sram_read(CTRL(n_nodes));
	init_ports();
	sram_write(CTRL(ready), AM_MAGIC);
	return 1;
}
