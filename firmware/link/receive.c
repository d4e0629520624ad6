
void
receive_again(uint32_t sure)
{
	if (sure)
		S.draining = 0;
	if (S.armed)
		receive_arm(S.armed);
}

/* take_control: a whole control packet.  ACK comes here only if the link is not up. */
static void
take_control(struct peer *peer, uint32_t kind, uint32_t link)
{
	if (kind == LINK_KIND_SYN || kind == LINK_KIND_SYNACK) {
		session_control(peer, kind, link);
	} else if (peer->state != LINK_UP) {
		session_stray(peer);
	} else if (kind == LINK_KIND_NACK) {
		count(COUNTER(NACKS_RECEIVED));
		link_acknowledged(peer, link & 0xFFFF);
		link_go_back(peer);
	}
}

/* out_of_order: a sound data packet that is not the next one. */
static void
out_of_order(struct peer *peer, uint32_t link)
{
	int32_t ahead = (int32_t)(link - (peer->expected << SEQUENCE_BITS)) >> SEQUENCE_BITS;
	link_acknowledged(peer, link & 0xFFFF);
	if (ahead < 0) {
		count(COUNTER(DROP_DUPLICATE));
		link_control(peer, LINK_KIND_ACK);
		return;
	}
	count(COUNTER(DROP_GAP));
	if (peer->gap)
		return;
	peer->gap = 1;
	link_control(peer, LINK_KIND_NACK);
}

/* take_data: a whole data packet that is not the next one, or whose link is not up.  Without reliability it is as good
 * as any: 1 if it was taken. */
static uint32_t
take_data(struct arrival *arrival, struct peer *peer, uint32_t link, uint32_t key)
{
	if (!S.reliable) {
		peer->expected = link >> SEQUENCE_BITS;
		receive_take(arrival, peer, arrival->at, link, key, LINK_LENGTH(key));
		return 1;
	}
	if (peer->state == LINK_UP)
		out_of_order(peer, link);
	else
		session_stray(peer);
	return 0;
}

/* not_in_order: everything that is not the next data packet of some peer: finds out what it is.  1 if it was taken. */
static uint32_t
not_in_order(struct arrival *arrival, uint32_t end)
{
	uint32_t at = arrival->at;
	uint32_t type = sram_read(at);
	uint32_t link = sram_read(at + 4);
	uint32_t source = type & 0xFF;
	uint32_t kind = type >> 8 & 0xFF;
	uint32_t bytes = end - at;
	if (sram_read(end - 4) >> LANAI_CRC_RESIDUE_SHIFT) {
		count(COUNTER(DROP_CRC));
		return 0;
	}
	if (type >> 16 != PROGRAM_TYPE || source >= LINK_MAX_NODES || S.peers[source].state == LINK_NONE) {
		count(COUNTER(DROP_TYPE));
		return 0;
	}
	struct peer *peer = peer_of(source, 0);
	uint32_t key = sram_read(at + 12);
	if (kind == LINK_KIND_DATA && bytes == ARRIVAL_OVERHEAD + LINK_LENGTH(key))
		return take_data(arrival, peer, link, key);
	if (kind > LINK_KIND_DATA && kind <= LINK_KIND_SYNACK && bytes == ACK_RECEIVED_BYTES)
		take_control(peer, kind, link);
	else
		count(COUNTER(DROP_TYPE));
	return 0;
}

void
receive_refuse(struct arrival *arrival)
{
	count(COUNTER(DROP_PROTECTION));
	receive_release(arrival);
}

/* odd_end: BUFF, or a tail with a ragged length or behind a BUFF. The next buffer takes what is left of the packet. */
static void
odd_end(uint32_t isr, uint32_t end)
{
	uint32_t residue = sram_read(end - 4) >> LANAI_CRC_RESIDUE_SHIFT;
	if (isr & LANAI_ISR_BUFF && !S.draining)
		count(COUNTER(LONG_PACKETS));
	else if (!S.draining)
		count(residue ? COUNTER(DROP_CRC) : COUNTER(DROP_TYPE));
	S.draining = isr & LANAI_ISR_BUFF;
}

void
receive_drop(struct arrival *arrival, uint32_t isr, uint32_t end)
{
	if ((isr & RECEIVE_ODD) | S.draining)
		odd_end(isr, end);
	else if (not_in_order(arrival, end))
		return;
	receive_release(arrival);
}
