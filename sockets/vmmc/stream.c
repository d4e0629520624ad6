#include "sockets/vmmc/stream.h"

#include "sockets/instruction_counts.h"
#include "sockets/user.h"
#include "sockets/vmmc/wire.h"

#include <errno.h>
#include <glib.h>
#include <string.h>

/* The instructions of a call are charged with each record that it puts or takes. */

/* Large sends go in pieces, so that the copies at either end and the transfer of another piece overlap: at most PIECE,
 * and no more than what the receiver gives back at a time. */
#define PIECE (2 * UMEM_PAGE)
/* ... and of zero-copy, where nothing is copied: a whole message of many programs. */
#define DIRECT_PIECE (16 * UMEM_PAGE)
/* Free bytes of the record ring that a record needs: itself, and what the end of the ring may skip behind it. */
#define RECORD_ROOM (2 * WIRE_RECORD_MAX)
/* A NIC that takes longer to send what it was handed (a ring at most) does not send at all. */
#define DRAIN_LIMIT SIM_S

static struct stream *
stream_of(struct link *l)
{
	return (struct stream *)l;
}

static const struct stream *
const_stream_of(const struct link *l)
{
	return (const struct stream *)l;
}

static uint32_t
word_at(const struct stream *s, uint32_t offset)
{
	return umem_load_be32(s->area.memory, s->area.address + offset);
}

/* advance: past a record of `bytes`, and past the end of the ring where no largest record fits. */
static void
advance(struct stream_cursor *c, uint32_t bytes)
{
	c->offset += bytes;
	c->position += bytes;
	if (WIRE_RECORDS_END - c->offset < WIRE_RECORD_MAX) {
		c->position += WIRE_RECORDS_END - c->offset;
		c->offset = WIRE_RECORDS;
	}
}

/* Out. --------------------------------------------------------------------------------------------------------------
 */

/* send_buffer: bytes of the peer's data ring that may be in use.  Less than half would never be reported as free: the
 * receiver tells of each quarter, and a piece may need another. */
static uint32_t
send_buffer(const struct link *l)
{
	uint32_t ring = const_stream_of(l)->peer_ring_bytes;

	return l->send_limit ? CLAMP(l->send_limit, ring / 2, ring) : ring;
}

static uint32_t
receive_buffer(const struct link *l)
{
	return const_stream_of(l)->area.ring_bytes;
}

/* piece_for: bytes of a RING record, at most; by zero-copy as many as one redirection takes, since nobody copies. */
static uint32_t
piece_for(uint32_t ring_bytes, enum sock_protocol how)
{
	return MIN(how == SOCK_ZERO_COPY ? DIRECT_PIECE : PIECE, ring_bytes / WIRE_HEAD_EVERY);
}

/* room_for: bytes that a send of `want` may put into a RING record now; for want <= WIRE_INLINE_MAX all or nothing.
 * 0: wait. */
static uint32_t
room_for(const struct stream *s, uint64_t want, enum sock_protocol how)
{
	uint32_t records = WIRE_RECORDS_SIZE - (s->records_out.position - word_at(s, WIRE_HEADS));
	uint32_t used, most;

	if (records < RECORD_ROOM)
		return 0;
	if (want <= WIRE_INLINE_MAX)
		return (uint32_t)want;
	used = s->data_out - word_at(s, WIRE_HEADS + 4);
	most = send_buffer(&s->link);
	want = MIN(want, piece_for(s->peer_ring_bytes, how));
	return used > most || most - used < want ? 0 : (uint32_t)want;
}

static bool
room(const struct link *l)
{
	return room_for(const_stream_of(l), UINT64_MAX, SOCK_ZERO_COPY) > 0;
}

static void
deposit(struct stream *s, uint32_t offset, const void *bytes, uint32_t length)
{
	if (s->proxy)
		vmmc_send_inline(s->area.v, bytes, s->proxy, offset, length);
}

/* put_record: counted before it leaves, since the peer may have consumed it before this returns. */
static void
put_record(struct stream *s, const void *record, uint32_t bytes)
{
	uint32_t offset = s->records_out.offset;

	advance(&s->records_out, bytes);
	deposit(s, offset, record, bytes);
}

static void
put_ring_record(struct stream *s, uint32_t length)
{
	uint32_t header = GUINT32_TO_BE(WIRE_HEADER(WIRE_RING, length));

	put_record(s, &header, sizeof header);
	s->data_out += wire_words(length);
	s->counts->bytes_sent += length;
}

static void
put_inline(struct stream *s, const void *user, uint32_t length)
{
	uint8_t record[WIRE_RECORD_MAX] = {0};
	uint32_t header = GUINT32_TO_BE(WIRE_HEADER(WIRE_INLINE, length));

	cpu_instructions(CPU_USER, IC_SOCK_SEND);
	memcpy(record, &header, sizeof header);
	user_fetch(s->area.memory, user, record + sizeof header, length);
	s->counts->bytes_copied_in += length;
	s->counts->bytes_sent += length;
	put_record(s, record, sizeof header + wire_words(length));
}

