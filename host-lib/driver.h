/* The kernel's part of VMMC: what a process may not do by itself.
 *
 * One driver a host, at host->driver.  It owns the NIC's tables: which frames take deposits under which tag, which
 * remote pages a process may name, and the translation table of each process (translation.h).  It keeps the names of
 * exports, answers imports of other nodes over the Ethernet, pins pages, serves the NIC's interrupts, starts the NIC
 * again when it has stopped, and undoes everything when a process ends.
 *
 * A tag is 16 bits, new for each export of a host, and used again only when all others have been used since.
 *
 * Calls of a process are system calls: they cost what the platform says (host.system_call_us, host.pin_*_us,
 * host.unpin_*_us, host.tcp_*_us) and the bus time of the table entries that they write.  Everything is called by
 * tasks, but driver_interrupt() and driver_nic_reset(), from events too, and driver_start() and driver_stop(), from
 * outside the run.
 *
 * An oracle over the bus (hb_set_oracle) is always on: a deposit fails the run if it goes into a frame that nobody
 * exported and into no user buffer that is posted. */
#ifndef HOST_LIB_DRIVER_H
#define HOST_LIB_DRIVER_H

#include "host-lib/vmmc.h"
#include "nic-sim/machine.h"

struct lanai_image;

#define DRIVER_PROCESSES 4 /* processes a host for which the NIC's tables are divided, by default */

/* driver_start: puts a driver on every host that has a NIC, with `image` on its NIC, or over the memory NIC if it is
 * NULL.  The NIC's tables are divided among `processes` processes a host.  Written before the experiment, without
 * simulated cost; the firmware starts at the present date, and vmmc_open() waits until it is ready.  The image must
 * outlive driver_stop(). false and *error (g_free). */
bool driver_start(struct machine *m, const struct lanai_image *image, unsigned processes, char **error);
void driver_stop(struct machine *m);
/* The NIC's counts, by name; 0 for an unknown name. */
uint32_t driver_counter(const struct host *host, const char *name);
unsigned driver_counters(const struct host *host, struct vmmc_nic_counter *counters, unsigned max);

/* driver_interrupt: the NIC's interrupt line has risen. */
void driver_interrupt(struct host *host);
/* driver_nic_reset: the board has been reset (the NIC says so by nic_attach_reset()): its processor stands, and its
 * registers have forgotten everything.  The driver loads the firmware again; until a process has closed and opened
 * again, its calls return VMMC_EFIRMWARE. */
void driver_nic_reset(struct host *host);

/* System calls, for the library. --------------------------------------------------------------------------------------
 */

struct driver_process; /* a process that has opened the NIC */
struct driver_export;

/* What the driver tells a process, by a kernel task. */
struct driver_listener {
	/* notified: a deposit has come that asked for it; `owner` as given to driver_export(). */
	void (*notified)(void *arg, void *owner, uint32_t offset);
	/* changed: an import has lost its buffer, or the NIC has stopped. */
	void (*changed)(void *arg);
	void *arg;
};
enum vmmc_error driver_open(struct process *process, const struct driver_listener *listener,
                            struct driver_process **opened);
/* driver_close: drains the queue (for a bounded time), withdraws exports and imports, unpins. */
void driver_close(struct driver_process *p);
struct vmmc_nic_queue *driver_queue(const struct driver_process *p);
const struct vmmc_nic *driver_nic(const struct host *host);

/* driver_broken: the NIC has stopped since the process opened it.  Costs nothing. */
bool driver_broken(const struct driver_process *p);
/* driver_nic_died: the caller found the NIC dead: so it is for everybody. */
void driver_nic_died(struct driver_process *p);
/* driver_alive: asks the NIC for a sign of life; false: it is dead, and that is known now. */
bool driver_alive(struct driver_process *p);
/* driver_look: waits until the driver has heard what the NIC had to tell when the call began. */
void driver_look(struct driver_process *p);

enum vmmc_error driver_export(struct driver_process *p, uint64_t address, uint32_t length, uint32_t name, uint32_t node,
                              void *owner, struct driver_export **e);
void driver_unexport(struct driver_export *e);
/* driver_notify: shall deposits that ask for it be told?  EBUSY while something is posted. */
enum vmmc_error driver_notify(struct driver_export *e, bool on);
uint32_t driver_unused_name(struct driver_process *p);

/* An imported buffer: entries [first, first + pages) of the process' table.  `error` is no longer VMMC_OK when the
 * exporter has withdrawn it (VMMC_ESTALE) or its node is down (VMMC_EDOWN). */
struct driver_import {
	struct driver_import *next; /* the driver's */
	uint32_t node, length;
	unsigned first, pages;
	uint16_t tag;
	bool entered; /* in the table */
	enum vmmc_error error;
};
enum vmmc_error driver_import(struct driver_process *p, uint32_t node, uint32_t name, struct driver_import *import);
void driver_unimport(struct driver_process *p, struct driver_import *import);

/* driver_pin: pins n pages from page-aligned `address` on and enters them in the translation table; all or none.  Pins
 * of a page count.  ENOSPC: beyond vmmc.pin_limit_pages pages, or the host's memory is used up. */
enum vmmc_error driver_pin(struct driver_process *p, uint64_t address, unsigned n);
/* driver_unpin: on return the NIC uses those pages no more that nobody else has pinned.  Pages that are not pinned are
 * passed over. */
void driver_unpin(struct driver_process *p, uint64_t address, unsigned n);

/* driver_posted, driver_post_ended: for the oracle only, without cost: deposits into the user buffer of a post are in
 * order from its beginning until the NIC reports its end, or the process says so. */
void driver_posted(struct driver_process *p, unsigned slot, uint64_t user, uint32_t length);
void driver_post_ended(struct driver_process *p, unsigned slot);

#endif
