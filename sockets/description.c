#define _GNU_SOURCE
#include "sockets/description.h"

#include "sockets/datagram.h"
#include "sockets/instruction_counts.h"
#include "sockets/network.h"
#include "sockets/setup.h"

#include <errno.h>
#include <poll.h>

struct description *
description_new(struct kernel *k, struct process *p)
{
	struct description *d = g_new0(struct description, 1);

	d->references = 1;
	d->kernel = k;
	d->process = p->first;
	d->options.protocol = k->protocol;
	d->options.receive_buffer = (uint32_t)k->host->params->socket_buffer * 1024;
	g_queue_push_tail(&k->descriptions, d);
	return d;
}

void
description_free(struct description *d)
{
	g_queue_remove(&d->kernel->descriptions, d);
	g_free(d);
}

/* Waiting. ----------------------------------------------------------------------------------------------------------
 */

void
description_watch(struct description *d, struct waiter *w)
{
	w->task = task_self();
	w->next = d->waiters;
	d->waiters = w;
}

void
description_unwatch(struct description *d, struct waiter *w)
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

sim_time
description_deadline(const struct description *d, bool dont_wait, const struct timeval *timeout)
{
	if (d->nonblocking || dont_wait)
		return DO_NOT_WAIT;
	if ((timeout->tv_sec | timeout->tv_usec) == 0)
		return SIM_NEVER;
	if (timeout->tv_sec < 0)
		return DO_NOT_WAIT;
	if ((uint64_t)timeout->tv_sec >= SIM_NEVER / SIM_S / 2)
		return SIM_NEVER;
	return sim_now() + (sim_time)timeout->tv_sec * SIM_S + (sim_time)timeout->tv_usec * SIM_US;
}

void
description_fruitless(void)
{
	cpu_instructions(CPU_USER, IC_SOCK_FRUITLESS);
	cpu_settle();
	cpu_block("its turn after a call that found nothing", sim_now() + 1);
}

bool
description_block(struct description *d, const char *why, sim_time deadline)
{
	struct waiter w;
	bool poked;

	if (deadline == DO_NOT_WAIT) {
		description_fruitless();
		return false;
	}
	description_watch(d, &w);
	poked = cpu_block(why, deadline);
	description_unwatch(d, &w);
	return poked;
}

/* wait_in_kernel: what a connection of the kernel's waits for is told by pokes. */
static bool
wait_in_kernel(struct description *d, bool (*ready)(void *arg), void *arg, sim_time deadline)
{
	while (!ready(arg))
		if (!description_block(d, "data or room of a TCP connection", deadline) && sim_now() >= deadline)
			return ready(arg);
	return true;
}

bool
description_wait(struct description *d, bool (*ready)(void *arg), void *arg, sim_time deadline)
{
	struct umem_range range;
	struct waiter w;
	bool result;

	if (deadline == DO_NOT_WAIT) {
		description_fruitless();
		return false;
	}
	if (!d->network)
		return wait_in_kernel(d, ready, arg, deadline);
	range = d->link->ops->watch(d->link);
	description_watch(d, &w);
	result = d->network->wait(d->process, ready, arg, &range, 1, deadline);
	description_unwatch(d, &w);
	return result;
}

bool
description_settled(struct description *d, sim_time deadline)
{
	while (d->state & CONNECTING && !(d->state & LEAVING))
		if (!description_block(d, "an end of the set-up", deadline) && (deadline == 0 || sim_now() >= deadline))
			return false;
	return true;
}

static bool
await_turn(struct description *d, enum description_way way, sim_time deadline)
{
	while (d->busy[way])
		if (!description_block(d, "another call on its socket", deadline) &&
		    (deadline == DO_NOT_WAIT || sim_now() >= deadline))
			return false;
	return true;
}

bool
description_enter(struct description *d, enum description_way way, sim_time deadline)
{
	if (d->busy[way] && !await_turn(d, way, deadline))
		return false;
	d->busy[way] = true;
	return true;
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

/* news: the state with what the peer's last words add to it; *error: what they mean, 0 if nothing new. */
static unsigned
news(const struct description *d, int *error)
{
	unsigned end = d->link ? d->link->ops->end(d->link) : 0, state = d->state;

	*error = 0;
	if (end == 0)
		return state;
	if (end & LINK_FIN)
		state |= PEER_FIN;
	if (end & LINK_LOST && !(state & PEER_CLOSED))
		*error = EPIPE;
	if (end & LINK_CLOSED)
		state |= PEER_CLOSED;
	if (end & LINK_RESET)
		*error = state & PEER_FIN ? EPIPE : ECONNRESET;
	if (end & (LINK_SILENT | LINK_DEFECT))
		*error = end & LINK_SILENT ? ETIMEDOUT : ECONNRESET;
	if (state & RESET)
		*error = 0;
	return *error ? state | RESET : state;
}

void
description_learn(struct description *d)
{
	int error;

	if (d->link && !d->link->ops->end(d->link))
		return;
	d->state |= news(d, &error) & ~RESET;
	if (error)
		description_reset(d, error);
	if (d->link && d->setup->learned)
		d->setup->learned(d);
}

void
description_overdue(struct description *d)
{
	description_learn(d);
	if (!(d->state & (PEER_CLOSED | RESET)))
		description_reset(d, ECONNRESET);
}

void
description_progress(struct description *d)
{
	if (d->datagram)
		datagram_progress(d);
	if (!d->link || !d->link->ops->progress)
		return;
	d->link->ops->progress(d->link);
	if (d->overdue)
		description_overdue(d);
}

static bool
has_connections(const struct description *listener)
{
	return (listener->setup && listener->setup->acceptable(listener)) || setup_by_tcp.acceptable(listener);
}

/* As tcp_poll() of Linux, whose TCP_CLOSE is a socket that is not connected, or no more. */
static unsigned
connection_readiness(const struct description *d)
{
	int error;
	unsigned state = news(d, &error), ready = d->error || error ? POLLERR : 0;
	bool over = !(state & CONNECTED) || state & (RESET | LEAVING);
	bool in_ended = state & (PEER_FIN | SHUT_READ | RESET), out_ended = state & (SHUT_WRITE | RESET);

	if (state & CONNECTING && !(state & LEAVING))
		return 0;
	if (over || (in_ended && out_ended))
		ready |= POLLHUP;
	if (in_ended)
		ready |= POLLIN | POLLRDNORM | POLLRDHUP;
	else if (d->link && d->link->ops->readable(d->link))
		ready |= POLLIN | POLLRDNORM;
	if (over || out_ended || state & PEER_CLOSED || d->link->ops->room(d->link))
		ready |= POLLOUT | POLLWRNORM;
	return ready;
}

unsigned
description_readiness(const struct description *d)
{
	if (d->datagram)
		return datagram_readiness(d);
	if (!(d->state & LISTENING))
		return connection_readiness(d);
	return d->state & LEAVING || has_connections(d) ? POLLIN | POLLRDNORM : 0;
}

bool
description_lives(struct description *d)
{
	if (!(d->state & CONNECTED))
		return false;
	description_progress(d);
	description_learn(d);
	return !(d->state & RESET) && (d->state & (PEER_FIN | SHUT_WRITE)) != (PEER_FIN | SHUT_WRITE);
}
