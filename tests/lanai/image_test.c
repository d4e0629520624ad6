/* The image loader: layout, symbols and relocations of good objects, and a clear refusal of 10,000 damaged ones. */
#include "nic-sim/image.h"
#include "tests/lanai/rig.h"
#include "tests/lanai/toolchain.h"

#include <check.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

enum { LIMIT = 0x20000, MUTATIONS = 10000 };

static const char program[] =
        "int zeros[10]; int numbers[3] = {1, 2, 3}; const char text[] = \"hello\"; int *pointer = &numbers[1];\n"
        "__attribute__((weak)) int strength(void) { return 1; }\n"
        "int main(void) { *(volatile unsigned *)0xFFFFFF90u = (unsigned)(*pointer + zeros[3] + text[1] + strength());\n"
        "return 0; }\n";

static char *object; /* path of the compiled program */
static char *start;  /* path of crt0 */

static char *
compile(const char *name, const char *text)
{
	char *source = g_strdup_printf("%s/%s.c", toolchain_directory(), name);
	char *result = g_strdup_printf("%s/%s.o", toolchain_directory(), name);

	if (!g_file_set_contents(source, text, -1, NULL) ||
	    toolchain_run(NULL, "firmware/lanai-cc -c %s -o %s", source, result) != 0)
		g_error("cannot compile %s", source);
	g_free(source);
	return result;
}

static const struct lanai_symbol *
find(const struct lanai_image *image, const char *name)
{
	for (size_t i = 0; i < image->n_symbols; i++)
		if (strcmp(image->symbols[i].name, name) == 0)
			return &image->symbols[i];
	ck_abort_msg("no symbol %s", name);
	return NULL;
}

