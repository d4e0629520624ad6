/* What every firmware's start needs: code and tables into SRAM.  All this happens before the experiment, or is charged
 * in one sum by the caller: it costs no simulated time. */
#ifndef HOST_LIB_LANAI_BOOT_H
#define HOST_LIB_LANAI_BOOT_H

#include "nic-sim/image.h"
#include "nic-sim/machine.h"

/* Both: false and *error (one line, g_free it) if it cannot be. */
bool lanai_install(struct host *host, const struct lanai_image *image, char **error);
/* lanai_routes: struct link_node (firmware/link/wire.h) for every other node, at SRAM address `at`. */
bool lanai_routes(struct host *host, uint32_t at, const char *firmware, char **error);

/* lanai_control: the words of struct link_control, at SRAM address `at`, as the platform has them (vmmc.*). */
void lanai_control(struct host *host, uint32_t at, uint32_t magic, uint32_t version, uint32_t incarnation);

void lanai_put(struct nic *nic, uint32_t at, uint32_t word);
/* lanai_ticks: of the LANai's clock, at least one. */
uint32_t lanai_ticks(sim_time t);

#endif
