/* Makes a number of identical library calls on two simulated hosts; tools/count_instructions.sh runs it under
 * callgrind.
 *
 *   count_instructions send <calls> <bytes>     vmmc_send, pages pinned, queue never full
 *   count_instructions wait <calls>             vmmc_wait for what is true already
 *
 * The difference between two numbers of calls is what the calls themselves execute. */
#include "host-lib/driver.h"
#include "host-lib/firmware_image.h"
#include "host-lib/vmmc.h"
#include "nic-sim/engine.h"

#include <glib.h>
#include <string.h>

#define NAME  1
#define BYTES (256u << 10)
#define PAUSE (20 * SIM_MS) /* longer than anything that is sent here takes */

static struct {
	bool exported, done, waits;
	unsigned calls;
	uint32_t bytes;
} run;

static void
pause_for(sim_time t)
{
	sim_time end = sim_now() + t;

	while (cpu_block("a pause", end))
		;
}

static void
must(enum vmmc_error error)
{
	if (error != VMMC_OK)
		g_error("%s", vmmc_strerror(error));
}

static void
receiver(void *arg)
{
	struct process *p = task_process(task_self());
	struct vmmc_export *e;
	struct vmmc *v;

	(void)arg;
	must(vmmc_open(p, &v));
	must(vmmc_export(v, umem_alloc(p->memory, BYTES), BYTES, NAME, VMMC_ANY_NODE, &e));
	run.exported = true;
	while (!run.done)
		pause_for(PAUSE);
}

static bool
always(void *arg)
{
	(void)arg;
	return true;
}

static void
call(struct vmmc *v, struct vmmc_proxy *proxy, uint64_t source)
{
	struct umem_range range = {source, 4};
	uint64_t ticket;

	if (run.waits) {
		must(vmmc_wait(v, always, NULL, &range, 1, SIM_NEVER));
		return;
	}
	must(vmmc_send(v, source, proxy, 0, run.bytes, &ticket));
	pause_for(PAUSE);
}

static void
sender(void *arg)
{
	struct process *p = task_process(task_self());
	uint64_t source = umem_alloc(p->memory, BYTES);
	struct vmmc_proxy *proxy;
	struct vmmc *v;

	(void)arg;
	must(vmmc_open(p, &v));
	while (!run.exported)
		pause_for(PAUSE);
	must(vmmc_import(v, 1, NAME, &proxy));
	must(vmmc_send(v, source, proxy, 0, BYTES, NULL)); /* pins every page */
	for (unsigned i = 0; i < run.calls; i++)
		call(v, proxy, source);
	run.done = true;
}

int
main(int argc, char **argv)
{
	struct platform *platform;
	struct lanai_image *image;
	struct machine *m = NULL;
	char *error = NULL;

	if (argc < 3)
		g_error("usage: count_instructions send <calls> <bytes> | wait <calls>");
	run.waits = strcmp(argv[1], "wait") == 0;
	run.calls = (unsigned)g_ascii_strtoull(argv[2], NULL, 10);
	run.bytes = argc > 3 ? (uint32_t)g_ascii_strtoull(argv[3], NULL, 10) : 0;
	engine_init();
	platform = platform_load("myrinet-pc", NULL, 0, &error);
	image = platform ? firmware_image(FIRMWARE_IMAGE_LIB, FIRMWARE_IMAGE_VMMC, &error) : NULL;
	m = image ? machine_new(platform, false, &error) : NULL;
	if (!m || !driver_start(m, image, DRIVER_PROCESSES, &error))
		g_error("%s", error);
	task_start(process_new(&m->hosts[1], "receiver"), "receiver", false, receiver, NULL);
	task_start(process_new(&m->hosts[0], "sender"), "sender", false, sender, NULL);
	return sim_run(SIM_TIME_MAX) == SIM_DONE ? 0 : 1;
}
