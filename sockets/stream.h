/* The fast path of a connection: records and data deposited into the peer's area, and taken out of one's own.
 *
 * A stream has no idea of sockets: no errors to report, no waiting for the peer.  It says whether there is room and
 * whether there is something to read; who wants to wait asks stream_input() or stream_output() where that can change.
 * Without a proxy (the peer has gone) what is deposited is lost, silently. */
#ifndef SOCKETS_STREAM_H
#define SOCKETS_STREAM_H

#include "sockets/area.h"
#include "sockets/socket.h"

/* Where one stands in the record ring: byte offset in the control page, and bytes passed so far, modulo 2^32. */
struct stream_cursor {
	uint32_t offset, position;
};

struct stream {
	struct area area;
	struct vmmc_proxy *proxy;
	struct sock_counts *counts;
	uint32_t peer_ring_bytes;
	/* out */
	struct stream_cursor records_out;
	uint32_t data_out;
	uint64_t staging;     /* mirrors the peer's data ring; 0 until the first two-copy send */
	uint64_t last_ticket; /* of the last deposit that the NIC fetches; 0: none */
	/* in */
	struct stream_cursor records_in;
	uint32_t data_in;
	uint32_t record; /* header of the record being consumed; 0: none */
	uint32_t taken;  /* bytes of it */
	uint32_t told_records, told_data;
};

struct stream_end {
	uint32_t flags, position, consumed;
};

/* stream_start: over `area`, which the stream takes. */
void stream_start(struct stream *s, const struct area *area, struct sock_counts *counts);
/* stream_stop: waits (for a bounded time) until the NIC has sent what was handed to it, and gives everything back. */
void stream_stop(struct stream *s);

/* Out. */
/* stream_room: bytes that a send of `want` may put into a RING record now; for want <= WIRE_INLINE_MAX all or nothing.
 * 0: wait. */
uint32_t stream_room(const struct stream *s, uint64_t want);
/* stream_put_inline: one record of the user's bytes; there is room, length <= WIRE_INLINE_MAX. */
void stream_put_inline(struct stream *s, const void *user, uint32_t length);
/* stream_put_copied: a RING record of some of the bytes, by way of the staging ring; returns how many, 0 if there is no
 * memory for that. */
uint32_t stream_put_copied(struct stream *s, const void *user, uint32_t length);
/* stream_put_direct: a RING record straight from `address` (a multiple of 4, as is length). */
void stream_put_direct(struct stream *s, uint64_t address, uint32_t length);
/* stream_put_end: the end words, with `flags`. */
void stream_put_end(struct stream *s, uint32_t flags);
/* stream_flushed: waits until the NIC has fetched everything put so far, or until the deadline. */
bool stream_flushed(struct stream *s, sim_time deadline);

/* In. */
bool stream_readable(const struct stream *s);
/* stream_take: up to `length` bytes of the next record to the user's memory; -1 if the peer has deposited nonsense. */
int64_t stream_take(struct stream *s, void *user, uint64_t length);
struct stream_end stream_end(const struct stream *s);

/* The words whose change can make the stream readable, or give it room, or end it. */
enum { STREAM_RANGES = 2 };
void stream_input(const struct stream *s, struct umem_range ranges[STREAM_RANGES]);
void stream_output(const struct stream *s, struct umem_range ranges[STREAM_RANGES]);

#endif
