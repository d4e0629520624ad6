#include "nic-sim/crc8.h"

static inline uint8_t
times_x(uint8_t r)
{
	return (uint8_t)(r << 1 ^ (r & 0x80 ? CRC8_POLYNOMIAL : 0));
}

uint8_t
crc8(const uint8_t *bytes, size_t n)
{
	uint8_t r = 0;

	for (size_t i = 0; i < n; i++) {
		r ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			r = times_x(r);
	}
	return r;
}

uint8_t
crc8_of_bit(uint64_t position)
{
	uint8_t r = 1;

	for (unsigned i = 0; i < position % CRC8_ORDER; i++)
		r = times_x(r);
	return r;
}
