/* Workloads that are applications over stream sockets. */
#include "experiments/app_files.h"
#include "experiments/app_jacobi.h"
#include "experiments/app_pipeline.h"
#include "experiments/app_requests.h"
#include "experiments/app_run.h"
#include "experiments/workload.h"

#include <glib.h>
#include <math.h>

#define HOSTS_MOST APP_JACOBI_HOSTS_MOST

static uint32_t
number(const struct point *point, const char *name)
{
	return (uint32_t)point_number(point, name);
}

/* Request and response. ------------------------------------------------------------------------------- */

struct requests {
	struct app_requests job; /* first: think_us() casts back */
	double mean_us;
	bool exponential;
};

/* splitmix64 of seed, client and request: a number in [0, 1). */
static double
chance(uint64_t seed, unsigned rank, uint32_t i)
{
	uint64_t z = seed + ((uint64_t)rank << 32 | i) * 0x9E3779B97F4A7C15u + 0x9E3779B97F4A7C15u;

	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
	z = (z ^ z >> 27) * 0x94D049BB133111EBu;
	return (double)((z ^ z >> 31) >> 11) * 0x1p-53;
}

static double
think_us(const struct app_requests *job, unsigned rank, uint32_t i)
{
	const struct requests *r = (const struct requests *)job;

	return r->exponential ? -r->mean_us * log1p(-chance(job->seed, rank, i)) : r->mean_us;
}

static enum exit_code
run_requests(const struct point *point, struct results *results, char **error)
{
	struct requests r = {.job = {.requests = MAX(number(point, "requests") / number(point, "clients"), 1),
	                             .request_bytes = number(point, "request_B"),
	                             .reply_bytes = number(point, "reply_B"),
	                             .compute_us = number(point, "compute_us"),
	                             .think_us = think_us,
	                             .seed = point_number(point, "seed")},
	                     .mean_us = number(point, "think_us"),
	                     .exponential = point_is(point, "think", "exponential")};
	struct app_run run = {.program = app_requests,
	                      .job = &r.job,
	                      .n = number(point, "clients") + 1,
	                      .hosts = number(point, "hosts"),
	                      .placing = APP_SERVER_APART};

	return app_run(&run, point, results, error);
}

const struct workload app_requests_workload = {
        .name = "requests",
        .hosts = 2,
        .firmware = talk_firmware,
        .doc = "clients send requests to a server, which waits for all of them with poll(), and wait for the replies",
        .parameters =
                (const struct workload_parameter[]){
                        {"clients", "1", 1, APP_CLIENTS_MOST, 0, NULL, "clients, on all hosts but 0 in turn"},
                        {"hosts", "2", 2, HOSTS_MOST, 0, NULL, "hosts, the server's included"},
                        {"requests", "500", 1, 1000000, 0, NULL, "of all clients together"},
                        {"request_B", "64", APP_REQUEST_LEAST, APP_REQUEST_MOST, 0, NULL, "size of a request, B"},
                        {"reply_B", "64", 4, APP_REQUEST_MOST, 0, NULL, "size of a reply, B"},
                        {"compute_us", "0", 0, 1000000, 0, NULL, "processor time of the server for a request, us"},
                        {"think_us", "0", 0, 1000000, 0, NULL, "a client sleeps before each request, mean, us"},
                        {"think", "exponential", 0, 0, 0, "constant exponential", "how that is distributed"},
                        {"seed", "1", 0, 1000000000, 0, NULL, "of these times"},
                        APP_RUN_PARAMETERS,
                        {0},
                },
        .metrics = (const struct workload_metric[]){APP_RUN_METRICS("requests"), {0}},
        .run = run_requests,
};

/* Pipeline. ------------------------------------------------------------------------------------------- */

static enum exit_code
run_pipeline(const struct point *point, struct results *results, char **error)
{
	const struct app_pipeline job = {.items = number(point, "items"),
	                                 .item_bytes = number(point, "item_B"),
	                                 .compute_us = number(point, "compute_us")};
	struct app_run run = {.program = app_pipeline,
	                      .job = &job,
	                      .n = number(point, "stages"),
	                      .hosts = number(point, "hosts"),
	                      .placing = APP_IN_TURN};

	return app_run(&run, point, results, error);
}

