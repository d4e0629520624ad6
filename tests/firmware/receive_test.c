/* The receive side of the vmmc firmware: checks, deposits, host DMA queue, notifications, odd packets. */
#include "tests/firmware/mock_host.h"

#include <check.h>
#include <string.h>

#define TAG   0x77u
#define FRAME 5u
#define DEST  (FRAME * VMMC_PAGE + 16)

static struct mock_nic *nic;
static struct host_options options;
static uint8_t packet[MOCK_PACKET_MAX];

static void
set_up(void)
{
	options = host_defaults();
	nic = mock_new();
	ck_assert(host_start(nic, &options));
	host_export(nic, FRAME, TAG, VMMC_IN_WRITE);
}

static void
tear_down(void)
{
	mock_free(nic);
}

static uint32_t
ctrl(size_t member)
{
	return mock_sram(nic, VMMC_CTRL + (uint32_t)member);
}

/* arrive: the data packet `sequence` from node 1, with `bytes` of data for `dest`. */
static void
arrive(uint32_t sequence, uint32_t dest, uint32_t bytes)
{
	uint32_t length = host_packet(packet, 1, sequence, 0, dest, VMMC_KEY(TAG, 0, bytes));
	host_deliver(nic, packet, length, 0);
}

START_TEST(deposit)
{
	uint32_t bytes = (uint32_t)_i;
	arrive(0, FRAME * VMMC_PAGE + VMMC_PAGE - bytes, bytes);
	ck_assert(nic->dma_busy);
	ck_assert_msg(nic->armed, "the next receive buffer must be armed");
	host_settle(nic);
	for (uint32_t i = 0; i < bytes / 4; i++)
		ck_assert_uint_eq(host_word(nic, (FRAME + 1) * VMMC_PAGE - bytes + 4 * i), 0x11 * (i + 1));
	ck_assert_uint_eq(host_word(nic, (FRAME + 1) * VMMC_PAGE), 0);
	ck_assert_uint_eq(host_counter(nic, VMMC_C_DEPOSITS), 1);
	ck_assert_uint_eq(host_counter(nic, VMMC_C_DEPOSIT_BYTES), bytes);
}
END_TEST

/* Packets that the incoming page table must stop. They are in sequence, so the next one is accepted. */
static const struct {
	uint32_t dest, key;
} forbidden[] = {
        {DEST, VMMC_KEY(TAG + 1, 0, 4)}, /* another tag */
        {DEST, VMMC_KEY(0, 0, 4)},
        {DEST + VMMC_PAGE, VMMC_KEY(TAG, 0, 4)},          /* not exported */
        {DEST + VMMC_PAGE, VMMC_KEY(0, 0, 4)},            /* not exported, tag of an empty entry */
        {DEST + 2 * VMMC_PAGE, VMMC_KEY(TAG, 0, 4)},      /* no write permission */
        {FRAME * VMMC_PAGE + 0xFFC, VMMC_KEY(TAG, 0, 8)}, /* over the page end */
        {FRAME * VMMC_PAGE + 4, VMMC_KEY(TAG, 0, VMMC_PAGE)},
        {FRAME * VMMC_PAGE, VMMC_KEY(TAG, 0, VMMC_PAGE + 4)},      /* longer than a page */
        {DEST + 2, VMMC_KEY(TAG, 0, 4)},                           /* not a word address */
        {DEST, VMMC_KEY(TAG, 0, 0)},                               /* nothing */
        {DEST + VMMC_MAX_FRAMES * VMMC_PAGE, VMMC_KEY(TAG, 0, 4)}, /* frame beyond the table, same index modulo it */
        {0xFFFFFFFC, VMMC_KEY(TAG, 0, 4)},
};

