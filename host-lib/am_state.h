/* An endpoint: for am.c (requests and replies), am_receive.c (what comes) and am_wait.c. */
#ifndef HOST_LIB_AM_STATE_H
#define HOST_LIB_AM_STATE_H

#include "host-lib/am_nic.h"
#include "host-lib/wait.h"

/* The first word of a message: version of this library, handler, number of arguments and bytes of data.  The data of a
 * short one stand behind its arguments. */
#define AM_VERSION                       1u
#define AM_HEAD(version, handler, sizes) ((uint32_t)(version) << 28 | (uint32_t)(handler) << 16 | (uint32_t)(sizes))
#define AM_HEAD_VERSION(w)               ((w) >> 28)
#define AM_HEAD_HANDLER(w)               ((w) >> 16 & 0xFFFu)
#define AM_HEAD_SIZES(w)                 ((w)&0xFFFFu)
#define AM_SHORT_SIZES(n_args, bytes)    ((uint32_t)(n_args) << 8 | (uint32_t)(bytes))
#define AM_SHORT_N_ARGS(sizes)           ((sizes) >> 8)
#define AM_SHORT_BYTES(sizes)            ((sizes)&0xFFu)
#define AM_LONG_SIZES(n_args, bytes)     ((uint32_t)(n_args) << 13 | (uint32_t)(bytes))
#define AM_LONG_N_ARGS(sizes)            ((sizes) >> 13)
#define AM_LONG_BYTES(sizes)             ((sizes)&0x1FFFu)

/* A task that waits. */
struct am_waiter {
	struct am_waiter *next;
	struct am *am;
	struct am_sleeper sleeper;
	struct task *task;
	bool (*ready)(void *arg);
	void *arg;
	uint32_t serial; /* as it was when the wait began */
};

struct am {
	struct host *host;
	struct am_queue *queue;
	unsigned holders;    /* processes */
	unsigned inside;     /* calls that may block */
	bool closed;         /* nobody holds it: the last of those calls frees it */
	struct task *poller; /* takes what has come: one at a time */
	struct am_waiter *waiters;
	struct wait_state wait;
	struct {
		am_handler call;
		void *arg;
	} handlers[AM_HANDLERS];
	void (*fault)(void *arg, struct am_name peer, enum am_fault what, bool ours);
	void *fault_arg;
	unsigned out[AM_MAX_NODES][AM_ENDPOINTS]; /* requests without a reply */
	unsigned outstanding;                     /* all of them */
	uint32_t serial;                          /* of the last message taken */
	const struct am_message *handling;        /* whose handler runs, or NULL */
	bool replied;                             /* it did; both of `poller` */
	sim_time ask_at;                          /* when to ask the firmware for a sign of life, if nothing comes */
	sim_time patience;                        /* between this and the next time */
	struct am_counts counts;
};

/* A message to be sent. */
struct am_send {
	struct am_name to;
	unsigned kind, handler;
	bool reply;
	const uint32_t *arg;
	unsigned n_args;
	uint64_t source;
	uint32_t bytes;
	uint32_t offset; /* bulk */
};

/* am_send: puts it into the queue. */
enum am_error am_send(struct am *am, const struct am_send *send);
/* am_in_handler: does the running task run a handler of this endpoint? */
bool am_in_handler(const struct am *am);
bool am_has_come(const struct am *am);
/* am_enter, am_leave: around what may block, so that a close by somebody else waits. */
void am_enter(struct am *am);
void am_leave(struct am *am);
/* am_heard: of the firmware: it lives. */
void am_heard(struct am *am);
/* am_poke_waiters: all but the running task. */
void am_poke_waiters(struct am *am);

#endif
