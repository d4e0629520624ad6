/* Every kind of fault of packets, links and NICs hits what it says, seen as firmware and driver see it: ISR, RMP, the
 * residue word, SRAM. */
#include "nic-sim/crc8.h"
#include "nic-sim/faults_timed.h"
#include "tests/device/board.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { OUT = 0x10000, IN = 0x20000, BUFFER = 0x1000, WORDS = 20, BYTES = 4 * WORDS, INTO_1 = 3, FROM_0 = 0 };

static const struct params *wanted; /* of the running test */

static void
wr(unsigned node, uint32_t offset, uint32_t value)
{
	fake_write(boards[node].core, offset, value);
}

static uint32_t
rd(unsigned node, uint32_t offset)
{
	return fake_read(boards[node].core, offset);
}

static void
take_wanted(struct params *params)
{
	params->truncate_rate = wanted->truncate_rate;
	params->lost_tail_rate = wanted->lost_tail_rate;
	params->duplicate_rate = wanted->duplicate_rate;
	params->drop_rate = wanted->drop_rate;
	params->fault_seed = wanted->fault_seed;
}

static void
set_up(const struct params *params)
{
	wanted = params;
	board_set_up(params ? take_wanted : NULL);
}

static void
arm(uint32_t bytes)
{
	memset(lanai_sram(boards[1].core) + IN, 0xEE, BUFFER);
	wr(1, LANAI_RMP, IN);
	wr(1, LANAI_RML, IN + bytes - 4);
}

/* send: `bytes` bytes mark, mark + 1, ... from node 0 to node 1. */
static void
send(uint32_t bytes, uint8_t mark)
{
	uint8_t packet[1 + BUFFER];

	fabric_route(board_fabric, 0, 1, packet, 1);
	for (uint32_t i = 0; i < bytes; i++)
		packet[1 + i] = (uint8_t)(mark + i);
	ck_assert(fabric_send(board_fabric, 0, packet, 1 + bytes, true, 0));
}

static void
run_for(sim_time t)
{
	board_run(sim_now() + t);
}

static void
send_and_wait(uint32_t bytes, uint8_t mark)
{
	send(bytes, mark);
	run_for(100 * SIM_US);
}

static uint32_t
isr_and_clear(unsigned node)
{
	uint32_t isr = rd(node, LANAI_ISR);

	wr(node, LANAI_ISR, isr & ~(uint32_t)LANAI_ISR_HOST_SIG);
	return isr & ~(uint32_t)LANAI_ISR_SEND_RDY;
}

static uint32_t
received_bytes(void)
{
	uint32_t isr = rd(1, LANAI_ISR), odd = isr / LANAI_ISR_ORUN1 % 4, words = rd(1, LANAI_RMP) - 4 - IN;

	return odd ? words - 4 + odd : words;
}

static uint8_t
residue(void)
{
	return lanai_sram(boards[1].core)[rd(1, LANAI_RMP) - 4];
}

static void
data_is(uint32_t at, uint32_t bytes, uint8_t mark)
{
	for (uint32_t i = 0; i < bytes; i++)
		ck_assert_uint_eq(lanai_sram(boards[1].core)[IN + at + i], (uint8_t)(mark + i));
}

static void
balance(void)
{
	struct fabric_counts c = fabric_counts(board_fabric);

	ck_assert_uint_eq(c.packets, c.delivered + c.dropped + c.bad_route + c.timeouts);
}

/* Truncation. ------------------------------------------------------------------------------ */

START_TEST(truncated_packets_are_short_and_keep_their_crc)
{
	unsigned wrong = 0;

	set_up(&(struct params){.truncate_rate = 1, .fault_seed = 1});
	for (unsigned i = 0; i < 100; i++) {
		uint8_t whole[BYTES];

		arm(BUFFER);
		send_and_wait(BYTES, (uint8_t)i);
		ck_assert(rd(1, LANAI_ISR) & LANAI_ISR_RECV);
		uint32_t kept = received_bytes();

		ck_assert_uint_lt(kept, BYTES);
		ck_assert_uint_eq(kept % 4, 0);
		data_is(0, kept, (uint8_t)i);
		for (uint32_t k = 0; k < BYTES; k++)
			whole[k] = (uint8_t)(i + k);
		ck_assert_uint_eq(residue(), crc8(whole, kept) ^ crc8(whole, BYTES));
		wrong += residue() != 0;
		isr_and_clear(1);
	}
	ck_assert_uint_gt(wrong, 90); /* CRC-8 overlooks one in 256 */
	ck_assert_uint_eq(fabric_faults(board_fabric).truncated, 100);
	ck_assert_uint_eq(fabric_counts(board_fabric).corrupted, wrong);
	balance();
	board_tear_down();
}
END_TEST

