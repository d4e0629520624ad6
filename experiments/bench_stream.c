/* S: 256 MB from host to host. */
#include "experiments/bench.h"
#include "experiments/lane.h"

enum { CHUNK_BYTES = 64 * 1024, WINDOW = 8, CHUNKS = 256 * 16, NAME = 1 };

static const struct lane_shape shape = {CHUNK_BYTES, WINDOW, CHUNKS};
static bool complete;

static bool
can_give(void *lane)
{
	return lane_can_give(lane);
}

static bool
can_take(void *lane)
{
	return lane_can_take(lane);
}

static void
send_all(void *process)
{
	struct process *p = process;
	struct lane_sender lane;
	struct vmmc *v;

	vmmc_open(p, &v);
	lane_sender_export(&lane, v, p->memory, shape, NAME);
	lane_sender_import(&lane, 1, NAME);
	while (lane.given < shape.chunks) {
		struct umem_range credit = lane_sender_range(&lane);

		if (!lane_give(&lane))
			vmmc_wait(v, can_give, &lane, &credit, 1, SIM_NEVER);
	}
	vmmc_wait_sent(v, lane.ticket[(lane.given - 1) % LANE_SOURCES], SIM_NEVER);
}

static void
receive_all(void *process)
{
	struct process *p = process;
	struct lane_receiver lane;
	struct vmmc *v;

	vmmc_open(p, &v);
	lane_receiver_export(&lane, v, p->memory, shape, NAME);
	lane_receiver_import(&lane, 0, NAME);
	while (lane.taken < shape.chunks) {
		struct umem_range arrival = lane_receiver_range(&lane);

		if (!lane_take(&lane))
			vmmc_wait(v, can_take, &lane, &arrival, 1, SIM_NEVER);
	}
	complete = !lane.wrong;
}

static void
start(struct testbed *t)
{
	struct process *receiver = process_new(&t->machine->hosts[1], "receiver");
	struct process *sender = process_new(&t->machine->hosts[0], "sender");

	task_start(receiver, "receiver", false, receive_all, receiver);
	task_start(sender, "sender", false, send_all, sender);
}

static bool
verified(void)
{
	return complete;
}

const struct bench_work bench_stream = {"stream", "myrinet-pc", (uint64_t)CHUNKS *CHUNK_BYTES / UMEM_PAGE, start,
                                        verified};
