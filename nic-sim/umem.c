#include "nic-sim/umem.h"

#include "nic-sim/host_bus.h"

#include <glib.h>
#include <string.h>
#include <sys/mman.h>

enum { ARENA_PAGES = UMEM_ARENA_BYTES / UMEM_PAGE, NO_FRAME = -1 };

struct page {
	int32_t frame;
	uint32_t pins;
};

/* A page of the arena; `run` is the length of the allocation that begins here, else 0. */
struct arena_page {
	struct page page;
	uint32_t run;
	bool allocated, used; /* used: may hold the data of an earlier allocation */
};

/* A page of the program that lies outside the arena. */
struct foreign_page {
	struct page page;
	uint8_t *memory;
};

/* A walk over the watches that is going on; umem_watch_off() keeps `next` valid. */
struct walk {
	struct walk *outer;
	struct umem_watch *next;
};

struct umem_space {
	uint8_t *arena;
	struct umem_watch *watches, **watches_end;
	struct walk *walks;
	uint64_t watch_number;
	struct host_bus *bus;
	unsigned pid, references;
	GArray *foreign;         /* struct foreign_page, by simulated address */
	GHashTable *foreign_map; /* real page address -> index + 1 */
	struct arena_page pages[ARENA_PAGES];
};

struct umem_space *
umem_new(struct host_bus *bus, unsigned pid)
{
	struct umem_space *space = g_new0(struct umem_space, 1);

	space->arena = mmap(NULL, UMEM_ARENA_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
	                    -1, 0);
	if (space->arena == MAP_FAILED)
		g_error("process %u: no %llu MB of address space for its arena", pid, UMEM_ARENA_BYTES >> 20);
	space->bus = bus;
	space->pid = pid;
	space->references = 1;
	space->watches_end = &space->watches;
	space->foreign = g_array_new(false, true, sizeof(struct foreign_page));
	space->foreign_map = g_hash_table_new(NULL, NULL);
	for (unsigned i = 0; i < ARENA_PAGES; i++)
		space->pages[i].page.frame = NO_FRAME;
	return space;
}

struct umem_space *
umem_ref(struct umem_space *space)
{
	space->references++;
	return space;
}

static void
release_frame(struct umem_space *space, struct page *page)
{
	if (page->frame == NO_FRAME)
		return;
	if (page->pins)
		hb_frame_map(space->bus, (unsigned)page->frame, false);
	hb_frame_free(space->bus, (unsigned)page->frame);
	*page = (struct page){.frame = NO_FRAME};
}

void
umem_unref(struct umem_space *space)
{
	if (--space->references)
		return;
	while (space->watches)
		umem_watch_off(space->watches);
	for (unsigned i = 0; i < ARENA_PAGES; i++)
		release_frame(space, &space->pages[i].page);
	for (unsigned i = 0; i < space->foreign->len; i++)
		release_frame(space, &g_array_index(space->foreign, struct foreign_page, i).page);
	g_hash_table_destroy(space->foreign_map);
	g_array_free(space->foreign, true);
	munmap(space->arena, UMEM_ARENA_BYTES);
	g_free(space);
}

/* Arena. ----------------------------------------------------------------------------------------------------------- */

/* free_run: the first page of the lowest run of `n` free pages; ARENA_PAGES if there is none. */
static unsigned
free_run(const struct umem_space *space, uint64_t n)
{
	for (unsigned start = 0, end = 0; end < ARENA_PAGES;) {
		if (space->pages[end].run)
			start = end += space->pages[end].run;
		else if (++end - start == n)
			return start;
	}
	return ARENA_PAGES;
}

uint64_t
umem_alloc(struct umem_space *space, uint64_t bytes)
{
	uint64_t n = bytes / UMEM_PAGE + (bytes % UMEM_PAGE != 0);
	unsigned first = n && n <= ARENA_PAGES ? free_run(space, n) : ARENA_PAGES;
	bool used = false;

	if (first == ARENA_PAGES)
		return 0;
	space->pages[first].run = (uint32_t)n;
	for (unsigned i = first; i < first + n; i++) {
		used |= space->pages[i].used;
		space->pages[i].allocated = space->pages[i].used = true;
	}
	if (used)
		madvise(space->arena + (uint64_t)first * UMEM_PAGE, n * UMEM_PAGE, MADV_DONTNEED);
	return UMEM_ARENA + (uint64_t)first * UMEM_PAGE;
}

static inline bool
in_arena(uint64_t address)
{
	return address - UMEM_ARENA < UMEM_ARENA_BYTES;
}

