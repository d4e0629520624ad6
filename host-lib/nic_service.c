#include "host-lib/nic_service.h"

/* The handler's entry is over: the rest is the task's. */
static void
entered(void *arg)
{
	struct nic_service *s = arg;

	s->entering = false;
	s->raised = true;
	cpu_poke(s->task);
}

void
nic_service_interrupt(struct nic_service *s)
{
	if (s->entering || s->raised) /* the task will look, if it does not already */
		return;
	s->entering = true;
	cpu_interrupt(s->host->cpus, &s->irq, s->host->params->interrupt, entered, s);
}

static void
line_changed(void *arg, bool level)
{
	if (level)
		nic_service_interrupt(arg);
}

static void
board_was_reset(void *arg)
{
	struct nic_service *s = arg;

	s->reset(s->arg);
	nic_service_interrupt(s);
}

bool
nic_service_taken(struct nic_service *s)
{
	if (!s->raised)
		return false;
	s->raised = false;
	cpu_charge(CPU_INTERRUPT, 0); /* so are its accesses to the NIC */
	return true;
}

void
nic_service_sleep(void)
{
	cpu_block("the driver: interrupts of the NIC", SIM_NEVER);
}

void
nic_service_start(struct nic_service *s, struct host *host, void (*body)(void *arg), void (*reset)(void *arg),
                  void *arg)
{
	s->host = host;
	s->reset = reset;
	s->arg = arg;
	s->task = task_start_on(host->cpus, NULL, "interrupts", true, body, arg);
	nic_attach_irq(host->nic, line_changed, s);
	nic_attach_reset(host->nic, board_was_reset, s);
}

void
nic_service_stop(struct nic_service *s)
{
	nic_attach_irq(s->host->nic, NULL, NULL);
	nic_attach_reset(s->host->nic, NULL, NULL);
}
