/* The cycle budget of the one-word path and of a bulk packet, measured on the LANai build and printed. */
#include "tests/firmware/lanai_mock.h"
#include "tests/firmware/mock_host.h"

#include <check.h>
#include <stdio.h>

#define TAG   0x99u
#define FRAME 5u
#define DEST  (FRAME * VMMC_PAGE)

/* Budgets: docs/architecture.md.  The whole one-word path, wires and DMA included, has about 450 cycles (V2-LAT). */
#define SEND_CYCLES_MAX    140u
#define RECEIVE_CYCLES_MAX 136u
#define DMA_GAP_CYCLES_MAX 45u
#define BULK_CYCLES_MAX    430u
#define IDLE_CYCLES_MAX    25u
#define MISS_CYCLES_MAX    1250u
#define BEHIND_CYCLES_MAX  120u

#define MANY_CYCLES_MAX 830u

#define PACKETS   8u
#define SAME_SETS VMMC_CACHE_SETS /* page i + SAME_SETS shares its set with page i */

static struct lanai_mock *mock;
static struct mock_nic *nic;
static uint32_t arrived, posted;

static void
start(const struct host_options *options)
{
	mock = lanai_mock_new("firmware/images/vmmc");
	nic = mock->nic;
	host_control(nic, options);
	lanai_mock_start(mock);
	host_open(nic, 0, 0x30000);
	for (uint32_t i = 0; i < 8; i++) {
		host_import(nic, 0, i, 1, FRAME, TAG);
		host_source(nic, 0, i, 20 + i);
		host_source(nic, 0, SAME_SETS + i, 30 + i);
	}
	host_export(nic, FRAME, TAG, VMMC_IN_WRITE);
	lanai_mock_run(mock);
}

