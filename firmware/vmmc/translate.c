#include "firmware/vmmc/translate.h"
#include "firmware/vmmc/dma.h"
#include "firmware/vmmc/port.h"
#include "firmware/vmmc/redirect.h"

#define ENTRY_SHIFT   2  /* bytes of an entry */
#define SPAN_BITS     10 /* pages of a second-level table */
#define SPREAD_BITS   3  /* of the sets, for vmmc_ctrl.cache_by_process */
#define SWEEP_ENTRIES 32u
#define SWEEP_BYTES   (SWEEP_ENTRIES << ENTRY_SHIFT) /* in a turn */
_Static_assert(1u << SPAN_BITS == VMMC_XLATE_SPAN && 1u << SPREAD_BITS == VMMC_MAX_PROCESSES, "shifts");

/* log2_of: of a power of two; 32 if it is none. */
static uint32_t
log2_of(uint32_t x)
{
	uint32_t n = 0;
	while (n < 32 && x != 1u << n)
		n++;
	return n;
}

uint32_t
translate_acceptable(void)
{
	uint32_t prefetch = sram_read(CTRL(cache_prefetch));
	uint32_t sets = sram_read(CTRL(cache_sets));
	uint32_t set_bits = log2_of(sets), way_bits = log2_of(sram_read(CTRL(cache_ways)));
	if (!prefetch || prefetch > VMMC_PREFETCH_MAX || set_bits == 32 || way_bits > 2)
		return 0;
	return sets >= VMMC_CACHE_SETS && sets <= VMMC_CACHE_ENTRIES >> way_bits;
}

void
translate_init(void)
{
	uint32_t set_bits = log2_of(sram_read(CTRL(cache_sets)));
	uint32_t way_bits = log2_of(sram_read(CTRL(cache_ways)));
	uint32_t set_shift = ENTRY_SHIFT + way_bits;
	S.cache_low = VMMC_PAGE_SHIFT - set_shift;
	S.cache_mask = ((1u << set_bits) - 1) << set_shift;
	S.cache_high = ~0u << (VMMC_PAGE_SHIFT + set_bits);
	S.cache_ways = 1u << way_bits;
	S.cache_end = VMMC_CACHE + (1u << (set_bits + set_shift));
	S.cache_prefetch = sram_read(CTRL(cache_prefetch));
	if (sram_read(CTRL(cache_by_process)))
		S.cache_spread = set_bits + set_shift - SPREAD_BITS;
	S.by_interrupt = sram_read(CTRL(by_interrupt));
	S.sweep_at = S.cache_end;
	walk_init(&S.miss, WALK_SEND, WALK_SEND_AT);
	for (uint32_t at = VMMC_CACHE; at != S.cache_end; at += 4)
		sram_write(at, 0);
}

void
translate_open(struct port *port)
{
	uint32_t process = port->number;
	port->tag = CACHE_VALID | process << CACHE_PROCESS_BIT;
	port->spread = S.cache_spread ? process << S.cache_spread : 0;
	port->refused = 0;
}

/* Walks. ------------------------------------------------------------------------------------------------------------
 */

void
walk_init(struct walk *walk, enum walk_use use, uint32_t at)
{
	walk->transfer.use = DMA_WALK;
	walk->transfer.sram = at;
	walk->transfer.direction = DMA_TO_LANAI;
	walk->use = use;
	walk->at = at;
}

static void
walk_fetch(struct walk *walk, uint32_t bus, uint32_t words)
{
	walk->transfer.bus = bus;
	walk->transfer.bytes = 4 * words;
	walk->transfer.events = 0;
	dma_queue_first(&walk->transfer);
}

uint32_t
walk_start(struct walk *walk, struct port *port, uint32_t page, uint32_t count_wanted)
{
	uint32_t left = VMMC_XLATE_SPAN - low_bits(page, SPAN_BITS);
	if (!port->directory)
		return 0;
	walk->port = port;
	walk->page = page;
	walk->count = count_wanted < left ? count_wanted : left;
	walk->in_row = 0;
	walk->stale = 0;
	count(VMMC_C_WALKS);
	walk_fetch(walk, port->directory + 4 * (page >> SPAN_BITS), 1);
	return 1;
}

