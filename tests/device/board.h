/* Two NICs at one switch, with buses; the tests are firmware (fake_core.h) and driver. */
#ifndef TESTS_DEVICE_BOARD_H
#define TESTS_DEVICE_BOARD_H

#include "nic-sim/calendar.h"
#include "nic-sim/fabric.h"
#include "nic-sim/host_bus.h"
#include "nic-sim/nic.h"
#include "tests/device/fake_core.h"
#include "tests/device/net.h"

#define BOARD_NODES 2
#define BOARD_PAGES 3 /* frames 0, 1 mapped for I/O, 2 not */

struct board {
	struct nic *nic;
	struct host_bus *bus;
	struct lanai_core *core;
	unsigned irqs;
	bool irq;
	uint8_t pages[BOARD_PAGES * HB_FRAME];
};

extern struct board boards[BOARD_NODES];
extern struct platform *board_platform;
extern struct fabric *board_fabric;

/* board_set_up: `change` may change the parameters of all nodes before anything is made; NULL: none. */
void board_set_up(void (*change)(struct params *params));
void board_tear_down(void);
/* board_run: everything up to and at `t`. */
void board_run(sim_time t);

#endif
