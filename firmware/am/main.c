/* Start-up of the am firmware on the LANai: the only file that loops. */
#include "firmware/am/step.h"

ARCH_DEFINE_STATE(struct am);
ARCH_STACK_TOP(0xA000);
_Static_assert(AM_CODE_LIMIT == 0xA000, "the stack ends where the shared part of SRAM begins");

int main(void);

int
main(void)
{
	uint32_t accepted = am_init();
	while (accepted)
		am_step();
	for (;;)
		ARCH_BARRIER();
}