/* walk_end: if `failed`, without a valid entry. */
static void
walk_end(struct walk *walk, uint32_t failed)
{
	struct port *port = walk->port;
	walk->port = NULL;
	for (uint32_t i = 0; failed && i < walk->count; i++)
		sram_write(walk->at + 4 * i, 0);
	if (walk->use == WALK_SEND)
		translate_walked(walk, port);
	else
		redirect_walked(walk, port);
	port_settle(port);
}

void
walk_fetched(struct walk *walk, uint32_t failed)
{
	uint32_t row = sram_read(walk->at);
	if (failed || walk->stale || walk->in_row) {
		walk_end(walk, failed);
		return;
	}
	if (!(row & VMMC_XLATE_VALID)) {
		walk_end(walk, 1);
		return;
	}
	uint32_t at = CTRL(counter) + 4 * VMMC_C_ENTRIES_FETCHED;
	sram_write(at, sram_read(at) + walk->count);
	walk->in_row = 1;
	row = row >> VMMC_PAGE_SHIFT << VMMC_PAGE_SHIFT;
	walk_fetch(walk, row + 4 * low_bits(walk->page, SPAN_BITS), walk->count);
}

/* The cache. --------------------------------------------------------------------------------------------------------
 */

/* insert: to the front of its set; the others move back as far as a hole or an older entry of the same page. */
static void
insert(const struct port *port, uint32_t address, uint32_t frame)
{
	uint32_t at = cache_at(port, address), tag = cache_tag(port, address);
	uint32_t entry = tag | frame;
	for (uint32_t way = 0; way < S.cache_ways; way++) {
		uint32_t old = sram_read(at);
		sram_write(at, entry);
		if (!old || (old ^ tag) >> CACHE_FRAME_BITS == 0)
			return;
		entry = old;
		at += 4;
	}
}

/* forget: the page leaves its set. */
static void
forget(const struct port *port, uint32_t address)
{
	uint32_t at = cache_at(port, address), tag = cache_tag(port, address);
	for (uint32_t way = 0; way < S.cache_ways; way++) {
		if ((sram_read(at) ^ tag) >> CACHE_FRAME_BITS == 0)
			sram_write(at, 0);
		at += 4;
	}
}

/* install: `n` table entries at SRAM address `at`, of the port's pages from `page` on; the port's send cannot go on if
 * the first is not valid. */
static void
install(struct port *port, uint32_t page, uint32_t at, uint32_t n)
{
	uint32_t first = n ? sram_read(at) : 0;
	if (!(first & VMMC_XLATE_VALID) && port->left && port->from >> VMMC_PAGE_SHIFT == page)
		port->refused = 1;
	for (; n; n--) {
		uint32_t found = sram_read(at);
		if (found & VMMC_XLATE_VALID)
			insert(port, page << VMMC_PAGE_SHIFT, bits(found, VMMC_PAGE_SHIFT, CACHE_FRAME_BITS));
		page++;
		at += 4;
	}
}

void
translate_walked(struct walk *walk, struct port *port)
{
	if (!walk->stale)
		install(port, walk->page, walk->at, walk->count);
}

/* pages_left: pages that the port's send still needs, at most VMMC_PREFETCH_MAX. */
static uint32_t
pages_left(const struct port *port)
{
	uint32_t last = low_bits(port->from, VMMC_PAGE_SHIFT) + port->left - 1;
	uint32_t pages = (last >> VMMC_PAGE_SHIFT) + 1;
	return pages < VMMC_PREFETCH_MAX ? pages : VMMC_PREFETCH_MAX;
}

