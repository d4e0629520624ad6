#include "sockets/tcpip/tcp_state.h"

/* The second segment that waits for it is acknowledged at once, however small both are (BSD; RFC 1122, 4.2.3.2, asks
 * for that of full ones). */
#define SEGMENTS_ACKNOWLEDGED 2u
#define UPDATE_SEGMENTS       2u

static uint32_t
space(const struct tcp *t)
{
	uint32_t buffer = MIN(t->options.receive_buffer, TCP_WINDOW_MAX);

	return buffer > t->in.used ? buffer - t->in.used : 0;
}

/* RFC 1122, 4.2.3.3: the right edge stays until it can move by a segment or half of the buffer. */
uint32_t
tcp_receive_window(const struct tcp *t)
{
	uint32_t told = t->promised - t->expected, now = space(t);

	if (now < told || now - told < MIN(t->options.receive_buffer / 2, t->mss))
		return told;
	return now;
}

/* As BSD has it: the peer is told when its window would open by two segments, or half of the buffer. */
void
tcp_taken(struct tcp *t)
{
	uint32_t told = t->promised - t->expected, now = space(t);
	uint32_t least = MIN(t->options.receive_buffer / 2, UPDATE_SEGMENTS * t->mss);

	if (t->ended || t->state == TCP_CLOSED || now < told || now - told < least)
		return;
	t->acknowledge = true;
	tcp_output(t);
}

bool
tcp_trim(struct tcp *t, struct tcp_segment *s)
{
	uint32_t old, room;
	bool content = s->bytes > 0 || s->flags & (TCP_FIN | TCP_SYN);

	if (tcp_before(t->promised, s->sequence)) {
		t->acknowledge = true;
		return false;
	}
	if (tcp_before(s->sequence, t->expected)) {
		old = t->expected - s->sequence;
		t->acknowledge |= content;
		if (old > s->bytes)
			s->flags &= ~(unsigned)TCP_FIN;
		old = MIN(old, s->bytes);
		s->data += old;
		s->bytes -= old;
		s->sequence = t->expected;
	}
	room = t->promised - s->sequence;
	if (s->bytes > room) {
		t->acknowledge = true;
		s->bytes = room;
		s->flags &= ~(unsigned)TCP_FIN;
	}
	return true;
}

/* note: [begin, end) came too early; pieces that touch become one. */
static void
note(struct tcp *t, uint32_t begin, uint32_t end)
{
	struct tcp_span piece = {begin, end};
	guint i = 0;

	while (i < t->early->len) {
		const struct tcp_span *other = &g_array_index(t->early, struct tcp_span, i);

		if (tcp_before(piece.end, other->begin))
			break;
		if (tcp_before(other->end, piece.begin)) {
			i++;
			continue;
		}
		piece.begin = tcp_before(other->begin, piece.begin) ? other->begin : piece.begin;
		piece.end = tcp_before(piece.end, other->end) ? other->end : piece.end;
		g_array_remove_index(t->early, i);
	}
	g_array_insert_val(t->early, i, piece);
}

static void
advance(struct tcp *t, uint32_t to)
{
	tcp_counted(t)->bytes_received += to - t->expected;
	tcp_ring_extend(&t->in, to - t->expected);
	t->expected = to;
}

/* catch_up: with what came early and follows now. */
static void
catch_up(struct tcp *t)
{
	while (t->early->len > 0) {
		const struct tcp_span first = g_array_index(t->early, struct tcp_span, 0);

		if (tcp_before(t->expected, first.begin))
			break;
		if (tcp_before(t->expected, first.end))
			advance(t, first.end);
		g_array_remove_index(t->early, 0);
	}
}

static bool
takes_data(const struct tcp *t)
{
	return t->state == TCP_ESTABLISHED || t->state == TCP_FIN_WAIT_1 || t->state == TCP_FIN_WAIT_2;
}

void
tcp_receive_data(struct tcp *t, const struct tcp_segment *s)
{
	uint32_t bytes = s->bytes, most = t->end_known ? t->end - s->sequence : bytes;

	if (t->end_known && tcp_before(t->end, s->sequence))
		return;
	bytes = MIN(bytes, most);
	if (bytes == 0 || !takes_data(t))
		return;
	tcp_ring_write(&t->in, t->in.used + (s->sequence - t->expected), s->data, bytes);
	if (s->sequence != t->expected) {
		note(t, s->sequence, s->sequence + bytes);
		t->acknowledge = true;
		return;
	}
	t->acknowledge |= t->early->len > 0;
	advance(t, t->expected + bytes);
	catch_up(t);
	if (++t->unacknowledged >= SEGMENTS_ACKNOWLEDGED || tcp_params(t)->delayed_ack == 0)
		t->acknowledge = true;
	else
		tcp_arm_delayed(t);
	tcp_tell(t);
}

static void
end_stream(struct tcp *t)
{
	t->ended = true;
	t->expected++;
	t->promised = tcp_before(t->promised, t->expected) ? t->expected : t->promised;
	t->acknowledge = true;
	if (t->state == TCP_ESTABLISHED)
		t->state = TCP_CLOSE_WAIT;
	else if (t->state == TCP_FIN_WAIT_1)
		t->state = TCP_CLOSING;
	else
		t->state = TCP_TIME_WAIT;
	if (t->state == TCP_TIME_WAIT) {
		sim_cancel(&t->retransmit);
		tcp_arm_finish(t);
	}
	tcp_tell(t);
}

/* is_behind: all data that came. */
static bool
is_behind(const struct tcp *t, uint32_t end)
{
	guint n = t->early->len;

	return !tcp_before(end, n ? g_array_index(t->early, struct tcp_span, n - 1).end : t->expected);
}

void
tcp_receive_fin(struct tcp *t, const struct tcp_segment *s)
{
	uint32_t end = s->sequence + s->bytes;

	if (!takes_data(t))
		return;
	if (s->flags & TCP_FIN && !t->end_known && is_behind(t, end)) {
		t->end_known = true;
		t->end = end;
	}
	if (t->end_known && t->expected == t->end)
		end_stream(t);
}