START_TEST(protection)
{
	host_export(nic, FRAME + 2, TAG, VMMC_IN_NOTIFY);
	uint32_t bytes = host_packet(packet, 1, 0, 0, forbidden[_i].dest, forbidden[_i].key);
	host_deliver(nic, packet, bytes, 0);
	ck_assert_uint_eq(nic->dma_starts, 0);
	ck_assert_uint_eq(host_counter(nic, VMMC_C_DROP_PROTECTION), 1);
	arrive(1, DEST, 4);
	ck_assert_uint_eq(nic->dma_starts, 1);
}
END_TEST

/* Packets that are not the next data packet of a known node. */
static const struct {
	uint32_t word, value; /* header word changed */
	uint32_t residue;
	int32_t longer; /* bytes more than the header says */
	enum vmmc_counter counter;
} strange[] = {
        {0, 0x00080000 | VMMC_KIND_DATA << 8 | 1, 0, 0, VMMC_C_DROP_TYPE},       /* another protocol */
        {0, VMMC_TYPE << 16 | 9 << 8 | 1, 0, 0, VMMC_C_DROP_TYPE},               /* unknown kind */
        {0, VMMC_TYPE << 16 | VMMC_KIND_DATA << 8 | 2, 0, 0, VMMC_C_DROP_TYPE},  /* node without a route */
        {0, VMMC_TYPE << 16 | VMMC_KIND_DATA << 8 | 65, 0, 0, VMMC_C_DROP_TYPE}, /* 1 modulo 64 */
        {0, VMMC_TYPE << 16 | VMMC_KIND_DATA << 8 | 255, 0, 0, VMMC_C_DROP_TYPE},
        {0, VMMC_TYPE << 16 | VMMC_KIND_ACK << 8 | 1, 0, 0, VMMC_C_DROP_TYPE}, /* too long for one */
        {0, VMMC_TYPE << 16 | VMMC_KIND_NACK << 8 | 1, 0, 0, VMMC_C_DROP_TYPE},
        {1, 0x00010000, 0, 0, VMMC_C_DROP_GAP},
        {1, 0x7FFF0000, 0, 0, VMMC_C_DROP_GAP},
        {1, 0xFFFF0000, 0, 0, VMMC_C_DROP_DUPLICATE},
        {1, 0x80000000, 0, 0, VMMC_C_DROP_DUPLICATE},
        {3, VMMC_KEY(TAG, 0, 12), 0, 0, VMMC_C_DROP_TYPE}, /* truncated */
        {3, VMMC_KEY(TAG, 0, 4), 0, 0, VMMC_C_DROP_TYPE},  /* longer than it says */
        {3, VMMC_KEY(TAG, 0, 8), 1, 0, VMMC_C_DROP_CRC},
        {3, VMMC_KEY(TAG, 0, 8), 0xFF, 0, VMMC_C_DROP_CRC},
        {3, VMMC_KEY(TAG, 0, 8), 0, -1, VMMC_C_DROP_TYPE}, /* ragged lengths */
        {3, VMMC_KEY(TAG, 0, 8), 0, 2, VMMC_C_DROP_TYPE},
        {3, VMMC_KEY(TAG, 0, 8), 0x80, -3, VMMC_C_DROP_CRC},
        {3, VMMC_KEY(TAG, 0, 8), 0, -24, VMMC_C_DROP_TYPE}, /* empty */
        {3, VMMC_KEY(TAG, 0, 8), 0, -20, VMMC_C_DROP_TYPE}, /* one word */
};

START_TEST(strange_packets)
{
	uint32_t length = host_packet(packet, 1, 0, 0, DEST, VMMC_KEY(TAG, 0, 8));
	uint32_t raw = GUINT32_TO_BE(strange[_i].value);
	memcpy(packet + 4 * strange[_i].word, &raw, sizeof(raw));
	host_deliver(nic, packet, length + (uint32_t)strange[_i].longer, strange[_i].residue);
	ck_assert_uint_eq(host_counter(nic, strange[_i].counter), 1);
	ck_assert_uint_eq(nic->dma_starts, 0);
	arrive(0, DEST, 4);
	ck_assert_uint_eq(nic->dma_starts, 1);
}
END_TEST

