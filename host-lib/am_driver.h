/* The kernel's part of Active Messages: shared by am_start.c (the machine's set-up, the firmware's start), am_nic.c
 * (endpoints) and am_interrupt.c (signals, interrupts, the NIC's death).
 *
 * One driver a host, at host->driver.  It owns the NIC's tables, pins the endpoints' windows, serves the interrupts
 * for tasks that sleep, makes links to nodes that were down anew, and starts the NIC again when it has stopped: after
 * a reset of the board, which the bus tells of, or when somebody finds that the firmware does not answer. */
#ifndef HOST_LIB_AM_DRIVER_H
#define HOST_LIB_AM_DRIVER_H

#include "host-lib/am_nic.h"
#include "host-lib/nic_service.h"

/* How long anything that the firmware does at once may take before it counts as dead. */
#define AM_PATIENCE (10 * SIM_MS)

#define CTRL(member) (NIC_WINDOW_SRAM + AM_CTRL + (uint32_t)offsetof(struct am_ctrl, member))
#define ROW(number, member)                                                                                            \
	(NIC_WINDOW_SRAM + AM_ROWS + (number) * (uint32_t)sizeof(struct am_endpoint) +                                 \
	 (uint32_t)offsetof(struct am_endpoint, member))

struct am_driver {
	struct host *host;
	const struct lanai_image *image;
	struct am_queue *queues[AM_ENDPOINTS]; /* open and not broken, by number */
	GQueue all;                            /* queues that are not closed */
	uint32_t last_tag;
	bool *deposits; /* by frame: may hardware write there?  For the oracle. */
	unsigned n_frames;

	uint32_t signals; /* given so far */
	bool signalling;  /* a task has given a signal and waits */
	GQueue waiting;   /* tasks that want to give one */

	struct nic_service service;

	bool dead;       /* the NIC has stopped, and was not started again yet */
	bool stopping;   /* it is being stopped */
	bool lost;       /* and cannot be */
	unsigned deaths; /* so far: the next start's incarnation */
	GQueue patients; /* tasks that wait for the restart */
};

/* am_start.c */
/* am_boot: loads the firmware, fills what it reads, and lets it run.  No simulated time. */
bool am_boot(struct am_driver *d, char **error);
uint32_t am_boot_words(const struct am_driver *d); /* what that writes */

/* am_interrupt.c */
void am_interrupts_start(struct am_driver *d);
void am_write_word(const struct am_driver *d, uint32_t offset, uint32_t word);
uint32_t am_read_word(const struct am_driver *d, uint32_t offset);
/* am_await_word: waits until the word has the value; false: the firmware is dead. */
bool am_await_word(struct am_driver *d, uint32_t offset, uint32_t value);
/* am_signal: waits until the firmware has counted a signal given now; false: it is dead. */
bool am_signal(struct am_driver *d);
/* am_wait_restart: of a dead NIC; false: it is lost. */
bool am_wait_restart(struct am_driver *d);

#endif
