/* The blocking side of the host bus: one hand-over to the engine a call. */
#include "nic-sim/engine.h"
#include "nic-sim/host_bus.h"

struct waiter {
	struct hb_pio pio;
	struct sim_thread *thread;
	bool done;
};

static void
wake(struct hb_pio *pio)
{
	struct waiter *w = sim_event_owner(pio, struct waiter, pio);

	w->done = true;
	sim_wake(w->thread);
}

static uint32_t
pio_wait(struct host_bus *bus, uint32_t offset, const uint32_t *words, unsigned n, bool publish, uint32_t tag)
{
	struct waiter w = {.thread = sim_thread_self()};
	unsigned stray = 0;

	hb_pio_start(bus, &w.pio, offset, words, n, publish, tag, wake);
	for (sim_block(words ? "PIO write" : "PIO read"); !w.done; sim_block("PIO"))
		stray++;
	if (stray) /* somebody else's wake: it is remembered, as it would have been without us */
		sim_wake(w.thread);
	return w.pio.value;
}

void
hb_pio_write_wait(struct host_bus *bus, uint32_t offset, const uint32_t *words, unsigned n, uint32_t tag)
{
	if (n > 0)
		pio_wait(bus, offset, words, n, false, tag);
}

void
hb_pio_publish_wait(struct host_bus *bus, uint32_t offset, const uint32_t *words, unsigned n, uint32_t tag)
{
	if (n > 0)
		pio_wait(bus, offset, words, n, true, tag);
}

uint32_t
hb_pio_read_wait(struct host_bus *bus, uint32_t offset)
{
	return pio_wait(bus, offset, NULL, 1, false, 0);
}
