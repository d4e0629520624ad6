#include "sockets/close.h"
#include "sockets/descriptors.h"
#include "sockets/network.h"
#include "sockets/ports.h"
#include "sockets/setup.h"

#include <errno.h>

struct description *
setup_accepted(struct description *listener, const struct setup *setup, unsigned node, uint16_t port)
{
	struct description *d = description_new(listener->kernel, listener->process);

	d->options = listener->options;
	d->local = (struct address){host_ip(d->kernel->host), listener->local.port};
	d->remote = (struct address){HOST_NETWORK + node + 1, port};
	d->peer_node = node;
	d->setup = setup;
	return d;
}

/* QUEUE_MAX: connections that wait for accept(); some set-ups pin a ring's memory for each beforehand. */
#define QUEUE_MAX 8

/* listen(). ---------------------------------------------------------------------------------------------------------
 */

static int
may_listen(struct description *d)
{
	struct description *other;

	if (d->state & (CONNECTED | CONNECTING))
		return -EINVAL;
	if (d->local.port == 0 && port_bind(d, (struct address){INADDR_ANY, 0}))
		return -EADDRINUSE;
	other = port_listener(d->kernel, d->local.port);
	return other && other != d ? -EADDRINUSE : 0;
}

/* listen_on: by TCP, and over the fast network if there is one and it is wanted. */
static int
listen_on(struct description *d, int backlog)
{
	const struct network *network = network_used(d->process);
	int error = d->datagram ? -EOPNOTSUPP : may_listen(d);

	if (error)
		return error;
	d->places = backlog < 0 || backlog >= QUEUE_MAX ? QUEUE_MAX : (unsigned)backlog + 1;
	if (!(d->state & LISTENING))
		d->setup = network && d->options.protocol != SOCK_TCP ? network->setup : NULL;
	error = d->setup ? d->setup->listen(d) : 0;
	if (!error)
		error = setup_by_tcp.listen(d);
	if (!error)
		d->state |= LISTENING;
	else if (!(d->state & LISTENING))
		stop_listening(d);
	return error;
}

int
sock_listen(struct process *p, int fd, int backlog)
{
	int error, result;
	struct description *d = descriptors_get(p, fd, &error);

	if (!d)
		return error;
	kernel_system_call(d->kernel);
	result = listen_on(d, backlog);
	description_release(d);
	return result;
}

/* accept(). ---------------------------------------------------------------------------------------------------------
 */

/* first_complete: taken out of its queue; NULL if there is none.  The fast network and TCP take turns. */
static struct description *
first_complete(struct description *listener)
{
	const struct setup *const ways[] = {listener->setup, &setup_by_tcp};
	unsigned first = listener->setup && !listener->turn ? 0 : 1;

	for (unsigned i = 0; i < G_N_ELEMENTS(ways); i++) {
		const struct setup *way = ways[(first + i) % G_N_ELEMENTS(ways)];
		struct description *d = way ? way->accept(listener) : NULL;

		if (d) {
			listener->turn = way != &setup_by_tcp;
			return d;
		}
	}
	return NULL;
}

/* next_connection: waits for one; NULL and -EINVAL if the listener listens no more, -EAGAIN at the deadline. */
static struct description *
next_connection(struct description *listener, sim_time deadline, int *error)
{
	struct description *d;

	while (listener->state & LISTENING && !(listener->state & LEAVING)) {
		if ((d = first_complete(listener)))
			return d;
		*error = -EAGAIN;
		if (!description_block(listener, "a connection to accept()", deadline) &&
		    (deadline == DO_NOT_WAIT || sim_now() >= deadline))
			return NULL;
	}
	*error = -EINVAL;
	return NULL;
}

/* complete: a descriptor of `p` for `d`, or -errno, and `d` is gone. */
static int
complete(struct process *p, struct description *listener, struct description *d)
{
	int result = d->setup->complete(listener, d);

	if (result == 0)
		result = descriptors_add(p, d);
	if (result < 0) {
		description_release(d);
		return result;
	}
	d->state |= CONNECTED;
	d->kernel->counts.connections++;
	return result;
}

static int
accept_from(struct process *p, struct description *listener, struct sockaddr *address, socklen_t *length, int flags)
{
	sim_time deadline = description_deadline(listener, false, &listener->options.receive_timeout);
	struct address from;
	struct description *d;
	int error = descriptors_room(p), fd;

	if (listener->datagram)
		return -EOPNOTSUPP;
	if (!(listener->state & LISTENING))
		return -EINVAL;
	if (error)
		return error;
	if (address && (!length || *length > INT32_MAX))
		return length ? -EINVAL : -EFAULT;
	d = next_connection(listener, deadline, &error);
	if (!d)
		return error;
	from = d->remote;
	d->nonblocking = flags & SOCK_NONBLOCK;
	fd = complete(p, listener, d);
	if (fd >= 0 && address)
		address_put(&from, address, length);
	return fd;
}

int
sock_accept4(struct process *p, int fd, struct sockaddr *address, socklen_t *length, int flags)
{
	int error, result;
	struct description *d = descriptors_get(p, fd, &error);

	if (!d)
		return error;
	descriptors_progress(p);
	kernel_system_call(d->kernel);
	result = flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC) ? -EINVAL : accept_from(p, d, address, length, flags);
	description_release(d);
	return result;
}

int
sock_accept(struct process *p, int fd, struct sockaddr *address, socklen_t *length)
{
	return sock_accept4(p, fd, address, length, 0);
}
