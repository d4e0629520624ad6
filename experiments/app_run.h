/* Runs an application (app.h) on the simulated machine, and measures it: what every workload that is an application
 * has.  Program i is a process of its own; the measurement is between the two meetings. */
#ifndef EXPERIMENTS_APP_RUN_H
#define EXPERIMENTS_APP_RUN_H

#include "experiments/app.h"
#include "experiments/carried.h"
#include "experiments/competitor.h"
#include "experiments/quantile.h"
#include "experiments/simulate.h"
#include "experiments/talk.h"

#define APP_RUN_PROGRAMS 33u
#define APP_RUN_HOSTS    8u /* whose accounts are metrics */

/* How programs are placed: all hosts in turn; program 0 on host 0 and the others on the other hosts in turn; program 0
 * on server_host and the others on client_host. */
enum app_placing { APP_IN_TURN, APP_SERVER_APART, APP_TWO_HOSTS };

struct app_run {
	void (*program)(struct app *app);
	const void *job;
	unsigned n, hosts; /* programs; hosts that they are placed on */
	enum app_placing placing;
	unsigned server_host, client_host; /* APP_TWO_HOSTS; both less than `hosts` */

	/* The rest is app_run's. */
	struct simulation *simulation;
	struct competitors competitors;
	struct app_program *programs;
	unsigned met;
	sim_time began, ended;
	struct cpu_times *at_begin, *at_end; /* of each host */
	sim_time competed;                   /* at the beginning; then, meanwhile */
	struct samples took;
};

#define APP_RUN_PARAMETERS                                                                                             \
	{"protocol", "automatic", 0, 0, 0, TALK_PROTOCOLS, "how the sockets move data"}, COMPETITOR_PARAMETERS,        \
	        SIMULATE_PARAMETERS

#define APP_RUN_HOST_METRICS(h)                                                                                        \
	{"host" h "_user_us", "host " h ": processor time of programs, us (0: no such host)"},                         \
	        {"host" h "_system_us", "host " h ": of system calls, switches, wake-ups, us"},                        \
	        {"host" h "_interrupt_us", "host " h ": of interrupts, us"},                                           \
	        {"host" h "_spin_us", "host " h ": of polling, us"},                                                   \
	{                                                                                                              \
		"host" h "_idle_us", "host " h ": idle, us"                                                            \
	}

/* The metrics of every application; `what` it does so often: "requests". */
#define APP_RUN_METRICS(what)                                                                                          \
	{"time_us", "from the moment when all programs are connected until all are done, us"},                         \
	        {"rate_per_s", what " a second"}, {"latency_us", what ": time of one, mean, us"},                      \
	        {"latency_p50_us", what ": time of one, median, us"},                                                  \
	        {"latency_p99_us", what ": time of one, 99th percentile, us"},                                         \
	        {"cpu_us", "processor time for one of the " what ": user, system, interrupt and spin of all hosts, "   \
	                   "without competitors, us"},                                                                 \
	        {"spin_share", "of it, polling"},                                                                      \
	        {"competitor_share", "what the competing processes got of a processor, together"}, CARRIED_METRICS,    \
	        APP_RUN_HOST_METRICS("0"), APP_RUN_HOST_METRICS("1"), APP_RUN_HOST_METRICS("2"),                       \
	        APP_RUN_HOST_METRICS("3"), APP_RUN_HOST_METRICS("4"), APP_RUN_HOST_METRICS("5"),                       \
	        APP_RUN_HOST_METRICS("6"), APP_RUN_HOST_METRICS("7")

/* app_run: the whole of a workload's run(). */
enum exit_code app_run(struct app_run *run, const struct point *point, struct results *results, char **error);

#endif
