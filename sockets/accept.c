#include "sockets/close.h"
#include "sockets/connect.h"
#include "sockets/descriptors.h"
#include "sockets/ports.h"

#include <errno.h>

/* READY_MAX: areas that a listener has exported beforehand; each is pinned memory of a ring's size. */
#define READY_MAX 8

/* The kernel. -------------------------------------------------------------------------------------------------------
 */

static bool
is_known(const struct kernel *k, const struct segment *syn)
{
	for (GList *l = k->descriptions.head; l; l = l->next) {
		const struct description *d = l->data;

		if (d->peer_connection == syn->from && d->peer_node == syn->node && d->connection)
			return true;
	}
	return false;
}

static struct description *
new_connection(struct description *listener, const struct segment *syn)
{
	struct description *d = description_new(listener->kernel, listener->process);
	struct area *area = g_queue_pop_head(&listener->ready);

	d->options = listener->options;
	d->local = (struct address){host_ip(d->kernel->host), listener->local.port};
	d->remote = (struct address){HOST_NETWORK + syn->node + 1, syn->from_port};
	d->peer_node = syn->node;
	d->peer_connection = syn->from;
	d->peer_area = syn->name;
	connect_begin(d, area);
	d->stream.peer_ring_bytes = syn->ring_bytes;
	g_free(area);
	return d;
}

void
connect_on_syn(struct kernel *k, const struct segment *s)
{
	struct description *listener = port_listener(k, s->to_port), *d;

	if (!listener) {
		connect_refuse(k, s);
		return;
	}
	if (is_known(k, s) || g_queue_is_empty(&listener->ready))
		return;
	d = new_connection(listener, s);
	g_queue_push_tail(&listener->queue, d);
	connect_say(d, SEGMENT_SYN_ACK);
}

void
connect_on_ack(struct kernel *k, const struct segment *s)
{
	struct description *d = kernel_connection(k, s->to), *listener;

	if (!d) {
		connect_refuse(k, s);
		return;
	}
	d->state |= ACKNOWLEDGED;
	listener = port_listener(k, d->local.port);
	if (listener)
		description_poke(listener);
}

bool
accept_forget(struct description *d)
{
	struct description *listener = port_listener(d->kernel, d->local.port);

	if (d->state & ACKNOWLEDGED || !listener || !g_queue_remove(&listener->queue, d))
		return false;
	g_queue_push_tail(&listener->ready, g_memdup2(&d->stream.area, sizeof d->stream.area));
	description_free(d);
	return true;
}

/* listen(). ---------------------------------------------------------------------------------------------------------
 */

/* make_ready: one more area; false if there is no memory for it. */
static bool
make_ready(struct description *d)
{
	struct area area;

	if (!area_make(&area, d->process->nic_queue, d->process->memory, d->options.receive_buffer))
		return false;
	g_queue_push_tail(&d->ready, g_memdup2(&area, sizeof area));
	return true;
}

static void
fill_queue(struct description *d)
{
	while (d->ready.length + d->queue.length < d->places && make_ready(d))
		;
}

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

static int
listen_on(struct description *d, int backlog)
{
	int error = may_listen(d);

	if (error)
		return error;
	d->places = backlog < 0 || backlog >= READY_MAX ? READY_MAX : (unsigned)backlog + 1;
	fill_queue(d);
	if (d->ready.length + d->queue.length == 0)
		return -ENOBUFS;
	d->state |= LISTENING;
	return 0;
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

/* first_complete: taken out of the queue; NULL if there is none. */
static struct description *
first_complete(struct description *listener)
{
	for (GList *l = listener->queue.head; l; l = l->next) {
		struct description *d = l->data;

		if (d->state & ACKNOWLEDGED) {
			g_queue_delete_link(&listener->queue, l);
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
	int result;

	fill_queue(listener);
	result = connect_import(d);
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
