/* Random faults of one channel, and the count of everything that was injected.
 *
 * Each channel has a generator of its own, seeded from net.fault_seed and the channel's number, and draws once for each
 * packet in the order in which packets use the channel: what happens on one channel never depends on traffic elsewhere.
 * Bit errors are a Bernoulli process over the bits that pass: the generator keeps the distance to the next error, so a
 * packet without one costs a subtraction.  A rate of 0 draws nothing, so a kind that is off leaves the others' dates.
 *
 * Faults at given dates (links, hung and reset NICs, slow hosts) are those of faults_script.h and faults_timed.h. */
#ifndef NIC_SIM_FAULTS_H
#define NIC_SIM_FAULTS_H

#include "nic-sim/platform.h"

#include <stdbool.h>
#include <stdint.h>

/* Everything that can be injected.  K(name, what one of it is) */
#define FAULT_KINDS(K)                                                                                                 \
	K(bit_errors, "bit flipped by net.bit_error_rate")                                                             \
	K(corrupted, "packet with one bit flipped")                                                                    \
	K(dropped, "packet lost")                                                                                      \
	K(truncated, "packet cut at a word")                                                                           \
	K(tails_lost, "tail lost")                                                                                     \
	K(duplicated, "packet that arrives twice")                                                                     \
	K(links_down, "channel that went down (a host's cable has two)")                                               \
	K(packets_cut, "packet lost, or its end, to a channel that was down")                                          \
	K(hangs, "LANai hung")                                                                                         \
	K(resets, "NIC reset")                                                                                         \
	K(slowdowns, "host slowed down")

#define FAULT_COUNT(name, meaning) uint64_t name;
struct fault_counts {
	FAULT_KINDS(FAULT_COUNT)
};
#undef FAULT_COUNT

/* fault_counts_each: every kind, in the order above. */
void fault_counts_each(const struct fault_counts *counts, void (*each)(void *arg, const char *name, uint64_t n),
                       void *arg);

/* Probabilities: of a bit, and of a packet. */
struct fault_rates {
	double bit_error, corrupt, drop, truncate, lost_tail, duplicate;
};
/* fault_rates_of: those of a channel; all but bit errors hit only the channels that lead into a NIC. */
struct fault_rates fault_rates_of(const struct params *params, bool into_nic);

struct faults {
	uint64_t state;         /* of the generator (splitmix64) */
	uint64_t bits_to_error; /* good bits before the next bit error */
	struct fault_rates rates;
};

void faults_init(struct faults *f, uint64_t seed, unsigned channel, const struct fault_rates *rates);
bool faults_possible(const struct faults *f);

/* What happens to one packet; `keep` bytes of it are left if truncated. A lost packet has no other fault but flips. */
struct fault_strike {
	bool dropped, truncated, tail_lost, duplicated;
	uint32_t keep;
};
/* faults_strike: a packet of `bytes` data bytes and its CRC passes.  Calls flip(arg, bit) for every flipped bit,
 * counted from the first, and counts into *counts. */
struct fault_strike faults_strike(struct faults *f, uint32_t bytes, void (*flip)(void *arg, uint64_t bit), void *arg,
                                  struct fault_counts *counts);

/* faults_scramble: fills `bytes` with what a generator of that seed gives: memory after a power failure. */
void faults_scramble(uint64_t seed, uint8_t *bytes, uint32_t n);

#endif
