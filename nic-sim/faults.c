#include "nic-sim/faults.h"

#include <math.h>

/* splitmix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014. */
#define GOLDEN 0x9e3779b97f4a7c15ull

static uint64_t
draw(struct faults *f)
{
	uint64_t z = f->state += GOLDEN;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

/* Uniform in (0, 1]. */
static double
uniform(struct faults *f)
{
	return (double)((draw(f) >> 11) + 1) * 0x1p-53;
}

/* Geometric by inversion: number of good bits before the next bad one. */
static uint64_t
next_gap(struct faults *f)
{
	double gap = floor(log(uniform(f)) / log1p(-f->bit_error_rate));

	return gap < 0x1p62 ? (uint64_t)gap : (uint64_t)1 << 62;
}

void
faults_init(struct faults *f, uint64_t seed, unsigned channel, double bit_error_rate, double corrupt_rate,
            double drop_rate)
{
	*f = (struct faults){
	        .state = seed, .bit_error_rate = bit_error_rate, .corrupt_rate = corrupt_rate, .drop_rate = drop_rate};
	f->state = draw(f) + channel * GOLDEN;
	f->state = draw(f);
	f->bits_to_error = bit_error_rate > 0 ? next_gap(f) : 0;
}

bool
faults_strike(struct faults *f, uint64_t bits, void (*flip)(void *arg, uint64_t bit), void *arg)
{
	if (f->bit_error_rate > 0) {
		uint64_t at = 0;

		while (bits - at > f->bits_to_error) {
			at += f->bits_to_error;
			flip(arg, at++);
			f->bits_to_error = next_gap(f);
		}
		f->bits_to_error -= bits - at;
	}
	if (f->corrupt_rate > 0 && uniform(f) <= f->corrupt_rate)
		flip(arg, draw(f) % bits);
	return f->drop_rate > 0 && uniform(f) <= f->drop_rate;
}
