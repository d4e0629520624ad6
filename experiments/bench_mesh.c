/* M: 16 hosts on a switch, each sending 4 MB to every other. */
#include "experiments/bench.h"
#include "experiments/lane.h"

enum { HOSTS = 16, CHUNK_BYTES = 64 * 1024, WINDOW = 2, CHUNKS = 4 * 16 };

static const struct lane_shape shape = {CHUNK_BYTES, WINDOW, CHUNKS};

struct member {
	struct process *process;
	uint32_t node;
	struct lane_sender to[HOSTS];
	struct lane_receiver from[HOSTS];
	struct umem_range ranges[2 * HOSTS];
	bool complete;
};
static struct member members[HOSTS];

static uint32_t
lane_name(uint32_t from, uint32_t to)
{
	return 1 + from * HOSTS + to;
}

static bool
something_to_do(void *member)
{
	const struct member *m = member;

	for (uint32_t i = 0; i < HOSTS; i++)
		if (i != m->node && (lane_can_take(&m->from[i]) || lane_can_give(&m->to[i])))
			return true;
	return false;
}

static bool
finished(const struct member *m)
{
	for (uint32_t i = 0; i < HOSTS; i++)
		if (i != m->node && (m->from[i].taken < shape.chunks || m->to[i].given < shape.chunks))
			return false;
	return true;
}

static void
wait_for_work(struct member *m)
{
	unsigned n = 0;

	for (uint32_t i = 0; i < HOSTS; i++)
		if (i != m->node) {
			m->ranges[n++] = lane_receiver_range(&m->from[i]);
			m->ranges[n++] = lane_sender_range(&m->to[i]);
		}
	vmmc_wait(m->to[m->node == 0].v, something_to_do, m, m->ranges, n, SIM_NEVER);
}

static void
open_lanes(struct member *m)
{
	struct vmmc *v;

	vmmc_open(m->process, &v);
	for (uint32_t i = 0; i < HOSTS; i++)
		if (i != m->node) {
			lane_sender_export(&m->to[i], v, m->process->memory, shape, lane_name(m->node, i));
			lane_receiver_export(&m->from[i], v, m->process->memory, shape, lane_name(i, m->node));
		}
	for (uint32_t i = 0; i < HOSTS; i++)
		if (i != m->node) {
			lane_sender_import(&m->to[i], i, lane_name(m->node, i));
			lane_receiver_import(&m->from[i], i, lane_name(i, m->node));
		}
}

static void
take_part(void *member)
{
	struct member *m = member;

	open_lanes(m);
	while (!finished(m)) {
		bool did = false;

		for (uint32_t step = 1; step < HOSTS; step++) {
			uint32_t to = (m->node + step) % HOSTS, from = (m->node + HOSTS - step) % HOSTS;

			did |= lane_take(&m->from[from]);
			did |= lane_give(&m->to[to]);
		}
		if (!did)
			wait_for_work(m);
	}
	m->complete = true;
	for (uint32_t i = 0; i < HOSTS; i++)
		m->complete &= i == m->node || !m->from[i].wrong;
}

static void
start(struct testbed *t)
{
	for (uint32_t i = 0; i < HOSTS; i++) {
		members[i] = (struct member){.process = process_new(&t->machine->hosts[i], "member"), .node = i};
		task_start(members[i].process, "member", false, take_part, &members[i]);
	}
}

static bool
verified(void)
{
	for (uint32_t i = 0; i < HOSTS; i++)
		if (!members[i].complete)
			return false;
	return true;
}

const struct bench_work bench_mesh = {"mesh", "myrinet-pc-16",
                                      (uint64_t)HOSTS *(HOSTS - 1) * CHUNKS *CHUNK_BYTES / UMEM_PAGE, start, verified};
