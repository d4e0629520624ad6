/* What needs the program's state S (state.h). */
#ifndef FIRMWARE_LINK_PEERS_H
#define FIRMWARE_LINK_PEERS_H

#include "firmware/common/engines.h"

/* peer_of: the peer whose number, modulo LINK_MAX_NODES, stands in `word` from bit `from` on. */
static inline struct peer *
peer_of(uint32_t word, unsigned from)
{
	struct peer *peer = &S.peers[bits(word, from, LINK_NODE_BITS)];
	ARCH_KEEP(peer);
	return peer;
}

#endif
