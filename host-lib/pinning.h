/* What the library keeps pinned of its process' memory, beside the exports, so that sends need no system call.
 *
 * A bitmap of the address space says which pages are pinned: the check before a send.  When more pages are wanted than
 * the limit allows (vmmc.pin_limit_pages), those go that were used least recently, among the pages that nothing uses:
 * no request reads them (its ticket is completed) and nobody holds them (a post does, and a send while it gives its
 * request to the NIC).  Pages in a row are pinned, and unpinned, by one call of the driver.
 *
 * Pages are numbers: simulated address / 4096, below 2^20, because a NIC names addresses by 32 bits. */
#ifndef HOST_LIB_PINNING_H
#define HOST_LIB_PINNING_H

#include "host-lib/driver.h"

struct pinning;

struct pinning *pinning_new(struct driver_process *driver, unsigned limit);
void pinning_free(struct pinning *p); /* unpins nothing: the driver does when the process closes */

/* pinning_missing: the check: of n pages from `page` on, the first run that is not pinned: its length and *first; 0:
 * all are pinned. */
unsigned pinning_missing(const struct pinning *p, uint32_t page, unsigned n, uint32_t *first);
/* pinning_pin: pins n pages, none of which is pinned; blocks. `completed`: the last request that no longer reads its
 * pages.  VMMC_EBUSY: pages must go first, and too many are in use (pinning_in_use()), or another task is in this call.
 * What is pinned on return may be gone when others have run: hold it at once. */
enum vmmc_error pinning_pin(struct pinning *p, uint32_t page, unsigned n, uint64_t completed);
/* pinning_in_use: the request to wait for, so that a page can go: of those later than `completed` the first; 0: pages
 * are held only. */
uint64_t pinning_in_use(const struct pinning *p, uint64_t completed);
/* pinning_hold: pinned pages stay pinned until they are released; counts.  Release says who reads them still. */
void pinning_hold(struct pinning *p, uint32_t page, unsigned n);
void pinning_release(struct pinning *p, uint32_t page, unsigned n, uint64_t ticket);
unsigned pinning_limit(const struct pinning *p);
bool pinning_is_busy(const struct pinning *p); /* a task is in pinning_pin() */

#endif
