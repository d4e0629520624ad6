/* The reliable link: packets to a peer in order, held until acknowledged, go-back-N.
 *
 * Each node pair has one space of 16-bit sequence numbers each way.  A packet gets its number when it is queued;
 * whatever goes to a peer carries the number expected from it.  Explicit acknowledgements go before data.  The send
 * engine is busy exactly while S.sending is set, and no peer waits in S.send_first while it is not. */
#ifndef FIRMWARE_VMMC_LINK_H
#define FIRMWARE_VMMC_LINK_H

#include "firmware/vmmc/state.h"

/* link_started: bookkeeping of a new packet that the send engine has just been given. link_wait: the engine is busy. */
void link_started(struct packet *packet);
void link_wait(struct packet *packet);
/* link_sent: the send engine is done with S.sending (or a network reset took it away). */
void link_sent(void);
/* link_progress: the peer names a sequence other than `base` as the next that it expects. */
void link_progress(struct peer *peer, uint32_t expected);
/* link_ack_soon: a packet was taken: acknowledge after ack_every packets or ack_delay. */
void link_ack_soon(struct peer *peer);
/* link_ack_now: send an explicit (negative) acknowledgement. */
void link_ack_now(struct peer *peer, uint32_t negative);
/* link_go_back: transmit everything again that is not acknowledged. */
void link_go_back(struct peer *peer);
/* link_timer: the interval timer ran out. */
void link_timer(void);

/* link_give: hands a packet, or an acknowledgement, whose last word is at `last`, to the send engine. */
static inline void
link_give(const struct peer *peer, uint32_t at, uint32_t last)
{
	reg_write(LANAI_SA, peer->skip);
	reg_write(LANAI_SMP, at + peer->start);
	reg_write(LANAI_SMLT, last);
}

/* link_send: takes a packet that has everything but its link word, from `at` to `last`; starts the engine if it is
 * idle. */
static inline void
link_send(struct packet *packet, struct peer *peer, uint32_t at, uint32_t last)
{
	uint32_t sequence = peer->next_sequence << 16;
	uint32_t busy = S.sending != NULL;
	if (!busy) {
		sram_write(at + PACKET_LINK, sequence | peer->expected);
		link_give(peer, at, last);
	}
	packet->peer = peer;
	packet->last = last;
	packet->sequence = sequence;
	if (busy)
		link_wait(packet);
	else
		link_started(packet);
}

static inline void
link_acknowledged(struct peer *peer, uint32_t expected)
{
	if (expected != peer->base)
		link_progress(peer, expected);
}

/* packet_free: back into the list that it came from. */
static inline void
packet_free(struct packet *packet)
{
	packet->next = *packet->home;
	*packet->home = packet;
}

#endif