const struct workload app_pipeline_workload = {
        .name = "pipeline",
        .hosts = 2,
        .firmware = talk_firmware,
        .doc = "programs in a row, on different hosts: each changes what comes from the one before and hands it on",
        .parameters =
                (const struct workload_parameter[]){
                        {"stages", "4", 2, APP_RUN_PROGRAMS, 0, NULL, "programs, on all hosts in turn"},
                        {"hosts", "4", 2, HOSTS_MOST, 0, NULL, "hosts"},
                        {"items", "200", 1, 1000000, 0, NULL, "that go through"},
                        {"item_B", "1024", APP_ITEM_LEAST, APP_ITEM_MOST, 4, NULL, "size of an item, B"},
                        {"compute_us", "50", 0, 1000000, 0, NULL, "processor time of each program for an item, us"},
                        APP_RUN_PARAMETERS,
                        {0},
                },
        .metrics = (const struct workload_metric[]){APP_RUN_METRICS("items"), {0}},
        .run = run_pipeline,
};

/* File server. ---------------------------------------------------------------------------------------- */

static enum exit_code
run_files(const struct point *point, struct results *results, char **error)
{
	const struct app_files job = {.smallest = number(point, "smallest_B"),
	                              .largest = number(point, "largest_B"),
	                              .gets = MAX(number(point, "gets") / number(point, "clients"), 1)};
	struct app_run run = {.program = app_files,
	                      .job = &job,
	                      .n = number(point, "clients") + 1,
	                      .hosts = number(point, "hosts"),
	                      .placing = APP_SERVER_APART};
	enum exit_code code;
	uint64_t bytes = 0;
	double time;

	if (job.smallest > job.largest) {
		*error = g_strdup_printf("largest_B=%u is less than smallest_B=%u", job.largest, job.smallest);
		return EXIT_BAD_INPUT;
	}
	for (unsigned rank = 1; rank < run.n; rank++)
		for (uint32_t i = 0; i < job.gets; i++)
			bytes += app_file_size(&job, app_file_of(&job, rank, i));
	code = app_run(&run, point, results, error);
	if (code == EXIT_DONE && results_get(results, "time_us", &time))
		results_set(results, "bandwidth_MB_s", (double)bytes / time);
	return code;
}

const struct workload app_files_workload = {
        .name = "files",
        .hosts = 2,
        .firmware = talk_firmware,
        .doc = "clients get files of several sizes from a server, which sends to all of them at the same time",
        .parameters =
                (const struct workload_parameter[]){
                        {"clients", "2", 1, APP_FILE_CLIENTS_MOST, 0, NULL, "clients, on all hosts but 0 in turn"},
                        {"hosts", "3", 2, HOSTS_MOST, 0, NULL, "hosts, the server's included"},
                        {"gets", "32", 1, 100000, 0, NULL, "of all clients together"},
                        {"smallest_B", "1024", 1, APP_FILE_MOST, 0, NULL, "files are of this size, 4 times that, .. B"},
                        {"largest_B", "262144", 1, APP_FILE_MOST, 0, NULL, "up to this size, B"},
                        APP_RUN_PARAMETERS,
                        {0},
                },
        .metrics =
                (const struct workload_metric[]){
                        APP_RUN_METRICS("files"),
                        {"bandwidth_MB_s", "contents of all files over the time, MB/s"},
                        {0},
                },
        .run = run_files,
};

/* Bulk-synchronous computation. ----------------------------------------------------------------------- */

static enum exit_code
run_jacobi(const struct point *point, struct results *results, char **error)
{
	const struct app_jacobi job = {.cells = number(point, "cells"),
	                               .steps = number(point, "steps"),
	                               .compute_us = number(point, "compute_us"),
	                               .imbalance = number(point, "imbalance_percent") / 100.0};
	struct app_run run = {.program = app_jacobi,
	                      .job = &job,
	                      .n = number(point, "hosts"),
	                      .hosts = number(point, "hosts"),
	                      .placing = APP_IN_TURN};

	return app_run(&run, point, results, error);
}

const struct workload app_jacobi_workload = {
        .name = "jacobi",
        .hosts = 2,
        .firmware = talk_firmware,
        .doc = "heat in a rod, a part of it on each host: neighbours exchange cells, a barrier ends each step",
        .parameters =
                (const struct workload_parameter[]){
                        {"hosts", "4", 2, HOSTS_MOST, 0, NULL, "programs, each on a host of its own"},
                        {"cells", "64", 1, APP_JACOBI_CELLS_MOST, 0, NULL, "of each program"},
                        {"steps", "100", 1, 1000000, 0, NULL, "each with a barrier"},
                        {"compute_us", "200", 0, 1000000, 0, NULL, "processor time of a program in a step, us"},
                        {"imbalance_percent", "20", 0, 1000, 0, NULL,
                         "one program of a step computes longer by nearly so much, the others by less"},
                        APP_RUN_PARAMETERS,
                        {0},
                },
        .metrics = (const struct workload_metric[]){APP_RUN_METRICS("steps"), {0}},
        .run = run_jacobi,
};
