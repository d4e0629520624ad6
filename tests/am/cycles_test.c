/* The cycle budgets of the am firmware, measured on the LANai build and printed: docs/active-messages.md has a table.
 */
#include "tests/am/mock_am.h"
#include "tests/firmware/lanai_mock.h"
#include "tests/hostlib/main.h"

#include <stdio.h>

#define TAG   5u
#define OTHER 7u
#define PEER  1u

static struct lanai_mock *mock;
static struct mock_nic *nic;
static uint32_t arrived, posted, sent_in_all;

static void
set_up(void)
{
	struct mock_am_options options = mock_am_defaults();
	mock = lanai_mock_new("firmware/images/am");
	nic = mock->nic;
	mock_am_control(nic, &options);
	lanai_mock_start(mock);
	mock_am_open(nic, 0, TAG);
	lanai_mock_run(mock);
	arrived = posted = sent_in_all = 0;
}

static void
tear_down(void)
{
	lanai_mock_free(mock);
}

/* arrive: a message of the endpoint's peer, that acknowledges all. */
static void
arrive(uint32_t kind, bool reply, uint32_t bytes)
{
	static uint8_t packet[LINK_DATA_HEADER + 24 + AM_DATA_MAX];
	uint32_t to = AM_TO(TAG, 0, 0), key = AM_KEY(OTHER, kind, reply, bytes);
	uint32_t length = host_packet(packet, PEER, arrived++, sent_in_all, to, key);
	ck_assert(mock_deliver(nic, packet, length, 0));
}

static void
post(uint32_t kind, bool reply, uint32_t bytes)
{
	uint32_t words[AM_SHORT_WORDS] = {1}, page = kind == AM_KIND_SHORT ? 0 : MOCK_AM_SOURCE / AM_PAGE;
	mock_am_post(nic, 0, posted++, AM_CONTROL(kind, reply, page, bytes), AM_TO(OTHER, PEER, 0), words,
	             G_N_ELEMENTS(words));
}

/* quiet: every engine finishes. */
static void
quiet(void)
{
	bool dma;
	struct mock_packet *sent;
	do {
		sent = mock_finish_send(nic);
		dma = mock_finish_dma(nic, false);
		lanai_mock_run(mock);
		sent_in_all += sent && (host_sent_word(sent, 0) >> 8 & 0xFF) == LINK_KIND_DATA;
		g_free(sent);
	} while (sent || dma);
}

/* What was asked is replied to, on both sides. */
static void
settle_sent(void)
{
	quiet();
	arrive(AM_KIND_SHORT, true, 4);
	lanai_mock_run(mock);
	quiet();
}

static void
settle_received(void)
{
	quiet();
	post(AM_KIND_SHORT, true, 4);
	lanai_mock_run(mock);
	quiet();
	uint8_t packet[LINK_HEADER];
	ck_assert(mock_deliver(nic, packet, host_ack(packet, LINK_KIND_ACK, PEER, sent_in_all), 0));
	lanai_mock_run(mock);
	quiet();
}

static void
post_short(void)
{
	post(AM_KIND_SHORT, false, 4);
}

static void
post_full_short(void)
{
	post(AM_KIND_SHORT, false, 4 * AM_SHORT_WORDS);
}

static void
post_medium(void)
{
	post(AM_KIND_MEDIUM, false, 4);
}

static void
medium_fetched(void)
{
	post_medium();
	lanai_mock_run(mock);
	ck_assert(mock_finish_dma(nic, false));
}

static void
short_arrives(void)
{
	arrive(AM_KIND_SHORT, false, 4);
}

static void
medium_arrives(void)
{
	arrive(AM_KIND_MEDIUM, false, 24 + 4);
}

static void
medium_data_delivered(void)
{
	medium_arrives();
	lanai_mock_run(mock);
	ck_assert(mock_finish_dma(nic, false));
}

