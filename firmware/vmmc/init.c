#include "firmware/vmmc/arrival.h"
#include "firmware/vmmc/dma.h"
#include "firmware/vmmc/port.h"
#include "firmware/vmmc/receive.h"
#include "firmware/vmmc/redirect.h"
#include "firmware/vmmc/session.h"
#include "firmware/vmmc/step.h"
#include "firmware/vmmc/translate.h"

#include "firmware/link/init.h"

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
init_buffers(void)
{
	uint32_t at = VMMC_BUFFERS;
	at = init_packets(S.packets, ctrl(CTRL(long_packets)), &S.free_long, at, PACKET_LONG_BYTES);
	at = init_packets(S.packets + VMMC_LONG_PACKETS, VMMC_SHORT_PACKETS, &S.free_short, at, PACKET_SHORT_BYTES);
	S.ack_packet.at = at;
	at += PACKET_SHORT_BYTES;
	for (uint32_t i = 0; i < VMMC_ARRIVALS; i++) {
		init_arrival(&S.arrivals[i], at);
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
	init_link(STEP_EVENTS);
	for (uint32_t i = 0; i < VMMC_MAX_NODES; i++)
		init_peer(&S.peers[i], VMMC_NODES, i);
	init_buffers();
	translate_init();
	redirect_init();
	session_init();
	arrival_init();
	init_ports();
	sram_write(CTRL(ready), VMMC_MAGIC);
	return 1;
}
