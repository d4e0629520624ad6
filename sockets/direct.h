/* Zero-copy receiving: while a call waits, what comes for the data ring goes straight to the user's buffer.
 *
 * docs/protocols.md, section 12.  One redirection at most is open, and only while a call waits.  When it has ended,
 * part of the ring's next bytes, a run of them, is in the user's memory instead of the ring: who takes bytes out asks
 * direct_covers(). */
#ifndef SOCKETS_DIRECT_H
#define SOCKETS_DIRECT_H

#include "sockets/area.h"

struct direct {
	struct vmmc_post *post; /* in force, or ended and not looked at; NULL: none */
	uint8_t *user;
	uint32_t position; /* of the data ring at which the user's buffer begins */
	uint32_t from, to; /* offsets of the run; from == to: nothing lies in the user's memory */
};

/* direct_open: the caller will wait; what comes from data ring position `position` on shall go to `user`, `length`
 * bytes at most, of which a record holds `piece` at most.  No effect if that is not worth it, or cannot be. */
void direct_open(struct direct *d, const struct area *area, uint32_t position, uint32_t piece, void *user,
                 uint64_t length);
/* direct_close: nothing is written to the user's memory any more; of what was, the first `keep` bytes from `position`
 * on may stay there, the rest is copied back into the ring.  Returns how many were copied back. */
uint32_t direct_close(struct direct *d, const struct area *area, uint32_t keep);
/* direct_covers: the next bytes of the ring, `bytes` of them from `position` on: how many, from the first on, lie all
 * in the ring or all (*in_place) in the user's memory. */
uint32_t direct_covers(const struct direct *d, uint32_t position, uint32_t bytes, bool *in_place);

#endif
