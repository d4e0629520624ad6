#include "sockets/tcpip/tcp_ring.h"

#include <glib.h>
#include <string.h>

#define LEAST_SIZE 4096u

/* reserve: room for that many bytes from the oldest on. */
static void
reserve(struct tcp_ring *r, uint32_t bytes)
{
	uint32_t size = MAX(r->size, LEAST_SIZE), tail = r->size - r->start;
	uint8_t *data;

	if (bytes <= r->size)
		return;
	while (size < bytes)
		size *= 2;
	data = g_malloc(size);
	if (r->data) {
		memcpy(data, r->data + r->start, tail);
		memcpy(data + tail, r->data, r->start);
	}
	g_free(r->data);
	r->data = data;
	r->size = size;
	r->start = 0;
}

uint8_t *
tcp_ring_run(struct tcp_ring *r, uint32_t offset, uint32_t bytes, uint32_t *run)
{
	uint32_t at;

	reserve(r, offset + bytes);
	at = (r->start + offset) & (r->size - 1);
	*run = MIN(bytes, r->size - at);
	return r->data + at;
}

void
tcp_ring_write(struct tcp_ring *r, uint32_t offset, const uint8_t *from, uint32_t bytes)
{
	for (uint32_t done = 0, run; done < bytes; done += run) {
		uint8_t *to = tcp_ring_run(r, offset + done, bytes - done, &run);

		memcpy(to, from + done, run);
	}
}

void
tcp_ring_read(struct tcp_ring *r, uint32_t offset, uint8_t *to, uint32_t bytes)
{
	for (uint32_t done = 0, run; done < bytes; done += run) {
		const uint8_t *from = tcp_ring_run(r, offset + done, bytes - done, &run);

		memcpy(to + done, from, run);
	}
}

void
tcp_ring_extend(struct tcp_ring *r, uint32_t bytes)
{
	r->used += bytes;
}

void
tcp_ring_drop(struct tcp_ring *r, uint32_t bytes)
{
	r->start = r->size ? (r->start + bytes) & (r->size - 1) : 0;
	r->used -= bytes;
}

void
tcp_ring_free(struct tcp_ring *r)
{
	g_free(r->data);
	*r = (struct tcp_ring){0};
}
