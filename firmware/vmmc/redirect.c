#include "firmware/vmmc/redirect.h"
#include "firmware/vmmc/dma.h"
#include "firmware/vmmc/port.h"
#include "firmware/vmmc/translate.h"

#define PAGE_MASK    (VMMC_PAGE - 1)
#define STATUS_BYTES ((uint32_t)sizeof(struct vmmc_post_status))

/* The byte of an entry of the incoming page table that has VMMC_IN_REDIRECT in it. */
#define IN_BYTE_BIT 8
#define IN_BYTE     (3u - IN_BYTE_BIT / 8u)
#define IN_BYTE_ON  (VMMC_IN_REDIRECT >> IN_BYTE_BIT)
_Static_assert(IN_BYTE_ON<0x100 && IN_BYTE_ON> 0 && VMMC_IN_WRITE >> IN_BYTE_BIT == 0, "byte with the bit");

/* What may change while a page stays exported. */
#define IN_CHANGING (VMMC_IN_NOTIFY | VMMC_IN_REDIRECT)

void
redirect_init(void)
{
	walk_init(&S.post_walk, WALK_POST, WALK_POST_AT);
	for (uint32_t p = 0; p < VMMC_MAX_PROCESSES; p++) {
		for (uint32_t i = 0; i < VMMC_POSTS; i++) {
			struct post *post = &S.posts[p][i];
			post->status.use = DMA_POST;
			post->status.sram = CTRL(post) + STATUS_BYTES * (VMMC_POSTS * p + i);
			post->status.direction = DMA_TO_HOST;
			post->status.bytes = STATUS_BYTES;
			post->port = &S.ports[p];
			post->next_bus = NO_BUS;
		}
	}
	for (uint32_t i = 0; i < VMMC_ARRIVALS; i++)
		for (uint32_t j = 0; j < ARRIVAL_PARTS - 1; j++) {
			S.arrivals[i].part[j].use = DMA_PART;
			S.arrivals[i].part[j].direction = DMA_TO_HOST;
		}
}

/* The incoming page table. ------------------------------------------------------------------------------------------
 */

static uint32_t
in_entry_at(uint32_t frame)
{
	return VMMC_IN_TABLE + 4 * frame;
}

static uint32_t
same_export(const struct post *post, uint32_t entry)
{
	return ((entry ^ post->entry) & ~IN_CHANGING) == 0;
}

/* mark: VMMC_IN_REDIRECT of a page of the post's range. */
static void
mark(const struct post *post, uint32_t frame, uint32_t on)
{
	uint32_t at = in_entry_at(frame);
	uint32_t entry = sram_read(at);
	arch_yield("mark: entry read");
	if (!same_export(post, entry))
		return;
	entry = (entry & ~VMMC_IN_REDIRECT) | (on ? VMMC_IN_REDIRECT : 0);
	sram_write_byte(at + IN_BYTE, bits(entry, IN_BYTE_BIT, 8));
}

/* exported: the same export of its owner, which may be written to, has all pages of the range. */
static uint32_t
exported(struct post *post)
{
	for (uint32_t i = 0; i < post->pages; i++) {
		if (post->frame[i] >= VMMC_MAX_FRAMES)
			return 0;
		uint32_t entry = sram_read(in_entry_at(post->frame[i]));
		if (!i)
			post->entry = entry & ~IN_CHANGING;
		if (!same_export(post, entry))
			return 0;
	}
	return post->entry & VMMC_IN_WRITE && bits(post->entry, VMMC_IN_OWNER_BIT, OWNER_BITS) == post->port->number;
}

/* The end of a post. ------------------------------------------------------------------------------------------------
 */

/* say: these status words go to the process; `status` is idle. */
static void
say(struct post *post, uint32_t serial, uint32_t state, uint32_t first, uint32_t taken)
{
	uint32_t at = post->status.sram;
	sram_write(at, serial);
	sram_write(at + 4, state);
	sram_write(at + 8, first);
	sram_write(at + 12, taken);
	post->reporting = 1;
	arch_yield("say: status words written");
	dma_queue(&post->status);
}

static void
report(struct post *post)
{
	if (post->reporting)
		return;
	uint32_t taken = post->first == post->bytes ? 0 : post->next - post->first;
	say(post, post->serial, post->ending, post->first, taken);
	post->state = POST_FREE;
}

/* in_pages: does [address, address + bytes) touch one of `count` pages from `page` on? */
static uint32_t
in_pages(uint32_t address, uint32_t bytes, uint32_t page, uint32_t count)
{
	uint32_t first = address >> VMMC_PAGE_SHIFT;
	uint32_t last = (address + bytes - 1) >> VMMC_PAGE_SHIFT;
	if (!count || last < page)
		return 0;
	return first <= page || first - page < count;
}

