#include "nic-sim/trace.h"

#include "nic-sim/calendar.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define MIX_A 0x9e3779b97f4a7c15ull /* 2^64 / golden ratio, odd */
#define MIX_B 0xff51afd7ed558ccdull /* the finaliser of MurmurHash3 */

enum { FIRST_RECORDS = 4096 };

static struct {
	uint64_t hash[SIM_RANK_LAST + 1]; /* of each component, over its events in order; 0 = it had none */
	struct trace_record *records;
	size_t n_records, capacity;
	uint32_t last_id;
	bool on;
} trace;

static inline uint64_t
rotate(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

static inline uint64_t
finish(uint64_t x)
{
	x = (x ^ x >> 33) * MIX_B;
	return x ^ x >> 29;
}

static inline uint64_t
absorb(uint64_t hash, uint64_t x)
{
	return (rotate(hash, 27) ^ x) * MIX_A;
}

void
trace_event(unsigned rank, enum trace_kind kind, uint64_t value)
{
	assert(rank <= SIM_RANK_LAST);
	uint64_t hash = absorb(trace.hash[rank] ^ MIX_B, sim_now());

	hash = absorb(hash, (uint64_t)kind + 1);
	trace.hash[rank] = absorb(hash ^ hash >> 32, value);
}

/* The sum does not depend on the order of the components; each is mixed with its own number first. */
uint64_t
trace_fingerprint(void)
{
	uint64_t sum = 0;

	for (uint64_t rank = 0; rank <= SIM_RANK_LAST; rank++)
		if (trace.hash[rank])
			sum += finish(finish(trace.hash[rank]) ^ (rank + 1) * MIX_A);
	return sum;
}

uint64_t
trace_hash_bytes(uint64_t seed, const void *bytes, size_t length)
{
	const uint8_t *p = bytes;
	uint64_t word[4], tail, l0 = seed ^ MIX_B, l1 = seed, l2 = seed ^ MIX_A, l3 = ~seed, hash;

	for (size_t n = length; n >= sizeof word; p += sizeof word, n -= sizeof word) {
		memcpy(word, p, sizeof word);
		l0 = absorb(l0 ^ l0 >> 32, word[0]);
		l1 = absorb(l1 ^ l1 >> 32, word[1]);
		l2 = absorb(l2 ^ l2 >> 32, word[2]);
		l3 = absorb(l3 ^ l3 >> 32, word[3]);
	}
	hash = absorb(absorb(absorb(absorb(length, l0), l1), l2), l3);

	for (length %= sizeof word; length >= sizeof tail; p += sizeof tail, length -= sizeof tail) {
		memcpy(&tail, p, sizeof tail);
		hash = absorb(hash ^ hash >> 32, tail);
	}
	for (; length > 0; p++, length--)
		hash = absorb(hash, *p);
	return finish(hash);
}

void
trace_reset(void)
{
	free(trace.records);
	memset(&trace, 0, sizeof trace);
}

const char *
trace_stage_label(enum trace_stage stage)
{
#define TRACE_STAGE_LABEL(name, label) label,
	static const char *const labels[] = {TRACE_STAGES(TRACE_STAGE_LABEL)};
#undef TRACE_STAGE_LABEL

	return (unsigned)stage < TRACE_N_STAGES ? labels[stage] : "?";
}

uint32_t
trace_new_id(void)
{
	return ++trace.last_id;
}

void
trace_record(bool on)
{
	trace.on = on;
}

bool
trace_recording(void)
{
	return trace.on;
}

void
trace_point(uint32_t id, enum trace_stage stage, unsigned node)
{
	if (!trace.on || !id)
		return;
	if (trace.n_records == trace.capacity) {
		trace.capacity = trace.capacity ? trace.capacity * 2 : FIRST_RECORDS;
		trace.records = realloc(trace.records, trace.capacity * sizeof *trace.records);
		if (!trace.records)
			abort();
	}
	trace.records[trace.n_records++] = (struct trace_record){sim_now(), id, (uint16_t)stage, (uint16_t)node};
}

const struct trace_record *
trace_records(size_t *n)
{
	*n = trace.n_records;
	return trace.records;
}
