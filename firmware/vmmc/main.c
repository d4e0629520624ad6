/* Start-up of the vmmc firmware on the LANai: the only file that loops. */
#include "firmware/vmmc/state.h"

ARCH_DEFINE_STATE(struct vmmc);

int main(void);

int
main(void)
{
	uint32_t accepted = vmmc_init();
	while (accepted)
		vmmc_step();
	for (;;)
		ARCH_BARRIER();
}