/* Duplicates. ------------------------------------------------------------------------------ */

START_TEST(duplicates_come_right_behind)
{
	set_up(&(struct params){.duplicate_rate = 1, .fault_seed = 1});
	arm(BUFFER);
	send(BYTES, 1);
	run_for(10 * SIM_US);
	send(BYTES, 101); /* comes to the door behind the first one's duplicate */
	for (unsigned i = 0; i < 4; i++) {
		run_for(10 * SIM_US);
		ck_assert_uint_eq(received_bytes(), BYTES);
		ck_assert_uint_eq(residue(), 0);
		data_is(0, BYTES, i < 2 ? 1 : 101);
		ck_assert(isr_and_clear(1) & LANAI_ISR_RECV);
		arm(BUFFER);
	}
	run_for(SIM_MS);
	ck_assert_uint_eq(isr_and_clear(1), 0);
	ck_assert_uint_eq(fabric_faults(board_fabric).duplicated, 2);
	ck_assert_uint_eq(nic_counts(boards[1].nic).packets_received, 4);
	ck_assert_uint_eq(nic_counts(boards[0].nic).packets_sent, 2);
	balance();
	board_tear_down();
}
END_TEST

/* Lost tails. ------------------------------------------------------------------------------ */

/* first_loses: a seed with which the first packet into node 1 loses its tail and the second does not. */
static uint64_t
first_loses(void)
{
	for (uint64_t seed = 1;; seed++) {
		struct fault_counts counts = {0};
		struct faults f;

		faults_init(&f, seed, INTO_1, &(struct fault_rates){.lost_tail = 0.5});
		bool first = faults_strike(&f, BYTES, NULL, NULL, &counts).tail_lost;

		if (first && !faults_strike(&f, BYTES, NULL, NULL, &counts).tail_lost)
			return seed;
	}
}

static void
set_up_first_loses(void)
{
	const struct params params = {.lost_tail_rate = 0.5, .fault_seed = first_loses()};

	set_up(&params);
}

START_TEST(two_packets_merge_and_crc_does_not_see_it)
{
	uint8_t first[BYTES];

	set_up_first_loses();
	arm(BUFFER);
	send_and_wait(BYTES, 1);
	ck_assert_uint_eq(isr_and_clear(1), 0);
	ck_assert_uint_eq(rd(1, LANAI_RMP), IN + BYTES); /* all in, and the CRC byte, of a word that is not full */
	send_and_wait(BYTES, 101);
	ck_assert(rd(1, LANAI_ISR) & LANAI_ISR_RECV);
	ck_assert_uint_eq(received_bytes(), BYTES + 1 + BYTES);
	data_is(0, BYTES, 1);
	data_is(BYTES + 1, BYTES, 101);
	for (uint32_t i = 0; i < BYTES; i++)
		first[i] = (uint8_t)(1 + i);
	ck_assert_uint_eq(lanai_sram(boards[1].core)[IN + BYTES], crc8(first, BYTES));
	ck_assert_uint_eq(residue(), 0);
	ck_assert_uint_eq(fabric_faults(board_fabric).tails_lost, 1);
	ck_assert_uint_eq(fabric_counts(board_fabric).delivered, 1);
	balance();
	board_tear_down();
}
END_TEST

