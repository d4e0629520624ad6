#include "firmware/vmmc/link.h"

#define SEQUENCE_MASK 0xFFFFu

/* The time-out doubles this often at most without progress. */
#define BACKOFF_MAX 3u

/* timer_want: the interval timer must ask for this peer at `at`, which is `delay` ticks from now. */
static void
timer_want(struct peer *peer, uint32_t at, uint32_t delay)
{
	if (!peer->timed) {
		peer->timed = 1;
		peer->timed_next = S.timed;
		S.timed = peer;
	}
	int32_t earlier = (int32_t)(at - S.timer_at);
	if (S.timer_on && earlier >= 0)
		return;
	S.timer_on = 1;
	S.timer_at = at;
	reg_write(LANAI_IT, delay);
}

static void
rto_start(struct peer *peer)
{
	uint32_t delay = S.rto << peer->backoff;
	uint32_t at = reg_read(LANAI_RTC) + delay;
	peer->rto_timed = 1;
	peer->rto_at = at;
	timer_want(peer, at, delay);
}

/* told: the packet that the engine was given carries the number expected next. */
static inline void
told(struct peer *peer)
{
	peer->owed = 0;
	peer->ack_timed = 0;
}

static void
first_transmission(struct packet *packet)
{
	packet->sent = 1;
	count(VMMC_C_PACKETS_SENT);
	if (packet->home == &S.free_long)
		S.pieces--;
}

static void
transmit(struct packet *packet)
{
	struct peer *peer = packet->peer;
	sram_write(packet->at + PACKET_LINK, packet->sequence | peer->expected);
	link_give(peer, packet->at, packet->last);
	S.sending = packet;
	told(peer);
	if (packet->sent)
		count(VMMC_C_RETRANSMITTED);
	else
		first_transmission(packet);
	if (!peer->rto_timed)
		rto_start(peer);
}

static void
transmit_ack(struct peer *peer)
{
	uint32_t at = S.ack_packet.at;
	uint32_t kind = VMMC_KIND_ACK;
	if (peer->nack_due)
		kind = VMMC_KIND_NACK;
	sram_write(at + PACKET_ROUTE, peer->route[0]);
	sram_write(at + PACKET_ROUTE + 4, peer->route[1]);
	sram_write(at + PACKET_TYPE, S.type_base | kind << 8);
	sram_write(at + PACKET_LINK, peer->expected);
	link_give(peer, at, at + PACKET_LINK);
	S.sending = &S.ack_packet;
	told(peer);
	count(peer->nack_due ? VMMC_C_NACKS_SENT : VMMC_C_ACKS_SENT);
	peer->nack_due = 0;
}

/* ack_pop: the next peer that still needs an explicit acknowledgement; data on their way may have carried it. */
static struct peer *
ack_pop(void)
{
	struct peer *peer;
	while ((peer = S.ack_first) != NULL) {
		S.ack_first = peer->ack_next;
		peer->ack_queued = 0;
		if (peer->owed || peer->nack_due)
			break;
	}
	return peer;
}

static void
send_push(struct peer *peer)
{
	if (peer->send_queued)
		return;
	peer->send_queued = 1;
	peer->send_next = NULL;
	if (S.send_first)
		S.send_last->send_next = peer;
	else
		S.send_first = peer;
	S.send_last = peer;
}

/* send_pop: the next packet in turn; peers take turns. */
static struct packet *
send_pop(void)
{
	struct peer *peer;
	while ((peer = S.send_first) != NULL) {
		S.send_first = peer->send_next;
		peer->send_queued = 0;
		struct packet *packet = peer->unsent;
		if (!packet)
			continue;
		peer->unsent = packet->next;
		if (peer->unsent)
			send_push(peer);
		return packet;
	}
	return NULL;
}

static void
send_next(void)
{
	struct peer *peer = ack_pop();
	if (peer) {
		transmit_ack(peer);
		return;
	}
	struct packet *packet = send_pop();
	if (packet)
		transmit(packet);
}

/* append: to the packets that wait for the peer's acknowledgement; the next one gets the next number. */
static inline void
append(struct peer *peer, struct packet *packet)
{
	packet->next = NULL;
	if (peer->oldest)
		peer->newest->next = packet;
	else
		peer->oldest = packet;
	peer->newest = packet;
	peer->next_sequence = (peer->next_sequence + 1) & SEQUENCE_MASK;
}

void
link_started(struct packet *packet)
{
	struct peer *peer = packet->peer;
	S.sending = packet;
	append(peer, packet);
	told(peer);
	first_transmission(packet);
	if (!peer->rto_timed)
		rto_start(peer);
}

void
link_wait(struct packet *packet)
{
	struct peer *peer = packet->peer;
	append(peer, packet);
	packet->sent = 0;
	if (!peer->unsent)
		peer->unsent = packet;
	send_push(peer);
}

