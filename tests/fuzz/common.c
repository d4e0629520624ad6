#include "tests/fuzz/common.h"

#include <string.h>

enum { TURNS_MAX = 20000, WORDS = MOCK_PAGE / 4 };

uint32_t
rig_word(unsigned frame, unsigned word)
{
	return 0x9E3779B9u * (frame * WORDS + word + 1);
}

void
rig_fill(struct mock_nic *nic, unsigned frame)
{
	for (unsigned i = 0; i < WORDS; i++) {
		uint32_t raw = GUINT32_TO_BE(rig_word(frame, i));
		memcpy(nic->memory + frame * MOCK_PAGE + 4 * i, &raw, 4);
	}
}

void
rig_untouched(const struct mock_nic *nic, unsigned first, unsigned n)
{
	for (unsigned frame = first; frame < first + n; frame++)
		for (unsigned i = 0; i < WORDS; i++)
			if (host_word(nic, frame * MOCK_PAGE + 4 * i) != rig_word(frame, i))
				g_error("frame %u was written at %u", frame, 4 * i);
}

void
rig_run(struct mock_nic *nic, void (*sent)(const struct mock_packet *packet))
{
	unsigned turns = 0;

	for (unsigned quiet = 0; quiet < 4; quiet++) {
		mock_step(nic);
		struct mock_packet *packet = mock_finish_send(nic);
		if (packet && sent)
			sent(packet);
		if (mock_finish_dma(nic, false) || packet)
			quiet = 0;
		g_free(packet);
		if (++turns > TURNS_MAX)
			g_error("the firmware does not come to rest");
	}
}
