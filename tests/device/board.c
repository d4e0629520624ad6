#include "tests/device/board.h"

#include <stdlib.h>
#include <string.h>

struct board boards[BOARD_NODES];
struct platform *board_platform;
struct fabric *board_fabric;

static void
on_irq(void *arg, bool level)
{
	struct board *b = arg;

	b->irq = level;
	b->irqs += level;
}

void
board_set_up(void (*change)(struct params *params))
{
	char *error;

	board_platform = net_line(1, BOARD_NODES);
	for (unsigned i = 0; change && i < BOARD_NODES; i++)
		change(&board_platform->params[i]);
	board_fabric = fabric_new(board_platform, false, &error);
	if (!board_fabric)
		abort();
	for (unsigned i = 0; i < BOARD_NODES; i++) {
		struct board *b = &boards[i];

		memset(b, 0, sizeof *b);
		b->nic = nic_new(i, &board_platform->params[i], board_fabric);
		b->bus = hb_new(i, &board_platform->params[i]);
		b->core = nic_core(b->nic);
		hb_attach_nic(b->bus, b->nic);
		nic_attach_bus(b->nic, b->bus);
		nic_attach_irq(b->nic, on_irq, b);
		for (unsigned k = 0; k < BOARD_PAGES; k++) {
			int frame = hb_frame_alloc(b->bus, b->pages + k * HB_FRAME, NULL, k * HB_FRAME);

			hb_frame_map(b->bus, (unsigned)frame, k + 1 < BOARD_PAGES);
		}
	}
}

void
board_tear_down(void)
{
	for (unsigned i = 0; i < BOARD_NODES; i++) {
		nic_free(boards[i].nic);
		hb_free(boards[i].bus);
	}
	fabric_free(board_fabric);
	net_free(board_platform);
	calendar_reset();
}

void
board_run(sim_time t)
{
	while (calendar_step(t))
		;
}
