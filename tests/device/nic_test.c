/* The NIC register by register: the test is the firmware, the clock steps, dates are checked on both sides. */
#include "tests/device/board.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { TICK_PS = 500000, WAY = 2 * NET_CABLE + NET_SWITCH, TRAILER = 2, OUT = 0x10000, IN = 0x20000 };

static inline void
wr(unsigned node, uint32_t offset, uint32_t value)
{
	fake_write(boards[node].core, offset, value);
}

static inline uint32_t
rd(unsigned node, uint32_t offset)
{
	return fake_read(boards[node].core, offset);
}

static uint32_t
host_rd(unsigned node, uint32_t offset)
{
	return nic_read(boards[node].nic, NIC_WINDOW_REGS + offset);
}

static void
host_wr(unsigned node, uint32_t offset, uint32_t value)
{
	nic_write(boards[node].nic, NIC_WINDOW_REGS + offset, value, 0);
}

static void
arm(unsigned node, uint32_t at, uint32_t bytes)
{
	wr(node, LANAI_RMP, at);
	wr(node, LANAI_RML, at + bytes - 4);
}

/* send: `words` payload words i + 1 behind a route byte that sits in the fourth byte of the first word. */
static void
send(unsigned words)
{
	uint8_t *sram = lanai_sram(boards[0].core) + OUT;
	uint8_t route;

	fabric_route(board_fabric, 0, 1, &route, 1);
	sram[3] = route;
	for (unsigned i = 0; i < words; i++) {
		sram[4 + 4 * i + 2] = (uint8_t)((i + 1) >> 8);
		sram[4 + 4 * i + 3] = (uint8_t)(i + 1);
	}
	wr(0, LANAI_SA, 3);
	wr(0, LANAI_SMP, OUT);
	wr(0, LANAI_SMLT, OUT + 4 * words);
}

