/* The host bus: dates of PIO words and DMA ends, turns, frames, bus aborts. Every date is checked on both sides. */
#include "tests/device/board.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { WRITE = NET_PIO_WRITE, READ = NET_PIO_READ, START = NET_DMA_START, BURST = NET_DMA_BURST };

static unsigned pio_done, dma_done_count;
static bool dma_ok;
static sim_time dma_date;
static struct hb_pio pio[4];

static void
on_pio(struct hb_pio *p)
{
	(void)p;
	pio_done++;
}

static void
on_dma(void *arg, bool ok)
{
	(void)arg;
	dma_done_count++;
	dma_ok = ok;
	dma_date = sim_now();
}

static void
set_up(void)
{
	board_set_up(NULL);
	pio_done = dma_done_count = 0;
}

static void
write_words(unsigned n, uint32_t offset, const uint32_t *words, unsigned count, bool publish)
{
	hb_pio_start(boards[0].bus, &pio[n], offset, words, count, publish, 0, on_pio);
}

static sim_time
burst_time(void)
{
	return NET_DMA_BURST_COST + sim_transfer_time(BURST, NET_DMA_RATE);
}

static sim_time
bursts(uint32_t bytes)
{
	uint32_t last = bytes % BURST;

	return bytes / BURST * burst_time() + (last ? NET_DMA_BURST_COST + sim_transfer_time(last, NET_DMA_RATE) : 0);
}

/* PIO. ------------------------------------------------------------------------------------- */

/* Seen by somebody who looks at each date, in whatever state the LANai is. */
START_TEST(words_arrive_at_their_dates)
{
	static const uint32_t words[] = {11, 12, 13, 14};

	set_up();
	if (_i == 1)
		fake_park(boards[0].core, 0x100, 4);
	if (_i == 2)
		lanai_stop(boards[0].core);
	write_words(0, 0x200, words, 4, false);
	for (unsigned i = 0; i < 4; i++) {
		board_run((i + 1) * (sim_time)WRITE - 1);
		ck_assert_uint_eq(nic_read(boards[0].nic, 0x200 + 4 * i), 0);
		board_run((i + 1) * (sim_time)WRITE);
		ck_assert_uint_eq(nic_read(boards[0].nic, 0x200 + 4 * i), words[i]);
		ck_assert_uint_eq(pio_done, i == 3);
	}
	ck_assert_uint_eq(lanai_sram(boards[0].core)[0x203], 11); /* big-endian */
	board_tear_down();
}
END_TEST

START_TEST(publish_writes_the_first_word_last)
{
	static const uint32_t words[] = {11, 12, 13};

	set_up();
	write_words(0, 0x200, words, 3, true);
	board_run(WRITE);
	ck_assert_uint_eq(nic_read(boards[0].nic, 0x204), 12);
	board_run(3 * WRITE - 1);
	ck_assert_uint_eq(nic_read(boards[0].nic, 0x208), 13);
	ck_assert_uint_eq(nic_read(boards[0].nic, 0x200), 0);
	board_run(3 * WRITE);
	ck_assert_uint_eq(nic_read(boards[0].nic, 0x200), 11);
	board_tear_down();
}
END_TEST

START_TEST(burst_to_a_parked_lanai_is_one_event)
{
	uint32_t words[34];

	set_up();
	for (unsigned i = 0; i < 34; i++)
		words[i] = i + 1;
	fake_park(boards[0].core, 0x200, 4); /* it polls the valid word */
	uint64_t before = calendar_fired();

	write_words(0, 0x200, words, 34, true);
	board_run(34 * WRITE - 1);
	ck_assert_int_eq(lanai_state(boards[0].core), LANAI_PARKED);
	board_run(34 * WRITE);
	ck_assert_int_eq(lanai_state(boards[0].core), LANAI_RUNNING);
	ck_assert_uint_eq(calendar_fired() - before, 1);
	for (unsigned i = 0; i < 34; i++)
		ck_assert_uint_eq(nic_read(boards[0].nic, 0x200 + 4 * i), i + 1);
	board_tear_down();
}
END_TEST

