/* A byte stream whose every byte says where it belongs, and a receiver's book about it.
 *
 * The stream is a row of 8-byte words, little-endian, each a different number made from its place, so that the place
 * can be read back from the word.  The receiver gives every piece that it gets to check_take(); at the end it knows of
 * each byte whether it came once and at its place.  Words are told apart like this: one that is no word of the stream
 * is wrong (the bytes that differ count); one that was seen before is repeated; one that stands at another place is
 * reordered; one that was never seen is lost.  A stream is whole if all four are 0 and all its bytes have come. */
#ifndef EXPERIMENTS_STREAM_CHECK_H
#define EXPERIMENTS_STREAM_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stream_faults {
	uint64_t wrong, lost, repeated, reordered; /* bytes */
};

struct stream_check {
	uint64_t length, taken; /* bytes of the stream, and how many have come */
	struct stream_faults faults;
	uint8_t part[8]; /* the beginning of a word whose rest has not come */
	uint8_t *seen;   /* a bit a word */
};

/* stream_fill: the bytes [at, at + n) of the stream. */
void stream_fill(uint8_t *bytes, uint64_t at, size_t n);

/* check_begin: `length` bytes will come, at most; check_end: the book is closed and freed; what has not come is lost.
 */
void check_begin(struct stream_check *c, uint64_t length);
void check_take(struct stream_check *c, const uint8_t *bytes, size_t n);
struct stream_faults check_end(struct stream_check *c);

#endif