/* Two packets merged by a lost tail: longer than any buffer, drained and dropped. */
START_TEST(long_packet)
{
	memset(packet, 0, sizeof(packet));
	host_packet(packet, 1, 0, 0, FRAME * VMMC_PAGE, VMMC_KEY(TAG, 0, VMMC_PAGE));
	host_deliver(nic, packet, MOCK_PACKET_MAX, 0);
	ck_assert_uint_eq(host_counter(nic, VMMC_C_LONG_PACKETS), 1);
	ck_assert_uint_eq(nic->dma_starts, 0);
	arrive(0, FRAME * VMMC_PAGE, VMMC_PAGE);
	ck_assert_uint_eq(nic->dma_starts, 1);
}
END_TEST

/* While all buffers wait for the host's bus the engine is not armed: the network backs up, nothing is lost. */
START_TEST(buffers_run_out)
{
	uint32_t sequence = 0;
	while (nic->armed)
		arrive(sequence++, DEST, 4);
	ck_assert_uint_eq(sequence, VMMC_ARRIVALS);
	mock_finish_dma(nic, false);
	mock_step(nic);
	ck_assert(nic->armed && nic->dma_busy);
	arrive(sequence++, DEST + 4, 4);
	host_settle(nic);
	ck_assert_uint_eq(host_counter(nic, VMMC_C_DEPOSITS), sequence);
}
END_TEST

/* In order of coming: a fetch behind the deposits that wait.  The two transfers of the table walk that it needs go
 * before them. */
START_TEST(dma_order)
{
	static const char expected[] = "DWDWDDDDDFS";
	char order[16] = "";
	uint32_t source = 0;
	host_open(nic, 0, 0x30000);
	host_import(nic, 0, 0, 1, FRAME, TAG);
	host_source(nic, 0, 0, 20);
	host_export(nic, FRAME, TAG, VMMC_IN_WRITE);
	uint32_t sequence = 0;
	while (nic->armed)
		arrive(sequence++, DEST, 4);
	host_post(nic, 0, 0, VMMC_CONTROL(VMMC_OP_LONG, VMMC_SEND_COMPLETE, 8), 0, &source, 1);
	mock_step(nic);
	while (nic->dma_busy) {
		uint32_t bus = nic->regs[LANAI_EAR / 4];
		const char *fetch = nic->regs[LANAI_LAR / 4] >= WALK_SEND_AT ? "W" : "F";
		strcat(order, nic->regs[LANAI_DMA_DIR / 4] ? fetch : bus == 0x30000 ? "S" : "D");
		if (sequence == VMMC_ARRIVALS && nic->armed)
			arrive(sequence++, DEST, 4);
		mock_finish_dma(nic, false);
		mock_step(nic);
	}
	ck_assert_str_eq(order, expected);
}
END_TEST

START_TEST(notifications)
{
	uint32_t length = host_packet(packet, 1, 0, 0, DEST, VMMC_KEY(TAG, VMMC_KEY_NOTIFY, 4));
	host_deliver(nic, packet, length, 0);
	host_settle(nic);
	ck_assert_uint_eq(nic->regs[LANAI_ISR / 4] & LANAI_ISR_HOST_SIG, 0); /* the page does not allow it */
	host_export(nic, FRAME, TAG, VMMC_IN_WRITE | VMMC_IN_NOTIFY);
	arrive(1, DEST, 4); /* the packet does not ask for it */
	host_settle(nic);
	ck_assert_uint_eq(ctrl(offsetof(struct vmmc_ctrl, notified)), 0);
	length = host_packet(packet, 1, 2, 0, DEST, VMMC_KEY(TAG, VMMC_KEY_NOTIFY, 4));
	host_deliver(nic, packet, length, 0);
	ck_assert_uint_eq(nic->regs[LANAI_ISR / 4] & LANAI_ISR_HOST_SIG, 0); /* not before the data are there */
	host_settle(nic);
	ck_assert_uint_ne(nic->regs[LANAI_ISR / 4] & LANAI_ISR_HOST_SIG, 0);
	ck_assert_uint_eq(ctrl(offsetof(struct vmmc_ctrl, notified)), 1);
	ck_assert_uint_eq(ctrl(offsetof(struct vmmc_ctrl, note)), DEST);
	ck_assert_uint_eq(host_counter(nic, VMMC_C_NOTIFICATIONS), 1);
}
END_TEST

