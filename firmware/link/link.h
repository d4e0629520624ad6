/* The reliable link: packets to a peer in order, held until acknowledged, go-back-N.
 *
 * Each node pair has one space of 16-bit sequence numbers each way, which begins anew with each session (session.h).  A
 * packet gets its number when it is queued; whatever goes to a peer carries the number expected from it.  Control
 * packets go before data.
 *
 * Without progress the time-out doubles, up to eightfold, and the time is added up; when it reaches give_up_ticks the
 * peer is down.  Time in which packets only wait for the send engine does not count, unless it is this peer's packet
 * that blocks the engine.
 *
 * WITHOUT RELIABILITY (ctrl.reliable 0), as in the first version of VMMC, there are no acknowledgements and no
 * timer, and what comes in another order than it was sent is taken all the same.  A packet may be freed when it has
 * left; that is done for all at once when somebody lacks one (link_lacks), since to be told of each one's end costs
 * more than the acknowledgements do.  The hot paths are the same; the modes part where a packet becomes the only one
 * that is kept for its peer (link_time).
 *
 * Whether the send engine is busy is asked when something is to be sent, and its end is an event only while somebody
 * waits for it (S.events). */
#ifndef FIRMWARE_LINK_LINK_H
#define FIRMWARE_LINK_LINK_H

#define SEQUENCE_BITS 16
#define SEQUENCE_ONE  (1u << SEQUENCE_BITS) /* of peer.next_sequence */

/* link_wait: a new packet, appended to the peer's, whose turn at the send engine comes. */
void link_wait(struct packet *packet);
/* link_time: the timer must ask for this peer's time-out, whatever it is set to.  Without reliability: the peer keeps
 * packets that can be freed when they have left. */
void link_time(struct peer *peer);
/* link_reclaim: without reliability: frees what has left; if that is nothing, the end of the packet in the send engine
 * is an event.  Returns how many packets were freed. */
uint32_t link_reclaim(void);
/* link_sent: the send engine is done with S.sending (or a network reset took it away). */
void link_sent(void);
/* link_progress: the peer names a sequence other than `base` as the next that it expects. */
void link_progress(struct peer *peer, uint32_t expected);
/* link_owe: the first packet that is to be acknowledged: after ack_delay, or twice that if others come meanwhile. */
void link_owe(struct peer *peer);
/* link_control: send a packet of this kind, anything but data, as soon as can be. */
void link_control(struct peer *peer, uint32_t kind);
/* link_go_back: transmit everything again that is not acknowledged. */
void link_go_back(struct peer *peer);
/* link_drop: frees what is on its way to the peer, and forgets what is owed to it; nothing more can be sent. */
void link_drop(struct peer *peer);
/* timer_set: the interval timer runs out at `at` or sooner. */
void timer_set(uint32_t at);
/* link_timer: the interval timer ran out. */
void link_timer(void);

/* link_ready: may a packet be started?  It is then.  If not, whoever waits sets SEND in S.events: the bit, cleared when
 * the packet under way was started, tells of its end; a network reset is looked at first (step.c). */
HOT uint32_t
link_ready(void)
{
	uint32_t waiting = S.events & LANAI_ISR_SEND;
	uint32_t state = reg_read(LANAI_ISR) & (LANAI_ISR_SEND_RDY | LANAI_ISR_NRES);
	ARCH_KEEP(waiting);
	if ((state | waiting) != LANAI_ISR_SEND_RDY)
		return 0;
	reg_write(LANAI_ISR, LANAI_ISR_SEND);
	return 1;
}

/* link_give: hands a packet, or an acknowledgement, whose last word is at `last`, to the send engine; it carries the
 * number that is expected next. */
HOT void
link_give(struct peer *peer, uint32_t at, uint32_t last)
{
	uint32_t skip = peer->skip, start = at + peer->start;
	reg_write(LANAI_SA, skip);
	reg_write(LANAI_SMP, start);
	reg_write(LANAI_SMLT, last);
	peer->owed = 0;
}

/* link_rto_start: the time-out begins anew.  A timer that asks for this peer anyway is left alone: it comes earlier,
 * unless the last time-out was a longer one. */
HOT void
link_rto_start(struct peer *peer)
{
	uint32_t at = reg_read(LANAI_RTC) + S.rto;
	peer->rto_at = at;
	if (!peer->timed)
		link_time(peer);
}

/* link_append: to the packets that wait for the peer's acknowledgement. */
HOT void
link_append(struct peer *peer, struct packet *packet)
{
	packet->next = NULL;
	peer->next_sequence += SEQUENCE_ONE;
	if (peer->oldest) {
		peer->newest->next = packet;
		peer->newest = packet;
	} else {
		peer->oldest = peer->newest = packet;
		link_rto_start(peer);
	}
}

/* link_send: takes a packet that has everything but its link word, from `at` to `last`; starts the engine if it is
 * idle.  Returns 1 if so. */
HOT uint32_t
link_send(struct packet *packet, struct peer *peer, uint32_t at, uint32_t last)
{
	uint32_t ready = link_ready();
	sram_write(at + PACKET_LINK, peer->next_sequence | peer->expected);
	if (ready) {
		link_give(peer, at, last);
		S.sending = packet;
		link_append(peer, packet);
		count(COUNTER(PACKETS_SENT));
	} else {
		link_wait(packet);
	}
	return ready;
}

/* link_lacks: somebody waits for a packet or for room; 0 if he has to wait for an event. */
HOT uint32_t
link_lacks(void)
{
	return !S.reliable && link_reclaim();
}

HOT void
link_acknowledged(struct peer *peer, uint32_t expected)
{
	if (expected != peer->base)
		link_progress(peer, expected);
}

/* link_ack_soon: a packet was taken: acknowledge after ack_every packets or ack_delay. */
HOT void
link_ack_soon(struct peer *peer)
{
	uint32_t owed = peer->owed + 1;
	peer->owed = owed;
	if (owed >= S.ack_every)
		link_control(peer, LINK_KIND_ACK);
	else if (owed == 1)
		link_owe(peer);
}

/* link_copy: words, at least one; reads each once. */
HOT void
link_copy(uint32_t to, uint32_t from, uint32_t bytes)
{
	for (; bytes > 16; bytes -= 16) {
		uint32_t a = sram_read(from), b = sram_read(from + 4), c = sram_read(from + 8),
		         d = sram_read(from + 12);
		sram_write(to, a);
		sram_write(to + 4, b);
		sram_write(to + 8, c);
		sram_write(to + 12, d);
		from += 16;
		to += 16;
	}
	do {
		sram_write(to, sram_read(from));
		from += 4;
		to += 4;
		bytes -= 4;
	} while (bytes);
}

/* link_address: route and type of a data packet, unless the buffer has them since the last time. */
HOT void
link_address(struct packet *packet, struct peer *peer, uint32_t at)
{
	if (packet->peer == peer)
		return;
	packet->peer = peer;
	sram_write(at + PACKET_ROUTE, peer->route[0]);
	sram_write(at + PACKET_ROUTE + 4, peer->route[1]);
	sram_write(at + PACKET_TYPE, S.data_type);
}

/* packet_free: back into the list that it came from. */
HOT void
packet_free(struct packet *packet)
{
	struct packet **home = packet->home;
	packet->next = *home;
	*home = packet;
}

#endif
