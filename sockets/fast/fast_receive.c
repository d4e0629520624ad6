/* The handlers; the order of what comes; and taking it out.
 *
 * Nothing that a message says is believed before it was looked at.  A handler touches its connection no more once it
 * has replied: the reply may wait for the bus, and another task may give the connection back meanwhile. */
#include "sockets/fast/fast_state.h"

#include "nic-sim/cpu.h"
#include "sockets/instruction_counts.h"
#include "sockets/user.h"

#define WORDS (LINK_FIN | LINK_CLOSED | LINK_RESET)

/* The buffer. -------------------------------------------------------------------------------------------------------
 */

uint32_t
fast_run(const struct fast *f, uint32_t position, uint32_t bytes, uint64_t *address)
{
	uint32_t at = position % f->bytes;

	*address = f->buffer + at;
	return MIN(bytes, f->bytes - at);
}

/* keep: bytes of the transport's memory, in the buffer at their position. */
static void
keep(struct fast *f, uint32_t position, uint64_t data, uint32_t bytes)
{
	uint8_t hands[AM_MAX];
	uint64_t address;

	umem_read(f->endpoint->memory, data, hands, bytes);
	for (uint32_t done = 0, run; done < bytes; done += run) {
		run = fast_run(f, position + done, bytes - done, &address);
		umem_write(f->endpoint->memory, address, hands + done, run);
	}
	cpu_copy(bytes);
}

/* Order. ------------------------------------------------------------------------------------------------------------
 */

static void
remove_early(struct fast *f, unsigned i)
{
	f->n_early--;
	for (; i < f->n_early; i++)
		f->early[i] = f->early[i + 1];
}

/* Does the one behind `i` continue it? */
static bool
is_one(const struct fast *f, unsigned i)
{
	const struct fast_early *a = &f->early[i], *b = &f->early[i + 1];

	return i + 1 < f->n_early && a->position + a->bytes == b->position && a->in_place == b->in_place;
}

/* note_early: false if some of it came before, or there are more gaps than messages can be under way. */
static bool
note_early(struct fast *f, const struct fast_early *early)
{
	unsigned i = 0;

	while (i < f->n_early && (int32_t)(f->early[i].position - early->position) < 0)
		i++;
	if (f->n_early == G_N_ELEMENTS(f->early) ||
	    (i > 0 && (int32_t)(f->early[i - 1].position + f->early[i - 1].bytes - early->position) > 0) ||
	    (i < f->n_early && (int32_t)(early->position + early->bytes - f->early[i].position) > 0))
		return false;
	for (unsigned j = f->n_early++; j > i; j--)
		f->early[j] = f->early[j - 1];
	f->early[i] = *early;
	for (i = 0; i < f->n_early; i++)
		while (is_one(f, i)) {
			f->early[i].bytes += f->early[i + 1].bytes;
			remove_early(f, i + 1);
		}
	return true;
}

bool
fast_come(struct fast *f, uint32_t position, uint32_t bytes, bool in_place)
{
	const struct fast_early *first = &f->early[0];

	if (position != f->come)
		return note_early(f, &(struct fast_early){position, bytes, in_place});
	if (in_place)
		fast_post_grow(f, position, bytes);
	f->come += bytes;
	for (; f->n_early && first->position == f->come; remove_early(f, 0)) {
		if (first->in_place)
			fast_post_grow(f, first->position, first->bytes);
		f->come += first->bytes;
	}
	return !f->n_early || (int32_t)(first->position - f->come) > 0;
}

bool
fast_admit(const struct fast *f, uint32_t position, uint32_t bytes)
{
	uint32_t before = f->come - f->taken, begin = position - f->taken, end = begin + bytes;

	if (!bytes || bytes > f->bytes || begin < before || end > f->bytes || end < begin)
		return false;
	return !f->end || (int32_t)(position + bytes - f->end_position) <= 0;
}

/* store: where they belong; false if they belong nowhere. */
static bool
store(struct fast *f, uint32_t position, uint64_t data, uint32_t bytes)
{
	uint32_t placed;

	if (!fast_admit(f, position, bytes))
		return false;
	placed = position == f->come ? fast_post_accept(f, data, bytes) : 0;
	if (placed < bytes)
		keep(f, position + placed, data + placed, bytes - placed);
	return fast_come(f, position, bytes, false);
}

