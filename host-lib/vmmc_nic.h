/* Between the VMMC library and the kind of NIC under it.
 *
 * One file for each NIC: nic_lanai.c (vmmc firmware), nic_memory.c (no hardware: deposits copy memory after a fixed
 * delay; for tests of what stands above), later SHRIMP's.  The library above does names, permissions, pinning, page
 * tables by index, flow of calls; the NIC does queues, table entries, transfers.  It was checked on paper against
 * SHRIMP: deliberate update is `send` with largest_piece = a page and no queue (send returns VMMC_NIC_BUSY while the
 * engine runs); automatic update is `bind`, with stores through hb_store(); neither redirects nor retransmits.
 *
 * Table entries are written by the driver (trusted); `send` and `completed` are what a process may do by itself.  The
 * caller keeps every page that it names pinned until it has cleared the entry and called quiesce() or forget().
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
	uint32_t posts;         /* redirections a process can have posted at once; 0: none */
	uint32_t post_max;      /* bytes of one */
	uint32_t frames;        /* host frames below this number can take deposits */
	uint32_t processes;     /* queues */
};

enum vmmc_nic_result { VMMC_NIC_OK, VMMC_NIC_BUSY, VMMC_NIC_FULL, VMMC_NIC_DEAD };

struct vmmc_nic_queue; /* one a process */
struct translation;    /* host-lib/translation.h */

/* How a post ended: firmware/vmmc/abi.h, struct vmmc_post_status. */
enum vmmc_post_result {
	VMMC_POSTED,
	VMMC_POST_IS_FULL,
	VMMC_POST_WAS_CANCELLED,
	VMMC_POST_WAS_REVOKED,
	VMMC_POST_WAS_REFUSED
};
struct vmmc_post_end {
	uint32_t serial; /* 0: none has ended in this slot */
	enum vmmc_post_result result;
	uint32_t first, taken;
};

/* What an interrupt of the NIC is about. */
#define VMMC_NEWS_NOTES   32
#define VMMC_NEWS_PAGES   32 /* pages of a miss, at most */
#define VMMC_NEWS_ARRIVAL 1u /* in a note: addresses are multiples of 4 */
struct vmmc_nic_news {
	uint32_t note[VMMC_NEWS_NOTES]; /* bus addresses of notified deposits, or, with VMMC_NEWS_ARRIVAL, of deposits
	                                 * into watched pages; oldest first */
	unsigned n_notes;
	bool notes_lost; /* there were more: assume that every page was notified */
	uint64_t down;   /* a bit for each node that is down */
	bool missed;     /* a translation is wanted: */
	struct {
		struct vmmc_nic_queue *queue;
		uint32_t page; /* address / 4096 */
		unsigned count;
	} miss;
};

/* A pinned page of a process: the frame under it, and whose it is. */
struct vmmc_page {
	unsigned frame;
	struct umem_space *space;
	uint64_t address;
};

