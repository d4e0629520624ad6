/* The test's hand on a LANai that has no processor: fake_write() and fake_read() are its loads and stores to registers.
 */
#ifndef TESTS_DEVICE_FAKE_CORE_H
#define TESTS_DEVICE_FAKE_CORE_H

#include "nic-sim/lanai_core.h"

void fake_write(struct lanai_core *core, uint32_t offset, uint32_t value);
uint32_t fake_read(struct lanai_core *core, uint32_t offset);
bool fake_exists(struct lanai_core *core, uint32_t offset, bool *steady);
/* fake_park: idle; reads [watched, watched + length) of SRAM and ISR in its loop. */
void fake_park(struct lanai_core *core, uint32_t watched, uint32_t length);
void fake_set_code(struct lanai_core *core, uint32_t end);
bool fake_hung(const struct lanai_core *core);
uint32_t fake_load(const struct lanai_core *core);
unsigned fake_reg_touches(const struct lanai_core *core);

#endif
