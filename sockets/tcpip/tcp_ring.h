/* Bytes of a stream that the kernel keeps: a ring that grows as needed, in powers of two.
 *
 * Bytes are numbered from the oldest, 0.  Content may be written beyond `used` (what came too early), and counts when
 * tcp_ring_extend() has reached it. */
#ifndef SOCKETS_TCP_RING_H
#define SOCKETS_TCP_RING_H

#include <stdint.h>

struct tcp_ring {
	uint8_t *data;
	uint32_t size, start, used;
};

/* tcp_ring_run: where byte number `offset` stands, and at *run how many of `bytes` follow it there without a break;
 * there is room for all of them. */
uint8_t *tcp_ring_run(struct tcp_ring *r, uint32_t offset, uint32_t bytes, uint32_t *run);
void tcp_ring_write(struct tcp_ring *r, uint32_t offset, const uint8_t *from, uint32_t bytes);
void tcp_ring_read(struct tcp_ring *r, uint32_t offset, uint8_t *to, uint32_t bytes);
void tcp_ring_extend(struct tcp_ring *r, uint32_t bytes); /* so many more are used */
void tcp_ring_drop(struct tcp_ring *r, uint32_t bytes);   /* the oldest */
void tcp_ring_free(struct tcp_ring *r);

#endif
