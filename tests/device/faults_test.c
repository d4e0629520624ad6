/* CRC-8 against packets that are really checked and recomputed switch by switch; the statistics of random faults. */
#include "nic-sim/crc8.h"
#include "nic-sim/fabric.h"
#include "nic-sim/faults.h"
#include "tests/device/board.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint64_t random_state = 1;

static uint32_t
random_below(uint32_t n)
{
	random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(random_state >> 33) % n;
}

START_TEST(crc8_check_value)
{
	ck_assert_uint_eq(crc8((const uint8_t *)"123456789", 9), 0xF4); /* CRC-8/SMBUS of the catalogues */
	ck_assert_uint_eq(crc8_of_bit(0), 0x01);
	ck_assert_uint_eq(crc8_of_bit(8), CRC8_POLYNOMIAL);
	ck_assert_uint_eq(crc8_of_bit(CRC8_ORDER), 0x01);
}
END_TEST

/* What hardware does: the sender appends the CRC; each switch computes the residue of what came in, takes the route
 * byte off and appends the CRC of the rest, changed by that residue. */
START_TEST(residue_is_the_sum_of_the_flips)
{
	for (unsigned round = 0; round < 500; round++) {
		uint8_t wire[80], residue = 0;
		unsigned hops = random_below(4), n = hops + 4 + random_below(60);

		for (unsigned i = 0; i < n; i++)
			wire[i] = (uint8_t)random_below(256);
		wire[n] = crc8(wire, n);
		for (unsigned hop = 0;; hop++) {
			unsigned bits = (n + 1) * 8;

			for (unsigned flips = random_below(4); flips > 0; flips--) {
				unsigned bit = random_below(bits);

				wire[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
				residue ^= crc8_of_bit(bits - 1 - bit);
			}
			if (hop == hops)
				break;
			uint8_t seen = crc8(wire, n) ^ wire[n];

			memmove(wire, wire + 1, n--);
			wire[n] = crc8(wire, n) ^ seen;
		}
		ck_assert_uint_eq(crc8(wire, n) ^ wire[n], residue);
	}
}
END_TEST

START_TEST(two_flips_127_bits_apart_are_not_seen)
{
	uint8_t wire[32] = {0};

	wire[0] ^= 0x80;
	wire[CRC8_ORDER / 8] ^= (uint8_t)(0x80 >> CRC8_ORDER % 8);
	ck_assert_uint_eq(crc8(wire, sizeof wire), 0);
	ck_assert_uint_eq(crc8_of_bit(255) ^ crc8_of_bit(255 - CRC8_ORDER), 0);
}
END_TEST

/* Statistics. ------------------------------------------------------------------------------ */

static uint64_t flips, sum;
static struct fault_counts counts;

static void
count_flip(void *arg, uint64_t bit)
{
	(void)arg;
	flips++;
	sum += bit;
}

static void
within(double got, double want, double sigma)
{
	ck_assert_msg(fabs(got - want) < 5 * sigma, "got %g, expected %g +- %g", got, want, sigma);
}

START_TEST(bit_errors_come_at_their_rate)
{
	static const double rates[] = {1e-2, 1e-4, 1e-6};
	enum { BITS = 32768, PACKETS = 20000 };
	double rate = rates[_i], n = (double)BITS * PACKETS;
	struct faults f;

	flips = sum = 0;
	faults_init(&f, 42, 3, &(struct fault_rates){.bit_error = rate});
	for (unsigned i = 0; i < PACKETS; i++)
		ck_assert(!faults_strike(&f, BITS / 8 - 1, count_flip, NULL, &counts).dropped);
	within((double)flips, n * rate, sqrt(n * rate));
	within((double)sum / (double)flips, BITS / 2.0, BITS / sqrt(12.0 * (double)flips));
}
END_TEST

START_TEST(packet_faults_come_at_their_rate)
{
	enum { PACKETS = 100000 };
	unsigned lost = 0;
	struct faults f;

	flips = 0;
	faults_init(&f, 42, 3, &(struct fault_rates){.corrupt = 0.01, .drop = 0.05});
	for (unsigned i = 0; i < PACKETS; i++)
		lost += faults_strike(&f, 99, count_flip, NULL, &counts).dropped;
	within((double)flips, PACKETS * 0.01, sqrt(PACKETS * 0.01));
	within(lost, PACKETS * 0.05, sqrt(PACKETS * 0.05));
}
END_TEST

START_TEST(channels_and_seeds_differ_and_repeat)
{
	struct faults a, b, c, d;

	faults_init(&a, 1, 0, &(struct fault_rates){.bit_error = 1e-3});
	faults_init(&b, 1, 0, &(struct fault_rates){.bit_error = 1e-3});
	faults_init(&c, 1, 1, &(struct fault_rates){.bit_error = 1e-3});
	faults_init(&d, 2, 0, &(struct fault_rates){.bit_error = 1e-3});
	ck_assert_uint_eq(a.bits_to_error, b.bits_to_error);
	ck_assert_uint_ne(a.state, c.state);
	ck_assert_uint_ne(a.state, d.state);
	faults_init(&a, 1, 0, &(struct fault_rates){0});
	ck_assert(!faults_possible(&a));
}
END_TEST

/* Through the fabric: one flip a packet, in the data or in the CRC byte. ------------------- */

static void
all_corrupt(struct params *params)
{
	params->corrupt_rate = 1;
}

START_TEST(fabric_residue_matches_the_data)
{
	enum { IN = 0x20000, WORDS = 8, PACKETS = 300 };
	unsigned in_crc = 0;

	board_set_up(all_corrupt);
	for (unsigned round = 0; round < PACKETS; round++) {
		uint8_t *got = lanai_sram(boards[1].core) + IN, pattern[4 * WORDS];
		uint8_t packet[1 + 4 * WORDS];

		fabric_route(board_fabric, 0, 1, packet, 1);
		for (unsigned i = 1; i < sizeof packet; i++)
			packet[i] = (uint8_t)random_below(256);
		fake_write(boards[1].core, LANAI_RMP, IN);
		fake_write(boards[1].core, LANAI_RML, IN + 4 * WORDS);
		ck_assert(fabric_send(board_fabric, 0, packet, sizeof packet, true, 0));
		board_run(sim_now() + 10 * SIM_US);
		ck_assert_uint_eq(nic_counts(boards[1].nic).packets_received, round + 1);
		unsigned wrong = 0;

		for (unsigned i = 0; i < 4 * WORDS; i++) {
			pattern[i] = got[i] ^ packet[1 + i];
			wrong += (unsigned)__builtin_popcount(pattern[i]);
		}
		uint8_t residue = got[4 * WORDS];

		ck_assert_uint_le(wrong, 1);
		in_crc += wrong == 0;
		if (wrong)
			ck_assert_uint_eq(residue, crc8(pattern, sizeof pattern));
		else
			ck_assert_int_eq(__builtin_popcount(residue), 1);
	}
	ck_assert_uint_eq(fabric_counts(board_fabric).corrupted, PACKETS);
	within(in_crc, PACKETS / (4.0 * WORDS + 1), sqrt(PACKETS / (4.0 * WORDS + 1)));
	board_tear_down();
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("faults");
	TCase *tc = tcase_create("faults");

	tcase_add_test(tc, crc8_check_value);
	tcase_add_test(tc, residue_is_the_sum_of_the_flips);
	tcase_add_test(tc, two_flips_127_bits_apart_are_not_seen);
	tcase_add_loop_test(tc, bit_errors_come_at_their_rate, 0, 3);
	tcase_add_test(tc, packet_faults_come_at_their_rate);
	tcase_add_test(tc, channels_and_seeds_differ_and_repeat);
	tcase_add_test(tc, fabric_residue_matches_the_data);
	suite_add_tcase(suite, tc);
	SRunner *runner = srunner_create(suite);

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
