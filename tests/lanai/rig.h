/* A LANai on a bench: a core, a few registers, a source of random disturbances, and a log of all that it did.
 *
 * The same program and seed under any engine, quantum and with or without skipping must give the same log, registers,
 * memory and counts: rig_digest() is a hash over all of them.  One rig at a time (there is one calendar a process). */
#ifndef TESTS_LANAI_RIG_H
#define TESTS_LANAI_RIG_H

#include "nic-sim/lanai_core.h"

#include <stdint.h>

struct rig_options {
	bool slow;        /* the slow engine */
	bool skip;        /* skip idle loops */
	sim_time quantum; /* 0: none */
	sim_time ahead;   /* how far to run ahead of a disturbance; 0: as usual (not at all with a quantum) */
	uint64_t seed;    /* of the disturbances */
	sim_time every;   /* mean time between disturbances; 0: none */
	bool hangs;       /* one in four of them hangs the LANai, or ends that */
	uint64_t hz;      /* 0: 33 MHz */
	sim_time until;   /* end of the run */
	uint32_t sram;    /* 0: RIG_SRAM */
	unsigned outputs; /* stop after so many; 0: do not */
};

/* rig_run: runs the image to the end or a fault; the rig's core stays for inspection until rig_close(). */
struct rig;
struct rig *rig_run(const struct lanai_image *image, const struct rig_options *options);
void rig_close(struct rig *rig);
struct lanai_core *rig_core(struct rig *rig);
uint64_t rig_digest(struct rig *rig);
/* Values written to HW_DBUG, in order: how programs under test report. */
const uint32_t *rig_output(const struct rig *rig, unsigned *n);
void rig_print(struct rig *rig, const char *title, unsigned log_lines);

/* Disturbances come from elsewhere, so that the core runs ahead of them, and hit these words, and programs that want to see them look here. */
enum { RIG_SRAM = 0x20000, RIG_TOUCHED = 0x10000, RIG_TOUCHED_WORDS = 8 };

static inline uint64_t
rig_random(uint64_t *state)
{
	uint64_t z = (*state += 0x9E3779B97F4A7C15ull);

	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ull;
	z = (z ^ z >> 27) * 0x94D049BB133111EBull;
	return z ^ z >> 31;
}

#endif
