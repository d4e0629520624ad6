/* The core as a whole: idle loops skipped or executed, slices of any length, engines, faults, time. */
#include "nic-sim/lanai_core.h"
#include "nic-sim/lanai_regs.h"
#include "tests/lanai/rig.h"
#include "tests/lanai/toolchain.h"

#include <check.h>
#include <glib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX                                                                                                         \
	"typedef unsigned u32;\n"                                                                                      \
	"#define REG(o) (*(volatile u32 *)(0xFFFFFF00u + (o)))\n"                                                      \
	"#define BARRIER __asm__ volatile(\"\" ::: \"memory\")\n"                                                      \
	"static inline u32 in(u32 o) { u32 x = REG(o); BARRIER; return x; }\n"                                         \
	"static inline void out(u32 o, u32 x) { REG(o) = x; BARRIER; }\n"                                              \
	"#define WORD ((volatile u32 *)0x10000)\n"

struct idle_program {
	const char *name;
	bool idles; /* most of it can be skipped */
	const char *text;
};

static const struct idle_program idle_programs[] = {
        {"status register", true,
         PREFIX "u32 seen; int main(void) { for (;;) { u32 isr = in(0x28); if (isr == seen) continue;\n"
                "seen = isr; out(0x90, isr); out(0x28, isr & 1); seen = in(0x28); } }\n"},
        {"queue of words in memory", true,
         PREFIX "u32 last[8], count; int main(void) { for (;;) for (u32 i = 0; i < 8; i++) if (WORD[i] != last[i]) {\n"
                "u32 n = 0; for (u32 k = 0; k < WORD[i] * 5; k++) n += k ^ count; last[i] = WORD[i]; count++; "
                "out(0x90, n); } }\n"},
        {"both, by function pointers, with stores of the same value", true,
         PREFIX "u32 mode, seen, words; void a(void) { mode = 0; u32 s = in(0x28); if (s != seen) { seen = s; "
                "out(0x94, s); } }\n"
                "void b(void) { u32 w = WORD[0] + WORD[3]; if (w != words) { words = w; out(0x44, w * 9999); } }\n"
                "void (*const table[2])(void) = {a, b};\n"
                "int main(void) { for (;;) { table[0](); table[1](); } }\n"},
        {"clock polled: never idle", false,
         PREFIX "u32 t; int main(void) { for (;;) { u32 now = in(0x34); if (now - t > 10) { t = now; out(0x90, "
                "WORD[1]); } } }\n"},
        {"counter in the loop: never idle", false,
         PREFIX "u32 n; int main(void) { for (;;) { n++; if (WORD[2] & n) out(0x90, n); } }\n"},
        {"two idle states and a wait loop", true,
         PREFIX
         "u32 phase; int main(void) { for (;;) { while (!(in(0x28) & 1)) ; phase++; out(0x28, 1);\n"
         "u32 w = WORD[phase & 7]; while (WORD[phase & 7] == w && !(in(0x28) & 2)) ; out(0x28, 2); out(0x90, phase);\n"
         "for (volatile u32 k = 0; k < 20; k++) ; } }\n"},
};

/* The image of one of the programs, compiled once before the tests fork. */
static struct lanai_image *images[G_N_ELEMENTS(idle_programs)];

static uint64_t
digest_of(const struct lanai_image *image, struct rig_options options, struct lanai_counts *counts)
{
	struct rig *rig = rig_run(image, &options);
	uint64_t digest = rig_digest(rig);

	*counts = lanai_counts(rig_core(rig));
	rig_close(rig);
	return digest;
}

