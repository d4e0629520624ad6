/* The LANai with the am firmware (firmware/am/abi.h): its driver, and an endpoint's queue and window.  For am.c only;
 * everybody else uses am.h. */
#ifndef HOST_LIB_AM_NIC_H
#define HOST_LIB_AM_NIC_H

#include "firmware/am/abi.h"
#include "host-lib/am.h"

#include <glib.h>

struct am_driver;

/* An open endpoint. */
struct am_queue {
	struct am_driver *driver;
	struct process *process;
	struct umem_space *memory;
	unsigned number;
	uint32_t tag;
	uint64_t window;                                                /* simulated address of offset 0 */
	uint32_t pages, ring, entries, data, staging, bulk, bulk_bytes; /* offsets and sizes */
	uint32_t sent;                                                  /* descriptors given, modulo 2^32 */
	uint32_t consumed;                                              /* of those, known to be taken */
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
bool am_queue_dead(const struct am_queue *q);
/* am_queue_alive: asks the firmware for a sign of life; false: it is dead, from now on. */
bool am_queue_alive(struct am_queue *q);

#endif
