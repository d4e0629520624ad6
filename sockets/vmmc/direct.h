/* Zero-copy receiving: during a call, what comes for the data ring goes straight to the user's buffer.
 *
 * docs/protocols.md, section 12.  Redirections are open only during a call, some behind one another, so that one takes
 * bytes while those of another are put in order.  One that has ended leaves a run of the ring's bytes in the user's
 * memory instead of the ring: who takes bytes out asks direct_covers().  All runs follow one rule: a byte's place in
 * the user's memory is as far from that of another as their data ring positions are. */
#ifndef SOCKETS_DIRECT_H
#define SOCKETS_DIRECT_H

#include "sockets/vmmc/area.h"

#define DIRECT_POSTS 2u /* in force: one that takes bytes, and the next */
#define DIRECT_RUNS  4u /* with those whose bytes wait for being taken out */

/* A redirection, in force or ended. */
struct direct_run {
	struct vmmc_post *post; /* NULL: it has ended */
	uint8_t *user;
	uint32_t position; /* of the data ring at which the user's memory begins */
	uint32_t bytes;
	uint32_t from, to; /* once it has ended: offsets of what is in the user's memory */
};

struct direct {
	struct direct_run runs[DIRECT_RUNS]; /* in order of position */
	unsigned n;
	uint32_t next_position; /* behind the last one, and where in the user's memory */
	uint8_t *next_user;
	bool lost; /* the NIC has stopped without telling where bytes went */
};

/* direct_open: what comes from data ring position `position` on shall go to `user`, `length` bytes at most, `piece` at
 * a time.  Continues where the redirections that are open end, if they follow the same rule.  No effect where that is
 * not worth it, or cannot be. */
void direct_open(struct direct *d, const struct area *area, uint32_t position, uint32_t piece, uint8_t *user,
                 uint64_t length);
/* direct_end: nothing is written to the user's memory any more; of what was, all from `position` on is copied back into
 * the ring.  Returns how many bytes. */
uint32_t direct_end(struct direct *d, const struct area *area, uint32_t position);
/* direct_covers: the next bytes of the ring, `bytes` of them from `position` on, have come: how many, from the first
 * on, lie all in the ring or all (*in_place) in the user's memory. */
uint32_t direct_covers(struct direct *d, uint32_t position, uint32_t bytes, bool *in_place);
/* direct_taken: all bytes before `position` have been taken out. */
void direct_taken(struct direct *d, uint32_t position);

#endif
