/* What arrives for a page that posts cover: cut at the borders of their ranges and at the pages of the user buffers. */
#include "firmware/vmmc/receive.h"
#include "firmware/vmmc/redirect.h"

#define PAGE_MASK (VMMC_PAGE - 1)

/* A part of a packet, from some bus address to `end`. */
struct part {
	struct post *post; /* whose range it lies in, or NULL */
	uint32_t offset;   /* in the range */
	uint32_t end;
};

/* page_index: number of the range's page that lies at bus address `page`; `post->pages` if none does. */
static uint32_t
page_index(const struct post *post, uint32_t page)
{
	uint32_t i = 0;
	while (i < post->pages && frame_bus(post->frame[i]) != page)
		i++;
	return i;
}

/* clip: the part in `post`, at `offset` of its range, ends with the range. */
static struct part
clip(struct post *post, uint32_t offset, uint32_t from, uint32_t end)
{
	uint32_t range_end = from + post->bytes - offset;
	return (struct part){.post = post, .offset = offset, .end = range_end < end ? range_end : end};
}

/* search: the part of [from, end) that begins at `from`, by the pages of all posts of a process. */
static struct part
search(struct post *posts, uint32_t from, uint32_t end)
{
	uint32_t page = from & ~PAGE_MASK;
	struct part part = {.end = end};
	for (struct post *post = posts; post != posts + VMMC_POSTS; post++) {
		if (post->state != POST_OPEN)
			continue;
		uint32_t i = page_index(post, page);
		if (i == post->pages)
			continue;
		uint32_t offset = (i << VMMC_PAGE_SHIFT) + (from & PAGE_MASK) - (post->range & PAGE_MASK);
		uint32_t start = from - offset; /* of the range: ahead only in its first page */
		if (offset < post->bytes)
			return clip(post, offset, from, end);
		if ((int32_t)offset < 0 && start < part.end)
			part.end = start;
	}
	return part;
}

/* expecting: the post whose next byte has this bus address, or NULL. */
static inline struct post *
expecting(struct post *posts, uint32_t bus)
{
	struct post *post = posts;
	for (uint32_t i = 0; i < VMMC_POSTS; i++) {
		ARCH_KEEP(post);
		if (post->next_bus == bus)
			return post;
		post++;
	}
	return NULL;
}

static struct part
part_at(struct post *posts, uint32_t from, uint32_t end)
{
	struct post *post = expecting(posts, from);
	return post ? clip(post, post->next, from, end) : search(posts, from, end);
}

/* add_piece: to what is to be deposited.  One piece is kept back, in arrival->deposit: the next may go on with it, and
 * the last one's end frees the buffer. */
static void
add_piece(struct arrival *arrival, uint32_t bus, uint32_t bytes)
{
	struct transfer *last = &arrival->deposit;
	if (last->bytes && last->bus + last->bytes == bus && bus & PAGE_MASK) {
		last->bytes += bytes;
		return;
	}
	if (last->bytes) {
		struct transfer *part = &arrival->part[arrival->parts++];
		part->sram = last->sram;
		part->bytes = last->bytes;
		part->bus = last->bus;
		dma_queue(part);
		last->sram += last->bytes;
	}
	last->bus = bus;
	last->bytes = bytes;
}

/* room_for: may the part be `pieces` more host DMAs, if another one, for the rest of the packet, is needed? */
static uint32_t
room_for(const struct arrival *arrival, uint32_t pieces, uint32_t rest)
{
	uint32_t used = arrival->parts + (arrival->deposit.bytes ? 1 : 0);
	return used + pieces + rest <= ARRIVAL_PARTS;
}

/* redirect: deposits `bytes` at `offset` of the post's range in its user buffer; 0 if they do not belong there. */
static uint32_t
redirect(struct arrival *arrival, struct post *post, uint32_t offset, uint32_t bytes, uint32_t rest)
{
	uint32_t to = (post->user & PAGE_MASK) + offset;
	uint32_t room = VMMC_PAGE - (to & PAGE_MASK);
	const uint16_t *page = &post->user_frame[to >> VMMC_PAGE_SHIFT];
	if (post->first != post->bytes && offset != post->next)
		return 0;
	if (!room_for(arrival, bytes > room ? 2 : 1, rest))
		return 0;
	add_piece(arrival, frame_bus(page[0]) + (to & PAGE_MASK), bytes > room ? room : bytes);
	if (bytes > room)
		add_piece(arrival, frame_bus(page[1]), bytes - room);
	if (post->first == post->bytes)
		post->first = offset;
	return 1;
}

