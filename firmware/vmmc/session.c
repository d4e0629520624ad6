#include "firmware/vmmc/session.h"
#include "firmware/vmmc/dma.h"
#include "firmware/vmmc/link.h"

/* The session's number: who made it, a count, the maker's incarnation. */
#define MADE_BY_LOWER   1u
#define SESSION_SET     2u /* so that no number is 0 */
#define COUNT_BIT       2
#define COUNT_BITS      14
#define INCARNATION_BIT 16

static uint32_t
node_of(const struct peer *peer)
{
	return (uint32_t)(peer - S.peers);
}

static uint32_t
new_session(const struct peer *peer)
{
	uint32_t own = sram_read(CTRL(node));
	uint32_t number = S.incarnation << INCARNATION_BIT | SESSION_SET;
	S.sessions++;
	number |= low_bits(S.sessions, COUNT_BITS) << COUNT_BIT;
	if (own < node_of(peer))
		number |= MADE_BY_LOWER;
	return number;
}

static void
up(struct peer *peer, uint32_t session)
{
	peer->state = LINK_UP;
	peer->session = session;
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

/* set_down: its bit in vmmc_ctrl.down. */
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
	count(VMMC_C_PEERS_DOWN);
	reg_write(LANAI_ISR, LANAI_ISR_HOST_SIG);
}

void
session_make(struct peer *peer)
{
	peer->state = LINK_MAKING;
	peer->session = new_session(peer);
	link_control(peer, VMMC_KIND_SYN);
	peer->rto_at = reg_read(LANAI_RTC) + S.rto;
	link_time(peer);
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

static void
accept(struct peer *peer, uint32_t session)
{
	up(peer, session);
	link_control(peer, VMMC_KIND_SYNACK);
}

static void
take_syn(struct peer *peer, uint32_t session)
{
	if (peer->state == LINK_IDLE) {
		accept(peer, session);
	} else if (peer->state == LINK_MAKING) {
		if (peer->session & MADE_BY_LOWER)
			link_control(peer, VMMC_KIND_SYN);
		else
			accept(peer, session);
	} else if (peer->state == LINK_UP && peer->session == session) {
		link_control(peer, VMMC_KIND_SYNACK);
	} else {
		if (peer->state == LINK_UP)
			session_down(peer);
		peer->heard = 1;
	}
}

void
session_control(struct peer *peer, uint32_t kind, uint32_t session)
{
	if (!S.reliable)
		count(VMMC_C_DROP_TYPE);
	else if (kind == VMMC_KIND_SYN)
		take_syn(peer, session);
	else if (peer->state == LINK_MAKING && peer->session == session)
		up(peer, session);
	else
		session_stray(peer);
}

void
session_stray(struct peer *peer)
{
	if (peer->state == LINK_UP)
		return;
	count(VMMC_C_DROP_SESSION);
	peer->heard = 1;
	if (peer->state == LINK_IDLE)
		session_make(peer);
}

void
session_init(void)
{
	S.window = sram_read(CTRL(window));
	S.first_sequence = low_bits(sram_read(CTRL(first_sequence)), SEQUENCE_BITS);
	S.give_up = sram_read(CTRL(give_up_ticks));
	S.incarnation = sram_read(CTRL(incarnation));
	S.reliable = sram_read(CTRL(reliable));
	sram_write(CTRL(down), 0);
	sram_write(CTRL(down) + 4, 0);
	for (struct peer *peer = S.peers; peer < S.peers + VMMC_MAX_NODES; peer++) {
		peer->expected = NO_SEQUENCE;
		if (peer->state == LINK_NONE)
			continue;
		peer->state = LINK_IDLE;
		if (!S.incarnation || !S.reliable)
			up(peer, 0);
	}
}
