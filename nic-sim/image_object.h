/* The relocatable objects that a firmware image is made of: read, checked as ELF, and those left out that nothing
 * needs. nic-sim/image.c gives what is left its addresses.  For the loader alone. */
#ifndef NIC_SIM_IMAGE_OBJECT_H
#define NIC_SIM_IMAGE_OBJECT_H

#include <gelf.h>
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { IMAGE_MAX_ALIGN = 4096 };

/* Sections are laid out by class, in this order. */
enum section_class { CLASS_CODE, CLASS_RODATA, CLASS_DATA, CLASS_BSS, CLASSES, CLASS_NONE };

struct section {
	enum section_class class;
	uint32_t address;
	uint32_t size;
	const uint8_t *bytes; /* NULL: zeros */
	uint32_t align;
};

struct object {
	const char *path;
	char *bytes;
	Elf *elf;
	struct section *sections;
	size_t n_sections;
	Elf_Data *symbols;
	size_t n_symbols, strings; /* section index of the symbol names */
	bool needed;               /* by the object with _start, or by one that is needed */
};

/* image_fail: sets *error, unless it is set, to an error text.  Returns false. */
bool image_fail(char **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* object_read: the file o->path; `limit`: size of the memory.  False and *error if that is no sound LANai object.
 * object_clear: whatever was read of it. */
bool object_read(struct object *o, uint32_t limit, char **error);
void object_clear(struct object *o);

/* object_symbol: NULL if there are not so many. object_symbol_name: may be NULL in a damaged object. */
const Elf32_Sym *object_symbol(const struct object *o, size_t index);
const char *object_symbol_name(const struct object *o, const Elf32_Sym *sym);

/* objects_choose: keeps the object with _start and what it needs, all if there is none; clears the others.  Returns how
 * many are left, from the first on. */
size_t objects_choose(struct object *objects, size_t n);

#endif