void
umem_free(struct umem_space *space, uint64_t address)
{
	unsigned first = (unsigned)((address - UMEM_ARENA) / UMEM_PAGE);

	if (!in_arena(address) || address % UMEM_PAGE)
		return;
	for (unsigned i = first, n = space->pages[first].run; n > 0; i++, n--) {
		space->pages[i].allocated = false;
		if (!space->pages[i].page.pins)
			release_frame(space, &space->pages[i].page);
	}
	space->pages[first].run = 0;
}

/* arena_at: real address of [address, address + bytes) if that lies in allocated arena memory, else NULL. */
static inline uint8_t *
arena_at(const struct umem_space *space, uint64_t address, uint64_t bytes)
{
	uint64_t offset = address - UMEM_ARENA;

	if (offset >= UMEM_ARENA_BYTES || bytes > UMEM_ARENA_BYTES - offset)
		return NULL;
	for (uint64_t i = offset / UMEM_PAGE; i * UMEM_PAGE < offset + bytes; i++)
		if (!space->pages[i].allocated)
			return NULL;
	return space->arena + offset;
}

void *
umem_pointer(struct umem_space *space, uint64_t address, uint64_t bytes)
{
	return arena_at(space, address, bytes);
}

/* Foreign pages. --------------------------------------------------------------------------------------------------- */

static unsigned
foreign_index(struct umem_space *space, uint8_t *memory)
{
	unsigned found = GPOINTER_TO_UINT(g_hash_table_lookup(space->foreign_map, memory));
	struct foreign_page fresh = {{.frame = NO_FRAME}, memory};

	if (found)
		return found - 1;
	g_array_append_val(space->foreign, fresh);
	g_hash_table_insert(space->foreign_map, memory, GUINT_TO_POINTER(space->foreign->len));
	return space->foreign->len - 1;
}

uint64_t
umem_map(struct umem_space *space, const void *p)
{
	uint8_t *byte = (uint8_t *)p;
	uint64_t offset = (uintptr_t)byte % UMEM_PAGE;

	if (!p)
		return 0;
	if ((uintptr_t)byte - (uintptr_t)space->arena < UMEM_ARENA_BYTES)
		return UMEM_ARENA + (uint64_t)(byte - space->arena);
	return UMEM_FOREIGN + (uint64_t)foreign_index(space, byte - offset) * UMEM_PAGE + offset;
}

static struct foreign_page *
foreign_page(const struct umem_space *space, uint64_t address)
{
	uint64_t i = (address - UMEM_FOREIGN) / UMEM_PAGE;

	return address >= UMEM_FOREIGN && i < space->foreign->len
	               ? &g_array_index(space->foreign, struct foreign_page, i)
	               : NULL;
}

/* Access. ---------------------------------------------------------------------------------------------------------- */

/* memory_at: real address of a byte in a mapped page, else NULL. */
static uint8_t *
memory_at(const struct umem_space *space, uint64_t address)
{
	struct foreign_page *foreign = foreign_page(space, address);

	return foreign ? foreign->memory + address % UMEM_PAGE : arena_at(space, address, 1);
}

static uint64_t
left_in_page(uint64_t address, uint64_t bytes)
{
	uint64_t left = UMEM_PAGE - address % UMEM_PAGE;

	return left < bytes ? left : bytes;
}

bool
umem_mapped(const struct umem_space *space, uint64_t address, uint64_t bytes)
{
	for (uint64_t piece; bytes; address += piece, bytes -= piece) {
		piece = left_in_page(address, bytes);
		if (!memory_at(space, address))
			return false;
	}
	return true;
}

static bool
read_pages(const struct umem_space *space, uint64_t address, uint8_t *to, uint64_t bytes)
{
	if (!umem_mapped(space, address, bytes))
		return false;
	for (uint64_t piece; bytes; address += piece, to += piece, bytes -= piece) {
		piece = left_in_page(address, bytes);
		memcpy(to, memory_at(space, address), piece);
	}
	return true;
}

static bool
write_pages(struct umem_space *space, uint64_t address, const uint8_t *from, uint64_t bytes)
{
	if (!umem_mapped(space, address, bytes))
		return false;
	for (uint64_t piece; bytes; address += piece, from += piece, bytes -= piece) {
		piece = left_in_page(address, bytes);
		memmove(memory_at(space, address), from, piece);
	}
	return true;
}

bool
umem_read(struct umem_space *space, uint64_t address, void *to, uint64_t bytes)
{
	const uint8_t *from = arena_at(space, address, bytes);

	if (!from)
		return read_pages(space, address, to, bytes);
	memmove(to, from, bytes); /* `to` may be arena memory, too */
	return true;
}

