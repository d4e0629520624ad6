/* A firmware image: objects that `clang -target lanai` wrote, relocated to their final addresses.
 *
 * No linker does a final Lanai link, so this loader lays out the allocated sections of one or more ELF32 big-endian
 * EM_LANAI relocatable objects (code first, from address 0; then read-only data, data, bss), defines their symbols,
 * applies the R_LANAI_* relocations and reports undefined and duplicate ones.  Objects that nothing refers to, from the
 * one with _start on, are left out.  Everything must lie below `limit`.
 * One symbol comes from the loader, unless an object defines it: __stack_top, the limit rounded down to 8.
 * The input is untrusted: any file gives an image or an error text that names the file, never more. */
#ifndef NIC_SIM_IMAGE_H
#define NIC_SIM_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lanai_symbol {
	const char *name;
	uint32_t address;
	uint32_t size;
};

struct lanai_image {
	uint8_t *bytes; /* from address 0, big-endian, bss included */
	uint32_t size;
	uint32_t code_end;            /* code is [0, code_end) */
	uint32_t entry;               /* _start */
	struct lanai_symbol *symbols; /* sorted by address; functions and objects with a name */
	size_t n_symbols;
	char sha256[65]; /* of `bytes`, code_end and entry: names the firmware in every result */
};

/* lanai_image_load: links the named object files in that order. NULL and *error (g_free it) if that fails. */
struct lanai_image *lanai_image_load(const char *const *paths, size_t n, uint32_t limit, char **error);
void lanai_image_free(struct lanai_image *image);
/* The symbol that covers `address` (nearest below), or NULL. */
const struct lanai_symbol *lanai_image_symbol(const struct lanai_image *image, uint32_t address);

#endif
