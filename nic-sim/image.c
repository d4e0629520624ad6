#include "nic-sim/image.h"
#include "nic-sim/image_object.h"

#include <string.h>

/* ELF names that libelf's header may lack; values from LLVM 14. */
enum { R_NONE = 0, R_21 = 1, R_21_F = 2, R_25 = 3, R_32 = 4, R_HI16 = 5, R_LO16 = 6 };

struct linker {
	struct object *objects;
	size_t n_objects;
	uint32_t limit;
	GHashTable *globals; /* name -> struct definition */
	GArray *symbols;     /* struct lanai_symbol, names owned */
	struct lanai_image *image;
	char *error;
};

struct definition {
	uint32_t address;
	uint32_t size, align; /* of a common symbol */
	bool weak, common;
	const char *path;
};

/* Layout. -------------------------------------------------------------------------------------------------------- */

static uint64_t
align_up(uint64_t v, uint32_t align)
{
	return (v + align - 1) & ~(uint64_t)(align - 1);
}

static bool
place_class(struct linker *l, enum section_class class, uint64_t *end)
{
	for (size_t i = 0; i < l->n_objects; i++)
		for (size_t k = 0; k < l->objects[i].n_sections; k++) {
			struct section *s = &l->objects[i].sections[k];

			if (s->class != class)
				continue;
			*end = align_up(*end, s->align);
			s->address = (uint32_t)*end;
			*end += s->size;
			if (*end > l->limit)
				return image_fail(&l->error, "%s: the firmware does not fit: more than %u bytes",
				                  l->objects[i].path, l->limit);
		}
	*end = align_up(*end, 4);
	return true;
}

static bool
in_section(const struct object *o, const Elf32_Sym *sym, uint32_t *address)
{
	if (sym->st_shndx >= o->n_sections || o->sections[sym->st_shndx].class == CLASS_NONE)
		return false;
	*address = o->sections[sym->st_shndx].address + sym->st_value;
	return true;
}

/* Strong beats weak beats common; two strong ones are an error. */
static bool
define(struct linker *l, const struct object *o, const char *name, struct definition d)
{
	struct definition *old = g_hash_table_lookup(l->globals, name);

	d.path = o->path;
	if (!old) {
		g_hash_table_insert(l->globals, g_strdup(name), g_memdup2(&d, sizeof d));
		return true;
	}
	if (d.common && old->common) {
		old->size = MAX(old->size, d.size);
		old->align = MAX(old->align, d.align);
		return true;
	}
	if (d.common || (d.weak && !old->common))
		return true;
	if (!old->common && !old->weak)
		return image_fail(&l->error, "%s: symbol %s is also defined in %s", o->path, name, old->path);
	*old = d;
	return true;
}

static bool
define_global(struct linker *l, const struct object *o, const Elf32_Sym *sym, const char *name)
{
	struct definition d = {.weak = ELF32_ST_BIND(sym->st_info) == STB_WEAK};

	if (sym->st_shndx == SHN_UNDEF)
		return true;
	if (sym->st_shndx == SHN_ABS) {
		d.address = sym->st_value;
	} else if (sym->st_shndx == SHN_COMMON) {
		d.common = true;
		d.size = sym->st_size;
		d.align = MAX(sym->st_value, 4);
		if (d.size > l->limit || d.align > IMAGE_MAX_ALIGN || (d.align & (d.align - 1)))
			return image_fail(&l->error, "%s: common symbol %s has size %u and alignment %u", o->path, name,
			                  d.size, d.align);
	} else if (!in_section(o, sym, &d.address)) {
		return image_fail(&l->error, "%s: symbol %s lies in no loaded section", o->path, name);
	}
	return define(l, o, name, d);
}

static void
note_symbol(struct linker *l, const char *name, uint32_t address, uint32_t size)
{
	struct lanai_symbol s = {.name = g_strdup(name), .address = address, .size = size};

	g_array_append_val(l->symbols, s);
}

static bool
define_symbol(struct linker *l, const struct object *o, const Elf32_Sym *sym)
{
	const char *name = object_symbol_name(o, sym);
	unsigned type = ELF32_ST_TYPE(sym->st_info);
	uint32_t address;

	if (!name)
		return image_fail(&l->error, "%s: a symbol has no readable name", o->path);
	if ((type == STT_FUNC || type == STT_OBJECT) && *name && in_section(o, sym, &address))
		note_symbol(l, name, address, sym->st_size);
	if (ELF32_ST_BIND(sym->st_info) == STB_LOCAL || !*name)
		return true;
	return define_global(l, o, sym, name);
}

static bool
define_symbols(struct linker *l)
{
	for (size_t i = 0; i < l->n_objects; i++)
		for (size_t k = 1; k < l->objects[i].n_symbols; k++)
			if (!define_symbol(l, &l->objects[i], object_symbol(&l->objects[i], k)))
				return false;
	return true;
}

static gint
compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(a, b);
}

