/* The driver's own structures, shared by driver.c (its life, processes), driver_pages.c (pins, translation, oracle),
 * driver_exports.c, driver_ethernet.c (imports) and driver_interrupt.c (news of the NIC). */
#ifndef HOST_LIB_DRIVER_STATE_H
#define HOST_LIB_DRIVER_STATE_H

#include "host-lib/arrival.h"
#include "host-lib/driver.h"
#include "host-lib/nic_service.h"
#include "host-lib/translation.h"

#include <glib.h>

#define DRIVER_POSTS 16 /* at least capabilities.posts */

struct driver {
	struct host *host;
	struct vmmc_nic *nic;
	GHashTable *exports; /* name -> struct driver_export */
	GHashTable *tags;    /* those of living exports */
	uint16_t last_tag;
	uint32_t last_name;
	bool *deposits;                  /* by frame: may hardware write anywhere there?  For the oracle. */
	struct driver_export **exported; /* by frame: of what it is a page */
	unsigned n_frames;
	struct driver_process *processes;
	struct task *server; /* answers other drivers */
	GQueue coming;       /* struct message on the Ethernet to here */
	GQueue inbox;        /* struct message, in order of arrival */

	struct nic_service service;
	uint64_t looks;  /* wanted so far */
	uint64_t looked; /* of these, answered */
	bool dead;       /* the NIC has stopped and was not started again yet */
	bool stopping;   /* it is being stopped */
	unsigned deaths; /* so far */
	bool lost;       /* and cannot be */
	GQueue watchers; /* tasks that wait for `looked` or `dead` to change */

	struct arrival_watch *watches; /* of tasks that wait for messages */
	struct arrival_counts arrivals;
};

/* Why a page is pinned. */
enum driver_pin { DRIVER_PIN_USER, DRIVER_PIN_EXPORT, DRIVER_PIN_MISS, DRIVER_N_PINS };

struct driver_page {
	uint32_t page, frame;
	unsigned pins[DRIVER_N_PINS];
};

struct driver_process {
	struct driver_process *next;
	struct driver *driver;
	struct process *process;
	struct driver_listener listener;
	struct vmmc_nic_queue *queue;
	struct vmmc_page status;
	struct translation *table;
	GHashTable *pages;                /* page number -> struct driver_page */
	unsigned n_pinned[DRIVER_N_PINS]; /* pages that have such a pin */
	GQueue missed;                    /* page numbers pinned for misses, oldest first */
	struct driver_export *exports;
	struct driver_import *imports;
	bool *out_used;    /* entries of the table of imported pages */
	bool broken;       /* the NIC has stopped since */
	bool changed;      /* it must be told */
	bool closing;      /* the interrupt service leaves it alone */
	unsigned served;   /* the interrupt service is at work for it */
	sim_time watchdog; /* as the NIC has been told */
	struct driver_post {
		uint64_t user;
		uint32_t length;  /* 0: not posted */
		uint32_t *frames; /* under it */
	} posts[DRIVER_POSTS];
};

struct driver_export {
	struct driver_export *next;
	struct driver_process *owner;
	void *library; /* whose it is in the process */
	uint64_t address;
	uint32_t length, name, node;
	uint16_t tag;
	bool notify;
	uint64_t importers; /* a bit for each node that imported it */
	unsigned n_pages;
	struct vmmc_page *pages;
};

static inline struct driver *
driver_of(const struct host *host)
{
	return host->driver;
}

/* driver.c */
void driver_system_call(const struct driver *d);
enum vmmc_error driver_error(struct driver_process *p, enum vmmc_nic_result result);

/* driver_pages.c */
/* driver_pages_take: pins for one reason more; no cost. */
enum vmmc_error driver_pages_take(struct driver_process *p, enum driver_pin why, uint32_t page, unsigned n);
/* driver_pages_leave: takes one such pin away and clears what nobody has pinned any more from the table.  The pages
 * are given back by driver_pages_unpin(), after the NIC has been told to forget them. */
GArray *driver_pages_leave(struct driver_process *p, enum driver_pin why, uint32_t page, unsigned n);
void driver_pages_forget(struct driver_process *p, const GArray *pages);
void driver_pages_unpin(struct driver_process *p, GArray *pages); /* frees the array */
void driver_pages_end(struct driver_process *p);                  /* all of a process whose queue is closed */
bool driver_deposit_allowed(void *driver, unsigned frame, uint32_t offset, uint32_t bytes); /* the oracle */
void driver_allow(struct driver *d, const struct vmmc_page *pages, unsigned n, bool allowed);

/* driver_exports.c */
void driver_exports_close(struct driver_process *p); /* takes every permission away */
void driver_exports_end(struct driver_process *p);   /* after the queue is closed */

/* driver_ethernet.c: the server's life, and news of a withdrawn export to those who imported it. */
void driver_ethernet_start(struct driver *d);
void driver_ethernet_stop(struct driver *d);
void driver_revoke(struct driver *d, const struct driver_export *e);

/* driver_interrupt.c */
void driver_tell_changes(struct driver *d); /* to the processes that have something to learn; for kernel tasks */
void driver_interrupts_start(struct driver *d);
void driver_wait_restart(struct driver *d);          /* of a dead NIC */
void driver_close_service(struct driver_process *p); /* on return it leaves this process alone */

#endif