void
link_sent(void)
{
	struct packet *done = S.sending;
	if (!done)
		return;
	S.sending = NULL;
	if (S.ack_first || S.send_first)
		send_next();
	if (done->freed) {
		done->freed = 0;
		packet_free(done);
	}
}

/* release: the packet is acknowledged; the engine may still be busy with sending it again.  A confused peer may even
 * acknowledge one that was never sent. */
static void
release(struct packet *packet)
{
	if (!packet->sent && packet->home == &S.free_long)
		S.pieces--;
	if (packet == S.sending)
		packet->freed = 1;
	else
		packet_free(packet);
}

void
link_progress(struct peer *peer, uint32_t expected)
{
	uint32_t n = (expected - peer->base) & SEQUENCE_MASK;
	uint32_t held = (peer->next_sequence - peer->base) & SEQUENCE_MASK;
	if (n > held)
		return;
	peer->base = expected;
	peer->room += n;
	struct packet *packet = peer->oldest;
	for (; n; n--) {
		struct packet *next = packet->next;
		if (packet == peer->unsent)
			peer->unsent = next;
		release(packet);
		packet = next;
	}
	peer->oldest = packet;
	peer->backoff = 0;
	peer->rto_timed = 0;
	if (packet)
		rto_start(peer);
}

static void
ack_push(struct peer *peer)
{
	if (peer->ack_queued)
		return;
	peer->ack_queued = 1;
	peer->ack_next = NULL;
	if (S.ack_first)
		S.ack_last->ack_next = peer;
	else
		S.ack_first = peer;
	S.ack_last = peer;
}

void
link_ack_now(struct peer *peer, uint32_t negative)
{
	if (negative)
		peer->nack_due = 1;
	else if (!peer->owed)
		peer->owed = 1;
	ack_push(peer);
	if (!S.sending)
		send_next();
}

void
link_ack_soon(struct peer *peer)
{
	uint32_t owed = peer->owed + 1;
	peer->owed = owed;
	if (owed >= S.ack_every) {
		link_ack_now(peer, 0);
	} else if (!peer->ack_timed) {
		peer->ack_timed = 1;
		peer->ack_at = reg_read(LANAI_RTC) + S.ack_delay;
		timer_want(peer, peer->ack_at, S.ack_delay);
	}
}

void
link_go_back(struct peer *peer)
{
	peer->unsent = peer->oldest;
	if (!peer->oldest)
		return;
	peer->rto_timed = 0;
	send_push(peer);
	if (!S.sending)
		send_next();
}

/* time_out: everything again, less often each time.  While packets still wait for the send engine, or it is busy with
 * one to this peer, nothing is known to be lost: the network or a receiver backs up. */
static void
time_out(struct peer *peer, uint32_t now)
{
	uint32_t waiting = peer->unsent || (S.sending && S.sending->peer == peer);
	if (!waiting) {
		count(VMMC_C_TIMEOUTS);
		if (peer->backoff < BACKOFF_MAX)
			peer->backoff++;
		peer->unsent = peer->oldest;
		send_push(peer);
	}
	peer->rto_at = now + (S.rto << peer->backoff);
}

/* peer_due: queues what the peer's deadlines ask for at `now`. Starts nothing, so that the list of timed peers stands
 * still. */
static void
peer_due(struct peer *peer, uint32_t now)
{
	int32_t ack_left = (int32_t)(peer->ack_at - now);
	int32_t rto_left = (int32_t)(peer->rto_at - now);
	if (peer->ack_timed && ack_left <= 0) {
		peer->ack_timed = 0;
		ack_push(peer);
	}
	if (peer->rto_timed && rto_left <= 0)
		time_out(peer, now);
}

/* peer_left: ticks until the peer's next deadline; 0 if it has none. Deadlines that are due were dealt with. */
static uint32_t
peer_left(const struct peer *peer, uint32_t now)
{
	uint32_t ack_left = peer->ack_at - now;
	uint32_t rto_left = peer->rto_at - now;
	if (!peer->rto_timed)
		return peer->ack_timed ? ack_left : 0;
	if (peer->ack_timed && ack_left < rto_left)
		return ack_left;
	return rto_left;
}

void
link_timer(void)
{
	uint32_t now = reg_read(LANAI_RTC);
	struct peer *peer = S.timed;
	S.timed = NULL;
	S.timer_on = 0;
	while (peer) {
		struct peer *next = peer->timed_next;
		peer_due(peer, now);
		uint32_t left = peer_left(peer, now);
		peer->timed = 0;
		if (left)
			timer_want(peer, now + left, left);
		peer = next;
	}
	if (!S.sending)
		send_next();
}
