/* From a process' addresses to frames: the cache in SRAM and the walk of the table in host memory.
 *
 * THE CACHE.  An entry of VMMC_CACHE is a frame (13 bits), a bit that is always set, the process' number and those bits
 * of the address, where they are in it, that are above the index; 0 is an empty one.  All but the frame is the tag: the
 * exclusive or of an entry and the tag that is looked for is the frame, or has higher bits set if it is another one's.
 * The index is the page's low bits; with vmmc_ctrl.cache_by_process each process begins an eighth of the sets further
 * on.  A set is kept in order of last use: what is used moves to its first entry, what falls out at its end is the one
 * used longest ago.  Only the first entry is looked at in the path that limits the bandwidth.
 *
 * A WALK fetches the directory entry and then a row of table entries by host DMA, in front of what waits for the
 * engine, into SRAM of its owner.  It ends by a call, never before walk_start() has returned: translate_walked() or,
 * for posts, redirect_walked().  Whoever has to wait for one is served again after the event that ended it.
 *
 * The send side has one miss at a time (S.miss); the other ports' misses wait for its end, their hits do not. */
#ifndef FIRMWARE_VMMC_TRANSLATE_H
#define FIRMWARE_VMMC_TRANSLATE_H

#include "firmware/vmmc/state.h"

#define CACHE_FRAME_BITS  13
#define CACHE_VALID       (1u << CACHE_FRAME_BITS)
#define CACHE_PROCESS_BIT 14
#define CACHE_PAGE_BIT    18 /* the lowest bit of the address that can be part of a tag */
_Static_assert(1u << CACHE_FRAME_BITS == VMMC_MAX_FRAMES, "frames");
_Static_assert(VMMC_MAX_PROCESSES << CACHE_PROCESS_BIT <= 1u << CACHE_PAGE_BIT, "processes");
_Static_assert(VMMC_CACHE_SETS << VMMC_PAGE_SHIFT >= 1u << CACHE_PAGE_BIT,
               "the index has the other bits of an address");

enum walk_use { WALK_SEND, WALK_POST };

/* translate_acceptable: are the cache's parameters in the control block sound? translate_init: an empty cache. */
uint32_t translate_acceptable(void);
void translate_init(void);

/* walk_init: once; `at` is the place of VMMC_PREFETCH_MAX words for what it fetches. */
void walk_init(struct walk *walk, enum walk_use use, uint32_t at);
/* walk_start: entries from `page` on: `count` of them (at most VMMC_PREFETCH_MAX) or as many as the second-level table
 * has left: walk->count.  The walk must not be under way.  Returns 0, and starts nothing, if the process has no table:
 * no page is to be had then. */
uint32_t walk_start(struct walk *walk, struct port *port, uint32_t page, uint32_t count);
/* walk_fetched: a DMA of the walk is over, or has failed (dma.c). */
void walk_fetched(struct walk *walk, uint32_t failed);

/* walk_entry: what a walk that is over has found for page walk->page + i: frame << 12 | VMMC_XLATE_VALID, or bit 0 is
 * clear.  An invalid directory entry and a bus error make all of them invalid.  Nothing may be used if walk->stale. */
HOT uint32_t
walk_entry(const struct walk *walk, uint32_t i)
{
	return sram_read(walk->at + 4 * i);
}

/* translate_open: the port's part of tags and indices. */
void translate_open(struct port *port);
/* translate_close: the process' entries leave the cache in the turns to come, its miss is given up.
 * translate_busy: not over yet. */
void translate_close(struct port *port);
uint32_t translate_busy(const struct port *port);
/* translate_forget: the pages leave the cache (with many, all pages of the process), and a walk that may have seen
 * them becomes stale. */
void translate_forget(uint32_t process, uint32_t page, uint32_t count);
/* translate_sweep: does a part of what the two above left to do; 1 if nothing is left. */
uint32_t translate_sweep(void);
/* translate_install: vmmc_ctrl.command answers vmmc_ctrl.miss. */
void translate_install(void);

/* translate_slowly: the first entry of its set is not the one of port->from.  The frame, or CACHE_VALID: the port must
 * wait for a walk, or port->refused: the page is not to be had. */
uint32_t translate_slowly(struct port *port);
/* translate_walked: S.miss is over; `port` is whose it was. */
void translate_walked(struct walk *walk, struct port *port);

/* cache_at: SRAM address of the set for an address of the port's process. cache_tag: the tag. */
HOT uint32_t
cache_at(const struct port *port, uint32_t address)
{
	return VMMC_CACHE + (((address >> S.cache_low) + port->spread) & S.cache_mask);
}

HOT uint32_t
cache_tag(const struct port *port, uint32_t address)
{
	return (address & S.cache_high) + port->tag;
}

#endif
