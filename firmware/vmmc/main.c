/* Start-up of the vmmc firmware on the LANai: the only file that loops. */
#include "firmware/vmmc/step.h"

ARCH_DEFINE_STATE(struct vmmc);
ARCH_STACK_TOP(0xCD40);
_Static_assert(VMMC_CODE_LIMIT == 0xCD40, "the stack ends where the shared part of SRAM begins");

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
