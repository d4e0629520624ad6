#include "tests/host/rig.h"

#include "tests/host/fake_frames.h"

#include <glib.h>
#include <inttypes.h>

static struct rig rig;
static struct platform *platform;
static struct host_bus bus = {.limit = FAKE_FRAMES};
static struct umem_space *space;
static struct umem_range word;

struct rig *
rig_start(unsigned cpus)
{
	char *error = NULL;

	engine_init();
	platform = platform_load("myrinet-pc", NULL, 0, &error);
	if (!platform)
		g_error("%s", error);
	rig.params = platform->params[0];
	rig.params.cpus = cpus;
	rig.params.poll_period = RIG_POLL;
	rig.params.context_switch = RIG_SWITCH;
	rig.params.system_call = 0;
	rig.host = (struct host){.name = platform->hosts[0], .params = &rig.params, .bus = &bus};
	rig.host.cpus = cpu_set_new(0, rig.host.name, &rig.params);
	space = umem_new(&bus, 0);
	word = (struct umem_range){umem_alloc(space, UMEM_PAGE), 4};
	return &rig;
}

void
rig_end(void)
{
	while (rig.host.processes) {
		struct process *p = rig.host.processes;

		rig.host.processes = p->next;
		process_free(p);
	}
	cpu_set_free(rig.host.cpus);
	umem_unref(space);
	platform_free(platform);
}

void
rig_run(void)
{
	enum sim_outcome outcome = sim_run(RIG_LIMIT);
	struct cpu_times times = cpu_times(rig.host.cpus);
	sim_time sum = times.idle;

	for (unsigned i = 0; i < CPU_N_ACCOUNTS; i++)
		sum += times.account[i];
	if (outcome != SIM_DONE || sum != sim_now() * cpu_count(rig.host.cpus))
		g_error("outcome %d; accounts and idle time are %" PRIu64 " ps of %" PRIu64, (int)outcome, sum,
		        sim_now() * cpu_count(rig.host.cpus));
}

struct umem_space *
rig_space(void)
{
	return space;
}

const struct umem_range *
rig_word(void)
{
	return &word;
}

uint32_t
rig_load(void)
{
	return umem_load_be32(space, word.address);
}

void
rig_store(uint32_t value)
{
	uint32_t big_endian = GUINT32_TO_BE(value);

	umem_write(space, word.address, &big_endian, sizeof big_endian);
}

struct store {
	struct sim_event event;
	uint32_t value;
};

static void
store_now(struct sim_event *ev)
{
	struct store *store = sim_event_owner(ev, struct store, event);

	rig_store(store->value);
	g_free(store);
}

void
rig_store_at(sim_time t, uint32_t value)
{
	struct store *store = g_new0(struct store, 1);

	store->value = value;
	sim_event_init(&store->event, SIM_RANK_NODE, store_now);
	sim_post(&store->event, t);
}

bool
rig_word_is_set(void *unused)
{
	(void)unused;
	return rig_load() != 0;
}
