/* The data link and its sessions (firmware/vmmc/link.c, session.c): two nodes, and a wire each way.
 *
 * A wire keeps order; it loses packets (damage, truncation and merging are losses, too) and repeats one right behind
 * itself.  A node that is reset forgets everything but its incarnation; what it has sent is still on the wire.  A time-out
 * may come at any time, so may giving up, the driver's PEER_UP and the delay of an acknowledgement.
 *
 * Each data packet carries, for the assertions alone, the session that its sender was in (both its numbers) and the
 * number of its message in that session.
 *
 *   WINDOW, MODULO   packets in flight; sequence numbers, a power of two, at least 2 * WINDOW
 *   CAPACITY         packets on a wire
 *   SOURCES          which nodes send data: bit 0, bit 1
 *   RESETS, GIVE_UPS how often each node may be reset, and may give up
 *   LOSSES, REPEATS  how often each wire may lose or repeat, or ANY
 *   MESSAGES         that each source sends in all.  Then time-outs come only when nothing else happens, at both nodes at once;
 *                    the end is reached when everything was acknowledged or given up, and any other end, and any
 *                    cycle, is an error.  Without it there is no end, and the assertions count. */
#define ANY 255

mtype = { DATA, ACK, NACK, SYN, SYNACK };
mtype = { IDLE, MAKING, DOWN, UP };

chan wire[2] = [CAPACITY] of { mtype, byte, byte, byte, byte };

/* What the firmware keeps for the peer.  `next` is the offset from base of the packet to transmit next: those before
 * it, below `held`, were sent. */
typedef node {
	mtype state;
	byte mine, theirs;
	bit heard;
	byte base, held, next;
	byte expected;
	bit gap, owed;
	mtype due;
	byte made;         /* handshakes begun, in all incarnations */
	bit relied;        /* the host has imports that belong to the present session */
	byte acked, taken; /* messages of this session, modulo COUNTED */
	byte resets, give_ups, losses, repeats;
#ifdef MESSAGES
	byte left;
#endif
}
node n[2];
bit over; /* the end was reached */

#define COUNTED (2 * MODULO)

#define SENDS(me) ((SOURCES >> (me)) & 1)
#ifdef MESSAGES
#define MORE(me) (SENDS(me) && n[me].left)
#else
#define MORE(me) SENDS(me)
#endif

/* A time-out: something is unacknowledged, or SYN unanswered, and nothing waits for the send engine. */
#define RESENDS(me) (n[me].state == UP && n[me].held && n[me].next == n[me].held)
#define ASKS(me)    (n[me].state == MAKING && !n[me].due)
#define EXPIRES(me) (RESENDS(me) || ASKS(me))

/* Nothing happens before a time-out, a reset, or that somebody gives up. */
#define SENDING(me) (n[me].state == UP && (n[me].next < n[me].held || (MORE(me) && n[me].held < WINDOW)))
#define CALM(me)    (!n[me].due && !n[me].owed && !SENDING(me) && n[me].state != DOWN && !(n[me].state == IDLE && MORE(me)))
#define QUIET       (empty(wire[0]) && empty(wire[1]) && CALM(0) && CALM(1))

#define MINE      n[me]
#define FORGET    MINE.base = 0; MINE.held = 0; MINE.next = 0; MINE.expected = 0; MINE.gap = 0; MINE.owed = 0; \
	MINE.due = 0; MINE.acked = 0; MINE.taken = 0

#define SESSION(me) (16 * n[me].mine + n[me].theirs)
#define TURNED(s)   ((s) % 16 * 16 + (s) / 16)

inline go_up()
{
	assert(!MINE.relied); /* the driver has withdrawn what relied on another session */
	FORGET;
	MINE.state = UP;
	MINE.relied = 1
}

inline go_down(hears)
{
	FORGET;
	MINE.state = DOWN;
	MINE.mine = 0;
	MINE.theirs = 0;
	MINE.heard = hears
}

inline make(x)
{
	MINE.made++;
	assert(MINE.made < 16);
	MINE.state = MAKING;
	MINE.mine = MINE.made;
	MINE.theirs = x;
	MINE.heard = 0;
	MINE.due = SYN
}

inline stray()
{
	if
	:: MINE.state == IDLE -> make(0)
	:: MINE.state == DOWN -> MINE.heard = 1
	:: else
	fi
}

/* SYN or SYNACK. */
inline handshake(x, a)
{
	if
	:: MINE.state == IDLE -> make(x)
	:: MINE.state == MAKING && a == MINE.mine ->
		go_up();
		MINE.theirs = x;
		MINE.due = (kind == SYN -> SYNACK : 0)
	:: MINE.state == MAKING && a != MINE.mine ->
		MINE.theirs = x;
		MINE.due = SYN
	:: MINE.state == UP && x != MINE.theirs -> go_down(1)
	:: MINE.state == UP && x == MINE.theirs && kind == SYN && a == MINE.mine -> MINE.due = SYNACK
	:: MINE.state == UP && x == MINE.theirs && !(kind == SYN && a == MINE.mine)
	:: MINE.state == DOWN -> MINE.heard = 1
	fi
}

inline take_ack(a)
{
	k = (a + MODULO - MINE.base) % MODULO;
	if
	:: k && k <= MINE.held ->
		MINE.base = a;
		MINE.held = MINE.held - k;
		MINE.next = (MINE.next > k -> MINE.next - k : 0);
		MINE.acked = (MINE.acked + k) % COUNTED
	:: else
	fi;
	k = 0
}