START_TEST(deposit_bus_error)
{
	uint32_t outside = 100 * VMMC_PAGE; /* exported, but there is no such memory */
	host_export(nic, 100, TAG, VMMC_IN_WRITE);
	arrive(0, outside, 4);
	host_settle(nic);
	ck_assert_uint_eq(host_counter(nic, VMMC_C_BUS_ERRORS), 1);
	ck_assert_uint_eq(host_counter(nic, VMMC_C_DEPOSITS), 0);
	arrive(1, DEST, 4);
	host_settle(nic);
	ck_assert_uint_eq(host_counter(nic, VMMC_C_DEPOSITS), 1);
}
END_TEST

/* A signal counts when the deposits let through before it are done, whatever comes after. */
START_TEST(signals_are_counted)
{
	size_t synced = offsetof(struct vmmc_ctrl, synced);
	mock_raise(nic, LANAI_ISR_LAN0_SIG);
	mock_step(nic);
	ck_assert_uint_eq(ctrl(synced), 1);
	arrive(0, DEST, 4);
	arrive(1, DEST, 4);
	mock_raise(nic, LANAI_ISR_LAN0_SIG);
	mock_step(nic);
	arrive(2, DEST, 4);
	mock_finish_dma(nic, false);
	mock_step(nic);
	ck_assert_uint_eq(ctrl(synced), 1);
	mock_finish_dma(nic, false);
	mock_step(nic);
	ck_assert_uint_eq(ctrl(synced), 2);
	ck_assert(nic->dma_busy);
}
END_TEST

START_TEST(reset_of_a_send)
{
	uint32_t data = 1;
	host_open(nic, 0, 0);
	host_import(nic, 0, 0, 1, FRAME, TAG);
	mock_step(nic);
	host_post(nic, 0, 0, VMMC_CONTROL(VMMC_OP_SHORT, 0, 4), 0, &data, 1);
	mock_step(nic);
	ck_assert(nic->send_busy);
	mock_reset_send(nic);
	mock_step(nic);
	ck_assert_uint_eq(host_counter(nic, VMMC_C_NETWORK_RESETS), 1);
	mock_advance(nic, options.rto);
	mock_step(nic);
	ck_assert_msg(nic->send_busy, "the lost packet must be sent again");
	ck_assert_uint_eq(host_counter(nic, VMMC_C_RETRANSMITTED), 1);
}
END_TEST

START_TEST(reset_of_a_reception)
{
	mock_reset_reception(nic);
	mock_step(nic);
	ck_assert_msg(nic->armed, "the receive engine must be armed again");
	arrive(0, DEST, 4);
	ck_assert_uint_eq(nic->dma_starts, 1);
}
END_TEST

int
main(void)
{
	TCase *cases = tcase_create("receive");
	tcase_add_checked_fixture(cases, set_up, tear_down);
	for (int bytes = 4; bytes <= 4096; bytes *= 4)
		tcase_add_loop_test(cases, deposit, bytes, bytes + 1);
	tcase_add_loop_test(cases, protection, 0, (int)G_N_ELEMENTS(forbidden));
	tcase_add_loop_test(cases, strange_packets, 0, (int)G_N_ELEMENTS(strange));
	tcase_add_test(cases, long_packet);
	tcase_add_test(cases, buffers_run_out);
	tcase_add_test(cases, dma_order);
	tcase_add_test(cases, notifications);
	tcase_add_test(cases, deposit_bus_error);
	tcase_add_test(cases, signals_are_counted);
	tcase_add_test(cases, reset_of_a_send);
	tcase_add_test(cases, reset_of_a_reception);
	Suite *suite = suite_create("firmware receive");
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
