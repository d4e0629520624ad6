#include "nic-sim/image_object.h"

#include <glib.h>
#include <stdarg.h>
#include <string.h>

/* What libelf's header may lack; value from LLVM 14. */
enum { MACHINE_LANAI = 244 };

enum { MAX_FILE = 16 << 20 };

bool
image_fail(char **error, const char *format, ...)
{
	va_list args;

	if (*error)
		return false;
	va_start(args, format);
	*error = g_strdup_vprintf(format, args);
	va_end(args);
	return false;
}

/* Reading objects. ----------------------------------------------------------------------------------------------- */

static bool
read_file(struct object *o, char **error)
{
	GError *problem = NULL;
	gsize size;

	if (!g_file_get_contents(o->path, &o->bytes, &size, &problem)) {
		image_fail(error, "%s", problem->message);
		g_error_free(problem);
		return false;
	}
	if (size > MAX_FILE)
		return image_fail(error, "%s: larger than %d bytes, which no firmware object is", o->path, MAX_FILE);
	o->elf = elf_memory(o->bytes, size);
	if (!o->elf || elf_kind(o->elf) != ELF_K_ELF)
		return image_fail(error, "%s: not an ELF object", o->path);
	return true;
}

static bool
check_header(const struct object *o, char **error)
{
	GElf_Ehdr header;

	if (!gelf_getehdr(o->elf, &header))
		return image_fail(error, "%s: bad ELF header", o->path);
	if (header.e_ident[EI_CLASS] != ELFCLASS32 || header.e_ident[EI_DATA] != ELFDATA2MSB ||
	    header.e_machine != MACHINE_LANAI || header.e_type != ET_REL)
		return image_fail(
		        error,
		        "%s: not a relocatable 32-bit big-endian LANai object (compile with clang -target lanai -c)",
		        o->path);
	return true;
}

static enum section_class
classify(const GElf_Shdr *header)
{
	if (!(header->sh_flags & SHF_ALLOC))
		return CLASS_NONE;
	if (header->sh_type == SHT_NOBITS)
		return CLASS_BSS;
	if (header->sh_flags & SHF_EXECINSTR)
		return CLASS_CODE;
	return header->sh_flags & SHF_WRITE ? CLASS_DATA : CLASS_RODATA;
}

static bool
take_symbol_table(struct object *o, Elf_Scn *scn, const GElf_Shdr *header, char **error)
{
	if (o->symbols)
		return image_fail(error, "%s: two symbol tables", o->path);
	o->symbols = elf_getdata(scn, NULL);
	if (!o->symbols)
		return image_fail(error, "%s: damaged symbol table", o->path);
	o->strings = header->sh_link;
	o->n_symbols = o->symbols->d_size / sizeof(Elf32_Sym);
	return true;
}

static bool
take_section(struct object *o, size_t index, Elf_Scn *scn, uint32_t limit, char **error)
{
	struct section *s = &o->sections[index];
	GElf_Shdr header;
	Elf_Data *data;

	if (!gelf_getshdr(scn, &header))
		return image_fail(error, "%s: damaged section %zu", o->path, index);
	if (header.sh_type == SHT_SYMTAB)
		return take_symbol_table(o, scn, &header, error);
	s->class = classify(&header);
	if (s->class == CLASS_NONE)
		return true;
	if (header.sh_type == SHT_REL || header.sh_type == SHT_RELA)
		return image_fail(error, "%s: section %zu is a relocation table that claims memory", o->path, index);
	s->align = (uint32_t)MAX(header.sh_addralign, 4);
	if (header.sh_addralign > IMAGE_MAX_ALIGN || (s->align & (s->align - 1)))
		return image_fail(error,
		                  "%s: section %zu wants alignment %" G_GUINT64_FORMAT
		                  " (allowed: powers of two up to %d)",
		                  o->path, index, (guint64)header.sh_addralign, IMAGE_MAX_ALIGN);
	if (header.sh_size > limit)
		return image_fail(error, "%s: section %zu is larger than the memory", o->path, index);
	s->size = (uint32_t)header.sh_size;
	if (s->class == CLASS_BSS || s->size == 0)
		return true;
	data = elf_rawdata(scn, NULL);
	if (!data || !data->d_buf || data->d_size < s->size)
		return image_fail(error, "%s: section %zu is truncated", o->path, index);
	s->bytes = data->d_buf;
	return true;
}

