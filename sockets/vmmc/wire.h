/* What two ends of a connection share: the layout of an area, records, end words.  docs/protocols.md explains all of
 * it.
 *
 * Constants only; words are big-endian in memory. */
#ifndef SOCKETS_WIRE_H
#define SOCKETS_WIRE_H

#include "nic-sim/umem.h"

/* Control page of an area, byte offsets. */
#define WIRE_HEADS        0x00u /* record head, data head */
#define WIRE_HEAD_WORDS   2u
#define WIRE_END          0x08u /* flags, position, consumed */
#define WIRE_END_WORDS    3u
#define WIRE_RECORDS      0x40u     /* the record ring; what lies below is a cache line of each platform, or two */
#define WIRE_RECORDS_END  UMEM_PAGE /* a record in one page is in one packet: it becomes visible at once */
#define WIRE_RECORDS_SIZE (WIRE_RECORDS_END - WIRE_RECORDS)
#define WIRE_DATA         UMEM_PAGE /* the data ring */

/* Largest record, header included: what the vmmc firmware takes in one descriptor. */
#define WIRE_RECORD_MAX 128u
#define WIRE_INLINE_MAX (WIRE_RECORD_MAX - 4u)

enum wire_record { WIRE_INLINE = 1, WIRE_RING = 2 };
#define WIRE_HEADER(type, length) ((uint32_t)(type) << 28 | (uint32_t)(length))
#define WIRE_TYPE(header)         ((header) >> 28)
#define WIRE_LENGTH(header)       ((header)&0x0FFFFFFFu)

#define WIRE_END_FIN    1u
#define WIRE_END_CLOSED 2u
#define WIRE_END_RESET  4u

/* Heads go back when 1/HEAD_EVERY of a ring was consumed: a sender then finds at least 1 - 1/HEAD_EVERY of it free when
 * all was consumed, and needs at most 1/HEAD_EVERY, so it is never stuck; with 2 it would idle for half a ring. */
#define WIRE_HEAD_EVERY 4u

static inline uint32_t
wire_words(uint32_t bytes)
{
	return (bytes + 3) & ~3u;
}

#endif
