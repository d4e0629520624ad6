/* Fast Sockets from the inside: for the files fast*.c.
 *
 * fast.c          endpoints, the tables of connections, ends from their making to their stopping
 * fast_send.c     from put() to requests, and what is owed to the peer: credits and last words
 * fast_receive.c  the handlers, the order of what comes, take()
 * fast_post.c     receive posting
 * fast_area.c     the bulk area: what of it is whose
 * fast_place.c    the sender-based variant: data by their place, and places in the caller's memory
 *
 * MESSAGES.  All name the connection by its number at the receiver, in their first word.
 *
 *   FAST_DATA    request, medium: position; the bytes
 *   FAST_PLACED  request, bulk: position; up to 3 bytes that come before the whole words, and up to 3 behind them, each
 *                in a word with their number (FAST_RAGGED)
 *   FAST_CREDIT  request: position up to which the sender of this message has taken what it got
 *   FAST_END     request: last words (LINK_FIN, LINK_CLOSED, LINK_RESET), position at which its stream ends, position
 *                taken
 *   FAST_PLACE   request: position from which on data may go to a place of the caller's memory; their number, and its
 *                offset in the bulk area; 1 if for one fragment only
 *   FAST_NO_PLACE  request: that is over
 *   FAST_DONE    the reply to each of them: number of the connection at the asker (0: not known yet), at the replier,
 * what was asked, positions that the replier has taken and sent FAST_UNKNOWN the reply to a request for a connection
 * that is not there: its number
 *
 * A position is a count of bytes of a stream, modulo 2^32.  Requests can come in any order: what they say is never
 * taken back, so the order does not matter. */
#ifndef SOCKETS_FAST_STATE_H
#define SOCKETS_FAST_STATE_H

#include "sockets/fast/fast.h"

#include <glib.h>

enum fast_handler {
	FAST_DATA = 1,
	FAST_PLACED,
	FAST_CREDIT,
	FAST_END,
	FAST_PLACE,
	FAST_NO_PLACE,
	FAST_DONE,
	FAST_UNKNOWN,
	FAST_HANDLERS,
	FAST_DATAGRAM = FAST_HANDLERS /* fast_datagram.c: port, sender's port; the bytes */
};

/* The datagram ports of an endpoint: the argument of FAST_DATAGRAM's handler. */
struct fast_ports {
	GHashTable *by_number;
	/* lost: there is no such endpoint any more: was it believed to be a port's? */
	bool (*lost)(const struct fast_ports *ports, struct am_name peer);
};

/* A few bytes in a word: at most FAST_RAGGED_MAX. */
#define FAST_RAGGED_MAX      3u
#define FAST_RAGGED_BYTES(w) ((w) >> 24)

/* The bulk area: blocks of pages that are in use, in order of their offsets. */
struct fast_block {
	struct fast_block *next;
	uint32_t offset, bytes;
	sim_time free_from; /* SIM_NEVER: in use */
};
struct fast_area {
	uint64_t address; /* in the endpoint's memory */
	uint32_t bytes;
	struct fast_block *blocks;
};

/* An open endpoint, of a process and its children. */
struct fast_endpoint {
	struct am *am;
	struct umem_space *memory;
	const struct host *host;
	bool dead;               /* the NIC has stopped */
	GHashTable *connections; /* struct fast, by their number */
	GQueue ends;             /* the same, in order of making */
	uint32_t last_number;
	struct fast_area area;
	struct fast_counts counts;
};

/* Bytes that came before others that belong in front of them. */
struct fast_early {
	uint32_t position, bytes;
	bool in_place; /* in the caller's memory, not in the buffer */
};

/* What a call wants to have at once (fast_post.c). */
enum fast_asking {
	FAST_ASK_NOT, /* the handler copies */
	FAST_ASK,     /* the peer shall be asked to name the place itself (fast_place.c) */
	FAST_ASKED,
	FAST_AGREED,
	FAST_TAKE_BACK, /* it shall be asked not to */
	FAST_TAKEN_BACK
};
struct fast_post {
	bool open;
	enum fast_asking asking;
	bool once;       /* asked for one fragment */
	uint32_t offset; /* of the memory in the bulk area */
	uint8_t *user;
	uint64_t length;
	uint32_t from;          /* position of the first byte */
	uint32_t filled, taken; /* bytes that are there; of those, the caller knows */
};

