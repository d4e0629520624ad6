/* Redirection on the memory NIC: the rules of docs/redirection.md. */
#include "host-lib/nic_memory.h"

#include "host-lib/translation.h"

static bool
overlap(uint64_t a, uint64_t a_bytes, uint64_t b, uint64_t b_bytes)
{
	return a < b + b_bytes && b < a + a_bytes;
}

static void
end(struct vmmc_nic_queue *q, unsigned slot, uint32_t serial, enum vmmc_post_result result, uint32_t first,
    uint32_t taken)
{
	const uint32_t words[4] = {serial, result, first, taken};

	memory_write(q, MEMORY_STATUS_POSTS + MEMORY_STATUS_POST * slot, words, G_N_ELEMENTS(words));
}

static void
end_post(struct vmmc_nic_queue *q, struct memory_post *post, enum vmmc_post_result result)
{
	unsigned slot = (unsigned)(post - q->posts);

	post->open = false;
	if (post->started)
		end(q, slot, post->serial, result, post->first, post->next - post->first);
	else
		end(q, slot, post->serial, result, post->length, 0);
}

/* Taking descriptors. ------------------------------------------------------------------------------------------------
 */

/* Does the range lie in one export of the process? */
static bool
is_exported(const struct vmmc_nic_queue *q, uint64_t place, uint32_t length)
{
	uint16_t tag = 0;

	for (uint64_t at = place / HB_FRAME * HB_FRAME; at < place + length; at += HB_FRAME) {
		uint32_t entry = translation_entry(q->table, (uint32_t)(at / HB_FRAME));
		const struct memory_incoming *in = &q->nic->in[entry / HB_FRAME % MEMORY_FRAMES];
		if (!entry || entry / HB_FRAME >= MEMORY_FRAMES || in->owner != q || !in->tag || in->address != at)
			return false;
		if (tag && in->tag != tag)
			return false;
		tag = in->tag;
	}
	return true;
}

static bool
is_free(const struct vmmc_nic_queue *q, uint64_t place, uint32_t length)
{
	for (unsigned i = 0; i < MEMORY_POSTS; i++)
		if (q->posts[i].open && overlap(q->posts[i].place, q->posts[i].length, place, length))
			return false;
	return true;
}

static bool
translate(const struct vmmc_nic_queue *q, struct memory_post *post)
{
	unsigned n = 0;

	for (uint64_t at = post->user / HB_FRAME * HB_FRAME; at < post->user + post->length; at += HB_FRAME) {
		uint32_t entry = translation_entry(q->table, (uint32_t)(at / HB_FRAME));
		if (!entry)
			return false;
		post->frame[n++] = entry / HB_FRAME;
	}
	return true;
}

void
memory_take_post(struct vmmc_nic_queue *q, unsigned slot, uint32_t serial, uint64_t place, uint64_t user,
                 uint32_t length)
{
	struct memory_post post = {.open = true, .serial = serial, .length = length, .place = place, .user = user};
	bool good = length && length <= MEMORY_POST_MAX && (place | user | length) % 4 == 0 && !q->posts[slot].open;

	if (!good || !is_exported(q, place, length) || !is_free(q, place, length) || !translate(q, &post)) {
		q->nic->posts_refused++;
		end(q, slot, serial, VMMC_POST_WAS_REFUSED, length, 0);
		return;
	}
	q->nic->posts++;
	q->posts[slot] = post;
}

void
memory_take_cancel(struct vmmc_nic_queue *q, unsigned slot)
{
	if (q->posts[slot].open)
		end_post(q, &q->posts[slot], VMMC_POST_WAS_CANCELLED);
}

void
memory_revoke(struct vmmc_nic_queue *q, uint64_t address, unsigned n)
{
	uint64_t bytes = (uint64_t)n * HB_FRAME;

	for (unsigned i = 0; i < MEMORY_POSTS; i++) {
		struct memory_post *post = &q->posts[i];
		if (post->open && (overlap(post->place, post->length, address, bytes) ||
		                   overlap(post->user, post->length, address, bytes)))
			end_post(q, post, VMMC_POST_WAS_REVOKED);
	}
}

/* Arriving data. -----------------------------------------------------------------------------------------------------
 */

static void
put(struct vmmc_nic_queue *q, uint32_t bus_address, const uint8_t *data, uint32_t bytes)
{
	hb_dma_to_host(q->nic->base.host->bus, bus_address, data, bytes);
}

static void
put_user(struct vmmc_nic_queue *q, const struct memory_post *post, uint32_t at, const uint8_t *data, uint32_t bytes)
{
	uint64_t offset = post->user % HB_FRAME + at;

	for (uint32_t piece; bytes; offset += piece, data += piece, bytes -= piece) {
		piece = (uint32_t)MIN((uint64_t)bytes, HB_FRAME - offset % HB_FRAME);
		put(q, post->frame[offset / HB_FRAME] * HB_FRAME + (uint32_t)(offset % HB_FRAME), data, piece);
		q->nic->redirected_bytes += piece;
	}
}

/* A part of a packet that lies in the range: rules 2 to 4. */
static void
take(struct vmmc_nic_queue *q, struct memory_post *post, uint32_t at, uint32_t bus_address, const uint8_t *data,
     uint32_t bytes)
{
	if (!post->started)
		post->first = post->next = at;
	if (at == post->next) {
		post->started = true;
		post->next = at + bytes;
		put_user(q, post, at, data, bytes);
	} else {
		put(q, bus_address, data, bytes);
	}
	if (at + bytes == post->length)
		end_post(q, post, VMMC_POST_IS_FULL);
}

/* The post that the byte at `address` falls under, or NULL; *bytes is cut so that all bytes do, or none. */
static struct memory_post *
post_at(struct vmmc_nic_queue *q, uint64_t address, uint32_t *bytes)
{
	struct memory_post *found = NULL;

	for (unsigned i = 0; i < MEMORY_POSTS; i++) {
		struct memory_post *post = &q->posts[i];
		if (!post->open || !overlap(post->place, post->length, address, *bytes))
			continue;
		if (post->place <= address) {
			found = post;
			*bytes = (uint32_t)MIN((uint64_t)*bytes, post->place + post->length - address);
		} else {
			*bytes = (uint32_t)(post->place - address);
		}
	}
	return found;
}

void
memory_deposit(struct vmmc_nic_queue *q, uint64_t address, uint32_t bus_address, const uint8_t *data, uint32_t bytes)
{
	for (uint32_t piece; bytes; bytes -= piece) {
		struct memory_post *post;
		piece = bytes;
		post = post_at(q, address, &piece);
		if (post)
			take(q, post, (uint32_t)(address - post->place), bus_address, data, piece);
		else
			put(q, bus_address, data, piece);
		address += piece;
		bus_address += piece;
		data += piece;
	}
}
