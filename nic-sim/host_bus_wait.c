/* The blocking side of the host bus: one hand-over to the engine a call, the settlement of the task's debt included. */
#include "nic-sim/cpu.h"
#include "nic-sim/engine.h"
#include "nic-sim/host_bus_internal.h"

struct waiter {
	struct hb_pio pio;
	struct host_bus *bus;
	uint32_t offset, tag;
	const uint32_t *words;
	unsigned n;
	bool publish, done;
	struct sim_thread *thread;
};

static void
wake(struct hb_pio *pio)
{
	struct waiter *w = sim_event_owner(pio, struct waiter, pio);

	w->done = true;
	sim_wake(w->thread);
}

static void
begin(void *arg)
{
	struct waiter *w = arg;

	hb_pio_start(w->bus, &w->pio, w->offset, w->words, w->n, w->publish, w->tag, wake);
}

/* The words go when the debt is paid, and the CPU is held all the while. */
static uint32_t
pio_wait(struct host_bus *bus, uint32_t offset, const uint32_t *words, unsigned n, bool publish, uint32_t tag)
{
	struct waiter w = {.bus = bus,
	                   .offset = offset,
	                   .tag = tag,
	                   .words = words,
	                   .n = n,
	                   .publish = publish,
	                   .thread = sim_thread_self()};
	bool stray = false;

	cpu_settle_then(begin, &w);
	for (sim_block(words ? "PIO write" : "PIO read"); !w.done; sim_block("PIO"))
		stray = true;
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
