/* Two processes on two hosts, each with a buffer that the other has imported: what VMMC workloads start from. */
#ifndef EXPERIMENTS_PAIR_H
#define EXPERIMENTS_PAIR_H

#include "experiments/simulate.h"
#include "host-lib/vmmc.h"

#define PAIR_NAME 1 /* of either export, on its host */

/* One end.  The buffer is `bytes` long; behind it, in the same export, lies a word of its own, the flag. */
struct pair_end {
	struct simulation *simulation;
	struct pair *pair;
	struct pair_end *other;
	unsigned node;
	struct process *process;
	struct vmmc *v;
	uint32_t bytes;
	uint64_t here;              /* address of the buffer */
	uint64_t source;            /* address of a buffer of the same size to send from; one of pair->sources */
	uint64_t sources;           /* address of the first */
	uint32_t turn;              /* how often that was another one */
	struct vmmc_proxy *there;   /* the other's buffer */
	struct vmmc_export *export; /* of the own one */
	uint64_t elsewhere;       /* words that are waited for may come that much further on as well; 0: they do not */
	struct umem_range waited; /* pair_wait */
	uint32_t expected;
};

struct pair {
	struct pair_end ends[2];
	uint32_t bytes;
	uint32_t sources; /* buffers to send from; 0: one */
	/* body: the program of either end, once both buffers are imported. */
	void (*body)(struct pair_end *end);
	void *arg;
};

/* pair_start: for simulate(), with workload->hosts of 2 or more; simulation->arg is the pair, with bytes, sources, body
 * and arg set. */
void pair_start(struct simulation *s);

/* Calls of the running end's program; false once anything has failed (the simulation then has the error). */

/* pair_stride: from a buffer to send from to the next. */
uint32_t pair_stride(const struct pair_end *end);
/* pair_next_source: another of the buffers is `source` from now on: each once in order, then as if at random. */
void pair_next_source(struct pair_end *end);
/* pair_send: the first bytes of the source buffer.  pair_send_done: [at, +bytes) of it, to the same place, and waits
 * until they have been read. pair_send_part: does not wait. */
bool pair_send(struct pair_end *end);
bool pair_send_done(struct pair_end *end, uint32_t at, uint32_t bytes);
bool pair_send_part(struct pair_end *end, uint32_t at, uint32_t bytes);
/* pair_wait: until the word at `offset` of the own buffer has that value.  pair_wait_past: or one that comes after it,
 * of values that are counted up. */
bool pair_wait(struct pair_end *end, uint32_t offset, uint32_t value);
bool pair_wait_past(struct pair_end *end, uint32_t offset, uint32_t value);
/* pair_flag: sends `value` into the other's flag. */
bool pair_flag(struct pair_end *end, uint32_t value);
bool pair_wait_flag(struct pair_end *end, uint32_t value);
bool pair_wait_flag_past(struct pair_end *end, uint32_t value);
uint32_t pair_read_flag(const struct pair_end *end);
/* Own memory as C sees it. */
uint32_t *pair_words(const struct pair_end *end, uint64_t address);

#endif
