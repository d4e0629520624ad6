/* Two hosts (or more) with VMMC, for tests that run once over the memory NIC and once over the firmware.
 *
 * A test calls rig_start(), starts tasks, calls rig_run() and rig_end(); everything is checked inside the tasks.  One
 * rig a (forked) test, because SimGrid's engine is one a process. */
#ifndef TESTS_HOSTLIB_RIG_H
#define TESTS_HOSTLIB_RIG_H

#include "host-lib/driver.h"
#include "host-lib/vmmc.h"
#include "nic-sim/engine.h"
#include "nic-sim/machine.h"

#include <check.h>

enum rig_nic { RIG_MEMORY, RIG_LANAI, RIG_N_NICS };

/* rig_start: platform myrinet-pc with these overrides ("key=value", NULL at the end; NULL: none). */
struct machine *rig_start(enum rig_nic kind, const char *const *sets);
struct machine *rig_start_on(const char *platform, enum rig_nic kind, const char *const *sets); /* another platform */
/* rig_program: a process on `node` with one task. */
struct process *rig_program(unsigned node, const char *name, void (*body)(void *), void *arg);
/* rig_run: until all tasks have ended, which they must. */
void rig_run(void);
void rig_end(void);

/* For tasks. */
void rig_pause(sim_time t);
/* rig_until: pauses until ready(arg); fails the test after 100 ms of simulated time. */
void rig_until(bool (*ready)(void *arg), void *arg);
void rig_until_set(const bool *flag);

/* A receiver: exports `bytes` under `name`, sets `exported`, then waits for `done`, which others set, and ends. */
struct rig_receiver {
	struct process *process;
	uint32_t name, node, bytes;
	uint64_t address;
	uint8_t *buffer;
	bool exported, done;
	struct vmmc *v;
	struct vmmc_export *export;
};
void rig_receiver_open(struct rig_receiver *r); /* the first part */
void rig_receiver(void *receiver);

/* A sender on another node: memory of its own and a proxy of the receiver's buffer. */
struct rig_client {
	struct process *process;
	struct vmmc *v;
	struct vmmc_proxy *proxy;
	uint64_t address;
	uint8_t *data;
};
void rig_client_open(struct rig_client *c, struct rig_receiver *to, unsigned node, uint32_t bytes);
/* rig_send: `bytes` of value `fill` from [from, +bytes) of its memory to `offset`; by value, so that data tell. */
enum vmmc_error rig_send(struct rig_client *c, uint32_t from, uint32_t offset, uint32_t bytes, int fill);

#endif
