/* What comes and is not simply a short message. */
#include "firmware/am/receive.h"

/* An honest sender has no more than AM_CREDITS of them on their way to old and new endpoints each. */
#define RETURNS_MAX 15u

/* refused_request: its sender hears of it when it can be told (ports_return). */
static void
refused_request(const struct arrival *arrival, uint32_t to, uint32_t key)
{
	uint32_t node = low_bits(sram_read(arrival->at), LINK_NODE_BITS);
	uint32_t tally = tally_at(low_bits(to, 2), node, bits(to, 8, 2));
	uint32_t counts = sram_read(tally);
	if (bits(counts, TALLY_RETURN_BIT, TALLY_BITS) == RETURNS_MAX)
		return;
	sram_write(tally, receive_tally(counts + TALLY_RETURN, key));
	S.returning++;
}

void
receive_refused(struct arrival *arrival, uint32_t to, uint32_t key, enum am_counter why)
{
	if (!AM_KEY_REPLY(key) && why == AM_C_DROP_PROTECTION)
		refused_request(arrival, to, key);
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

static void
queue_part(struct arrival *arrival, uint32_t which, uint32_t sram, uint32_t bus, uint32_t bytes)
{
	struct transfer *part = &arrival->part[which];
	part->use = DMA_PART;
	part->events = 0;
	part->sram = sram;
	part->direction = DMA_TO_HOST;
	part->bus = bus;
	part->bytes = bytes;
	dma_queue(part);
}

/* in_bulk: [offset, +bytes) lies in the port's bulk part. */
static uint32_t
in_bulk(const struct port *port, uint32_t offset, uint32_t bytes)
{
	return !(offset & 3) && offset <= port->bulk_bytes && bytes <= port->bulk_bytes - offset;
}

uint32_t
receive_long(struct arrival *arrival, const struct port *port, uint32_t key, uint32_t bytes)
{
	uint32_t sram = arrival->at + ENTRY_HEAD;
	uint32_t data = bytes - HEAD_BYTES;
	uint32_t entry = port->serial & port->mask;
	uint32_t offset = port->data + (entry << AM_PAGE_SHIFT);
	if (bytes <= HEAD_BYTES || data > AM_DATA_MAX || data & 3)
		return 0;
	if (AM_KEY_KIND(key) == AM_KIND_BULK) {
		offset = sram_read(arrival->at + LINK_DATA_HEADER + 4 * AM_BULK_WORD);
		if (!in_bulk(port, offset, data))
			return 0;
		offset += port->bulk;
	}
	uint32_t first = AM_PAGE - low_bits(offset, AM_PAGE_SHIFT);
	if (first > data)
		first = data;
	queue_part(arrival, 0, sram, window_bus(port, offset), first);
	if (first < data)
		queue_part(arrival, 1, sram + first, window_bus(port, offset + first), data - first);
	return 1;
}
