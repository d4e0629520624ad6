/* An area: the memory of one end of a connection that its peer deposits into (sockets/vmmc/wire.h), exported under a
 * name.
 *
 * Made and unmade by tasks of the owning process; costs what allocating, pinning and exporting cost. */
#ifndef SOCKETS_AREA_H
#define SOCKETS_AREA_H

#include "host-lib/vmmc.h"

struct area {
	struct vmmc *v;
	struct umem_space *memory;
	uint64_t address; /* 0: there is none */
	uint32_t ring_bytes, name;
	struct vmmc_export *export;
};

/* area_make: false if memory or the NIC's tables are exhausted. */
bool area_make(struct area *a, struct vmmc *v, struct umem_space *memory, uint32_t ring_bytes);
/* area_unmake: from its return on nothing is deposited there. No effect on one that does not exist. */
void area_unmake(struct area *a);

#endif
