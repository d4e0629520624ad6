/* Cost of a streamed 4 KB packet through two NICs, a switch and both buses, without firmware: host DMA, send, receive,
 * host DMA. Prints real time and events a packet.  No test: numbers depend on the machine. */
#include "nic-sim/nic_internal.h"
#include "tests/device/fake_core.h"
#include "tests/device/net.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { DATA = 4096, HEADER = 16, ROUTE = 1, SEND_BUFFER = 0x10000, RECEIVE_BUFFER = 0x20000, STRIDE = 0x2000 };

static struct lanai_core *sender, *receiver;
static uint64_t want, fetched, sent, received, deposited;

static void
arm(uint64_t n)
{
	fake_write(receiver, LANAI_RMP, RECEIVE_BUFFER + (uint32_t)(n % 2) * STRIDE);
	fake_write(receiver, LANAI_RML, RECEIVE_BUFFER + (uint32_t)(n % 2) * STRIDE + DATA + 64);
}

static void
host_dma(struct lanai_core *core, uint32_t sram, bool from_host)
{
	fake_write(core, LANAI_EAR, 0);
	fake_write(core, LANAI_LAR, sram);
	fake_write(core, LANAI_DMA_DIR, from_host);
	fake_write(core, LANAI_DMA_CTR, DATA);
}

static void
fetch(void)
{
	host_dma(sender, SEND_BUFFER + (uint32_t)(fetched % 2) * STRIDE + 4 + HEADER, true);
}

static void
send(uint8_t route)
{
	uint32_t at = SEND_BUFFER + (uint32_t)(sent % 2) * STRIDE;

	lanai_sram(sender)[at + 3] = route;
	fake_write(sender, LANAI_SA, 3);
	fake_write(sender, LANAI_SMP, at);
	fake_write(sender, LANAI_SMLT, at + HEADER + DATA);
}

/* What firmware would do on the interrupt bits of both NICs. */
static void
react(uint8_t route)
{
	static bool sending, depositing;
	uint32_t s = fake_read(sender, LANAI_ISR), r = fake_read(receiver, LANAI_ISR);

	if (s & LANAI_ISR_DMA) {
		fake_write(sender, LANAI_ISR, LANAI_ISR_DMA);
		if (++fetched < want && fetched < sent + 2)
			fetch();
	}
	if (s & LANAI_ISR_SEND) {
		fake_write(sender, LANAI_ISR, LANAI_ISR_SEND);
		sending = false;
		sent++;
		if (fetched < want && fetched == sent + 1)
			fetch();
	}
	if (!sending && sent < fetched) {
		sending = true;
		send(route);
	}
	if (r & LANAI_ISR_RECV) {
		fake_write(receiver, LANAI_ISR, LANAI_ISR_RECV | LANAI_ISR_TAIL);
		if (++received - deposited < 2)
			arm(received);
	}
	if (r & LANAI_ISR_DMA) {
		fake_write(receiver, LANAI_ISR, LANAI_ISR_DMA);
		depositing = false;
		if (received - deposited++ == 2)
			arm(received);
	}
	if (!depositing && received > deposited) {
		depositing = true;
		host_dma(receiver, RECEIVE_BUFFER + (uint32_t)(deposited % 2) * STRIDE + HEADER, false);
	}
}

int
main(int argc, char **argv)
{
	struct platform *p = net_line(1, 2);
	char *error;
	struct fabric *f = fabric_new(p, false, &error);
	struct nic *nics[2];
	struct host_bus *buses[2];
	static uint8_t pages[2][2 * HB_FRAME];
	struct timespec a, b;
	uint8_t route;

	want = argc > 1 ? strtoull(argv[1], NULL, 10) : 200000;
	for (unsigned i = 0; i < 2; i++) {
		nics[i] = nic_new(i, &p->params[i], f);
		buses[i] = hb_new(i, &p->params[i]);
		hb_attach_nic(buses[i], nics[i]);
		nic_attach_bus(nics[i], buses[i]);
		for (unsigned k = 0; k < 2; k++)
			hb_frame_map(buses[i], (unsigned)hb_frame_alloc(buses[i], pages[i] + k * HB_FRAME, NULL, 0),
			             true);
	}
	sender = nic_core(nics[0]);
	receiver = nic_core(nics[1]);
	fabric_route(f, 0, 1, &route, 1);
	arm(0);
	fetch();
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	while (deposited < want && calendar_step(SIM_NEVER))
		react(route);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	double ns = ((double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec)) / (double)want;

	printf("%" PRIu64 " packets of %d bytes: %.0f ns and %.2f events each; simulated %.1f MB/s\n", deposited, DATA,
	       ns, (double)calendar_fired() / (double)want, (double)DATA * (double)want / sim_to_us(sim_now()));
	return deposited == want ? EXIT_SUCCESS : EXIT_FAILURE;
}
