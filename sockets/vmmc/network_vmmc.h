/* VMMC as a fast network: what its set-up knows of it beside struct network.
 *
 * A greeting is the name of an end's area and the bytes of its data ring. */
#ifndef SOCKETS_NETWORK_VMMC_H
#define SOCKETS_NETWORK_VMMC_H

#include "sockets/network.h"
#include "sockets/vmmc/area.h"

#define NETWORK_VMMC_GREETING_BYTES 8

/* network_vmmc_area: one more for who will connect to `d`; false if memory or the NIC's tables are exhausted. */
bool network_vmmc_area(const struct description *d, struct area *area);
/* network_vmmc_begin: as network.begin, over an area that is there already; the link takes it. */
void network_vmmc_begin(struct description *d, const struct area *area, struct greeting *own);
/* network_vmmc_take_area: the link of `d`, over which nothing has come, gives it back. */
void network_vmmc_take_area(struct description *d, struct area *area);

#endif
