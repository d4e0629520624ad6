/* Makes a number of identical Active Messages calls on two simulated hosts; tools/count_instructions.sh runs it under
 * callgrind.
 *
 *   count_am request <calls> <arguments>   am_request of short messages, queue never full, credits there
 *   count_am medium <calls>                am_request_medium of one word
 *   count_am take <calls> <arguments>      as request, but the receiver's am_poll is what counts
 *   count_am poll <calls>                  am_poll when nothing has come
 *   count_am wait <calls>                  am_wait for what is true already
 *
 * The difference between two numbers of calls is what the calls themselves execute. */
#include "host-lib/am.h"
#include "host-lib/firmware_image.h"
#include "nic-sim/engine.h"

#include <glib.h>
#include <string.h>

#define HANDLER 1u
#define PAUSE   SIM_MS /* longer than anything that is sent here takes */

static struct {
	struct am_name receiver;
	bool done;
	const char *what;
	unsigned calls, n_args;
} run;

static void
pause_for(sim_time t)
{
	sim_time end = sim_now() + t;

	while (cpu_block("a pause", end))
		;
}

static void
must(enum am_error error)
{
	if (error != AM_OK)
		g_error("%s", am_strerror(error));
}

static void
nothing(struct am *am, void *arg, const struct am_message *m)
{
	(void)am;
	(void)arg;
	(void)m;
}

static void
receiver(void *arg)
{
	struct am *am;

	(void)arg;
	must(am_open(task_process(task_self()), 0, &am));
	must(am_handle(am, HANDLER, nothing, NULL));
	run.receiver = am_name(am);
	while (!run.done) {
		am_poll(am);
		pause_for(PAUSE);
	}
}

static bool
is_true(void *arg)
{
	(void)arg;
	return true;
}

static void
call(struct am *am, uint64_t source)
{
	const uint32_t arg[AM_SHORT_ARGS] = {1, 2, 3, 4, 5, 6, 7};

	if (strcmp(run.what, "poll") == 0) {
		am_poll(am);
		return;
	}
	if (strcmp(run.what, "wait") == 0) {
		must(am_wait(am, is_true, NULL, SIM_NEVER));
		return;
	}
	if (strcmp(run.what, "medium") == 0)
		must(am_request_medium(am, run.receiver, HANDLER, arg, AM_ARGS, source, 4));
	else
		must(am_request(am, run.receiver, HANDLER, arg, run.n_args));
	pause_for(3 * PAUSE);
}

static void
sender(void *arg)
{
	uint64_t source = umem_alloc(task_process(task_self())->memory, AM_MAX);
	struct am *am;

	(void)arg;
	must(am_open(task_process(task_self()), 0, &am));
	while (!run.receiver.tag)
		pause_for(PAUSE);
	for (unsigned i = 0; i < run.calls; i++) {
		call(am, source);
		if (i % AM_OUTSTANDING == AM_OUTSTANDING - 1)
			am_quiet(am, SIM_NEVER);
	}
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
		g_error("usage: count_am request|medium|take|poll|wait <calls> [arguments]");
	run.what = argv[1];
	run.calls = (unsigned)g_ascii_strtoull(argv[2], NULL, 10);
	run.n_args = argc > 3 ? (unsigned)g_ascii_strtoull(argv[3], NULL, 10) : 0;
	engine_init();
	platform = platform_load("myrinet-ultra", NULL, 0, &error);
	image = platform ? firmware_image(FIRMWARE_IMAGE_LIB, FIRMWARE_IMAGE_AM, &error) : NULL;
	m = image ? machine_new(platform, false, &error) : NULL;
	if (!m || !am_start(m, image, &error))
		g_error("%s", error);
	task_start(process_new(&m->hosts[1], "receiver"), "receiver", false, receiver, NULL);
	task_start(process_new(&m->hosts[0], "sender"), "sender", false, sender, NULL);
	return sim_run(SIM_TIME_MAX) == SIM_DONE ? 0 : 1;
}
