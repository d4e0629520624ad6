
#define SEQUENCE_MASK 0xFFFFu

/* The time-out doubles this often at most without progress. */
#define BACKOFF_MAX 3u

void
timer_set(uint32_t at)
{
	int32_t earlier = (int32_t)(at - S.timer_at);
	if (S.timer_on && earlier >= 0)
		return;
	uint32_t delay = at - reg_read(LANAI_RTC);
	S.timer_on = 1;
	S.timer_at = at;
	if ((int32_t)delay <= 0)
		delay = 1;
	reg_write(LANAI_IT, delay);
}

static void
timed_push(struct peer *peer)
{
	if (peer->timed)
		return;
	peer->timed = 1;
	peer->timed_next = S.timed;
	S.timed = peer;
}

/* scan_want: this peer's time-out must be looked at when rto_at is past.  1 if that comes before all others. */
static uint32_t
scan_want(struct peer *peer)
{
	uint32_t at = peer->rto_at;
	timed_push(peer);
	int32_t earlier = (int32_t)(at - S.scan_at);
	if (S.scan_on && earlier >= 0)
		return 0;
	S.scan_on = 1;
	S.scan_at = at;
	return 1;
}

/* owing_push: looks at what is owed to the peer after ack_delay.  All wait equally long, so the list is in order. */
static void
owing_push(struct peer *peer, uint32_t at)
{
	peer->look_at = at;
	peer->owing = 1;
	peer->owing_next = NULL;
	if (S.owing)
		S.owing_last->owing_next = peer;
	else
		S.owing = peer;
	S.owing_last = peer;
}

void
link_time(struct peer *peer)
{
	if (!S.reliable) {
		timed_push(peer);
		return;
	}
	if (scan_want(peer))
		timer_set(peer->rto_at);
}

void
link_owe(struct peer *peer)
{
	if (!S.reliable)
		return;
	uint32_t at = reg_read(LANAI_RTC) + S.ack_delay;
	peer->ack_at = at;
	peer->owed_then = peer->owed;
	if (peer->owing)
		return;
	owing_push(peer, at);
	timer_set(at);
}

/* transmit: a packet that waited; its link word has the number already. */
static void
transmit(struct packet *packet)
{
	struct peer *peer = packet->peer;
	uint32_t sequence = sram_read(packet->at + PACKET_LINK) & ~SEQUENCE_MASK;
	sram_write(packet->at + PACKET_LINK, sequence | peer->expected);
	link_give(peer, packet->at, packet->last);
	S.sending = packet;
	if (packet->sent) {
		count(COUNTER(RETRANSMITTED));
		S.resending = 1;
		return;
	}
	packet->sent = 1;
	count(COUNTER(PACKETS_SENT));
	if (packet->home == &S.free_long)
		S.pieces--;
}

/* transmit_control: what is due to the peer now, whatever it was when it was queued. */
static void
transmit_control(struct peer *peer)
{
	uint32_t at = S.ack_packet.at;
	uint32_t kind = peer->due;
	uint32_t link = peer->expected;
	if (!kind)
		kind = LINK_KIND_ACK;
	if (kind >= LINK_KIND_SYN)
		link = session_word(peer);
	else
		count(kind == LINK_KIND_NACK ? COUNTER(NACKS_SENT) : COUNTER(ACKS_SENT));
	sram_write(at + PACKET_ROUTE, peer->route[0]);
	sram_write(at + PACKET_ROUTE + 4, peer->route[1]);
	sram_write(at + PACKET_TYPE, S.type_base | kind << 8);
	sram_write(at + PACKET_LINK, link);
	link_give(peer, at, at + PACKET_LINK);
	S.ack_packet.peer = peer;
	S.sending = &S.ack_packet;
	peer->due = 0;
}

