#include "nic-sim/machine.h"

#include "nic-sim/engine.h"

#include <glib.h>

static void
print_report(void *arg)
{
	const struct machine *m = arg;

	for (unsigned i = 0; i < m->n_hosts; i++) {
		cpu_report(m->hosts[i].cpus, stderr);
		if (m->hosts[i].nic)
			nic_report(m->hosts[i].nic, stderr);
	}
	fabric_report(m->fabric, stderr);
}

/* Injected faults. ------------------------------------------------------------------------------------------------- */

static void
set_link(void *arg, unsigned channel, bool up)
{
	fabric_set_link(((struct machine *)arg)->fabric, channel, up);
}

static void
hang_nic(void *arg, unsigned node, bool on)
{
	nic_hang(((struct machine *)arg)->hosts[node].nic, on);
}

static void
break_nic(void *arg, unsigned node, bool scramble, uint64_t seed)
{
	nic_break(((struct machine *)arg)->hosts[node].nic, scramble, seed);
}

static void
slow_host(void *arg, unsigned node, uint32_t factor)
{
	const struct host *host = &((struct machine *)arg)->hosts[node];

	cpu_slow(host->cpus, factor);
	hb_slow(host->bus, factor);
}

static void
schedule_faults(struct machine *m)
{
	const struct platform *p = m->platform;
	const struct fault_hooks hooks = {m, set_link, hang_nic, break_nic, slow_host};

	m->faults = timed_faults_new(p->n_nodes, p->n_links, p->params[0].fault_seed, &hooks);
	for (unsigned i = 0; i < p->n_faults; i++)
		timed_faults_add(m->faults, &p->faults[i]);
}

struct fault_counts
machine_faults(const struct machine *m)
{
	struct fault_counts counts = fabric_faults(m->fabric);

	timed_faults_count(m->faults, &counts);
	return counts;
}

/* Making. ---------------------------------------------------------------------------------------------------------- */

static void
build_nic(struct host *host)
{
	host->nic = nic_new(host->node, host->params, host->machine->fabric);
	hb_attach_nic(host->bus, host->nic);
	nic_attach_bus(host->nic, host->bus);
}

static void
build_host(struct machine *m, unsigned node)
{
	const struct params *params = &m->platform->params[node];
	struct host *host = &m->hosts[node];

	*host = (struct host){
	        .machine = m,
	        .node = node,
	        .name = m->platform->hosts[node],
	        .params = params,
	        .cpus = cpu_set_new(node, m->platform->hosts[node], params),
	        .bus = hb_new(node, params),
	};
	hb_set_deposit_hook(host->bus, umem_deposited);
	if (m->platform->has_nic[node])
		build_nic(host);
}

struct machine *
machine_new(const struct platform *platform, bool allow_deadlock, char **error)
{
	struct fabric *fabric = fabric_new(platform, allow_deadlock, error);
	struct machine *m;

	if (!fabric)
		return NULL;
	m = g_new0(struct machine, 1);
	m->platform = platform;
	m->fabric = fabric;
	m->n_hosts = platform->n_nodes;
	m->hosts = g_new0(struct host, m->n_hosts);
	for (unsigned i = 0; i < m->n_hosts; i++)
		build_host(m, i);
	schedule_faults(m);
	sim_set_lookahead(fabric_lookahead(fabric));
	engine_on_report(print_report, m);
	return m;
}

static void
free_host(struct host *host)
{
	while (host->processes) {
		struct process *p = host->processes;

		host->processes = p->next;
		process_free(p);
	}
	cpu_set_free(host->cpus);
	if (host->nic)
		nic_free(host->nic);
	hb_free(host->bus);
}

void
machine_free(struct machine *m)
{
	timed_faults_free(m->faults);
	for (unsigned i = 0; i < m->n_hosts; i++)
		free_host(&m->hosts[i]);
	fabric_free(m->fabric);
	g_free(m->hosts);
	g_free(m);
}

/* Utilisation. ----------------------------------------------------------------------------------------------------- */

static sim_time
cpu_work(const struct cpu_set *cpus)
{
	struct cpu_times times = cpu_times(cpus);

	return (times.account[CPU_USER] + times.account[CPU_SYSTEM] + times.account[CPU_INTERRUPT]) / cpu_count(cpus);
}

/* lanai_work: a LANai that was never started, or that has stopped, does none. */
static sim_time
lanai_work(struct nic *nic)
{
	struct lanai_core *core = nic_core(nic);
	enum lanai_state state = lanai_state(core);

	return state == LANAI_RUNNING || state == LANAI_PARKED ? sim_now() - lanai_counts(core).parked_ps : 0;
}

static double
share(sim_time busy)
{
	return sim_now() ? (double)busy / (double)sim_now() : 0;
}

struct resource {
	const char *what;
	sim_time busy;
};

static void
each_of(const struct host *host, const struct resource *resources, unsigned n,
        void (*each)(void *arg, const char *name, double utilisation), void *arg)
{
	for (unsigned i = 0; i < n; i++) {
		char *name = g_strdup_printf("%s %s", host->name, resources[i].what);

		each(arg, name, share(resources[i].busy));
		g_free(name);
	}
}

static void
host_utilisations(const struct host *host, void (*each)(void *arg, const char *name, double utilisation), void *arg)
{
	const struct resource computer[] = {{"CPU", cpu_work(host->cpus)}, {"PIO", hb_counts(host->bus).pio_busy}};

	each_of(host, computer, G_N_ELEMENTS(computer), each, arg);
	if (host->nic) {
		const struct nic_counts counts = nic_counts(host->nic);
		const struct resource nic[] = {{"LANai", lanai_work(host->nic)},
		                               {"NIC host DMA", counts.dma_busy},
		                               {"NIC send engine", counts.send_busy},
		                               {"NIC receive engine", counts.receive_busy}};

		each_of(host, nic, G_N_ELEMENTS(nic), each, arg);
	}
}

void
machine_utilisations(const struct machine *m, void (*each)(void *arg, const char *name, double utilisation), void *arg)
{
	struct fabric_counts fabric = fabric_counts(m->fabric);
	char *name;

	for (unsigned i = 0; i < m->n_hosts; i++)
		host_utilisations(&m->hosts[i], each, arg);
	if (!fabric.busiest_channel)
		return;
	name = g_strdup_printf("channel %s", fabric.busiest_channel);
	each(arg, name, share(fabric.busiest_channel_ps));
	g_free(name);
}

struct busiest {
	char *name;
	double utilisation;
};

static void
keep_busiest(void *arg, const char *name, double utilisation)
{
	struct busiest *b = arg;

	if (b->name && utilisation <= b->utilisation)
		return;
	g_free(b->name);
	b->name = g_strdup(name);
	b->utilisation = utilisation;
}

const char *
machine_saturated(const struct machine *m, double *utilisation)
{
	static char *name;
	struct busiest b = {0};

	machine_utilisations(m, keep_busiest, &b);
	g_free(name);
	name = b.name;
	*utilisation = b.utilisation;
	return name;
}
