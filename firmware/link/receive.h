/* Packets from the network: is it the next data packet of some peer?  Else what it is; keeps the receive engine armed.
 */
#ifndef FIRMWARE_LINK_RECEIVE_H
#define FIRMWARE_LINK_RECEIVE_H

#define ACK_RECEIVED_BYTES (LINK_HEADER + 4u) /* with the residue */

/* receive_drop: whatever it is that ends at `end`, it is not the next packet of some peer. */
void receive_drop(struct arrival *arrival, uint32_t isr, uint32_t end);
/* receive_refuse: the packet is well, but the program does not want it. */
void receive_refuse(struct arrival *arrival);
/* receive_again: a network reset took away what was coming in: arms the same buffer again.  Not `sure`: perhaps it did;
 * an engine that is armed takes no notice. */
void receive_again(uint32_t sure);

/* receive_take: of the program: the next data packet of `peer`, whose link and key words are given; it says so to the
 * link (receive_taken). */
HOT void receive_take(struct arrival *arrival, struct peer *peer, uint32_t at, uint32_t link, uint32_t key,
                      uint32_t bytes);

/* receive_taken: the packet with this link word was in order. */
HOT void
receive_taken(struct peer *peer, uint32_t link)
{
	peer->expected = low_bits(peer->expected + 1, SEQUENCE_BITS);
	peer->gap = 0;
	link_ack_soon(peer);
	link_acknowledged(peer, low_bits(link, SEQUENCE_BITS));
}

/* receive_ack: is it a sound acknowledgement from a node whose link is up?  1 if so, and it is dealt with. */
HOT uint32_t
receive_ack(struct arrival *arrival, uint32_t source, uint32_t bytes, uint32_t link, uint32_t odd)
{
	struct peer *peer = peer_of(source, 0);
	uint32_t other = source >> LINK_NODE_BITS ^ (LINK_KIND_ACK - LINK_KIND_DATA) << (8 - LINK_NODE_BITS);
	if (other | odd | (bytes ^ ACK_RECEIVED_BYTES))
		return 0;
	if (peer->state != LINK_UP)
		return 0;
	count(COUNTER(ACKS_RECEIVED));
	receive_release(arrival);
	link_acknowledged(peer, low_bits(link, SEQUENCE_BITS));
	return 1;
}

/* receive_packet: ISR showed one of RECEIVE_EVENTS. */
HOT void
receive_packet(uint32_t isr)
{
	struct arrival *arrival = S.armed;
	uint32_t end = reg_read(LANAI_RMP);
	reg_write(LANAI_ISR, RECEIVE_BITS);
	receive_arm_next();
	uint32_t at = arrival->at;
	uint32_t source = sram_read(at) - S.data_type_of_0;
	struct peer *peer = peer_of(source, 0);
	uint32_t link = sram_read(at + 4);
	uint32_t key = sram_read(at + 12);
	uint32_t bytes = low_bits(key, LINK_LENGTH_BITS);
	uint32_t residue = sram_read(end - 4) >> LANAI_CRC_RESIDUE_SHIFT;
	uint32_t odd = residue | (isr & RECEIVE_ODD) | S.draining;
	uint32_t wrong = source >> LINK_NODE_BITS | odd | ((link >> 16) ^ peer->expected) |
	                 (end - at - ARRIVAL_OVERHEAD - bytes);
	if (!wrong)
		receive_take(arrival, peer, at, link, key, bytes);
	else if (!receive_ack(arrival, source, end - at, link, odd))
		receive_drop(arrival, isr, end);
}

#endif
