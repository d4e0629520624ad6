/* P: 100,000 ping-pongs of 64 B. */
#include "experiments/bench.h"
#include "host-lib/vmmc.h"

#include <glib.h>
#include <string.h>

enum { ROUNDS = 100000, WORDS = 16, BYTES = 4 * WORDS, NAME = 1 };

#define EXPORT_RETRY (100 * SIM_US)

struct player {
	struct process *process;
	uint32_t peer;
	bool serves;
	struct vmmc *v;
	struct vmmc_proxy *there;
	uint64_t here;     /* where the other's message arrives */
	uint32_t expected; /* the number in its last word */
	bool wrong;
};
static struct player players[2];

static bool
arrived(void *player)
{
	const struct player *p = player;
	uint32_t last = 0;

	umem_read(p->process->memory, p->here + BYTES - 4, &last, 4);
	return last == p->expected;
}

/* A message is a run of numbers that ends with its own. */
static void
make(uint32_t message[WORDS], uint32_t number)
{
	for (uint32_t i = 0; i < WORDS; i++)
		message[i] = number * WORDS + i;
	message[WORDS - 1] = number;
}

static void
say(struct player *p, uint32_t number)
{
	uint32_t message[WORDS];

	make(message, number);
	if (vmmc_send_inline(p->v, message, p->there, 0, BYTES) != VMMC_OK)
		p->wrong = true;
}

static void
hear(struct player *p, uint32_t number)
{
	uint32_t message[WORDS], got[WORDS];
	struct umem_range last = {p->here + BYTES - 4, 4};

	p->expected = number;
	vmmc_wait(p->v, arrived, p, &last, 1, SIM_NEVER);
	make(message, number);
	if (!umem_read(p->process->memory, p->here, got, BYTES) || memcmp(message, got, BYTES) != 0)
		p->wrong = true;
}

static void
play(void *player)
{
	struct player *p = player;
	struct vmmc_export *e;

	vmmc_open(p->process, &p->v);
	p->here = umem_alloc(p->process->memory, UMEM_PAGE);
	vmmc_export(p->v, p->here, UMEM_PAGE, NAME, VMMC_ANY_NODE, &e);
	while (vmmc_import(p->v, p->peer, NAME, &p->there) == VMMC_ENAME)
		cpu_block("the other player's export", sim_now() + EXPORT_RETRY);
	for (uint32_t round = 1; round <= ROUNDS; round++) {
		if (p->serves)
			say(p, round);
		hear(p, round);
		if (!p->serves)
			say(p, round);
	}
}

static void
start(struct testbed *t)
{
	for (uint32_t i = 0; i < 2; i++) {
		struct process *process = process_new(&t->machine->hosts[i], "player");

		players[i] = (struct player){.process = process, .peer = 1 - i, .serves = i == 0};
		task_start(process, "player", false, play, &players[i]);
	}
}

static bool
verified(void)
{
	return players[0].expected == ROUNDS && players[1].expected == ROUNDS && !players[0].wrong && !players[1].wrong;
}

const struct bench_work bench_pingpong = {"pingpong", "myrinet-pc", 2 * ROUNDS, start, verified};
