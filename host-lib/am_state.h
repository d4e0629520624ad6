/* An endpoint: for am.c (requests and replies) and am_receive.c (what comes). */
#ifndef HOST_LIB_AM_STATE_H
#define HOST_LIB_AM_STATE_H

#include "host-lib/am_nic.h"

/* The first word of a message: version of this library, handler, bytes of data; of a short one, whose data stand behind
 * its arguments, also the number of those. */
#define AM_VERSION                       1u
#define AM_HEAD(version, handler, bytes) ((uint32_t)(version) << 28 | (uint32_t)(handler) << 16 | (uint32_t)(bytes))
#define AM_HEAD_VERSION(w)               ((w) >> 28)
#define AM_HEAD_HANDLER(w)               ((w) >> 16 & 0xFFFu)
#define AM_HEAD_BYTES(w)                 ((w)&0xFFFFu)
#define AM_SHORT_SIZES(n_args, bytes)    ((uint32_t)(n_args) << 8 | (uint32_t)(bytes))
#define AM_SHORT_N_ARGS(sizes)           ((sizes) >> 8)
#define AM_SHORT_BYTES(sizes)            ((sizes)&0xFFu)
/* Of medium and bulk messages the arguments are always AM_ARGS words. */

struct am {
	struct process *process;
	struct am_queue *queue;
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
	bool replied;                             /* it did */
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

#endif
