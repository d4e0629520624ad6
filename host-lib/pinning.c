#include "host-lib/pinning.h"

#include <glib.h>

#define PAGES (1u << 20)
#define SPAN  1024u /* records are made by that many */

struct pinned {
	uint64_t used;   /* when: by the count of uses */
	uint64_t ticket; /* of the last request that reads it */
	unsigned holds;
};

struct pinning {
	struct driver_process *driver;
	unsigned limit, n_pinned;
	bool busy;     /* a task pins */
	uint64_t uses; /* so far */
	struct pinned *records[PAGES / SPAN];
	uint32_t pinned[PAGES / 32];
};

struct pinning *
pinning_new(struct driver_process *driver, unsigned limit)
{
	struct pinning *p = g_new0(struct pinning, 1);

	p->driver = driver;
	p->limit = limit;
	return p;
}

void
pinning_free(struct pinning *p)
{
	for (unsigned i = 0; i < PAGES / SPAN; i++)
		g_free(p->records[i]);
	g_free(p);
}

unsigned
pinning_limit(const struct pinning *p)
{
	return p->limit;
}

static inline bool
is_pinned(const struct pinning *p, uint32_t page)
{
	return p->pinned[page / 32] >> page % 32 & 1;
}

static inline struct pinned *
record(const struct pinning *p, uint32_t page)
{
	return &p->records[page / SPAN][page % SPAN];
}

/* The first page in [page, end) that is not pinned; `end` if all are. */
static uint32_t
first_gap(const struct pinning *p, uint32_t page, uint32_t end)
{
	while (page < end) {
		uint32_t gaps = ~p->pinned[page / 32] >> page % 32;
		if (gaps)
			return MIN(page + (uint32_t)__builtin_ctz(gaps), end);
		page = (page | 31) + 1;
	}
	return end;
}

unsigned
pinning_missing(const struct pinning *p, uint32_t page, unsigned n, uint32_t *first)
{
	uint32_t end = page + n, gap = first_gap(p, page, end);
	unsigned run = 0;

	while (gap + run < end && !is_pinned(p, gap + run))
		run++;
	*first = gap;
	return run;
}

void
pinning_hold(struct pinning *p, uint32_t page, unsigned n)
{
	p->uses++;
	for (uint32_t end = page + n; page < end; page++) {
		struct pinned *r = record(p, page);
		r->holds++;
		r->used = p->uses;
	}
}

void
pinning_release(struct pinning *p, uint32_t page, unsigned n, uint64_t ticket)
{
	for (uint32_t end = page + n; page < end; page++) {
		struct pinned *r = record(p, page);
		r->holds--;
		r->ticket = MAX(r->ticket, ticket);
	}
}

/* Coming and going. --------------------------------------------------------------------------------------------------
 */

static void
add(struct pinning *p, uint32_t page)
{
	struct pinned **records = &p->records[page / SPAN];

	if (!*records)
		*records = g_new0(struct pinned, SPAN);
	*record(p, page) = (struct pinned){.used = ++p->uses};
	p->pinned[page / 32] |= 1u << page % 32;
	p->n_pinned++;
}

static void
drop(struct pinning *p, uint32_t page)
{
	p->pinned[page / 32] &= ~(1u << page % 32);
	p->n_pinned--;
}

/* The next pinned page from `page` on; PAGES: none. */
static uint32_t
next_pinned(const struct pinning *p, uint32_t page)
{
	while (page < PAGES) {
		uint32_t bits = p->pinned[page / 32] >> page % 32;
		if (bits)
			return page + (uint32_t)__builtin_ctz(bits);
		page = (page | 31) + 1;
	}
	return PAGES;
}

static gint
by_use(gconstpointer a, gconstpointer b, gpointer pinning)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	uint64_t use_x = record(pinning, x)->used, use_y = record(pinning, y)->used;

	if (use_x != use_y)
		return use_x < use_y ? -1 : 1;
	return x < y ? -1 : x > y;
}

static gint
by_page(gconstpointer a, gconstpointer b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* The n pages that shall go, in order of pages; fewer if the others are in use. */
static GArray *
victims(struct pinning *p, unsigned n, uint64_t completed)
{
	GArray *pages = g_array_new(false, false, sizeof(uint32_t));

	for (uint32_t page = next_pinned(p, 0); page < PAGES; page = next_pinned(p, page + 1))
		if (!record(p, page)->holds && record(p, page)->ticket <= completed)
			g_array_append_val(pages, page);
	g_array_sort_with_data(pages, by_use, p);
	g_array_set_size(pages, MIN(pages->len, n));
	g_array_sort(pages, by_page);
	return pages;
}

/* They leave the bitmap before the driver is called, which takes time: nobody uses them any more. */
static void
unpin(struct pinning *p, const GArray *pages)
{
	for (unsigned i = 0; i < pages->len; i++)
		drop(p, g_array_index(pages, uint32_t, i));
	for (unsigned i = 0, run; i < pages->len; i += run) {
		uint32_t first = g_array_index(pages, uint32_t, i);
		for (run = 1; i + run < pages->len && g_array_index(pages, uint32_t, i + run) == first + run; run++)
			;
		driver_unpin(p->driver, (uint64_t)first * UMEM_PAGE, run);
	}
}

/* How many must go, so that n more fit. */
static unsigned
excess(const struct pinning *p, unsigned n)
{
	return p->n_pinned + n > p->limit ? p->n_pinned + n - p->limit : 0;
}

static enum vmmc_error
make_room(struct pinning *p, unsigned n, uint64_t completed)
{
	GArray *pages = victims(p, excess(p, n), completed);
	bool enough = pages->len == excess(p, n);

	if (enough)
		unpin(p, pages);
	g_array_free(pages, true);
	return enough ? VMMC_OK : VMMC_EBUSY;
}

enum vmmc_error
pinning_pin(struct pinning *p, uint32_t page, unsigned n, uint64_t completed)
{
	enum vmmc_error error = VMMC_OK;

	if (n > p->limit)
		return VMMC_ENOSPC;
	if (p->busy)
		return VMMC_EBUSY;
	p->busy = true;
	if (excess(p, n))
		error = make_room(p, n, completed);
	if (error == VMMC_OK)
		error = driver_pin(p->driver, (uint64_t)page * UMEM_PAGE, n);
	for (uint32_t end = page + n; error == VMMC_OK && page < end; page++)
		add(p, page);
	p->busy = false;
	return error;
}

uint64_t
pinning_in_use(const struct pinning *p, uint64_t completed)
{
	uint64_t least = 0;

	for (uint32_t page = next_pinned(p, 0); page < PAGES; page = next_pinned(p, page + 1)) {
		const struct pinned *r = record(p, page);
		if (!r->holds && r->ticket > completed && (!least || r->ticket < least))
			least = r->ticket;
	}
	return least;
}

bool
pinning_is_busy(const struct pinning *p)
{
	return p->busy;
}
