#include "nic-sim/faults.h"

#include <math.h>

/* splitmix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014. */
#define GOLDEN 0x9e3779b97f4a7c15ull

enum { WORD = 4, CRC_BYTES = 1 };

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
	double gap = floor(log(uniform(f)) / log1p(-f->rates.bit_error));

	return gap < 0x1p62 ? (uint64_t)gap : (uint64_t)1 << 62;
}

void
faults_init(struct faults *f, uint64_t seed, unsigned channel, const struct fault_rates *rates)
{
	*f = (struct faults){.state = seed, .rates = *rates};
	f->state = draw(f) + channel * GOLDEN;
	f->state = draw(f);
	f->bits_to_error = rates->bit_error > 0 ? next_gap(f) : 0;
}

bool
faults_possible(const struct faults *f)
{
	const struct fault_rates *r = &f->rates;

	return r->bit_error > 0 || r->corrupt > 0 || r->drop > 0 || r->truncate > 0 || r->lost_tail > 0 ||
	       r->duplicate > 0;
}

struct fault_rates
fault_rates_of(const struct params *params, bool into_nic)
{
	struct fault_rates rates = {.bit_error = params->bit_error_rate};

	if (into_nic) {
		rates.corrupt = params->corrupt_rate;
		rates.drop = params->drop_rate;
		rates.truncate = params->truncate_rate;
		rates.lost_tail = params->lost_tail_rate;
		rates.duplicate = params->duplicate_rate;
	}
	return rates;
}

static uint64_t
bit_errors(struct faults *f, uint64_t bits, void (*flip)(void *arg, uint64_t bit), void *arg)
{
	uint64_t at = 0, n = 0;

	while (bits - at > f->bits_to_error) {
		at += f->bits_to_error;
		flip(arg, at++);
		n++;
		f->bits_to_error = next_gap(f);
	}
	f->bits_to_error -= bits - at;
	return n;
}

static bool
happens(struct faults *f, double rate)
{
	return rate > 0 && uniform(f) <= rate;
}

/* cut_packet: at a word that is not its end. */
static void
cut_packet(struct faults *f, uint32_t bytes, struct fault_strike *s)
{
	uint32_t words = (bytes + WORD - 1) / WORD;

	s->truncated = words > 0;
	s->keep = words > 0 ? (uint32_t)(draw(f) % words) * WORD : 0;
}

struct fault_strike
faults_strike(struct faults *f, uint32_t bytes, void (*flip)(void *arg, uint64_t bit), void *arg,
              struct fault_counts *counts)
{
	uint64_t bits = ((uint64_t)bytes + CRC_BYTES) * 8;
	struct fault_strike s = {.keep = bytes};

	if (f->rates.bit_error > 0)
		counts->bit_errors += bit_errors(f, bits, flip, arg);
	if (happens(f, f->rates.corrupt)) {
		flip(arg, draw(f) % bits);
		counts->corrupted++;
	}
	s.dropped = happens(f, f->rates.drop);
	if (happens(f, f->rates.truncate) && !s.dropped)
		cut_packet(f, bytes, &s);
	s.tail_lost = happens(f, f->rates.lost_tail) && !s.dropped;
	s.duplicated = happens(f, f->rates.duplicate) && !s.dropped && !s.tail_lost;
	counts->dropped += s.dropped;
	counts->truncated += s.truncated;
	counts->tails_lost += s.tail_lost;
	counts->duplicated += s.duplicated;
	return s;
}

void
faults_scramble(uint64_t seed, uint8_t *bytes, uint32_t n)
{
	struct faults f = {.state = seed};

	for (uint32_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)draw(&f);
}

void
fault_counts_each(const struct fault_counts *counts, void (*each)(void *arg, const char *name, uint64_t n), void *arg)
{
#define EACH(name, meaning) each(arg, #name, counts->name);
	FAULT_KINDS(EACH)
#undef EACH
}
