/* Setting up a core's time; what the engines need every day (lanai_date, lanai_window, lanai_admit) is in
 * lanai_state.h. */
#ifndef NIC_SIM_LANAI_TIME_H
#define NIC_SIM_LANAI_TIME_H

#include "nic-sim/lanai_state.h"

void lanai_set_rate(struct lanai_core *core, uint64_t hz);
/* lanai_set_anchor: `pos` becomes the position from which dates near it are computed in 64 bits. */
void lanai_set_anchor(struct lanai_core *core, uint64_t pos);
/* lanai_costs_at: while DMA engines take `load` / 65536 accesses a clock. */
const struct lanai_costs *lanai_costs_at(struct lanai_core *core, uint32_t load);

#endif
