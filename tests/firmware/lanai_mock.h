/* The LANai build of a firmware program behind a mock NIC: the reference image on the simulated core, idle loops
 * skipped. */
#ifndef TESTS_FIRMWARE_LANAI_MOCK_H
#define TESTS_FIRMWARE_LANAI_MOCK_H

#include "nic-sim/lanai_core.h"
#include "tests/firmware/mock_nic.h"

#define LANAI_MOCK_HZ       33000000u
#define LANAI_MOCK_CYCLE_PS (1000000000000ull / LANAI_MOCK_HZ)

struct lanai_mock {
	struct mock_nic *nic; /* its SRAM is the core's */
	struct lanai_core *core;
	uint32_t watched; /* register whose next write is to be dated */
	sim_time written_at;
	sim_time isr_read_at, turn_ps; /* last read of ISR, time between the last two */
	sim_time busy_until;           /* first read behind which that time did not change any more */
};

/* lanai_mock_new: loads the firmware whose objects lie in `folder`, with firmware/lib; not started. One at a time. */
struct lanai_mock *lanai_mock_new(const char *folder);
void lanai_mock_free(struct lanai_mock *mock);
/* Starts it with what the test wrote into its control block; runs until it is idle. */
void lanai_mock_start(struct lanai_mock *mock);
/* Runs until the core is parked in its idle loop, or for at most six milliseconds. */
void lanai_mock_run(struct lanai_mock *mock);
/* Runs until it is idle and returns the cycles that it took beyond those of the idle loop. */
unsigned lanai_mock_busy_cycles(struct lanai_mock *mock);
/* The cycles of a turn of its idle loop. */
unsigned lanai_mock_idle_cycles(struct lanai_mock *mock);
/* Runs until it is idle and returns the cycles from now until the firmware first wrote `reg`. */
unsigned lanai_mock_cycles_to(struct lanai_mock *mock, uint32_t reg);
/* over_phases: the mean, and in *worst the most, of the cycles from event() to a write of `reg`, over the places in the
 * idle loop where the event can find it.  settle() brings everything to rest again. */
unsigned lanai_mock_over_phases(struct lanai_mock *mock, uint32_t reg, void (*event)(void), void (*settle)(void),
                                unsigned *worst);
/* Lets `cycles` pass while it is idle, so that the next event finds it at another place in its loop. */
void lanai_mock_wait(unsigned cycles);

#endif
