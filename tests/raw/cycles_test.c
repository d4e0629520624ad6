/* The cycle budgets of the raw firmware, measured on the LANai build and printed: firmware/README.md has a table. */
#include "tests/firmware/lanai_mock.h"
#include "tests/hostlib/main.h"
#include "tests/raw/mock_raw.h"

#include <stdio.h>

#define PEER          1u
#define IDLE_TURN_MAX 15u
#define SEND_MAX      295u /* of a datagram, all turns together */
#define RECEIVE_MAX   265u

static struct lanai_mock *mock;
static struct mock_nic *nic;
static uint32_t posted, arrived;

static void
set_up(void)
{
	struct mock_raw_options options = mock_raw_defaults();
	mock = lanai_mock_new("firmware/images/raw");
	nic = mock->nic;
	mock_raw_control(nic, &options);
	lanai_mock_start(mock);
	posted = arrived = 0;
}

static void
tear_down(void)
{
	lanai_mock_free(mock);
}

static void
settle(void)
{
	bool dma;
	struct mock_packet *sent;
	do {
		sent = mock_finish_send(nic);
		dma = mock_finish_dma(nic, false);
		lanai_mock_run(mock);
		g_free(sent);
	} while (sent || dma);
}

static void
post(void)
{
	mock_raw_post(nic, posted++, PEER, RAW_MTU);
}

static void
fetched(void)
{
	post();
	lanai_mock_run(mock);
	ck_assert(mock_finish_dma(nic, false));
}

static void
arrive(void)
{
	static uint8_t packet[MOCK_RAW_HEADER + RAW_MTU];
	mock_raw_give(nic, ++arrived + MOCK_RAW_SLOTS - 1);
	ck_assert(mock_deliver(nic, packet, mock_raw_packet(packet, PEER, RAW_MTU), 0));
}

static const struct {
	const char *what;
	uint32_t reg;
	void (*event)(void);
	unsigned most; /* on average */
} paths[] = {
        {"control word visible to DMA_CTR written", LANAI_DMA_CTR, post, 70},
        {"data fetched to SMLT written", LANAI_SMLT, fetched, 70},
        {"RECV set to DMA_CTR written", LANAI_DMA_CTR, arrive, 112},
};

START_TEST(path)
{
	unsigned worst;
	unsigned mean = lanai_mock_over_phases(mock, paths[_i].reg, paths[_i].event, settle, &worst);
	printf("%s: %u cycles on average, %u at most\n", paths[_i].what, mean, worst);
	fflush(stdout);
	ck_assert_uint_le(mean, paths[_i].most);
	ck_assert_uint_eq(mock_raw_counter(nic, RAW_C_DROP_NO_BUFFER), 0);
}
END_TEST

/* finish_all: every engine, one after another; the cycles of the turns that that makes. */
static unsigned
finish_all(void)
{
	unsigned cycles = lanai_mock_busy_cycles(mock);
	for (;;) {
		bool dma = mock_finish_dma(nic, false);
		struct mock_packet *sent = dma ? NULL : mock_finish_send(nic);
		if (!dma && !sent)
			return cycles;
		cycles += lanai_mock_busy_cycles(mock);
		g_free(sent);
	}
}

START_TEST(whole_datagram)
{
	post();
	unsigned sender = finish_all();
	arrive();
	unsigned receiver = finish_all();
	printf("a datagram: sender %u cycles, receiver %u\n", sender, receiver);
	fflush(stdout);
	ck_assert_uint_le(sender, SEND_MAX);
	ck_assert_uint_le(receiver, RECEIVE_MAX);
}
END_TEST

START_TEST(idle_turn)
{
	unsigned cycles = lanai_mock_idle_cycles(mock);
	printf("turn of the idle loop: %u cycles\n", cycles);
	fflush(stdout);
	ck_assert_uint_le(cycles, IDLE_TURN_MAX);
}
END_TEST

static void
add_cases(TCase *cases)
{
	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_loop_test(cases, path, 0, (int)G_N_ELEMENTS(paths));
	tcase_add_test(cases, whole_datagram);
	tcase_add_test(cases, idle_turn);
}

int
main(void)
{
	return run_suite("raw firmware cycles", add_cases);
}
