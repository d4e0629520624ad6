/* Receive posting: while a call waits with an empty buffer, what comes next goes straight to its memory.
 *
 * A full post ends the poll: what has come besides stays in the transport's memory for the next call to post, else a
 * receiver that falls behind would copy it twice, and fall further behind.
 *
 * A post takes the bytes of the stream in their order, from the one on that comes next when it is opened.  Once some
 * that follow have gone to the buffer it takes no more.  What it has taken the call learns from take(); what the call
 * never takes is copied back to the buffer, where there is room for it, since the peer does not know it as taken. */
#include "sockets/fast/fast_state.h"

#include "nic-sim/cpu.h"
#include "sockets/user.h"

uint32_t
fast_post_accept(struct fast *f, uint64_t data, uint32_t bytes)
{
	struct fast_post *p = &f->post;
	uint32_t n = 0;

	if (p->open && f->come == p->from + p->filled)
		n = (uint32_t)MIN(bytes, p->length - p->filled);
	if (n) {
		arena_to_user(f->endpoint->memory, data, p->user + p->filled, n);
		cpu_copy(n);
		p->filled += n;
		if (p->filled == p->length)
			am_enough(f->endpoint->am);
	}
	return n;
}

uint32_t
fast_post_take(struct fast *f, const uint8_t *user, uint64_t length)
{
	struct fast_post *p = &f->post;
	uint32_t n = (uint32_t)MIN(length, p->filled - p->taken);

	if (!p->open || !n)
		return 0;
	if (user != p->user + p->taken) {
		fast_post_close(f);
		return 0;
	}
	p->taken += n;
	f->counts->bytes_direct += n;
	return n;
}

/* put_back: bytes in the caller's memory that it will not take from there. */
static void
put_back(struct fast *f, uint32_t position, uint32_t bytes)
{
	uint64_t address;

	for (uint32_t done = 0, run; done < bytes; done += run) {
		run = fast_run(f, position + done, bytes - done, &address);
		user_to_arena(f->endpoint->memory, f->post.user + (position + done - f->post.from), address, run);
	}
	cpu_copy(bytes);
	f->counts->bytes_copied_back += bytes;
}

void
fast_post_grow(struct fast *f, uint32_t position, uint32_t bytes)
{
	struct fast_post *p = &f->post;

	if (p->open && position == p->from + p->filled)
		p->filled += bytes;
	else if (p->open)
		put_back(f, position, bytes);
}

void
fast_post_close(struct fast *f)
{
	struct fast_post *p = &f->post;

	if (!p->open)
		return;
	fast_place_close(f);
	if (p->filled != p->taken)
		put_back(f, p->from + p->taken, p->filled - p->taken);
	p->open = false;
}

/* goes_on: the call has not taken all yet, or has asked for a place that can still be used. */
static bool
goes_on(const struct fast_post *p, const uint8_t *user)
{
	return p->open && user == p->user + p->taken &&
	       (p->filled != p->taken || (p->asking != FAST_ASK_NOT && p->taken < (p->once ? 1 : p->length)));
}

void
fast_expect(struct link *l, void *user, uint64_t length, bool all)
{
	struct fast *f = fast_of(l);

	if (goes_on(&f->post, user))
		return;
	fast_post_close(f);
	if (!f->endpoint->host->params->receive_posting || fast_readable(l))
		return;
	f->post = (struct fast_post){
	        .open = true, .user = user, .length = MIN(length, f->bytes), .from = f->come, .asking = FAST_ASK_NOT};
	fast_place_open(f, all);
}

void
fast_expected(struct link *l, bool over)
{
	if (over)
		fast_post_close(fast_of(l));
}
