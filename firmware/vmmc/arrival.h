/* What the host is told of arrivals: notes in vmmc_ctrl.note, and HOST_SIG for them, at once or for several together.
 *
 * A note is a notification that the sender asked for, or an arrival in a page that the driver watches.  A page is
 * looked up when the deposit is over: then a driver that switches the watch on and finds nothing in memory is told of
 * whatever comes later.  While no page is watched all this is one test of a word (step_deposited).
 *
 * The watchdog: with vmmc_proc.watchdog an arrival is told only if the process is in a wait (vmmc_proc.waits is odd),
 * and still is in the same one that much later.  What comes while it does not wait it finds when it does: it looks at
 * memory after it has said so.  One guard a process: it belongs to the first arrival of the wait. */
#ifndef FIRMWARE_VMMC_ARRIVAL_H
#define FIRMWARE_VMMC_ARRIVAL_H

#include "firmware/vmmc/state.h"

void arrival_init(void);
/* arrival_note: for the driver: a bus address, perhaps with VMMC_NOTE_ARRIVAL. */
void arrival_note(uint32_t word);
/* arrival_look: a deposit to bus address `bus` is over, and some page is watched. */
void arrival_look(uint32_t bus);
/* arrival_timer: the interval timer ran out. */
void arrival_timer(void);

#endif