/* Whatever room the buffer has: the same bytes, and nothing behind the buffer. */
START_TEST(merged_packets_fill_buffers_of_any_size)
{
	enum { TOTAL = BYTES + 1 + BYTES };
	uint8_t got[TOTAL + 3];
	uint32_t room = 8 + 4 * (uint32_t)_i, n = 0;

	set_up_first_loses();
	arm(room);
	send(BYTES, 1);
	for (bool last = false, second = false; !last;) {
		run_for(10 * SIM_US);
		uint32_t isr = isr_and_clear(1), end = rd(1, LANAI_RMP), bytes = end - IN;

		if (!second && !(isr & (LANAI_ISR_RECV | LANAI_ISR_BUFF))) {
			send(BYTES, 101);
			second = true;
			continue;
		}
		ck_assert(isr & (LANAI_ISR_RECV | LANAI_ISR_BUFF));
		ck_assert_uint_le(bytes, room);
		for (uint32_t i = room; i < room + 64; i++)
			ck_assert_uint_eq(lanai_sram(boards[1].core)[IN + i], 0xEE);
		last = isr & LANAI_ISR_RECV;
		bytes -= last ? 4 : 0;
		ck_assert_uint_le(n + bytes, sizeof got);
		memcpy(got + n, lanai_sram(boards[1].core) + IN, bytes);
		n += bytes;
		if (!last)
			arm(room);
	}
	ck_assert_uint_eq(n, (TOTAL + 3) / 4 * 4);
	for (uint32_t i = 0; i < BYTES; i++) {
		ck_assert_uint_eq(got[i], (uint8_t)(1 + i));
		ck_assert_uint_eq(got[BYTES + 1 + i], (uint8_t)(101 + i));
	}
	balance();
	board_tear_down();
}
END_TEST

START_TEST(nothing_follows_a_lost_tail_but_a_network_reset)
{
	set_up(&(struct params){.lost_tail_rate = 1, .fault_seed = 1});
	wr(1, LANAI_TIMEOUT, 0);
	arm(BUFFER);
	send(BYTES, 1);
	run_for(SIM_S / 16);
	ck_assert_uint_eq(isr_and_clear(1), 0);
	run_for(100 * SIM_US);
	ck_assert_uint_eq(isr_and_clear(1), LANAI_ISR_NRES);
	ck_assert_uint_eq(isr_and_clear(0), LANAI_ISR_SEND); /* the sender knows nothing */
	ck_assert_uint_eq(fabric_counts(board_fabric).timeouts, 1);
	balance();
	arm(BUFFER); /* and can be armed again */
	ck_assert_uint_eq(nic_counts(boards[1].nic).mistakes, 0);
	board_tear_down();
}
END_TEST

START_TEST(a_chain_of_lost_tails_overruns_the_buffer)
{
	set_up(&(struct params){.lost_tail_rate = 1, .fault_seed = 1});
	arm(256);
	for (unsigned i = 0; i < 4; i++)
		send_and_wait(BYTES, 1);
	ck_assert_uint_eq(isr_and_clear(1), LANAI_ISR_BUFF);
	nic_write(boards[1].nic, NIC_WINDOW_CONTROL, NIC_CONTROL_RESET_ON, 0);
	run_for(SIM_MS);
	balance();
	board_tear_down();
}
END_TEST

/* Links. ----------------------------------------------------------------------------------- */

START_TEST(a_dead_link_swallows_packets)
{
	set_up(NULL);
	arm(BUFFER);
	ck_assert_uint_eq(rd(1, LANAI_LINK), 1);
	fabric_set_link(board_fabric, INTO_1, false);
	ck_assert_uint_eq(rd(1, LANAI_LINK), 0);
	ck_assert_uint_eq(isr_and_clear(1), LANAI_ISR_LINK);
	ck_assert_uint_eq(rd(0, LANAI_LINK), 1);
	send_and_wait(BYTES, 1);
	ck_assert_uint_eq(isr_and_clear(0), LANAI_ISR_SEND);
	ck_assert_uint_eq(isr_and_clear(1), 0);
	nic_write(boards[1].nic, NIC_WINDOW_CONTROL, NIC_CONTROL_RESET_ON, 0);
	ck_assert_uint_eq(rd(1, LANAI_LINK), 0); /* a reset does not mend a cable */
	arm(BUFFER);
	fabric_set_link(board_fabric, INTO_1, true);
	ck_assert_uint_eq(isr_and_clear(1), LANAI_ISR_LINK);
	send_and_wait(BYTES, 50);
	ck_assert_uint_eq(received_bytes(), BYTES);
	data_is(0, BYTES, 50);
	ck_assert_uint_eq(fabric_faults(board_fabric).packets_cut, 1);
	balance();
	board_tear_down();
}
END_TEST

/* One packet, and the cable of node _i's NIC dies after each of many times: the receiver gets all, a beginning with a
 * wrong residue, or nothing; the sender is free again; the next packet is whole. */
