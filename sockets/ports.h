/* Addresses and ports of a host. */
#ifndef SOCKETS_PORTS_H
#define SOCKETS_PORTS_H

#include "sockets/description.h"

#define PORT_FIRST 32768 /* that the kernel chooses by itself, lowest first, as Linux' ip_local_port_range */
#define PORT_LAST  60999

/* The address of node i is HOST_NETWORK + i + 1. */
#define HOST_NETWORK 0x0A000000u

uint32_t host_ip(const struct host *host);
/* host_node: the node with this address; -EHOSTUNREACH if there is none in the network, -ENETUNREACH for another
 * network and for this host itself, which the fast network does not reach. */
int host_node(const struct host *host, uint32_t ip);

/* port_bind: to d->local; port 0: any. -EADDRINUSE, -EADDRNOTAVAIL. */
int port_bind(struct description *d, struct address wanted);
bool port_is_bound(const struct kernel *k, uint16_t port); /* by any description of this host */
/* port_listener: who listens on this port; NULL: nobody. */
struct description *port_listener(const struct kernel *k, uint16_t port);

/* address_get: from the caller's structure: -EFAULT, -EINVAL, -EAFNOSUPPORT. */
int address_get(struct address *a, const struct sockaddr *from, socklen_t length);
/* address_put: to the caller's structure, as much as fits; -EFAULT, -EINVAL. */
int address_put(const struct address *a, struct sockaddr *to, socklen_t *length);

#endif
