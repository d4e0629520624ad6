#include "experiments/competitor.h"

#include <glib.h>

static void
compete(void *arg)
{
	const struct competitors *c = arg;

	for (;;) {
		sim_time until;

		cpu_charge(CPU_USER, c->compute);
		cpu_settle();
		until = sim_now() + c->sleep;
		while (sim_now() < until)
			cpu_block("its phase of sleep", until);
	}
}

bool
competitors_start(struct competitors *c, const struct point *point, struct machine *machine, char **error)
{
	uint64_t host = point_number(point, "compete_host");

	*c = (struct competitors){.n = (unsigned)point_number(point, "competitors"),
	                          .compute = point_number(point, "compete_compute_us") * SIM_US,
	                          .sleep = point_number(point, "compete_sleep_us") * SIM_US};
	if (c->n > 0 && host >= machine->n_hosts) {
		*error = g_strdup_printf("compete_host=%u: the platform has only %u hosts, from 0", (unsigned)host,
		                         machine->n_hosts);
		return false;
	}
	for (unsigned i = 0; i < c->n; i++)
		c->tasks[i] =
		        task_start(process_new(&machine->hosts[host], "competitor"), "competitor", true, compete, c);
	return true;
}

sim_time
competitors_used(const struct competitors *c)
{
	sim_time used = 0;

	for (unsigned i = 0; i < c->n; i++)
		used += task_times(c->tasks[i]).account[CPU_USER];
	return used;
}
