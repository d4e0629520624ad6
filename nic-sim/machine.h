/* The machine: hosts with CPUs, memory, I/O bus and NIC, joined by a fabric, as the platform describes them; and the
 * processes that run on them.
 *
 * Order of use: engine_init(), platform_load(), machine_new(), firmware (the driver of host-lib loads it),
 * process_new() and task_start() for every program, sim_run(), results, machine_free(). */
#ifndef NIC_SIM_MACHINE_H
#define NIC_SIM_MACHINE_H

#include "nic-sim/cpu.h"
#include "nic-sim/fabric.h"
#include "nic-sim/faults_timed.h"
#include "nic-sim/host_bus.h"
#include "nic-sim/nic.h"
#include "nic-sim/platform.h"
#include "nic-sim/umem.h"

struct machine;

/* What a NIC runs, as far as the layers above must know: who may open it. */
enum host_firmware { HOST_NO_FIRMWARE, HOST_VMMC, HOST_AM, HOST_RAW };

struct host {
	struct machine *machine;
	unsigned node;
	const char *name; /* in the platform */
	const struct params *params;
	struct cpu_set *cpus;
	struct host_bus *bus;
	struct nic *nic;             /* NULL: it has none */
	void *driver;                /* the kernel's state for the NIC: host-lib's */
	enum host_firmware firmware; /* whose driver that is */
	void *kernel;                /* the kernel's state for sockets: sockets' */
	unsigned next_pid;
	struct process *processes; /* all that ever were, newest first */
};

struct machine {
	const struct platform *platform;
	struct fabric *fabric;
	unsigned n_hosts;
	struct host *hosts;
	struct timed_faults *faults; /* the platform's; tests may add more */
};

/* machine_new: NULL and *error (g_free) if the fabric refuses the routes.  The platform must outlive the machine.
 * machine_free: after sim_run(); frees the processes, too. */
struct machine *machine_new(const struct platform *platform, bool allow_deadlock, char **error);
void machine_free(struct machine *m);
/* machine_faults: everything that was injected so far. */
struct fault_counts machine_faults(const struct machine *m);
/* machine_utilisations: calls each() with every resource and its utilisation over [0, sim_now()], 0..1, host by host:
 * CPU (without spinning), PIO (of the I/O bus), and, with a NIC, LANai (when not in an idle loop), host DMA, send and
 * receive engine; then the busiest channel.  The names ("pc-0 CPU", "pc-1 NIC host DMA", "channel myrinet_link_0_UP")
 * are valid during the call. */
void machine_utilisations(const struct machine *m, void (*each)(void *arg, const char *name, double utilisation),
                          void *arg);
/* machine_saturated: the busiest of these; the name is valid until the next call. */
const char *machine_saturated(const struct machine *m, double *utilisation);

/* A process: an address space, and what higher layers hang on it.  Layers register what they must undo when it ends.
 * It ends when the body of its last task (task_start in cpu.h, daemons included) returns: hooks run and `memory` is
 * released and becomes NULL (who wants to look at it later holds a umem_ref() of his own).  The structure itself lives
 * as long as the machine. */
struct process {
	struct host *host;
	struct process *next;   /* in host->processes */
	struct process *parent; /* NULL: of nobody */
	struct process *first;  /* of those that share its memory: itself, unless it was spawned */
	unsigned pid;           /* 1, 2, ... on its host */
	char *name;
	struct umem_space *memory;
	void *nic_queue;   /* host-lib: struct vmmc */
	void *descriptors; /* sockets: descriptor table */
	unsigned n_tasks;
	bool exiting, ended, awaited; /* ended: hooks have run; awaited: somebody has been told so */
	struct task *waiting;         /* for its end; NULL: nobody */
	struct process_hook *hooks;
	/* of the first one */
	unsigned sharers, residents; /* processes in its memory that are not exiting; that have tasks, or none yet */
	struct process_hook *last_hooks;
};
struct process_hook {
	struct process_hook *next;
	void (*exit)(struct process *p, void *arg);
	void *arg;
};
struct process *process_new(struct host *host, const char *name);
/* process_spawn: a child of `parent`, in the same memory (as clone(2) makes one with CLONE_VM), with tasks and hooks of
 * its own; NULL if the parent is exiting.  What belongs to the memory (the NIC's queue) hangs on process->first and is
 * undone when the last process in it ends; until then `memory` of the first stays, too. */
struct process *process_spawn(struct process *parent, const char *name);
/* process_await: waits until `child` has ended and its hooks have run; one task at a time. */
void process_await(struct process *child);
/* process_at_exit: exit(p, arg) runs once, last registered first, in the context of the task that calls process_exit()
 * or whose body returns as the last one; it may block. */
void process_at_exit(struct process *p, void (*exit)(struct process *p, void *arg), void *arg);
/* process_at_last_exit: the same when the last process in p's memory ends; exit() is given the first one. */
void process_at_last_exit(struct process *p, void (*exit)(struct process *first, void *arg), void *arg);
/* process_exit: runs the hooks now and marks the process as exiting.  It returns, and stops nobody: the caller returns
 * from its body, the other tasks find out by what the hooks closed. No effect on a process that is exiting. */
void process_exit(struct process *p);
/* process_free: for machine_free(). */
void process_free(struct process *p);

#endif
