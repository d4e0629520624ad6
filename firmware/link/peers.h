/* What needs the program's state S (state.h). */
#ifndef FIRMWARE_LINK_PEERS_H
#define FIRMWARE_LINK_PEERS_H

/* peer_of: the peer whose number, modulo LINK_MAX_NODES, stands in `word` from bit `from` on. */
static inline struct peer *
peer_of(uint32_t word, unsigned from)
{
	struct peer *peer = &S.peers[bits(word, from, LINK_NODE_BITS)];
	ARCH_KEEP(peer);
	return peer;
}

static inline void
count(uint32_t which)
{
	uint32_t at = CTRL(counter) + 4 * which;
	sram_write(at, sram_read(at) + 1);
}

#endif