/* The LANai wakes in the middle: what is due has been written, the rest comes at its own dates. */
START_TEST(waking_settles_a_burst)
{
	uint32_t words[10];
	const uint8_t *sram;

	set_up();
	sram = lanai_sram(boards[0].core);
	for (unsigned i = 0; i < 10; i++)
		words[i] = i + 1;
	fake_park(boards[0].core, 0x100, 4);
	write_words(0, 0x200, words, 10, false);
	board_run(3 * WRITE + WRITE / 2);
	ck_assert_uint_eq(sram[0x203], 0); /* lazy: nobody looked */
	nic_write(boards[0].nic, NIC_WINDOW_CONTROL, NIC_CONTROL_WAKE, 0);
	ck_assert_int_eq(lanai_state(boards[0].core), LANAI_RUNNING);
	for (unsigned i = 0; i < 10; i++)
		ck_assert_uint_eq(sram[0x203 + 4 * i], i < 3 ? i + 1 : 0);
	for (unsigned i = 3; i < 10; i++) {
		board_run((i + 1) * (sim_time)WRITE - 1);
		ck_assert_uint_eq(sram[0x203 + 4 * i], 0);
		board_run((i + 1) * (sim_time)WRITE);
		ck_assert_uint_eq(sram[0x203 + 4 * i], i + 1);
	}
	ck_assert_uint_eq(pio_done, 1);
	board_tear_down();
}
END_TEST

START_TEST(read_takes_its_time)
{
	set_up();
	nic_write(boards[0].nic, 0x300, 77, 0);
	hb_pio_start(boards[0].bus, &pio[0], 0x300, NULL, 1, false, 0, on_pio);
	board_run(READ - 1);
	ck_assert_uint_eq(pio_done, 0);
	nic_write(boards[0].nic, 0x300, 78, 0); /* sampled at the end */
	board_run(READ);
	ck_assert_uint_eq(pio_done, 1);
	ck_assert_uint_eq(pio[0].value, 78);
	board_tear_down();
}
END_TEST

START_TEST(calls_take_turns)
{
	static const uint32_t words[] = {1, 2, 3};

	set_up();
	write_words(0, 0x200, words, 3, false);
	board_run(WRITE / 2);
	write_words(1, 0x300, words, 1, false);
	board_run(4 * WRITE - 1);
	ck_assert_uint_eq(nic_read(boards[0].nic, 0x300), 0);
	board_run(4 * WRITE);
	ck_assert_uint_eq(nic_read(boards[0].nic, 0x300), 1);
	ck_assert_uint_eq(pio_done, 2);
	ck_assert_uint_eq(hb_counts(boards[0].bus).pio_busy, 4 * WRITE);
	board_tear_down();
}
END_TEST

/* DMA. ------------------------------------------------------------------------------------- */

START_TEST(dma_is_start_and_bursts)
{
	static const uint32_t sizes[] = {4, 64, 68, 4096};
	uint32_t bytes = sizes[_i];
	sim_time end = START + bursts(bytes);

	set_up();
	hb_dma_start(boards[0].bus, 0, bytes, UINT64_MAX, on_dma, NULL);
	board_run(end - 1);
	ck_assert_uint_eq(dma_done_count, 0);
	ck_assert_uint_le(hb_dma_left(boards[0].bus), BURST);
	board_run(end);
	ck_assert_uint_eq(dma_done_count, 1);
	ck_assert(dma_ok);
	ck_assert_uint_eq(hb_dma_left(boards[0].bus), 0);
	board_tear_down();
}
END_TEST

START_TEST(dma_left_counts_bursts)
{
	set_up();
	hb_dma_start(boards[0].bus, 0, 4096, UINT64_MAX, on_dma, NULL);
	board_run(START + burst_time() - 1);
	ck_assert_uint_eq(hb_dma_left(boards[0].bus), 4096);
	board_run(START + burst_time());
	ck_assert_uint_eq(hb_dma_left(boards[0].bus), 4096 - BURST);
	board_run(START + 10 * burst_time());
	ck_assert_uint_eq(hb_dma_left(boards[0].bus), 4096 - 10 * BURST);
	board_tear_down();
}
END_TEST

