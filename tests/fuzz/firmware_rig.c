#include "tests/fuzz/firmware_rig.h"

#include <stdlib.h>
#include <string.h>

enum { TURNS_MAX = 20000, WORDS = VMMC_PAGE / 4 };

uint32_t
rig_word(unsigned frame, unsigned word)
{
	return 0x9E3779B9u * (frame * WORDS + word + 1);
}

static void
fill(struct mock_nic *nic, unsigned frame)
{
	for (unsigned i = 0; i < WORDS; i++) {
		uint32_t raw = GUINT32_TO_BE(rig_word(frame, i));
		memcpy(nic->memory + frame * VMMC_PAGE + 4 * i, &raw, 4);
	}
}

void
rig_untouched(const struct mock_nic *nic, unsigned first, unsigned n)
{
	for (unsigned frame = first; frame < first + n; frame++)
		for (unsigned i = 0; i < WORDS; i++)
			if (host_word(nic, frame * VMMC_PAGE + 4 * i) != rig_word(frame, i))
				g_error("frame %u was written at %u", frame, 4 * i);
}

static void
open_process(struct mock_nic *nic, unsigned p)
{
	host_open(nic, p, RIG_STATUS(p) * VMMC_PAGE);
	for (unsigned i = 0; i < RIG_PAGES; i++)
		host_source(nic, p, OWN_PAGE + i, RIG_OWN(p) + i);
	for (unsigned i = 0; i < RIG_EXPORTS; i++) {
		host_export_by(nic, p, RIG_EXPORTED(p) + i, RIG_TAG(p), VMMC_IN_WRITE | VMMC_IN_NOTIFY);
		host_source(nic, p, EXPORT_PAGE + i, RIG_EXPORTED(p) + i);
		host_import(nic, p, i, 1, RIG_PEER(p) + i, p == HOSTILE ? PEER_TAG : VICTIM_PEER_TAG);
	}
	mock_step(nic);
}

struct mock_nic *
rig_new(void)
{
	struct mock_nic *nic = mock_new();
	struct host_options options = host_defaults();

	options.give_up = 100000;
	options.cache_prefetch = 4;
	if (!host_start(nic, &options))
		abort();
	for (unsigned frame = RIG_EXPORTED(HOSTILE); frame < HOST_TABLES; frame++)
		fill(nic, frame);
	open_process(nic, HOSTILE);
	open_process(nic, VICTIM);
	return nic;
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

void
rig_end(struct mock_nic *nic, void (*sent)(const struct mock_packet *packet))
{
	rig_run(nic, sent);
	if (!nic->armed)
		g_error("no receive buffer is armed");
	for (unsigned p = HOSTILE; p <= VICTIM; p++) {
		host_close(nic, p);
		rig_run(nic, sent);
		if (host_proc(nic, p, offsetof(struct vmmc_proc, polled)))
			g_error("process %u is closed, and still polled", p);
	}
	mock_free(nic);
}
