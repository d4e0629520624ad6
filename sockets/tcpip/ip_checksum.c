#include "sockets/tcpip/ip_checksum.h"

#include "sockets/ports.h"

#include <string.h>

/* sum: of words in network order, not folded; bytes behind the last whole word count as if zeros followed. */
static uint64_t
sum(const uint8_t *bytes, uint32_t n)
{
	uint64_t total = 0;
	uint32_t word = 0;

	for (; n >= sizeof word; n -= sizeof word, bytes += sizeof word) {
		memcpy(&word, bytes, sizeof word);
		total += word;
	}
	word = 0;
	memcpy(&word, bytes, n);
	return total + word;
}

static uint16_t
fold(uint64_t total)
{
	while (total >> 16)
		total = (total & 0xFFFF) + (total >> 16);
	return (uint16_t)~total;
}

uint16_t
ip_checksum(const void *data, uint32_t bytes)
{
	return fold(sum(data, bytes));
}

uint16_t
ip_packet_checksum(const struct ip_packet *p)
{
	const struct {
		uint32_t from, to;
		uint16_t protocol, bytes;
	} pseudo = {
	        g_htonl(HOST_NETWORK + p->from + 1),
	        g_htonl(HOST_NETWORK + p->to + 1),
	        g_htons((uint16_t)p->protocol),
	        g_htons((uint16_t)p->bytes),
	};

	return fold(sum((const uint8_t *)&pseudo, sizeof pseudo) + sum(p->data, p->bytes));
}
