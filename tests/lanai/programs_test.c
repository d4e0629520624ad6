/* Generated C programs: compiled for the LANai and for this machine, and run on both engines, they give one checksum.
 *
 * LANAI_PROGRAMS=n tries n programs (seeds 1..n) instead of the short run.  Skipped are those that this machine does
 * not finish at once and those on which clang's lanai back end hangs or fails; few may be. */
#include "nic-sim/lanai_core.h"
#include "tests/lanai/rig.h"
#include "tests/lanai/toolchain.h"

#include <check.h>
#include <glib.h>
#include <stdlib.h>

enum { SHORT_RUN = 24, MEMORY = 0x100000, SLOW_ENGINE_LIMIT = 2000000 /* instructions */ };

static const char generator_flags[] = "--no-argc --no-unions --no-packed-struct --no-volatiles --no-volatile-pointers "
                                      "--max-funcs 5 --max-block-size 4 --max-block-depth 3";

static const char native_flags[] = "-std=gnu11 -O1 -w -fwrapv -fno-strict-aliasing -Itests/lanai/csmith";

/* A constant with suffix L is 32 bits here and 64 there: without the suffix it is the same number on both. */
static char *
without_long(const char *text)
{
	GRegex *regex = g_regex_new("\\b((?:0x[0-9A-Fa-f]+|[0-9]+)U?)L\\b(?!L)", 0, 0, NULL);
	char *result = g_regex_replace(regex, text, -1, 0, "\\1", 0, NULL);

	g_regex_unref(regex);
	return result;
}

static bool
generate(unsigned seed, const char *path)
{
	char *text = NULL, *changed;
	bool ok = toolchain_run(path, "cd $(dirname %s) && timeout 20 csmith --seed %u %s", path, seed,
	                        generator_flags) == 0 &&
	          g_file_get_contents(path, &text, NULL, NULL);

	if (!ok)
		return false;
	changed = without_long(text);
	ok = g_file_set_contents(path, changed, -1, NULL);
	g_free(changed);
	g_free(text);
	return ok;
}

/* The checksum that this machine computes; false if it takes long. */
static bool
run_native(const char *path, uint32_t *sum)
{
	char *binary = g_strdup_printf("%s.native", path), *output = g_strdup_printf("%s.sum", path), *text = NULL;
	bool ok = toolchain_run(NULL, "timeout 60 clang %s %s -o %s", native_flags, path, binary) == 0 &&
	          toolchain_run(output, "timeout 0.3 %s", binary) == 0 &&
	          g_file_get_contents(output, &text, NULL, NULL);

	if (ok)
		*sum = (uint32_t)strtoul(text, NULL, 10);
	g_free(text);
	g_free(binary);
	g_free(output);
	return ok;
}

/* Runs to the first output. False if it does not come within 20 simulated seconds. */
static bool
run_simulated(const struct lanai_image *image, bool slow, uint32_t *sum, struct lanai_counts *counts)
{
	struct rig_options options = {.slow = slow, .until = 20 * SIM_S, .sram = MEMORY, .outputs = 1};
	struct rig *rig = rig_run(image, &options);
	unsigned n;
	const uint32_t *values = rig_output(rig, &n);
	bool done = n > 0;

	*counts = lanai_counts(rig_core(rig));
	ck_assert_msg(lanai_state(rig_core(rig)) != LANAI_HALTED, "%s", lanai_fault_name(lanai_fault(rig_core(rig))));
	if (done)
		*sum = values[0];
	rig_close(rig);
	return done;
}

static const char *const levels[] = {"-Os", "-O0", "-O2", "-O1"};

/* True if the program could be compared. */
static bool
compare(unsigned seed)
{
	char *path = g_strdup_printf("%s/program%u.c", toolchain_directory(), seed);
	const char *level = levels[seed % G_N_ELEMENTS(levels)];
	char *flags = g_strdup_printf("%s -w -Itests/lanai/csmith -idirafter /usr/include", level);
	uint32_t native, fast = 0, slow = 0;
	struct lanai_counts fast_counts, slow_counts;
	struct lanai_image *image = NULL;
	bool done = generate(seed, path) && run_native(path, &native) &&
	            (image = toolchain_build(path, flags, MEMORY)) != NULL &&
	            run_simulated(image, false, &fast, &fast_counts);

	if (done) {
		ck_assert_msg(fast == native, "seed %u %s: %08x, natively %08x", seed, level, fast, native);
		if (fast_counts.instructions < SLOW_ENGINE_LIMIT) {
			ck_assert(run_simulated(image, true, &slow, &slow_counts));
			ck_assert_uint_eq(slow, fast);
			ck_assert_uint_eq(slow_counts.instructions, fast_counts.instructions);
		}
	}
	lanai_image_free(image);
	toolchain_run(NULL, "rm -f %s %s.native %s.sum", path, path, path);
	g_free(flags);
	g_free(path);
	return done;
}

START_TEST(generated_programs)
{
	const char *wanted = g_getenv("LANAI_PROGRAMS");
	unsigned n = wanted ? (unsigned)strtoul(wanted, NULL, 10) : SHORT_RUN, compared = 0;

	g_setenv("LANAI_CC_SECONDS", "10", TRUE);
	for (unsigned seed = 1; seed <= n; seed++)
		compared += compare(seed);
	printf("%u of %u programs compared, no difference\n", compared, n);
	ck_assert_uint_ge(compared, n / 2);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("generated programs on the LANai");
	TCase *tc = tcase_create("programs");
	SRunner *runner;
	int failed;

	toolchain_start();
	tcase_set_timeout(tc, 3600); /* CTest has its own limit */
	tcase_add_test(tc, generated_programs);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	toolchain_stop();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
