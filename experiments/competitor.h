/* Processes that compete for a host's processors with those that are measured: they compute all the time, or in phases
 * with sleep between. */
#ifndef EXPERIMENTS_COMPETITOR_H
#define EXPERIMENTS_COMPETITOR_H

#include "experiments/experiment.h"
#include "nic-sim/machine.h"

#define COMPETITORS_MOST 16u

/* The parameters of a workload that has them. */
#define COMPETITOR_PARAMETERS                                                                                          \
	{"competitors", "0", 0, COMPETITORS_MOST, 0, NULL, "processes that compete for a host's processors"},          \
	        {"compete_host", "0", 0, 63, 0, NULL, "that host"},                                                    \
	        {"compete_compute_us", "10000", 1, 10000000, 0, NULL, "a competing process computes so long, us"},     \
	{                                                                                                              \
		"compete_sleep_us", "0", 0, 10000000, 0, NULL, "and then sleeps so long, us; 0: computes all the time" \
	}

struct competitors {
	unsigned n;
	sim_time compute, sleep;
	struct task *tasks[COMPETITORS_MOST];
};

/* competitors_start: as the point's parameters say; they run until the measured programs have ended.  false and *error
 * if the platform has no such host. */
bool competitors_start(struct competitors *c, const struct point *point, struct machine *machine, char **error);
/* competitors_used: how long all of them together have computed so far. */
sim_time competitors_used(const struct competitors *c);

#endif
