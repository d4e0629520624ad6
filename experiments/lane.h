/* A lane: a one-way stream of chunks from a process to a process over VMMC, with a window, whose contents are verified.
 *
 * The receiver exports a ring of chunks, the sender a word in which the receiver deposits how many chunks it has taken.
 * Every page of a chunk carries the number of the chunk in its first and last word and a fixed pattern between them;
 * the receiver compares all of it.  A process with several lanes calls lane_give() and lane_take() for each, and waits
 * on all. Used by the benchmark; calls are made by the one task of the process. */
#ifndef EXPERIMENTS_LANE_H
#define EXPERIMENTS_LANE_H

#include "host-lib/vmmc.h"

#include <stdbool.h>
#include <stdint.h>

enum { LANE_SOURCES = 2 }; /* chunks that are filled in turn while the NIC fetches the other */

struct lane_shape {
	uint32_t chunk_bytes; /* a multiple of 4096 */
	uint32_t window;      /* chunks in the receiver's ring */
	uint32_t chunks;      /* to be sent altogether */
};

struct lane_sender {
	struct vmmc *v;
	struct umem_space *memory;
	struct lane_shape shape;
	struct vmmc_proxy *ring;
	uint64_t taken_at; /* address of the word that the receiver writes */
	uint64_t source;   /* LANE_SOURCES chunks */
	uint64_t ticket[LANE_SOURCES];
	uint32_t given;
};

struct lane_receiver {
	struct vmmc *v;
	struct umem_space *memory;
	struct lane_shape shape;
	uint64_t ring;
	struct vmmc_proxy *taken_word;
	uint32_t taken;
	bool wrong; /* something else arrived than was sent */
};

/* Exports first, on both sides, then the imports, which wait until the other side has exported. `name` is the lane's,
 * the same at both ends. */
void lane_sender_export(struct lane_sender *s, struct vmmc *v, struct umem_space *memory, struct lane_shape shape,
                        uint32_t name);
void lane_receiver_export(struct lane_receiver *r, struct vmmc *v, struct umem_space *memory, struct lane_shape shape,
                          uint32_t name);
void lane_sender_import(struct lane_sender *s, uint32_t receiver, uint32_t name);
void lane_receiver_import(struct lane_receiver *r, uint32_t sender, uint32_t name);

/* lane_give / lane_take: one chunk, if the window or the ring has one; false if not (or if all are done). */
bool lane_give(struct lane_sender *s);
bool lane_take(struct lane_receiver *r);
bool lane_can_give(const struct lane_sender *s);
bool lane_can_take(const struct lane_receiver *r);
/* Where the next change shows. */
struct umem_range lane_sender_range(const struct lane_sender *s);
struct umem_range lane_receiver_range(const struct lane_receiver *r);

#endif