static void
ask_host(struct port *port, uint32_t page)
{
	S.miss.port = port;
	S.miss.page = page;
	sram_write(CTRL(miss.process), port->number);
	sram_write(CTRL(miss.page), page);
	sram_write(CTRL(miss.count), pages_left(port));
	sram_write(CTRL(miss.wanted), 1);
	count(VMMC_C_MISS_INTERRUPTS);
	reg_write(LANAI_ISR, LANAI_ISR_HOST_SIG);
}

/* host_answered: or need not answer any more. */
static void
host_answered(void)
{
	S.miss.port = NULL;
	sram_write(CTRL(miss.wanted), 0);
}

void
translate_install(void)
{
	struct port *port = S.miss.port;
	uint32_t page = sram_read(CTRL(command.page));
	uint32_t n = sram_read(CTRL(command.count));
	if (!S.by_interrupt || !port || sram_read(CTRL(command.process)) != port->number || page != S.miss.page)
		return;
	install(port, page, CTRL(command.frame), n < VMMC_PREFETCH_MAX ? n : VMMC_PREFETCH_MAX);
	host_answered();
}

/* missed: nothing is known of the page that the port's send goes on with. */
static void
missed(struct port *port)
{
	uint32_t page = port->from >> VMMC_PAGE_SHIFT;
	if (S.miss.port)
		return;
	count(VMMC_C_CACHE_MISSES);
	if (S.by_interrupt)
		ask_host(port, page);
	else if (!walk_start(&S.miss, port, page, S.cache_prefetch))
		port->refused = 1;
}

/* to_front: the entry at `at` becomes the first of the set. */
static inline void
to_front(uint32_t set, uint32_t at, uint32_t entry)
{
	do {
		sram_write(at, sram_read(at - 4));
		at -= 4;
	} while (at != set);
	sram_write(set, entry);
}

COLD uint32_t
translate_slowly(struct port *port)
{
	uint32_t set = cache_at(port, port->from), tag = cache_tag(port, port->from);
	uint32_t end = set + 4 * S.cache_ways;
	if (port->refused)
		return CACHE_VALID;
	for (uint32_t at = set + 4; at != end; at += 4) {
		uint32_t entry = sram_read(at);
		if ((entry ^ tag) >> CACHE_FRAME_BITS)
			continue;
		to_front(set, at, entry);
		return entry ^ tag;
	}
	missed(port);
	return CACHE_VALID;
}

/* Taking away. ------------------------------------------------------------------------------------------------------
 */

static void
sweep(const struct port *port)
{
	S.sweep_ports |= 1u << port->number;
	S.sweep_at = VMMC_CACHE;
}

void
translate_forget(uint32_t process, uint32_t page, uint32_t pages)
{
	struct port *port = &S.ports[process];
	if (S.miss.port == port)
		S.miss.stale = 1;
	if (pages > VMMC_PREFETCH_MAX) {
		sweep(port);
		return;
	}
	for (; pages; pages--) {
		forget(port, page << VMMC_PAGE_SHIFT);
		page++;
	}
}

void
translate_close(struct port *port)
{
	if (S.miss.port == port && S.by_interrupt)
		host_answered();
	else if (S.miss.port == port)
		S.miss.stale = 1;
	sweep(port);
}

uint32_t
translate_busy(const struct port *port)
{
	return S.miss.port == port || (S.sweep_ports >> port->number & 1);
}

/* swept: the whole cache was gone through. */
static void
swept(void)
{
	uint32_t ports = S.sweep_ports;
	S.sweep_ports = 0;
	for (uint32_t i = 0; i < VMMC_MAX_PROCESSES; i++)
		if (ports >> i & 1)
			port_settle(&S.ports[i]);
}

uint32_t
translate_sweep(void)
{
	uint32_t at = S.sweep_at, ports = S.sweep_ports;
	if (!ports)
		return 1;
	for (uint32_t end = at + SWEEP_BYTES; at != end; at += 4) {
		uint32_t process = bits(sram_read(at), CACHE_PROCESS_BIT, SPREAD_BITS);
		if (ports >> process & 1)
			sram_write(at, 0);
	}
	S.sweep_at = at;
	if (at != S.cache_end)
		return 0;
	swept();
	return 1;
}
