/* Start of the link: for the init.c of a program. */
#ifndef FIRMWARE_LINK_INIT_H
#define FIRMWARE_LINK_INIT_H

static inline void
init_transfer(struct transfer *transfer, enum dma_use use, uint32_t sram, uint32_t direction, uint32_t bytes)
{
	transfer->use = use;
	transfer->sram = sram;
	transfer->direction = direction;
	transfer->bytes = bytes;
}

/* init_peer: `nodes`: SRAM address of the routes. */
static inline void
init_peer(struct peer *peer, uint32_t nodes, uint32_t node)
{
	uint32_t row = nodes + node * (uint32_t)sizeof(struct link_node);
	uint32_t hops = sram_read(row);
	if (!hops || hops > LINK_MAX_HOPS || node >= sram_read(CTRL(n_nodes)))
		return;
	uint32_t skip = LINK_MAX_HOPS - hops;
	peer->route[0] = sram_read(row + 4);
	peer->route[1] = sram_read(row + 8);
	peer->start = PACKET_ROUTE + (skip & ~3u);
	peer->skip = skip & 3;
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
