/* Sessions: the link to a peer is made, found broken, and made anew.
 *
 * A session is what sequence numbers count in.  Data, ACK and NACK do not say which session they belong to; they need
 * not, because routes are fixed and a route never reorders: it loses, damages, cuts off, merges, or repeats a packet
 * right behind itself.  So whatever comes behind a SYN was sent behind it.
 *
 * STATES of the link to a peer (peer.state).  Data, ACK and NACK are taken in LINK_UP only; elsewhere `expected` is
 * a number that no packet carries and `room` is 0, so that the hot paths need not ask.
 *
 *   LINK_UP      both numbers of the session (see below) are known to both nodes; both directions work.
 *   LINK_DOWN    given up, or found restarted.  The driver was told (ctrl.down, HOST_SIG), what was on its way is
 *                dropped, descriptors are bad.  Nothing is answered, not even SYN, so that no packet of the next
 *                session is let in before the driver has withdrawn what relied on this one.
 *   LINK_IDLE    may be made: after the command PEER_UP, and for all peers after a reset of the NIC.  It is left when
 *                a descriptor wants it, or when anything comes from the peer: it has, or wants, a session that we know
 *                nothing of.
 *   LINK_MAKING  SYN was sent and is repeated with each time-out, with the patience that data have (give_up_ticks).
 *
 * At power-on (ctrl.incarnation 0) all links are up, without a handshake; all numbers are 0.
 *
 * HANDSHAKE.  Each node makes a number when it leaves LINK_IDLE: incarnation (8 bits) and a count (8 bits), never 0.  A
 * session is the pair of them.  The link word of SYN and SYNACK is own number << 16 | the other node's, 0 if it is not
 * known yet.  SYN says: I am making the link; SYNACK: it is up here.  When one of them comes with the numbers x, a:
 *
 *   IDLE     makes its own number, is MAKING, remembers x, sends SYN.
 *   MAKING   remembers x.  If a is its own number it is UP, and answers a SYN by SYNACK; else it sends SYN.
 *   UP       If x is not the number that it knows, the peer has begun anew: DOWN.  If x and a are right, it answers a
 * SYN by SYNACK, because the one before was lost.  Anything else is old. DOWN     Remembers that it heard something:
 * PEER_UP makes the link at once then.
 *
 * So it takes three packets, SYN(x, 0), SYN(y, x), SYNACK(x, y), or four if both begin.  Two packets, where who is
 * asked is up at once, are not enough: it may have answered a SYN that was given up in favour of the other node's own
 * (tests/models/link.pml found that).
 *
 * WHY NOTHING OF AN OLD SESSION IS TAKEN.  Say B is up with the pair (y, x) and takes data from A.  B came up by a
 * packet that carried x and y, and takes what A sent behind that.  A had the number x then.  If A is up now with
 * another pair, its number is another one, x', or B's is, y'.  A came up by a packet of B that carried both: B has sent
 * it after it heard of x', or after it had made y', both of which B did after it had left (y, x).  The model checks all
 * of this exhaustively, with losses, repetitions, NIC resets and giving up at any time.
 *
 * In the mode without reliability (ctrl.reliable 0) there are no sessions: every link stays up. */
#ifndef FIRMWARE_LINK_SESSION_H
#define FIRMWARE_LINK_SESSION_H

/* `expected` of a link that is not up. */
#define NO_SEQUENCE 0x10000u

/* session_init: parameters, and the state of all peers that have a route. */
void session_init(void);
/* session_peer_up: the command PEER_UP. */
void session_peer_up(uint32_t node);
/* session_down: the peer is given up, or has restarted. */
void session_down(struct peer *peer);
/* session_make: a descriptor waits for a link in LINK_IDLE. */
void session_make(struct peer *peer);
/* session_control: a sound SYN or SYNACK, with its link word. session_stray: any other sound packet from a peer whose
 * link is not up. */
void session_control(struct peer *peer, uint32_t kind, uint32_t link);
void session_stray(struct peer *peer);

/* session_word: the link word of SYN and SYNACK. */
static inline uint32_t
session_word(const struct peer *peer)
{
	return peer->mine << SEQUENCE_BITS | peer->theirs;
}

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
