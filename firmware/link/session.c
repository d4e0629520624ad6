
/* A node's number in a session: its incarnation, and a count that is not 0. */
#define INCARNATION_BIT  8
#define INCARNATION_BITS 8
#define COUNT_MAX        255u

#define NO_ACKS 0xFFFFFFFFu /* S.ack_every */

/* LANAI_TIMEOUT: 4 s; each one below is a fourth of it. */
#define LONGEST_RESET       3u
#define LONGEST_RESET_TICKS 8000000u

static uint32_t
node_of(const struct peer *peer)
{
	return (uint32_t)(peer - S.peers);
}

static uint32_t
new_number(void)
{
	S.sessions = S.sessions == COUNT_MAX ? 1 : S.sessions + 1;
	return low_bits(S.incarnation, INCARNATION_BITS) << INCARNATION_BIT | S.sessions;
}

static void
up(struct peer *peer)
{
	peer->state = LINK_UP;
	peer->room = S.window;
	peer->next_sequence = S.first_sequence << SEQUENCE_BITS;
	peer->base = peer->expected = S.first_sequence;
	peer->due = 0;
	peer->quiet = 0;
	peer->backoff = 0;
	if (peer->timed) {
		peer->rto_at = reg_read(LANAI_RTC) + S.rto;
		link_time(peer);
	}
}

/* set_down: its bit in ctrl.down. */
static void
set_down(const struct peer *peer, uint32_t on)
{
	uint32_t node = node_of(peer);
	uint32_t at = CTRL(down) + 4 * (node >> 5);
	uint32_t bit = 1u << (node & 31);
	uint32_t word = sram_read(at) & ~bit;
	if (on)
		word |= bit;
	sram_write(at, word);
}

void
session_down(struct peer *peer)
{
	peer->state = LINK_DOWN;
	peer->expected = NO_SEQUENCE;
	peer->heard = 0;
	link_drop(peer);
	dma_drop(peer);
	set_down(peer, 1);
	count(COUNTER(PEERS_DOWN));
	reg_write(LANAI_ISR, LANAI_ISR_HOST_SIG);
}

/* make: `theirs` is the peer's number, 0 if it is not known. */
static void
make(struct peer *peer, uint32_t theirs)
{
	peer->state = LINK_MAKING;
	peer->mine = new_number();
	peer->theirs = theirs;
	link_control(peer, LINK_KIND_SYN);
	peer->rto_at = reg_read(LANAI_RTC) + S.rto;
	link_time(peer);
}

void
session_make(struct peer *peer)
{
	make(peer, 0);
}

void
session_peer_up(uint32_t node)
{
	struct peer *peer = &S.peers[node];
	if (peer->state != LINK_DOWN)
		return;
	set_down(peer, 0);
	peer->state = LINK_IDLE;
	if (peer->heard)
		session_make(peer);
}

/* in_making: a SYN or SYNACK from `theirs`, who takes our number for `mine`. */
static void
in_making(struct peer *peer, uint32_t kind, uint32_t theirs, uint32_t mine)
{
	peer->theirs = theirs;
	if (mine != peer->mine) {
		link_control(peer, LINK_KIND_SYN);
		return;
	}
	up(peer);
	if (kind == LINK_KIND_SYN)
		link_control(peer, LINK_KIND_SYNACK);
}

static void
in_up(struct peer *peer, uint32_t kind, uint32_t theirs, uint32_t mine)
{
	if (theirs != peer->theirs) {
		session_down(peer);
		peer->heard = 1;
	} else if (kind == LINK_KIND_SYN && mine == peer->mine) {
		link_control(peer, LINK_KIND_SYNACK);
	}
}

void
session_control(struct peer *peer, uint32_t kind, uint32_t link)
{
	uint32_t theirs = link >> SEQUENCE_BITS, mine = low_bits(link, SEQUENCE_BITS);
	if (!S.reliable)
		count(COUNTER(DROP_TYPE));
	else if (peer->state == LINK_IDLE)
		make(peer, theirs);
	else if (peer->state == LINK_MAKING)
		in_making(peer, kind, theirs, mine);
	else if (peer->state == LINK_UP)
		in_up(peer, kind, theirs, mine);
	else
		session_stray(peer);
}

void
session_stray(struct peer *peer)
{
	if (peer->state == LINK_UP)
		return;
	count(COUNTER(DROP_SESSION));
	peer->heard = 1;
	if (peer->state == LINK_IDLE)
		session_make(peer);
}

/* reset_period: of the network, the longest that is not longer than give_up, so that what one hung node blocks is free
 * again before others are taken for dead. */
static uint32_t
reset_period(uint32_t give_up)
{
	uint32_t period = LONGEST_RESET, ticks = LONGEST_RESET_TICKS;
	for (; give_up && period && ticks > give_up; period--)
		ticks >>= 2;
	return period;
}

void
session_init(void)
{
	S.window = sram_read(CTRL(window));
	S.first_sequence = low_bits(sram_read(CTRL(first_sequence)), SEQUENCE_BITS);
	S.give_up = sram_read(CTRL(give_up_ticks));
	reg_write(LANAI_TIMEOUT, reset_period(S.give_up));
	S.incarnation = sram_read(CTRL(incarnation));
	S.reliable = sram_read(CTRL(reliable));
	if (!S.reliable)
		S.ack_every = NO_ACKS;
	sram_write(CTRL(down), 0);
	sram_write(CTRL(down) + 4, 0);
	for (struct peer *peer = S.peers; peer < S.peers + LINK_MAX_NODES; peer++) {
		peer->expected = NO_SEQUENCE;
		if (peer->state == LINK_NONE)
			continue;
		peer->state = LINK_IDLE;
		if (!S.incarnation || !S.reliable)
			up(peer);
	}
}
