/* The compiler's known mistakes (docs/lanai.md): the flags of firmware/lanai-cc avoid them, and without the flags these
 * very programs fail, so the test can fail. */
#include "tests/lanai/rig.h"
#include "tests/lanai/toolchain.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* Every program writes a result for each case to HW_DBUG, then 0xD0E to end. */
#define PREFIX                                                                                                         \
	"typedef unsigned u32; typedef int s32; typedef unsigned long long u64; typedef long long s64;\n"              \
	"#define REG(o) (*(volatile u32 *)(0xFFFFFF00u + (o)))\n"                                                      \
	"#define OUT(x) (REG(0x90) = (x))\n"

/* The flags of a - b are reused for b - a. */
static const char absdiff[] =
        PREFIX "u32 v[7] = {0, 1, 2, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF};\n"
               "__attribute__((noinline)) u32 d(u32 a, u32 b) { return a > b ? a - b : b - a; }\n"
               "__attribute__((noinline)) s32 e(s32 a, s32 b) { return a > b ? a - b : b - a; }\n"
               "int main(void) { for (u32 i = 0; i < 7; i++) for (u32 j = 0; j < 7; j++) {\n"
               "OUT(d(v[i], v[j])); OUT((u32)e((s32)v[i], (s32)v[j])); } OUT(0xD0E); return 0; }\n";

/* The post-increment slides behind the comparison. */
static const char fifo[] = PREFIX "u32 src[6] = {11, 22, 33, 44, 55, 66};\n"
                                  "__attribute__((noinline)) void push(volatile u32 *f, u32 *q, u32 *e, u32 last) {\n"
                                  "do { *f = last; last = *q++; } while (q != e); *f = last; }\n"
                                  "int main(void) { push(&REG(0x90), src, src + 4, 7); OUT(0xD0E); return 0; }\n";

/* Two volatile loads change places. */
static const char volatile_order[] = PREFIX
        "__attribute__((noinline)) u32 f(volatile u32 *p) { u32 a = p[0]; u32 b = p[1]; if (b) OUT(9); return a; }\n"
        "int main(void) { REG(0x3C) = 5; REG(0x40) = 1; OUT(f(&REG(0x3C))); OUT(0xD0E); return 0; }\n";

/* 64-bit arithmetic, through memory and through the run-time. */
static const char wide[] = PREFIX
        "volatile u64 a = 0x123456789ABCDEF0ull, b = 0xFEDCBA987ull; volatile s64 c = -123456789012345ll; volatile s32 "
        "n = 37;\n"
        "static void put(u64 x) { OUT((u32)(x >> 32)); OUT((u32)x); }\n"
        "int main(void) { put(a * b); put(a / b); put(a % b); put((u64)(c / 977)); put((u64)(c % 977)); put(a << n);\n"
        "put(a >> n); put((u64)(c >> n)); put((u64)(c * (s64)b)); put(a - b); OUT(a < b); OUT((u32)(c < 0)); "
        "OUT(0xD0E); return 0; }\n";

/* A 64-bit local is addressed as slot | 4: wrong if the stack pointer has the wrong residue. */
static const char aligned[] = PREFIX
        "__attribute__((noinline)) void set(u64 *p, u64 v) { *p = v; }\n"
        "__attribute__((noinline)) u64 deep(u32 n) { u64 x[3]; set(x, n); set(x + 1, 0x1111111122222222ull * n);\n"
        "set(x + 2, ~0ull); return n ? x[0] + x[1] + x[2] + deep(n - 1) : x[1]; }\n"
        "int main(void) { u64 r = deep(9); OUT((u32)(r >> 32)); OUT((u32)r); OUT(((u32)__builtin_frame_address(0)) & "
        "7); OUT(0xD0E); return 0; }\n";

static unsigned
run(struct lanai_image *image, uint32_t *out, unsigned max)
{
	struct rig *rig;
	const uint32_t *values;
	unsigned n;

	ck_assert_ptr_nonnull(image);
	rig = rig_run(image, &(struct rig_options){.until = 20 * SIM_MS});
	values = rig_output(rig, &n);
	n = n < max ? n : max;
	for (unsigned i = 0; i < n; i++)
		out[i] = values[i];
	rig_close(rig);
	lanai_image_free(image);
	return n;
}

static unsigned
wrong_differences(struct lanai_image *image)
{
	static const uint32_t v[7] = {0, 1, 2, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF};
	uint32_t out[99];
	unsigned wrong = 0, k = 0;

	ck_assert_uint_eq(run(image, out, 99), 99);
	ck_assert_uint_eq(out[98], 0xD0E);
	for (unsigned i = 0; i < 7; i++)
		for (unsigned j = 0; j < 7; j++) {
			wrong += out[k++] != (v[i] > v[j] ? v[i] - v[j] : v[j] - v[i]);
			wrong += out[k++] != ((int32_t)v[i] > (int32_t)v[j] ? v[i] - v[j] : v[j] - v[i]);
		}
	return wrong;
}