static void
set_up(void)
{
	struct host_options options = host_defaults();
	options.cache_ways = 2;
	start(&options);
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

/* settle: every engine finishes, the peer acknowledges. */
static void
settle(void)
{
	uint8_t packet[VMMC_ACK_BYTES];
	for (;;) {
		struct mock_packet *sent = mock_finish_send(nic);
		bool dma = mock_finish_dma(nic, false);
		lanai_mock_run(mock);
		g_free(sent);
		if (!sent && !dma)
			break;
	}
	ck_assert(mock_deliver(nic, packet, host_ack(packet, VMMC_KIND_ACK, 1, posted), 0));
	lanai_mock_run(mock);
}

static void
over_phases(const char *what, uint32_t reg, void (*event)(void), unsigned most)
{
	unsigned worst, mean = lanai_mock_over_phases(mock, reg, event, settle, &worst);
	printf("%s: %u cycles on average, %u at most\n", what, mean, worst);
	fflush(stdout);
	ck_assert_uint_le(mean, most);
}

static void
post_one_word(void)
{
	uint32_t data = 1;
	host_post(nic, 0, posted++, VMMC_CONTROL(VMMC_OP_SHORT, 0, 4), 0, &data, 1);
}

static void
one_word_arrives(void)
{
	arrive(4, posted);
}

static void
transfer_ends_and_another_waits(void)
{
	arrive(4, posted);
	lanai_mock_run(mock);
	arrive(4, posted);
	lanai_mock_run(mock);
	ck_assert(mock_finish_dma(nic, false));
}

START_TEST(one_word_send)
{
	over_phases("one word, control word visible to SMLT written", LANAI_SMLT, post_one_word, SEND_CYCLES_MAX);
}
END_TEST

START_TEST(one_word_receive)
{
	over_phases("one word, RECV set to DMA_CTR written", LANAI_DMA_CTR, one_word_arrives, RECEIVE_CYCLES_MAX);
}
END_TEST

START_TEST(dma_gap)
{
	over_phases("host DMA done to the next transfer started", LANAI_DMA_CTR, transfer_ends_and_another_waits,
	            DMA_GAP_CYCLES_MAX);
}
END_TEST

/* Eight pages in a stream: what both sides do in all for one of them, acknowledgements included. */
START_TEST(bulk_receive)
{
	unsigned cycles = 0;
	for (uint32_t i = 0; i < PACKETS; i++) {
		arrive(VMMC_PAGE, 0);
		cycles += lanai_mock_busy_cycles(mock);
		mock_finish_dma(nic, false);
		cycles += lanai_mock_busy_cycles(mock);
		g_free(mock_finish_send(nic));
		cycles += lanai_mock_busy_cycles(mock);
	}
	printf("4 KB packet, receiver: %u cycles\n", cycles / PACKETS);
	ck_assert_uint_eq(host_counter(nic, VMMC_C_DEPOSITS), PACKETS);
	ck_assert_uint_eq(host_counter(nic, VMMC_C_ACKS_SENT), PACKETS / 4);
	fflush(stdout);
	ck_assert_uint_le(cycles / PACKETS, BULK_CYCLES_MAX);
}
END_TEST

/* stream: a long send of eight pages from `page` on, one by one; the cycles for one of them. */
static unsigned
stream(uint32_t page)
{
	unsigned cycles = 0;
	uint32_t source = page << VMMC_PAGE_SHIFT, behind = posted + 1;
	uint32_t packets = host_counter(nic, VMMC_C_PACKETS_SENT);
	uint8_t packet[VMMC_ACK_BYTES];
	host_post(nic, 0, posted++, VMMC_CONTROL(VMMC_OP_LONG, 0, PACKETS * VMMC_PAGE), 0, &source, 1);
	cycles += lanai_mock_busy_cycles(mock);
	for (uint32_t sent = 0; sent < PACKETS;) {
		if (mock_finish_dma(nic, false))
			cycles += lanai_mock_busy_cycles(mock);
		struct mock_packet *out = mock_finish_send(nic);
		if (!out)
			continue;
		g_free(out);
		cycles += lanai_mock_busy_cycles(mock);
		if (++sent % 4)
			continue;
		ck_assert(mock_deliver(nic, packet, host_ack(packet, VMMC_KIND_ACK, 1, packets + sent), 0));
		cycles += lanai_mock_busy_cycles(mock);
	}
	ck_assert_uint_eq(host_counter(nic, VMMC_C_PACKETS_SENT), packets + PACKETS);
	ck_assert_uint_eq(host_proc(nic, 0, offsetof(struct vmmc_proc, consumed)), behind);
	return cycles / PACKETS;
}

/* The first send finds nothing in the cache, and walks for each page; the second one everything; the last one finds its
 * pages behind others of their sets. */
START_TEST(bulk_send)
{
	unsigned missing = stream(0);
	ck_assert_uint_eq(host_counter(nic, VMMC_C_WALKS), PACKETS);
	unsigned hitting = stream(0);
	ck_assert_uint_eq(host_counter(nic, VMMC_C_WALKS), PACKETS);
	stream(SAME_SETS);
	unsigned behind = stream(0);
	ck_assert_uint_eq(host_counter(nic, VMMC_C_WALKS), 2 * PACKETS);
	printf("4 KB packet, sender: %u cycles\n", hitting);
	printf("a hit behind the first entry of its set: %u cycles more\n", behind - hitting);
	printf("a miss of the translation cache, walk of one entry: %u cycles more\n", missing - hitting);
	fflush(stdout);
	ck_assert_uint_le(hitting, BULK_CYCLES_MAX);
	ck_assert_uint_le(missing - hitting, MISS_CYCLES_MAX);
	ck_assert_uint_le(behind - hitting, BEHIND_CYCLES_MAX);
}
END_TEST

/* Fifteen nodes send 4 KB packets in turn, each so seldom that its packet is acknowledged alone, by the timer. */
START_TEST(many_nodes)
{
	static uint8_t packet[VMMC_HEADER + VMMC_PAGE];
	struct host_options options = host_defaults();
	unsigned cycles = 0;
	tear_down();
	options.n_nodes = 16;
	options.ack_delay = 400;
	start(&options);
	for (uint32_t i = 0; i < 20 * 15; i++) {
		uint32_t bytes = host_packet(packet, 1 + i % 15, i / 15, 0, DEST, VMMC_KEY(TAG, 0, VMMC_PAGE));
		ck_assert(mock_deliver(nic, packet, bytes, 0));
		cycles += lanai_mock_busy_cycles(mock);
		mock_finish_dma(nic, false);
		cycles += lanai_mock_busy_cycles(mock);
		mock_advance(nic, 75); /* 4 KB at 110 MB/s */
		cycles += lanai_mock_busy_cycles(mock);
		g_free(mock_finish_send(nic));
		cycles += lanai_mock_busy_cycles(mock);
	}
	printf("4 KB packet of one of many nodes, receiver: %u cycles\n", cycles / (20 * 15));
	ck_assert_uint_eq(host_counter(nic, VMMC_C_DEPOSITS), 20 * 15);
	ck_assert_uint_gt(host_counter(nic, VMMC_C_ACKS_SENT), 19 * 15 - 10);
	fflush(stdout);
	ck_assert_uint_le(cycles / (20 * 15), MANY_CYCLES_MAX);
}
END_TEST

/* The turn of the idle loop with one open process. */
START_TEST(idle_turn)
{
	unsigned cycles = lanai_mock_idle_cycles(mock);
	printf("turn of the idle loop, one open process: %u cycles\n", cycles);
	fflush(stdout);
	ck_assert_uint_le(cycles, IDLE_CYCLES_MAX);
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
	tcase_add_test(cases, bulk_send);
	tcase_add_test(cases, bulk_receive);
	tcase_add_test(cases, many_nodes);
	tcase_add_test(cases, idle_turn);
	Suite *suite = suite_create("firmware cycles");
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
