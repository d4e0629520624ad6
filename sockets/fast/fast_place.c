/* The sender-based variant: the sender names the place of the data.
 *
 * It is the place of their position in the receiver's socket buffer, which lies in the bulk area; or, after a
 * synchronisation, a place in the memory of the receiver's waiting call, if that lies in the bulk area as well.  Since
 * whole words go to word addresses, up to three bytes in front and behind travel in the arguments, and the handler
 * stores them: so nothing is ever written where other bytes of the stream lie.
 *
 * SYNCHRONISATION.  A call that waits with an empty buffer asks the sender (FAST_PLACE).  The sender agrees if it has
 * not sent anything from that position on; then all it sends, up to the end of the place, or the one next fragment,
 * goes there.  A call that ends before must take the place back (FAST_NO_PLACE), and wait for the answer, and for what
 * was sent there before it: that is the price of letting the sender name places, and is paid by calls that time out or
 * whose connection ends.  Else the price is a request and its reply for each call. */
#include "sockets/fast/fast_state.h"

#include "nic-sim/cpu.h"
#include "sockets/instruction_counts.h"
#include "sockets/user.h"

/* A peer that does not answer for so long keeps the caller's memory, and loses the connection. */
#define TAKE_BACK_LIMIT (10 * SIM_S)

/* Sending. ----------------------------------------------------------------------------------------------------------
 */

static bool
goes_to_caller(const struct fast *f)
{
	return f->place.open && f->sent - f->place.from < f->place.bytes;
}

/* place_of: offset in the peer's bulk area of the next byte, and how many from there on are in one piece. */
static uint32_t
place_of(const struct fast *f, uint32_t *run)
{
	uint32_t at = f->sent % f->peer_bytes;

	if (goes_to_caller(f)) {
		at = f->sent - f->place.from;
		*run = f->place.bytes - at;
		return f->place.offset + at;
	}
	*run = f->peer_bytes - at;
	return f->peer_offset + at;
}

uint32_t
fast_placed_fragment(const struct fast *f, uint32_t bytes)
{
	uint32_t run;

	place_of(f, &run);
	return MIN(bytes, run);
}

void
fast_place_used(struct fast *f, uint32_t bytes)
{
	f->sent += bytes;
	f->place.open = f->place.open && !f->place.once && f->sent - f->place.from < f->place.bytes;
}

/* ragged: up to FAST_RAGGED_MAX bytes. */
static uint32_t
ragged(const uint8_t *bytes, uint32_t n)
{
	uint32_t word = n << 24;

	for (uint32_t i = 0; i < n; i++)
		word |= (uint32_t)bytes[i] << (16 - 8 * i);
	return word;
}

enum am_error
fast_placed_put(struct fast *f, const uint8_t *user, uint64_t source, uint32_t bytes)
{
	uint32_t run, to = place_of(f, &run), head = -to % 4, tail = (bytes - head) % 4, body = bytes - head - tail;
	uint8_t front[4] = {0}, back[4] = {0};
	uint32_t arg[AM_ARGS] = {f->peer_connection, f->sent};

	user_fetch(task_process(task_self())->memory, user, front, head);
	user_fetch(task_process(task_self())->memory, user + head + body, back, tail);
	arg[2] = ragged(front, head);
	arg[3] = ragged(back, tail);
	fast_place_used(f, bytes);
	return am_request_bulk(f->endpoint->am, f->peer, FAST_PLACED, arg, AM_ARGS, source + head, body, to + head);
}

/* What the peer wants to have at its call's memory.  Whether that is memory of its own its firmware finds out. */
static bool
agree(struct fast *f, uint32_t from, uint32_t bytes, uint32_t offset, bool once)
{
	if (!f->peer_connection || f->peer_offset == FAST_NOWHERE || f->sent != from || fast_lost(f) || f->said ||
	    !bytes || bytes > f->peer_bytes)
		return false;
	f->place = (struct fast_place){true, once, from, bytes, offset};
	return true;
}

void
fast_take_place(struct am *am, void *arg, const struct am_message *m)
{
	struct fast *f = fast_addressee(arg, m, 5);

	(void)am;
	if (!f)
		return;
	cpu_instructions(CPU_USER, IC_FAST_HEAR);
	fast_done(f, FAST_PLACE, agree(f, m->arg[1], m->arg[2], m->arg[3], m->arg[4]));
}

void
fast_take_no_place(struct am *am, void *arg, const struct am_message *m)
{
	struct fast *f = fast_addressee(arg, m, 1);

	(void)am;
	if (!f)
		return;
	cpu_instructions(CPU_USER, IC_FAST_HEAR);
	f->place.open = false;
	fast_done(f, FAST_NO_PLACE, true);
}

/* Receiving. --------------------------------------------------------------------------------------------------------
 */

/* What a message says about its bytes. */
struct placed {
	uint32_t position, head, body, tail;
	uint64_t data; /* where the first byte belongs */
	bool in_place;
};

/* lies_right: are the whole words in the place of their position, in the buffer or in the call's memory? */
static bool
lies_right(const struct fast *f, struct placed *p)
{
	const struct fast_post *post = &f->post;
	uint32_t bytes = p->head + p->body + p->tail, at = p->position - post->from;
	uint64_t buffer, memory = f->endpoint->area.address + post->offset + at;

	if (fast_run(f, p->position, bytes, &buffer) == bytes && buffer == p->data)
		return true;
	p->in_place = post->open && post->asking >= FAST_ASKED && at < post->length && bytes <= post->length - at &&
	              memory == p->data;
	return p->in_place;
}

