#include "sockets/network.h"

#include "nic-sim/machine.h"

/* Behind what kernels choose by themselves (ports.h); no port is its own shadow. */
#define SHADOW_FIRST 61000u
#define SHADOW_PORTS (UINT16_MAX - SHADOW_FIRST + 1)

const struct network *
network_of(const struct host *host)
{
	return host->firmware == HOST_VMMC ? &network_vmmc : NULL;
}

uint16_t
shadow_port(uint16_t port)
{
	return (uint16_t)(SHADOW_FIRST + port % SHADOW_PORTS);
}
