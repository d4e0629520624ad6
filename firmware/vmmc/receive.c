#include "firmware/vmmc/receive.h"

void
receive_again(void)
{
	S.draining = 0;
	if (S.armed)
		receive_arm(S.armed);
}

/* take_control: a negative acknowledgement. Returns 0 if it is none. */
static uint32_t
take_control(struct peer *peer, uint32_t kind, uint32_t link, uint32_t bytes)
{
	if (bytes != ACK_RECEIVED_BYTES || kind != VMMC_KIND_NACK)
		return 0;
	count(VMMC_C_NACKS_RECEIVED);
	link_acknowledged(peer, link & 0xFFFF);
	link_go_back(peer);
	return 1;
}

/* out_of_order: a sound data packet that is not the next one. */
static void
out_of_order(struct peer *peer, uint32_t link)
{
	int32_t ahead = (int32_t)(link - (peer->expected << SEQUENCE_BITS)) >> SEQUENCE_BITS;
	link_acknowledged(peer, link & 0xFFFF);
	if (ahead < 0) {
		count(VMMC_C_DROP_DUPLICATE);
		link_ack_now(peer, 0);
		return;
	}
	count(VMMC_C_DROP_GAP);
	if (peer->gap)
		return;
	peer->gap = 1;
	link_ack_now(peer, 1);
}

/* not_in_order: everything that is not the next data packet of some peer: finds out what it is. */
static void
not_in_order(uint32_t at, uint32_t end)
{
	uint32_t type = sram_read(at);
	uint32_t link = sram_read(at + 4);
	uint32_t source = type & 0xFF;
	uint32_t kind = type >> 8 & 0xFF;
	uint32_t bytes = end - at;
	if (sram_read(end - 4) >> LANAI_CRC_RESIDUE_SHIFT) {
		count(VMMC_C_DROP_CRC);
		return;
	}
	if (type >> 16 != VMMC_TYPE || source >= VMMC_MAX_NODES || !S.peers[source].reachable) {
		count(VMMC_C_DROP_TYPE);
		return;
	}
	struct peer *peer = peer_of(source, 0);
	if (kind == VMMC_KIND_DATA && bytes == ARRIVAL_OVERHEAD + VMMC_KEY_LENGTH(sram_read(at + 12)))
		out_of_order(peer, link);
	else if (kind == VMMC_KIND_DATA || !take_control(peer, kind, link, bytes))
		count(VMMC_C_DROP_TYPE);
}

void
receive_refuse(struct arrival *arrival)
{
	count(VMMC_C_DROP_PROTECTION);
	receive_release(arrival);
}

/* odd_end: BUFF, or a tail with a ragged length or behind a BUFF. The next buffer takes what is left of the packet. */
static void
odd_end(uint32_t isr, uint32_t end)
{
	uint32_t residue = sram_read(end - 4) >> LANAI_CRC_RESIDUE_SHIFT;
	if (isr & LANAI_ISR_BUFF && !S.draining)
		count(VMMC_C_LONG_PACKETS);
	else if (!S.draining)
		count(residue ? VMMC_C_DROP_CRC : VMMC_C_DROP_TYPE);
	S.draining = isr & LANAI_ISR_BUFF;
}

void
receive_drop(struct arrival *arrival, uint32_t isr, uint32_t end)
{
	if ((isr & RECEIVE_ODD) | S.draining)
		odd_end(isr, end);
	else
		not_in_order(arrival->at, end);
	receive_release(arrival);
}
