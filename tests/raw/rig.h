/* Hosts with the raw firmware.  A test calls rig_start(), starts programs, calls rig_run() and rig_end().  What comes
 * to a host is checked as it comes: a datagram says by its length and its first word which bytes it must have. */
#ifndef TESTS_RAW_RIG_H
#define TESTS_RAW_RIG_H

#include "host-lib/raw.h"
#include "nic-sim/engine.h"
#include "nic-sim/machine.h"

#include <check.h>

#define RIG_NODES_MAX 16u
#define RIG_MTU       8432u

/* rig_start: the platform with these overrides ("key=value", NULL at the end; NULL: none); all hosts receive. */
struct machine *rig_start(const char *platform, const char *const *sets);
/* rig_program: a process on `node` with one task. */
void rig_program(unsigned node, void (*body)(void *), void *arg);
void rig_run(void);
void rig_end(void);

/* What has come to a host: datagrams, their bytes, and of the last one, its number and length. */
struct rig_received {
	unsigned n, last, length;
	uint64_t bytes;
};
const struct rig_received *rig_received(unsigned node);
uint32_t rig_counter(unsigned node, const char *name);

/* For tasks. */
void rig_pause(sim_time t);
/* rig_send: datagram `number` of that many bytes to `node`; false: dropped. */
bool rig_send(unsigned node, unsigned number, uint32_t bytes);
/* rig_send_wait: until the ring has room. */
void rig_send_wait(unsigned node, unsigned number, uint32_t bytes);
/* rig_await: until so many have come to `node`; fails the test after a second. */
void rig_await(unsigned node, unsigned n);

#endif
