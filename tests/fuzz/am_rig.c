#include "tests/fuzz/am_rig.h"

#include <stdlib.h>

struct mock_nic *
am_rig_new(void)
{
	struct mock_nic *nic = mock_new();
	struct mock_am_options options = mock_am_defaults();

	options.give_up = 100000;
	mock_am_control(nic, &options);
	mock_select(nic);
	if (!am_init())
		abort();
	for (unsigned frame = 0; frame < MOCK_FRAMES; frame++)
		rig_fill(nic, frame);
	for (unsigned e = 0; e < AM_RIG_OPEN; e++)
		mock_am_open(nic, e, AM_RIG_TAG(e));
	rig_run(nic, NULL);
	return nic;
}

static unsigned
count_of(uint32_t tally, unsigned bit, unsigned bits_n)
{
	return tally >> bit & ((1u << bits_n) - 1);
}

static unsigned
check_tally(uint32_t tally)
{
	unsigned out = count_of(tally, 0, TALLY_BITS), owed = count_of(tally, TALLY_OWED_BIT, TALLY_BITS);
	unsigned stale = count_of(tally, TALLY_STALE_BIT, TALLY_BITS);
	unsigned lost = count_of(tally, TALLY_LOST_BIT, TALLY_BITS);

	if (out > AM_CREDITS || owed > AM_CREDITS || stale > AM_CREDITS || lost > AM_CREDITS || (owed && stale))
		g_error("a tally of %#x", tally);
	return lost + count_of(tally, TALLY_RETURN_BIT, TALLY_RETURN_BITS);
}

void
am_rig_check(const struct mock_nic *nic)
{
	unsigned returning = 0;

	for (uint32_t at = AM_TALLIES; at < AM_TALLIES + AM_ENDPOINTS * TALLY_PORT_BYTES; at += 4)
		returning += check_tally(mock_sram(nic, at));
	if (returning != nic->state.returning)
		g_error("%u requests to be returned, %u counted", returning, nic->state.returning);
}

void
am_rig_end(struct mock_nic *nic, void (*sent)(const struct mock_packet *packet))
{
	uint32_t synced;

	rig_run(nic, sent);
	am_rig_check(nic);
	if (!nic->armed)
		g_error("no receive buffer is armed");
	for (unsigned e = 0; e < AM_RIG_OPEN; e++) {
		synced = mock_sram(nic, AM_CTRL + (uint32_t)offsetof(struct am_ctrl, synced));
		mock_am_close(nic, e);
		rig_run(nic, sent);
		if (mock_sram(nic, AM_CTRL + (uint32_t)offsetof(struct am_ctrl, synced)) != synced + 1)
			g_error("the driver's signal is not counted");
	}
	am_rig_check(nic);
	mock_free(nic);
}
