/* The cycle budget of the one-word path and the instructions of a bulk packet, measured on the LANai build; printed. */
#include "tests/firmware/lanai_mock.h"

#include <check.h>
#include <stdio.h>

#define TAG   0x99u
#define FRAME 5u
#define DEST  (FRAME * VMMC_PAGE)

/* Budgets: docs/architecture.md.  The whole one-word path, wires and DMA included, has about 450 cycles (V2-LAT). */
#define SEND_CYCLES_MAX       120u
#define RECEIVE_CYCLES_MAX    120u
#define DMA_GAP_CYCLES_MAX    50u
#define BULK_INSTRUCTIONS_MAX 700u

static struct lanai_mock *mock;
static struct mock_nic *nic;
static uint32_t arrived;

static void
set_up(void)
{
	struct host_options options = host_defaults();
	mock = lanai_mock_new("firmware/images/vmmc");
	nic = mock->nic;
	host_control(nic, &options);
	lanai_mock_start(mock);
	host_open(nic, 0, 0x30000);
	for (uint32_t i = 0; i < 8; i++) {
		host_import(nic, 0, i, 1, FRAME, TAG);
		host_source(nic, 0, i, 20 + i);
	}
	host_export(nic, FRAME, TAG, VMMC_IN_WRITE);
	lanai_mock_run(mock);
}

static void
tear_down(void)
{
	lanai_mock_free(mock);
}

static void
arrive(uint32_t bytes, uint32_t ack)
{
	static uint8_t packet[VMMC_HEADER + VMMC_PAGE];
	uint32_t length = host_packet(packet, 1, arrived++, ack, DEST, VMMC_KEY(TAG, 0, bytes));
	ck_assert(mock_deliver(nic, packet, length, 0));
}

START_TEST(one_word_send)
{
	uint32_t data = 1;
	host_post(nic, 0, 0, VMMC_CONTROL(VMMC_OP_SHORT, 0, 4), 0, &data, 1);
	unsigned cycles = lanai_mock_cycles_to(mock, LANAI_SMLT);
	printf("one word, control word visible to SMLT written: %u cycles\n", cycles);
	ck_assert_uint_le(cycles, SEND_CYCLES_MAX);
}
END_TEST

START_TEST(one_word_receive)
{
	arrive(4, 0);
	unsigned cycles = lanai_mock_cycles_to(mock, LANAI_DMA_CTR);
	printf("one word, RECV set to DMA_CTR written: %u cycles\n", cycles);
	ck_assert_uint_le(cycles, RECEIVE_CYCLES_MAX);
}
END_TEST

/* From the end of a transfer to the start of the next one that waits. */
START_TEST(dma_gap)
{
	arrive(4, 0);
	lanai_mock_run(mock);
	arrive(4, 0);
	lanai_mock_run(mock);
	ck_assert(mock_finish_dma(nic, false));
	unsigned cycles = lanai_mock_cycles_to(mock, LANAI_DMA_CTR);
	printf("host DMA done to the next transfer started: %u cycles\n", cycles);
	ck_assert_uint_le(cycles, DMA_GAP_CYCLES_MAX);
}
END_TEST

/* executed: instructions really executed from here until idle; includes two turns of the idle loop. */
static uint64_t
executed(void)
{
	uint64_t before = lanai_counts(mock->core).executed;
	lanai_mock_run(mock);
	return lanai_counts(mock->core).executed - before;
}

START_TEST(bulk)
{
	enum { PACKETS = 8 };
	uint64_t sender = 0, receiver = 0;
	uint32_t source = 0;
	for (uint32_t i = 0; i < PACKETS; i++) {
		arrive(VMMC_PAGE, 0);
		receiver += executed();
		mock_finish_dma(nic, false);
		receiver += executed();
		g_free(mock_finish_send(nic)); /* an acknowledgement, every fourth packet */
		receiver += executed();
	}
	host_post(nic, 0, 0, VMMC_CONTROL(VMMC_OP_LONG, 0, PACKETS * VMMC_PAGE), 0, &source, 1);
	for (uint32_t i = 0; i < PACKETS; i++) {
		sender += executed();
		mock_finish_dma(nic, false);
		sender += executed();
		g_free(mock_finish_send(nic));
	}
	sender += executed();
	printf("4 KB packet, instructions: sender %u, receiver %u\n", (unsigned)(sender / PACKETS),
	       (unsigned)(receiver / PACKETS));
	ck_assert_uint_le((sender + receiver) / PACKETS, BULK_INSTRUCTIONS_MAX);
	ck_assert_uint_eq(host_counter(nic, VMMC_C_PACKETS_SENT), PACKETS);
}
END_TEST

int
main(void)
{
	TCase *cases = tcase_create("cycles");
	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_test(cases, one_word_send);
	tcase_add_test(cases, one_word_receive);
	tcase_add_test(cases, dma_gap);
	tcase_add_test(cases, bulk);
	Suite *suite = suite_create("firmware cycles");
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
