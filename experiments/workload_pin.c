/* What it costs a process to have pages pinned and unpinned by the driver. */
#include "experiments/simulate.h"
#include "experiments/workload.h"
#include "host-lib/driver.h"

#include <glib.h>

struct pinning {
	struct simulation *simulation;
	struct process *process;
	uint32_t pages, rounds;
	sim_time pinning, unpinning;
};

static bool
worked(struct pinning *p, enum vmmc_error error, const char *what)
{
	if (error != VMMC_OK)
		simulate_fail(p->simulation, "%s: %s", what, vmmc_strerror(error));
	return error == VMMC_OK;
}

static bool
pin_and_unpin(struct pinning *p, struct driver_process *driver, uint64_t address)
{
	sim_time began = sim_now();
	if (!worked(p, driver_pin(driver, address, p->pages), "driver_pin"))
		return false;
	cpu_settle();
	p->pinning += sim_now() - began;
	began = sim_now();
	driver_unpin(driver, address, p->pages);
	cpu_settle();
	p->unpinning += sim_now() - began;
	return true;
}

/* The program gets no notifications and imports nothing: what the driver tells does not concern it. */
static void
ignore_notification(void *arg, void *owner, uint32_t offset)
{
	(void)arg, (void)owner, (void)offset;
}

static void
ignore_change(void *arg)
{
	(void)arg;
}

static void
program(void *arg)
{
	static const struct driver_listener listener = {ignore_notification, ignore_change, NULL};
	struct pinning *p = arg;
	struct driver_process *driver;
	if (!worked(p, driver_open(p->process, &listener, &driver), "driver_open"))
		return;
	uint64_t address = umem_alloc(p->process->memory, (uint64_t)p->pages * UMEM_PAGE);
	cpu_settle();
	for (uint32_t i = 0; i < p->rounds && pin_and_unpin(p, driver, address); i++)
		continue;
	driver_close(driver);
}

static void
start(struct simulation *s)
{
	struct pinning *p = s->arg;
	p->simulation = s;
	p->process = process_new(&s->testbed->machine->hosts[0], "pinning");
	task_start(p->process, "pinning", false, program, p);
}

static void
measure(struct simulation *s, struct results *results)
{
	const struct pinning *p = s->arg;
	results_set(results, "pin_us", sim_to_us(p->pinning) / p->rounds);
	results_set(results, "unpin_us", sim_to_us(p->unpinning) / p->rounds);
}

static enum exit_code
run(const struct point *point, struct results *results, char **error)
{
	struct pinning p = {.pages = (uint32_t)point_number(point, "pages"),
	                    .rounds = (uint32_t)point_number(point, "rounds")};
	return simulate(point, results, start, measure, &p, error);
}

const struct workload pin = {
        .name = "pin",
        .doc = "a process has pages pinned by the driver, and unpinned again",
        .hosts = 1,
        .parameters =
                (const struct workload_parameter[]){
                        {"pages", "1", 1, 64, 0, NULL, "pages of a call"},
                        {"rounds", "10", 1, 100000, 0, NULL, "calls of each kind"},
                        SIMULATE_PARAMETERS,
                        {0},
                },
        .metrics =
                (const struct workload_metric[]){
                        {"pin_us", "from call to return of the call that pins, us"},
                        {"unpin_us", "from call to return of the call that unpins, us"},
                        {0},
                },
        .run = run,
};
