/* A greeting as it stands on the wire: what two kernels say to each other over a connection to a shadow port.
 *
 * GREETING_BYTES of words in network order: magic number, version, kind of network, what it is (enum greeting_kind),
 * the application's port, three words that are zero, and GREETING_WORDS of the network's own.  Whatever the version,
 * the first two words and the length stay. */
#ifndef SOCKETS_GREETING_H
#define SOCKETS_GREETING_H

#include "sockets/network.h"

#define GREETING_BYTES   64u
#define GREETING_MAGIC   0x6E736673u /* "nsfs" */
#define GREETING_VERSION 1u

enum greeting_kind {
	GREETING_ASKS = 1, /* who connects: for the port; with its own end */
	GREETING_WELCOME,  /* the answer, with the other end */
	GREETING_WAIT,     /* ... will come later: the listener's queue is full */
	GREETING_REFUSED   /* nobody listens on that port in this way, or nothing of it is understood */
};

struct greeting_message {
	enum greeting_kind kind;
	uint16_t port;
	struct greeting content;
};

void greeting_encode(const struct greeting_message *m, const struct network *network, uint8_t bytes[GREETING_BYTES]);
/* greeting_decode: false if it is none, of another version, or of another network. */
bool greeting_decode(struct greeting_message *m, const struct network *network, const uint8_t bytes[GREETING_BYTES]);

#endif
