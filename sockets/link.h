/* A link: what moves the bytes of one end of a connection.
 *
 * This is all that send(), recv(), poll() and close() know of a protocol; stream.c is the one of today (rings in
 * exported memory), a connection through the kernel's TCP/IP would be another.  Whoever writes one owes this:
 *
 * - What a link says (room, readable, unread, end) changes only when words in its `watch` change, or when a call here
 *   changes it; else the link pokes its description.  These four only look, at any date, also from events.
 * - Nothing here waits for the peer's program.  put() and take() move what can be moved now; flushed() and stop() wait
 *   for the hardware, for a bounded time.
 * - The bytes of one direction stay in order, and the end words stay behind them: when end() says LINK_FIN, nothing
 *   more comes than is readable.
 * - put() takes at least one byte when room() is true.
 * - The caller has looked at the user's memory (user.h) and lets one call in at a time in each direction.
 * - Each call charges its own instructions and copies.
 *
 * A link that has no way to the peer any more loses what is put, silently. */
#ifndef SOCKETS_LINK_H
#define SOCKETS_LINK_H

#include "sockets/socket.h"

/* The peer's last words, or what there is instead of them. */
enum link_end {
	LINK_FIN = 1,    /* it sends no more */
	LINK_CLOSED = 2, /* it reads no more */
	LINK_RESET = 4,
	LINK_LOST = 8,    /* it has closed without having taken all of ours */
	LINK_SILENT = 16, /* it does not answer any more, or has forgotten us */
	LINK_DEFECT = 32  /* the own NIC has stopped, or was reset */
};

/* Embedded by its owner, who casts back. */
struct link {
	const struct link_ops *ops;
	uint32_t send_limit; /* bytes that may be on their way, as far as the link can tell; 0: as many as fit */
};

struct link_ops {
	/* out */
	bool (*room)(const struct link *l);
	/* put: some of the bytes, `how` is SOCK_TWO_COPY, SOCK_ONE_COPY or SOCK_ZERO_COPY; 0: no room; -ENOBUFS. */
	int64_t (*put)(struct link *l, const void *user, uint64_t length, enum sock_protocol how);
	/* put_end: last words, LINK_FIN, LINK_CLOSED, LINK_RESET. */
	void (*put_end)(struct link *l, unsigned end);
	/* flushed: waits until the user's memory may be written again; false at the deadline. */
	bool (*flushed)(struct link *l, sim_time deadline);
	/* in */
	bool (*readable)(const struct link *l);
	uint64_t (*unread)(const struct link *l); /* bytes that take() would give */
	/* take: up to `length` bytes; -1 if the peer has sent nonsense. */
	int64_t (*take)(struct link *l, void *user, uint64_t length);
	/* peek: up to `length` bytes from the unread byte number `skip` on, which stay. */
	int64_t (*peek)(struct link *l, uint64_t skip, void *user, uint64_t length);
	unsigned (*end)(const struct link *l);
	/* expect: a call has begun that will take up to `length` bytes to `user`, `all` of them before it ends if it
	 * can: what comes may go there at once.  Again whenever it has got some of them.  expected: it waits, or
	 * (`over`) it ends, and nothing is written to its memory any more. */
	void (*expect)(struct link *l, void *user, uint64_t length, bool all);
	void (*expected)(struct link *l, bool over);
	/* both */
	/* progress: the process takes in what has come: for a call that will look, and not wait.  NULL: it comes
	 * without the process. */
	void (*progress)(struct link *l);
	struct umem_range (*watch)(const struct link *l);
	uint32_t (*send_buffer)(const struct link *l); /* bytes in force, for SO_SNDBUF and SO_RCVBUF */
	uint32_t (*receive_buffer)(const struct link *l);
	/* stop: gives everything back. */
	void (*stop)(struct link *l);
};

#endif