/* Handlers. ---------------------------------------------------------------------------------------------------------
 */

struct fast *
fast_addressee(struct fast_endpoint *e, const struct am_message *m, unsigned n_args)
{
	struct fast *f = NULL;

	if (!m->request || m->n_args < n_args) {
		e->counts.nonsense++;
		return NULL;
	}
	f = g_hash_table_lookup(e->connections, GUINT_TO_POINTER(m->arg[0]));
	if (f && !f->peer.tag)
		f->peer = m->from;
	if (f && fast_same(f->peer, m->from))
		return f;
	if (f)
		e->counts.foreign++;
	else
		e->counts.unknown++;
	fast_failed(e, am_reply(e->am, FAST_UNKNOWN, m->arg, 1));
	return NULL;
}

void
fast_sort_out(struct fast *f, uint64_t *count)
{
	++*count;
	fast_break(f, LINK_RESET);
}

void
fast_done(struct fast *f, enum fast_handler what, bool agreed)
{
	const uint32_t arg[] = {f->peer_connection, f->number, what, f->taken, f->sent, agreed};
	struct fast_endpoint *e = f->endpoint;

	f->told = f->taken;
	fast_look(f);
	fast_failed(e, am_reply(e->am, FAST_DONE, arg, what == FAST_PLACE ? 6 : 5));
}

static void
take_data(struct am *am, void *arg, const struct am_message *m)
{
	struct fast *f = fast_addressee(arg, m, 2);

	(void)am;
	if (!f)
		return;
	cpu_instructions(CPU_USER, IC_FAST_HANDLE);
	if (f->stopped)
		f->come += m->bytes;
	else if (!f->breakage && !store(f, m->arg[1], m->data, m->bytes))
		fast_sort_out(f, &f->endpoint->counts.outside);
	fast_done(f, FAST_DATA, false);
}

static void
take_credit(struct am *am, void *arg, const struct am_message *m)
{
	struct fast *f = fast_addressee(arg, m, 2);

	(void)am;
	if (!f)
		return;
	cpu_instructions(CPU_USER, IC_FAST_HEAR);
	if (!fast_acknowledge(f, m->arg[1]))
		fast_sort_out(f, &f->endpoint->counts.nonsense);
	fast_done(f, FAST_CREDIT, false);
}

/* last_come: the position behind all that is here, with gaps. */
static uint32_t
last_come(const struct fast *f)
{
	const struct fast_early *last;

	if (!f->n_early)
		return f->come;
	last = &f->early[f->n_early - 1];
	return last->position + last->bytes;
}

/* ends_well: are these last words of this stream? */
static bool
ends_well(struct fast *f, uint32_t words, uint32_t position, uint32_t taken)
{
	if (!words || words & ~WORDS || !fast_acknowledge(f, taken))
		return false;
	if (f->stopped)
		return true;
	return position - f->taken <= f->bytes && (int32_t)(position - last_come(f)) >= 0 &&
	       (!f->end || position == f->end_position);
}

static void
take_end(struct am *am, void *arg, const struct am_message *m)
{
	struct fast *f = fast_addressee(arg, m, 4);

	(void)am;
	if (!f)
		return;
	cpu_instructions(CPU_USER, IC_FAST_HEAR);
	if (ends_well(f, m->arg[1], m->arg[2], m->arg[3])) {
		f->end |= m->arg[1];
		f->end_position = m->arg[2];
		f->end_taken = m->arg[3];
	} else {
		fast_sort_out(f, &f->endpoint->counts.nonsense);
	}
	fast_done(f, FAST_END, false);
}

/* asker: whose request is answered by connection `theirs` of the peer; NULL: nobody's. */
static struct fast *
asker(struct fast_endpoint *e, const struct am_message *m, uint32_t ours, uint32_t theirs)
{
	struct fast *f = g_hash_table_lookup(e->connections, GUINT_TO_POINTER(ours));

	for (GList *l = ours ? NULL : e->ends.head; l && !f; l = l->next) {
		struct fast *other = l->data;

		if (fast_same(other->peer, m->from) && other->peer_connection == theirs)
			f = other;
	}
	return f && fast_same(f->peer, m->from) && f->peer_connection == theirs ? f : NULL;
}

