/* The driver's own structures, shared by driver.c (processes, exports, pages) and driver_ethernet.c (imports). */
#ifndef HOST_LIB_DRIVER_STATE_H
#define HOST_LIB_DRIVER_STATE_H

#include "host-lib/driver.h"

#include <glib.h>

struct driver {
	struct host *host;
	struct vmmc_nic *nic;
	GHashTable *exports; /* name -> struct driver_export */
	GHashTable *tags;    /* those of living exports */
	uint16_t last_tag;
	uint32_t last_name;
	bool *deposits; /* by frame: may hardware write there?  For the oracle. */
	unsigned n_frames;
	struct driver_process *processes;
	struct task *server; /* answers other drivers */
	GQueue coming;       /* struct message on the Ethernet to here */
	GQueue inbox;        /* struct message, in order of arrival */
};

struct driver_process {
	struct driver_process *next;
	struct driver *driver;
	struct process *process;
	struct vmmc_nic_queue *queue;
	struct vmmc_page status;
	struct driver_export *exports;
	struct driver_import *imports;
	bool *out_used;            /* entries of the table of imported pages */
	struct vmmc_page *sources; /* entries of the table of source pages; space NULL = free */
};

struct driver_export {
	struct driver_export *next;
	struct driver_process *owner;
	uint64_t address;
	uint32_t length, name, node;
	uint16_t tag;
	uint64_t importers; /* a bit for each node that imported it */
	unsigned n_pages;
	struct vmmc_page *pages;
};

static inline struct driver *
driver_of(const struct host *host)
{
	return host->driver;
}

/* driver_ethernet.c: the server's life, and news of a withdrawn export to those who imported it. */
void driver_ethernet_start(struct driver *d);
void driver_ethernet_stop(struct driver *d);
void driver_revoke(struct driver *d, const struct driver_export *e);

#endif
