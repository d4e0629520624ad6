/* Programs of a few hosts that send each other messages by VMMC, in rounds; what arrives is checked.
 *
 * Each host exports one area with a lane for every sender: slots for messages, used in turn, and a page with the number
 * of the last round that is complete. */
#ifndef TESTS_MACHINE_FINGERPRINT_EXCHANGE_H
#define TESTS_MACHINE_FINGERPRINT_EXCHANGE_H

#include "nic-sim/machine.h"

#include <stdbool.h>

#define EXCHANGE_HOSTS 4u

struct exchange {
	unsigned hosts, rounds;
	/* Messages that a receiver keeps apart from one sender: how many a sender may be ahead of it, and one. */
	unsigned slots;
	uint32_t (*bytes)(unsigned round); /* of a message, a multiple of 4, at most EXCHANGE_BYTES */
	/* sends: does `from` send to `to` in this round? */
	bool (*sends)(unsigned round, unsigned from, unsigned to);
};
#define EXCHANGE_BYTES (64u << 10)

/* exchange_start: one process a host; the run fails (exit status 1, with a line) where something is wrong. */
void exchange_start(struct machine *machine, const struct exchange *exchange);

#endif
