#include "host-lib/lanai_boot.h"

#include "firmware/link/wire.h"

#include <glib.h>
#include <stddef.h>

void
lanai_put(struct nic *nic, uint32_t at, uint32_t word)
{
	nic_write(nic, NIC_WINDOW_SRAM + at, word, 0);
}

uint32_t
lanai_ticks(sim_time t)
{
	sim_time tick = LANAI_TICK_NS * SIM_NS;

	return (uint32_t)MAX((t + tick - 1) / tick, 1);
}

bool
lanai_install(struct host *host, const struct lanai_image *image, char **error)
{
	const char *why;

	if (nic_load(host->nic, image, &why))
		return true;
	*error = g_strdup_printf("the firmware cannot be loaded: %s", why);
	return false;
}

void
lanai_control(struct host *host, uint32_t at, uint32_t magic, uint32_t version, uint32_t incarnation)
{
	const struct params *p = host->params;
	const uint32_t words[] = {magic,
	                          version,
	                          host->node,
	                          host->machine->n_hosts,
	                          (uint32_t)p->window,
	                          (uint32_t)p->ack_every,
	                          lanai_ticks(p->ack_delay),
	                          lanai_ticks(p->retransmit),
	                          (uint32_t)p->first_sequence,
	                          p->give_up ? lanai_ticks(p->give_up) : 0,
	                          (uint32_t)p->reliable,
	                          incarnation};
	_Static_assert(sizeof words == sizeof(struct link_control), "its words");

	for (unsigned i = 0; i < G_N_ELEMENTS(words); i++)
		lanai_put(host->nic, at + 4 * i, words[i]);
}

static bool
write_route(struct host *host, unsigned node, uint32_t row, const char *firmware, char **error)
{
	uint32_t word[2] = {0, 0};
	uint8_t route[LINK_MAX_HOPS + 1];
	unsigned n = fabric_route(host->machine->fabric, host->node, node, route, sizeof route);

	if (n > LINK_MAX_HOPS) {
		*error = g_strdup_printf("the route from node %u to node %u has more than the %u switches that the %s "
		                         "firmware can name",
		                         host->node, node, LINK_MAX_HOPS, firmware);
		return false;
	}
	for (unsigned i = 0; i < n; i++) {
		unsigned at = LINK_MAX_HOPS - n + i;
		word[at / 4] |= (uint32_t)route[i] << (24 - at % 4 * 8);
	}
	lanai_put(host->nic, row + (uint32_t)offsetof(struct link_node, route_bytes), n);
	lanai_put(host->nic, row + (uint32_t)offsetof(struct link_node, route), word[0]);
	lanai_put(host->nic, row + (uint32_t)offsetof(struct link_node, route) + 4, word[1]);
	return true;
}

bool
lanai_routes(struct host *host, uint32_t at, const char *firmware, char **error)
{
	for (unsigned node = 0; node < host->machine->n_hosts; node++) {
		uint32_t row = at + node * (uint32_t)sizeof(struct link_node);
		if (node != host->node && !write_route(host, node, row, firmware, error))
			return false;
	}
	return true;
}
