/* What comes for the endpoints: checked, counted, delivered. */
#ifndef FIRMWARE_AM_RECEIVE_H
#define FIRMWARE_AM_RECEIVE_H

#include "firmware/am/dma.h"

#include "firmware/link/receive.h"

#define ENTRY_SHIFT 6 /* bytes of an entry */
_Static_assert(sizeof(struct am_entry) == 1u << ENTRY_SHIFT, "entries");
#define ENTRY_HEAD (LINK_DATA_HEADER + HEAD_BYTES) /* bytes of the entry of a long message */

#define WORD_TO   8u /* in an arrival */
#define WORD_LINK 4u
#define WORD_KEY  12u

/* receive_refused: a message for nobody, or without a credit: dropped, and if it is a request, returned. */
void receive_refused(struct arrival *arrival, uint32_t to, uint32_t key, enum am_counter why);
/* receive_long: the data of a message that is not short: queued for the window, 1; or 0 if they may not go there. */
uint32_t receive_long(struct arrival *arrival, const struct port *port, uint32_t key, uint32_t bytes);

/* receive_wake: somebody sleeps until an entry of the endpoint with this word of am_ctrl.armed is there. */
void receive_wake(uint32_t armed);

/* receive_delivered: the entry is in host memory. */
HOT void
receive_delivered(struct arrival *arrival)
{
	uint32_t armed = CTRL(armed) + 4 * low_bits(sram_read(arrival->at + WORD_TO), 2);
	if (sram_read(armed))
		receive_wake(armed);
	receive_release(arrival);
}

/* receive_credit: what a message with this key adds to its tally; 0 if there is no credit for it. */
HOT uint32_t
receive_credit(uint32_t tally, uint32_t key)
{
	if (bits(key, 13, 1))
		return low_bits(tally, TALLY_BITS) ? 0 - TALLY_OUT : 0;
	return bits(tally, TALLY_OWED_BIT, 2 * TALLY_BITS) < AM_CREDITS ? TALLY_OWED : 0;
}

/* receive_tally: with these counts, and the tag of the message. */
HOT uint32_t
receive_tally(uint32_t counts, uint32_t key)
{
	return key >> TALLY_TAG_BIT << TALLY_TAG_BIT | low_bits(counts, TALLY_TAG_BIT);
}

/* receive_deliver: the entry, whose words are in the buffer from its beginning on. */
HOT void
receive_deliver(struct arrival *arrival, struct port *port, uint32_t bytes)
{
	uint32_t entry = port->serial & port->mask;
	uint32_t serial = port->serial + 1;
	port->serial = serial;
	sram_write(arrival->at + WORD_LINK, serial);
	arrival->deposit.bus = window_bus(port, port->ring + (entry << ENTRY_SHIFT));
	arrival->deposit.bytes = bytes;
	dma_queue(&arrival->deposit);
	count(AM_C_DELIVERED);
}

/* receive_message: whether it may come in, and in. */
HOT void
receive_message(struct arrival *arrival, uint32_t at, uint32_t key, uint32_t bytes)
{
	uint32_t to = sram_read(at + WORD_TO);
	struct port *port = &S.ports[low_bits(to, 2)];
	uint32_t tally = tally_at(low_bits(to, 2), low_bits(sram_read(at), LINK_NODE_BITS), bits(to, 8, 2));
	uint32_t counts = sram_read(tally);
	uint32_t change = receive_credit(counts, key);
	if (!port->open || to >> 16 != port->tag || bits(to, 2, 6) | bits(to, 10, 6)) {
		receive_refused(arrival, to, key, AM_C_DROP_PROTECTION);
		return;
	}
	if (!change) {
		receive_refused(arrival, to, key, AM_C_DROP_CREDIT);
		return;
	}
	if (AM_KEY_KIND(key) <= AM_KIND_SHORT) {
		if (!bytes || bytes > PROGRAM_SHORT_DATA) {
			receive_refused(arrival, to, key, AM_C_DROP_PROTECTION);
			return;
		}
		sram_write(tally, receive_tally(counts + change, key));
		receive_deliver(arrival, port, LINK_DATA_HEADER + bytes);
		return;
	}
	if (!receive_long(arrival, port, key, bytes)) {
		receive_refused(arrival, to, key, AM_C_DROP_PROTECTION);
		return;
	}
	sram_write(tally, receive_tally(counts + change, key));
	receive_deliver(arrival, port, ENTRY_HEAD);
}

HOT void
receive_take(struct arrival *arrival, struct peer *peer, uint32_t at, uint32_t link, uint32_t key, uint32_t bytes)
{
	receive_message(arrival, at, key, bytes);
	receive_taken(peer, link);
}

#endif
