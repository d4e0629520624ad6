#include "firmware/vmmc/arrival.h"
#include "firmware/vmmc/dma.h"
#include "firmware/vmmc/port.h"
#include "firmware/vmmc/receive.h"
#include "firmware/vmmc/redirect.h"
#include "firmware/vmmc/session.h"
#include "firmware/vmmc/step.h"
#include "firmware/vmmc/translate.h"

#define MAX_WINDOW   24u
#define STATUS_BYTES 8u

static uint32_t
ctrl(uint32_t at)
{
	return sram_read(at);
}

/* acceptable: is the control block one that this firmware understands? */
static uint32_t
acceptable(void)
{
	uint32_t nodes = ctrl(CTRL(n_nodes));
	uint32_t window = ctrl(CTRL(window));
	if (ctrl(CTRL(magic)) != VMMC_MAGIC || ctrl(CTRL(version)) != VMMC_ABI_VERSION)
		return 0;
	if (!nodes || nodes > VMMC_MAX_NODES || ctrl(CTRL(node)) >= nodes)
		return 0;
	if (!window || window > MAX_WINDOW)
		return 0;
	if (ctrl(CTRL(long_packets)) < 2 || ctrl(CTRL(long_packets)) > VMMC_LONG_PACKETS)
		return 0;
	if (!translate_acceptable())
		return 0;
	return ctrl(CTRL(ack_every)) && ctrl(CTRL(ack_delay_ticks)) && ctrl(CTRL(rto_ticks));
}

static void
init_transfer(struct transfer *transfer, enum dma_use use, uint32_t sram, uint32_t direction, uint32_t bytes)
{
	transfer->use = use;
	transfer->sram = sram;
	transfer->direction = direction;
	transfer->bytes = bytes;
}

static void
init_peer(struct peer *peer, uint32_t node)
{
	uint32_t row = VMMC_NODES + node * (uint32_t)sizeof(struct vmmc_node);
	uint32_t hops = sram_read(row);
	if (!hops || hops > VMMC_MAX_HOPS || node >= ctrl(CTRL(n_nodes)))
		return;
	uint32_t skip = VMMC_MAX_HOPS - hops;
	peer->route[0] = sram_read(row + 4);
	peer->route[1] = sram_read(row + 8);
	peer->start = PACKET_ROUTE + (skip & ~3u);
	peer->skip = skip & 3;
	peer->state = LINK_IDLE;
}

/* init_packets: `n` packets of `bytes` each from SRAM address `at` into the list `home`; returns the address behind
 * them. */
static uint32_t
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

static void
init_buffers(void)
{
	uint32_t at = VMMC_BUFFERS;
	at = init_packets(S.packets, ctrl(CTRL(long_packets)), &S.free_long, at, PACKET_LONG_BYTES);
	at = init_packets(S.packets + VMMC_LONG_PACKETS, VMMC_SHORT_PACKETS, &S.free_short, at, PACKET_SHORT_BYTES);
	S.ack_packet.at = at;
	at += PACKET_SHORT_BYTES;
	for (uint32_t i = 0; i < VMMC_ARRIVALS; i++) {
		init_transfer(&S.arrivals[i].deposit, DMA_DEPOSIT, at + ARRIVAL_DATA, DMA_TO_HOST, 0);
		S.arrivals[i].at = at;
		receive_release(&S.arrivals[i]);
		at += ARRIVAL_BYTES;
	}
}

static void
init_ports(void)
{
	for (uint32_t i = 0; i < VMMC_MAX_PROCESSES; i++) {
		S.ports[i].number = i;
		S.ports[i].row = VMMC_PROCS + i * (uint32_t)sizeof(struct vmmc_proc);
		init_transfer(&S.ports[i].status, DMA_REPORT, CTRL(progress) + STATUS_BYTES * i, DMA_TO_HOST,
		              STATUS_BYTES);
	}
	S.nobody.poll = CTRL(zero);
	sram_write(CTRL(zero), 0);
	ports_reopen();
}

uint32_t
vmmc_init(void)
{
	for (uint32_t i = 0; i < VMMC_N_COUNTERS; i++)
		sram_write(CTRL(counter) + 4 * i, 0);
	if (!acceptable()) {
		sram_write(CTRL(ready), VMMC_REFUSED);
		return 0;
	}
	uint32_t node = ctrl(CTRL(node));
	S.type_base = VMMC_TYPE << 16 | node;
	S.data_type = S.type_base | VMMC_KIND_DATA << 8;
	S.data_type_of_0 = VMMC_TYPE << 16 | VMMC_KIND_DATA << 8;
	S.events = STEP_EVENTS;
	S.ack_every = ctrl(CTRL(ack_every));
	S.ack_delay = ctrl(CTRL(ack_delay_ticks));
	S.rto = ctrl(CTRL(rto_ticks));
	for (uint32_t i = 0; i < VMMC_MAX_NODES; i++)
		init_peer(&S.peers[i], i);
	init_buffers();
	translate_init();
	redirect_init();
	session_init();
	arrival_init();
	init_ports();
	sram_write(CTRL(ready), VMMC_MAGIC);
	return 1;
}
