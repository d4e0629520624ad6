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

/* Both end with a name of NULL. */
extern const struct body native_bodies[], simulated_bodies[];

#endif
