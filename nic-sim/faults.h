/* Random faults of one channel: bit errors, corrupted and lost packets.
 *
 * Each channel has a generator of its own, seeded from net.fault_seed and the channel's number, and draws once for each
 * packet in the order in which packets use the channel: what happens on one channel never depends on traffic elsewhere.
 * Bit errors are a Bernoulli process over the bits that pass: the generator keeps the distance to the next error, so a
 * packet without one costs a subtraction.  A channel whose rates are all 0 draws nothing. */
#ifndef NIC_SIM_FAULTS_H
#define NIC_SIM_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

struct faults {
	uint64_t state;         /* of the generator (splitmix64) */
	uint64_t bits_to_error; /* good bits before the next bit error */
	double bit_error_rate, corrupt_rate, drop_rate;
};

/* faults_init: corrupt_rate and drop_rate are those of this channel: 0 unless it leads into a NIC. */
void faults_init(struct faults *f, uint64_t seed, unsigned channel, double bit_error_rate, double corrupt_rate,
                 double drop_rate);
static inline bool
faults_possible(const struct faults *f)
{
	return f->bit_error_rate > 0 || f->corrupt_rate > 0 || f->drop_rate > 0;
}
/* faults_strike: a packet of `bits` bits passes.  Calls flip(arg, bit) for every flipped bit, counted from the first;
 * returns true if the packet is lost. */
bool faults_strike(struct faults *f, uint64_t bits, void (*flip)(void *arg, uint64_t bit), void *arg);

#endif