static void
store_ragged(struct fast *f, uint64_t address, uint32_t word)
{
	const uint8_t bytes[] = {(uint8_t)(word >> 16), (uint8_t)(word >> 8), (uint8_t)word};

	umem_write(f->endpoint->memory, address, bytes, FAST_RAGGED_BYTES(word));
}

static bool
store_placed(struct fast *f, const struct am_message *m)
{
	struct placed p = {m->arg[1], FAST_RAGGED_BYTES(m->arg[2]), m->bytes, FAST_RAGGED_BYTES(m->arg[3]), 0, false};
	uint32_t bytes = p.head + p.body + p.tail;

	p.data = m->data - p.head;
	if (p.head > FAST_RAGGED_MAX || p.tail > FAST_RAGGED_MAX || f->offset == FAST_NOWHERE ||
	    !fast_admit(f, p.position, bytes) || !lies_right(f, &p))
		return false;
	store_ragged(f, p.data, m->arg[2]);
	store_ragged(f, m->data + p.body, m->arg[3]);
	return fast_come(f, p.position, bytes, p.in_place);
}

void
fast_take_placed(struct am *am, void *arg, const struct am_message *m)
{
	struct fast *f = fast_addressee(arg, m, AM_ARGS);

	(void)am;
	if (!f)
		return;
	cpu_instructions(CPU_USER, IC_FAST_HANDLE_PLACED);
	if (f->stopped)
		f->come += FAST_RAGGED_BYTES(m->arg[2]) + m->bytes + FAST_RAGGED_BYTES(m->arg[3]);
	else if (!f->breakage && !store_placed(f, m))
		fast_sort_out(f, &f->endpoint->counts.outside);
	fast_done(f, FAST_PLACED, false);
}

/* Places in the caller's memory. ------------------------------------------------------------------------------------
 */

/* offset_of: of the caller's memory in the bulk area; FAST_NOWHERE: it is not there. */
static uint32_t
offset_of(const struct fast *f, const void *user, uint64_t length)
{
	const struct fast_area *area = &f->endpoint->area;
	uint64_t run, address = user_address(f->endpoint->memory, user, length, &run);

	if (address - area->address >= area->bytes || length > area->bytes - (address - area->address))
		return FAST_NOWHERE;
	return (uint32_t)(address - area->address);
}

void
fast_place_open(struct fast *f, bool all)
{
	struct fast_post *p = &f->post;

	if (f->offset == FAST_NOWHERE || p->length < f->endpoint->host->params->zero_copy_min || fast_end(&f->link))
		return;
	p->offset = offset_of(f, p->user, p->length);
	if (p->offset == FAST_NOWHERE)
		return;
	p->once = !all;
	p->asking = FAST_ASK;
	fast_pay(f);
}

bool
fast_place_owed(const struct fast *f)
{
	return (f->post.asking == FAST_ASK || f->post.asking == FAST_TAKE_BACK) && !f->place_under_way;
}

void
fast_place_pay(struct fast *f)
{
	struct fast_post *p = &f->post;
	const uint32_t arg[] = {f->peer_connection, p->from, (uint32_t)p->length, p->offset, p->once};
	struct fast_endpoint *e = f->endpoint;
	bool ask = p->asking == FAST_ASK;

	f->under_way++;
	f->place_under_way = true;
	p->asking = ask ? FAST_ASKED : FAST_TAKEN_BACK;
	fast_failed(e, am_request(e->am, f->peer, ask ? FAST_PLACE : FAST_NO_PLACE, arg, ask ? G_N_ELEMENTS(arg) : 1));
}

void
fast_place_answered(struct fast *f, enum fast_handler what, bool agreed, uint32_t peer_sent)
{
	f->place_under_way = false;
	if (what == FAST_PLACE)
		f->post.asking = agreed ? FAST_AGREED : FAST_ASK_NOT;
	else
		f->peer_sent = peer_sent;
}

/* used_up: the peer names no place any more. */
static bool
used_up(const struct fast *f)
{
	const struct fast_post *p = &f->post;
	uint32_t come = f->come - p->from;

	return p->asking == FAST_ASK_NOT || p->asking == FAST_ASK || come >= (p->once ? 1 : p->length);
}

static bool
answered(void *arg)
{
	const struct fast *f = arg;

	return f->breakage || !f->place_under_way;
}

static bool
all_come(void *arg)
{
	const struct fast *f = arg;

	return f->breakage ||
	       (!f->place_under_way && f->post.asking == FAST_TAKEN_BACK && (int32_t)(f->come - f->peer_sent) >= 0);
}

static void
wait_for(struct fast *f, bool (*ready)(void *arg))
{
	if (!fast_wait(task_process(task_self()), ready, f, NULL, 0, sim_now() + TAKE_BACK_LIMIT))
		fast_break(f, LINK_SILENT);
}

void
fast_place_close(struct fast *f)
{
	if (f->place_under_way)
		wait_for(f, answered);
	if (!used_up(f) && !f->breakage) {
		f->post.asking = FAST_TAKE_BACK;
		wait_for(f, all_come);
	}
	f->post.asking = FAST_ASK_NOT;
}