struct vmmc_request {
	uint32_t out_page, out_offset; /* imported page (index in the process' table) and offset in it */
	uint32_t source; /* long sends: simulated address in the process; its pages are in the translation table */
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
	/* open: waits until the NIC works; `status` is a page of the process where the NIC may write what it has done,
	 * `table` the process' translation table, which outlives the queue.  VMMC_NIC_FULL: no queue left. */
	enum vmmc_nic_result (*open)(struct vmmc_nic *nic, struct process *p, const struct vmmc_page *status,
	                             struct translation *table, struct vmmc_nic_queue **queue);
	/* drain: waits, for a bounded time, until the data of all requests have left host memory; DEAD if they do not.
	 */
	enum vmmc_nic_result (*drain)(struct vmmc_nic_queue *queue);
	/* close: nothing touches the process' memory on behalf of this queue any more; the queue is freed. */
	void (*close)(struct vmmc_nic_queue *queue);
	/* allow_in: deposits into these pages, exported by the owner of `queue`, carrying `tag` are allowed from now on
	 * (tag 0: none are).  Not while one of them is posted, but to take the permission away. */
	void (*allow_in)(struct vmmc_nic_queue *queue, const struct vmmc_page *pages, unsigned n, uint16_t tag,
	                 bool notify);
	/* quiesce: waits until every deposit that was checked before allow_in(..., 0) is over.  DEAD, after a bounded
	 * time: the NIC does nothing any more; so this also tells whether it lives. */
	enum vmmc_nic_result (*quiesce)(struct vmmc_nic *nic);
	/* map_out: entries first.. of the process' table: n pages of `node` at these bus addresses; NULL clears them.
	 */
	void (*map_out)(struct vmmc_nic_queue *queue, unsigned first, unsigned n, uint32_t node,
	                const uint32_t *bus_addresses, uint16_t tag);
	/* forget: these pages (page-aligned address) have left the translation table: on return nothing in the NIC uses
	 * them any more, and posts that did have ended as revoked.  DEAD: the NIC has stopped, which is as good. */
	enum vmmc_nic_result (*forget)(struct vmmc_nic_queue *queue, uint64_t address, unsigned n);
	/* send: on VMMC_NIC_OK *ticket numbers the request (1, 2, ...). */
	enum vmmc_nic_result (*send)(struct vmmc_nic_queue *queue, const struct vmmc_request *request,
	                             uint64_t *ticket);
	/* post, cancel: docs/redirection.md; `slot` < capabilities.posts, its last post has ended. BUSY, DEAD as send.
	 */
	enum vmmc_nic_result (*post)(struct vmmc_nic_queue *queue, unsigned slot, uint32_t serial,
	                             uint64_t default_buffer, uint64_t user_buffer, uint32_t length);
	enum vmmc_nic_result (*cancel)(struct vmmc_nic_queue *queue, unsigned slot);
	/* post_status: what the NIC has last told about this slot (looks at memory only); `watch` is where it shows. */
	struct vmmc_post_end (*post_status)(struct vmmc_nic_queue *queue, unsigned slot);
	void (*post_range)(struct vmmc_nic_queue *queue, unsigned slot, struct umem_range *watch);
	/* failed: requests of this queue that the NIC has refused so far, and where that shows. */
	uint32_t (*failed)(struct vmmc_nic_queue *queue);
	/* completed: the last ticket whose data have left host memory, among those that asked; `watch` is where that
	 * shows. */
	uint64_t (*completed)(struct vmmc_nic_queue *queue);
	void (*completion_range)(struct vmmc_nic_queue *queue, struct umem_range *watch);
	/* wait_room: returns when send may succeed again (OK), or if the NIC has stopped working (DEAD). */
	enum vmmc_nic_result (*wait_room)(struct vmmc_nic_queue *queue);
	/* bind: local page -> imported page, automatic update; NULL where capabilities.automatic_update is false. */
	enum vmmc_nic_result (*bind)(struct vmmc_nic_queue *queue, uint64_t address, unsigned index, bool on);
	/* interrupt: for the driver's handler, by a task: acknowledges, and says what for; DEAD: the NIC has stopped.
	 */
	enum vmmc_nic_result (*interrupt)(struct vmmc_nic *nic, struct vmmc_nic_news *news);
	/* watch: from its return on, the end of each deposit into one of these frames is told (news.note); off: not any
	 * more, but for what was told already.  By a kernel task or a system call. */
	void (*watch)(struct vmmc_nic *nic, const unsigned *frames, unsigned n, bool on);
	/* watchdog: of arrivals in the watched pages of this queue's process only those are told that the process has
	 * not picked up `after` later; 0: all.  waiting: a wait of the process begins, after which it looks at memory,
	 * or is over; one store by the process. */
	void (*watchdog)(struct vmmc_nic_queue *queue, sim_time after);
	void (*waiting)(struct vmmc_nic_queue *queue, bool begins);
	/* install: the answer to a miss: n entries (0: not to be had) from the missed page on. */
	void (*install)(struct vmmc_nic *nic, const uint32_t *entries, unsigned n);
	/* peer_up: what relied on the old link to this node is withdrawn. */
	void (*peer_up)(struct vmmc_nic *nic, uint32_t node);
	/* stop: on return the NIC touches no host memory any more; every operation on its queues is DEAD. */
	void (*stop)(struct vmmc_nic *nic);
	/* restart: of a NIC that was stopped, or reset by the board: loads the firmware again, in the time that this
	 * takes. Queues of before stay DEAD, but have to be closed. */
	bool (*restart)(struct vmmc_nic *nic, char **error);
	/* counters: fills at most max of them, without simulated cost, and returns how many there are. */
	unsigned (*counters)(struct vmmc_nic *nic, struct vmmc_nic_counter *counters, unsigned max);
};

/* The kinds.  Both are for driver_start(), and call driver_interrupt() (driver.h) when there is news. */
struct vmmc_nic *nic_memory_new(struct host *host, unsigned processes);
/* nic_lanai_new: loads the firmware, fills its tables and starts it; NULL and *error (g_free) if that cannot be.  The
 * image is used again by restart. */
struct vmmc_nic *nic_lanai_new(struct host *host, const struct lanai_image *image, unsigned processes, char **error);

#endif