static uint32_t
word_at(unsigned node, uint32_t address)
{
	const uint8_t *p = lanai_sram(boards[node].core) + address;

	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* The block. ------------------------------------------------------------------------------- */

START_TEST(reset_values)
{
	bool steady;

	board_set_up(NULL);
#define CHECK_EXISTS(name, offset, access, is_steady, reset, meaning)                                                  \
	ck_assert_msg(fake_exists(boards[0].core, offset, &steady) && steady == is_steady, #name);
	LANAI_REGISTERS(CHECK_EXISTS)
	ck_assert_uint_eq(rd(0, LANAI_ISR), LANAI_ISR_SEND_RDY);
	ck_assert_uint_eq(rd(0, LANAI_VERSION), 3);
	ck_assert_uint_eq(rd(0, LANAI_TIMEOUT), 3);
	ck_assert_uint_eq(rd(0, LANAI_CLOCK), 0x90449044);
	ck_assert_uint_eq(rd(0, LANAI_IT), 0xFFFFFFFF);
	ck_assert(!fake_exists(boards[0].core, 0x00, &steady)); /* IPF0: not in this model */
	ck_assert(!fake_exists(boards[0].core, 0xF8, &steady));
	ck_assert_uint_eq(host_rd(0, 0x00), UINT32_MAX);
	ck_assert_uint_eq(calendar_next(), SIM_NEVER); /* timers that nobody set cost nothing */
	board_tear_down();
}
END_TEST

START_TEST(storage_and_access)
{
	board_set_up(NULL);
	uint64_t before = nic_counts(boards[0].nic).mistakes;

	wr(0, LANAI_CKS, 0x12345678);
	ck_assert_uint_eq(rd(0, LANAI_CKS), 0x12345678);
	ck_assert_uint_eq(host_rd(0, LANAI_CKS), 0x12345678);
	ck_assert_uint_eq(nic_counts(boards[0].nic).mistakes, before);
	wr(0, LANAI_VERSION, 99); /* read-only */
	ck_assert_uint_eq(rd(0, LANAI_VERSION), 3);
	ck_assert_uint_eq(rd(0, LANAI_SML), 0); /* write-only */
	ck_assert_uint_eq(nic_counts(boards[0].nic).mistakes, before + 2);
	ck_assert_uint_eq(rd(0, LANAI_RB), 0);
	ck_assert_uint_eq(nic_counts(boards[0].nic).unmodelled_accesses, 1);
	ck_assert_uint_eq(nic_read(boards[0].nic, 2), UINT32_MAX);
	ck_assert_uint_eq(nic_read(boards[0].nic, NIC_WINDOW_BYTES + 4), UINT32_MAX);
	board_tear_down();
}
END_TEST

/* Interrupts. ------------------------------------------------------------------------------ */

START_TEST(isr_bits_and_the_line)
{
	board_set_up(NULL);
	wr(0, LANAI_ISR, LANAI_ISR_HOST_SIG); /* masked */
	ck_assert(!boards[0].irq);
	ck_assert_uint_eq(rd(0, LANAI_ISR), LANAI_ISR_HOST_SIG | LANAI_ISR_SEND_RDY);
	host_wr(0, LANAI_EIMR, LANAI_ISR_HOST_SIG);
	ck_assert(boards[0].irq);
	wr(0, LANAI_ISR, LANAI_ISR_HOST_SIG); /* again: no edge */
	board_run(0);
	ck_assert_uint_eq(boards[0].irqs, 1);
	host_wr(0, LANAI_ISR, LANAI_ISR_HOST_SIG); /* the host clears it */
	ck_assert(!boards[0].irq);
	host_wr(0, LANAI_ISR, LANAI_ISR_LAN0_SIG << 3); /* and sets its own */
	ck_assert_uint_eq(rd(0, LANAI_ISR), LANAI_ISR_LAN0_SIG << 3 | LANAI_ISR_SEND_RDY);
	wr(0, LANAI_ISR, LANAI_ISR_LAN0_SIG << 3 | LANAI_ISR_SEND_RDY); /* SEND_RDY is a level */
	ck_assert_uint_eq(rd(0, LANAI_ISR), LANAI_ISR_SEND_RDY);
	board_tear_down();
}
END_TEST

START_TEST(lanai_raises_the_line_by_an_event)
{
	board_set_up(NULL);
	wr(0, LANAI_EIMR, LANAI_ISR_HOST_SIG);
	board_run(SIM_US);
	wr(0, LANAI_ISR, LANAI_ISR_HOST_SIG);
	ck_assert(!boards[0].irq); /* the LANai may be ahead of the host */
	board_run(SIM_US);
	ck_assert(boards[0].irq);
	ck_assert_uint_eq(sim_now(), SIM_US);
	board_tear_down();
}
END_TEST

START_TEST(boards_interrupt_gate)
{
	board_set_up(NULL);
	wr(0, LANAI_EIMR, LANAI_ISR_HOST_SIG);
	nic_write(boards[0].nic, NIC_WINDOW_CONTROL, NIC_CONTROL_INT_DISABLE, 0);
	wr(0, LANAI_ISR, LANAI_ISR_HOST_SIG);
	ck_assert(!boards[0].irq);
	nic_write(boards[0].nic, NIC_WINDOW_CONTROL, NIC_CONTROL_INT_ENABLE, 0);
	ck_assert(boards[0].irq);
	board_tear_down();
}
END_TEST

START_TEST(touch_before_steady_registers_change)
{
	board_set_up(NULL);
	unsigned before = fake_reg_touches(boards[0].core);

	wr(0, LANAI_ISR, LANAI_ISR_HOST_SIG); /* its own doing */
	ck_assert_uint_eq(fake_reg_touches(boards[0].core), before);
	host_wr(0, LANAI_ISR, LANAI_ISR_LAN0_SIG);
	ck_assert_uint_eq(fake_reg_touches(boards[0].core), before + 1);
	host_wr(0, LANAI_ISR, LANAI_ISR_LAN0_SIG); /* is set already */
	ck_assert_uint_eq(fake_reg_touches(boards[0].core), before + 1);
	board_tear_down();
}
END_TEST

/* Timers. ---------------------------------------------------------------------------------- */

START_TEST(interval_timer)
{
	board_set_up(NULL);
	board_run(123);
	wr(0, LANAI_IT, 10);
	board_run(123 + 10 * TICK_PS - 1);
	ck_assert_uint_eq(rd(0, LANAI_IT), 1);
	ck_assert_uint_eq(rd(0, LANAI_ISR) & LANAI_ISR_TIME, 0);
	board_run(123 + 10 * TICK_PS);
	ck_assert_uint_eq(rd(0, LANAI_IT), 0);
	ck_assert_uint_eq(rd(0, LANAI_ISR) & LANAI_ISR_TIME, LANAI_ISR_TIME);
	board_run(123 + 11 * TICK_PS);
	ck_assert_uint_eq(rd(0, LANAI_IT), 0xFFFFFFFF);
	wr(0, LANAI_IT, 5);
	wr(0, LANAI_IT, 0xFFFFFFFF); /* off */
	ck_assert_uint_eq(calendar_next(), SIM_NEVER);
	board_tear_down();
}
END_TEST

START_TEST(real_time_clock)
{
	board_set_up(NULL);
	board_run(7 * TICK_PS - 1);
	ck_assert_uint_eq(rd(0, LANAI_RTC), 6);
	board_run(7 * TICK_PS);
	ck_assert_uint_eq(rd(0, LANAI_RTC), 7);
	wr(0, LANAI_RTC, 0xFFFFFFFF);
	board_run(8 * TICK_PS);
	ck_assert_uint_eq(rd(0, LANAI_RTC), 0);
	board_tear_down();
}
END_TEST

/* Send and receive. ------------------------------------------------------------------------ */

START_TEST(packet_from_sram_to_sram)
{
	sim_time length = (1 + 40 + TRAILER) * NET_BYTE;

	board_set_up(NULL);
	arm(1, IN, 64);
	send(10);
	ck_assert_uint_eq(rd(0, LANAI_SMP), OUT + 44);
	ck_assert_uint_eq(rd(0, LANAI_ISR), 0);
	memset(lanai_sram(boards[0].core) + OUT, 0xEE, 44); /* it was read at the write to SMLT */
	board_run(length - 1);
	ck_assert_uint_eq(rd(0, LANAI_ISR), 0);
	board_run(length);
	ck_assert_uint_eq(rd(0, LANAI_ISR), LANAI_ISR_SEND | LANAI_ISR_SEND_RDY);
	board_run(WAY + length - 1);
	ck_assert_uint_eq(rd(1, LANAI_ISR), LANAI_ISR_SEND_RDY);
	board_run(WAY + length);
	ck_assert_uint_eq(rd(1, LANAI_ISR), LANAI_ISR_SEND_RDY | LANAI_ISR_RECV | LANAI_ISR_TAIL);
	ck_assert_uint_eq(rd(1, LANAI_RMP), IN + 44);
	for (unsigned i = 0; i < 10; i++)
		ck_assert_uint_eq(word_at(1, IN + 4 * i), i + 1);
	ck_assert_uint_eq(word_at(1, IN + 40), 0); /* residue */
	struct nic_counts counts = nic_counts(boards[1].nic);

	ck_assert_uint_eq(counts.packets_received, 1);
	ck_assert_uint_eq(counts.bytes_received, 40);
	ck_assert_uint_eq(nic_counts(boards[0].nic).send_busy, length);
	board_tear_down();
}
END_TEST

START_TEST(packet_of_literal_pieces)
{
	uint8_t route;

	board_set_up(NULL);
	arm(1, IN, 64);
	fabric_route(board_fabric, 0, 1, &route, 1);
	wr(0, LANAI_SB, route);
	wr(0, LANAI_SH, 0x0250);
	wr(0, LANAI_SW, 0x11223344);
	wr(0, LANAI_SB, 0x55);
	ck_assert_uint_eq(rd(0, LANAI_ISR) & LANAI_ISR_SEND_RDY, 0); /* open */
	wr(0, LANAI_ST, 0);
	board_run(SIM_US);
	ck_assert_uint_eq(rd(1, LANAI_ISR) & (LANAI_ISR_ORUN1 | LANAI_ISR_ORUN2), LANAI_ISR_ORUN1 | LANAI_ISR_ORUN2);
	ck_assert_uint_eq(word_at(1, IN), 0x02501122); /* 7 bytes */
	ck_assert_uint_eq(word_at(1, IN + 4), 0x33445500);
	ck_assert_uint_eq(rd(1, LANAI_RMP), IN + 12);
	board_tear_down();
}
END_TEST

START_TEST(full_buffer_and_rearm)
{
	board_set_up(NULL);
	arm(1, IN, 40); /* 40 bytes would fit, their residue word does not */
	send(10);
	board_run(SIM_US);
	ck_assert_uint_eq(rd(1, LANAI_ISR) & (LANAI_ISR_BUFF | LANAI_ISR_RECV), LANAI_ISR_BUFF);
	ck_assert_uint_eq(rd(1, LANAI_RMP), IN + 36);
	wr(1, LANAI_ISR, LANAI_ISR_BUFF);
	arm(1, IN + 0x1000, 8);
	board_run(2 * SIM_US);
	ck_assert_uint_eq(rd(1, LANAI_ISR) & (LANAI_ISR_BUFF | LANAI_ISR_RECV), LANAI_ISR_RECV);
	ck_assert_uint_eq(word_at(1, IN + 32), 9);
	ck_assert_uint_eq(word_at(1, IN + 0x1000), 10);
	ck_assert_uint_eq(rd(1, LANAI_RMP), IN + 0x1008);
	board_tear_down();
}
END_TEST

START_TEST(half_a_packet_can_be_read)
{
	board_set_up(NULL);
	arm(1, IN, 4096);
	send(500);
	board_run(WAY + (1 + 1000) * NET_BYTE);
	uint32_t at = rd(1, LANAI_RMP);

	ck_assert_uint_ge(at, IN + 996);
	ck_assert_uint_le(at, IN + 1000);
	ck_assert_uint_eq(word_at(1, at - 4), (at - IN) / 4);
	ck_assert_uint_eq(word_at(1, at), 0);
	board_tear_down();
}
END_TEST

START_TEST(late_buffer_takes_the_waiting_packet)
{
	board_set_up(NULL);
	send(100);
	board_run(10 * SIM_US);
	ck_assert_uint_eq(rd(0, LANAI_ISR) & LANAI_ISR_SEND, 0);
	arm(1, IN, 1024);
	sim_time tail = 10 * SIM_US + (400 + TRAILER) * NET_BYTE;

	board_run(tail - 1);
	ck_assert_uint_eq(rd(1, LANAI_ISR) & LANAI_ISR_RECV, 0);
	board_run(tail);
	ck_assert_uint_eq(rd(1, LANAI_ISR) & LANAI_ISR_RECV, LANAI_ISR_RECV);
	board_tear_down();
}
END_TEST

START_TEST(network_reset_tells_the_sender)
{
	board_set_up(NULL);
	wr(0, LANAI_TIMEOUT, 0);
	send(100);
	board_run(SIM_S / 16 + WAY - 1);
	ck_assert_uint_eq(rd(0, LANAI_ISR) & LANAI_ISR_NRES, 0);
	board_run(SIM_S / 16 + WAY);
	ck_assert_uint_eq(rd(0, LANAI_ISR), LANAI_ISR_NRES | LANAI_ISR_SEND_RDY);
	board_tear_down();
}
END_TEST

START_TEST(firmware_mistakes_do_no_harm)
{
	static const struct {
		uint32_t reg, first, last;
	} bad[] = {{LANAI_SMP, 0, 0x40000}, {LANAI_SMP, 0x3FFFC, 0x3FFFC + 4},   {LANAI_SMP, 8, 4},
	           {LANAI_SMP, 2, 8},       {LANAI_SMP, 0, 0xFFFFFFFC},          {LANAI_SMP, 0xFFFFFFFC, 0xFFFFFFFC},
	           {LANAI_RMP, 0, 0x40000}, {LANAI_RMP, 0xFFFFFFF0, 0xFFFFFFFC}, {LANAI_RMP, 16, 12}};

	board_set_up(NULL);
	for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
		wr(0, bad[i].reg, bad[i].first);
		wr(0, bad[i].reg == LANAI_SMP ? LANAI_SMLT : LANAI_RML, bad[i].last);
		ck_assert_uint_eq(nic_counts(boards[0].nic).mistakes, i + 1);
	}
	wr(0, LANAI_ST, 0);
	ck_assert_uint_eq(nic_counts(boards[0].nic).mistakes, 10);
	send(10);
	send(10); /* while the first leaves */
	ck_assert_uint_eq(nic_counts(boards[0].nic).mistakes, 11);
	arm(1, IN, 64);
	board_run(SIM_MS);
	ck_assert_uint_eq(nic_counts(boards[1].nic).packets_received, 1);
	board_tear_down();
}
END_TEST

/* Host DMA. -------------------------------------------------------------------------------- */

static void
start_dma(unsigned node, uint32_t bus_address, uint32_t sram, uint32_t bytes, bool from_host)
{
	wr(node, LANAI_EAR, bus_address);
	wr(node, LANAI_LAR, sram);
	wr(node, LANAI_DMA_DIR, from_host);
	wr(node, LANAI_DMA_CTR, bytes);
}

static sim_time
dma_time(uint32_t bytes)
{
	return NET_DMA_START +
	       bytes / NET_DMA_BURST * (NET_DMA_BURST_COST + sim_transfer_time(NET_DMA_BURST, NET_DMA_RATE));
}

START_TEST(host_dma_both_ways)
{
	board_set_up(NULL);
	memset(boards[0].pages + 100, 0x5A, 128);
	start_dma(0, 100, OUT, 126, true); /* rounded up to 128 */
	board_run(dma_time(128) - 1);
	ck_assert_uint_eq(rd(0, LANAI_ISR) & LANAI_ISR_DMA, 0);
	ck_assert_uint_gt(rd(0, LANAI_DMA_CTR), 0);
	board_run(dma_time(128));
	ck_assert_uint_eq(rd(0, LANAI_ISR) & (LANAI_ISR_DMA | LANAI_ISR_WDOG), LANAI_ISR_DMA);
	ck_assert_uint_eq(rd(0, LANAI_DMA_CTR), 0);
	ck_assert_uint_eq(word_at(0, OUT + 124), 0x5A5A5A5A);
	ck_assert_uint_eq(word_at(0, OUT + 128), 0);
	wr(0, LANAI_ISR, LANAI_ISR_DMA);
	start_dma(0, HB_FRAME, OUT, 64, false);
	board_run(SIM_MS);
	ck_assert_uint_eq(boards[0].pages[HB_FRAME + 63], 0x5A);
	ck_assert_uint_eq(boards[0].pages[HB_FRAME + 64], 0);
	ck_assert_uint_eq(nic_counts(boards[0].nic).dma_busy, dma_time(128) + dma_time(64));
	board_tear_down();
}
END_TEST

START_TEST(host_dma_faults)
{
	static const uint32_t both = LANAI_ISR_DMA | LANAI_ISR_WDOG;

	board_set_up(NULL);
	start_dma(0, 2 * HB_FRAME, OUT, 64, false); /* not mapped */
	board_run(SIM_MS);
	ck_assert_uint_eq(rd(0, LANAI_ISR) & both, both);
	ck_assert_uint_eq(hb_counts(boards[0].bus).bus_aborts, 1);
	wr(0, LANAI_ISR, both);
	start_dma(0, 0, 0x40000 - 32, 64, false); /* beyond SRAM */
	ck_assert_uint_eq(rd(0, LANAI_ISR) & both, both);
	wr(0, LANAI_ISR, both);
	start_dma(0, 0, OUT, 0xFFFFFFFF, true);
	ck_assert_uint_eq(rd(0, LANAI_ISR) & both, both);
	wr(0, LANAI_ISR, both);
	start_dma(0, 0, OUT, 4096, true);
	start_dma(0, 0, OUT, 4, true); /* while it runs: ignored */
	ck_assert_uint_eq(nic_counts(boards[0].nic).mistakes, 3);
	board_run(2 * SIM_MS);
	ck_assert_uint_eq(hb_counts(boards[0].bus).dma_bytes, 4096);
	board_tear_down();
}
END_TEST

START_TEST(dma_into_code_halts_the_lanai)
{
	board_set_up(NULL);
	fake_set_code(boards[0].core, 0x1000);
	memset(boards[0].pages, 0xFF, 64);
	start_dma(0, 0, 0x800, 64, true);
	board_run(SIM_MS);
	ck_assert_int_eq(lanai_state(boards[0].core), LANAI_HALTED);
	ck_assert_uint_eq(word_at(0, 0x800), 0);
	board_tear_down();
}
END_TEST

/* The SRAM port: 2 accesses a clock at 33 MHz, 0.25 kept for the processor: 231 MB/s for the engines.  */

#define PORT_RATE     231000000.0
#define LOAD_OF(rate) ((uint32_t)((rate) / 4.0 / 33e6 * 65536))

START_TEST(processor_learns_the_load)
{
	board_set_up(NULL);
	ck_assert_uint_eq(fake_load(boards[1].core), 0);
	arm(1, IN, 8192);
	ck_assert_uint_eq(fake_load(boards[1].core), 0);
	send(1000);
	ck_assert_uint_eq(fake_load(boards[0].core), LOAD_OF(NET_RATE));
	board_run(WAY);
	ck_assert_uint_eq(fake_load(boards[1].core), LOAD_OF(NET_RATE));
	board_run(SIM_MS);
	ck_assert_uint_eq(fake_load(boards[0].core), 0);
	ck_assert_uint_eq(fake_load(boards[1].core), 0);
	board_tear_down();
}
END_TEST

START_TEST(host_dma_slows_the_receiver)
{
	board_set_up(NULL);
	double dma = 4096.0 / ((double)dma_time(4096) / SIM_S), rest = PORT_RATE - dma;

	ck_assert(rest < NET_RATE);
	arm(1, IN, 8192);
	send(1000);
	board_run(WAY + 1000 * NET_BYTE);
	start_dma(1, 0, OUT, 4096, false);
	board_run(WAY + 2000 * NET_BYTE);
	ck_assert_uint_le(fake_load(boards[1].core), (uint32_t)(1.75 * 65536));
	ck_assert_uint_ge(fake_load(boards[1].core), (uint32_t)(1.75 * 65536) - 8);
	board_run(SIM_MS);
	/* 1000 bytes at link rate, then to the end at what is left of the port; the DMA lasts longer */
	double want = (double)WAY + 1000.0 * NET_BYTE + 3002.0 * SIM_S / rest;

	ck_assert_double_eq_tol((double)nic_counts(boards[1].nic).receive_busy, want - (double)WAY, 2.0 * NET_BYTE);
	board_tear_down();
}
END_TEST

START_TEST(receive_and_send_share)
{
	board_set_up(NULL);
	arm(0, IN, 8192);
	arm(1, IN, 8192);
	send(1000);
	memcpy(lanai_sram(boards[1].core) + OUT, lanai_sram(boards[0].core) + OUT, 4004);
	uint8_t route;

	fabric_route(board_fabric, 1, 0, &route, 1);
	lanai_sram(boards[1].core)[OUT + 3] = route;
	wr(1, LANAI_SA, 3);
	wr(1, LANAI_SMP, OUT);
	wr(1, LANAI_SMLT, OUT + 4000);
	board_run(2 * SIM_US);
	ck_assert_uint_le(fake_load(boards[0].core), (uint32_t)(1.75 * 65536));
	uint64_t before = calendar_fired();

	board_run(20 * SIM_US);
	ck_assert_uint_eq(calendar_fired(), before); /* the shares have settled */
	board_run(SIM_MS);
	ck_assert_uint_eq(nic_counts(boards[0].nic).packets_received, 1);
	ck_assert_uint_eq(nic_counts(boards[1].nic).packets_received, 1);
	board_tear_down();
}
END_TEST

/* The board. ------------------------------------------------------------------------------- */

START_TEST(board_reset)
{
	board_set_up(NULL);
	arm(1, IN, 8192);
	wr(0, LANAI_EIMR, LANAI_ISR_DMA);
	wr(0, LANAI_IT, 1000);
	send(1000);
	start_dma(0, 0, OUT, 4096, true);
	board_run(5 * SIM_US);
	nic_write(boards[0].nic, NIC_WINDOW_CONTROL, NIC_CONTROL_RESET_ON, 0);
	ck_assert_int_eq(lanai_state(boards[0].core), LANAI_RESET);
	ck_assert_uint_eq(nic_read(boards[0].nic, NIC_WINDOW_CONTROL), NIC_CONTROL_INT_ENABLE);
	ck_assert_uint_eq(host_rd(0, LANAI_ISR), LANAI_ISR_SEND_RDY);
	ck_assert_uint_eq(host_rd(0, LANAI_EIMR), 0);
	board_run(SIM_MS);
	ck_assert_uint_eq(calendar_next(), SIM_NEVER);
	ck_assert_uint_eq(host_rd(0, LANAI_ISR), LANAI_ISR_SEND_RDY);
	ck_assert_uint_eq(hb_counts(boards[0].bus).dma_transfers, 0);
	ck_assert_uint_eq(nic_counts(boards[1].nic).crc_errors, 1); /* the truncated packet */
	send(10);
	wr(1, LANAI_ISR, LANAI_ISR_RECV);
	arm(1, IN, 8192);
	board_run(2 * SIM_MS);
	ck_assert_uint_eq(nic_counts(boards[1].nic).packets_received, 2);
	board_tear_down();
}
END_TEST

START_TEST(wake_bit)
{
	board_set_up(NULL);
	nic_write(boards[0].nic, NIC_WINDOW_CONTROL, NIC_CONTROL_WAKE, 0);
	ck_assert_uint_eq(rd(0, LANAI_ISR) & LANAI_ISR_WAKE, LANAI_ISR_WAKE);
	wr(0, LANAI_ISR, LANAI_ISR_WAKE);
	ck_assert_uint_eq(rd(0, LANAI_ISR) & LANAI_ISR_WAKE, 0);
	board_tear_down();
}
END_TEST

/* Faults end to end: what the fabric breaks, the residue tells. ---------------------------- */

static void
all_corrupt(struct params *params)
{
	params->corrupt_rate = 1;
}

static void
all_lost(struct params *params)
{
	params->drop_rate = 1;
}

START_TEST(corrupted_packet_shows_in_the_residue)
{
	board_set_up(all_corrupt);
	arm(1, IN, 64);
	send(10);
	board_run(SIM_MS);
	ck_assert_uint_eq(rd(1, LANAI_ISR) & LANAI_ISR_RECV, LANAI_ISR_RECV);
	ck_assert_uint_ne(word_at(1, IN + 40) >> LANAI_CRC_RESIDUE_SHIFT, 0); /* a single flip is always seen */
	ck_assert_uint_eq(nic_counts(boards[1].nic).crc_errors, 1);
	board_tear_down();
}
END_TEST

START_TEST(lost_packet_leaves_the_buffer_armed)
{
	board_set_up(all_lost);
	arm(1, IN, 64);
	send(10);
	board_run(SIM_MS);
	ck_assert_uint_eq(rd(0, LANAI_ISR) & LANAI_ISR_SEND, LANAI_ISR_SEND);
	ck_assert_uint_eq(rd(1, LANAI_ISR) & LANAI_ISR_RECV, 0);
	ck_assert_uint_eq(fabric_counts(board_fabric).dropped, 1);
	ck_assert_uint_eq(calendar_next(), SIM_NEVER);
	board_tear_down();
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("nic");
	TCase *tc = tcase_create("nic");

	tcase_add_test(tc, reset_values);
	tcase_add_test(tc, storage_and_access);
	tcase_add_test(tc, isr_bits_and_the_line);
	tcase_add_test(tc, lanai_raises_the_line_by_an_event);
	tcase_add_test(tc, boards_interrupt_gate);
	tcase_add_test(tc, touch_before_steady_registers_change);
	tcase_add_test(tc, interval_timer);
	tcase_add_test(tc, real_time_clock);
	tcase_add_test(tc, packet_from_sram_to_sram);
	tcase_add_test(tc, packet_of_literal_pieces);
	tcase_add_test(tc, full_buffer_and_rearm);
	tcase_add_test(tc, half_a_packet_can_be_read);
	tcase_add_test(tc, late_buffer_takes_the_waiting_packet);
	tcase_add_test(tc, network_reset_tells_the_sender);
	tcase_add_test(tc, firmware_mistakes_do_no_harm);
	tcase_add_test(tc, host_dma_both_ways);
	tcase_add_test(tc, host_dma_faults);
	tcase_add_test(tc, dma_into_code_halts_the_lanai);
	tcase_add_test(tc, processor_learns_the_load);
	tcase_add_test(tc, host_dma_slows_the_receiver);
	tcase_add_test(tc, receive_and_send_share);
	tcase_add_test(tc, board_reset);
	tcase_add_test(tc, wake_bit);
	tcase_add_test(tc, corrupted_packet_shows_in_the_residue);
	tcase_add_test(tc, lost_packet_leaves_the_buffer_armed);
	suite_add_tcase(suite, tc);
	SRunner *runner = srunner_create(suite);

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