START_TEST(a_link_dies_at_any_time)
{
	unsigned whole = 0, cut = 0, none = 0;
	unsigned channel = _i ? INTO_1 : FROM_0;

	for (sim_time at = 0; at < 1000 * SIM_NS; at += 7 * SIM_NS) {
		set_up(NULL);
		arm(BUFFER);
		send(BYTES, 1);
		run_for(at);
		fabric_set_link(board_fabric, channel, false);
		run_for(10 * SIM_US);
		fabric_set_link(board_fabric, channel, true);
		uint32_t isr = rd(1, LANAI_ISR);

		if (!(isr & LANAI_ISR_RECV)) {
			none++;
		} else {
			ck_assert_uint_le(received_bytes(), BYTES);
			data_is(0, received_bytes(), 1);
			*(residue() ? &cut : &whole) += 1;
			ck_assert(residue() || received_bytes() == BYTES);
			isr_and_clear(1);
			arm(BUFFER);
		}
		ck_assert(rd(0, LANAI_ISR) & LANAI_ISR_SEND_RDY);
		send_and_wait(BYTES, 77);
		ck_assert_uint_eq(received_bytes(), BYTES);
		data_is(0, BYTES, 77);
		ck_assert_uint_eq(residue(), 0);
		balance();
		board_tear_down();
	}
	ck_assert_uint_gt(whole, 5);
	ck_assert_uint_gt(cut, 5);
	ck_assert_uint_gt(none, 5);
}
END_TEST

/* A packet that filled a first buffer and waits for a second one: the rest is empty, and wrong. */
START_TEST(a_link_dies_between_two_buffers)
{
	set_up(NULL);
	arm(40);
	send(BYTES, 1);
	run_for(100 * SIM_US);
	ck_assert_uint_eq(isr_and_clear(1), LANAI_ISR_BUFF);
	fabric_set_link(board_fabric, FROM_0, false);
	fabric_set_link(board_fabric, INTO_1, false);
	run_for(100 * SIM_US);
	arm(BUFFER);
	run_for(100 * SIM_US);
	ck_assert_uint_eq(isr_and_clear(1), LANAI_ISR_RECV | LANAI_ISR_TAIL | LANAI_ISR_LINK);
	ck_assert_uint_eq(rd(1, LANAI_RMP), IN + 4);
	ck_assert_uint_ne(residue(), 0);
	ck_assert_uint_eq(nic_counts(boards[1].nic).bytes_received, 40);
	balance();
	board_tear_down();
}
END_TEST

/* A packet that its sender began and not ended. */
START_TEST(a_link_dies_under_an_open_packet)
{
	uint8_t packet[8] = {0};

	set_up(NULL);
	arm(BUFFER);
	fabric_route(board_fabric, 0, 1, packet, 1);
	ck_assert(fabric_send(board_fabric, 0, packet, sizeof packet, false, 0));
	run_for(10 * SIM_US);
	fabric_set_link(board_fabric, FROM_0, false);
	run_for(10 * SIM_US);
	fabric_set_link(board_fabric, FROM_0, true);
	ck_assert(fabric_send(board_fabric, 0, packet, sizeof packet, true, 0));
	run_for(10 * SIM_US);
	ck_assert(!fabric_sending(board_fabric, 0));
	ck_assert_uint_eq(nic_counts(boards[1].nic).packets_received, 0);
	send_and_wait(BYTES, 1);
	data_is(0, BYTES, 1);
	balance();
	board_tear_down();
}
END_TEST

/* NICs. ------------------------------------------------------------------------------------ */

static unsigned notices;

static void
on_reset(void *arg)
{
	ck_assert_ptr_eq(arg, &notices);
	ck_assert(!(nic_read(boards[1].nic, NIC_WINDOW_CONTROL) & NIC_CONTROL_RESET_OFF));
	notices++;
}

START_TEST(a_reset_is_told_and_leaves_sram_or_scrambles_it)
{
	uint8_t *sram;

	set_up(NULL);
	sram = lanai_sram(boards[1].core);
	nic_attach_reset(boards[1].nic, on_reset, &notices);
	notices = 0;
	wr(1, LANAI_EIMR, LANAI_ISR_WAKE);
	memset(sram, 0x5A, 4096);
	arm(BUFFER);
	nic_break(boards[1].nic, false, 1);
	ck_assert_uint_eq(notices, 1);
	ck_assert_uint_eq(rd(1, LANAI_EIMR), 0);
	ck_assert_uint_eq(sram[100], 0x5A);
	nic_break(boards[1].nic, true, 7);
	uint8_t first[64];

	memcpy(first, sram, sizeof first);
	nic_break(boards[1].nic, true, 8);
	ck_assert(memcmp(first, sram, sizeof first) != 0);
	nic_break(boards[1].nic, true, 7);
	ck_assert(memcmp(first, sram, sizeof first) == 0);
	ck_assert_uint_eq(notices, 4);
	nic_write(boards[1].nic, NIC_WINDOW_CONTROL, NIC_CONTROL_RESET_OFF, 0); /* no firmware any more */
	ck_assert_uint_eq(nic_counts(boards[1].nic).mistakes, 1);
	board_tear_down();
}
END_TEST