/* shared: does another open post of the process cover part of the post's page `i`? */
static uint32_t
shared(const struct post *post, uint32_t i)
{
	uint32_t page = (post->range >> VMMC_PAGE_SHIFT) + i;
	const struct post *posts = S.posts[post->port->number];
	for (const struct post *other = posts; other != posts + VMMC_POSTS; other++)
		if (other != post && other->state == POST_OPEN && in_pages(other->range, other->bytes, page, 1))
			return 1;
	return 0;
}

/* unmark: ranges of open posts do not overlap, so only the first and the last page can be another one's, too. */
static void
unmark(const struct post *post)
{
	for (uint32_t i = 0; i < post->pages; i++)
		if ((i && i != post->pages - 1) || !shared(post, i))
			mark(post, post->frame[i], 0);
}

void
redirect_end(struct post *post, enum vmmc_post_state how)
{
	if (post->state == POST_WALKING) {
		if (!post->ending)
			post->ending = how;
		S.post_walk.stale = 1;
		return;
	}
	if (post->state != POST_OPEN)
		return;
	unmark(post);
	arch_yield("end: not in force any more");
	post->next_bus = NO_BUS;
	post->ending = how;
	post->state = POST_ENDED;
	report(post);
}

void
redirect_reported(struct post *post)
{
	post->reporting = 0;
	if (post->state == POST_ENDED)
		report(post);
	port_settle(post->port);
}

/* The beginning. ----------------------------------------------------------------------------------------------------
 */

/* refuse: a post that was never in force ends so. */
static void
refuse(struct post *post, enum vmmc_post_state how)
{
	count(VMMC_C_POSTS_REFUSED);
	post->ending = how;
	post->state = POST_ENDED;
	report(post);
}

/* pages_of: those that [address, address + bytes) touches. */
static uint32_t
pages_of(uint32_t address, uint32_t bytes)
{
	return ((address & PAGE_MASK) + bytes + PAGE_MASK) >> VMMC_PAGE_SHIFT;
}

/* sound: both ranges are ranges, and no open post of the process has part of the first. */
static uint32_t
sound(const struct post *post)
{
	uint32_t bytes = post->bytes;
	const struct post *posts = S.posts[post->port->number];
	if (!bytes || bytes > VMMC_POST_MAX || (bytes | post->range | post->user) & 3)
		return 0;
	if (post->range + (bytes - 1) < post->range || post->user + (bytes - 1) < post->user)
		return 0;
	for (const struct post *other = posts; other != posts + VMMC_POSTS; other++) {
		uint32_t ahead = post->range - other->range;
		uint32_t behind = other->range - post->range;
		if (other->state == POST_OPEN && (ahead < other->bytes || behind < bytes))
			return 0;
	}
	return 1;
}

/* walk_on: fetches the entries that S.posting still needs; 0 if there are none to be had. */
static uint32_t
walk_on(void)
{
	struct post *post = S.posting;
	uint32_t address = S.post_user ? post->user : post->range;
	uint32_t page = (address >> VMMC_PAGE_SHIFT) + S.post_walked;
	return walk_start(&S.post_walk, post->port, page, pages_of(address, post->bytes) - S.post_walked);
}

/* walked: the post is not translated any more. */
static void
walked(struct post *post, enum vmmc_post_state how)
{
	S.posting = NULL;
	if (how != VMMC_POST_OPEN) {
		refuse(post, how);
		return;
	}
	arch_yield("walked: exports checked");
	post->state = POST_OPEN;
	post->next_bus = frame_bus(post->frame[0]) + (post->range & PAGE_MASK);
	for (uint32_t i = 0; i < post->pages; i++)
		mark(post, post->frame[i], 1);
	count(VMMC_C_POSTS);
}

/* take_entries: 0 if some page is not there. */
static uint32_t
take_entries(const struct walk *walk, uint16_t *frame)
{
	for (uint32_t i = 0; i < walk->count; i++) {
		uint32_t entry = walk_entry(walk, i);
		if (!(entry & VMMC_XLATE_VALID))
			return 0;
		*frame++ = (uint16_t)(entry >> VMMC_PAGE_SHIFT);
	}
	return 1;
}

