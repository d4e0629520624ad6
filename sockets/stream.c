#include "sockets/stream.h"

#include "sockets/instruction_counts.h"
#include "sockets/user.h"
#include "sockets/wire.h"

#include <glib.h>
#include <string.h>

/* The instructions of a call are charged with each record that it puts or takes. */

/* Large sends go in pieces, so that the copies at either end and the transfer of another piece overlap: at most PIECE,
 * and no more than what the receiver gives back at a time. */
#define PIECE (2 * UMEM_PAGE)
/* Free bytes of the record ring that a record needs: itself, and what the end of the ring may skip behind it. */
#define RECORD_ROOM (2 * WIRE_RECORD_MAX)
/* A NIC that takes longer to send what it was handed (a ring at most) does not send at all. */
#define DRAIN_LIMIT SIM_S

void
stream_start(struct stream *s, const struct area *area, struct sock_counts *counts)
{
	*s = (struct stream){
	        .area = *area,
	        .counts = counts,
	        .records_out.offset = WIRE_RECORDS,
	        .records_in.offset = WIRE_RECORDS,
	};
}

void
stream_stop(struct stream *s)
{
	stream_flushed(s, sim_now() + DRAIN_LIMIT);
	if (s->proxy)
		vmmc_unimport(s->proxy);
	s->proxy = NULL;
	area_unmake(&s->area);
	if (s->staging)
		umem_free(s->area.memory, s->staging);
	s->staging = 0;
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

uint32_t
stream_room(const struct stream *s, uint64_t want)
{
	uint32_t records = WIRE_RECORDS_SIZE - (s->records_out.position - word_at(s, WIRE_HEADS));
	uint32_t data = s->peer_ring_bytes - (s->data_out - word_at(s, WIRE_HEADS + 4));

	if (records < RECORD_ROOM)
		return 0;
	if (want <= WIRE_INLINE_MAX)
		return (uint32_t)want;
	want = MIN(want, MIN(PIECE, s->peer_ring_bytes / WIRE_HEAD_EVERY));
	return data < want ? 0 : (uint32_t)want;
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

void
stream_put_inline(struct stream *s, const void *user, uint32_t length)
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

void
stream_put_direct(struct stream *s, uint64_t address, uint32_t length)
{
	uint32_t first = until_wrap(s->peer_ring_bytes, s->data_out, length);

	cpu_instructions(CPU_USER, IC_SOCK_SEND_DIRECT);
	put_data(s, address, s->data_out % s->peer_ring_bytes, first);
	if (first < length)
		put_data(s, address + first, 0, length - first);
	put_ring_record(s, length);
}

uint32_t
stream_put_copied(struct stream *s, const void *user, uint32_t length)
{
	uint32_t at = s->data_out % s->peer_ring_bytes;
	uint32_t piece = until_wrap(s->peer_ring_bytes, s->data_out, length);

	if (!s->staging)
		s->staging = umem_alloc(s->area.memory, s->peer_ring_bytes);
	if (!s->staging)
		return 0;
	cpu_instructions(CPU_USER, IC_SOCK_SEND_COPIED);
	user_to_arena(s->area.memory, user, s->staging + at, piece);
	cpu_copy(piece);
	s->counts->bytes_copied_in += piece;
	put_data(s, s->staging + at, at, wire_words(piece));
	put_ring_record(s, piece);
	return piece;
}

void
stream_put_end(struct stream *s, uint32_t flags)
{
	uint32_t words[WIRE_END_WORDS] = {
	        GUINT32_TO_BE(flags),
	        GUINT32_TO_BE(s->records_out.position),
	        GUINT32_TO_BE(s->records_in.position),
	};

	deposit(s, WIRE_END, words, sizeof words);
}

bool
stream_flushed(struct stream *s, sim_time deadline)
{
	if (s->last_ticket && vmmc_wait_sent(s->area.v, s->last_ticket, deadline) != VMMC_OK)
		return false;
	s->last_ticket = 0;
	return true;
}

/* In. ---------------------------------------------------------------------------------------------------------------
 */

bool
stream_readable(const struct stream *s)
{
	return s->record || word_at(s, s->records_in.offset);
}

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

/* tell_heads: once enough was consumed that the sender should know. */
static void
tell_heads(struct stream *s)
{
	uint32_t words[WIRE_HEAD_WORDS] = {GUINT32_TO_BE(s->records_in.position), GUINT32_TO_BE(s->data_in)};

	if (s->records_in.position - s->told_records < WIRE_RECORDS_SIZE / WIRE_HEAD_EVERY &&
	    s->data_in - s->told_data < s->area.ring_bytes / WIRE_HEAD_EVERY)
		return;
	s->told_records = s->records_in.position;
	s->told_data = s->data_in;
	deposit(s, WIRE_HEADS, words, sizeof words);
}

/* finish_record: clears it, so that its place is zero until something is deposited there again. */
static void
finish_record(struct stream *s)
{
	static const uint8_t zeros[WIRE_RECORD_MAX];
	uint32_t length = WIRE_LENGTH(s->record), bytes = 4;

	if (WIRE_TYPE(s->record) == WIRE_INLINE)
		bytes += wire_words(length);
	else
		s->data_in += wire_words(length);
	umem_write(s->area.memory, s->area.address + s->records_in.offset, zeros, bytes);
	cpu_copy(bytes);
	advance(&s->records_in, bytes);
	s->record = s->taken = 0;
	tell_heads(s);
}

/* copy_out: the next bytes of the record, where they lie in one piece; returns how many. */
static uint32_t
copy_out(struct stream *s, void *user, uint64_t length)
{
	uint32_t n = (uint32_t)MIN(length, WIRE_LENGTH(s->record) - s->taken);
	uint32_t at = s->records_in.offset + 4 + s->taken;

	if (WIRE_TYPE(s->record) == WIRE_RING) {
		n = until_wrap(s->area.ring_bytes, s->data_in + s->taken, n);
		at = WIRE_DATA + (s->data_in + s->taken) % s->area.ring_bytes;
	}
	arena_to_user(s->area.memory, s->area.address + at, user, n);
	cpu_copy(n);
	s->counts->bytes_copied_out += n;
	s->counts->bytes_received += n;
	return n;
}

int64_t
stream_take(struct stream *s, void *user, uint64_t length)
{
	uint32_t n;

	if (!s->record)
		s->record = word_at(s, s->records_in.offset);
	if (!sensible(s, s->record))
		return -1;
	cpu_instructions(CPU_USER, WIRE_TYPE(s->record) == WIRE_INLINE ? IC_SOCK_RECEIVE : IC_SOCK_RECEIVE_RING);
	n = copy_out(s, user, length);
	s->taken += n;
	if (s->taken == WIRE_LENGTH(s->record))
		finish_record(s);
	return n;
}

struct stream_end
stream_end(const struct stream *s)
{
	return (struct stream_end){
	        .flags = word_at(s, WIRE_END),
	        .position = word_at(s, WIRE_END + 4),
	        .consumed = word_at(s, WIRE_END + 8),
	};
}

static struct umem_range
range_at(const struct stream *s, uint32_t offset, uint32_t words)
{
	return (struct umem_range){s->area.address + offset, 4 * words};
}

void
stream_input(const struct stream *s, struct umem_range ranges[STREAM_RANGES])
{
	ranges[0] = range_at(s, s->records_in.offset, 1);
	ranges[1] = range_at(s, WIRE_END, WIRE_END_WORDS);
}

void
stream_output(const struct stream *s, struct umem_range ranges[STREAM_RANGES])
{
	ranges[0] = range_at(s, WIRE_HEADS, WIRE_HEAD_WORDS);
	ranges[1] = range_at(s, WIRE_END, WIRE_END_WORDS);
}