static const struct {
	const char *what;
	uint32_t reg;
	void (*event)(void);
	void (*settle)(void);
	unsigned most; /* on average */
} paths[] = {
        {"short of one word, control word visible to SMLT written", LANAI_SMLT, post_short, settle_sent, 155},
        {"short of eight words, the same", LANAI_SMLT, post_full_short, settle_sent, 200},
        {"short of one word, RECV set to DMA_CTR written", LANAI_DMA_CTR, short_arrives, settle_received, 165},
        {"medium, control word visible to DMA_CTR written", LANAI_DMA_CTR, post_medium, settle_sent, 150},
        {"medium, data fetched to SMLT written", LANAI_SMLT, medium_fetched, settle_sent, 105},
        {"medium, RECV set to DMA_CTR written", LANAI_DMA_CTR, medium_arrives, settle_received, 180},
        {"medium, data delivered to the entry's DMA_CTR written", LANAI_DMA_CTR, medium_data_delivered, settle_received,
         45},
};

START_TEST(path)
{
	unsigned worst;
	unsigned mean = lanai_mock_over_phases(mock, paths[_i].reg, paths[_i].event, paths[_i].settle, &worst);
	printf("%s: %u cycles on average, %u at most\n", paths[_i].what, mean, worst);
	fflush(stdout);
	ck_assert_uint_le(mean, paths[_i].most);
	ck_assert_uint_eq(mock_am_counter(nic, AM_C_BAD_DESCRIPTOR), 0);
	ck_assert_uint_eq(mock_am_counter(nic, AM_C_DROP_CREDIT), 0);
}
END_TEST

#define MESSAGES      4u
#define BULK_SEND_MAX 1000u
#define BULK_TAKE_MAX 900u
#define IDLE_TURN_MAX 25u

/* finish_all: every engine, one after another; the cycles of the turns that that makes. */
static unsigned
finish_all(void)
{
	unsigned cycles = 0;
	for (;;) {
		bool dma = mock_finish_dma(nic, false);
		if (dma)
			cycles += lanai_mock_busy_cycles(mock);
		struct mock_packet *sent = mock_finish_send(nic);
		if (!dma && !sent)
			return cycles;
		if (sent)
			cycles += lanai_mock_busy_cycles(mock);
		sent_in_all += sent && (host_sent_word(sent, 0) >> 8 & 0xFF) == LINK_KIND_DATA;
		g_free(sent);
	}
}

/* All that either side does for a message of 4 KB and its reply, acknowledgements included. */
START_TEST(bulk)
{
	unsigned sender = 0, receiver = 0;
	for (unsigned i = 0; i < MESSAGES; i++) {
		post(AM_KIND_MEDIUM, false, AM_DATA_MAX);
		sender += lanai_mock_busy_cycles(mock) + finish_all();
		arrive(AM_KIND_SHORT, true, 4);
		sender += lanai_mock_busy_cycles(mock) + finish_all();
	}
	for (unsigned i = 0; i < MESSAGES; i++) {
		arrive(AM_KIND_MEDIUM, false, 24 + AM_DATA_MAX);
		receiver += lanai_mock_busy_cycles(mock) + finish_all();
		post(AM_KIND_SHORT, true, 4);
		receiver += lanai_mock_busy_cycles(mock) + finish_all();
	}
	printf("4 KB message and its reply: sender %u cycles, receiver %u\n", sender / MESSAGES, receiver / MESSAGES);
	fflush(stdout);
	ck_assert_uint_le(sender / MESSAGES, BULK_SEND_MAX);
	ck_assert_uint_le(receiver / MESSAGES, BULK_TAKE_MAX);
}
END_TEST

START_TEST(idle_turn)
{
	unsigned cycles = lanai_mock_idle_cycles(mock);
	printf("turn of the idle loop, one open endpoint: %u cycles\n", cycles);
	fflush(stdout);
	ck_assert_uint_le(cycles, IDLE_TURN_MAX);
}
END_TEST

static void
add_tests(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_loop_test(tc, path, 0, (int)G_N_ELEMENTS(paths));
	tcase_add_test(tc, bulk);
	tcase_add_test(tc, idle_turn);
}

int
main(void)
{
	return run_suite("am firmware cycles", add_tests);
}
