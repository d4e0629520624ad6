#include "experiments/bench.h"

#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SIM_LIMIT (1000 * SIM_S)

static double
seconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static uint64_t
executed_instructions(const struct machine *m)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < m->n_hosts; i++)
		sum += lanai_counts(nic_core(m->hosts[i].nic)).executed;
	return sum;
}

/* In the child. */
static struct bench_result
do_work(const struct bench_work *work, const struct lanai_image *image)
{
	struct bench_result r = {.units = work->units};
	double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID), wall = seconds(CLOCK_MONOTONIC);
	char *error = NULL;
	struct testbed *t = testbed_new(work->platform, NULL, 0, image, &error);
	struct rusage usage;

	if (!t) {
		fprintf(stderr, "nicsim: %s\n", error);
		exit(2);
	}
	work->start(t);
	r.verified = sim_run(SIM_LIMIT) == SIM_DONE && work->verified();
	r.cpu_s = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	r.wall_s = seconds(CLOCK_MONOTONIC) - wall;
	r.sim_s = (double)sim_now() / (double)SIM_S;
	r.instructions = executed_instructions(t->machine);
	r.events = calendar_fired();
	r.handovers = engine_handovers();
	getrusage(RUSAGE_SELF, &usage);
	r.peak_MiB = (double)usage.ru_maxrss / 1024;
	return r;
}

bool
bench_run(const struct bench_work *work, const struct lanai_image *image, struct bench_result *result, char **error)
{
	int pipes[2], status = 0;
	ssize_t got;
	pid_t child;

	if (pipe(pipes) || (child = fork()) < 0) {
		*error = g_strdup_printf("%s: %s", work->name, g_strerror(errno));
		return false;
	}
	if (child == 0) {
		struct bench_result r = do_work(work, image);

		_exit(write(pipes[1], &r, sizeof r) != (ssize_t)sizeof r);
	}
	close(pipes[1]);
	got = read(pipes[0], result, sizeof *result);
	close(pipes[0]);
	waitpid(child, &status, 0);
	if (got == (ssize_t)sizeof *result && status == 0)
		return true;
	*error = g_strdup_printf("%s: its process ended with status %d", work->name, status);
	return false;
}
