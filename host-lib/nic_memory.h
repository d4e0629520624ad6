/* Shared by nic_memory.c (queues, requests, tables) and nic_memory_post.c (redirection). */
#ifndef HOST_LIB_NIC_MEMORY_H
#define HOST_LIB_NIC_MEMORY_H

#include "host-lib/vmmc_nic.h"

#include <glib.h>

#define MEMORY_SHORT_MAX  128 /* bytes */
#define MEMORY_FRAMES     8192
#define MEMORY_POSTS      4
#define MEMORY_POST_MAX   65536
#define MEMORY_POST_PAGES (MEMORY_POST_MAX / HB_FRAME + 1)
#define MEMORY_NOTES      VMMC_NEWS_NOTES

/* The status page: completed, failed, and 16 bytes for each post. */
#define MEMORY_STATUS_FAILED 4
#define MEMORY_STATUS_POSTS  16
#define MEMORY_STATUS_POST   16

struct memory_nic {
	struct vmmc_nic base;
	unsigned n_open;
	unsigned epoch; /* of restarts */
	bool stopped;
	struct memory_incoming {
		uint16_t tag;
		bool notify;
		struct vmmc_nic_queue *owner;
		uint64_t address; /* of the page, in the owner's memory */
	} in[MEMORY_FRAMES];
	bool watched[MEMORY_FRAMES];
	struct vmmc_nic_queue *queues;
	uint32_t note[MEMORY_NOTES];
	uint64_t notes, notes_told;
	uint64_t down;  /* nodes */
	GQueue waiting; /* flights behind one that waits for a translation */
	bool missing;   /* one does */
	bool told_miss;
	uint32_t missed_page, missed_count;
	struct vmmc_nic_queue *missed_queue;
	unsigned news;          /* notes since the host was interrupted last */
	struct sim_event raise; /* the interrupt for them */
	uint32_t arrivals, watchdogs, interrupts;
	uint32_t deposits, deposit_bytes, drop_protection, bad_descriptor, notifications, unreachable, miss_interrupts;
	uint32_t posts, posts_refused, redirected_bytes;
};

struct memory_outgoing {
	struct memory_nic *nic; /* NULL: empty */
	unsigned epoch;         /* of that NIC */
	uint32_t bus_address;
	uint16_t tag;
};

/* A redirection in force. */
struct memory_post {
	bool open, started; /* started: a byte has gone to the user buffer */
	uint32_t serial, length;
	uint64_t place; /* address of the range of the default buffer */
	uint64_t user;
	uint32_t first, next; /* docs/redirection.md */
	uint32_t frame[MEMORY_POST_PAGES];
};

struct vmmc_nic_queue {
	struct vmmc_nic_queue *next;
	struct memory_nic *nic;
	unsigned epoch;
	struct umem_space *memory;
	struct translation *table;
	uint64_t status;     /* address of the status page */
	uint32_t status_bus; /* and on the bus */
	uint64_t sent;
	uint32_t under_way, failed;
	bool closed;
	struct memory_outgoing *out;
	struct memory_post posts[MEMORY_POSTS];
	sim_time watchdog;
	uint32_t waits, guard_wait, guard_bus; /* as the firmware's (firmware/vmmc/arrival.h) */
	unsigned waiting;
	struct sim_event guard;
};

static inline bool
memory_is_dead(const struct vmmc_nic_queue *q)
{
	return q->nic->stopped || q->epoch != q->nic->epoch;
}

/* memory_write: words into the status page, as the NIC's DMA. */
void memory_write(struct vmmc_nic_queue *q, uint32_t offset, const uint32_t *words, unsigned n);

/* memory_take_post, memory_take_cancel: the NIC takes the descriptor. */
void memory_take_post(struct vmmc_nic_queue *q, unsigned slot, uint32_t serial, uint64_t place, uint64_t user,
                      uint32_t length);
void memory_take_cancel(struct vmmc_nic_queue *q, unsigned slot);
/* memory_revoke: ends posts whose range or user buffer touches these pages. */
void memory_revoke(struct vmmc_nic_queue *q, uint64_t address, unsigned n);
/* memory_deposit: data that have passed the checks, into one exported page of q's process at `address`, through its
 * posts. */
void memory_deposit(struct vmmc_nic_queue *q, uint64_t address, uint32_t bus_address, const uint8_t *data,
                    uint32_t bytes);

#endif
