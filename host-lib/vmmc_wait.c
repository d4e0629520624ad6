/* Waiting, by the strategy of the process (wait.h), and for the NIC itself, by polling. */
#include "host-lib/arrival.h"
#include "host-lib/instruction_counts.h"
#include "host-lib/vmmc_state.h"

/* Between two questions whether a NIC lives that should have done something: long against anything that it does. */
#define SIGN_OF_LIFE (10 * SIM_MS)

/* What wakes it. -----------------------------------------------------------------------------------------------------
 */

static void
arm(void *vmmc, const struct umem_range *ranges, unsigned n, sim_time after)
{
	const struct vmmc *v = vmmc;

	arrival_arm(v->driver, ranges, n, after, v->wait.params.by_signal);
}

static void
disarm(void *vmmc)
{
	arrival_disarm(((struct vmmc *)vmmc)->driver);
}

static void
picked_up(void *vmmc)
{
	arrival_picked_up(((struct vmmc *)vmmc)->driver);
}

void
vmmc_wait_begin(struct vmmc *v)
{
	const struct host *host = v->process->host;
	unsigned down_words = (host->machine->n_hosts + 31) / 32;
	const struct wait_params params =
	        wait_params_of(host, v->process->pid, ARRIVAL_WRITES, ARRIVAL_READS + down_words);

	v->source = (struct wait_source){arm, disarm, picked_up, v};
	wait_init(&v->wait, &params);
}

void
vmmc_set_wait(struct vmmc *v, const struct wait_params *params)
{
	wait_init(&v->wait, params);
}

const struct wait_state *
vmmc_wait_state(const struct vmmc *v)
{
	return &v->wait;
}

/* Waiting. -----------------------------------------------------------------------------------------------------------
 */

static bool
ready_or_broken(void *arg)
{
	const struct vmmc_waiter *w = arg;

	return w->ready(w->arg) || driver_broken(w->v->driver);
}

static void
stop_waiting(struct vmmc_waiter *waiter)
{
	struct vmmc_waiter **link = &waiter->v->waiters;

	while (*link != waiter)
		link = &(*link)->next;
	*link = waiter->next;
}

static enum vmmc_error
result_of(const struct vmmc_waiter *waiter, bool seen)
{
	if (!seen)
		return VMMC_ETIMEDOUT;
	return waiter->ready(waiter->arg) ? VMMC_OK : VMMC_EFIRMWARE;
}

/* What is true now stays true while a debt is paid, so a first look needs no entry into the engine.  A breakage takes
 * time: who has been told of it by then finds his reason in ready(). */
enum vmmc_error
vmmc_wait(struct vmmc *v, bool (*ready)(void *arg), void *arg, const struct umem_range *ranges, unsigned n,
          sim_time deadline)
{
	struct vmmc_waiter waiter = {v->waiters, v, task_self(), ready, arg};
	bool seen;

	cpu_instructions(CPU_USER, IC_VMMC_WAIT);
	if (driver_broken(v->driver))
		cpu_settle();
	v->waiters = &waiter;
	seen = wait_until(&v->wait, &v->source, ready_or_broken, &waiter, v->process->memory, ranges, n, deadline);
	stop_waiting(&waiter);
	return result_of(&waiter, seen);
}

/* poll: as vmmc_wait(), whatever the strategy. */
static enum vmmc_error
poll(struct vmmc *v, bool (*ready)(void *arg), void *arg, const struct umem_range *range, sim_time deadline)
{
	struct vmmc_waiter waiter = {v->waiters, v, task_self(), ready, arg};
	bool seen;

	cpu_instructions(CPU_USER, IC_VMMC_WAIT);
	if (ready(arg))
		return VMMC_OK;
	v->waiters = &waiter;
	seen = cpu_spin(ready_or_broken, &waiter, v->process->memory, range, 1, deadline);
	stop_waiting(&waiter);
	return result_of(&waiter, seen);
}

enum vmmc_error
vmmc_wait_nic(struct vmmc *v, bool (*ready)(void *arg), void *arg, const struct umem_range *range, sim_time deadline)
{
	enum vmmc_error error;
	sim_time until;

	do {
		until = MIN(deadline, sim_now() + SIGN_OF_LIFE);
		error = poll(v, ready, arg, range, until);
		if (error == VMMC_ETIMEDOUT && !driver_alive(v->driver))
			return ready(arg) ? VMMC_OK : VMMC_EFIRMWARE;
	} while (error == VMMC_ETIMEDOUT && until < deadline);
	return error;
}
