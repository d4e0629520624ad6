/* The interrupts of a NIC, for the driver of any firmware: the handler's entry costs the processor host.interrupt_us;
 * then a kernel task serves it, at the cost of what it reads over the bus.
 *
 * The line is a level: it interrupts once until it has been served. */
#ifndef HOST_LIB_NIC_SERVICE_H
#define HOST_LIB_NIC_SERVICE_H

#include "nic-sim/machine.h"

/* Embedded by its owner, zeroed. */
struct nic_service {
	struct host *host;
	struct task *task;
	struct cpu_irq irq;
	bool entering;            /* the interrupt handler */
	bool raised;              /* it has been entered, and not been served */
	void (*reset)(void *arg); /* the board was reset; as an event.  The interrupt comes by itself. */
	void *arg;
};

/* nic_service_start: attaches it to the host's NIC; body(arg) is the task's.  It lives as long as the machine. */
void nic_service_start(struct nic_service *s, struct host *host, void (*body)(void *arg), void (*reset)(void *arg),
                       void *arg);
void nic_service_stop(struct nic_service *s); /* detaches it */
/* nic_service_interrupt: from tasks and events. */
void nic_service_interrupt(struct nic_service *s);
/* For the task.  nic_service_taken: an interrupt waited to be served, and does not any more; what follows is charged to
 * CPU_INTERRUPT.  nic_service_sleep: until the next one, or a poke of `task`. */
bool nic_service_taken(struct nic_service *s);
void nic_service_sleep(void);

#endif
