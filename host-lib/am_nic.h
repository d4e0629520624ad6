/* The LANai with the am firmware (firmware/am/abi.h): an endpoint's queue and window, and who sleeps until something
 * comes.  For am.c, am_receive.c and am_wait.c only; everybody else uses am.h.
 *
 * A queue is broken when the NIC has stopped since it was opened: nothing comes or goes any more, and it can only be
 * closed.  The driver starts the NIC again by itself (am_driver.h); a queue opened later works. */
#ifndef HOST_LIB_AM_NIC_H
#define HOST_LIB_AM_NIC_H

#include "firmware/am/abi.h"
#include "host-lib/am.h"

#include <glib.h>

struct am_driver;

/* A task that sleeps until something comes.  Embedded by its owner. */
struct am_sleeper {
	struct am_sleeper *next;
	struct task *task;
	bool on; /* in the list */
	bool by_signal;
};

/* An open endpoint. */
struct am_queue {
	struct am_driver *driver;
	struct umem_space *memory; /* that its window lies in: it holds a reference */
	unsigned number;
	uint32_t tag;
	uint64_t window;                                                /* simulated address of offset 0 */
	uint32_t pages, ring, entries, data, staging, bulk, bulk_bytes; /* offsets and sizes */
	uint32_t sent;                                                  /* descriptors given, modulo 2^32 */
	uint32_t consumed;                                              /* of those, known to be taken */
	bool broken;
	bool armed; /* am_ctrl.armed was written, and no interrupt has told that it is 0 again */
	struct am_sleeper *sleepers;
	void (*changed)(void *arg); /* it is broken now: from tasks and events */
	void *arg;
};

enum am_error am_queue_open(struct process *process, uint32_t bulk_bytes, struct am_queue **opened);
/* am_queue_close: on return nothing of it is under way any more. */
void am_queue_close(struct am_queue *q);
/* am_queue_room: waits until the next slot, and the page of staging that belongs to it, is free. */
enum am_error am_queue_room(struct am_queue *q);
/* am_queue_staging: offset of that page. */
uint32_t am_queue_staging(const struct am_queue *q);
/* am_queue_give: the next descriptor; n words of struct am_slot. */
void am_queue_give(struct am_queue *q, const uint32_t *words, unsigned n);
/* am_queue_alive: asks the firmware for a sign of life; false: it is dead, and that is known now. */
bool am_queue_alive(struct am_queue *q);

/* am_queue_arm: a system call, if the sleeper is not on: what comes from some moment of the call on wakes the running
 * task (cpu_wake), once; the sleeper is off then.  am_queue_disarm: no more. */
void am_queue_arm(struct am_queue *q, struct am_sleeper *sleeper);
void am_queue_disarm(struct am_queue *q, struct am_sleeper *sleeper);
/* Bus accesses of one sleep: armed, interrupt acknowledged; armed and down read. */
#define AM_SLEEP_WRITES 2u
#define AM_SLEEP_READS  2u

#endif
