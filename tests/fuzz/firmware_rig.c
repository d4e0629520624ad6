#include "tests/fuzz/firmware_rig.h"

#include <stdlib.h>

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
		rig_fill(nic, frame);
	open_process(nic, HOSTILE);
	open_process(nic, VICTIM);
	return nic;
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
