/* Random code and random disturbances on both engines of the LANai.
 *
 * LLVMFuzzerTestOneInput() makes a program of the input bytes, runs it on the slow engine, and on the fast one: as
 * usual, in slices of one instruction, with idle loops skipped, a little and far ahead of the disturbances; and aborts
 * if any of them differs.
 * Built with -fsanitize=fuzzer it is a fuzz target; the main() here feeds it seeded random inputs:
 * lanai_fuzz [inputs [first seed]]. */
#include "nic-sim/lanai_isa.h"
#include "nic-sim/lanai_regs.h"
#include "tests/lanai/rig.h"

#include <stdlib.h>
#include <string.h>

enum { CODE_WORDS = 96, CODE_BYTES = CODE_WORDS * 4 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t
branch(uint32_t w)
{
	return (w & 0xFE000001u) | (w >> 2) % CODE_WORDS * 4;
}

/* Word access relative to r0: to data, to a register, or (rarely) anywhere. */
static uint32_t
access_r0(uint32_t w)
{
	uint32_t offset = w & 0x40 ? 0xFF00 | (w & 0xFC) : 0x1000 | (w & 0x3C);

	return 0x80020000u | (w & 0x1F800000u) | (w & 0x80 ? 0x10000000u : 0) | offset;
}

/* A word at RIG_TOUCHED, where disturbances hit (SLS). */
static uint32_t
access_touched(uint32_t w)
{
	return 0xF0040000u | (w & 0x0F800000u) | (w & 0x180 ? 0 : 0x10000) | (w & (RIG_TOUCHED_WORDS - 1) * 4);
}

/* Not the pc as destination, most of the time: programs would end at once. */
static uint32_t
keep_pc(uint32_t w)
{
	return (w >> 23 & 31) == LANAI_PC && (w & 0x700) ? w | 1u << 24 : w;
}

/* One word of code; the low byte of `dice` says how wild. */
static uint32_t
make_word(uint32_t w, uint8_t dice)
{
	if (dice < 4)
		return w;
	if (dice < 50)
		return branch((w & 0x0FFFFFFFu) | 0xE0000000u);
	if (dice < 90)
		return keep_pc(access_r0(w));
	if (dice < 110)
		return keep_pc(access_touched(w));
	if (dice < 120)
		return keep_pc((w & 0x0FFEFFFFu) | 0xF0020000u);
	if (dice < 180)
		return keep_pc(0xC0000000u | (w & 0x0FFFFF07u) | ((w >> 8 & 7) == 7 ? 0x80 | (w >> 3 & 0x40) : 0));
	if (dice < 190)
		return keep_pc(0xD0000000u | (w & 0x0FFC0000u) | (1 + (w & 1)));
	if (dice < 200)
		return 0xE0000002u | (w & 0x0E7C0001u);
	if (dice < 205)
		return 2 + w % 5;
	if (dice < 215)
		return 1;
	if (dice < 222)
		return 0xF0030000u | (w & 0x0FFC7FFFu);
	return keep_pc(w & 0x7FFFFFFFu);
}

static void
put_word(uint8_t *p, uint32_t w)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (uint8_t)(w >> (24 - 8 * i));
}

static struct lanai_image
make_program(const uint8_t *data, size_t size, uint8_t *bytes)
{
	for (unsigned i = 0; i < CODE_WORDS; i++) {
		uint32_t w = 0;
		uint8_t dice = 210;

		if (i * 5 + 5 <= size) {
			memcpy(&w, data + i * 5, 4);
			dice = data[i * 5 + 4];
		}
		put_word(bytes + i * 4, make_word(w, dice));
	}
	put_word(bytes + CODE_BYTES - 8, 0xE0000000u); /* bt 0, nop: most programs go on for ever */
	put_word(bytes + CODE_BYTES - 4, 1);
	return (struct lanai_image){.bytes = bytes, .size = CODE_BYTES, .code_end = CODE_BYTES};
}

static uint64_t
run(const struct lanai_image *image, struct rig_options options, const char *title, bool print)
{
	struct rig *rig = rig_run(image, &options);
	uint64_t digest = rig_digest(rig);

	if (print)
		rig_print(rig, title, 400);
	rig_close(rig);
	return digest;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t bytes[CODE_BYTES];
	struct lanai_image image = make_program(data, size, bytes);
	uint64_t seed = size >= 8 ? data[0] + 256u * data[7] : 1;
	struct rig_options base = {.seed = seed, .every = 7 * SIM_US, .until = 150 * SIM_US};
	struct rig_options slow = base, tiny = base, skip = base, near = base, far = base;
	bool print = false;

	slow.slow = true;
	tiny.quantum = 1;
	skip.skip = near.skip = true;
	near.ahead = 100 * SIM_NS;
	far.ahead = SIM_MS;
	for (;;) {
		uint64_t expected = run(&image, slow, "slow", print);
		bool same = run(&image, base, "fast", print) == expected;

		same = run(&image, tiny, "quantum of 1 ps", print) == expected && same;
		same = run(&image, skip, "skipping", print) == expected && same;
		same = run(&image, near, "skipping, a little ahead", print) == expected && same;
		same = run(&image, far, "far ahead", print) == expected && same;
		if (same)
			return 0;
		if (print) {
			fflush(stdout);
			abort();
		}
		print = true;
	}
}

#ifndef LANAI_FUZZ_LIBFUZZER
int
main(int argc, char **argv)
{
	unsigned long n = argc > 1 ? strtoul(argv[1], NULL, 0) : 1500, first = argc > 2 ? strtoul(argv[2], NULL, 0) : 1;

	for (unsigned long i = first; i < first + n; i++) {
		uint64_t random = i;
		uint8_t data[CODE_WORDS * 5];

		for (size_t k = 0; k < sizeof data; k++)
			data[k] = (uint8_t)rig_random(&random);
		LLVMFuzzerTestOneInput(data, sizeof data);
	}
	printf("%lu inputs, no difference\n", n);
	return 0;
}
#endif
