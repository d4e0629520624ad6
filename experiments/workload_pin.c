/* What it costs a process to have pages pinned and unpinned by the driver. */
#include "experiments/simulate.h"
#include "experiments/workload.h"
#include "host-lib/vmmc.h"

#include <glib.h>

#define NAME 1 /* of the export */

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

/* The driver pins the pages of an export, and unpins them when it is withdrawn. */
static bool
pin_and_unpin(struct pinning *p, struct vmmc *v, uint64_t address)
{
	struct vmmc_export *e;
	sim_time began = sim_now();
	if (!worked(p, vmmc_export(v, address, p->pages * UMEM_PAGE, NAME, VMMC_ANY_NODE, &e), "vmmc_export"))
		return false;
	cpu_settle();
	p->pinning += sim_now() - began;
	began = sim_now();
	vmmc_unexport(e);
	cpu_settle();
	p->unpinning += sim_now() - began;
	return true;
}

static void
program(void *arg)
{
	struct pinning *p = arg;
	struct vmmc *v;
	if (!worked(p, vmmc_open(p->process, &v), "vmmc_open"))
		return;
	uint64_t address = umem_alloc(p->process->memory, (uint64_t)p->pages * UMEM_PAGE);
	cpu_settle();
	for (uint32_t i = 0; i < p->rounds && pin_and_unpin(p, v, address); i++)
		continue;
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
        .doc = "a process has pages pinned by the driver, by exporting them, and unpinned again",
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
                        {"pin_us", "from call to return of an export, us"},
                        {"unpin_us", "from call to return of its withdrawal, us"},
                        {0},
                },
        .run = run,
};