/* put_data: `bytes` (a multiple of 4) from `address` to the data ring, at the place of the next RING record. */
static void
put_data(struct stream *s, uint64_t address, uint32_t at, uint32_t bytes)
{
	uint64_t ticket = 0;

	if (s->proxy && vmmc_send(s->area.v, address, s->proxy, WIRE_DATA + at, bytes, &ticket) == VMMC_OK && ticket)
		s->last_ticket = ticket;
}

static uint32_t
until_wrap(uint32_t ring_bytes, uint32_t position, uint32_t bytes)
{
	uint32_t left = ring_bytes - position % ring_bytes;

	return MIN(left, bytes);
}

static void
put_direct(struct stream *s, uint64_t address, uint32_t length)
{
	uint32_t first = until_wrap(s->peer_ring_bytes, s->data_out, length);

	cpu_instructions(CPU_USER, IC_SOCK_SEND_DIRECT);
	put_data(s, address, s->data_out % s->peer_ring_bytes, first);
	if (first < length)
		put_data(s, address + first, 0, length - first);
	put_ring_record(s, length);
}

/* put_copied: a RING record of some of the bytes, by way of the staging ring; returns how many, -ENOBUFS. */
static int64_t
put_copied(struct stream *s, const void *user, uint32_t length)
{
	uint32_t at = s->data_out % s->peer_ring_bytes;
	uint32_t piece = until_wrap(s->peer_ring_bytes, s->data_out, length);

	if (!s->staging)
		s->staging = umem_alloc(s->area.memory, s->peer_ring_bytes);
	if (!s->staging)
		return -ENOBUFS;
	cpu_instructions(CPU_USER, IC_SOCK_SEND_COPIED);
	user_to_arena(s->area.memory, user, s->staging + at, piece);
	cpu_copy(piece);
	s->counts->bytes_copied_in += piece;
	put_data(s, s->staging + at, at, wire_words(piece));
	put_ring_record(s, piece);
	return piece;
}

/* direct_run: bytes that can go straight from the user's memory, from its address on; 0 if a few must go inline first,
 * *inline_bytes of them. */
static uint32_t
direct_run(const struct stream *s, const void *user, uint64_t length, uint64_t *address, uint32_t *inline_bytes)
{
	uint64_t run;

	*address = user_address(s->area.memory, user, length, &run);
	if (*address % 4)
		*inline_bytes = (uint32_t)(4 - *address % 4);
	else if (run <= WIRE_INLINE_MAX)
		*inline_bytes = (uint32_t)run;
	else
		return (uint32_t)MIN(run & ~3ull, UINT32_MAX & ~3u);
	return 0;
}

static int64_t
put(struct link *l, const void *user, uint64_t length, enum sock_protocol how)
{
	struct stream *s = stream_of(l);
	uint32_t inline_bytes = (uint32_t)MIN(length, WIRE_INLINE_MAX), run = 0, piece;
	uint64_t address = 0, want = length;

	if (length > WIRE_INLINE_MAX && how != SOCK_TWO_COPY) {
		run = direct_run(s, user, length, &address, &inline_bytes);
		want = run ? run : inline_bytes;
	}
	piece = room_for(s, want, run ? how : SOCK_TWO_COPY);
	if (piece == 0)
		return 0;
	if (want <= WIRE_INLINE_MAX) {
		put_inline(s, user, inline_bytes);
		return inline_bytes;
	}
	if (!run)
		return put_copied(s, user, piece);
	put_direct(s, address, piece);
	return piece;
}

static void
put_end(struct link *l, unsigned end)
{
	struct stream *s = stream_of(l);
	uint32_t flags = (end & LINK_FIN ? WIRE_END_FIN : 0) | (end & LINK_CLOSED ? WIRE_END_CLOSED : 0) |
	                 (end & LINK_RESET ? WIRE_END_RESET : 0);
	uint32_t words[WIRE_END_WORDS] = {
	        GUINT32_TO_BE(flags),
	        GUINT32_TO_BE(s->records_out.position),
	        GUINT32_TO_BE(s->in.records.position),
	};

	deposit(s, WIRE_END, words, sizeof words);
}

/* flushed: the NIC has fetched everything put so far. */
static bool
flushed(struct link *l, sim_time deadline)
{
	struct stream *s = stream_of(l);

	if (s->last_ticket && vmmc_wait_sent(s->area.v, s->last_ticket, deadline) != VMMC_OK)
		return false;
	s->last_ticket = 0;
	return true;
}

/* In. ---------------------------------------------------------------------------------------------------------------
 */

