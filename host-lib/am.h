/* Active Messages: request and reply, over the am firmware.
 *
 * A process opens an endpoint and fills its table of handlers.  A request names an endpoint and a handler of it; when
 * that process polls, the handler runs with the message's arguments and may reply once, to a handler of the sender's.
 * If it does not the library replies for it, so that there is a reply to each request.  Handlers run inside
 * am_poll(), am_wait() and requests that wait, one at a time, to completion: they may reply, and do nothing else with
 * their endpoint.  So requests wait for credits (AM_OUTSTANDING without a reply to one endpoint), replies do not, and
 * no two processes that keep polling can wait for each other for ever.
 *
 *   short   up to AM_SHORT_ARGS words of arguments
 *   medium  up to AM_ARGS words and AM_MAX bytes; the data are in memory of the transport, at am_message.data, until
 *           the handler returns: it decides where they go.  What fits into a short message goes as one
 *   bulk    the same, but the data are at an offset in the receiver's bulk area that the sender chose, for good
 *
 * Data are copied out of the sender's memory before the call returns.  Messages are not lost on the reliable link
 * (vmmc.reliable), and may come in any order.  docs/active-messages.md has more.
 *
 * WHAT GOES WRONG is counted (am_counts) and told to the endpoint's error function, if there is one: never does a
 * message of another process make this one fail.
 *
 * WHO CALLS.  Tasks of the processes that hold the endpoint: the one that opened it, and those it was shared with
 * (am_share), as after fork.  One task at a time runs handlers, whoever happens to poll, for all of them, at the
 * expense of its process; am_poll() of another task does nothing meanwhile.  Where a call names memory to be sent
 * from, it is that of the calling task's process; where the library names memory (am_message.data, am_bulk_area,
 * am_watch), it is in am_memory(). */
#ifndef HOST_LIB_AM_H
#define HOST_LIB_AM_H

#include "nic-sim/machine.h"

struct lanai_image;

#define AM_SHORT_ARGS  7u
#define AM_ARGS        4u    /* of medium and bulk messages */
#define AM_MAX         4096u /* bytes of data */
#define AM_OUTSTANDING 4u    /* requests to one endpoint without a reply */
#define AM_HANDLERS    256u  /* 0 is the library's own */
#define AM_MAX_NODES   16u

/* am_start: loads the am firmware on every host of the machine that has a NIC and starts it; false and *error (g_free).
 * Not beside driver_start(): a NIC runs one firmware.  am_stop: after sim_run(), before machine_free(). */
bool am_start(struct machine *m, const struct lanai_image *image, char **error);
void am_stop(struct machine *m);
/* am_nic_counter: a count of the firmware's by its name in firmware/am/abi.h, in lower case ("drop_crc"). */
uint32_t am_nic_counter(const struct host *host, const char *name);

enum am_error {
	AM_OK,
	AM_EINVAL,    /* a mistake of the caller's: argument out of range, request inside a handler, second reply */
	AM_ENOSPC,    /* no endpoint, or no memory, left */
	AM_ETIMEDOUT, /* the deadline passed */
	AM_EFIRMWARE, /* the NIC has stopped */
};
const char *am_strerror(enum am_error error);

/* The name of an endpoint: to be told to others by other means. */
struct am_name {
	uint32_t node, endpoint, tag;
};

struct am; /* an endpoint */

struct am_message {
	struct am_name from;
	bool request;
	unsigned n_args;
	uint32_t arg[AM_SHORT_ARGS];
	uint64_t data; /* medium, bulk: address in am_memory() */
	uint32_t bytes;
};
/* A handler; `message` is valid until it returns. */
typedef void (*am_handler)(struct am *am, void *arg, const struct am_message *message);

/* What was wrong with a request, ours (it is over) or another's. */
enum am_fault {
	AM_FAULT_NONE,
	AM_FAULT_HANDLER,   /* no such handler there */
	AM_FAULT_VERSION,   /* the two libraries speak other versions */
	AM_FAULT_MALFORMED, /* sizes that contradict each other */
	AM_FAULT_RETURNED,  /* no such endpoint, or a place outside its bulk area, or no way to its node */
	AM_N_FAULTS
};
const char *am_fault_text(enum am_fault fault);