void
redirect_walked(struct walk *walk, struct port *port)
{
	struct post *post = S.posting;
	uint16_t *frame = (S.post_user ? post->user_frame : post->frame) + S.post_walked;
	(void)port;
	arch_yield("walk: entries there");
	if (post->ending || walk->stale || !take_entries(walk, frame)) {
		walked(post, post->ending ? post->ending : VMMC_POST_REFUSED);
		return;
	}
	S.post_walked += walk->count;
	if (S.post_walked == pages_of(S.post_user ? post->user : post->range, post->bytes)) {
		if (S.post_user) {
			walked(post, exported(post) ? VMMC_POST_OPEN : VMMC_POST_REFUSED);
			return;
		}
		S.post_user = 1;
		S.post_walked = 0;
	}
	if (!walk_on())
		walked(post, VMMC_POST_REFUSED);
}

/* begin: a free record becomes the post that the descriptor asks for. */
static void
begin(struct post *post, uint32_t slot, uint32_t bytes)
{
	post->range = sram_read(slot + SLOT_PROXY);
	post->user = sram_read(slot + SLOT_DATA);
	post->serial = sram_read(slot + SLOT_DATA + 4);
	arch_yield("begin: descriptor read");
	post->bytes = post->first = bytes;
	post->next = 0;
	post->ending = 0;
	if (!sound(post)) {
		refuse(post, VMMC_POST_REFUSED);
		return;
	}
	post->pages = pages_of(post->range, bytes);
	post->state = POST_WALKING;
	S.posting = post;
	S.post_user = 0;
	S.post_walked = 0;
	if (!walk_on())
		walked(post, VMMC_POST_REFUSED);
}

/* Without serial number and status page nobody could be told how the post ends. */
uint32_t
redirect_post(struct port *port, uint32_t slot, uint32_t control)
{
	uint32_t which = VMMC_CONTROL_FLAGS(control), bytes = VMMC_CONTROL_LENGTH(control);
	uint32_t serial = sram_read(slot + SLOT_DATA + 4);
	if (which >= VMMC_POSTS || !serial || !port->status.bus) {
		port_bad(port, 0, 0);
		return 1;
	}
	struct post *post = &S.posts[port->number][which];
	if (S.posting || (post->state != POST_FREE && post->reporting))
		return 0;
	post->status.bus = port->status.bus + (uint32_t)offsetof(struct vmmc_status, post) + STATUS_BYTES * which;
	if (post->state == POST_FREE) {
		begin(post, slot, bytes);
	} else {
		count(VMMC_C_POSTS_REFUSED);
		say(post, serial, VMMC_POST_REFUSED, bytes, 0);
	}
	return 1;
}

uint32_t
redirect_cancel(struct port *port, uint32_t slot, uint32_t control)
{
	uint32_t which = VMMC_CONTROL_FLAGS(control);
	(void)slot;
	if (which >= VMMC_POSTS || VMMC_CONTROL_LENGTH(control))
		port_bad(port, 0, 0);
	else
		redirect_end(&S.posts[port->number][which], VMMC_POST_CANCELLED);
	return 1;
}

/* What takes posts away. --------------------------------------------------------------------------------------------
 */

void
redirect_forget(uint32_t process, uint32_t page, uint32_t n)
{
	if (process >= VMMC_MAX_PROCESSES)
		return;
	struct post *posts = S.posts[process];
	for (struct post *post = posts; post != posts + VMMC_POSTS; post++)
		if (post->state != POST_FREE &&
		    (in_pages(post->range, post->bytes, page, n) || in_pages(post->user, post->bytes, page, n)))
			redirect_end(post, VMMC_POST_REVOKED);
}

/* withdrawn: is an open post's range not exported any more? */
static uint32_t
withdrawn(const struct post *post)
{
	if (post->state != POST_OPEN)
		return 0;
	for (uint32_t i = 0; i < post->pages; i++)
		if (!same_export(post, sram_read(in_entry_at(post->frame[i]))))
			return 1;
	return 0;
}

void
redirect_withdraw(void)
{
	for (uint32_t p = 0; p < VMMC_MAX_PROCESSES; p++)
		for (uint32_t i = 0; i < VMMC_POSTS; i++)
			if (withdrawn(&S.posts[p][i]))
				redirect_end(&S.posts[p][i], VMMC_POST_REVOKED);
}

void
redirect_close(struct port *port)
{
	for (uint32_t i = 0; i < VMMC_POSTS; i++)
		redirect_end(&S.posts[port->number][i], VMMC_POST_REVOKED);
}

uint32_t
redirect_busy(const struct port *port)
{
	uint32_t busy = 0;
	for (uint32_t i = 0; i < VMMC_POSTS; i++)
		busy |= S.posts[port->number][i].state | S.posts[port->number][i].reporting;
	return busy;
}
