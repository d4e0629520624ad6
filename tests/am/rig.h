/* Hosts with Active Messages, over the am firmware.  A test calls rig_start(), starts programs, calls rig_run() and
 * rig_end(); everything is checked inside the programs. */
#ifndef TESTS_AM_RIG_H
#define TESTS_AM_RIG_H

#include "host-lib/am.h"
#include "nic-sim/engine.h"
#include "nic-sim/machine.h"

#include <glib.h>

#include <check.h>

#define RIG_NODES 2u

/* rig_start: the platform with these overrides ("key=value", NULL at the end; NULL: none). */
struct machine *rig_start(const char *platform, const char *const *sets);
/* rig_program: a process on `node` with one task. */
struct process *rig_program(unsigned node, const char *name, void (*body)(void *), void *arg);
void rig_run(void);
void rig_end(void);

/* For tasks. */
void rig_pause(sim_time t);
/* rig_open: an endpoint of the task's process; rig_wait_open: until `*name` was filled by another's rig_open(). */
struct am *rig_open(uint32_t bulk_bytes, struct am_name *name);
struct am_name rig_wait_open(const struct am_name *name);
/* rig_serve: polls until *done. */
void rig_serve(struct am *am, const bool *done);
bool rig_never(void *arg); /* false */

#endif