/* What the peer's call wants to have at once, of what this end sends. */
struct fast_place {
	bool open, once;
	uint32_t from, bytes, offset;
};

struct fast {
	struct link link;
	struct fast_endpoint *endpoint;
	uint32_t number;
	struct am_name peer;                               /* who may speak; tag 0: not known yet */
	uint32_t peer_connection, peer_bytes, peer_offset; /* connection 0: not joined */
	struct sock_counts *counts;
	void (*poke)(void *arg);
	void *poke_arg;
	unsigned breakage; /* LINK_SILENT, LINK_DEFECT, LINK_RESET for nonsense */
	unsigned end;      /* the peer's last words, and what they say */
	uint32_t end_position, end_taken;
	bool stopped;
	/* out */
	uint32_t in_vain;            /* bytes put when nobody was there to have them */
	uint32_t sent, acknowledged; /* positions; the peer's process has taken the latter */
	unsigned said, told_words;   /* last words: to be said, and those that the peer has confirmed */
	struct fast_place place;
	unsigned words;     /* under way */
	unsigned under_way; /* requests without a reply; of them: */
	bool words_under_way, credit_under_way, place_under_way;
	uint64_t gather; /* a page for a fragment whose addresses are not in one piece; 0: not needed so far */
	/* in */
	uint64_t buffer;
	uint32_t offset;            /* of it in the bulk area; FAST_NOWHERE: the handler copies */
	uint32_t bytes;             /* of it, a power of two */
	uint32_t come, taken, told; /* positions: all before are here; taken by the process; the peer knows of */
	uint32_t peer_sent;         /* as the peer said when it confirmed the last words */
	struct fast_early early[AM_OUTSTANDING];
	unsigned n_early;
	struct fast_post post;
};

static inline struct fast *
fast_of(struct link *l)
{
	return (struct fast *)l;
}

static inline const struct fast *
const_fast_of(const struct link *l)
{
	return (const struct fast *)l;
}

/* fast_same: do two names stand for one endpoint? */
bool fast_same(struct am_name a, struct am_name b);
/* fast_lost: is there no use in sending? */
bool fast_lost(const struct fast *f);
/* fast_gone: is there no way to the peer? */
bool fast_gone(const struct fast *f);
/* fast_break: the connection is over, for that reason, and who waits looks; the peer is told of a LINK_RESET. */
void fast_break(struct fast *f, unsigned breakage);
void fast_look(struct fast *f);
/* fast_progress: takes in what has come, and says what is owed. */
void fast_progress(struct fast_endpoint *e);
/* fast_failed: what a call of Active Messages returned; true: the NIC has stopped, which all connections know then. */
bool fast_failed(struct fast_endpoint *e, enum am_error error);
/* fast_answered: one of its requests is over, however; the last one of an end that was stopped retires it. */
void fast_answered(struct fast *f);
/* fast_retire: gives an end back that was stopped, once nothing more is to be said or to come. */
void fast_retire(struct fast *f);

/* fast_send.c.  fast_pay: says one thing that is owed, if there is a credit; behind it `f` may be gone if it was
 * stopped. fast_can_pay: would it say something? */
void fast_pay(struct fast *f);
bool fast_owes(const struct fast *f);
bool fast_can_pay(const struct fast *f);
bool fast_room(const struct link *l);
int64_t fast_put(struct link *l, const void *user, uint64_t length, enum sock_protocol how);
void fast_put_end(struct link *l, unsigned end);
bool fast_flushed(struct link *l, sim_time deadline);
uint32_t fast_send_buffer(const struct link *l);
/* fast_source: where bytes of the caller lie for the network: as they are, or gathered; 0: no memory. */
uint64_t fast_source(struct fast *f, const void *user, uint32_t bytes);
/* fast_acknowledge: the peer says that it has taken all before `taken`; false: nonsense. */
bool fast_acknowledge(struct fast *f, uint32_t taken);

