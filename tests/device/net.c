#include "tests/device/net.h"

#include "nic-sim/sim_time.h"

#include <glib.h>

static const struct params defaults = {.memory_mb = 8,
                                       .pio_write = NET_PIO_WRITE,
                                       .pio_read = NET_PIO_READ,
                                       .dma_start = NET_DMA_START,
                                       .dma_rate = NET_DMA_RATE,
                                       .dma_burst = NET_DMA_BURST,
                                       .dma_burst_cost = NET_DMA_BURST_COST,
                                       .lanai_mhz = 33,
                                       .sram_kb = 256,
                                       .sram_accesses = 2,
                                       .sram_cpu_floor = 0.25,
                                       .switch_delay = NET_SWITCH,
                                       .slack = NET_SLACK,
                                       .fault_seed = 1};

static struct platform *
net_new(unsigned nodes)
{
	struct platform *p = g_new0(struct platform, 1);

	p->path = g_strdup("net.xml");
	p->name = g_strdup("net");
	p->n_nodes = nodes;
	p->hosts = g_new0(char *, nodes + 1);
	p->has_nic = g_new(bool, nodes);
	p->params = g_new(struct params, nodes);
	p->routes = g_new0(struct platform_route, nodes * nodes);
	for (unsigned i = 0; i < nodes; i++) {
		p->hosts[i] = g_strdup_printf("pc-%u", i);
		p->has_nic[i] = true;
		p->params[i] = defaults;
	}
	return p;
}

static unsigned
add_link(struct platform *p, char *name)
{
	p->links = g_renew(struct platform_link, p->links, p->n_links + 1);
	p->links[p->n_links] = (struct platform_link){name, NET_RATE, NET_CABLE};
	return p->n_links++;
}

static void
add_hop(struct platform *p, unsigned from, unsigned to, unsigned link)
{
	struct platform_route *route = &p->routes[from * p->n_nodes + to];

	route->links = g_renew(unsigned, route->links, route->n_links + 1);
	route->links[route->n_links++] = link;
}

/* Links: 2i and 2i + 1 are node i's way up and down; then the trunks, right and left. */
static void
add_cables(struct platform *p, unsigned trunks, const char *back)
{
	for (unsigned i = 0; i < p->n_nodes; i++) {
		add_link(p, g_strdup_printf("node%u_UP", i));
		add_link(p, g_strdup_printf("node%u_DOWN", i));
	}
	for (unsigned i = 0; i < trunks; i++) {
		add_link(p, g_strdup_printf("trunk%u_UP", i));
		if (back)
			add_link(p, g_strdup_printf("trunk%u_%s", i, back));
	}
}

struct platform *
net_line(unsigned switches, unsigned per_switch)
{
	struct platform *p = net_new(switches * per_switch);

	add_cables(p, switches - 1, "DOWN");
	for (unsigned from = 0; from < p->n_nodes; from++)
		for (unsigned to = 0; to < p->n_nodes; to++) {
			unsigned at = from / per_switch, end = to / per_switch;

			if (from == to)
				continue;
			add_hop(p, from, to, 2 * from);
			for (; at < end; at++)
				add_hop(p, from, to, 2 * p->n_nodes + 2 * at);
			for (; at > end; at--)
				add_hop(p, from, to, 2 * p->n_nodes + 2 * (at - 1) + 1);
			add_hop(p, from, to, 2 * to + 1);
		}
	return p;
}

struct platform *
net_ring(void)
{
	const unsigned n = 3;
	struct platform *p = net_new(n);

	add_cables(p, n, NULL);
	for (unsigned from = 0; from < n; from++)
		for (unsigned to = 0; to < n; to++) {
			if (from == to)
				continue;
			add_hop(p, from, to, 2 * from);
			for (unsigned at = from; at != to; at = (at + 1) % n)
				add_hop(p, from, to, 2 * n + at);
			add_hop(p, from, to, 2 * to + 1);
		}
	return p;
}

void
net_free(struct platform *p)
{
	for (unsigned i = 0; i < p->n_links; i++)
		g_free(p->links[i].name);
	for (unsigned i = 0; i < p->n_nodes * p->n_nodes; i++)
		g_free(p->routes[i].links);
	g_strfreev(p->hosts);
	g_free(p->has_nic);
	g_free(p->links);
	g_free(p->routes);
	g_free(p->params);
	g_free(p->path);
	g_free(p->name);
	g_free(p);
}
