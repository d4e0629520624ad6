#include "tests/waiting/messages.h"

#include <stdlib.h>

static struct rig *rig;
static struct task *armed; /* wants an interrupt */
static struct cpu_irq irq;
static struct sim_event arrival;
static uint32_t expected;

struct rig *
messages_start(void)
{
	rig = rig_start(1);
	rig->params.system_call = MESSAGES_SYSTEM_CALL;
	rig->params.interrupt = MESSAGES_INTERRUPT;
	rig->params.wakeup = MESSAGES_WAKEUP;
	return rig;
}

static void
handler(void *task)
{
	cpu_wake(task, rig->params.wakeup);
}

static void
interrupt(void)
{
	struct task *task = armed;

	armed = NULL;
	cpu_interrupt(rig->host.cpus, &irq, rig->params.interrupt, handler, task);
}

static void
arrive(struct sim_event *ev)
{
	(void)ev;
	rig_store(expected);
	if (armed)
		interrupt();
}

static bool
is_there(void *unused)
{
	(void)unused;
	return rig_load() == expected;
}

/* The system call takes its time; then the interrupt is on; what came meanwhile is seen by the test that follows. */
static void
arm(void *arg, const struct umem_range *ranges, unsigned n, sim_time after)
{
	(void)arg;
	(void)ranges;
	(void)n;
	(void)after;
	cpu_charge(CPU_SYSTEM, rig->params.system_call);
	cpu_settle();
	armed = task_self();
}

static void
disarm(void *arg)
{
	(void)arg;
	armed = NULL;
}

static sim_time
used(void)
{
	struct cpu_times t = cpu_times(rig->host.cpus);

	return t.account[CPU_USER] + t.account[CPU_SYSTEM] + t.account[CPU_INTERRUPT] + t.account[CPU_SPIN];
}

sim_time
messages_wait(struct wait_state *w, sim_time delay)
{
	const struct wait_source source = {arm, disarm, NULL, NULL};
	sim_time before = used();

	expected++;
	sim_event_init(&arrival, SIM_RANK_NODE, arrive);
	sim_post(&arrival, sim_now() + delay);
	if (!wait_until(w, &source, is_there, NULL, rig_space(), rig_word(), 1, SIM_NEVER))
		abort();
	return used() - before;
}

void
messages_run(void (*body)(void *), void *arg)
{
	task_start(process_new(&rig->host, "waiter"), "waiter", false, body, arg);
	rig_run();
}