/* fast_receive.c.  fast_handlers: of this endpoint; NULL: none. */
void fast_handlers(struct am *am, struct fast_endpoint *e);
bool fast_readable(const struct link *l);
uint64_t fast_unread(const struct link *l);
int64_t fast_take(struct link *l, void *user, uint64_t length);
int64_t fast_peek(struct link *l, uint64_t skip, void *user, uint64_t length);
unsigned fast_end(const struct link *l);
/* fast_addressee: the connection that a request is for; NULL: there is none, and the sender is told so. */
struct fast *fast_addressee(struct fast_endpoint *e, const struct am_message *m, unsigned n_args);
/* fast_sort_out: the peer has sent what no peer sends: the connection is over, and it is told so. */
void fast_sort_out(struct fast *f, uint64_t *count);
/* fast_done: the reply; the connection may be gone afterwards. */
void fast_done(struct fast *f, enum fast_handler what, bool agreed);
/* fast_admit: do these bytes belong where they say, next (position is f->come), or early?  fast_come: they are in the
 * buffer, or in the caller's memory; false if they contradict others. */
bool fast_admit(const struct fast *f, uint32_t position, uint32_t bytes);
bool fast_come(struct fast *f, uint32_t position, uint32_t bytes, bool in_place);
/* fast_run: where the bytes from `position` on lie in the buffer, and how many of `bytes` in one piece. */
uint32_t fast_run(const struct fast *f, uint32_t position, uint32_t bytes, uint64_t *address);

/* fast_post.c.  fast_post_accept: the `bytes` next bytes of the stream are at `data`: how many of them it has stored in
 * the caller's memory. */
uint32_t fast_post_accept(struct fast *f, uint64_t data, uint32_t bytes);
/* fast_post_grow: the bytes from `position` on, which are the next, lie in their place in the caller's memory; what
 * does not belong to the post any more is put into the buffer. */
void fast_post_grow(struct fast *f, uint32_t position, uint32_t bytes);
/* fast_post_take: the bytes that take() hands over are in their place already: how many of them. */
uint32_t fast_post_take(struct fast *f, const uint8_t *user, uint64_t length);
void fast_expect(struct link *l, void *user, uint64_t length, bool all);
void fast_expected(struct link *l, bool over);
/* fast_post_close: nothing is written to the caller's memory any more. */
void fast_post_close(struct fast *f);

/* fast_place.c.  fast_placed_put: as put(), of `bytes` > FAST_SMALL that may leave now. */
#define FAST_SMALL (4 * (AM_SHORT_ARGS - 2))          /* bytes that go with the arguments of FAST_DATA */
void fast_place_used(struct fast *f, uint32_t bytes); /* sent, in whatever way */
uint32_t fast_placed_fragment(const struct fast *f, uint32_t bytes);
enum am_error fast_placed_put(struct fast *f, const uint8_t *user, uint64_t source, uint32_t bytes);
void fast_take_placed(struct am *am, void *arg, const struct am_message *m);
void fast_take_place(struct am *am, void *arg, const struct am_message *m);
void fast_take_no_place(struct am *am, void *arg, const struct am_message *m);
/* fast_place_open: the peer shall name the place of what the post wants, if it can.  fast_place_close: it does not any
 * longer; waits for its answer if need be. */
void fast_place_open(struct fast *f, bool all);
void fast_place_close(struct fast *f);
/* fast_place_answered: to FAST_PLACE or FAST_NO_PLACE. */
void fast_place_answered(struct fast *f, enum fast_handler what, bool agreed, uint32_t peer_sent);
bool fast_place_owed(const struct fast *f);
void fast_place_pay(struct fast *f);

/* fast_area.c.  fast_area_take: a block of at least so many bytes, whole pages: its offset; FAST_NOWHERE: there is
 * none. fast_area_give: back; nobody gets it before `date`. */
uint32_t fast_area_take(struct fast_area *area, uint64_t bytes);
void fast_area_give(struct fast_area *area, uint32_t offset, sim_time date);
void fast_area_free(struct fast_area *area);

#endif
