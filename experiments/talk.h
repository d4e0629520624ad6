/* A server on host 0 and a client on host 1 that talk over a stream socket: what socket workloads start from. */
#ifndef EXPERIMENTS_TALK_H
#define EXPERIMENTS_TALK_H

#include "experiments/simulate.h"
#include "sockets/socket.h"

#define TALK_LARGEST (1u << 20) /* B of a message */

#define TALK_PROTOCOLS "two-copy one-copy zero-copy automatic"
/* The parameter of every socket workload. */
#define TALK_PROTOCOL                                                                                                  \
	{                                                                                                              \
		"protocol", "two-copy", 0, 0, 0, TALK_PROTOCOLS, "how the sockets move data"                           \
	}

/* talk_protocol: the point's. */
enum sock_protocol talk_protocol(const struct point *point);

/* What the two programs share. */
struct talk {
	struct simulation *simulation;
	const char *protocol; /* one of TALK_PROTOCOLS; NULL: what the parameter "protocol" says */
	uint32_t bytes;       /* of a message, and of the buffer that either program gets */
	void (*serve)(struct talk *talk, int fd, uint8_t *buffer);
	void (*ask)(struct talk *talk, int fd, uint8_t *buffer);
	/* finished: is there nothing more to say?  If set, either program is started again, as another process, until
	 * it says so, and a connection that breaks is no failure. */
	bool (*finished)(const struct talk *talk);
	void *arg;
};

/* talk_start: for simulate(), with a struct talk at simulation->arg, or at the beginning of what is there. */
void talk_start(struct simulation *s);

/* talk_worked: false if the call, or anything before, has failed: then the run has failed with its name and errno,
 * unless a connection broke that may break. */
bool talk_worked(struct talk *talk, bool ok, const char *what);
/* talk_send, talk_receive: n bytes, in as many calls as it takes.  talk_drain: what is there, at most n bytes; 0: the
 * end of the stream, or a failure. */
bool talk_send(struct talk *talk, int fd, const uint8_t *bytes, uint32_t n);
bool talk_receive(struct talk *talk, int fd, uint8_t *bytes, uint32_t n);
uint32_t talk_drain(struct talk *talk, int fd, uint8_t *bytes, uint32_t n);

#endif
