#include "sockets/greeting.h"

#include <glib.h>
#include <string.h>

enum { WORD_MAGIC, WORD_VERSION, WORD_NETWORK, WORD_KIND, WORD_PORT, WORD_CONTENT = 8, WORDS = GREETING_BYTES / 4 };

_Static_assert(WORD_CONTENT + GREETING_WORDS == WORDS, "a greeting is full");

void
greeting_encode(const struct greeting_message *m, const struct network *network, uint8_t bytes[GREETING_BYTES])
{
	uint32_t word[WORDS] = {
	        [WORD_MAGIC] = GREETING_MAGIC,
	        [WORD_VERSION] = GREETING_VERSION,
	        [WORD_NETWORK] = network->number,
	        [WORD_KIND] = m->kind,
	        [WORD_PORT] = m->port,
	};

	memcpy(&word[WORD_CONTENT], m->content.word, sizeof m->content.word);
	for (unsigned i = 0; i < WORDS; i++)
		word[i] = GUINT32_TO_BE(word[i]);
	memcpy(bytes, word, GREETING_BYTES);
}

bool
greeting_decode(struct greeting_message *m, const struct network *network, const uint8_t bytes[GREETING_BYTES])
{
	uint32_t word[WORDS];

	memcpy(word, bytes, GREETING_BYTES);
	for (unsigned i = 0; i < WORDS; i++)
		word[i] = GUINT32_FROM_BE(word[i]);
	if (word[WORD_MAGIC] != GREETING_MAGIC || word[WORD_VERSION] != GREETING_VERSION ||
	    word[WORD_NETWORK] != network->number)
		return false;
	if (word[WORD_KIND] < GREETING_ASKS || word[WORD_KIND] > GREETING_REFUSED || word[WORD_PORT] > UINT16_MAX)
		return false;
	m->kind = (enum greeting_kind)word[WORD_KIND];
	m->port = (uint16_t)word[WORD_PORT];
	memcpy(m->content.word, &word[WORD_CONTENT], sizeof m->content.word);
	return true;
}