/* Part of a packet that is partly in: the sender's reset ends it in a buffer that has no room for a residue. */
START_TEST(a_sender_resets_at_any_time)
{
	for (sim_time at = 0; at < 1000 * SIM_NS; at += 3 * SIM_NS) {
		set_up(NULL);
		arm(40);
		send(BYTES, 1);
		run_for(at);
		nic_break(boards[0].nic, false, 1);
		run_for(10 * SIM_US);
		for (uint32_t i = 40; i < 100; i++)
			ck_assert_uint_eq(lanai_sram(boards[1].core)[IN + i], 0xEE);
		if (rd(1, LANAI_ISR) & LANAI_ISR_BUFF) {
			isr_and_clear(1);
			arm(BUFFER);
			run_for(10 * SIM_US);
			ck_assert(rd(1, LANAI_ISR) & LANAI_ISR_RECV);
		}
		balance();
		board_tear_down();
	}
}
END_TEST

START_TEST(a_hung_lanai_does_not_stop_its_engines)
{
	set_up(NULL);
	arm(BUFFER);
	nic_hang(boards[1].nic, true);
	ck_assert(fake_hung(boards[1].core));
	send_and_wait(BYTES, 1);
	ck_assert(rd(1, LANAI_ISR) & LANAI_ISR_RECV);
	nic_hang(boards[1].nic, false);
	ck_assert(!fake_hung(boards[1].core));
	board_tear_down();
}
END_TEST

START_TEST(a_slow_host_moves_data_slowly)
{
	sim_time took[2];

	for (unsigned i = 0; i < 2; i++) {
		set_up(NULL);
		hb_slow(boards[0].bus, i ? 4000 : 1000);
		wr(0, LANAI_LAR, OUT);
		wr(0, LANAI_DMA_DIR, 1);
		wr(0, LANAI_DMA_CTR, 4096);
		hb_slow(boards[0].bus, 1000); /* the transfer keeps the pace that it began with */
		ck_assert_uint_eq(rd(0, LANAI_DMA_CTR), 4096);
		while (!(rd(0, LANAI_ISR) & LANAI_ISR_DMA))
			ck_assert(calendar_step(SIM_S));
		took[i] = sim_now();
		board_tear_down();
	}
	ck_assert_uint_ge(took[1], 4 * took[0] - 64 * 1000);
	ck_assert_uint_le(took[1], 4 * took[0] + 64 * 1000); /* rounding of 64 bursts */
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("packet faults");
	TCase *tc = tcase_create("packet faults");

	tcase_add_test(tc, truncated_packets_are_short_and_keep_their_crc);
	tcase_add_test(tc, duplicates_come_right_behind);
	tcase_add_test(tc, two_packets_merge_and_crc_does_not_see_it);
	tcase_add_loop_test(tc, merged_packets_fill_buffers_of_any_size, 0, 45);
	tcase_add_test(tc, nothing_follows_a_lost_tail_but_a_network_reset);
	tcase_add_test(tc, a_chain_of_lost_tails_overruns_the_buffer);
	tcase_add_test(tc, a_dead_link_swallows_packets);
	tcase_add_loop_test(tc, a_link_dies_at_any_time, 0, 2);
	tcase_add_test(tc, a_link_dies_between_two_buffers);
	tcase_add_test(tc, a_link_dies_under_an_open_packet);
	tcase_add_test(tc, a_reset_is_told_and_leaves_sram_or_scrambles_it);
	tcase_add_test(tc, a_sender_resets_at_any_time);
	tcase_add_test(tc, a_hung_lanai_does_not_stop_its_engines);
	tcase_add_test(tc, a_slow_host_moves_data_slowly);
	suite_add_tcase(suite, tc);
	SRunner *runner = srunner_create(suite);

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
