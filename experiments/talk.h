/* A server on host 0 and a client on host 1 that talk over a stream socket: what socket workloads start from. */
#ifndef EXPERIMENTS_TALK_H
#define EXPERIMENTS_TALK_H

#include "experiments/simulate.h"
#include "sockets/socket.h"

#define TALK_LARGEST (1u << 20) /* B of a message */

/* Over vmmc; over Active Messages, receiver-based and sender-based; the kernel's TCP/IP. */
#define TALK_PROTOCOLS "two-copy one-copy zero-copy automatic fast fast-sender tcp-myrinet tcp-ethernet"
/* The parameter of every socket workload. */
#define TALK_PROTOCOL                                                                                                  \
	{                                                                                                              \
		"protocol", "two-copy", 0, 0, 0, TALK_PROTOCOLS, "how the sockets move data"                           \
	}
/* What both programs set before they connect. */
#define TALK_OPTIONS                                                                                                   \
	{"no_delay", "0", 0, 1, 0, NULL, "1: TCP_NODELAY"},                                                            \
	{                                                                                                              \
		"buffer_KB", "0", 0, 256, 0, NULL, "SO_SNDBUF and SO_RCVBUF, KB; 0: as the platform has them"          \
	}

/* talk_protocol: the point's.  talk_firmware: for struct workload. */
enum sock_protocol talk_protocol(const struct point *point);
enum firmware talk_firmware(const struct point *point);

/* What the two programs share. */
struct talk {
	struct simulation *simulation;
	const char *protocol; /* one of TALK_PROTOCOLS; NULL: what the parameter "protocol" says */
	uint32_t bytes;       /* of a message, and of the buffer that either program gets */
	bool no_delay;        /* TALK_OPTIONS */
	uint32_t buffer_bytes;
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
/* talk_options: reads TALK_OPTIONS. */
void talk_options(struct talk *talk, const struct point *point);
/* talk_send, talk_receive: n bytes, in as many calls as it takes.  talk_drain: what is there, at most n bytes; 0: the
 * end of the stream, or a failure. */
bool talk_send(struct talk *talk, int fd, const uint8_t *bytes, uint32_t n);
bool talk_receive(struct talk *talk, int fd, uint8_t *bytes, uint32_t n);
uint32_t talk_drain(struct talk *talk, int fd, uint8_t *bytes, uint32_t n);

#endif
