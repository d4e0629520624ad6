/* Start-up of the raw firmware on the LANai: the only file that loops. */
#include "firmware/raw/step.h"

ARCH_DEFINE_STATE(struct raw);
ARCH_STACK_TOP(0x4000);
_Static_assert(RAW_CODE_LIMIT == 0x4000, "the stack ends where the shared part of SRAM begins");

int main(void);

int
main(void)
{
	uint32_t accepted = raw_init();
	while (accepted)
		raw_step();
	for (;;)
		ARCH_BARRIER();
}
