/* What parity tests of programs with the reliable link share: numbers that fit, control packets, the driver's signals.
 */
#include "tests/firmware/parity.h"

#include <string.h>

static uint32_t signals; /* that the driver has given */

void
parity_signalled(void)
{
	signals++;
}

bool
parity_quiet(void)
{
	uint32_t synced = MOCK_CTRL + (uint32_t)offsetof(struct mock_ctrl, synced);
	return mock_sram(parity_nics[PARITY_NATIVE], synced) == signals;
}

const struct peer *
parity_peer(uint32_t node)
{
	return &parity_nics[PARITY_NATIVE]->state.peers[node];
}

uint32_t
parity_sequence(uint32_t source)
{
	uint32_t expected = parity_peer(source)->expected;
	return (parity_dice(6) ? expected : expected + parity_dice(5) - 2) & 0xFFFF;
}

uint32_t
parity_ack(uint32_t source)
{
	return parity_dice(6) ? parity_peer(source)->next_sequence >> 16 : parity_dice(0x10000);
}

uint32_t
parity_control(uint8_t *packet, uint32_t source, uint32_t bytes, uint32_t *residue)
{
	const struct peer *peer = parity_peer(source);
	uint32_t kind = parity_dice(20) ? parity_dice(4) : parity_dice(8);
	bool making = peer->state != LINK_UP && parity_dice(4);
	if (making)
		kind = LINK_KIND_SYN + parity_dice(2);
	uint32_t type = GUINT32_TO_BE(PROGRAM_TYPE << 16 | kind << 8 | source);
	*residue = parity_dice(12) ? 0 : 1 + parity_dice(255);
	if (making || parity_dice(3) == 0) {
		uint32_t session = GUINT32_TO_BE(source << 16 | peer->mine);
		if (kind >= LINK_KIND_SYN)
			memcpy(packet + sizeof(type), &session, sizeof(session));
		memcpy(packet, &type, sizeof(type));
		bytes = LINK_HEADER;
	}
	return parity_dice(16) ? bytes : 1 + parity_dice(MOCK_PACKET_MAX - 1);
}
