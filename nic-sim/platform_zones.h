/* Computers, NICs, channels and routes of a platform, as SimGrid has them once it has loaded the file (platform.h says
 * which zones there are).  platform_zones_read() fills hosts, params, has_nic, links and routes; false and *error (one
 * line, g_free it) if the zones do not go together. */
#ifndef NIC_SIM_PLATFORM_ZONES_H
#define NIC_SIM_PLATFORM_ZONES_H

#include "nic-sim/platform.h"

bool platform_zones_read(struct platform *p, const struct params *common, char **error);

#endif
