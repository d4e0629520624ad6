#include "sockets/tcpip/tcp_state.h"

bool
tcp_fin_acknowledged(const struct tcp *t)
{
	return t->fin_sent && t->acknowledged == t->highest;
}

/* our_end_is_known: to the peer. */
static void
our_end_is_known(struct tcp *t)
{
	if (t->state == TCP_LAST_ACK) {
		tcp_end(t, 0);
		return;
	}
	t->state = t->state == TCP_CLOSING ? TCP_TIME_WAIT : TCP_FIN_WAIT_2;
	if (t->state == TCP_TIME_WAIT || !t->held)
		tcp_arm_finish(t);
	tcp_tell(t);
}

static void
forget_acknowledged(struct tcp *t, uint32_t upto)
{
	uint32_t numbers = upto - t->acknowledged, bytes = MIN(numbers, t->out.used);

	tcp_ring_drop(&t->out, bytes);
	tcp_counted(t)->bytes_sent += bytes;
	t->acknowledged = upto;
	if (tcp_before(t->next, upto))
		t->next = upto;
}

static void
progress(struct tcp *t, uint32_t upto)
{
	bool room = tcp_room(t);

	forget_acknowledged(t, upto);
	tcp_measure(t);
	tcp_congestion_opened(t);
	if (t->acknowledged == t->highest)
		sim_cancel(&t->retransmit);
	else
		tcp_arm_retransmit(t);
	if (!room && tcp_room(t))
		tcp_tell(t);
	if (tcp_fin_acknowledged(t))
		our_end_is_known(t);
}

/* RFC 793, 3.9: an old segment must not change the window. */
static void
learn_window(struct tcp *t, const struct tcp_segment *s)
{
	bool newer =
	        tcp_before(t->window_sequence, s->sequence) ||
	        (t->window_sequence == s->sequence && tcp_not_after(t->window_acknowledgement, s->acknowledgement));

	if (!newer)
		return;
	t->window = s->window;
	t->most_window = MAX(t->most_window, s->window);
	t->window_sequence = s->sequence;
	t->window_acknowledgement = s->acknowledgement;
}

static bool
is_duplicate(const struct tcp *t, const struct tcp_segment *s)
{
	return s->acknowledgement == t->acknowledged && t->highest != t->acknowledged && s->bytes == 0 &&
	       !(s->flags & TCP_FIN) && s->window == t->window && t->window > 0;
}

bool
tcp_acknowledged(struct tcp *t, const struct tcp_segment *s)
{
	if (tcp_before(t->highest, s->acknowledgement)) {
		t->acknowledge = true;
		return false;
	}
	t->heard = sim_now();
	if (tcp_before(t->acknowledged, s->acknowledgement))
		progress(t, s->acknowledgement);
	else if (is_duplicate(t, s) && tcp_congestion_duplicate(t))
		tcp_send_again(t);
	if (t->state == TCP_CLOSED)
		return false;
	if (!tcp_before(s->acknowledgement, t->acknowledged))
		learn_window(t, s);
	return true;
}