/* Commons get their place at the end of bss, in the order of their names. */
static bool
place_commons(struct linker *l, uint64_t *end)
{
	GList *names = g_list_sort(g_hash_table_get_keys(l->globals), compare_names);
	bool ok = true;

	for (GList *n = names; n && ok; n = n->next) {
		struct definition *d = g_hash_table_lookup(l->globals, n->data);

		if (!d->common)
			continue;
		*end = align_up(*end, d->align);
		d->address = (uint32_t)*end;
		*end += d->size;
		note_symbol(l, n->data, d->address, d->size);
		if (*end > l->limit)
			ok = image_fail(&l->error, "%s: the firmware does not fit: more than %u bytes", d->path,
			                l->limit);
	}
	g_list_free(names);
	*end = align_up(*end, 4);
	return ok;
}

static bool
lay_out(struct linker *l)
{
	uint64_t end = 0;

	for (enum section_class c = CLASS_CODE; c < CLASSES; c++) {
		if (!place_class(l, c, &end))
			return false;
		if (c == CLASS_CODE)
			l->image->code_end = (uint32_t)end;
	}
	if (!define_symbols(l) || !place_commons(l, &end))
		return false;
	if (end > l->limit)
		return image_fail(&l->error, "%s: the firmware does not fit: more than %u bytes", l->objects[0].path,
		                  l->limit);
	l->image->size = (uint32_t)end;
	l->image->bytes = g_malloc0(MAX(end, 1));
	for (size_t i = 0; i < l->n_objects; i++)
		for (size_t k = 0; k < l->objects[i].n_sections; k++) {
			const struct section *s = &l->objects[i].sections[k];

			if (s->class != CLASS_NONE && s->bytes)
				memcpy(l->image->bytes + s->address, s->bytes, s->size);
		}
	return true;
}

/* Relocation. ---------------------------------------------------------------------------------------------------- */

static bool
resolve(struct linker *l, const struct object *o, const Elf32_Sym *sym, uint32_t *value)
{
	const char *name = object_symbol_name(o, sym);
	const struct definition *d;

	if (ELF32_ST_BIND(sym->st_info) == STB_LOCAL) {
		if (sym->st_shndx == SHN_ABS) {
			*value = sym->st_value;
			return true;
		}
		if (sym->st_shndx == SHN_UNDEF && sym->st_name == 0) {
			*value = 0;
			return true;
		}
		return in_section(o, sym, value) ||
		       image_fail(&l->error, "%s: a relocation names a symbol in no loaded section", o->path);
	}
	d = name ? g_hash_table_lookup(l->globals, name) : NULL;
	if (!d && ELF32_ST_BIND(sym->st_info) == STB_WEAK) {
		*value = 0;
		return true;
	}
	if (!d)
		return image_fail(&l->error, "%s: undefined symbol %s", o->path, name ? name : "?");
	*value = d->address;
	return true;
}

/* S + A into the word w; false if it does not fit the field. */
static bool
patch(unsigned type, uint32_t v, uint32_t *w)
{
	switch (type) {
	case R_NONE:
		return true;
	case R_21:
		*w = (*w & ~0x007CFFFFu) | (v & 0x1F0000) << 2 | (v & 0xFFFF);
		return v < 1u << 21;
	case R_21_F:
		*w = (*w & ~0x007CFFFCu) | (v & 0x1F0000) << 2 | (v & 0xFFFC);
		return v < 1u << 21;
	case R_25:
		*w = (*w & ~0x01FFFFFCu) | (v & 0x01FFFFFC);
		return v < 1u << 25 && v % 4 == 0;
	case R_32:
		*w = v;
		return true;
	case R_HI16:
		*w = (*w & ~0xFFFFu) | v >> 16;
		return true;
	case R_LO16:
		*w = (*w & ~0xFFFFu) | (v & 0xFFFF);
		return true;
	default:
		return false;
	}
}

static uint32_t
get_word(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void
put_word(uint8_t *p, uint32_t w)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (uint8_t)(w >> (24 - 8 * i));
}

static bool
relocate_one(struct linker *l, const struct object *o, const struct section *s, const Elf32_Rela *r)
{
	const Elf32_Sym *sym = object_symbol(o, ELF32_R_SYM(r->r_info));
	unsigned type = ELF32_R_TYPE(r->r_info);
	uint32_t value = 0, word;
	uint8_t *at;

	if (!sym || type > R_LO16)
		return image_fail(&l->error, "%s: relocation of type %u is unknown or names no symbol", o->path, type);
	if (s->size < 4 || r->r_offset > s->size - 4 || !s->bytes)
		return image_fail(&l->error, "%s: a relocation lies outside its section (offset 0x%x)", o->path,
		                  r->r_offset);
	if (type != R_NONE && !resolve(l, o, sym, &value))
		return false;
	if (type == R_NONE)
		return true;
	at = l->image->bytes + s->address + r->r_offset;
	word = get_word(at);
	if (!patch(type, value + (uint32_t)r->r_addend, &word))
		return image_fail(&l->error, "%s: address 0x%x does not fit the instruction at 0x%x", o->path,
		                  value + (uint32_t)r->r_addend, s->address + r->r_offset);
	put_word(at, word);
	return true;
}

