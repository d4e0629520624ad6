/* Process memory: the only way to touch it in the simulation.
 *
 * A process has one address space.  Its arena begins at the simulated address UMEM_ARENA and holds exported buffers,
 * rings and workload buffers (umem_alloc).  Any other buffer of the program is mapped page by page at first use
 * (umem_map) and keeps its offset in the page.  Pinning, splitting at pages and table indices use simulated addresses
 * only, so that results never depend on the real heap.  No other file keeps a pointer into process memory across a
 * block: the memory may be another process' (a later back end), and goes through umem_read() and umem_write().
 *
 * Pages get a frame of the host's bus when somebody asks for one (umem_frame: the driver, on pinning), and give it back
 * when their last pin goes or when they are freed unpinned.  A pinned page that is freed keeps pins and frame, so that
 * hardware that still knows it does no harm; a later umem_alloc() of the same address finds it pinned.
 *
 * WATCHES.  A deposit by hardware, or a store by another task through umem_write(), into a watched range calls the
 * watch's `changed` at the date of the change, as an event would, in the order in which the watches were switched on;
 * those that are switched on meanwhile are not called.  Ordinary C stores call nobody. */
#ifndef NIC_SIM_UMEM_H
#define NIC_SIM_UMEM_H

#include <stdbool.h>
#include <stdint.h>

#define UMEM_PAGE        4096u
#define UMEM_ARENA       0x10000000ull /* simulated address of the arena */
#define UMEM_ARENA_BYTES 0x04000000ull /* 64 MB of addresses; memory is taken when touched */
#define UMEM_FOREIGN     0x40000000ull /* pages mapped by umem_map() */

struct umem_space;
struct host_bus;

/* umem_new: the address space of process `pid` on the host of `bus`. */
struct umem_space *umem_new(struct host_bus *bus, unsigned pid);
/* A space can be shared (threads, fork's shared mappings): umem_ref / umem_unref; the last frees memory and frames. */
struct umem_space *umem_ref(struct umem_space *space);
void umem_unref(struct umem_space *space);

/* umem_alloc: zeroed memory of the arena, page aligned; 0 if `bytes` is 0 or the arena is full. Lowest free address
 * first. umem_free: of an address that umem_alloc() returned; any other is ignored. */
uint64_t umem_alloc(struct umem_space *space, uint64_t bytes);
void umem_free(struct umem_space *space, uint64_t address);
/* umem_pointer: the program's own view of arena memory: for workloads, which fill and check their buffers with C code.
 * NULL unless [address, address + bytes) is allocated. */
void *umem_pointer(struct umem_space *space, uint64_t address, uint64_t bytes);
/* umem_map: 0 for NULL; else the simulated address of the program's buffer at `p`: inside the arena, the arena address;
 * else pages are mapped. The pages of one buffer have consecutive simulated addresses only inside the arena, so map
 * pieces that stay in a page. */
uint64_t umem_map(struct umem_space *space, const void *p);

/* umem_mapped: every page of [address, address + bytes) is there. */
bool umem_mapped(const struct umem_space *space, uint64_t address, uint64_t bytes);
/* Both return false, and touch nothing, if part of the range is not mapped. */
bool umem_read(struct umem_space *space, uint64_t address, void *to, uint64_t bytes);
bool umem_write(struct umem_space *space, uint64_t address, const void *from, uint64_t bytes);
uint32_t umem_load_be32(struct umem_space *space, uint64_t address); /* 0 if not mapped */

/* umem_frame: frame number of the page that holds `address`, allocated if need be; -1 if not mapped or the host is
 * full. */
int umem_frame(struct umem_space *space, uint64_t address);
/* Pin counts: a frame with a count > 0 is mapped for I/O. false if not mapped or the host is full. */
bool umem_pin(struct umem_space *space, uint64_t address, uint64_t bytes);
void umem_unpin(struct umem_space *space, uint64_t address, uint64_t bytes);

struct umem_range {
	uint64_t address;
	uint64_t bytes;
};
/* Embedded by its owner, who casts back. */
struct umem_watch {
	struct umem_watch *next;
	struct umem_space *space;
	const struct umem_range *ranges; /* the owner's, while the watch is on */
	uint64_t number;                 /* order of switching on, in this space */
	unsigned n_ranges;
	void (*changed)(struct umem_watch *watch);
	bool on;
};
/* umem_watch_on: nothing need be initialised but `on`, to false; umem_watch_off: no effect on a watch that is off. */
void umem_watch_on(struct umem_watch *watch, struct umem_space *space, const struct umem_range *ranges, unsigned n,
                   void (*changed)(struct umem_watch *));
void umem_watch_off(struct umem_watch *watch);
/* umem_deposited: hardware wrote [address, address + bytes) of this space: fires watches. The bus calls it. */
void umem_deposited(struct umem_space *space, uint64_t address, uint64_t bytes);

#endif
