/* Start of the link: for the init.c of a program. */
#ifndef FIRMWARE_LINK_INIT_H
#define FIRMWARE_LINK_INIT_H

#include "firmware/common/init.h"

static inline void
init_peer(struct peer *peer, uint32_t nodes, uint32_t node)
{
	if (init_route(peer, nodes, node))
		peer->state = LINK_IDLE;
}

/* init_packets: `n` packets of `bytes` each from SRAM address `at` into the list `home`; returns the address behind
 * them. */
static inline uint32_t
init_packets(struct packet *packet, uint32_t n, struct packet **home, uint32_t at, uint32_t bytes)
{
	for (; n; n--) {
		init_transfer(&packet->fetch, DMA_FETCH, at + PACKET_DATA, DMA_TO_LANAI, 0);
		packet->at = at;
		packet->home = home;
		packet->sent = 1;
		packet->next = *home;
		*home = packet;
		packet++;
		at += bytes;
	}
	return at;
}

static inline void
init_arrival(struct arrival *arrival, uint32_t at)
{
	init_transfer(&arrival->deposit, DMA_DEPOSIT, at + ARRIVAL_DATA, DMA_TO_HOST, 0);
	arrival->at = at;
	receive_release(arrival);
}

/* init_link: what the control block says, all but session_init()'s part; `events`: what a turn looks for. */
static inline void
init_link(uint32_t events)
{
	uint32_t node = sram_read(CTRL(node));
	S.type_base = PROGRAM_TYPE << 16 | node;
	S.data_type = S.type_base | LINK_KIND_DATA << 8;
	S.data_type_of_0 = PROGRAM_TYPE << 16 | LINK_KIND_DATA << 8;
	S.events = events;
	S.ack_every = sram_read(CTRL(ack_every));
	S.ack_delay = sram_read(CTRL(ack_delay_ticks));
	S.rto = sram_read(CTRL(rto_ticks));
}

#endif
