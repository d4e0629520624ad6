/* The smallest firmware: the lamp changes twice a second.  A template for your own:
 *
 *   firmware/lanai-cc -c my.c -o my.o
 *
 * It needs no contract with the host.  It waits for the interval timer by its ISR bit and counts nothing while it
 * waits, so that the simulator skips its idle loop (nic-sim/lanai_core.h). */
#include "arch.h"

#define HALF_PERIOD_TICKS (500000000u / LANAI_TICK_NS)

int main(void);

int
main(void)
{
	reg_write(LANAI_IT, HALF_PERIOD_TICKS);
	for (;;) {
		if (!(reg_read(LANAI_ISR) & LANAI_ISR_TIME))
			continue;
		reg_write(LANAI_IT, HALF_PERIOD_TICKS);
		reg_write(LANAI_ISR, LANAI_ISR_TIME);
		reg_write(LANAI_LED, reg_read(LANAI_LED) ^ 1);
	}
}