static bool
fifo_is_right(struct lanai_image *image)
{
	static const uint32_t expected[] = {7, 11, 22, 33, 44, 0xD0E};
	uint32_t out[6] = {0};

	run(image, out, 6);
	for (unsigned i = 0; i < 6; i++)
		if (out[i] != expected[i])
			return false;
	return true;
}

START_TEST(differences)
{
	ck_assert_uint_eq(wrong_differences(toolchain_text(absdiff, "", 0x20000)), 0);
	ck_assert_uint_gt(wrong_differences(toolchain_unsafe(absdiff, 0x20000)), 0);
}
END_TEST

START_TEST(fifo_loop)
{
	ck_assert(fifo_is_right(toolchain_text(fifo, "", 0x20000)));
	ck_assert(!fifo_is_right(toolchain_unsafe(fifo, 0x20000)));
}
END_TEST

/* Offset of the first word load through %r6, the argument, in the function: p[0] must come before p[1]. */
static int
first_offset(const struct lanai_image *image, const char *name)
{
	for (size_t i = 0; i < image->n_symbols; i++) {
		const struct lanai_symbol *s = &image->symbols[i];

		for (uint32_t a = s->address; strcmp(s->name, name) == 0 && a < s->address + s->size; a += 4) {
			const uint8_t *p = image->bytes + a;
			uint32_t w = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];

			if (w >> 28 == 8 && (w >> 18 & 31) == 6)
				return w & 0x20000 ? (int16_t)w : 0;
		}
	}
	return -1;
}

START_TEST(volatile_loads)
{
	struct lanai_image *unsafe = toolchain_unsafe(volatile_order, 0x20000);
	struct lanai_image *image = toolchain_text(volatile_order, "", 0x20000);
	uint32_t out[2];

	ck_assert_int_eq(first_offset(image, "f"), 0);
	ck_assert_int_eq(first_offset(unsafe, "f"), 4);
	ck_assert_uint_eq(run(image, out, 2), 2);
	ck_assert_uint_eq(out[0], 9);
	ck_assert_uint_eq(out[1], 5);
	lanai_image_free(unsafe);
}
END_TEST

static void
expect64(const uint32_t *out, unsigned i, uint64_t value)
{
	ck_assert_msg(((uint64_t)out[2 * i] << 32 | out[2 * i + 1]) == value, "row %u: %08x%08x, expected %016llx", i,
	              out[2 * i], out[2 * i + 1], (unsigned long long)value);
}

START_TEST(wide_arithmetic)
{
	const uint64_t a = 0x123456789ABCDEF0ull, b = 0xFEDCBA987ull;
	const int64_t c = -123456789012345ll;
	const char *const levels[] = {"-O0", "-Os", "-O2"};
	uint32_t out[23];

	ck_assert_uint_eq(run(toolchain_text(wide, levels[_i], 0x20000), out, 23), 23);
	expect64(out, 0, a * b);
	expect64(out, 1, a / b);
	expect64(out, 2, a % b);
	expect64(out, 3, (uint64_t)(c / 977));
	expect64(out, 4, (uint64_t)(c % 977));
	expect64(out, 5, a << 37);
	expect64(out, 6, a >> 37);
	expect64(out, 7, (uint64_t)(c >> 37));
	expect64(out, 8, (uint64_t)c * b);
	expect64(out, 9, a - b);
	ck_assert_uint_eq(out[20], 0);
	ck_assert_uint_eq(out[21], 1);
}
END_TEST

START_TEST(stack_alignment)
{
	const char *const levels[] = {"-O0", "-Os", "-O2"};
	uint64_t expected = 0;
	uint32_t out[4];

	for (unsigned n = 9; n > 0; n--)
		expected += n + 0x1111111122222222ull * n - 1;
	ck_assert_uint_eq(run(toolchain_text(aligned, levels[_i], 0x20000), out, 4), 4);
	expect64(out, 0, expected);
	ck_assert_uint_eq(out[2], 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("compiler hazards");
	TCase *tc = tcase_create("hazards");
	SRunner *runner;
	int failed;

	toolchain_start();
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, differences);
	tcase_add_test(tc, fifo_loop);
	tcase_add_test(tc, volatile_loads);
	tcase_add_loop_test(tc, wide_arithmetic, 0, 3);
	tcase_add_loop_test(tc, stack_alignment, 0, 3);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	toolchain_stop();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
