/* Ordinary socket programs in pairs, a server and a client, compiled once over the operating system's sockets and once
 * over the simulator's (sockets/portable.h).  What they log must be the same, line by line.
 *
 * A body has no writable statics, calls nothing of either side, and orders the two programs by meet() where sockets do
 * not. */
#ifndef TESTS_SOCKETS_BODIES_H
#define TESTS_SOCKETS_BODIES_H

#include <netinet/in.h>
#include <stdio.h>

struct body_context {
	struct sockaddr_in address; /* where the server listens, of this run alone */
	FILE *log;                  /* of this program alone */
	/* meet: returns when the other program has called it as often. */
	void (*meet)(struct body_context *c);
	void *harness;
};

struct body {
	const char *name;
	void (*server)(struct body_context *c);
	void (*client)(struct body_context *c);
};

/* Tables of bodies, one a file; each ends with a name of NULL. A file defines its table as TABLE(name), with KIND
 * defined as what it is compiled for. */
#define BODY_TABLES(each)   each(stream) each(modes) each(ready) each(options) each(spawn) each(datagram)
#define TABLE__(kind, name) kind##_##name##_bodies
#define TABLE_(kind, name)  TABLE__(kind, name)
#define TABLE(name)         TABLE_(KIND, name)

#define DECLARE(name) extern const struct body native_##name##_bodies[], simulated_##name##_bodies[];
BODY_TABLES(DECLARE)
#undef DECLARE

#endif