/* ack_pop: the next peer that still needs a control packet; data on their way may have acknowledged. */
static struct peer *
ack_pop(void)
{
	struct peer *peer;
	while ((peer = S.ack_first) != NULL) {
		S.ack_first = peer->ack_next;
		peer->ack_queued = 0;
		if (peer->owed || peer->due)
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

/* send_next: the engine is idle.  Its end is an event while more waits. */
static void
send_next(void)
{
	struct peer *peer = ack_pop();
	struct packet *packet = peer ? NULL : send_pop();
	if (peer)
		transmit_control(peer);
	else if (packet)
		transmit(packet);
	if (S.ack_first || S.send_first)
		S.events |= LANAI_ISR_SEND;
}

/* free_of: the peer's packets up to, but not including, its first unsent one and `in_engine`.  Returns how many. */
static uint32_t
free_of(struct peer *peer, const struct packet *in_engine)
{
	struct packet *packet = peer->oldest;
	const struct packet *unsent = peer->unsent;
	uint32_t n = 0;
	while (packet != unsent && packet != in_engine) {
		struct packet *next = packet->next;
		packet_free(packet);
		packet = next;
		n++;
	}
	peer->oldest = packet;
	peer->room += n;
	return n;
}

/* free_sent: without reliability: what the send engine was given is not needed any more, but for what is in it. Returns
 * how many packets that are. */
static uint32_t
free_sent(const struct packet *in_engine)
{
	struct peer *peer = S.timed;
	uint32_t freed = 0;
	S.timed = NULL;
	while (peer) {
		struct peer *next = peer->timed_next;
		freed += free_of(peer, in_engine);
		peer->timed = 0;
		if (peer->oldest)
			timed_push(peer);
		peer = next;
	}
	return freed;
}

uint32_t
link_reclaim(void)
{
	if (!S.timed)
		return 0;
	uint32_t busy = !(reg_read(LANAI_ISR) & LANAI_ISR_SEND_RDY);
	uint32_t freed = free_sent(busy ? S.sending : NULL);
	if (!freed)
		S.events |= LANAI_ISR_SEND;
	return freed;
}

void
link_sent(void)
{
	struct packet *done = S.sending;
	S.sending = NULL;
	if (S.sending_freed) {
		S.sending_freed = 0;
		packet_free(done);
	}
	if (!S.reliable)
		free_sent(NULL);
	reg_write(LANAI_ISR, LANAI_ISR_SEND);
	S.events &= ~LANAI_ISR_SEND;
	send_next();
}

/* One packet leaves now, if the engine became idle meanwhile.  Else the queue would never get shorter under a load of
 * one packet a turn, each of which took this way. */
void
link_wait(struct packet *packet)
{
	struct peer *peer = packet->peer;
	packet->sent = 0;
	link_append(peer, packet);
	if (!peer->unsent)
		peer->unsent = packet;
	send_push(peer);
	S.events |= LANAI_ISR_SEND;
	if ((reg_read(LANAI_ISR) & (LANAI_ISR_SEND | LANAI_ISR_NRES)) == LANAI_ISR_SEND)
		link_sent();
}

/* send_waiting: something was queued: the engine takes it at once if it is idle. */
static void
send_waiting(void)
{
	if (link_ready()) {
		S.sending = NULL;
		send_next();
	} else {
		S.events |= LANAI_ISR_SEND;
	}
}

/* release: the packet is acknowledged; the engine may still be busy with sending it again.  A confused peer may even
 * acknowledge one that was never sent. */
static void
release(struct packet *packet, uint32_t busy)
{
	if (!packet->sent && packet->home == &S.free_long)
		S.pieces--;
	packet->sent = 1;
	if (packet == S.sending && busy) {
		S.sending_freed = 1;
		S.events |= LANAI_ISR_SEND;
	} else {
		packet_free(packet);
	}
}

/* release_any: n packets from `packet` on, wherever they are; returns the next. */
static COLD struct packet *
release_any(struct peer *peer, struct packet *packet, uint32_t n)
{
	uint32_t busy = !(reg_read(LANAI_ISR) & LANAI_ISR_SEND_RDY);
	S.resending = busy;
	for (; n; n--) {
		struct packet *next = packet->next;
		if (packet == peer->unsent)
			peer->unsent = next;
		release(packet, busy);
		packet = next;
	}
	return packet;
}

/* progress_slowly: after a time-out or a retransmission. */
static COLD struct packet *
progress_slowly(struct peer *peer, struct packet *packet, uint32_t n)
{
	packet = release_any(peer, packet, n);
	if (peer->quiet) {
		peer->quiet = 0;
		peer->backoff = 0;
		peer->rto_at = reg_read(LANAI_RTC) + S.rto;
		link_time(peer);
	}
	return packet;
}

void
link_progress(struct peer *peer, uint32_t expected)
{
	uint32_t base = peer->base;
	uint32_t n = low_bits(expected - base, SEQUENCE_BITS);
	uint32_t held = low_bits((peer->next_sequence >> SEQUENCE_BITS) - base, SEQUENCE_BITS);
	if (n > held || !S.reliable)
		return;
	struct packet *packet = peer->oldest;
	peer->base = expected;
	peer->room += n;
	if (__builtin_expect((uintptr_t)peer->unsent | peer->quiet | S.resending, 0)) {
		packet = progress_slowly(peer, packet, n);
	} else {
		do {
			struct packet *next = packet->next;
			packet_free(packet);
			packet = next;
		} while (--n);
	}
	peer->oldest = packet;
	if (packet)
		link_rto_start(peer);
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
link_control(struct peer *peer, uint32_t kind)
{
	if (kind != LINK_KIND_ACK)
		peer->due = kind;
	else if (!peer->owed)
		peer->owed = 1;
	if (link_ready()) {
		transmit_control(peer);
	} else {
		ack_push(peer);
		S.events |= LANAI_ISR_SEND;
	}
}

void
link_go_back(struct peer *peer)
{
	peer->unsent = peer->oldest;
	if (!peer->oldest)
		return;
	link_rto_start(peer);
	send_push(peer);
	send_waiting();
}

void
link_drop(struct peer *peer)
{
	uint32_t held = low_bits((peer->next_sequence >> SEQUENCE_BITS) - peer->base, SEQUENCE_BITS);
	release_any(peer, peer->oldest, held);
	peer->oldest = peer->unsent = NULL;
	peer->base = peer->next_sequence >> SEQUENCE_BITS;
	peer->room = 0;
	peer->owed = peer->due = peer->gap = 0;
	peer->quiet = peer->backoff = 0;
}

/* patience: how long a time-out waits. */
static uint32_t
patience(const struct peer *peer)
{
	uint32_t ticks = S.rto << peer->backoff;
	uint32_t left_to_give_up = S.give_up - peer->quiet;
	if (S.give_up && left_to_give_up < ticks)
		ticks = left_to_give_up;
	return ticks;
}

/* too_quiet: another time-out in which the peer did nothing: is that enough to give it up? */
static uint32_t
too_quiet(struct peer *peer)
{
	if (!S.give_up) {
		peer->quiet = 1;
		return 0;
	}
	peer->quiet += patience(peer);
	return peer->quiet >= S.give_up;
}

/* repeat: everything, or the attempt to make the link, less often each time. */
static void
repeat(struct peer *peer)
{
	count(COUNTER(TIMEOUTS));
	if (peer->backoff < BACKOFF_MAX)
		peer->backoff++;
	if (peer->state == LINK_MAKING) {
		peer->due = LINK_KIND_SYN;
		ack_push(peer);
	} else {
		peer->unsent = peer->oldest;
		send_push(peer);
	}
}

/* waits: something of the peer waits for the send engine: nothing is known to be lost, the network or a receiver backs
 * up. */
static uint32_t
waits(const struct peer *peer)
{
	return peer->unsent || (peer->due && peer->ack_queued);
}

/* blocks: the send engine is busy with a packet to this peer. */
static uint32_t
blocks(const struct peer *peer)
{
	uint32_t busy = !(reg_read(LANAI_ISR) & LANAI_ISR_SEND_RDY);
	return busy && S.sending && S.sending->peer == peer;
}

/* time_out: ticks until the next one; 0 if there is none because the peer was given up. */
static int32_t
time_out(struct peer *peer, uint32_t now)
{
	uint32_t blocking = blocks(peer), waiting = waits(peer);
	if ((blocking || !waiting) && too_quiet(peer)) {
		session_down(peer);
		return 0;
	}
	if (!blocking && !waiting)
		repeat(peer);
	uint32_t ticks = patience(peer);
	peer->rto_at = now + ticks;
	return (int32_t)ticks;
}

/* look: the peer's turn in S.owing has come.  If nothing came for the whole delay, or this is the second one, what is
 * owed is acknowledged.  Else, or if it is owed for a shorter time, the second delay begins. */
static void
look(struct peer *peer, uint32_t now)
{
	int32_t early = (int32_t)(peer->ack_at - now);
	peer->owing = 0;
	if (!peer->owed)
		return;
	if (peer->owed_then == 0 || (early <= 0 && peer->owed == peer->owed_then)) {
		ack_push(peer);
		return;
	}
	peer->owed_then = 0;
	owing_push(peer, now + S.ack_delay);
}

static void
look_at_owing(uint32_t now)
{
	struct peer *peer;
	while ((peer = S.owing) != NULL) {
		int32_t left = (int32_t)(peer->look_at - now);
		if (left > 0)
			return;
		S.owing = peer->owing_next;
		look(peer, now);
	}
}

/* scan: deals with all time-outs that are due.  Starts nothing, so that the list stands still. */
static void
scan(uint32_t now)
{
	struct peer *peer = S.timed;
	S.timed = NULL;
	S.scan_on = 0;
	while (peer) {
		struct peer *next = peer->timed_next;
		int32_t left = (int32_t)(peer->rto_at - now);
		peer->timed = 0;
		if (peer->oldest || peer->state == LINK_MAKING) {
			if (left <= 0)
				left = time_out(peer, now);
			if (left)
				scan_want(peer);
		}
		peer = next;
	}
}

void
link_timer(void)
{
	uint32_t now = reg_read(LANAI_RTC);
	S.timer_on = 0;
	look_at_owing(now);
	int32_t left = (int32_t)(S.scan_at - now);
	if (S.scan_on && left <= 0)
		scan(now);
	if (S.scan_on)
		timer_set(S.scan_at);
	if (S.owing)
		timer_set(S.owing->look_at);
	if (S.ack_first || S.send_first)
		send_waiting();
}
