/* A process on node 1 that waits for messages of node 0, over VMMC or sockets, over the memory NIC or the firmware.
 *
 * Wait k begins at a date of its own, and its message is sent at one, so that every order of both can be had.  One run
 * a (forked) test, because SimGrid's engine is one a process. */
#ifndef TESTS_WAITING_REAL_H
#define TESTS_WAITING_REAL_H

#include "host-lib/arrival.h"
#include "host-lib/wait.h"
#include "nic-sim/machine.h"

/* REAL_POLL: poll() over two connections, to which messages come in turn, then recv(). */
enum real_way { REAL_VMMC, REAL_RECV, REAL_POLL, REAL_N_WAYS };

#define REAL_WAITS_MAX 2000u

struct real {
	enum real_way way;
	bool memory_nic;
	const char *const *sets; /* NULL at the end */
	unsigned waits;
	sim_time period;               /* wait k begins at k * period + a beginning */
	sim_time send_from, send_step; /* message k is sent send_from + k * send_step after wait k - 1 began */
	bool competitor;               /* a process that computes all the time on node 1 */
	/* results */
	sim_time took[REAL_WAITS_MAX]; /* wait k */
	sim_time began[REAL_WAITS_MAX], ended[REAL_WAITS_MAX];
	struct wait_counts counts;
	struct arrival_counts arrivals;
	uint32_t interrupts, watchdogs; /* the NIC's counts */
	struct cpu_times used;          /* node 1, from the first wait's beginning to the last one's end */
	struct cpu_times waiter;        /* the waiting task, from its start */
	sim_time competed;              /* what the competitor computed in that time */
	sim_time elapsed;
};
/* real_run: fails the test if a message does not come within half a period of whichever is later, wait or send. */
void real_run(struct real *r);
/* real_busy: all accounts. */
sim_time real_busy(const struct cpu_times *t);

#endif