static bool
readable(const struct link *l)
{
	const struct stream *s = const_stream_of(l);

	return s->in.record || word_at(s, s->in.records.offset);
}

static unsigned end(const struct link *l);

static bool
sensible(const struct stream *s, uint32_t header)
{
	uint32_t length = WIRE_LENGTH(header);

	switch (WIRE_TYPE(header)) {
	case WIRE_INLINE:
		return length > 0 && length <= WIRE_INLINE_MAX;
	case WIRE_RING:
		return length > 0 && length <= s->area.ring_bytes;
	default:
		return false;
	}
}

/* next_record: the reader is at one: 1; there is none: 0; it is nonsense: -1. */
static int
next_record(const struct stream *s, struct stream_reader *r)
{
	if (!r->record)
		r->record = word_at(s, r->records.offset);
	return r->record == 0 ? 0 : sensible(s, r->record) ? 1 : -1;
}

/* pass: the reader is behind its record, which was so long in the record ring. */
static uint32_t
pass(struct stream_reader *r)
{
	uint32_t words = wire_words(WIRE_LENGTH(r->record)), bytes = 4;

	if (WIRE_TYPE(r->record) == WIRE_INLINE)
		bytes += words;
	else
		r->data += words;
	advance(&r->records, bytes);
	r->record = r->taken = 0;
	return bytes;
}

/* walk: bytes that can be read, and a reader behind them.  The ring ends the walk if the peer has filled it up, which
 * it must not. */
static uint64_t
walk(const struct stream *s, struct stream_reader *r)
{
	uint64_t bytes = 0;

	*r = s->in;
	while (r->records.position - s->in.records.position < WIRE_RECORDS_SIZE && next_record(s, r) > 0) {
		bytes += WIRE_LENGTH(r->record) - r->taken;
		pass(r);
	}
	return bytes;
}

static uint64_t
unread(const struct link *l)
{
	struct stream_reader behind;

	return walk(const_stream_of(l), &behind);
}

static void
deposit_heads(struct stream *s)
{
	uint32_t words[WIRE_HEAD_WORDS] = {GUINT32_TO_BE(s->in.records.position), GUINT32_TO_BE(s->in.data)};

	s->told_records = s->in.records.position;
	s->told_data = s->in.data;
	deposit(s, WIRE_HEADS, words, sizeof words);
}

/* tell_heads: once enough was consumed that the sender should know. */
static void
tell_heads(struct stream *s)
{
	if (!s->holding && (s->in.records.position - s->told_records >= WIRE_RECORDS_SIZE / WIRE_HEAD_EVERY ||
	                    s->in.data - s->told_data >= s->area.ring_bytes / WIRE_HEAD_EVERY))
		deposit_heads(s);
}

/* end_redirection: the bytes that come next do not belong where they were expected, or nobody wants them now. */
static void
end_redirection(struct stream *s)
{
	bool in_ring = WIRE_TYPE(s->in.record) == WIRE_RING;

	s->counts->bytes_copied_back += direct_end(&s->direct, &s->area, s->in.data + (in_ring ? s->in.taken : 0));
}

/* finish_record: clears it, so that its place is zero until something is deposited there again. */
static void
finish_record(struct stream *s)
{
	static const uint8_t zeros[WIRE_RECORD_MAX];
	uint64_t address = s->area.address + s->in.records.offset;
	bool ragged = WIRE_LENGTH(s->in.record) % 4;
	uint32_t bytes = pass(&s->in);

	if (s->direct.n && ragged)
		end_redirection(s);
	umem_write(s->area.memory, address, zeros, bytes);
	cpu_copy(bytes);
	tell_heads(s);
}

/* copy_out: the next bytes of the reader's record, where they lie in one piece; returns how many. */
static uint32_t
copy_out(struct stream *s, const struct stream_reader *r, void *user, uint64_t length)
{
	bool is_inline = WIRE_TYPE(r->record) == WIRE_INLINE, in_place = false;
	uint32_t n = (uint32_t)MIN(length, WIRE_LENGTH(r->record) - r->taken);
	uint32_t at = r->records.offset + 4 + r->taken;

	if (!is_inline) {
		n = until_wrap(s->area.ring_bytes, r->data + r->taken, n);
		n = direct_covers(&s->direct, r->data + r->taken, n, &in_place);
		at = WIRE_DATA + (r->data + r->taken) % s->area.ring_bytes;
	}
	cpu_instructions(CPU_USER, is_inline ? IC_SOCK_RECEIVE : IC_SOCK_RECEIVE_RING);
	if (in_place) {
		s->counts->bytes_direct += n;
		return n;
	}
	arena_to_user(s->area.memory, s->area.address + at, user, n);
	cpu_copy(n);
	s->counts->bytes_copied_out += n;
	return n;
}

