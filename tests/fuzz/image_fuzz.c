/* The firmware image loader: any bytes for an object file linked behind the start-up code, give an
 * image within its limit, or an error text. */
#define _GNU_SOURCE /* memfd_create */
#include "nic-sim/image.h"

#include <glib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LIMIT = 0x8000, LONGEST_ERROR = 4000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct lanai_image *image)
{
	if (image->size > LIMIT || image->code_end > image->size || image->entry >= image->code_end || image->entry % 4)
		abort();
	for (size_t i = 0; i < image->n_symbols; i++)
		if (image->symbols[i].name[0] == '\0' ||
		    (i > 0 && image->symbols[i].address < image->symbols[i - 1].address))
			abort();
	lanai_image_symbol(image, LIMIT / 2);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int file = memfd_create("object", 0);
	char path[32];
	const char *paths[] = {"firmware/images/lib/crt0.o", path};
	struct lanai_image *image;
	char *error = NULL;

	if (file < 0 || write(file, data, size) != (ssize_t)size)
		abort();
	g_snprintf(path, sizeof path, "/dev/fd/%d", file);
	image = lanai_image_load(paths, 2, LIMIT, &error);
	if (image)
		check(image);
	else if (!error || error[0] == '\0' || strlen(error) > LONGEST_ERROR)
		g_error("a useless message: %s", error);
	if (image)
		lanai_image_free(image);
	g_free(error);
	close(file);
	return 0;
}
