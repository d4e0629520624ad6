#include "sockets/network.h"

#include "nic-sim/machine.h"

#define SHADOW_PORTS (UINT16_MAX - SHADOW_FIRST + 1)

const struct network *
network_of(const struct host *host)
{
	switch (host->firmware) {
	case HOST_VMMC:
		return &network_vmmc;
	case HOST_AM:
		return &network_am;
	default:
		return NULL;
	}
}

const struct network *
network_used(const struct process *p)
{
	return p->nic_queue || p->first->nic_queue ? network_of(p->host) : NULL;
}

uint16_t
shadow_port(uint16_t port)
{
	return (uint16_t)(SHADOW_FIRST + port % SHADOW_PORTS);
}
