/* Segments that come: RFC 793, 3.9, SEGMENT ARRIVES. */
#include "sockets/tcpip/tcp_state.h"

#include <errno.h>

void
tcp_learn_peer(struct tcp *t, const struct tcp_segment *s)
{
	t->expected = s->sequence + 1;
	t->promised = t->expected + MIN(t->options.receive_buffer, TCP_WINDOW_MAX);
	t->window = t->most_window = s->window;
	t->window_sequence = s->sequence;
	t->window_acknowledgement = s->acknowledgement;
	t->mss = MIN(s->mss ? s->mss : TCP_MSS_DEFAULT, ip_mtu(t->kernel, t->key.node) - TCP_HEADER_BYTES);
	t->mss = MAX(t->mss, TCP_MSS_MIN);
	tcp_congestion_start(t);
}

/* established: our SYN was acknowledged. */
static void
established(struct tcp *t)
{
	t->state = TCP_ESTABLISHED;
	t->acknowledged++;
	t->heard = sim_now();
	sim_cancel(&t->retransmit);
	tcp_measure(t);
	if (t->listener)
		tcp_listener_established(t);
	tcp_tell(t);
}

static void
while_syn_sent(struct tcp *t, const struct tcp_segment *s)
{
	bool answer = s->flags & TCP_ACK;

	if (answer && s->acknowledgement != t->highest) {
		tcp_refuse(t->kernel, s);
	} else if (s->flags & TCP_RST) {
		if (answer)
			tcp_end(t, ECONNREFUSED);
	} else if (s->flags & TCP_SYN) {
		tcp_learn_peer(t, s);
		if (answer) {
			established(t);
			t->acknowledge = true;
		} else {
			t->state = TCP_SYN_RECEIVED;
			tcp_send_syn(t);
		}
	}
}

static void
on_reset(struct tcp *t, const struct tcp_segment *s)
{
	if (tcp_before(s->sequence, t->expected) || tcp_before(t->promised, s->sequence))
		return;
	tcp_counted(t)->resets++;
	if (t->state == TCP_SYN_RECEIVED)
		tcp_end(t, ECONNREFUSED);
	else if (t->state == TCP_CLOSING || t->state == TCP_LAST_ACK || t->state == TCP_TIME_WAIT)
		tcp_end(t, 0);
	else
		tcp_end(t, ECONNRESET);
}

/* An answer to our SYN must acknowledge it. */
static bool
is_answer(const struct tcp *t, const struct tcp_segment *s)
{
	return tcp_before(t->acknowledged, s->acknowledgement) && tcp_not_after(s->acknowledgement, t->highest);
}

/* Whom nobody holds any more nobody can read for. */
static bool
is_unwanted(const struct tcp *t, const struct tcp_segment *s)
{
	return !t->held && s->bytes > 0 && !t->ended;
}

static void
break_off(struct tcp *t, int error)
{
	tcp_send_reset(t);
	tcp_end(t, error);
}

static void
accept_segment(struct tcp *t, const struct tcp_segment *s)
{
	if (t->state == TCP_SYN_RECEIVED) {
		if (!is_answer(t, s)) {
			tcp_refuse(t->kernel, s);
			return;
		}
		established(t);
		t->window_sequence = s->sequence - 1;
	}
	if (!tcp_acknowledged(t, s))
		return;
	if (is_unwanted(t, s)) {
		break_off(t, 0);
		return;
	}
	tcp_receive_data(t, s);
	tcp_receive_fin(t, s);
}

static void
while_synchronized(struct tcp *t, struct tcp_segment *s)
{
	if (s->flags & TCP_RST) {
		on_reset(t, s);
		return;
	}
	if (s->flags & TCP_SYN && s->sequence + 1 == t->expected) {
		if (t->state == TCP_SYN_RECEIVED && !(s->flags & TCP_ACK)) {
			tcp_send_syn(t);
			return;
		}
		t->acknowledge = t->state != TCP_SYN_RECEIVED;
		s->flags &= ~(unsigned)TCP_SYN;
		s->sequence++;
	}
	if (!tcp_trim(t, s))
		return;
	if (s->flags & TCP_SYN)
		break_off(t, ECONNRESET);
	else if (s->flags & TCP_ACK)
		accept_segment(t, s);
}

/* A peer that has not heard the last acknowledgement sends its FIN again. */
static void
while_time_wait(struct tcp *t, struct tcp_segment *s)
{
	if (s->flags & TCP_RST) {
		on_reset(t, s);
	} else if (tcp_trim(t, s) && t->acknowledge) {
		tcp_arm_finish(t);
	}
}

/* A SYN beyond the old connection makes way for a new one (RFC 1122, 4.2.2.13). */
static bool
makes_way(const struct tcp *t, const struct tcp_segment *s)
{
	return t->state == TCP_TIME_WAIT && (s->flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN &&
	       tcp_before(t->expected, s->sequence) && tcp_listener_of(t->kernel, s->to_port);
}

static void
arrive(struct tcp *t, struct tcp_segment *s)
{
	if (t->state == TCP_SYN_SENT)
		while_syn_sent(t, s);
	else if (t->state == TCP_TIME_WAIT)
		while_time_wait(t, s);
	else
		while_synchronized(t, s);
	if (t->state != TCP_CLOSED)
		tcp_output(t);
	tcp_reap(t);
}

static void
handle(struct kernel *k, struct tcp_segment *s)
{
	struct tcp_key key = {s->node, s->to_port, s->from_port};
	struct tcp *t = tcp_find(k, &key);
	struct tcp_listener *l = tcp_listener_of(k, s->to_port);

	if (t && makes_way(t, s)) {
		tcp_end(t, 0);
		tcp_reap(t);
		t = NULL;
	}
	if (t)
		arrive(t, s);
	else if (l)
		tcp_listener_input(l, s);
	else
		tcp_refuse(k, s);
}

void
tcp_input(struct kernel *k, struct ip_packet *p)
{
	const struct params *params = k->host->params;
	struct tcp_segment s;

	cpu_charge(CPU_SYSTEM, params->segment_receive + sim_transfer_time(p->bytes, params->checksum_rate));
	k->tcp->counts.segments_received++;
	if (tcp_decode(p, &s))
		handle(k, &s);
	else
		k->tcp->counts.damaged++;
	ip_packet_free(p);
}
