#include "sockets/tcpip/tcp_state.h"

uint32_t
tcp_in_flight(const struct tcp *t)
{
	return t->next - t->acknowledged;
}

uint32_t
tcp_unsent(const struct tcp *t)
{
	uint32_t flight = tcp_in_flight(t);

	return t->out.used > flight ? t->out.used - flight : 0;
}

static sim_time
cost(const struct kernel *k, uint32_t bytes)
{
	const struct params *params = k->host->params;

	return params->segment_send + sim_transfer_time(bytes, params->checksum_rate);
}

static void
dispatch(struct kernel *k, unsigned node, struct ip_packet *p)
{
	tcp_seal(p, k->host->node, node);
	p->cost = cost(k, p->bytes);
	k->tcp->counts.segments_sent++;
	ip_send(k, node, p);
}

/* acknowledging: what goes along with every segment that has TCP_ACK. */
static void
acknowledging(struct tcp *t, uint32_t window)
{
	t->promised = t->expected + window;
	t->acknowledge = false;
	t->unacknowledged = 0;
	sim_cancel(&t->delayed);
}

/* emit: a segment with `bytes` of `out` from `sequence` on. */
static void
emit(struct tcp *t, uint32_t sequence, unsigned flags, uint32_t bytes)
{
	struct tcp_segment s = {
	        .from_port = t->key.local,
	        .to_port = t->key.remote,
	        .sequence = sequence,
	        .acknowledgement = flags & TCP_ACK ? t->expected : 0,
	        .flags = flags,
	        .window = flags & TCP_SYN ? MIN(t->options.receive_buffer, TCP_WINDOW_MAX) : tcp_receive_window(t),
	        .bytes = bytes,
	};
	struct ip_packet *p;

	if (flags & TCP_SYN)
		s.mss = (uint16_t)MIN(ip_mtu(t->kernel, t->key.node) - TCP_HEADER_BYTES, UINT16_MAX);
	p = tcp_encode(&s);
	tcp_ring_read(&t->out, sequence - t->acknowledged, tcp_content(p), bytes);
	if (flags & TCP_ACK)
		acknowledging(t, s.window);
	dispatch(t->kernel, t->key.node, p);
}

void
tcp_send_syn(struct tcp *t)
{
	emit(t, t->acknowledged, t->state == TCP_SYN_SENT ? TCP_SYN : TCP_SYN | TCP_ACK, 0);
	if (t->highest == t->acknowledged)
		tcp_time_segment(t, t->acknowledged);
	else
		t->timing = false;
	t->next = t->highest = t->acknowledged + 1;
	tcp_arm_retransmit(t);
}

void
tcp_send_acknowledgement(struct tcp *t)
{
	tcp_counted(t)->acknowledgements++;
	emit(t, t->next, TCP_ACK, 0);
}

void
tcp_send_reset(struct tcp *t)
{
	tcp_counted(t)->resets++;
	emit(t, t->next, TCP_RST | TCP_ACK, 0);
}

/* RFC 793, 3.4, Reset Generation. */
void
tcp_refuse(struct kernel *k, const struct tcp_segment *s)
{
	struct tcp_segment reply = {.from_port = s->to_port, .to_port = s->from_port, .flags = TCP_RST};

	if (s->flags & TCP_RST)
		return;
	if (s->flags & TCP_ACK) {
		reply.sequence = s->acknowledgement;
	} else {
		reply.flags |= TCP_ACK;
		reply.acknowledgement =
		        s->sequence + s->bytes + (s->flags & TCP_SYN ? 1 : 0) + (s->flags & TCP_FIN ? 1 : 0);
	}
	k->tcp->counts.resets++;
	dispatch(k, s->node, tcp_encode(&reply));
}

/* Data and FIN. -----------------------------------------------------------------------------------------------------
 */

