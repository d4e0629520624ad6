/* The kernel's part of VMMC: what a process may not do by itself.
 *
 * One driver a host, at host->driver.  It owns the NIC's tables: which frames take deposits under which tag, which
 * remote pages and which of its own pages a process may name.  It keeps the names of exports, answers imports of other
 * nodes over the Ethernet, pins pages, and undoes everything when a process ends.
 *
 * A tag is 16 bits, new for each export of a host, and used again only when all others have been used since.
 *
 * Calls of a process are system calls: they cost what the platform says (host.system_call_us, host.pin_*_us,
 * host.tcp_*_us) and the bus time of the table entries that they write.  Everything is called by tasks; driver_start()
 * and driver_stop() from outside the run.
 *
 * An oracle over the bus (hb_set_oracle) is always on: a deposit into a frame that nobody exported fails the run. */
#ifndef HOST_LIB_DRIVER_H
#define HOST_LIB_DRIVER_H

#include "host-lib/vmmc.h"
#include "nic-sim/machine.h"

struct lanai_image;

#define DRIVER_PROCESSES 4 /* processes a host for which the NIC's tables are divided, by default */

/* driver_start: puts a driver on every host, with `image` on its NIC, or over the memory NIC if it is NULL.  The NIC's
 * tables are divided among `processes` processes a host.  Written before the experiment, without simulated cost; the
 * firmware starts at the present date, and vmmc_open() waits until it is ready.  false and *error (g_free). */
bool driver_start(struct machine *m, const struct lanai_image *image, unsigned processes, char **error);
void driver_stop(struct machine *m);
/* The NIC's counts, by name; 0 for an unknown name. */
uint32_t driver_counter(const struct host *host, const char *name);
unsigned driver_counters(const struct host *host, struct vmmc_nic_counter *counters, unsigned max);

/* System calls, for vmmc.c. -------------------------------------------------------------------------------------------
 */

struct driver_process; /* a process that has opened the NIC */
struct driver_export;

enum vmmc_error driver_open(struct process *process, struct driver_process **opened);
/* driver_close: drains the queue (for a bounded time), withdraws exports and imports, unpins. */
void driver_close(struct driver_process *p);
struct vmmc_nic_queue *driver_queue(const struct driver_process *p);
const struct vmmc_nic *driver_nic(const struct host *host);

enum vmmc_error driver_export(struct driver_process *p, uint64_t address, uint32_t length, uint32_t name, uint32_t node,
                              struct driver_export **e);
void driver_unexport(struct driver_export *e);
uint32_t driver_unused_name(struct driver_process *p);

/* An imported buffer: entries [first, first + pages) of the process' table.  `stale` is set when the exporter has
 * withdrawn it. */
struct driver_import {
	struct driver_import *next; /* the driver's */
	uint32_t node, length;
	unsigned first, pages;
	uint16_t tag;
	bool stale;
};
enum vmmc_error driver_import(struct driver_process *p, uint32_t node, uint32_t name, struct driver_import *import);
void driver_unimport(struct driver_process *p, struct driver_import *import);

/* driver_pin: pins `n` pages from page-aligned `address` on as source entries first.. of the process.  What those
 * entries held is unpinned; the caller knows that no request uses it any more. */
enum vmmc_error driver_pin(struct driver_process *p, uint64_t address, unsigned n, unsigned first);

#endif
