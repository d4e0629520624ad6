/* One host without NIC, on the first computer of platforms/myrinet-pc.xml, for tests of processor time and processes.
 */
#ifndef TESTS_HOST_RIG_H
#define TESTS_HOST_RIG_H

#include "nic-sim/cpu.h"
#include "nic-sim/engine.h"
#include "nic-sim/machine.h"

/* Round numbers, so that dates can be checked in the head. */
#define RIG_POLL   (100 * SIM_NS)
#define RIG_SWITCH (10 * SIM_US)
#define RIG_LIMIT  (10 * SIM_S)

struct rig {
	struct params params;
	struct host host;
};

/* rig_start: engine, platform and one host with `cpus` CPUs; memory for watching at rig_word(). Once a process. */
struct rig *rig_start(unsigned cpus);
/* rig_end: frees everything, processes included: the teardown of every test with a rig. */
void rig_end(void);
/* rig_run: sim_run() to SIM_DONE, and the accounts add up. */
void rig_run(void);

/* A word of memory that all kernel tasks of a test may watch, and a change of it at a date. */
struct umem_space *rig_space(void);
const struct umem_range *rig_word(void);
uint32_t rig_load(void);
void rig_store_at(sim_time t, uint32_t value);
void rig_store(uint32_t value);
/* rig_word_is_set: for cpu_spin: the word is not 0. */
bool rig_word_is_set(void *unused);

#endif
