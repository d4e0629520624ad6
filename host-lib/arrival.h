/* The kernel's part of waiting: which tasks are to be woken when something arrives in which pages.
 *
 * A task arms a watch over memory ranges: the exported pages of its process that they touch.  The NIC tells of each
 * deposit into a watched page, once it is in memory; the driver's service then switches the pages off and wakes the
 * task.  What in the ranges is not exported is not watched: who writes there pokes the task.  docs/waiting.md has the
 * steps and what each costs. */
#ifndef HOST_LIB_ARRIVAL_H
#define HOST_LIB_ARRIVAL_H

#include "host-lib/driver.h"

/* arrival_arm: a system call.  On its return what arrives in the ranges from then on wakes the running task (cpu_wake),
 * once; with `after`, only if arrival_picked_up(), which must follow, has not been called that much later, and then the
 * task also gets priority over others until it arms again.  `by_signal`: woken at host.signal_us more.  A watch that is
 * on, over the same pages, stays and costs nothing. */
void arrival_arm(struct driver_process *p, const struct umem_range *ranges, unsigned n, sim_time after, bool by_signal);
/* arrival_disarm: the running task is not woken any more. By the kernel, or at the end of the system call that armed.
 */
void arrival_disarm(struct driver_process *p);
/* arrival_picked_up: for tasks that armed with `after`: the process has found what it waited for, or waits no longer.
 * A bus write, as arming is then, beside the system call that the first one is. */
void arrival_picked_up(struct driver_process *p);

struct arrival_counts {
	uint64_t notes; /* arrivals that the NIC told of */
	uint64_t woken; /* tasks woken for them */
};
struct arrival_counts arrival_counts(const struct host *host);

/* Bus accesses of one blocked wait for one page, by the LANai's driver, beside the reads for nodes that are down:
 * switched on and off, two writes each, and the interrupt acknowledged; ready, notified, the note read. */
#define ARRIVAL_WRITES 5u
#define ARRIVAL_READS  3u

/* For the driver. */
struct driver;
struct arrival_watch;
void arrival_came(struct driver *d, uint32_t bus_address);
void arrival_all_came(struct driver *d);    /* the NIC could not remember which */
void arrival_end(struct driver_process *p); /* of a process: before its queue is closed */
void arrival_reset(struct driver *d);       /* the NIC has forgotten everything: so has the driver */

#endif