static void
request_is_over(struct fast *f, uint32_t what, uint32_t peer_sent, bool agreed)
{
	if (what == FAST_END && f->words_under_way) {
		f->words_under_way = false;
		f->told_words |= f->words;
		f->peer_sent = peer_sent;
	}
	if (what == FAST_CREDIT)
		f->credit_under_way = false;
	if ((what == FAST_PLACE || what == FAST_NO_PLACE) && f->place_under_way)
		fast_place_answered(f, what, agreed, peer_sent);
}

static void
take_done(struct am *am, void *arg, const struct am_message *m)
{
	struct fast_endpoint *e = arg;
	struct fast *f = m->n_args >= 5 && !m->request ? asker(e, m, m->arg[0], m->arg[1]) : NULL;

	(void)am;
	if (!f || !f->under_way) {
		e->counts.unknown++;
		return;
	}
	cpu_instructions(CPU_USER, IC_FAST_DONE);
	request_is_over(f, m->arg[2], m->arg[4], m->n_args > 5 && m->arg[5]);
	if (!fast_acknowledge(f, m->arg[3]))
		fast_sort_out(f, &e->counts.nonsense);
	fast_look(f);
	fast_answered(f);
}

/* take_unknown: after its last words a peer may forget us. */
static void
take_unknown(struct am *am, void *arg, const struct am_message *m)
{
	struct fast_endpoint *e = arg;
	struct fast *f = m->n_args >= 1 && !m->request ? asker(e, m, 0, m->arg[0]) : NULL;

	(void)am;
	if (!f || !f->under_way) {
		e->counts.unknown++;
		return;
	}
	fast_break(f, LINK_SILENT);
	fast_answered(f);
}

void
fast_handlers(struct am *am, struct fast_endpoint *e)
{
	static const am_handler handlers[FAST_HANDLERS] = {
	        [FAST_DATA] = take_data, [FAST_PLACED] = fast_take_placed, [FAST_CREDIT] = take_credit,
	        [FAST_END] = take_end,   [FAST_PLACE] = fast_take_place,   [FAST_NO_PLACE] = fast_take_no_place,
	        [FAST_DONE] = take_done, [FAST_UNKNOWN] = take_unknown,
	};

	for (unsigned i = 1; i < FAST_HANDLERS; i++)
		am_handle(am, i, e ? handlers[i] : NULL, e);
}

/* Taking out. -------------------------------------------------------------------------------------------------------
 */

bool
fast_readable(const struct link *l)
{
	const struct fast *f = const_fast_of(l);

	return f->come != f->taken;
}

uint64_t
fast_unread(const struct link *l)
{
	const struct fast *f = const_fast_of(l);

	return f->come - f->taken;
}

/* copy_out: bytes that lie in the buffer from `position` on, in one piece. */
static uint32_t
copy_out(struct fast *f, uint32_t position, void *user, uint64_t length)
{
	uint64_t address;
	uint32_t n = fast_run(f, position, (uint32_t)MIN(length, f->come - position), &address);

	arena_to_user(f->endpoint->memory, address, user, n);
	cpu_copy(n);
	f->counts->bytes_copied_out += n;
	return n;
}

int64_t
fast_take(struct link *l, void *user, uint64_t length)
{
	struct fast *f = fast_of(l);
	uint32_t n;

	if (!fast_readable(l))
		return 0;
	cpu_instructions(CPU_USER, IC_CALL_RECEIVE + IC_FAST_RECEIVE);
	n = fast_post_take(f, user, length);
	if (!n)
		n = copy_out(f, f->taken, user, length);
	f->taken += n;
	f->counts->bytes_received += n;
	fast_pay(f);
	return n;
}

int64_t
fast_peek(struct link *l, uint64_t skip, void *user, uint64_t length)
{
	struct fast *f = fast_of(l);

	if (skip >= fast_unread(l))
		return 0;
	cpu_instructions(CPU_USER, IC_CALL_RECEIVE + IC_FAST_RECEIVE);
	return copy_out(f, f->taken + (uint32_t)skip, user, length);
}

unsigned
fast_end(const struct link *l)
{
	const struct fast *f = const_fast_of(l);
	bool lost;

	if (!f->end || f->come != f->end_position)
		return f->breakage;
	lost = f->end & LINK_CLOSED && (f->end_taken != f->sent || f->in_vain);
	return f->end | (lost ? LINK_LOST : 0) | (f->end & (LINK_CLOSED | LINK_RESET) ? 0 : f->breakage);
}
