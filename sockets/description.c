#include "sockets/description.h"

#include "sockets/wire.h"

#include <errno.h>

/* A task that waits, on its own stack. */
struct waiter {
	struct waiter *next;
	struct task *task;
};

/* A FIN came over the Ethernet and no end words from the NIC: the NIC does not deliver any more. */
static void
broken(struct sim_event *event)
{
	struct description *d = sim_event_owner(event, struct description, broken);

	description_learn(d);
	if (!(d->state & (PEER_CLOSED | RESET)))
		description_reset(d, ECONNRESET);
}

struct description *
description_new(struct kernel *k, struct process *p)
{
	struct description *d = g_new0(struct description, 1);

	d->references = 1;
	d->kernel = k;
	d->process = p;
	d->protocol = k->protocol;
	g_queue_init(&d->ready);
	g_queue_init(&d->queue);
	sim_event_init(&d->broken, SIM_RANK_NODE + k->host->node, broken);
	g_queue_push_tail(&k->descriptions, d);
	return d;
}

void
description_free(struct description *d)
{
	sim_cancel(&d->broken);
	g_queue_remove(&d->kernel->descriptions, d);
	g_free(d);
}

/* Waiting. ----------------------------------------------------------------------------------------------------------
 */

static void
begin_waiting(struct description *d, struct waiter *w)
{
	w->task = task_self();
	w->next = d->waiters;
	d->waiters = w;
}

static void
end_waiting(struct description *d, struct waiter *w)
{
	struct waiter **link = &d->waiters;

	while (*link != w)
		link = &(*link)->next;
	*link = w->next;
}

void
description_poke(struct description *d)
{
	for (struct waiter *w = d->waiters; w; w = w->next)
		cpu_poke(w->task);
}

bool
description_block(struct description *d, const char *why, sim_time deadline)
{
	struct waiter w;
	bool poked;

	begin_waiting(d, &w);
	poked = cpu_block(why, deadline);
	end_waiting(d, &w);
	return poked;
}

void
description_spin(struct description *d, bool (*ready)(void *arg), void *arg, const struct umem_range *ranges,
                 unsigned n)
{
	struct waiter w;

	begin_waiting(d, &w);
	vmmc_wait(d->process->nic_queue, ready, arg, ranges, n, SIM_NEVER);
	end_waiting(d, &w);
}

void
description_enter(struct description *d, enum description_way way)
{
	while (d->busy[way])
		description_block(d, "another call on its socket", SIM_NEVER);
	d->busy[way] = true;
}

void
description_leave(struct description *d, enum description_way way)
{
	d->busy[way] = false;
	description_poke(d);
}

/* State. ------------------------------------------------------------------------------------------------------------
 */

void
description_reset(struct description *d, int error)
{
	if (d->state & RESET)
		return;
	d->state |= RESET;
	d->error = error;
	description_poke(d);
}

int
description_error(struct description *d)
{
	int error = d->error;

	d->error = 0;
	return error;
}

void
description_learn(struct description *d)
{
	struct stream_end end = stream_end(&d->stream);

	if (end.flags & WIRE_END_FIN)
		d->state |= PEER_FIN;
	if (end.flags & WIRE_END_CLOSED && !(d->state & PEER_CLOSED)) {
		d->state |= PEER_CLOSED;
		if (end.consumed != d->stream.records_out.position)
			description_reset(d, EPIPE);
	}
	if (end.flags & WIRE_END_RESET)
		description_reset(d, d->state & PEER_FIN ? EPIPE : ECONNRESET);
}

bool
description_lives(struct description *d)
{
	if (!(d->state & CONNECTED))
		return false;
	description_learn(d);
	return !(d->state & RESET);
}
