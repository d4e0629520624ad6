/* Between the VMMC library and the kind of NIC under it.
 *
 * One file for each NIC: nic_lanai.c (vmmc firmware), nic_memory.c (no hardware: deposits copy memory after a fixed
 * delay; for tests of what stands above), later SHRIMP's.  The library above does names, permissions, pinning, page
 * tables by index, flow of calls; the NIC does queues, table entries, transfers.  It was checked on paper against
 * SHRIMP: deliberate update is `send` with largest_piece = a page and no queue (send returns VMMC_NIC_BUSY while the
 * engine runs); automatic update is `bind`, with stores through hb_store(); neither redirects nor retransmits.
 *
 * Table entries are written by the driver (trusted); `send` and `completed` are what a process may do by itself.  The
 * caller keeps every page that it names pinned until it has cleared the entry and, for incoming ones, called quiesce().
 * Calls that take bus time block the calling task. */
#ifndef HOST_LIB_VMMC_NIC_H
#define HOST_LIB_VMMC_NIC_H

#include "nic-sim/machine.h"

struct vmmc_capabilities {
	bool redirection;       /* transfer redirection */
	bool reliable;          /* retransmits by itself */
	bool automatic_update;  /* bound pages propagate stores */
	bool notification;      /* can interrupt on arrival */
	uint32_t short_max;     /* bytes that a send may carry inline; 0: none */
	uint32_t largest_piece; /* bytes of one send call to the NIC */
	uint32_t alignment;     /* of addresses, offsets and lengths; a power of two */
	uint32_t out_pages;     /* imported pages a process can hold at once */
	uint32_t source_pages;  /* source pages a process can have translated at once */
	uint32_t frames;        /* host frames below this number can take deposits */
	uint32_t processes;     /* queues */
};

enum vmmc_nic_result { VMMC_NIC_OK, VMMC_NIC_BUSY, VMMC_NIC_FULL, VMMC_NIC_DEAD };

struct vmmc_nic_queue; /* one a process */

/* A pinned page of a process: the frame under it, and whose it is. */
struct vmmc_page {
	unsigned frame;
	struct umem_space *space;
	uint64_t address;
};

struct vmmc_request {
	uint32_t out_page, out_offset;       /* imported page (index in the process' table) and offset in it */
	uint32_t source_page, source_offset; /* long sends: the same for translated source pages */
	const uint32_t *inline_words; /* short sends: the words as numbers, first byte in memory highest; else NULL */
	uint32_t length;              /* bytes; a long send may run over several pages, a short one stays in a page */
	bool complete;                /* report completion (long sends) */
	bool notify;
	uint32_t trace_id;
};

/* A count that the NIC keeps, by name; "deposits" and "drop_protection" (refused deposits) are kept by every NIC. */
struct vmmc_nic_counter {
	const char *name;
	uint32_t value;
};

struct vmmc_nic {
	const struct vmmc_nic_ops *ops;
	struct host *host;
	struct vmmc_capabilities capabilities;
};

struct vmmc_nic_ops {
	const char *name;
	void (*free)(struct vmmc_nic *nic);
	/* open: waits until the NIC works; `status` is a page of the process where the NIC may write what it has done.
	 * VMMC_NIC_FULL: no queue left. */
	enum vmmc_nic_result (*open)(struct vmmc_nic *nic, struct process *p, const struct vmmc_page *status,
	                             struct vmmc_nic_queue **queue);
	/* drain: waits, for a bounded time, until the data of all requests have left host memory; DEAD if they do not.
	 */
	enum vmmc_nic_result (*drain)(struct vmmc_nic_queue *queue);
	/* close: nothing touches the process' memory on behalf of this queue any more; the queue is freed. */
	void (*close)(struct vmmc_nic_queue *queue);
	/* allow_in: deposits into these pages carrying `tag` are allowed from now on (tag 0: none are). */
	void (*allow_in)(struct vmmc_nic *nic, const struct vmmc_page *pages, unsigned n, uint16_t tag, bool notify);
	/* quiesce: waits until every deposit that was checked before allow_in(..., 0) is over. */
	void (*quiesce)(struct vmmc_nic *nic);
	/* map_out: entries first.. of the process' table: n pages of `node` at these bus addresses; NULL clears them.
	 */
	void (*map_out)(struct vmmc_nic_queue *queue, unsigned first, unsigned n, uint32_t node,
	                const uint32_t *bus_addresses, uint16_t tag);
	/* map_source: the same for pages of the process itself; NULL clears them. */
	void (*map_source)(struct vmmc_nic_queue *queue, unsigned first, unsigned n, const struct vmmc_page *pages);
	/* send: on VMMC_NIC_OK *ticket numbers the request (1, 2, ...). */
	enum vmmc_nic_result (*send)(struct vmmc_nic_queue *queue, const struct vmmc_request *request,
	                             uint64_t *ticket);
	/* completed: the last ticket whose data have left host memory, among those that asked; `watch` is where that
	 * shows. */
	uint64_t (*completed)(struct vmmc_nic_queue *queue);
	void (*completion_range)(struct vmmc_nic_queue *queue, struct umem_range *watch);
	/* wait_room: returns when send may succeed again (OK), or if the NIC has stopped working (DEAD). */
	enum vmmc_nic_result (*wait_room)(struct vmmc_nic_queue *queue);
	/* bind: local page -> imported page, automatic update; NULL where capabilities.automatic_update is false. */
	enum vmmc_nic_result (*bind)(struct vmmc_nic_queue *queue, uint64_t address, unsigned index, bool on);
	/* counters: fills at most max of them, without simulated cost, and returns how many there are. */
	unsigned (*counters)(struct vmmc_nic *nic, struct vmmc_nic_counter *counters, unsigned max);
};

/* The kinds.  Both are for driver_start(). */
struct vmmc_nic *nic_memory_new(struct host *host, unsigned processes);
/* nic_lanai_new: loads the firmware, fills its tables and starts it; NULL and *error (g_free) if that cannot be. */
struct vmmc_nic *nic_lanai_new(struct host *host, const struct lanai_image *image, unsigned processes, char **error);

#endif
