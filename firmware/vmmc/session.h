/* Sessions: the link to a peer is made, found broken, and made anew.
 *
 * A session is what sequence numbers count in.  Data, ACK and NACK do not say which session they belong to; they need
 * not, because routes are fixed and a route never reorders: it loses, damages, cuts off, merges, or repeats a packet
 * right behind itself.  So whatever comes behind a SYN was sent behind it.
 *
 * STATES of the link to a peer (peer.state).  Data, ACK and NACK are taken in LINK_UP only; elsewhere `expected` is
 * a number that no packet carries and `room` is 0, so that the hot paths need not ask.
 *
 *   LINK_UP      peer.session is the session; both directions work.
 *   LINK_DOWN    given up, or found restarted.  The driver was told (vmmc_ctrl.down, HOST_SIG), what was on its way is
 *                dropped, descriptors are bad.  Nothing is answered, not even SYN, so that no packet of the next
 *                session is let in before the driver has withdrawn what relied on this one.
 *   LINK_IDLE    may be made: after VMMC_COMMAND_PEER_UP, and for all peers after a reset of the NIC.  It is left when
 *                a descriptor wants it, when a SYN comes, or when anything else comes: the peer has a session that we
 *                know nothing of, and shall learn so.
 *   LINK_MAKING  SYN was sent and is repeated with each time-out, with the patience that data have (give_up_ticks).
 *
 * At power-on (vmmc_ctrl.incarnation 0) all links are up, in session 0, without a handshake.
 *
 * HANDSHAKE.  The link word of SYN is the session, 32 bits: incarnation << 16 | count << 2 | 2 | (its maker has the
 * lower node number).  No two handshakes of a pair of nodes within 2^14 by the same maker have the same, and it is
 * never 0.
 *
 *   SYN(s) in IDLE: up in s, answer SYNACK(s).  In UP in s: the answer was lost: SYNACK(s) again.  In UP in another
 *   session: the peer has lost it: down.  In DOWN: ignored, but remembered (`heard`): PEER_UP makes the link at once.
 *   In MAKING(t): both want; the lower node's session wins: it ignores s and repeats SYN(t), the other one is up in s
 *   and answers.
 *   SYNACK(s) in MAKING(s): up.  Anywhere else it is old and is ignored.
 *
 * Who has answered may send at once; the other one drops that until SYNACK is there, and time-outs repeat it.
 *
 * WHY NOTHING OF AN OLD SESSION IS TAKEN.  Who comes up in s by SYN(s) takes what was sent behind SYN(s); the peer
 * sends data there only after SYNACK(s), or, if it loses s, after a handshake for another session, which needs an
 * answer, or a SYN, from here, and both end s here.  Who comes up by SYNACK(s) takes what was sent behind it, and the
 * peer was up in s before it sent that.  tests/models/link.pml checks all of this exhaustively, with NIC resets.
 *
 * In the mode without reliability (vmmc_ctrl.reliable 0) there are no sessions: every link stays up. */
#ifndef FIRMWARE_VMMC_SESSION_H
#define FIRMWARE_VMMC_SESSION_H

#include "firmware/vmmc/state.h"

/* `expected` of a link that is not up. */
#define NO_SEQUENCE 0x10000u

/* session_init: parameters, and the state of all peers that have a route. */
void session_init(void);
/* session_peer_up: VMMC_COMMAND_PEER_UP. */
void session_peer_up(uint32_t node);
/* session_down: the peer is given up, or has restarted. */
void session_down(struct peer *peer);
/* session_make: a descriptor waits for a link in LINK_IDLE. */
void session_make(struct peer *peer);
/* session_control: a sound SYN or SYNACK. session_stray: any other sound packet from a peer whose link is not up. */
void session_control(struct peer *peer, uint32_t kind, uint32_t session);
void session_stray(struct peer *peer);

/* session_refuses: descriptors that name this peer are bad because it is down.
 * session_want: a descriptor found no room: makes the link if that is why. */
static inline uint32_t
session_refuses(const struct peer *peer)
{
	return peer->state == LINK_DOWN;
}

static inline void
session_want(struct peer *peer)
{
	if (peer->state == LINK_IDLE)
		session_make(peer);
}

#endif