static uint32_t
word_at(const struct lanai_image *image, uint32_t a)
{
	const uint8_t *p = image->bytes + a;

	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

START_TEST(layout_and_symbols)
{
	const char *paths[] = {start, object};
	char *error;
	struct lanai_image *image = lanai_image_load(paths, 2, LIMIT, &error),
	                   *again = lanai_image_load(paths, 2, LIMIT, &error);
	const struct lanai_symbol *numbers, *text, *zeros, *main_, *pointer;

	ck_assert_msg(image != NULL, "%s", error);
	numbers = find(image, "numbers"), text = find(image, "text"), zeros = find(image, "zeros");
	main_ = find(image, "main"), pointer = find(image, "pointer");
	ck_assert_uint_eq(image->entry, 0);
	ck_assert_uint_lt(main_->address, image->code_end);
	ck_assert(image->code_end <= text->address && text->address < numbers->address &&
	          numbers->address < zeros->address);
	ck_assert_uint_le(zeros->address + zeros->size, image->size);
	ck_assert_uint_eq(zeros->size, 40);
	ck_assert_uint_eq(word_at(image, numbers->address + 8), 3);
	ck_assert_uint_eq(word_at(image, pointer->address), numbers->address + 4);
	ck_assert_str_eq(lanai_image_symbol(image, main_->address + 4)->name, "main");
	ck_assert_str_eq(image->sha256, again->sha256);
	ck_assert_uint_eq(strlen(image->sha256), 64);
	lanai_image_free(again);
	lanai_image_free(image);
}
END_TEST

START_TEST(strong_beats_weak)
{
	char *strong = compile("strong", "int strength(void); int strength(void) { return 100; }\n");
	const char *paths[] = {start, object, strong};
	char *error;
	struct lanai_image *image = lanai_image_load(paths, 3, LIMIT, &error);
	struct rig *rig;
	unsigned n;

	ck_assert_msg(image != NULL, "%s", error);
	rig = rig_run(image, &(struct rig_options){.until = SIM_MS});
	ck_assert_uint_eq(rig_output(rig, &n)[0], 2 + 0 + 'e' + 100);
	rig_close(rig);
	lanai_image_free(image);
	g_free(strong);
}
END_TEST

/* What nothing refers to takes no memory; what is referred to by something needed only does. */
START_TEST(only_what_is_needed)
{
	char *caller = compile("caller", "int end(void); int main(void); int main(void) { return end(); }\n");
	char *chain = compile("chain", "int end(void); int next(void); int end(void) { return next(); }\n");
	char *last = compile("last", "int next(void); int next(void) { return 1; }\n");
	char *idle = compile("idle", "int far_away(void); int idle(void); int idle(void) { return far_away(); }\n");
	const char *all[] = {idle, last, chain, start, caller}, *three[] = {start, caller, chain};
	char *error = NULL;
	struct lanai_image *with = lanai_image_load(all, 5, LIMIT, &error);
	struct lanai_image *without = lanai_image_load(all + 1, 4, LIMIT, &error);

	ck_assert_msg(with && without, "%s", error);
	ck_assert_str_eq(with->sha256, without->sha256);
	ck_assert_ptr_null(lanai_image_load(three, 3, LIMIT, &error));
	g_free(error);
	lanai_image_free(with);
	lanai_image_free(without);
	g_free(caller);
	g_free(chain);
	g_free(last);
	g_free(idle);
}
END_TEST

static void
refuse(const char *const *paths, size_t n, uint32_t limit, const char *expected)
{
	char *error = NULL;

	ck_assert_ptr_null(lanai_image_load(paths, n, limit, &error));
	ck_assert_msg(strstr(error, expected) && !strchr(error, '\n'), "'%s' does not say '%s'", error, expected);
	g_free(error);
}

START_TEST(refusals)
{
	char *lonely = compile("lonely", "int far_away(void); int main(void); int main(void) { return far_away(); }\n");
	char *large = compile("large", "int large[32760]; int main(void); int main(void) { return large[0]; }\n");
	const char *twice[] = {start, object, object}, *undefined[] = {start, lonely}, *no_start[] = {object};
	const char *too_large[] = {start, large}, *native[] = {"/proc/self/exe"}, *missing[] = {"/nonexistent.o"};
	const char *text[] = {"firmware/lib/crt0.s"};

	refuse(twice, 3, LIMIT, "is also defined in");
	refuse(undefined, 2, LIMIT, "undefined symbol far_away");
	refuse(no_start, 1, LIMIT, "no symbol _start");
	refuse(too_large, 2, LIMIT, "does not fit");
	refuse(native, 1, LIMIT, "not a relocatable 32-bit big-endian LANai object");
	refuse(missing, 1, LIMIT, "/nonexistent.o");
	refuse(text, 1, LIMIT, "not an ELF object");
	refuse(NULL, 0, LIMIT, "no firmware object");
	g_free(large);
	g_free(lonely);
}
END_TEST

/* One damaged copy: cut short, or up to eight bits or bytes changed. */
static void
damage(uint8_t *bytes, gsize *size, uint64_t *random)
{
	unsigned n = 1 + rig_random(random) % 8;

	if (rig_random(random) % 8 == 0)
		*size = rig_random(random) % *size;
	for (unsigned i = 0; i < n && *size; i++) {
		uint64_t dice = rig_random(random);
		gsize at = (dice >> 16) % (dice & 0x100 ? MIN(*size, 64) : *size);

		bytes[at] = dice & 1 ? (uint8_t)(bytes[at] ^ 1u << (dice >> 1) % 8) : (uint8_t)(dice >> 8);
	}
}

/* Every mutation gives an image that the LANai can be loaded with, or one line of text. */
START_TEST(damaged_objects)
{
	char *path = g_strdup_printf("%s/damaged.o", toolchain_directory()), *original;
	const char *paths[] = {start, path};
	gsize original_size;
	uint64_t random = 2026;
	unsigned refused = 0;

	ck_assert(g_file_get_contents(object, &original, &original_size, NULL));
	for (unsigned i = 0; i < MUTATIONS; i++) {
		uint8_t *bytes = g_memdup2(original, original_size);
		gsize size = original_size;
		struct lanai_image *image;
		char *error = NULL;
		FILE *file;

		damage(bytes, &size, &random);
		file = fopen(path, "wb");
		ck_assert(file && fwrite(bytes, 1, size, file) == size && fclose(file) == 0);
		image = lanai_image_load(paths, 2, LIMIT, &error);
		ck_assert(!image != !error);
		if (image) {
			ck_assert(image->size <= LIMIT && image->code_end <= image->size &&
			          image->entry < image->code_end);
		} else {
			ck_assert_msg(strstr(error, path) || strstr(error, start), "'%s' names no file", error);
			refused++;
		}
		lanai_image_free(image);
		g_free(error);
		g_free(bytes);
	}
	ck_assert_uint_gt(refused, MUTATIONS / 10);
	ck_assert_uint_lt(refused, MUTATIONS);
	g_free(original);
	g_free(path);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("firmware images");
	TCase *tc = tcase_create("image");
	SRunner *runner;
	int failed;

	toolchain_start();
	object = compile("object", program);
	start = g_strdup_printf("%s/rt0.o", toolchain_directory());
	tcase_set_timeout(tc, 100);
	tcase_add_test(tc, layout_and_symbols);
	tcase_add_test(tc, strong_beats_weak);
	tcase_add_test(tc, only_what_is_needed);
	tcase_add_test(tc, refusals);
	tcase_add_test(tc, damaged_objects);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	toolchain_stop();
	g_free(object);
	g_free(start);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
