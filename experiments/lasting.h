/* A stream of chunks from host 0 to host 1 over VMMC that goes on after a NIC was reset, or a link given up.
 *
 * Chunks go round in a ring in the receiver's memory; behind each goes a word that counts them, and the receiver sends
 * back how many it has taken.  When an import breaks, either end closes what is dead, opens, exports and imports again;
 * then the sender asks, with a number that it has not used before, and the receiver answers with that number and what
 * it has taken.  The sender goes on from there: it fills those chunks again. */
#ifndef EXPERIMENTS_LASTING_H
#define EXPERIMENTS_LASTING_H

#include "experiments/simulate.h"
#include "host-lib/vmmc.h"

struct lasting;

/* Either end.  The ring is in the receiver's memory; the sender has one of the same size to send from. */
struct lasting_end {
	struct lasting *stream;
	unsigned node;
	struct process *process;
	struct task *task;
	struct vmmc *v; /* NULL: not open */
	struct vmmc_export *export;
	struct vmmc_proxy *there; /* NULL: not imported */
	uint64_t memory;
	uint32_t asked;
};

struct lasting {
	uint32_t chunk, chunks; /* bytes of one, a multiple of 4, and how many */
	/* fill: chunk number i, at `bytes`; its length.  take: the same chunk has come. */
	uint32_t (*fill)(struct lasting *stream, uint32_t i, uint8_t *bytes);
	void (*take)(struct lasting *stream, uint32_t i, const uint8_t *bytes);
	struct simulation *simulation;
	struct lasting_end ends[2];
	uint32_t given, taken;
	uint32_t resumed; /* how often the sender had to ask, the first time not counted */
	bool done;
};

/* lasting_start: for simulate(); simulation->arg is the stream, or begins with it, with chunk, chunks, fill, take set.
 */
void lasting_start(struct simulation *s);

#endif
