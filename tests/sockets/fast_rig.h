/* Two processes on two hosts with a connection of Fast Sockets between them, set up without a kernel: names go through
 * the test's memory.
 *
 * A test gives a body to each end, which runs in a task of its process with the end's link connected, and uses it as
 * send() and recv() do, by the calls here.  When a body returns its end says what is left to say, and stops. */
#ifndef TESTS_SOCKETS_FAST_RIG_H
#define TESTS_SOCKETS_FAST_RIG_H

#include "sockets/fast/fast.h"

#include <glib.h>

#include <check.h>

struct end {
	struct process *process;
	struct fast *fast;
	struct link *link;
	struct sock_counts counts;
	unsigned pokes;
	struct fast_name name;
	bool ready, ended;
	struct end *peer;
	void (*body)(struct end *end);
	bool by_hand;        /* no Fast Sockets here: the body speaks Active Messages itself */
	unsigned last_words; /* when the body returns: LINK_FIN | LINK_CLOSED unless the body changes it; 0: none */
};
extern struct end fast_ends[2];

struct fast_rig {
	const char *const *sets; /* overrides of the platform, NULL at the end; NULL: none */
	uint32_t buffer;         /* bytes; 0: 64 KB */
	bool sender_based;
};
/* fast_rig_run: both bodies, to their end.  fast_rig_run_by_hand: the second one fills in name and ready by itself, and
 * has no link. */
void fast_rig_run_by_hand(const struct fast_rig *rig, void (*first)(struct end *end), void (*second)(struct end *end));
void fast_rig_run(const struct fast_rig *rig, void (*first)(struct end *end), void (*second)(struct end *end));

/* fast_send_all: as send() does. fast_recv: as recv() does, with MSG_WAITALL if `all`; 0 at the end of the stream. */
void fast_send_all(struct end *end, const void *data, uint64_t length);
uint64_t fast_recv(struct end *end, void *data, uint64_t length, bool all);
/* fast_until: waits for it; false at the deadline. */
bool fast_until(struct end *end, bool (*ready)(void *arg), void *arg, sim_time deadline);
bool fast_ended(void *link); /* has the stream ended in any way? */
void fast_pause(sim_time t);
/* fast_memory: of the end's process, in one piece. */
void *fast_memory(struct end *end, uint64_t bytes);
/* fast_pattern: byte `position` of the stream that end `who` sends; fast_fill, fast_check: a run of them. */
uint8_t fast_pattern(unsigned who, uint64_t position);
void fast_fill(unsigned who, uint64_t position, uint8_t *data, uint64_t bytes);
void fast_check(unsigned who, uint64_t position, const uint8_t *data, uint64_t bytes);

#endif
