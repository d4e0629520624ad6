#include "experiments/stream_check.h"

#include <glib.h>
#include <string.h>

enum { WORD = 8 };

/* An odd number and its inverse modulo 2^64: a word is (place + 1) times the one, its place is the word times the other
 * minus 1.  (The golden ratio's fraction, which spreads neighbours over all bits.) */
#define SPREAD  UINT64_C(0x9E3779B97F4A7C15)
#define COLLECT UINT64_C(0xF1DE83E19937733D)

static uint64_t
word_at(uint64_t place)
{
	return GUINT64_TO_LE((place + 1) * SPREAD);
}

static uint64_t
place_of(uint64_t word)
{
	return GUINT64_FROM_LE(word) * COLLECT - 1;
}

void
stream_fill(uint8_t *bytes, uint64_t at, size_t n)
{
	while (n > 0) {
		uint64_t word = word_at(at / WORD);
		size_t skip = at % WORD, part = MIN(n, WORD - skip);
		memcpy(bytes, (uint8_t *)&word + skip, part);
		bytes += part;
		at += part;
		n -= part;
	}
}

static uint64_t
words_of(const struct stream_check *c)
{
	return (c->length + WORD - 1) / WORD;
}

/* Bytes of the word at `place`: the last one may be shorter. */
static uint64_t
bytes_of(const struct stream_check *c, uint64_t place)
{
	return MIN(c->length - place * WORD, WORD);
}

void
check_begin(struct stream_check *c, uint64_t length)
{
	*c = (struct stream_check){.length = length};
	c->seen = g_malloc0(words_of(c) / 8 + 1);
}

/* Marks the word as seen; was it before? */
static bool
see(struct stream_check *c, uint64_t place)
{
	uint8_t bit = (uint8_t)(1u << place % 8), *byte = &c->seen[place / 8];
	bool before = (*byte & bit) != 0;
	*byte |= bit;
	return before;
}

/* How many of the first n bytes differ. */
static uint64_t
differing(uint64_t a, uint64_t b, uint64_t n)
{
	uint64_t count = 0;
	for (uint64_t i = 0; i < n; i++)
		count += ((uint8_t *)&a)[i] != ((uint8_t *)&b)[i];
	return count;
}

/* The last word of a stream may be cut short: then it cannot be read back, only compared. */
static void
take_short(struct stream_check *c, uint64_t word, uint64_t place, uint64_t n)
{
	uint64_t wrong = differing(word, word_at(place), n);
	c->faults.wrong += wrong;
	see(c, place);
}

static void
take_word(struct stream_check *c, uint64_t word, uint64_t place)
{
	uint64_t n = bytes_of(c, place), from = word == word_at(place) ? place : place_of(word);
	if (n < WORD) {
		take_short(c, word, place, n);
		return;
	}
	if (from >= c->length / WORD) { /* no word of this stream: it stands for the one that belongs here */
		c->faults.wrong += differing(word, word_at(place), n);
		see(c, place);
	} else if (see(c, from)) {
		c->faults.repeated += n;
	} else if (from != place) {
		c->faults.reordered += n;
	}
}

/* Bytes beyond the length are repeated ones of a stream that has ended. */
void
check_take(struct stream_check *c, const uint8_t *bytes, size_t n)
{
	while (n > 0) {
		if (c->taken >= c->length) {
			c->faults.repeated += n;
			return;
		}
		uint64_t place = c->taken / WORD, word = 0;
		size_t had = c->taken % WORD, part = MIN(n, (size_t)bytes_of(c, place) - had);
		memcpy(c->part + had, bytes, part);
		bytes += part;
		n -= part;
		c->taken += part;
		if (had + part < bytes_of(c, place))
			return;
		memcpy(&word, c->part, (size_t)bytes_of(c, place));
		take_word(c, word, place);
	}
}

struct stream_faults
check_end(struct stream_check *c)
{
	for (uint64_t place = 0; place < words_of(c); place++)
		if ((c->seen[place / 8] >> place % 8 & 1) == 0)
			c->faults.lost += bytes_of(c, place);
	g_free(c->seen);
	c->seen = NULL;
	return c->faults;
}
