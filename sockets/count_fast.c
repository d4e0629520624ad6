/* Makes a number of identical calls of a Fast Sockets link on two simulated hosts; count_instructions.sh runs it under
 * callgrind.
 *
 *   count_fast <rounds> [placed]   a fragment of FRAGMENT bytes each: put, handled, its reply handled, taken, and a
 * credit; placed: by the sender-based variant
 *
 * Both ends act in turn, far apart in time, so that what one of them executes is not mixed with what the other does. */
#include "host-lib/firmware_image.h"
#include "nic-sim/engine.h"
#include "sockets/fast/fast.h"

#include <glib.h>

#define FRAGMENT 1024u
#define BUFFER   (4u << 10) /* every fragment is worth a credit */
#define PAUSE    SIM_MS     /* longer than anything here takes */

static struct end {
	struct process *process;
	struct fast *fast;
	struct link *link;
	struct fast_name name;
	struct sock_counts counts;
} ends[2];
static unsigned rounds;
static bool sender_based;

static void
pause_until(sim_time date)
{
	while (sim_now() < date)
		cpu_block("a pause", date);
}

static void
begin(struct end *end)
{
	if (fast_open(end->process) != 0)
		g_error("fast_open");
	end->fast = fast_begin(end->process, BUFFER, sender_based, &end->counts, NULL, NULL, &end->name);
	end->link = fast_link(end->fast);
	pause_until(PAUSE);
	if (fast_join(end->fast, &ends[end == ends].name) != 0)
		g_error("fast_join");
}

static void
sender(void *arg)
{
	struct end *end = arg;
	uint64_t memory = umem_alloc(end->process->memory, FRAGMENT);

	begin(end);
	for (unsigned i = 0; i < rounds; i++) {
		pause_until((4 * i + 4) * PAUSE);
		if (end->link->ops->put(end->link, umem_pointer(end->process->memory, memory, FRAGMENT), FRAGMENT,
		                        SOCK_FAST) != FRAGMENT)
			g_error("put");
		pause_until((4 * i + 6) * PAUSE);
		end->link->ops->progress(end->link);
		pause_until((4 * i + 7) * PAUSE + PAUSE / 2);
		end->link->ops->progress(end->link);
	}
}

static void
receiver(void *arg)
{
	struct end *end = arg;
	uint64_t memory = umem_alloc(end->process->memory, FRAGMENT);

	begin(end);
	for (unsigned i = 0; i < rounds; i++) {
		pause_until((4 * i + 5) * PAUSE);
		end->link->ops->progress(end->link);
		pause_until((4 * i + 7) * PAUSE);
		if (end->link->ops->take(end->link, umem_pointer(end->process->memory, memory, FRAGMENT), FRAGMENT) !=
		    FRAGMENT)
			g_error("take");
	}
	pause_until((4 * rounds + 8) * PAUSE);
	end->link->ops->progress(end->link);
}

int
main(int argc, char **argv)
{
	struct platform *platform;
	struct lanai_image *image;
	struct machine *m = NULL;
	char *error = NULL;

	if (argc < 2)
		g_error("usage: count_fast <rounds> [placed]");
	rounds = (unsigned)g_ascii_strtoull(argv[1], NULL, 10);
	sender_based = argc > 2;
	engine_init();
	platform = platform_load("myrinet-ultra", NULL, 0, &error);
	image = platform ? firmware_image(FIRMWARE_IMAGE_LIB, FIRMWARE_IMAGE_AM, &error) : NULL;
	m = image ? machine_new(platform, false, &error) : NULL;
	if (!m || !am_start(m, image, &error))
		g_error("%s", error);
	for (unsigned i = 0; i < 2; i++)
		ends[i].process = process_new(&m->hosts[i], i ? "receiver" : "sender");
	task_start(ends[1].process, "receiver", false, receiver, &ends[1]);
	task_start(ends[0].process, "sender", false, sender, &ends[0]);
	return sim_run(SIM_TIME_MAX) == SIM_DONE ? 0 : 1;
}
