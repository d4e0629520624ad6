/* Between the VMMC library and the kind of NIC under it.
 *
 * One file for each NIC: nic_lanai.c (vmmc firmware), nic_memory.c (no hardware: deposits copy memory after a fixed delay; for tests of what
 * stands above), later SHRIMP's.  The library above does names, permissions, pinning, page tables by index, flow of calls; the NIC does
 * queues, table entries, transfers.  It was checked on paper against SHRIMP: deliberate update is `send` with
 * largest_piece = a page and no queue (send returns VMMC_NIC_BUSY while the engine runs); automatic update is `bind`, with
 * stores through hb_store(); neither redirects nor retransmits.
 *
 * table entries are written by the driver (trusted); `send` is what a process may do by itself. */
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
	uint32_t alignment;     /* of addresses, offsets and lengths */
	uint32_t out_pages;     /* imported pages a process can hold at once */
	uint32_t source_pages;  /* source pages a process can have translated at once */
};

enum vmmc_nic_result { VMMC_NIC_OK, VMMC_NIC_BUSY, VMMC_NIC_FULL, VMMC_NIC_DEAD };

struct vmmc_nic;       /* one a host */
struct vmmc_nic_queue; /* one a process */

struct vmmc_request {
	uint32_t out_page, out_offset; /* imported page (index in the process' table) and offset in it; may run over several pages */
	uint32_t source_page, source_offset; /* long sends: the same for translated source pages */
	const uint32_t *inline_words;  /* short sends: host-order words as they will stand in memory, big-endian view; else NULL */
	uint32_t length;               /* bytes */
	bool complete;                 /* report completion (long sends) */
	bool notify;
	uint32_t trace_id;
};

struct vmmc_nic_ops {
	const char *name;
	/* All calls that take bus time block the calling task. */
	void (*capabilities)(struct vmmc_nic *nic, struct vmmc_capabilities *out);
	enum vmmc_nic_result (*open)(struct vmmc_nic *nic, struct process *p, struct vmmc_nic_queue **queue);
	void (*close)(struct vmmc_nic_queue *queue);
	/* allow_in: deposits into the frame carrying `tag` are allowed from now on (tag 0: none are). */
	void (*allow_in)(struct vmmc_nic *nic, unsigned frame, uint16_t tag, bool notify);
	/* map_out / map_source: entry `index` of the process' table; node == UINT32_MAX / frame == -1 clears it. */
	void (*map_out)(struct vmmc_nic_queue *queue, unsigned index, uint32_t node, uint32_t bus_address, uint16_t tag);
	void (*map_source)(struct vmmc_nic_queue *queue, unsigned index, int frame);
	/* send: on VMMC_NIC_OK *ticket numbers the request (1, 2, ...). */
	enum vmmc_nic_result (*send)(struct vmmc_nic_queue *queue, const struct vmmc_request *request, uint64_t *ticket);
	/* completed: the last ticket whose data have left host memory, among those that asked; `watch` is where that shows. */
	uint64_t (*completed)(struct vmmc_nic_queue *queue);
	void (*completion_range)(struct vmmc_nic_queue *queue, struct umem_range *watch);
	/* wait_room: returns when send may succeed again. */
	void (*wait_room)(struct vmmc_nic_queue *queue);
	/* bind: local page -> imported page, automatic update; NULL where capabilities.automatic_update is false. */
	enum vmmc_nic_result (*bind)(struct vmmc_nic_queue *queue, uint64_t address, unsigned index, bool on);
};

struct vmmc_nic {
	const struct vmmc_nic_ops *ops;
	struct host *host;
};

#endif