START_TEST(skipping_equals_executing)
{
	const struct idle_program *program = &idle_programs[_i];
	struct lanai_counts slow, fast, skipped;

	for (uint64_t seed = 1; seed <= 24; seed++) {
		struct rig_options options = {
		        .seed = seed, .every = seed % 3 ? 40 * SIM_US : 3 * SIM_US, .until = 4 * SIM_MS};
		struct rig_options other = options;
		uint64_t expected;

		other.slow = true;
		expected = digest_of(images[_i], other, &slow);
		ck_assert_msg(digest_of(images[_i], options, &fast) == expected, "%s: fast, seed %u", program->name,
		              (unsigned)seed);
		options.skip = true;
		ck_assert_msg(digest_of(images[_i], options, &skipped) == expected, "%s: skipping, seed %u",
		              program->name, (unsigned)seed);
		ck_assert_uint_eq(slow.instructions, skipped.instructions);
		ck_assert_uint_eq(fast.executed, fast.instructions);
		if (!program->idles)
			ck_assert_uint_eq(skipped.executed, skipped.instructions);
		else if (seed % 3)
			ck_assert_msg(skipped.executed * 4 < skipped.instructions * 3,
			              "%s: only %llu of %llu skipped, seed %u", program->name,
			              (unsigned long long)(skipped.instructions - skipped.executed),
			              (unsigned long long)skipped.instructions, (unsigned)seed);
	}
}
END_TEST

/* Slices of one instruction, of a few, and whole ones; odd clocks, so that periods are no whole numbers of ps. */
START_TEST(any_quantum)
{
	static const uint64_t clocks[] = {33000000, 33333333, 66666667, 199999999, 1000000000};
	struct lanai_counts counts;

	for (unsigned i = 0; i < G_N_ELEMENTS(clocks); i++) {
		struct rig_options options = {.seed = i, .every = 20 * SIM_US, .until = 600 * SIM_US, .hz = clocks[i]};
		uint64_t expected = digest_of(images[_i], options, &counts);

		options.skip = true;
		for (sim_time q = 1; q <= 1000000; q *= 100) {
			options.quantum = q;
			ck_assert_msg(digest_of(images[_i], options, &counts) == expected,
			              "%s: clock %u, quantum %llu ps", idle_programs[_i].name, i,
			              (unsigned long long)q);
		}
	}
}
END_TEST

/* An injected hang falls between the same two instructions however the core is driven, and costs the time that it took.
 */
START_TEST(hangs_are_exact)
{
	struct rig_options options = {.seed = 7, .every = 20 * SIM_US, .until = 2 * SIM_MS, .slow = true};
	struct lanai_counts healthy, hung, counts;
	uint64_t expected;

	digest_of(images[_i], options, &healthy);
	options.hangs = true;
	expected = digest_of(images[_i], options, &hung);
	ck_assert_uint_lt(hung.instructions, healthy.instructions * 4 / 5);
	options.slow = false;
	ck_assert(digest_of(images[_i], options, &counts) == expected);
	options.skip = true;
	for (sim_time q = 1; q <= 1000000; q *= 100) {
		options.quantum = q;
		ck_assert(digest_of(images[_i], options, &counts) == expected);
		ck_assert_uint_eq(counts.instructions, hung.instructions);
	}
}
END_TEST

/* Faults. ------------------------------------------------------------------------------------------------------------
 */

struct fault_row {
	const char *what;
	uint32_t code[4];
	enum lanai_fault fault;
	uint32_t pc;
	const char *shown;
};

static const struct fault_row faults[] = {
        {"no instruction", {1, 0xD0000000, 1, 1}, LANAI_FAULT_ILLEGAL, 4, "<illegal>"},
        {"base update of the pc", {0x838B0004, 1, 1, 1}, LANAI_FAULT_ILLEGAL, 0, "ld [++%pc], %r7"},
        {"branch in a slot", {0xE0000008, 0xE0000000, 1, 1}, LANAI_FAULT_SHADOW, 4, "bt 0x0"},
        {"unaligned word", {0x83820002, 1, 1, 1}, LANAI_FAULT_UNALIGNED, 0, "ld 2[%r0], %r7"},
        {"unaligned halfword", {1, 0xF3830801, 1, 1}, LANAI_FAULT_UNALIGNED, 4, "ld.h 1[%r0], %r7"},
        {"beyond the SRAM", {0xF3820000, 0xF38C0000 | 0x100000, 1, 1}, LANAI_FAULT_WILD, 4, ""},
        {"byte of a register", {0xF3834B28, 1, 1, 1}, LANAI_FAULT_WILD, 0, ""},
        {"register that does not exist", {0x8382FF9C, 1, 1, 1}, LANAI_FAULT_WILD, 0, "ld -100[%r0], %r7"},
        {"end of the code", {1, 1, 1, 1}, LANAI_FAULT_PC, 16, "LANai"},
        {"branch out of the code", {0xE0000100, 1, 1, 1}, LANAI_FAULT_PC, 0x100, "LANai"},
        {"store into code", {0x93820008, 1, 1, 1}, LANAI_FAULT_CODE_STORE, 0, "st %r7, 8[%r0]"},
};