static bool
relocate_section(struct linker *l, const struct object *o, Elf_Scn *scn, const GElf_Shdr *header)
{
	const struct section *s;
	Elf_Data *data;

	if (header->sh_info >= o->n_sections)
		return image_fail(&l->error, "%s: a relocation table names section %u, which does not exist", o->path,
		                  header->sh_info);
	s = &o->sections[header->sh_info];
	if (s->class == CLASS_NONE)
		return true;
	if (header->sh_type == SHT_REL)
		return image_fail(&l->error, "%s: relocations without addend, which LANai objects do not have",
		                  o->path);
	data = elf_getdata(scn, NULL);
	if (!data || (data->d_size && !data->d_buf))
		return image_fail(&l->error, "%s: damaged relocation table", o->path);
	for (size_t i = 0; i < data->d_size / sizeof(Elf32_Rela); i++)
		if (!relocate_one(l, o, s, (const Elf32_Rela *)data->d_buf + i))
			return false;
	return true;
}

static bool
relocate(struct linker *l, const struct object *o)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr header;

	while ((scn = elf_nextscn(o->elf, scn)))
		if (!gelf_getshdr(scn, &header) || ((header.sh_type == SHT_RELA || header.sh_type == SHT_REL) &&
		                                    !relocate_section(l, o, scn, &header)))
			return image_fail(&l->error, "%s: damaged relocation table", o->path);
	return true;
}

/* The image. ----------------------------------------------------------------------------------------------------- */

static gint
compare_symbols(gconstpointer a, gconstpointer b)
{
	const struct lanai_symbol *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void
hash_image(struct lanai_image *image)
{
	GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
	uint8_t numbers[8];

	put_word(numbers, image->code_end);
	put_word(numbers + 4, image->entry);
	g_checksum_update(sum, image->bytes, image->size);
	g_checksum_update(sum, numbers, sizeof numbers);
	g_strlcpy(image->sha256, g_checksum_get_string(sum), sizeof image->sha256);
	g_checksum_free(sum);
}

static bool
finish(struct linker *l)
{
	const struct definition *start = g_hash_table_lookup(l->globals, "_start");
	struct lanai_image *image = l->image;

	if (!start)
		return image_fail(&l->error, "%s: no symbol _start in any of the objects", l->objects[0].path);
	if (start->address >= image->code_end || start->address % 4)
		return image_fail(&l->error, "%s: _start does not lie in code", start->path);
	image->entry = start->address;
	g_array_sort(l->symbols, compare_symbols);
	image->n_symbols = l->symbols->len;
	image->symbols = (struct lanai_symbol *)(void *)g_array_free(g_steal_pointer(&l->symbols), FALSE);
	hash_image(image);
	return true;
}

/* All of it. -------------------------------------------------------------------------------------------------------
 */

static bool
link_all(struct linker *l, const char *const *paths)
{
	for (size_t i = 0; i < l->n_objects; i++) {
		l->objects[i].path = paths[i];
		if (!object_read(&l->objects[i], l->limit, &l->error))
			return false;
	}
	l->n_objects = objects_choose(l->objects, l->n_objects);
	define(l, &(struct object){.path = "the loader"}, "__stack_top",
	       (struct definition){.address = l->limit & ~7u, .weak = true});
	if (!lay_out(l))
		return false;
	for (size_t i = 0; i < l->n_objects; i++)
		if (!relocate(l, &l->objects[i]))
			return false;
	return finish(l);
}

static void
clear_linker(struct linker *l)
{
	for (size_t i = 0; i < l->n_objects; i++)
		object_clear(&l->objects[i]);
	g_free(l->objects);
	g_hash_table_destroy(l->globals);
	for (guint i = 0; l->symbols && i < l->symbols->len; i++)
		g_free((char *)g_array_index(l->symbols, struct lanai_symbol, i).name);
	if (l->symbols)
		g_array_free(l->symbols, TRUE);
}

struct lanai_image *
lanai_image_load(const char *const *paths, size_t n, uint32_t limit, char **error)
{
	struct linker l = {.n_objects = n, .limit = limit};
	bool ok;

	elf_version(EV_CURRENT);
	l.objects = g_new0(struct object, n);
	l.globals = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	l.symbols = g_array_new(FALSE, FALSE, sizeof(struct lanai_symbol));
	l.image = g_new0(struct lanai_image, 1);
	ok = n > 0 ? link_all(&l, paths) : image_fail(&l.error, "no firmware object is named");
	clear_linker(&l);
	if (ok)
		return l.image;
	*error = l.error;
	lanai_image_free(l.image);
	return NULL;
}

void
lanai_image_free(struct lanai_image *image)
{
	if (!image)
		return;
	for (size_t i = 0; i < image->n_symbols; i++)
		g_free((char *)image->symbols[i].name);
	g_free(image->symbols);
	g_free(image->bytes);
	g_free(image);
}

const struct lanai_symbol *
lanai_image_symbol(const struct lanai_image *image, uint32_t address)
{
	size_t low = 0, high = image->n_symbols;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (image->symbols[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &image->symbols[low - 1] : NULL;
}
