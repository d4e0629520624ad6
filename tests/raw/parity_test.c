/* The native and the LANai build of the raw firmware do the same (tests/firmware/parity.h). */
#include "tests/firmware/parity.h"
#include "tests/hostlib/main.h"
#include "tests/raw/mock_raw.h"

#define ROUNDS 6000u
#define NODES  4u

static uint32_t posted, given;
static struct mock_raw_options options;

static void
control(struct mock_nic *nic)
{
	mock_raw_control(nic, &options);
}

static const struct mock_nic *
native(void)
{
	return parity_nics[PARITY_NATIVE];
}

bool
parity_quiet(void)
{
	return true;
}

static uint32_t
random_length(void)
{
	static const uint32_t lengths[] = {1, 2, 4, 63, 1500, RAW_MTU - 1, RAW_MTU};
	return parity_dice(16) ? lengths[parity_dice(G_N_ELEMENTS(lengths))] : parity_dice(1u << 14);
}

static void
post(void)
{
	uint32_t node = parity_dice(NODES + 1), bytes = random_length();
	if (posted - mock_raw_ctrl(native(), offsetof(struct raw_ctrl, sent)) >= RAW_SENDS)
		return;
	PARITY_EACH (nic)
		mock_raw_post(nic, posted, node, bytes);
	posted++;
}

/* drive: the host gives slots back. */
static void
drive(void)
{
	uint32_t taken = mock_raw_counter(native(), RAW_C_RECEIVED);
	given += parity_dice(taken + MOCK_RAW_SLOTS - given + 1);
	PARITY_EACH (nic)
		mock_raw_give(nic, given);
}

static uint32_t
make_packet(uint8_t *packet, uint32_t *residue)
{
	uint32_t bytes = random_length(), source = parity_dice(20) ? parity_dice(NODES) : parity_dice(256);
	uint32_t length = mock_raw_packet(packet, source, MIN(bytes, RAW_MTU));
	*residue = parity_dice(12) ? 0 : 1 + parity_dice(255);
	return parity_dice(16) ? length : 1 + parity_dice(MOCK_PACKET_MAX - 1);
}

static const struct parity_program program = {"firmware/images/raw", control, post, drive, make_packet};

START_TEST(same_script_same_actions)
{
	options = mock_raw_defaults();
	options.n_nodes = NODES;
	options.coalesce_count = 1 + (uint32_t)_i;
	options.coalesce_ticks = 40 * (uint32_t)_i;
	posted = 0;
	given = MOCK_RAW_SLOTS;
	parity_start(&program, 5000u + (uint32_t)_i);
	parity_rounds(&program, ROUNDS);
	ck_assert_uint_gt(mock_raw_counter(native(), RAW_C_SENT), ROUNDS / 20);
	ck_assert_uint_gt(mock_raw_counter(native(), RAW_C_RECEIVED), ROUNDS / 20);
	for (unsigned which = 0; which < RAW_N_COUNTERS; which++)
		ck_assert_msg(mock_raw_counter(native(), (enum raw_counter)which) > 0, "counter %u", which);
}
END_TEST

static void
add_cases(TCase *cases)
{
	tcase_add_checked_fixture(cases, NULL, parity_end);
	tcase_add_loop_test(cases, same_script_same_actions, 0, 4);
}

int
main(void)
{
	return run_suite("raw firmware parity", add_cases);
}