static bool
is_fin_due(const struct tcp *t, uint32_t bytes)
{
	return t->fin_wanted && bytes == tcp_unsent(t) && !(t->fin_sent && t->next == t->highest);
}

/* fin_leaves: for the first time. */
static void
fin_leaves(struct tcp *t)
{
	t->fin_sent = true;
	t->state = t->state == TCP_CLOSE_WAIT ? TCP_LAST_ACK : TCP_FIN_WAIT_1;
}

/* send_segment: `bytes` from `next` on. */
static void
send_segment(struct tcp *t, uint32_t bytes)
{
	bool fin = is_fin_due(t, bytes), last = bytes == tcp_unsent(t);
	unsigned flags = TCP_ACK | (fin ? TCP_FIN : 0) | (bytes > 0 && last ? TCP_PSH : 0);

	if (t->highest == t->acknowledged)
		t->heard = sim_now();
	if (tcp_before(t->next, t->highest))
		tcp_counted(t)->retransmitted++;
	else
		tcp_time_segment(t, t->next);
	emit(t, t->next, flags, bytes);
	if (fin && !t->fin_sent)
		fin_leaves(t);
	t->next += bytes + fin;
	if (tcp_before(t->highest, t->next))
		t->highest = t->next;
	if (!sim_posted(&t->retransmit))
		tcp_arm_retransmit(t);
}

/* sendable: bytes of the next segment, as the windows allow. */
static uint32_t
sendable(const struct tcp *t)
{
	uint32_t limit = MIN(t->window, t->congestion_window), flight = tcp_in_flight(t);
	uint32_t usable = limit > flight ? limit - flight : 0, bytes = MIN(tcp_unsent(t), usable);

	return MIN(bytes, t->mss);
}

/* worthwhile: no silly windows (RFC 1122, 4.2.3.4), and Nagle's rule: a small segment waits until all before it was
 * acknowledged. */
static bool
worthwhile(const struct tcp *t, uint32_t bytes)
{
	bool all = bytes == tcp_unsent(t);

	if (bytes == 0)
		return is_fin_due(t, 0);
	if (bytes == t->mss || tcp_before(t->next, t->highest) || bytes >= t->most_window / 2)
		return true;
	return all && (t->options.no_delay || tcp_in_flight(t) == 0 || t->fin_wanted);
}

static bool
sends_data(const struct tcp *t)
{
	return t->state == TCP_ESTABLISHED || t->state == TCP_CLOSE_WAIT || t->state == TCP_FIN_WAIT_1 ||
	       t->state == TCP_CLOSING || t->state == TCP_LAST_ACK;
}

void
tcp_output(struct tcp *t)
{
	if (sends_data(t)) {
		for (uint32_t bytes; worthwhile(t, bytes = sendable(t));)
			send_segment(t, bytes);
		if (tcp_unsent(t) > 0 && t->highest == t->acknowledged && !sim_posted(&t->retransmit)) {
			t->heard = sim_now();
			tcp_arm_retransmit(t);
		}
	}
	if (t->acknowledge && t->state >= TCP_ESTABLISHED)
		tcp_send_acknowledgement(t);
}

void
tcp_send_again(struct tcp *t)
{
	uint32_t bytes = MIN(t->out.used, t->mss), most = t->highest - t->acknowledged;

	bytes = MIN(bytes, most);
	t->timing = false;
	tcp_counted(t)->retransmitted++;
	emit(t, t->acknowledged, TCP_ACK | (t->fin_sent && bytes < most && bytes == t->out.used ? TCP_FIN : 0), bytes);
	tcp_arm_retransmit(t);
}

void
tcp_send_probe(struct tcp *t)
{
	uint32_t bytes = MAX(sendable(t), 1);

	if (t->out.used == 0)
		return;
	emit(t, t->acknowledged, TCP_ACK, bytes);
	if (tcp_before(t->highest, t->acknowledged + bytes))
		t->highest = t->acknowledged + bytes;
}
