/* Packets from the wire (common.h has the steps): whatever comes, the firmware deposits only in exported pages (or
 * posted ones), and goes on working. */
#include "tests/fuzz/firmware_rig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
post(struct mock_nic *nic)
{
	uint32_t data[2] = {(OWN_PAGE << VMMC_PAGE_SHIFT) + 8, 77};

	host_post(nic, HOSTILE, 0, VMMC_CONTROL(VMMC_OP_POST, 0, 6000), (EXPORT_PAGE << VMMC_PAGE_SHIFT) + 100, data,
	          2);
	rig_run(nic, NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mock_nic *nic = rig_new();
	GPtrArray *packets;

	post(nic);
	packets = wire_steps(nic, data, size, RIG_EXPORTED(HOSTILE) * VMMC_PAGE);
	rig_untouched(nic, RIG_OWN(VICTIM), RIG_PAGES);
	rig_untouched(nic, RIG_NOBODY, RIG_NOBODYS);
	rig_untouched(nic, RIG_OWN(HOSTILE) + 2, RIG_PAGES - 2);
	rig_end(nic, NULL);
	g_ptr_array_free(packets, TRUE);
	return 0;
}