START_TEST(pio_waits_for_the_burst_and_pushes_the_rest)
{
	static const uint32_t words[] = {1, 2};

	set_up();
	hb_dma_start(boards[0].bus, 0, 4096, UINT64_MAX, on_dma, NULL);
	board_run(START + 2 * burst_time() + 1000); /* in the third burst */
	write_words(0, 0x200, words, 2, false);
	sim_time turn = START + 3 * burst_time();

	board_run(turn + WRITE - 1);
	ck_assert_uint_eq(nic_read(boards[0].nic, 0x200), 0);
	board_run(turn + WRITE);
	ck_assert_uint_eq(nic_read(boards[0].nic, 0x200), 1);
	ck_assert_uint_eq(hb_dma_left(boards[0].bus), 4096 - 3 * BURST);
	board_run(turn + 2 * WRITE);
	write_words(1, 0x300, words, 1, false); /* at the very end of the first: the next burst goes before it */
	sim_time second = turn + 2 * WRITE + burst_time();

	board_run(second + WRITE - 1);
	ck_assert_uint_eq(nic_read(boards[0].nic, 0x300), 0);
	board_run(second + WRITE);
	ck_assert_uint_eq(nic_read(boards[0].nic, 0x300), 1);
	board_run(SIM_MS);
	ck_assert_uint_eq(dma_date, second + WRITE + bursts(4096 - 4 * BURST));
	board_tear_down();
}
END_TEST

START_TEST(pio_during_the_start_cost_is_free)
{
	static const uint32_t words[] = {1, 2};

	set_up();
	hb_dma_start(boards[0].bus, 0, 4096, UINT64_MAX, on_dma, NULL);
	write_words(0, 0x200, words, 2, false);
	board_run(2 * WRITE);
	ck_assert_uint_eq(pio_done, 1);
	board_run(START - WRITE);
	write_words(0, 0x200, words, 2, false); /* ends after the start cost: the first burst waits */
	board_run(SIM_MS);
	ck_assert_uint_eq(dma_date, START + WRITE + bursts(4096));
	board_tear_down();
}
END_TEST

START_TEST(pio_in_the_last_burst_does_not_matter)
{
	static const uint32_t words[] = {1};

	set_up();
	hb_dma_start(boards[0].bus, 0, 100, UINT64_MAX, on_dma, NULL);
	sim_time end = START + bursts(100);

	board_run(end - 1);
	write_words(0, 0x200, words, 1, false);
	board_run(SIM_MS);
	ck_assert_uint_eq(dma_date, end);
	ck_assert_uint_eq(hb_counts(boards[0].bus).pio_busy, WRITE);
	board_tear_down();
}
END_TEST

START_TEST(unmapped_frame_aborts)
{
	uint8_t bytes[64] = {1};

	set_up();
	hb_dma_start(boards[0].bus, 2 * HB_FRAME - 32, 64, UINT64_MAX, on_dma, NULL); /* ends in frame 2 */
	board_run(START + NET_DMA_BURST_COST);
	ck_assert_uint_eq(dma_done_count, 1);
	ck_assert(!dma_ok);
	ck_assert_uint_eq(hb_counts(boards[0].bus).bus_aborts, 1);
	ck_assert(!hb_dma_to_host(boards[0].bus, 2 * HB_FRAME - 32, bytes, 64));
	ck_assert(!hb_dma_from_host(boards[0].bus, UINT32_MAX - 31, bytes, 64));
	ck_assert_uint_eq(boards[0].pages[2 * HB_FRAME - 32], 0);
	ck_assert(hb_dma_to_host(boards[0].bus, HB_FRAME - 32, bytes, 64)); /* over the border of two mapped ones */
	ck_assert_uint_eq(boards[0].pages[HB_FRAME - 32], 1);
	board_tear_down();
}
END_TEST

/* Memory. ---------------------------------------------------------------------------------- */

static unsigned deposits;
static uint64_t deposit_at, deposit_bytes;

static void
on_deposit(struct umem_space *space, uint64_t address, uint64_t bytes)
{
	(void)space;
	deposits++;
	deposit_at = address;
	deposit_bytes = bytes;
}

