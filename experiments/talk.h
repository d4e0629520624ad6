/* A server on host 0 and a client on host 1 that talk over a stream socket: what socket workloads start from. */
#ifndef EXPERIMENTS_TALK_H
#define EXPERIMENTS_TALK_H

#include "experiments/simulate.h"
#include "sockets/socket.h"

#define TALK_LARGEST (1u << 20) /* B of a message */

/* The parameter of every socket workload. */
#define TALK_PROTOCOL                                                                                                  \
	{                                                                                                              \
		"protocol", "two-copy", 0, 0, 0, "two-copy one-copy zero-copy automatic", "how the sockets move data"  \
	}

/* talk_protocol: the point's. */
enum sock_protocol talk_protocol(const struct point *point);

/* What the two programs share. */
struct talk {
	struct simulation *simulation;
	uint32_t bytes; /* of a message, and of the buffer that either program gets */
	void (*serve)(struct talk *talk, int fd, uint8_t *buffer);
	void (*ask)(struct talk *talk, int fd, uint8_t *buffer);
	void *arg;
};

/* talk_start: for simulate(), with a struct talk at simulation->arg, or at the beginning of what is there. */
void talk_start(struct simulation *s);

/* talk_worked: if a call failed, says which with errno; false if anything has failed. */
bool talk_worked(struct talk *talk, bool ok, const char *what);
/* talk_send, talk_receive: n bytes, in as many calls as it takes.  talk_drain: what is there, at most n bytes; 0: the
 * end of the stream, or a failure. */
bool talk_send(struct talk *talk, int fd, const uint8_t *bytes, uint32_t n);
bool talk_receive(struct talk *talk, int fd, uint8_t *bytes, uint32_t n);
uint32_t talk_drain(struct talk *talk, int fd, uint8_t *bytes, uint32_t n);

#endif
