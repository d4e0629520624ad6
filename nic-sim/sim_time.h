/* Simulated time: a count of picoseconds since the start of the run.
 *
 * It is the only authority on time.  Periods that are not a whole number of picoseconds (33 MHz: 30303.03 ps) are never
 * added up rounded: dates are computed from cycle counts by sim_cycles_to_ps().  Runs longer than SIM_TIME_MAX are
 * refused, because beyond it a SimGrid date (double seconds) no longer converts back exactly. */
#ifndef NIC_SIM_SIM_TIME_H
#define NIC_SIM_SIM_TIME_H

#include <stdint.h>

typedef uint64_t sim_time; /* ps */

#define SIM_PS       1ull
#define SIM_NS       1000ull
#define SIM_US       1000000ull
#define SIM_MS       1000000000ull
#define SIM_S        1000000000000ull
#define SIM_NEVER    UINT64_MAX
#define SIM_TIME_MAX (4000 * SIM_S)

/* Date, in ps after the origin of the clock, at which cycle number `cycles` of a clock of `hz` begins; rounded down. */
static inline sim_time
sim_cycles_to_ps(uint64_t cycles, uint64_t hz)
{
	return (sim_time)((unsigned __int128)cycles * SIM_S / hz);
}

/* Number of the first cycle that begins at or after `t`; the inverse of sim_cycles_to_ps(). */
static inline uint64_t
sim_ps_to_cycles(sim_time t, uint64_t hz)
{
	return (uint64_t)(((unsigned __int128)t * hz + SIM_S - 1) / SIM_S);
}

/* Time to move `bytes` at `bytes_per_s`, rounded to the nearest ps. */
static inline sim_time
sim_transfer_time(uint64_t bytes, uint64_t bytes_per_s)
{
	return (sim_time)(((unsigned __int128)bytes * SIM_S + bytes_per_s / 2) / bytes_per_s);
}

static inline double
sim_to_us(sim_time t)
{
	return (double)t / (double)SIM_US;
}

#endif