START_TEST(deposits_are_announced_page_by_page)
{
	static uint8_t pages[2 * HB_FRAME];
	struct umem_space *space = (struct umem_space *)pages; /* handed on, never looked at */
	struct host_bus *bus;
	uint8_t bytes[100] = {0};
	int first, second;

	set_up();
	bus = boards[0].bus;
	first = hb_frame_alloc(bus, pages, space, 0);
	second = hb_frame_alloc(bus, pages + HB_FRAME, space, HB_FRAME);
	ck_assert_int_eq(second, first + 1);
	hb_frame_map(bus, (unsigned)first, true);
	hb_frame_map(bus, (unsigned)second, true);
	deposits = 0;
	hb_set_deposit_hook(bus, on_deposit);
	ck_assert(hb_dma_to_host(bus, 0, bytes, 4)); /* the kernel's: nobody is told */
	ck_assert_uint_eq(deposits, 0);
	ck_assert(hb_dma_to_host(bus, (uint32_t)second * HB_FRAME - 40, bytes, 100));
	ck_assert_uint_eq(deposits, 2);
	ck_assert_uint_eq(deposit_at, HB_FRAME);
	ck_assert_uint_eq(deposit_bytes, 60);
	board_tear_down();
}
END_TEST

START_TEST(frames_are_given_out_lowest_first)
{
	static uint8_t page[HB_FRAME];
	struct params params = {.memory_mb = 1, .dma_burst = 64, .dma_rate = 1};
	struct host_bus *bus = hb_new(0, &params);

	for (int i = 0; i < 256; i++)
		ck_assert_int_eq(hb_frame_alloc(bus, page, NULL, 0), i);
	ck_assert_int_eq(hb_frame_alloc(bus, page, NULL, 0), -1);
	hb_frame_free(bus, 9);
	hb_frame_free(bus, 3);
	ck_assert_int_eq(hb_frame_alloc(bus, page, NULL, 0), 3);
	ck_assert_int_eq(hb_frame_alloc(bus, page, NULL, 0), 9);
	ck_assert(!hb_frame_mapped(bus, 3));
	hb_frame_map(bus, 3, true);
	ck_assert(hb_frame_mapped(bus, 3));
	ck_assert(!hb_frame_mapped(bus, 100000));
	hb_free(bus);
}
END_TEST

static bool
forbid(void *arg, unsigned frame, uint32_t offset, uint32_t bytes)
{
	(void)arg, (void)offset, (void)bytes;
	return frame != 1;
}

START_TEST(oracle_fails_the_run)
{
	uint8_t bytes[8] = {0};

	set_up();
	hb_set_oracle(boards[0].bus, forbid, NULL);
	ck_assert(hb_dma_to_host(boards[0].bus, 0, bytes, 8));
	hb_dma_to_host(boards[0].bus, HB_FRAME, bytes, 8);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("host bus");
	TCase *tc = tcase_create("host bus");

	tcase_add_loop_test(tc, words_arrive_at_their_dates, 0, 3);
	tcase_add_test(tc, publish_writes_the_first_word_last);
	tcase_add_test(tc, burst_to_a_parked_lanai_is_one_event);
	tcase_add_test(tc, waking_settles_a_burst);
	tcase_add_test(tc, read_takes_its_time);
	tcase_add_test(tc, calls_take_turns);
	tcase_add_loop_test(tc, dma_is_start_and_bursts, 0, 4);
	tcase_add_test(tc, dma_left_counts_bursts);
	tcase_add_test(tc, pio_waits_for_the_burst_and_pushes_the_rest);
	tcase_add_test(tc, pio_during_the_start_cost_is_free);
	tcase_add_test(tc, pio_in_the_last_burst_does_not_matter);
	tcase_add_test(tc, unmapped_frame_aborts);
	tcase_add_test(tc, deposits_are_announced_page_by_page);
	tcase_add_test(tc, frames_are_given_out_lowest_first);
	tcase_add_exit_test(tc, oracle_fails_the_run, EXIT_FAILURE);
	suite_add_tcase(suite, tc);
	SRunner *runner = srunner_create(suite);

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
