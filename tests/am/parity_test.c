/* The native and the LANai build of the am firmware do the same (tests/firmware/parity.h). */
#include "tests/am/mock_am.h"
#include "tests/firmware/parity.h"
#include "tests/hostlib/main.h"

#include <string.h>

#define ROUNDS    6000u
#define NODES     4u
#define ENDPOINTS 3u
#define GIVE_UP   20000u

static uint32_t posted[ENDPOINTS];
static uint32_t tags; /* given so far */
static struct mock_am_options options;

static void
control(struct mock_nic *nic)
{
	mock_am_control(nic, &options);
}

static const struct mock_nic *
native(void)
{
	return parity_nics[PARITY_NATIVE];
}

/* often: `usual`, or now and then anything. */
static uint32_t
often(uint32_t usual, uint32_t anything)
{
	return parity_dice(12) ? usual : parity_dice(anything);
}

static uint32_t
own_tag(uint32_t e)
{
	return mock_am_row(native(), e, offsetof(struct am_endpoint, tag));
}

/* Others' endpoints have tag 7; one of them is asked most, so that its credits run out. */
static uint32_t
random_to(void)
{
	return often(AM_TO(7, parity_dice(NODES), parity_dice(4) ? 0 : parity_dice(AM_ENDPOINTS)), 0x7FFFFFFF);
}

static uint32_t
random_control(void)
{
	static const uint32_t lengths[] = {4, 8, 12, 32, 36, 0, 6, 100, 4000, AM_DATA_MAX, AM_DATA_MAX + 4};
	uint32_t bytes = lengths[parity_dice(G_N_ELEMENTS(lengths))];
	uint32_t kind =
	        bytes > 4 * AM_SHORT_WORDS || parity_dice(4) == 0 ? AM_KIND_MEDIUM + parity_dice(2) : AM_KIND_SHORT;
	uint32_t page = kind == AM_KIND_SHORT ? 0 : MOCK_AM_SOURCE / AM_PAGE + parity_dice(MOCK_AM_SOURCES);
	return AM_CONTROL(often(kind, 16), parity_dice(2), often(page, 0x800), bytes);
}

static void
post(void)
{
	uint32_t e = parity_dice(ENDPOINTS), word[AM_SHORT_WORDS];
	uint32_t to = random_to(), first = random_control();
	for (uint32_t i = 0; i < AM_SHORT_WORDS; i++)
		word[i] = parity_dice(0x7FFFFFFF);
	if (mock_sram(native(), mock_am_slot(e, posted[e])))
		return;
	PARITY_EACH (nic)
		mock_am_post(nic, e, posted[e], first, to, word, G_N_ELEMENTS(word));
	posted[e]++;
}

static void
reopen(uint32_t e, bool close)
{
	bool open = mock_am_row(native(), e, offsetof(struct am_endpoint, open));
	if (open != close)
		return;
	tags++;
	PARITY_EACH (nic) {
		if (close)
			mock_am_close(nic, e);
		else
			mock_am_open(nic, e, tags);
	}
	posted[e] = 0;
	parity_signalled();
}

static void
arm(uint32_t e)
{
	PARITY_EACH (nic)
		mock_set_sram(nic, AM_CTRL + (uint32_t)offsetof(struct am_ctrl, armed) + 4 * e, 1);
}

static void
drive(void)
{
	uint32_t what = parity_dice(8), node = parity_dice(NODES);
	if (what == 0) {
		reopen(parity_dice(ENDPOINTS), parity_dice(3) == 0);
	} else if (what < 4) {
		arm(parity_dice(AM_ENDPOINTS));
	} else if (parity_peer(node)->state == LINK_DOWN) {
		PARITY_EACH (nic)
			mock_am_peer_up(nic, node);
		parity_signalled();
	}
}

static uint32_t
packet(uint8_t *data, uint32_t *residue)
{
	uint32_t source = parity_dice(NODES), e = parity_dice(ENDPOINTS);
	uint32_t kind = parity_dice(4),
	         bytes = kind > AM_KIND_SHORT ? 24 + 4 * parity_dice(80) : 4 + 4 * parity_dice(8);
	uint32_t to = AM_TO(often(own_tag(e), 0x10000), parity_dice(3) ? 0 : parity_dice(AM_ENDPOINTS), e);
	uint32_t key = AM_KEY(7, kind, parity_dice(2), often(bytes, LINK_LENGTH(UINT32_MAX)));
	uint32_t length =
	        host_packet(data, source, parity_sequence(source), parity_ack(source), often(to, 0x7FFFFFFF), key);
	uint32_t offset = GUINT32_TO_BE(often(4 * parity_dice(MOCK_AM_BULKS * 1024), 0x7FFFFFFF));
	if (kind == AM_KIND_BULK)
		memcpy(data + LINK_DATA_HEADER + 4 * AM_BULK_WORD, &offset, sizeof offset);
	return parity_control(data, source, length, residue);
}

static const struct parity_program program = {"firmware/images/am", control, post, drive, packet};

/* Reliable, without, and after a restart of the NIC: all links must be made first. */
START_TEST(same_script_same_actions)
{
	options = mock_am_defaults();
	options.n_nodes = NODES;
	options.first_sequence = 0xFFF8;
	options.give_up = _i % 2 ? GIVE_UP : 0;
	options.reliable = _i != 4;
	options.incarnation = _i >= 5 ? (uint32_t)_i : 0;
	parity_start(&program, 9000u + (uint32_t)_i);
	for (uint32_t e = 0; e < ENDPOINTS; e++)
		PARITY_EACH (nic)
			mock_am_open(nic, e, e + 1);
	tags = ENDPOINTS;
	parity_signalled();
	parity_rounds(&program, ROUNDS);
	ck_assert_uint_gt(mock_am_counter(native(), AM_C_DELIVERED), ROUNDS / 60);
	ck_assert_uint_gt(mock_am_counter(native(), AM_C_SHORTS), ROUNDS / 100);
	ck_assert_uint_gt(mock_am_counter(native(), AM_C_LONGS), ROUNDS / 200);
	ck_assert_uint_gt(mock_am_counter(native(), AM_C_RETURNS), ROUNDS / 200);
	ck_assert_uint_gt(mock_am_counter(native(), AM_C_WAKES), 0);
	ck_assert(!options.give_up || options.incarnation || mock_am_counter(native(), AM_C_UNREACHABLE) > 0);
}
END_TEST

static void
add_tests(TCase *tc)
{
	tcase_add_checked_fixture(tc, NULL, parity_end);
	tcase_add_loop_test(tc, same_script_same_actions, 0, 7);
}

int
main(void)
{
	return run_suite("am firmware parity", add_tests);
}
