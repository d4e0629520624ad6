/* The other end of a Fast Sockets link, by hand: a process that speaks its messages over Active Messages, in any order,
 * and not always as it should. */
#ifndef TESTS_SOCKETS_FAST_HAND_H
#define TESTS_SOCKETS_FAST_HAND_H

#include "sockets/fast/fast_state.h"
#include "tests/sockets/fast_rig.h"

#define HAND_CONNECTION 77u /* its number; the next ones are its, too */

struct hand {
	struct end *end;
	struct am *am;
	struct fast_name to;
	uint64_t source;
	uint32_t sent; /* what it says that it has sent */
	bool agrees;   /* to FAST_PLACE */
	/* what came */
	unsigned unknown;
	uint32_t taken; /* of FAST_DONE, and what was asked */
	uint32_t words; /* of FAST_END */
	struct fast_place place;
	bool taken_back;
};

/* hand_open: the end's endpoint and name; then waits for the other end's. */
void hand_open(struct hand *hand, struct end *end);
/* hand_request: a request of these words. */
void hand_request(struct hand *hand, enum fast_handler what, const uint32_t *arg, unsigned n);
/* hand_data: bytes of stream 1 from `position` on, for the connection. */
void hand_data(struct hand *hand, uint32_t connection, uint32_t position, uint32_t bytes);
/* hand_placed: the same, to that place in the bulk area, all a multiple of 4. */
void hand_placed(struct hand *hand, uint32_t position, uint32_t bytes, uint32_t offset);
/* hand_serve: answers until ready(arg), or for some time. */
bool hand_serve(struct hand *hand, bool (*ready)(void *arg), void *arg, sim_time time);
/* hand_quiet: until all requests are answered. */
void hand_quiet(struct hand *hand);

#endif
