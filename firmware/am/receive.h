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
/* receive_bulk: so many bytes of data that name their place: queued for the window, 1; or 0 if they may not go there.
 */
uint32_t receive_bulk(struct arrival *arrival, const struct port *port, uint32_t data);

/* receive_part: a piece of the data is queued. */
HOT void
receive_part(struct arrival *arrival, uint32_t which, uint32_t sram, uint32_t bus, uint32_t bytes)
{
	struct transfer *part = &arrival->part[which];
	ARCH_KEEP(part);
	part->use = DMA_PART;
	part->events = 0;
	part->sram = sram;
	part->direction = DMA_TO_HOST;
	part->bus = bus;
	part->bytes = bytes;
	dma_queue(part);
}

/* word_offset: of the word of an endpoint whose number stands in the low bits of `to`, in an array. */
HOT uint32_t
word_offset(uint32_t to)
{
	uint32_t high = to << 30;
	ARCH_KEEP(high);
	high >>= 28;
	ARCH_KEEP(high);
	return high;
}

/* receive_wake: somebody sleeps until an entry of the endpoint with this word of am_ctrl.armed is there. */
void receive_wake(uint32_t armed);

/* receive_delivered: the entry is in host memory. */
HOT void
receive_delivered(struct arrival *arrival)
{
	uint32_t armed = CTRL(armed) + word_offset(sram_read(arrival->at + WORD_TO));
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

/* receive_lap: the next entry is not right behind the last one. */
void receive_lap(struct port *port);

/* receive_deliver: the entry, whose words are in the buffer `at` from its beginning on.  Not `alone`: behind its data,
 * which are queued. */
HOT void
receive_deliver(struct arrival *arrival, struct port *port, uint32_t at, uint32_t bytes, uint32_t alone)
{
	uint32_t serial = port->serial + 1;
	uint32_t bus = port->entry_bus;
	port->serial = serial;
	sram_write(at + WORD_LINK, serial);
	arrival->deposit.bus = bus;
	arrival->deposit.bytes = bytes;
	if (alone)
		dma_queue_entry(&arrival->deposit);
	else
		dma_queue(&arrival->deposit);
	port->entry_bus = bus + (1u << ENTRY_SHIFT);
	if (!(serial & port->lap))
		receive_lap(port);
	count(AM_C_DELIVERED);
}

/* receive_data: of a message that is not short: queued for the window, 1; or 0 if they may not go there. */
HOT uint32_t
receive_data(struct arrival *arrival, const struct port *port, uint32_t key, uint32_t bytes)
{
	uint32_t data = bytes - HEAD_BYTES;
	if (AM_KEY_KIND(key) == AM_KIND_BULK)
		return receive_bulk(arrival, port, data);
	if (data - 1 >= AM_DATA_MAX)
		return 0;
	uint32_t entry = port->serial & port->mask;
	receive_part(arrival, 0, arrival->deposit.sram + ENTRY_HEAD, sram_read(port->data + 4 * entry), data);
	return 1;
}

/* receive_message: whether it may come in, and in. */
HOT void
receive_message(struct arrival *arrival, uint32_t at, uint32_t key, uint32_t bytes)
{
	uint32_t to = sram_read(at + WORD_TO);
	struct port *port = port_of(to);
	if ((to & ~NAME_OTHER_BITS) != port->name) {
		receive_refused(arrival, to, key, AM_C_DROP_PROTECTION);
		return;
	}
	uint32_t node = sram_read(at) << (32 - LINK_NODE_BITS), other = to << (32 - 8 - 2);
	ARCH_KEEP(node);
	ARCH_KEEP(other);
	uint32_t tally = tally_of(port->tallies, node, other & 0xC0000000u);
	uint32_t counts = sram_read(tally);
	uint32_t change = receive_credit(counts, key);
	if (!change) {
		receive_refused(arrival, to, key, AM_C_DROP_CREDIT);
		return;
	}
	counts += change;
	if (AM_KEY_KIND(key) <= AM_KIND_SHORT) {
		if (bytes - 1 < PROGRAM_SHORT_DATA) {
			receive_deliver(arrival, port, at, LINK_DATA_HEADER + bytes, 1);
			sram_write(tally, receive_tally(counts, key));
			return;
		}
	} else if (receive_data(arrival, port, key, bytes)) {
		receive_deliver(arrival, port, at, ENTRY_HEAD, 0);
		sram_write(tally, receive_tally(counts, key));
		return;
	}
	receive_refused(arrival, to, key, AM_C_DROP_PROTECTION);
}

HOT void
receive_take(struct arrival *arrival, struct peer *peer, uint32_t at, uint32_t link, uint32_t key, uint32_t bytes)
{
	receive_message(arrival, at, key, bytes);
	receive_taken(peer, link);
}

#endif
