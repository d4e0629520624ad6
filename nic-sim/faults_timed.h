/* Faults at given dates: the events of a script, or of a test, carried out by whoever owns the parts.
 *
 * A state (link down, hung, slow) that is asked for again while it lasts goes on to the later end; the same with an end
 * of now ends it.  Slowness is replaced, factor and end.  All happens first in its instant (SIM_RANK_ENGINE), so that
 * no processor has seen anything later: results do not depend on how far cores run ahead. */
#ifndef NIC_SIM_FAULTS_TIMED_H
#define NIC_SIM_FAULTS_TIMED_H

#include "nic-sim/faults.h"
#include "nic-sim/faults_script.h"

/* The parts of the machine; called as events. */
struct fault_hooks {
	void *arg;
	void (*link)(void *arg, unsigned channel, bool up);
	void (*hang)(void *arg, unsigned node, bool on);
	/* reset: seed is different for each reset of a run. */
	void (*reset)(void *arg, unsigned node, bool scramble, uint64_t seed);
	void (*slow)(void *arg, unsigned node, uint32_t factor); /* in 1/1000 */
};

struct timed_faults;

struct timed_faults *timed_faults_new(unsigned n_nodes, unsigned n_channels, uint64_t seed,
                                      const struct fault_hooks *hooks);
void timed_faults_free(struct timed_faults *t);
/* timed_faults_add: `event` (copied) happens at its date, which must not have passed. Set-up, tasks, events. */
void timed_faults_add(struct timed_faults *t, const struct fault_event *event);
/* timed_faults_count: adds what has happened so far to *counts. */
void timed_faults_count(const struct timed_faults *t, struct fault_counts *counts);

#endif