inline take_data(number, ghost, message)
{
	if
	:: number == MINE.expected ->
		assert(ghost == TURNED(SESSION(me)));
		assert(MINE.relied);
		assert(message == MINE.taken); /* none lost, none twice, none out of order */
		MINE.taken = (MINE.taken + 1) % COUNTED;
		MINE.expected = (MINE.expected + 1) % MODULO;
		MINE.gap = 0;
		MINE.owed = 1
	:: number != MINE.expected && (number + MODULO - MINE.expected) % MODULO >= MODULO / 2 ->
		MINE.owed = 1
	:: number != MINE.expected && (number + MODULO - MINE.expected) % MODULO < MODULO / 2 ->
		if
		:: !MINE.gap -> MINE.gap = 1; MINE.due = NACK
		:: else
		fi
	fi
}

inline take()
{
	if
	:: kind == SYN || kind == SYNACK -> handshake(number, ack)
	:: kind != SYN && kind != SYNACK && MINE.state != UP -> stray()
	:: kind == DATA && MINE.state == UP -> take_ack(ack); take_data(number, ghost, message)
	:: kind == ACK && MINE.state == UP -> take_ack(ack)
	:: kind == NACK && MINE.state == UP -> take_ack(ack); MINE.next = 0
	fi
}

inline expire(who)
{
	if
	:: RESENDS(who) -> n[who].next = 0
	:: ASKS(who) -> n[who].due = SYN
	:: else
	fi
}

/* put: on the wire, once or twice. */
inline put(a_kind, a_number, an_ack, a_ghost, a_message)
{
	wire[1 - me]!a_kind, a_number, an_ack, a_ghost, a_message;
	if
	:: nfull(wire[1 - me]) && MINE.repeats ->
		MINE.repeats = (REPEATS == ANY -> MINE.repeats : MINE.repeats - 1);
		wire[1 - me]!a_kind, a_number, an_ack, a_ghost, a_message
	:: true
	fi
}

inline send_control()
{
	if
	:: MINE.due == SYN || MINE.due == SYNACK -> put(MINE.due, MINE.mine, MINE.theirs, 0, 0)
	:: MINE.due == NACK -> put(NACK, 0, MINE.expected, 0, 0)
	:: MINE.due == 0 -> put(ACK, 0, MINE.expected, 0, 0)
	fi;
	MINE.due = 0;
	MINE.owed = 0
}

inline send_data()
{
	if
	:: MINE.next == MINE.held ->
		MINE.held++;
#ifdef MESSAGES
		MINE.left--
#endif
	:: else
	fi;
	put(DATA, (MINE.base + MINE.next) % MODULO, MINE.expected, SESSION(me), (MINE.acked + MINE.next) % COUNTED);
	MINE.next++;
	MINE.owed = 0
}

proctype run_node(bit me)
{
	mtype kind;
	byte number, ack, ghost, message, k;

	do
	:: atomic { nempty(wire[me]) ->
		wire[me]?kind, number, ack, ghost, message;
		if
		:: take()
		:: MINE.losses -> MINE.losses = (LOSSES == ANY -> MINE.losses : MINE.losses - 1)
		fi;
		kind = 0; number = 0; ack = 0; ghost = 0; message = 0 }

	:: atomic { nfull(wire[1 - me]) && (MINE.due || MINE.owed) -> send_control() }
	:: atomic { nfull(wire[1 - me]) && SENDING(me) -> send_data() }
	:: atomic { MINE.state == IDLE && MORE(me) -> make(0) }

	/* Time-outs, and giving up. */
#ifdef MESSAGES
	:: atomic { QUIET && (EXPIRES(0) || EXPIRES(1)) -> expire(0); expire(1) }
#else
	:: atomic { EXPIRES(me) -> expire(me) }
#endif
	:: atomic { MINE.give_ups && ((MINE.state == UP && MINE.held) || MINE.state == MAKING) ->
		MINE.give_ups--;
		go_down(0) }

	:: atomic { MINE.state == DOWN ->
		MINE.relied = 0;
		if
		:: MINE.heard -> make(0)
		:: else -> MINE.state = IDLE
		fi }

	:: atomic { MINE.resets && !over ->
		MINE.resets--;
		FORGET;
		MINE.state = IDLE;
		MINE.mine = 0;
		MINE.theirs = 0;
		MINE.heard = 0;
		MINE.relied = 0 }

#ifdef MESSAGES
	/* The end: everything was acknowledged, or its loss reported; what the peer has taken is what was acknowledged. */
	:: atomic { QUIET && !EXPIRES(0) && !EXPIRES(1) ->
		assert(!n[0].held && !n[1].held && !MORE(0) && !MORE(1));
		assert(n[0].state != UP || n[1].state != UP || SESSION(0) != TURNED(SESSION(1)) ||
		       (n[0].acked == n[1].taken && n[1].acked == n[0].taken));
		over = 1;
		break }
#endif
	od
}

init {
	byte i;
	atomic {
		for (i : 0 .. 1) {
			n[i].state = UP;
			n[i].relied = 1;
			n[i].resets = RESETS;
			n[i].give_ups = GIVE_UPS;
			n[i].losses = LOSSES;
			n[i].repeats = REPEATS;
#ifdef MESSAGES
			n[i].left = MESSAGES;
#endif
		}
		i = 0;
		run run_node(0);
		run run_node(1)
	}
}
