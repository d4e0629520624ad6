/* Requests that end without a reply: those that came and were refused go back; of those that could not leave, or whose
 * receiver is down, the own process is told. */
#include "firmware/am/port.h"
#include "firmware/am/receive.h"

/* send_back: one request that endpoint `other` of `node` sent to endpoint `number` here; 0 if it must wait. */
static uint32_t
send_back(uint32_t number, uint32_t node, uint32_t other, uint32_t tag)
{
	struct packet *packet = S.free_short;
	struct peer *peer = &S.peers[node];
	if (!packet || !peer->room) {
		link_lacks();
		return 0;
	}
	uint32_t at = packet->at, last = at + PACKET_DATA;
	S.free_short = packet->next;
	peer->room--;
	link_address(packet, peer, at);
	sram_write(at + PACKET_DEST, AM_TO(tag, number, other));
	sram_write(at + PACKET_KEY, AM_KEY(0, AM_KIND_RETURN, 1, 4));
	sram_write(at + PACKET_DATA, 0);
	packet->last = last;
	link_send(packet, peer, at, last);
	count(AM_C_RETURNS);
	return 1;
}

/* tell: the process of endpoint `number` that a request of its to endpoint `other` of `node` is lost; 0 if it must
 * wait: one buffer stays for what comes.  As if it had come back. */
static uint32_t
tell(uint32_t number, uint32_t node, uint32_t other)
{
	struct port *port = &S.ports[number];
	struct arrival *arrival = S.free_arrivals;
	if (!arrival || !arrival->next)
		return 0;
	uint32_t at = arrival->at;
	S.free_arrivals = arrival->next;
	sram_write(at, S.data_type_of_0 + node);
	sram_write(at + WORD_TO, port->name | other << 8);
	sram_write(at + WORD_KEY, AM_KEY(0, AM_KIND_RETURN, 1, 4));
	sram_write(at + LINK_DATA_HEADER, 0);
	receive_deliver(arrival, port, at, LINK_DATA_HEADER + 4, 1);
	return 1;
}

uint32_t
ports_end_one(uint32_t number, uint32_t node, uint32_t other)
{
	uint32_t at = tally_at(number, node, other);
	uint32_t counts = sram_read(at), change = 0;
	if (bits(counts, TALLY_RETURN_BIT, TALLY_RETURN_BITS) &&
	    send_back(number, node, other, counts >> TALLY_TAG_BIT))
		change = TALLY_RETURN;
	else if (bits(counts, TALLY_LOST_BIT, TALLY_BITS) && tell(number, node, other))
		change = TALLY_LOST;
	if (!change)
		return 0;
	sram_write(at, counts - change);
	S.returning--;
	return 1;
}

void
ports_return(void)
{
	for (uint32_t node = 0; node < S.nodes; node++)
		for (uint32_t number = 0; number < AM_ENDPOINTS; number++)
			for (uint32_t other = 0; other < AM_ENDPOINTS; other++)
				while (S.returning && ports_end_one(number, node, other))
					;
}
