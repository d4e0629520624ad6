/* Packets from the wire (common.h has the steps): whatever comes, am delivers only to rings, data pages and bulk parts
 * of open endpoints, and goes on working. */
#include "tests/fuzz/am_rig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mock_nic *nic = am_rig_new();
	GPtrArray *packets = wire_steps(nic, data, size, AM_TO(AM_RIG_TAG(VICTIM), 1, VICTIM));

	am_rig_check(nic);
	rig_untouched(nic, 0, 1);
	for (unsigned e = 0; e < AM_RIG_OPEN; e++)
		rig_untouched(nic, AM_RIG_SOURCE(e), MOCK_AM_SOURCES);
	rig_untouched(nic, AM_RIG_NOBODY, AM_RIG_NOBODYS);
	am_rig_end(nic, NULL);
	g_ptr_array_free(packets, TRUE);
	return 0;
}
