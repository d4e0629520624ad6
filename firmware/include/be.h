/* Big-endian words as one-member structures: a forgotten byte swap does not compile.
 * On the LANai, which is big-endian, be32_get() and be32() cost nothing.  Shared memory holds these, SRAM offsets and
 * bus addresses; never pointers, int, long, enums or bit-fields. */
#ifndef FIRMWARE_INCLUDE_BE_H
#define FIRMWARE_INCLUDE_BE_H

#include <stdint.h>

typedef struct {
	uint32_t raw;
} be32;

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define BE32_SWAP(x) (x)
#else
#define BE32_SWAP(x) __builtin_bswap32(x)
#endif

static inline uint32_t
be32_get(be32 v)
{
	return BE32_SWAP(v.raw);
}

static inline be32
be32_make(uint32_t x)
{
	return (be32){BE32_SWAP(x)};
}

#endif
