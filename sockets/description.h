/* An open description: what a descriptor stands for.  A fresh socket, a listener or one end of a connection.
 *
 * It is counted: by the descriptors that stand for it and by the calls that are at work on it; the last one that lets
 * go closes it (close.h).  A task that waits for it is in its list of waiters and is poked when something happens that
 * no memory word shows. */
#ifndef SOCKETS_DESCRIPTION_H
#define SOCKETS_DESCRIPTION_H

#include "sockets/kernel.h"
#include "sockets/link.h"

struct datagram;
struct network;
struct setup;
struct tcp_listener;

/* Bits that compose. */
enum description_state {
	LISTENING = 1,
	CONNECTING = 2,
	CONNECTED = 4, /* set-up is complete */
	SHUT_READ = 8, /* what this end has given up */
	SHUT_WRITE = 16,
	PEER_FIN = 32,      /* the peer's stream ends */
	PEER_CLOSED = 64,   /* the peer does not read any more */
	RESET = 128,        /* over: what is unread may still be read */
	ACKNOWLEDGED = 256, /* the peer knows that it is connected */
	LEAVING = 512,      /* the process ends: calls return */
	UNTOLD = 1024,      /* connect() has not returned the outcome yet */
	ABANDONED = 2048,   /* nobody wants to be connected any more */
	ANSWERED = 4096     /* the peer's kernel has all of our stream */
};

enum description_way { WAY_IN, WAY_OUT, WAYS };

struct address {
	uint32_t ip; /* host byte order, as the port */
	uint16_t port;
};

/* What setsockopt() sets and accept() passes on. */
struct options {
	enum sock_protocol protocol;
	bool reuse_address, no_delay;
	struct linger linger;
	struct timeval receive_timeout, send_timeout; /* 0: none */
	uint32_t receive_buffer, send_buffer;         /* bytes; 0 for the latter: no limit but the peer's buffer */
};

/* A task that waits, on its own stack. */
struct waiter {
	struct waiter *next;
	struct task *task;
};

struct description {
	unsigned references, descriptors; /* of the references: descriptors, of all processes */
	struct kernel *kernel;
	struct process *process; /* the first of those that share it: memory and NIC are its */
	struct options options;
	bool nonblocking;
	bool chosen_port; /* by the kernel, not by bind() */
	unsigned state;
	int error; /* pending; 0: none */
	struct address local, remote;
	struct datagram *datagram; /* datagram.h; NULL: a stream */
	struct waiter *waiters;
	bool busy[WAYS]; /* a call is at work in that direction */
	/* setup.h: of a connection, or what becomes one: how; of a listener: of the fast network, NULL: none */
	const struct setup *setup;
	/* a listener */
	unsigned places;              /* of its queue */
	void *ear;                    /* its set-up's own */
	struct tcp_listener *tcp_ear; /* NULL: none */
	bool turn;                    /* of TCP to be accepted from first */
	/* a connection, or what becomes one */
	unsigned peer_node;
	struct link *link;             /* what moves the bytes; NULL: none */
	const struct network *network; /* whose the link is; NULL: the kernel's TCP, or none */
	void *network_end;             /* that network's own */
	void *end;                     /* its set-up's own */
	bool overdue;                  /* last words, that should have come: see description_overdue() */
};

/* description_new: with one reference, for the caller. */
struct description *description_new(struct kernel *k, struct process *p);
void description_free(struct description *d);

/* description_poke: those who wait look again. */
void description_poke(struct description *d);
/* description_watch, description_unwatch: the running task is poked from now on, or no more. */
void description_watch(struct description *d, struct waiter *w);
void description_unwatch(struct description *d, struct waiter *w);

/* A call waits until a deadline.  DO_NOT_WAIT: the routines below return false after what a fruitless look costs; the
 * task gives way once, so that a program that looks again and again starves nobody. */
#define DO_NOT_WAIT ((sim_time)0)
/* description_deadline: of a call that begins now. */
sim_time description_deadline(const struct description *d, bool dont_wait, const struct timeval *timeout);
/* description_fruitless: pays for a look that found nothing. */
void description_fruitless(void);
/* description_block: gives the CPU up until a poke, or the deadline: false. */
bool description_block(struct description *d, const char *why, sim_time deadline);
/* description_wait: until ready(arg), which reads the link or the description, as its network waits; false: the
 * deadline passed. */
bool description_wait(struct description *d, bool (*ready)(void *arg), void *arg, sim_time deadline);
/* description_settled: waits while it is being connected; false at the deadline. */
bool description_settled(struct description *d, sim_time deadline);

/* description_enter, description_leave: one call at a time in each direction; false: the deadline passed. */
bool description_enter(struct description *d, enum description_way way, sim_time deadline);
void description_leave(struct description *d, enum description_way way);

/* description_reset: the connection is over, with this pending error. */
void description_reset(struct description *d, int error);
/* description_error: takes the pending error. */
int description_error(struct description *d);
/* description_learn: what the peer's end words say. */
void description_learn(struct description *d);
/* description_progress: takes in what has come, on a network that needs the process for that. */
void description_progress(struct description *d);
/* description_overdue: the process has taken in what has come, and the last words are not among it: it is broken. */
void description_overdue(struct description *d);
/* description_readiness: as poll() says it, all that is true; only looks. */
unsigned description_readiness(const struct description *d);
/* description_lives: is there a connection, which nobody has reset, and which has not ended in both directions? */
bool description_lives(struct description *d);

#endif
