#include "firmware/vmmc/receive.h"
#include "firmware/vmmc/dma.h"
#include "firmware/vmmc/link.h"

#define ISR_BITS (LANAI_ISR_RECV | LANAI_ISR_BUFF | LANAI_ISR_TAIL | LANAI_ISR_ORUN1 | LANAI_ISR_ORUN2)
#define ISR_ODD  (LANAI_ISR_BUFF | LANAI_ISR_ORUN1 | LANAI_ISR_ORUN2) /* not a whole packet of whole words */

#define ACK_RECEIVED_BYTES (VMMC_ACK_BYTES + 4u) /* with the residue */

/* Bits of a bus address that the incoming page table covers. */
#define IN_BITS 25
_Static_assert(1u << IN_BITS == VMMC_MAX_FRAMES * VMMC_PAGE && VMMC_IN_WRITE == 1, "incoming page table");

#define LENGTH_BITS 13 /* of a key */
_Static_assert(VMMC_KEY_LENGTH(0xFFFFFFFFu) == (1u << LENGTH_BITS) - 1, "length in a key");

static inline void
arm(struct arrival *arrival)
{
	reg_write(LANAI_RMP, arrival->at);
	reg_write(LANAI_RML, arrival->at + ARRIVAL_BYTES - 4);
}

static inline void
arm_next(void)
{
	struct arrival *arrival = S.free_arrivals;
	S.armed = arrival;
	if (!arrival)
		return;
	S.free_arrivals = arrival->next;
	arm(arrival);
}

void
receive_release(struct arrival *arrival)
{
	if (S.armed) {
		arrival->next = S.free_arrivals;
		S.free_arrivals = arrival;
		return;
	}
	S.armed = arrival;
	arm(arrival);
}

void
receive_again(void)
{
	S.draining = 0;
	if (S.armed)
		arm(S.armed);
}

/* take_control: an acknowledgement, perhaps negative. Returns 0 if it is neither. */
static uint32_t
take_control(struct peer *peer, uint32_t kind, uint32_t link, uint32_t bytes)
{
	if (bytes != ACK_RECEIVED_BYTES)
		return 0;
	if (kind == VMMC_KIND_ACK)
		count(VMMC_C_ACKS_RECEIVED);
	else if (kind == VMMC_KIND_NACK)
		count(VMMC_C_NACKS_RECEIVED);
	else
		return 0;
	link_acknowledged(peer, link & 0xFFFF);
	if (kind == VMMC_KIND_NACK)
		link_go_back(peer);
	return 1;
}

/* out_of_order: a sound data packet that is not the next one. */
static void
out_of_order(struct peer *peer, uint32_t link)
{
	int32_t ahead = (int32_t)(link - (peer->expected << 16)) >> 16;
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

/* refused: 0 if the incoming page table lets this deposit through.  The length is 4 .. VMMC_PAGE, within the page. */
static inline uint32_t
refused(uint32_t dest, uint32_t key, uint32_t bytes, uint32_t entry)
{
	uint32_t end = low_bits(dest, VMMC_PAGE_SHIFT) + bytes - 1;
	uint32_t beyond = (end | (bytes - 4)) >> VMMC_PAGE_SHIFT;
	return (entry ^ key) >> 16 | not_low(entry ^ VMMC_IN_WRITE, 1) | dest / (VMMC_MAX_FRAMES * VMMC_PAGE) | beyond |
	       not_low(dest | bytes, 2);
}

static inline uint32_t
in_entry(uint32_t dest)
{
	return sram_read(VMMC_IN_TABLE + 4 * (low_bits(dest, IN_BITS) >> VMMC_PAGE_SHIFT));
}

/* take_data: the next data packet of `peer`. */
static inline void
take_data(struct arrival *arrival, struct peer *peer, uint32_t at, uint32_t key, uint32_t bytes)
{
	uint32_t dest = sram_read(at + 8);
	uint32_t entry = in_entry(dest);
	if (refused(dest, key, bytes, entry)) {
		count(VMMC_C_DROP_PROTECTION);
		receive_release(arrival);
	} else {
		dma_deposit(arrival, at + ARRIVAL_DATA, dest, bytes);
		arrival->notify = VMMC_KEY_FLAGS(key) & (entry >> 1) & VMMC_KEY_NOTIFY;
	}
	peer->expected = (peer->expected + 1) & 0xFFFF;
	peer->gap = 0;
	link_acknowledged(peer, low_bits(sram_read(at + 4), 16));
	link_ack_soon(peer);
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

/* dropped: whatever it was, its buffer is free again. */
static void
dropped(struct arrival *arrival, uint32_t isr, uint32_t end)
{
	if ((isr & ISR_ODD) | S.draining)
		odd_end(isr, end);
	else
		not_in_order(arrival->at, end);
	receive_release(arrival);
}

void
receive_packet(uint32_t isr)
{
	struct arrival *arrival = S.armed;
	uint32_t end = reg_read(LANAI_RMP);
	reg_write(LANAI_ISR, ISR_BITS);
	arm_next();
	uint32_t at = arrival->at;
	uint32_t source = sram_read(at) - S.data_type_of_0;
	struct peer *peer = peer_of(source, 0);
	uint32_t link = sram_read(at + 4);
	uint32_t key = sram_read(at + 12);
	uint32_t bytes = low_bits(key, LENGTH_BITS);
	uint32_t residue = sram_read(end - 4) >> LANAI_CRC_RESIDUE_SHIFT;
	uint32_t wrong = (source & ~(VMMC_MAX_NODES - 1)) | residue | ((link >> 16) ^ peer->expected) |
	                 (end - at - ARRIVAL_OVERHEAD - bytes) | (isr & ISR_ODD) | S.draining;
	if (wrong)
		dropped(arrival, isr, end);
	else
		take_data(arrival, peer, at, key, bytes);
}
