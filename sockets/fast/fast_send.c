/* From put() to requests; and what is owed to the peer, which waits for a request's credit as data do. */
#include "sockets/fast/fast_state.h"

#include "nic-sim/cpu.h"
#include "sockets/instruction_counts.h"
#include "sockets/user.h"

/* A receiver tells what it has taken when that is such a part of its buffer; a sender that does not get all of its
 * fragment away waits for at least as much room. */
#define CREDIT_EVERY 4u

/* Last words and credits. -------------------------------------------------------------------------------------------
 */

static bool
owes_words(const struct fast *f)
{
	return f->said != f->told_words && !f->words_under_way;
}

static bool
owes_credit(const struct fast *f)
{
	return !f->stopped && !f->credit_under_way && f->taken - f->told >= f->bytes / CREDIT_EVERY;
}

bool
fast_owes(const struct fast *f)
{
	if (!f->peer_connection || fast_gone(f))
		return false;
	return owes_words(f) || (!f->breakage && (owes_credit(f) || fast_place_owed(f)));
}

bool
fast_can_pay(const struct fast *f)
{
	return fast_owes(f) && am_credits(f->endpoint->am, f->peer) > 0;
}

/* Behind the request `f` may be gone: somebody else may have handled the reply. */
static void
say_words(struct fast *f)
{
	const uint32_t arg[] = {f->peer_connection, f->said, f->sent, f->taken};
	struct fast_endpoint *e = f->endpoint;

	f->under_way++;
	f->words_under_way = true;
	f->words = f->said;
	fast_failed(e, am_request(e->am, f->peer, FAST_END, arg, G_N_ELEMENTS(arg)));
}

static void
say_credit(struct fast *f)
{
	const uint32_t arg[] = {f->peer_connection, f->taken};
	struct fast_endpoint *e = f->endpoint;

	f->under_way++;
	f->credit_under_way = true;
	f->told = f->taken;
	fast_failed(e, am_request(e->am, f->peer, FAST_CREDIT, arg, G_N_ELEMENTS(arg)));
}

void
fast_pay(struct fast *f)
{
	if (!fast_can_pay(f))
		return;
	cpu_instructions(CPU_USER, IC_FAST_SAY);
	if (owes_words(f))
		say_words(f);
	else if (fast_place_owed(f))
		fast_place_pay(f);
	else
		say_credit(f);
}

void
fast_put_end(struct link *l, unsigned end)
{
	struct fast *f = fast_of(l);

	f->said |= end;
	fast_pay(f);
}

/* Data. -------------------------------------------------------------------------------------------------------------
 */

/* fast_send_buffer: bytes that may be on their way; less than half of the peer's buffer might never be acknowledged. */
uint32_t
fast_send_buffer(const struct link *l)
{
	uint32_t ring = const_fast_of(l)->peer_bytes;

	return l->send_limit ? CLAMP(l->send_limit, ring / 2, ring) : ring;
}

static uint32_t
free_bytes(const struct fast *f)
{
	uint32_t used = f->sent - f->acknowledged, most = fast_send_buffer(&f->link);

	return used < most ? most - used : 0;
}

/* worthwhile: part of a fragment that is sent alone if there is no room for all of it. */
static uint32_t
worthwhile(const struct fast *f)
{
	return MIN(AM_MAX, f->peer_bytes / CREDIT_EVERY);
}

/* balanced: the first of as few fragments as possible, of nearly the same length. */
static uint32_t
balanced(uint64_t length)
{
	uint64_t n = (length + AM_MAX - 1) / AM_MAX;

	return n == 1 ? (uint32_t)length : (uint32_t)(((length + n - 1) / n + 3) & ~3ull);
}

/* fragment_for: bytes that can leave now. */
static uint32_t
fragment_for(const struct fast *f, uint64_t length)
{
	uint32_t fragment = balanced(length), room = free_bytes(f);

	if (!f->peer_connection || !am_credits(f->endpoint->am, f->peer))
		return 0;
	if (room >= fragment)
		return fragment;
	return room >= worthwhile(f) ? room & ~3u : 0;
}

bool
fast_room(const struct link *l)
{
	const struct fast *f = const_fast_of(l);

	return fast_lost(f) || fragment_for(f, AM_MAX) > 0;
}

uint64_t
fast_source(struct fast *f, const void *user, uint32_t bytes)
{
	uint64_t run, address = user_address(task_process(task_self())->memory, user, bytes, &run);

	if (run >= bytes)
		return address;
	if (!f->gather)
		f->gather = umem_alloc(f->endpoint->memory, AM_MAX);
	if (f->gather)
		user_to_arena(f->endpoint->memory, user, f->gather, bytes);
	return f->gather;
}

static bool
is_placed(const struct fast *f, uint32_t bytes)
{
	return f->peer_offset != FAST_NOWHERE && bytes > FAST_SMALL;
}

static enum am_error
send_unplaced(struct fast *f, uint64_t source, uint32_t bytes)
{
	const uint32_t arg[] = {f->peer_connection, f->sent};

	fast_place_used(f, bytes);
	return am_request_medium(f->endpoint->am, f->peer, FAST_DATA, arg, G_N_ELEMENTS(arg), source, bytes);
}

static void
send_fragment(struct fast *f, const uint8_t *user, uint64_t source, uint32_t bytes)
{
	bool placed = is_placed(f, bytes);

	cpu_instructions(CPU_USER, IC_CALL_SEND + (placed ? IC_FAST_SEND_PLACED : IC_FAST_SEND));
	f->under_way++;
	f->counts->bytes_sent += bytes;
	f->counts->bytes_copied_in += bytes;
	fast_failed(f->endpoint, placed ? fast_placed_put(f, user, source, bytes) : send_unplaced(f, source, bytes));
}

/* lose: nobody is there to have it. */
static int64_t
lose(struct fast *f, uint64_t length)
{
	uint32_t bytes = (uint32_t)MIN(length, AM_MAX);

	cpu_instructions(CPU_USER, IC_CALL_SEND + IC_FAST_SEND);
	f->in_vain += bytes;
	f->counts->bytes_sent += bytes;
	return bytes;
}

int64_t
fast_put(struct link *l, const void *user, uint64_t length, enum sock_protocol how)
{
	struct fast *f = fast_of(l);
	uint32_t bytes = fragment_for(f, length);
	uint64_t source;

	(void)how;
	if (!bytes && !fast_lost(f)) {
		fast_progress(f->endpoint);
		bytes = fragment_for(f, length);
	}
	if (fast_lost(f))
		return lose(f, length);
	if (!bytes)
		return 0;
	if (is_placed(f, bytes))
		bytes = fast_placed_fragment(f, bytes);
	source = fast_source(f, user, bytes);
	if (!source)
		return -ENOBUFS;
	send_fragment(f, user, source, bytes);
	return bytes;
}

/* fast_flushed: data are copied before put() returns. */
bool
fast_flushed(struct link *l, sim_time deadline)
{
	(void)l;
	(void)deadline;
	return true;
}

bool
fast_acknowledge(struct fast *f, uint32_t taken)
{
	if (taken - f->acknowledged > f->sent - f->acknowledged)
		return f->acknowledged - taken <= f->peer_bytes;
	f->acknowledged = taken;
	return true;
}
