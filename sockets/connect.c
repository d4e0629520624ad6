#include "sockets/connect.h"

#include "sockets/datagram.h"
#include "sockets/descriptors.h"
#include "sockets/network.h"
#include "sockets/ports.h"
#include "sockets/setup.h"

#include <errno.h>

bool
setup_decided(const struct description *d)
{
	return d->state & (ACKNOWLEDGED | RESET | LEAVING | ABANDONED);
}

/* ask: over the fast network, or, where nobody answers there, by TCP. */
static int
ask(struct description *d)
{
	int error = d->setup->ask(d);

	if (error != SETUP_FALLS_BACK)
		return error;
	d->setup->end(d);
	d->setup = &setup_by_tcp;
	error = -d->setup->begin(d);
	return error ? error : d->setup->ask(d);
}

/* set_up: by the caller of connect(), or by a task of its own; how it ended is in the description. */
static void
set_up(struct description *d)
{
	int error = ask(d);

	if (error) {
		if (d->link)
			d->setup->end(d);
		d->state |= RESET;
		d->error = error;
	} else {
		d->state |= CONNECTED;
		d->kernel->counts.connections++;
	}
	d->state &= ~CONNECTING;
	description_poke(d);
}

static void
set_up_alone(void *arg)
{
	struct description *d = arg;

	set_up(d);
	description_release(d);
}

/* forget: as if connect() had not been called. */
static void
forget(struct description *d)
{
	d->state &= LEAVING;
	d->error = 0;
	d->remote = (struct address){0, 0};
	if (d->chosen_port)
		d->local = (struct address){0, 0};
}

void
connect_abandon(struct description *d)
{
	if (!(d->state & CONNECTING))
		return;
	d->state |= ABANDONED;
	description_poke(d);
	description_settled(d, SIM_NEVER);
	forget(d);
	d->error = ECONNRESET;
}

/* conclude: what connect() returns: how the set-up ended, or `early` if that is not known at the deadline. */
static int
conclude(struct description *d, int early, sim_time deadline)
{
	int error;

	if (!description_settled(d, deadline))
		return early;
	if (d->state & CONNECTING)
		return -ECONNABORTED;
	d->state &= ~UNTOLD;
	description_learn(d);
	if (!(d->state & RESET))
		return 0;
	error = description_error(d);
	if (d->link)
		d->setup->end(d);
	forget(d);
	return error ? -error : -ECONNABORTED;
}

/* way_to: the fast network where it is wanted and reaches the peer, else TCP. */
static const struct setup *
way_to(const struct description *d, unsigned node)
{
	const struct network *network = network_used(d->process);

	if (!network || d->options.protocol == SOCK_TCP || !network->reaches(d->kernel->host, node))
		return &setup_by_tcp;
	return network->setup;
}

/* begin: everything that needs no answer. */
static int
begin(struct description *d, struct address to)
{
	struct kernel *k = d->kernel;
	int node = host_node(k->host, to.ip), error;

	if (node < 0)
		return node;
	if (d->local.port == 0 && port_bind(d, (struct address){host_ip(k->host), 0}))
		return -EADDRNOTAVAIL;
	d->local.ip = host_ip(k->host);
	d->remote = to;
	d->peer_node = (unsigned)node;
	d->setup = way_to(d, (unsigned)node);
	error = d->setup->begin(d);
	if (error) {
		d->remote = (struct address){0, 0};
		return error;
	}
	d->error = 0;
	d->state |= CONNECTING | UNTOLD;
	return 0;
}

/* connect_datagrams: AF_UNSPEC: to nobody any more. */
static int
connect_datagrams(struct description *d, const struct sockaddr *address, socklen_t length)
{
	struct address to;
	int error;

	if (length >= sizeof address->sa_family && address->sa_family == AF_UNSPEC)
		return datagram_connect(d, NULL);
	error = address_get(&to, address, length);
	return error ? error : datagram_connect(d, &to);
}

static int
connect_to(struct description *d, const struct sockaddr *address, socklen_t length)
{
	sim_time deadline = description_deadline(d, false, &d->options.send_timeout);
	struct address to;
	int error;

	if (d->datagram)
		return connect_datagrams(d, address, length);
	if (d->state & UNTOLD)
		return conclude(d, -EALREADY, deadline);
	if (d->state & (CONNECTED | LISTENING))
		return -EISCONN;
	error = address_get(&to, address, length);
	if (!error)
		error = begin(d, to);
	if (error)
		return error;
	if (deadline == SIM_NEVER) {
		set_up(d);
		return conclude(d, 0, deadline);
	}
	d->references++;
	task_start_on(d->kernel->host->cpus, d->process, "connect", false, set_up_alone, d);
	return conclude(d, -EINPROGRESS, deadline);
}

int
sock_connect(struct process *p, int fd, const struct sockaddr *address, socklen_t length)
{
	int error, result;
	struct description *d = descriptors_get(p, fd, &error);

	if (!d)
		return error;
	descriptors_progress(p);
	kernel_system_call(d->kernel);
	result = address ? connect_to(d, address, length) : -EFAULT;
	description_release(d);
	return result;
}