static char *
report_of(const struct lanai_core *core)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	lanai_report(core, out);
	fclose(out);
	return text;
}

START_TEST(fault_stops_with_report)
{
	const struct fault_row *row = &faults[_i / 2];
	uint8_t bytes[16];
	struct lanai_image image = {.bytes = bytes, .size = 16, .code_end = 16};
	struct rig *rig;
	char *report;

	for (unsigned i = 0; i < 16; i++)
		bytes[i] = (uint8_t)(row->code[i / 4] >> (24 - i % 4 * 8));
	rig = rig_run(&image, &(struct rig_options){.until = SIM_MS, .slow = _i & 1});
	report = report_of(rig_core(rig));
	ck_assert_msg(lanai_state(rig_core(rig)) == LANAI_HALTED, "%s: not halted", row->what);
	ck_assert_msg(lanai_fault(rig_core(rig)) == row->fault, "%s: %s", row->what, report);
	ck_assert_msg(lanai_reg(rig_core(rig), 2) == row->pc, "%s: %s", row->what, report);
	ck_assert_uint_eq(lanai_counts(rig_core(rig)).faults, 1);
	ck_assert_msg(strstr(report, lanai_fault_name(row->fault)) && strstr(report, row->shown), "%s: %s", row->what,
	              report);
	free(report);
	rig_close(rig);
}
END_TEST

/* A DMA engine that writes into code stops the LANai; one that writes data does not. */
START_TEST(touching_code)
{
	struct rig *rig = rig_run(images[0], &(struct rig_options){.until = SIM_MS, .skip = true});

	ck_assert(lanai_touch(rig_core(rig), RIG_TOUCHED, 64));
	ck_assert_int_ne(lanai_state(rig_core(rig)), LANAI_HALTED);
	ck_assert(!lanai_touch(rig_core(rig), 8, 4));
	ck_assert_int_eq(lanai_state(rig_core(rig)), LANAI_HALTED);
	ck_assert_int_eq(lanai_fault(rig_core(rig)), LANAI_FAULT_CODE_STORE);
	rig_close(rig);
}
END_TEST

/* Time. --------------------------------------------------------------------------------------------------------------
 */

struct cost_row {
	const char *what;
	uint32_t code[4]; /* before an endless store to HW_DBUG */
	uint32_t load;
	double clocks;
};

/* Date of the store, in clocks; a load from 0x10000 is F3840000, mov 1,%r6 is F3020001. */
static const struct cost_row costs[] = {
        {"no-ops", {1, 1, 1, 1}, 0, 4},
        {"load, not used at once", {0xF3840000, 1, 1, 1}, 0, 4},
        {"load, used at once", {0xF3840000, 0x041C0000, 1, 1}, 0, 5},
        {"constant, used at once", {0xF3820001, 0x041C0000, 1, 1}, 0, 5},
        {"load into r0", {0xF0040000, 0x04000000, 1, 1}, 0, 4},
        {"DMA takes one access a clock: loads and no-ops fit", {0xF3840000, 1, 1, 1}, 65536, 3 + 2},
        {"DMA takes one and a half", {1, 0xF3840000, 1, 1}, 98304, 3 * 2 + 4},
        {"DMA leaves one access in 65536 clocks", {1, 1, 1, 1}, 131071, 4 * (65536 - 1.0 / 65536)},
        {"DMA takes half an access", {1, 0xF3840000, 1, 1}, 32768, 3 + 4.0 / 3},
};

