/* What comes and is not simply a short message. */
#include "firmware/am/port.h"
#include "firmware/am/receive.h"

/* refused_request: its sender hears of it, now or when it can be told.  One without a credit is a mistake, unless old
 * ones stand in its way. */
static void
refused_request(const struct arrival *arrival, uint32_t to, uint32_t key, enum am_counter why)
{
	uint32_t node = low_bits(sram_read(arrival->at), LINK_NODE_BITS);
	uint32_t number = low_bits(to, 2), other = bits(to, 8, 2);
	uint32_t tally = tally_at(number, node, other);
	uint32_t counts = sram_read(tally);
	if (why == AM_C_DROP_CREDIT && !bits(counts, TALLY_STALE_BIT, TALLY_BITS))
		return;
	if (bits(counts, TALLY_RETURN_BIT, TALLY_RETURN_BITS) == RETURNS_MAX)
		return;
	sram_write(tally, receive_tally(counts + TALLY_RETURN, key));
	S.returning++;
	ports_end_one(number, node, other);
}

void
receive_refused(struct arrival *arrival, uint32_t to, uint32_t key, enum am_counter why)
{
	if (!AM_KEY_REPLY(key))
		refused_request(arrival, to, key, why);
	count(why);
	receive_release(arrival);
}

void
receive_wake(uint32_t armed)
{
	sram_write(armed, 0);
	count(AM_C_WAKES);
	reg_write(LANAI_ISR, LANAI_ISR_HOST_SIG);
}

void
receive_lap(struct port *port)
{
	port->entry_bus = window_bus(port, port->ring + ((port->serial & port->mask) << ENTRY_SHIFT));
}

/* in_bulk: [offset, +bytes) lies in the port's bulk part. */
static uint32_t
in_bulk(const struct port *port, uint32_t offset, uint32_t bytes)
{
	return !(offset & 3) && offset <= port->bulk_bytes && bytes <= port->bulk_bytes - offset;
}

uint32_t
receive_bulk(struct arrival *arrival, const struct port *port, uint32_t data)
{
	uint32_t sram = arrival->at + ENTRY_HEAD;
	uint32_t offset = sram_read(arrival->at + LINK_DATA_HEADER + 4 * AM_BULK_WORD);
	if (data - 1 >= AM_DATA_MAX || !in_bulk(port, offset, data))
		return 0;
	offset += port->bulk;
	uint32_t first = AM_PAGE - low_bits(offset, AM_PAGE_SHIFT);
	if (first > data)
		first = data;
	receive_part(arrival, 0, sram, window_bus(port, offset), first);
	if (first < data)
		receive_part(arrival, 1, sram + first, window_bus(port, offset + first), data - first);
	return 1;
}