static int64_t
take(struct link *l, void *user, uint64_t length)
{
	struct stream *s = stream_of(l);
	int state = next_record(s, &s->in);
	uint32_t n;

	if (state <= 0)
		return state;
	if (s->direct.n && WIRE_TYPE(s->in.record) == WIRE_INLINE)
		end_redirection(s);
	n = copy_out(s, &s->in, user, length);
	if (s->direct.lost)
		return -1;
	s->counts->bytes_received += n;
	s->in.taken += n;
	if (s->direct.n)
		direct_taken(&s->direct, s->in.data + s->in.taken);
	if (s->in.taken == WIRE_LENGTH(s->in.record))
		finish_record(s);
	return n;
}

static int64_t
peek(struct link *l, uint64_t skip, void *user, uint64_t length)
{
	struct stream *s = stream_of(l);
	struct stream_reader r = s->in;
	int state;

	while ((state = next_record(s, &r)) > 0 && skip >= WIRE_LENGTH(r.record) - r.taken) {
		skip -= WIRE_LENGTH(r.record) - r.taken;
		pass(&r);
		if (r.records.position - s->in.records.position >= WIRE_RECORDS_SIZE)
			return 0;
	}
	if (state <= 0)
		return state;
	r.taken += (uint32_t)skip;
	return copy_out(s, &r, user, length);
}

/* expect: the bytes of the RING record behind all that have come will lie at the data position there. A call that wants
 * any bytes is content with one piece. */
static void
expect(struct link *l, void *user, uint64_t length, bool all)
{
	struct stream *s = stream_of(l);
	uint32_t piece = piece_for(s->area.ring_bytes, SOCK_ZERO_COPY);
	struct stream_reader r;
	uint64_t come;

	s->holding = true;
	if (!all && readable(l))
		return;
	come = walk(s, &r);
	if (come < length && !end(l))
		direct_open(&s->direct, &s->area, r.data, piece, (uint8_t *)user + come,
		            all ? length - come : MIN(length, piece));
}

/* expected: heads that were held back are told, so that the sender goes on. */
static void
expected(struct link *l, bool over)
{
	struct stream *s = stream_of(l);

	if (over && s->direct.n)
		end_redirection(s);
	s->holding = false;
	tell_heads(s);
}

/* why_broken: an export that was withdrawn is no breakage: the peer's end words say what it means. */
static unsigned
why_broken(const struct stream *s)
{
	switch (s->proxy ? vmmc_proxy_error(s->proxy) : VMMC_OK) {
	case VMMC_EDOWN:
		return LINK_SILENT;
	case VMMC_EFIRMWARE:
		return LINK_DEFECT;
	default:
		return 0;
	}
}

static unsigned
end(const struct link *l)
{
	const struct stream *s = const_stream_of(l);
	uint32_t flags = word_at(s, WIRE_END);
	unsigned breakage;
	bool lost;

	if (flags == 0 && !s->broken)
		return 0;
	lost = flags & WIRE_END_CLOSED && word_at(s, WIRE_END + 8) != s->records_out.position;
	breakage = s->broken && !(flags & (WIRE_END_CLOSED | WIRE_END_RESET)) ? why_broken(s) : 0;
	return breakage | (flags & WIRE_END_FIN ? LINK_FIN : 0) | (flags & WIRE_END_CLOSED ? LINK_CLOSED : 0) |
	       (flags & WIRE_END_RESET ? LINK_RESET : 0) | (lost ? LINK_LOST : 0);
}

/* Both. -------------------------------------------------------------------------------------------------------------
 */

/* watch: the control page: heads, end words, and every place where a record may come. */
static struct umem_range
watch(const struct link *l)
{
	return (struct umem_range){const_stream_of(l)->area.address, UMEM_PAGE};
}

static void
stop(struct link *l)
{
	struct stream *s = stream_of(l);

	flushed(l, sim_now() + DRAIN_LIMIT);
	if (s->proxy)
		vmmc_unimport(s->proxy);
	area_unmake(&s->area);
	if (s->staging)
		umem_free(s->area.memory, s->staging);
	g_free(s);
}

static const struct link_ops stream_ops = {
        .room = room,
        .put = put,
        .put_end = put_end,
        .flushed = flushed,
        .readable = readable,
        .unread = unread,
        .take = take,
        .peek = peek,
        .end = end,
        .expect = expect,
        .expected = expected,
        .watch = watch,
        .send_buffer = send_buffer,
        .receive_buffer = receive_buffer,
        .stop = stop,
};

struct stream *
stream_new(const struct area *area, struct sock_counts *counts)
{
	struct stream *s = g_new0(struct stream, 1);

	s->link.ops = &stream_ops;
	s->area = *area;
	s->counts = counts;
	s->records_out.offset = WIRE_RECORDS;
	s->in.records.offset = WIRE_RECORDS;
	return s;
}