static bool
read_zero(void *device, uint32_t offset, uint32_t *value, bool *steady)
{
	(void)device, (void)offset;
	*value = 0;
	*steady = true;
	return true;
}

static bool
write_date(void *device, uint32_t offset, uint32_t value)
{
	(void)offset, (void)value;
	if (*(sim_time *)device == 0)
		*(sim_time *)device = sim_now();
	return true;
}

START_TEST(costs_in_clocks)
{
	const struct cost_row *row = &costs[_i];
	sim_time date = 0;
	struct lanai_bus bus = {.device = &date, .read = read_zero, .write = write_date};
	uint32_t code[] = {row->code[0], row->code[1], row->code[2], row->code[3], 0x9002FF90, 0xE0000014, 1};
	uint8_t bytes[sizeof code];
	struct lanai_image image = {.bytes = bytes, .size = sizeof code, .code_end = sizeof code};
	struct lanai_core *core = lanai_new("clock", RIG_SRAM, 1000000, SIM_RANK_NODE, &bus);
	const char *why;

	for (unsigned i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(code[i / 4] >> (24 - i % 4 * 8));
	ck_assert(lanai_load(core, &image, &why));
	lanai_set_dma_load(core, row->load);
	lanai_start(core);
	calendar_step(SIM_S);
	ck_assert_msg(fabs((double)date / SIM_US - row->clocks) < 1e-3, "%s: %f clocks", row->what,
	              (double)date / SIM_US);
	lanai_free(core);
}
END_TEST

/* Dates after a long run are those of the cycle count, not of added periods: 3 s at 33.333333 MHz. */
START_TEST(no_drift)
{
	static const uint32_t code[] = {0xE0000000, 1};
	sim_time date = 0;
	struct lanai_bus bus = {.device = &date, .read = read_zero, .write = write_date};
	uint8_t bytes[8] = {0xE0, 0, 0, 0, 0, 0, 0, 1};
	struct lanai_image image = {.bytes = bytes, .size = sizeof code, .code_end = sizeof code};
	struct lanai_core *core = lanai_new("clock", RIG_SRAM, 33333333, SIM_RANK_NODE, &bus);
	struct lanai_counts counts;
	const char *why;

	ck_assert(lanai_load(core, &image, &why));
	lanai_start(core);
	calendar_step(3 * SIM_S);
	counts = lanai_counts(core);
	ck_assert_uint_eq(counts.instructions, 99999999 + 1); /* the loop has two: stops in front of a branch */
	ck_assert_uint_lt(counts.executed, 100000);
	lanai_free(core);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("LANai core");
	TCase *tc = tcase_create("core");
	SRunner *runner;
	int failed;

	toolchain_start();
	for (unsigned i = 0; i < G_N_ELEMENTS(images); i++) {
		images[i] = toolchain_text(idle_programs[i].text, "", RIG_SRAM);
		if (!images[i])
			g_error("program %u does not compile", i);
	}
	tcase_set_timeout(tc, 100);
	tcase_add_loop_test(tc, skipping_equals_executing, 0, G_N_ELEMENTS(idle_programs));
	tcase_add_loop_test(tc, hangs_are_exact, 0, G_N_ELEMENTS(idle_programs));
	tcase_add_loop_test(tc, any_quantum, 0, G_N_ELEMENTS(idle_programs));
	tcase_add_loop_test(tc, fault_stops_with_report, 0, 2 * G_N_ELEMENTS(faults));
	tcase_add_test(tc, touching_code);
	tcase_add_loop_test(tc, costs_in_clocks, 0, G_N_ELEMENTS(costs));
	tcase_add_test(tc, no_drift);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	toolchain_stop();
	for (unsigned i = 0; i < G_N_ELEMENTS(images); i++)
		lanai_image_free(images[i]);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