/* move_on: `next` of a post behind a part that went to its user buffer. */
static inline void
move_on(struct post *post, uint32_t next)
{
	uint32_t in_range = low_bits(post->range, VMMC_PAGE_SHIFT) + next;
	uint32_t at = CTRL(counter) + 4 * VMMC_C_REDIRECTED_BYTES;
	sram_write(at, sram_read(at) + next - post->next);
	post->next = next;
	post->next_bus = NO_BUS;
	if (next != post->bytes)
		post->next_bus =
		        frame_bus(post->frame[in_range >> VMMC_PAGE_SHIFT]) + low_bits(in_range, VMMC_PAGE_SHIFT);
}

/* take_part: returns 1 if it was the end of its post's range. */
static uint32_t
take_part(struct arrival *arrival, const struct part *part, uint32_t from, uint32_t rest)
{
	struct post *post = part->post;
	uint32_t bytes = part->end - from;
	if (!post || !redirect(arrival, post, part->offset, bytes, rest)) {
		add_piece(arrival, from, bytes);
	} else {
		post->next = part->offset;
		move_on(post, part->offset + bytes);
	}
	if (!post || part->offset + bytes != post->bytes)
		return 0;
	post->ending = VMMC_POST_FULL;
	return 1;
}

/* end_full: the posts whose last byte was in the packet, now that all of it is queued. */
static void
end_full(struct post *posts)
{
	for (struct post *post = posts; post != posts + VMMC_POSTS; post++)
		if (post->state == POST_OPEN && post->ending)
			redirect_end(post, VMMC_POST_FULL);
}

/* cut: any packet. */
static COLD void
cut(struct arrival *arrival, struct post *posts, uint32_t dest, uint32_t end)
{
	uint32_t full = 0;
	arrival->parts = 0;
	arrival->deposit.bytes = 0;
	for (uint32_t from = dest; from != end;) {
		struct part part = part_at(posts, from, end);
		full |= take_part(arrival, &part, from, part.end != end);
		from = part.end;
	}
	dma_queue(&arrival->deposit);
	if (full)
		end_full(posts);
}

/* in_stream: a packet that begins where the post expects it and ends in its range, as most do: the same as cut(), at
 * half the cost. */
static inline void
in_stream(struct arrival *arrival, struct post *post, uint32_t bytes)
{
	uint32_t next = post->next;
	uint32_t to = low_bits(post->user, VMMC_PAGE_SHIFT) + next;
	const uint16_t *page = &post->user_frame[to >> VMMC_PAGE_SHIFT];
	ARCH_KEEP(page);
	uint32_t in_page = low_bits(to, VMMC_PAGE_SHIFT);
	uint32_t bus = frame_bus(page[0]) + in_page;
	uint32_t room = VMMC_PAGE - in_page;
	if (bytes > room) {
		struct transfer *part = &arrival->part[0];
		part->sram = arrival->deposit.sram;
		part->bytes = room;
		part->bus = bus;
		dma_queue(part);
		arrival->deposit.sram = part->sram + room;
		bus = frame_bus(page[1]);
	} else {
		room = 0;
	}
	arrival->deposit.bus = bus;
	arrival->deposit.bytes = bytes - room;
	dma_queue(&arrival->deposit);
	if (post->first == post->bytes)
		post->first = next;
	move_on(post, next + bytes);
}

void
redirect_take(struct arrival *arrival, uint32_t dest, uint32_t key, uint32_t bytes, uint32_t entry)
{
	if (receive_odd(dest, key & ~VMMC_IN_REDIRECT, bytes, entry & ~VMMC_IN_REDIRECT)) {
		receive_refuse(arrival);
		return;
	}
	arrival->deposit.events = (bits(key, KEY_FLAGS_BIT, 1) & (entry >> 1)) | ARRIVAL_REDIRECTED;
	struct post *posts = S.posts[bits(entry, VMMC_IN_OWNER_BIT, OWNER_BITS)];
	ARCH_KEEP(posts);
	struct post *post = expecting(posts, dest);
	ARCH_KEEP(post);
	arrival->note = dest;
	if (!post || post->bytes - post->next < bytes) {
		cut(arrival, posts, dest, dest + bytes);
		return;
	}
	in_stream(arrival, post, bytes);
	if (post->next == post->bytes)
		redirect_end(post, VMMC_POST_FULL);
}

/* A packet of which something is missing is not notified. */
void
redirect_part_failed(const struct transfer *part)
{
	for (uint32_t i = 0; i < VMMC_ARRIVALS; i++)
		for (uint32_t j = 0; j < ARRIVAL_PARTS - 1; j++)
			if (&S.arrivals[i].part[j] == part)
				S.arrivals[i].deposit.events &= ~ARRIVAL_NOTIFIES;
}
