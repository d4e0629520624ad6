#include "sockets/ip.h"
#include "sockets/ports.h"

#include <string.h>

/* sum: of 16-bit words in network order, not folded; an odd byte counts as if a zero followed. */
static uint64_t
sum(const uint8_t *bytes, uint32_t n)
{
	uint64_t total = 0;
	uint32_t word;
	uint8_t last[4] = {0};

	for (; n >= 4; n -= 4, bytes += 4) {
		memcpy(&word, bytes, 4);
		total += word;
	}
	memcpy(last, bytes, n);
	memcpy(&word, last, 4);
	return total + word;
}

uint16_t
ip_checksum(const struct ip_packet *p, unsigned from, unsigned to)
{
	struct {
		uint32_t from, to;
		uint16_t protocol, bytes;
	} pseudo = {
	        g_htonl(HOST_NETWORK + from + 1),
	        g_htonl(HOST_NETWORK + to + 1),
	        g_htons((uint16_t)p->protocol),
	        g_htons((uint16_t)p->bytes),
	};
	uint64_t total = sum((const uint8_t *)&pseudo, sizeof pseudo) + sum(p->data, p->bytes);

	while (total >> 16)
		total = (total & 0xFFFF) + (total >> 16);
	return (uint16_t)~total;
}