/* am_open: an endpoint with a bulk area of that many bytes (0: none), rounded up to pages. */
enum am_error am_open(struct process *process, uint32_t bulk_bytes, struct am **opened);
/* am_share: another process of the host, which has none (process->nic_queue), holds the endpoint as well: it maps the
 * same memory, and has the same credits, handlers and way of waiting. */
enum am_error am_share(struct am *am, struct process *process);
/* am_close: the calling task's process holds it no longer, which its end does, too; if nobody else does, it is closed,
 * and calls of other tasks that wait in it end with AM_EINVAL.  Not in handlers. */
void am_close(struct am *am);
struct am_name am_name(const struct am *am);
/* am_memory: that of the process that opened it, which lives on as long as the endpoint. */
struct umem_space *am_memory(const struct am *am);
uint64_t am_bulk_area(const struct am *am); /* its address */
/* am_handle: handler `index`, 1 .. AM_HANDLERS - 1; NULL: none. */
enum am_error am_handle(struct am *am, unsigned index, am_handler handler, void *arg);
/* am_handler_arg: what `arg` was; NULL: there is no such handler. */
void *am_handler_arg(const struct am *am, unsigned index);
/* am_on_fault: fault(arg, peer, what, ours): `ours`: a request of this endpoint's failed; else a message of the peer's
 * was wrong. */
void am_on_fault(struct am *am, void (*fault)(void *arg, struct am_name peer, enum am_fault what, bool ours),
                 void *arg);

/* Requests: wait, and poll, while there is no credit.  A request that fails there is over without a reply (am_fault).
 */
enum am_error am_request(struct am *am, struct am_name to, unsigned handler, const uint32_t *arg, unsigned n);
enum am_error am_request_medium(struct am *am, struct am_name to, unsigned handler, const uint32_t *arg, unsigned n,
                                uint64_t source, uint32_t bytes);
/* am_request_bulk: `offset`, a multiple of 4, in the receiver's bulk area; at the end up to 3 bytes more are
 * written there. */
enum am_error am_request_bulk(struct am *am, struct am_name to, unsigned handler, const uint32_t *arg, unsigned n,
                              uint64_t source, uint32_t bytes, uint32_t offset);
/* am_credits: how many requests to that endpoint would not wait for a credit now. */
unsigned am_credits(const struct am *am, struct am_name to);
/* Replies: in the handler of a request, once. */
enum am_error am_reply(struct am *am, unsigned handler, const uint32_t *arg, unsigned n);
enum am_error am_reply_medium(struct am *am, unsigned handler, const uint32_t *arg, unsigned n, uint64_t source,
                              uint32_t bytes);
enum am_error am_reply_bulk(struct am *am, unsigned handler, const uint32_t *arg, unsigned n, uint64_t source,
                            uint32_t bytes, uint32_t offset);

/* am_poll: runs the handlers of everything that has come; how many messages that were. */
unsigned am_poll(struct am *am);
/* am_wait: runs handlers until ready(arg), which handlers, or somebody who pokes the task (cpu_poke), make true.
 * ready() only looks; it is called from events, too.  How it waits is wait.strategy's affair (docs/waiting.md), but
 * `watchdog` polls as `spin` does; one that blocks is woken by the NIC's interrupt for the next message. */
enum am_error am_wait(struct am *am, bool (*ready)(void *arg), void *arg, sim_time deadline);
/* am_wait_ranges: the same; who polls also looks when words in these ranges of am_memory() change.  Who blocks must
 * be poked for them. */
enum am_error am_wait_ranges(struct am *am, bool (*ready)(void *arg), void *arg, const struct umem_range *ranges,
                             unsigned n, sim_time deadline);
/* am_set_wait: another way of waiting than the platform's (host-lib/wait.h), from the next wait on.  am_wait_state:
 * what it has counted and learned. */
struct wait_params;
struct wait_state;
void am_set_wait(struct am *am, const struct wait_params *params);
const struct wait_state *am_wait_state(const struct am *am);
/* am_quiet: waits until every request of this endpoint is over. */
enum am_error am_quiet(struct am *am, sim_time deadline);
/* am_watch: where the next message shows, in am_memory(), until somebody takes it (am_poll): for who spins on several
 * things by himself. */
struct umem_range am_watch(const struct am *am);

struct am_counts {
	uint64_t requests, replies, automatic; /* sent; replies of the library's own */
	uint64_t handled;
	uint64_t fault[AM_N_FAULTS]; /* both kinds */
};
struct am_counts am_counts(const struct am *am);

#endif
