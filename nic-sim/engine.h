/* The engine: host threads as SimGrid actors, and the driver that keeps SimGrid's clock and the calendar in step.
 *
 * engine.c is the only file besides platform.c that knows SimGrid.  A hardware event never costs a SimGrid operation:
 * SimGrid is entered when a host thread wakes or blocks, and while one of SimGrid's own flows is in flight.
 *
 * ORDER WITHIN AN INSTANT.  First all hardware events of that date (calendar order, zero-delay ones included), then the
 * threads that were woken, in the order of their waking, each running until it blocks; what they post at that date
 * follows in the same way.  This does not depend on whether an unrelated flow is in flight.
 *
 * THREADS run until they call sim_block() (or end); between two calls nothing else runs, so they need no locks.  A
 * thread that resumes puts its next touch of anything shared into the calendar before it blocks again: no core runs
 * meanwhile. Blocking functions may be called from threads only; sim_wake() and sim_flow() from threads and events.
 *
 * END.  sim_run() returns when all threads that are not daemons have ended; if nothing can ever happen while one is
 * blocked it prints who waits for what since when, and returns SIM_DEADLOCK; beyond the simulated-time limit it prints
 * the same list and returns SIM_TIME_LIMIT. */
#ifndef NIC_SIM_ENGINE_H
#define NIC_SIM_ENGINE_H

#include "nic-sim/calendar.h"

#include <stdbool.h>
#include <stdint.h>

struct sim_thread;

enum sim_outcome { SIM_DONE = 0, SIM_DEADLOCK = 3, SIM_TIME_LIMIT = 4 };

/* engine_init: once a process, before platform_load(); prepares SimGrid (precision, network model, contexts). */
void engine_init(void);

/* sim_thread_start: a thread of `host` (name in the platform) that starts at sim_now(), after the threads woken before
 * it. `name` is copied. A daemon does not keep the run alive. */
struct sim_thread *sim_thread_start(const char *host, const char *name, bool daemon, void (*body)(void *), void *arg);
struct sim_thread *sim_thread_self(void); /* NULL in events */
const char *sim_thread_name(const struct sim_thread *t);
/* An untyped slot for the layer above (its task structure). */
void sim_thread_set_data(struct sim_thread *t, void *data);
void *sim_thread_data(const struct sim_thread *t);

/* sim_block: returns after somebody called sim_wake() on this thread; at once if that happened since it last blocked
 * (one wake is remembered, more are merged).  `why`, a static or long-lived text, appears in the deadlock report.
 * On return sim_now() is the date of the waking. */
void sim_block(const char *why);
/* sim_wake: the thread runs again in this instant. */
void sim_wake(struct sim_thread *t);
/* sim_sleep_until: blocks until `t` whatever sim_wake() says; a wake that came meanwhile is remembered. */
void sim_sleep_until(sim_time t, const char *why);

/* sim_flow: sends `bytes` from host to host through SimGrid's network model (Ethernet, wide-area links); calls
 * done(arg), as an event would be, at the first picosecond after the last byte has arrived.  Flows between the same
 * hosts may share links and overtake nothing: SimGrid models bandwidth sharing, the caller numbers what must stay in
 * order. */
void sim_flow(const char *from, const char *to, uint64_t bytes, void (*done)(void *), void *arg);
/* sim_route_rate: bytes/s of the narrowest link between the two hosts. */
uint64_t sim_route_rate(const char *from, const char *to);

/* sim_run: drives everything to its end. `limit`: simulated-time limit (<= SIM_TIME_MAX). Once a process. */
enum sim_outcome sim_run(sim_time limit);

/* engine_on_report: `print` is called for SIGUSR1, deadlock and time limit after the list of threads (components add
 * what they are doing); at most 16. */
void engine_on_report(void (*print)(void *arg), void *arg);
/* Thread hand-overs so far (for the benchmark). */
uint64_t engine_handovers(void);

#endif
