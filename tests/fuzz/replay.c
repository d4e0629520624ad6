/* What a fuzz target is linked with where there is no libFuzzer: runs every seed of a folder, and MUTATIONS damaged
 * copies of each, made from a fixed random sequence.  Usage: TARGET SEED-FOLDER [mutations of each seed]. */
#include <glib.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MUTATIONS = 400, EDITS = 6 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* edit: one byte changed, or the tail cut off, or a piece repeated elsewhere. */
static void
edit(GByteArray *bytes, GRand *random)
{
	guint at = (guint)g_rand_int_range(random, 0, (gint32)bytes->len), kind = (guint)g_rand_int_range(random, 0, 8);

	if (kind == 0) {
		g_byte_array_set_size(bytes, MAX(at, 1));
	} else if (kind == 1) {
		guint from = (guint)g_rand_int_range(random, 0, (gint32)bytes->len);
		memmove(bytes->data + at, bytes->data + from, MIN(16, bytes->len - MAX(at, from)));
	} else if (kind < 5) {
		bytes->data[at] ^= (guint8)(1u << g_rand_int_range(random, 0, 8));
	} else {
		bytes->data[at] = (guint8)g_rand_int_range(random, 0, 256);
	}
}

static void
run_damaged(const char *seed, gsize size, GRand *random)
{
	GByteArray *bytes = g_byte_array_new();

	g_byte_array_append(bytes, (const guint8 *)seed, (guint)size);
	for (gint32 n = g_rand_int_range(random, 1, EDITS); n > 0; n--)
		edit(bytes, random);
	LLVMFuzzerTestOneInput(bytes->data, bytes->len);
	g_byte_array_free(bytes, TRUE);
}

static void
run_seed(const char *path, unsigned mutations)
{
	GRand *random = g_rand_new_with_seed(1);
	GError *error = NULL;
	gsize size;
	char *seed;

	if (!g_file_get_contents(path, &seed, &size, &error))
		g_error("%s", error->message);
	LLVMFuzzerTestOneInput((const uint8_t *)seed, size);
	for (unsigned i = 0; size && i < mutations; i++)
		run_damaged(seed, size, random);
	g_free(seed);
	g_rand_free(random);
}

int
main(int argc, char **argv)
{
	unsigned mutations = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : MUTATIONS, seeds = 0;
	GDir *folder = argc > 1 ? g_dir_open(argv[1], 0, NULL) : NULL;
	const char *name;

	if (!folder) {
		fprintf(stderr, "usage: %s SEED-FOLDER [MUTATIONS]\n", argv[0]);
		return 2;
	}
	while ((name = g_dir_read_name(folder)) != NULL) {
		char *path = g_build_filename(argv[1], name, NULL);
		run_seed(path, mutations);
		g_free(path);
		seeds++;
	}
	g_dir_close(folder);
	printf("%u seeds, %u mutations of each\n", seeds, mutations);
	return seeds > 0 ? 0 : 1;
}
