/* Messages that come to a word of memory at given dates, and the interrupt that an armed wait gets from them: what NIC
 * and driver do, without either. */
#ifndef TESTS_WAITING_MESSAGES_H
#define TESTS_WAITING_MESSAGES_H

#include "host-lib/wait.h"
#include "tests/host/rig.h"

/* Costs in the published range, for a blocking sequence. */
#define MESSAGES_SYSTEM_CALL (3 * SIM_US) /* to arm; so long can a message come while arming */
#define MESSAGES_INTERRUPT   (10 * SIM_US)
#define MESSAGES_WAKEUP      (15 * SIM_US)

struct rig *messages_start(void);
/* messages_wait: one wait for a message that comes `delay` from now on; returns what it cost: the CPU time that the
 * wait consumed, interrupts included. */
sim_time messages_wait(struct wait_state *w, sim_time delay);
/* messages_run: a process with one task. */
void messages_run(void (*body)(void *), void *arg);

#endif