bool
umem_write(struct umem_space *space, uint64_t address, const void *from, uint64_t bytes)
{
	uint8_t *to = arena_at(space, address, bytes);

	if (to)
		memmove(to, from, bytes);
	else if (!write_pages(space, address, from, bytes))
		return false;
	umem_deposited(space, address, bytes);
	return true;
}

uint32_t
umem_load_be32(struct umem_space *space, uint64_t address)
{
	uint8_t word[4];

	if (!umem_read(space, address, word, sizeof word))
		return 0;
	return (uint32_t)word[0] << 24 | (uint32_t)word[1] << 16 | (uint32_t)word[2] << 8 | word[3];
}

/* Frames and pins. ------------------------------------------------------------------------------------------------- */

static struct page *
page_at(struct umem_space *space, uint64_t address)
{
	struct foreign_page *foreign = foreign_page(space, address);

	if (foreign)
		return &foreign->page;
	return in_arena(address) ? &space->pages[(address - UMEM_ARENA) / UMEM_PAGE].page : NULL;
}

int
umem_frame(struct umem_space *space, uint64_t address)
{
	uint64_t start = address - address % UMEM_PAGE;
	uint8_t *memory = memory_at(space, start);
	struct page *page = page_at(space, start);

	if (!memory)
		return NO_FRAME;
	if (page->frame == NO_FRAME)
		page->frame = hb_frame_alloc(space->bus, memory, space, start);
	return page->frame;
}

static bool
pin_page(struct umem_space *space, uint64_t address)
{
	int frame = umem_frame(space, address);

	if (frame == NO_FRAME)
		return false;
	if (page_at(space, address)->pins++ == 0)
		hb_frame_map(space->bus, (unsigned)frame, true);
	return true;
}

static void
unpin_page(struct umem_space *space, uint64_t address)
{
	struct page *page = page_at(space, address);

	if (!page || !page->pins)
		return;
	if (page->pins == 1)
		release_frame(space, page);
	else
		page->pins--;
}

bool
umem_pin(struct umem_space *space, uint64_t address, uint64_t bytes)
{
	uint64_t done = 0;

	if (!umem_mapped(space, address, bytes))
		return false;
	for (uint64_t piece; done < bytes; done += piece) {
		piece = left_in_page(address + done, bytes - done);
		if (!pin_page(space, address + done)) {
			umem_unpin(space, address, done);
			return false;
		}
	}
	return true;
}

void
umem_unpin(struct umem_space *space, uint64_t address, uint64_t bytes)
{
	for (uint64_t piece; bytes; address += piece, bytes -= piece) {
		piece = left_in_page(address, bytes);
		unpin_page(space, address);
	}
}

/* Watches. --------------------------------------------------------------------------------------------------------- */

void
umem_watch_on(struct umem_watch *watch, struct umem_space *space, const struct umem_range *ranges, unsigned n,
              void (*changed)(struct umem_watch *))
{
	umem_watch_off(watch);
	*watch = (struct umem_watch){.space = space,
	                             .ranges = ranges,
	                             .n_ranges = n,
	                             .changed = changed,
	                             .number = ++space->watch_number,
	                             .on = true};
	*space->watches_end = watch;
	space->watches_end = &watch->next;
}

void
umem_watch_off(struct umem_watch *watch)
{
	struct umem_watch **link;
	struct umem_space *space = watch->space;

	if (!watch->on)
		return;
	for (link = &space->watches; *link != watch; link = &(*link)->next)
		;
	*link = watch->next;
	if (!watch->next)
		space->watches_end = link;
	for (struct walk *walk = space->walks; walk; walk = walk->outer)
		if (walk->next == watch)
			walk->next = watch->next;
	watch->on = false;
}

static bool
touches(const struct umem_watch *watch, uint64_t address, uint64_t bytes)
{
	for (unsigned i = 0; i < watch->n_ranges; i++) {
		const struct umem_range *r = &watch->ranges[i];

		if (address < r->address + r->bytes && r->address < address + bytes)
			return true;
	}
	return false;
}

void
umem_deposited(struct umem_space *space, uint64_t address, uint64_t bytes)
{
	struct walk walk = {space->walks, space->watches};
	uint64_t last = space->watch_number;

	if (!walk.next)
		return;
	space->walks = &walk;
	while (walk.next && walk.next->number <= last) {
		struct umem_watch *watch = walk.next;

		walk.next = watch->next;
		if (touches(watch, address, bytes))
			watch->changed(watch);
	}
	space->walks = walk.outer;
}
