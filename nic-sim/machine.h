/* The machine: hosts with CPUs, memory, I/O bus and NIC, joined by a fabric, as the platform describes them; and the
 * processes that run on them.
 *
 * Order of use: engine_init(), platform_load(), machine_new(), firmware (the driver of host-lib loads it), process_new() and
 * task_start() for every program, sim_run(), results, machine_free(). */
#ifndef NIC_SIM_MACHINE_H
#define NIC_SIM_MACHINE_H

#include "nic-sim/cpu.h"
#include "nic-sim/fabric.h"
#include "nic-sim/host_bus.h"
#include "nic-sim/nic.h"
#include "nic-sim/platform.h"
#include "nic-sim/umem.h"

struct machine;

struct host {
	struct machine *machine;
	unsigned node;
	const char *name; /* in the platform */
	const struct params *params;
	struct cpu_set *cpus;
	struct host_bus *bus;
	struct nic *nic;
	void *driver; /* the kernel's state for the NIC: host-lib's */
	void *kernel; /* the kernel's state for sockets: sockets' */
	unsigned next_pid;
};

struct machine {
	const struct platform *platform;
	struct fabric *fabric;
	unsigned n_hosts;
	struct host *hosts;
};

/* machine_new: NULL and *error (g_free) if the fabric refuses the routes. */
struct machine *machine_new(const struct platform *platform, bool allow_deadlock, char **error);
void machine_free(struct machine *m);
/* machine_saturated: which resource was busiest over [0, sim_now()], and its utilisation 0..1 ("host pc-0 CPU", "nic 1 host DMA",
 * "channel myrinet_link_0_UP", "LANai 0"...). */
const char *machine_saturated(const struct machine *m, double *utilisation);

/* A process: an address space, and what higher layers hang on it.  Layers register what they must undo when it ends. */
struct process {
	struct host *host;
	unsigned pid; /* 1, 2, ... on its host */
	char *name;
	struct umem_space *memory;
	void *nic_queue;   /* host-lib: struct vmmc */
	void *descriptors; /* sockets: descriptor table */
	unsigned n_tasks;
	bool exiting;
	struct process_hook *hooks;
};
struct process_hook {
	struct process_hook *next;
	void (*exit)(struct process *p, void *arg);
	void *arg;
};
struct process *process_new(struct host *host, const char *name);
/* process_at_exit: exit(p, arg) runs, last registered first, in the context of the last task when process_exit() is called or the
 * last task's body returns. */
void process_at_exit(struct process *p, void (*exit)(struct process *p, void *arg), void *arg);
void process_exit(struct process *p);

#endif