bool
object_read(struct object *o, uint32_t limit, char **error)
{
	Elf_Scn *scn = NULL;

	if (!read_file(o, error) || !check_header(o, error))
		return false;
	if (elf_getshdrnum(o->elf, &o->n_sections) != 0 || o->n_sections == 0 || o->n_sections > 65535)
		return image_fail(error, "%s: damaged section table", o->path);
	o->sections = g_new0(struct section, o->n_sections);
	for (size_t i = 0; i < o->n_sections; i++)
		o->sections[i].class = CLASS_NONE;
	while ((scn = elf_nextscn(o->elf, scn)))
		if (elf_ndxscn(scn) >= o->n_sections || !take_section(o, elf_ndxscn(scn), scn, limit, error))
			return image_fail(error, "%s: damaged section table", o->path);
	return true;
}

void
object_clear(struct object *o)
{
	elf_end(o->elf);
	g_free(o->bytes);
	g_free(o->sections);
}

/* Symbols. -------------------------------------------------------------------------------------------------------- */

const char *
object_symbol_name(const struct object *o, const Elf32_Sym *sym)
{
	return elf_strptr(o->elf, o->strings, sym->st_name);
}

/* libelf has converted the table to this machine's byte order (elf_getdata). */
const Elf32_Sym *
object_symbol(const struct object *o, size_t index)
{
	return index < o->n_symbols ? (const Elf32_Sym *)o->symbols->d_buf + index : NULL;
}

/* Which objects are needed. --------------------------------------------------------------------------------------- */

/* global_name: the symbol's name, or NULL if it is not global. */
static const char *
global_name(const struct object *o, const Elf32_Sym *sym)
{
	const char *name = object_symbol_name(o, sym);

	return ELF32_ST_BIND(sym->st_info) != STB_LOCAL && name && *name ? name : NULL;
}

static void
add_definers(GHashTable *definers, struct object *o)
{
	for (size_t k = 1; k < o->n_symbols; k++) {
		bool defined = object_symbol(o, k)->st_shndx != SHN_UNDEF;
		const char *name = defined ? global_name(o, object_symbol(o, k)) : NULL;
		GPtrArray *objects = name ? g_hash_table_lookup(definers, name) : NULL;

		if (name && !objects) {
			objects = g_ptr_array_new();
			g_hash_table_insert(definers, (gpointer)name, objects);
		}
		if (name)
			g_ptr_array_add(objects, o);
	}
}

/* need: whoever defines the symbol, even if another one does so, too, is needed, and goes to `found`. */
static void
need(GHashTable *definers, const char *name, GPtrArray *found)
{
	GPtrArray *objects = name ? g_hash_table_lookup(definers, name) : NULL;

	for (guint i = 0; objects && i < objects->len; i++) {
		struct object *o = objects->pdata[i];

		if (!o->needed)
			g_ptr_array_add(found, o);
		o->needed = true;
	}
}

/* leave_out: the objects that are not needed; the others keep their order. */
static size_t
leave_out(struct object *objects, size_t n)
{
	size_t left = 0;

	for (size_t i = 0; i < n; i++) {
		if (objects[i].needed)
			objects[left++] = objects[i];
		else
			object_clear(&objects[i]);
	}
	return left;
}

size_t
objects_choose(struct object *objects, size_t n)
{
	GHashTable *definers = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_ptr_array_unref);
	GPtrArray *found = g_ptr_array_new();

	for (size_t i = 0; i < n; i++)
		add_definers(definers, &objects[i]);
	need(definers, "_start", found);
	for (guint i = 0; i < found->len; i++) {
		const struct object *o = found->pdata[i];

		for (size_t k = 1; k < o->n_symbols; k++)
			need(definers, global_name(o, object_symbol(o, k)), found);
	}
	if (found->len)
		n = leave_out(objects, n);
	g_ptr_array_unref(found);
	g_hash_table_destroy(definers);
	return n;
}
