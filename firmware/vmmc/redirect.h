/* Redirections: what arrives for a range of a default buffer goes to a user buffer (docs/redirection.md).
 *
 * A post is one of VMMC_POSTS records of a process (struct post).  redirect.c has its life: the descriptor, the table
 * walks that translate both its ranges, its end and the status words.  cut.c has the packets: what arrives for a page
 * whose entry in the incoming page table has VMMC_IN_REDIRECT comes to redirect_take(), everything else never gets
 * here.
 *
 * One post at a time is translated (S.posting); the next one waits in its queue, as a send without a packet does.
 *
 * The host may overwrite an entry of the incoming page table at any moment.  So the firmware writes only the byte that
 * has VMMC_IN_REDIRECT in it, which is not the one with VMMC_IN_WRITE: a permission that the host takes away meanwhile
 * stays away. */
#ifndef FIRMWARE_VMMC_REDIRECT_H
#define FIRMWARE_VMMC_REDIRECT_H

#include "firmware/vmmc/state.h"

#define NO_BUS 1u /* post.next_bus: no packet's address */

#define OWNER_BITS 3 /* of an entry of the incoming page table, from VMMC_IN_OWNER_BIT on */
_Static_assert(1u << OWNER_BITS == VMMC_MAX_PROCESSES, "owner of a page");
_Static_assert(VMMC_IN_REDIRECT >> (VMMC_IN_OWNER_BIT + OWNER_BITS), "the bit is behind the owner's");

void redirect_init(void);

/* frame_bus: the bus address of a frame of struct post. */
static inline uint32_t
frame_bus(uint32_t frame)
{
	return frame << VMMC_PAGE_SHIFT;
}

/* redirect_post, redirect_cancel: the port's next descriptor, at SRAM address `slot`, with this control word.  1 if it
 * is dealt with: whatever is needed of it was read, the caller frees the slot.  0 if it must wait: the port asks again
 * after the next event.  What a process may not write is a bad descriptor: port_bad(port, 0, 0), and 1. */
uint32_t redirect_post(struct port *port, uint32_t slot, uint32_t control);
uint32_t redirect_cancel(struct port *port, uint32_t slot, uint32_t control);
/* redirect_walked: a walk of use WALK_POST is over; `port` is whose it was, perhaps closed meanwhile (walk->stale). */
void redirect_walked(struct walk *walk, struct port *port);
/* redirect_end: the post ends so: nothing goes to its user buffer any more; its status follows what went there. */
void redirect_end(struct post *post, enum vmmc_post_state how);
/* redirect_reported: the transfer of a post's status words is over. */
void redirect_reported(struct post *post);

/* redirect_forget: VMMC_COMMAND_FORGET: posts that use the pages are revoked, a walk that may have seen them becomes
 * stale.  `synced` counts when the transfers in the queue of host DMA at this moment are over (dma_sync). */
void redirect_forget(uint32_t process, uint32_t page, uint32_t count);
/* redirect_withdraw: the driver's signal: posts whose export is gone are revoked. */
void redirect_withdraw(void);
/* redirect_close: the port is closed: its posts end. redirect_busy: something of them is still under way; when it is
 * over, port_settle() is called. */
void redirect_close(struct port *port);
uint32_t redirect_busy(const struct port *port);

/* redirect_take: a packet that is not simply deposited (receive_odd): refused, or for a page that posts cover. */
void redirect_take(struct arrival *arrival, uint32_t dest, uint32_t key, uint32_t bytes, uint32_t entry);
/* redirect_part_failed: the transfer of a part, not the last one (DMA_PART). */
void redirect_part_failed(const struct transfer *part);

/* redirect_taken: the transfer of the last part is over: counts the others, and `deposit` looks as usual again. */
static inline void
redirect_taken(struct arrival *arrival)
{
	uint32_t counter = CTRL(counter) + 4 * VMMC_C_DEPOSIT_BYTES;
	uint32_t first = arrival->at + ARRIVAL_DATA;
	sram_write(counter, sram_read(counter) + arrival->deposit.sram - first);
	arrival->deposit.sram = first;
	arrival->deposit.bus = arrival->note;
}

#endif
