/* What every firmware of this tree is made of: words for the compiler, the host DMA engine's queue, the receive
 * engine's buffers, routes.
 *
 * firmware/common is a template, as firmware/link is (which is made with it): a program includes this header, declares
 * struct arrival, whose first members are those of COMMON_ARRIVAL, and one structure S that has COMMON_STATE; it
 * defines CTRL(member), the address of a member of its control block, ARRIVAL_BYTES, the bytes of a receive buffer, and
 * ROUTE_AT, where in a send buffer the route lies; and includes the other headers of this folder behind that. */
#ifndef FIRMWARE_COMMON_STATE_H
#define FIRMWARE_COMMON_STATE_H

#include "arch.h"

#include <stddef.h>
#include <stdint.h>

/* A transfer of the host DMA engine, with all that its registers need.  First member of what it belongs to. */
struct transfer {
	struct transfer *next;
	uint32_t use;                    /* enum dma_use */
	uint32_t events;                 /* what its end brings besides; 0 for most: step_dma tests nothing else */
	uint32_t sram, direction, bytes; /* LAR, DMA_DIR, DMA_CTR */
	uint32_t bus;                    /* EAR */
};

/* What an arrival begins with: the transfer that takes it to the host, whose end frees the buffer. */
#define COMMON_ARRIVAL                                                                                                 \
	struct {                                                                                                       \
		struct transfer deposit;                                                                               \
		uint32_t at; /* SRAM address of the buffer */                                                          \
		struct arrival *next;                                                                                  \
	}

#define COMMON_STATE                                                                                                   \
	struct {                                                                                                       \
		/* receive */                                                                                          \
		struct arrival *armed, *free_arrivals;                                                                 \
		uint32_t draining; /* the rest of a packet longer than any buffer comes */                             \
		/* host DMA */                                                                                         \
		struct transfer *dma_first; /* under way; the others wait behind it */                                 \
		struct transfer *dma_last;  /* valid if there is a first */                                            \
	}

/* HOT: part of the loop, without the cost of a call (nobody saves registers but the caller); COLD: never is. */
#define HOT  static inline __attribute__((always_inline))
#define COLD __attribute__((noinline))

/* bits: the n bits of x from bit `from` on, 0 < n < 32; two cycles, where shift and mask take four (the LANai has no
 * small masks as immediates). */
static inline uint32_t
bits(uint32_t x, unsigned from, unsigned n)
{
	uint32_t high = x << (32 - n - from);
	ARCH_KEEP(high);
	high >>= 32 - n;
	ARCH_KEEP(high);
	return high;
}

static inline uint32_t
low_bits(uint32_t x, unsigned n)
{
	return bits(x, 0, n);
}

/* not_low: nonzero unless the low n bits are zero. */
static inline uint32_t
not_low(uint32_t x, unsigned n)
{
	uint32_t high = x << (32 - n);
	ARCH_KEEP(high);
	return high;
}

#endif
