#define _GNU_SOURCE /* IOV_MAX */
#include "sockets/datagram.h"

#include "sockets/fast/fast_datagram.h"
#include "sockets/network.h"
#include "sockets/ports.h"
#include "sockets/tcpip/udp.h"
#include "sockets/user.h"

#include <errno.h>
#include <limits.h>

#define SEND_FLAGS (MSG_NOSIGNAL | MSG_DONTWAIT | MSG_CONFIRM)
#define RECV_FLAGS (MSG_NOSIGNAL | MSG_DONTWAIT | MSG_PEEK | MSG_TRUNC | MSG_WAITALL)

struct datagram {
	struct udp *udp;        /* NULL: it has no port yet */
	struct fast_port *fast; /* NULL: UDP only */
};

struct datagram *
datagram_new(void)
{
	return g_new0(struct datagram, 1);
}

void
datagram_free(struct description *d)
{
	struct datagram *g = d->datagram;

	if (g->fast)
		fast_port_close(g->fast);
	if (g->udp)
		udp_close(g->udp);
	g_free(g);
	d->datagram = NULL;
}

/* Ports and peers. --------------------------------------------------------------------------------------------------
 */

static void
came(void *arg)
{
	struct description *d = arg;
	int error = udp_error(d->datagram->udp);

	if (error)
		d->error = error;
	description_poke(d);
}

/* fast_wanted: does the host's NIC run Active Messages, and the program not forbid them? */
static bool
fast_wanted(const struct description *d)
{
	return network_used(d->process) == &network_am && d->options.protocol != SOCK_TCP;
}

int
datagram_bound(struct description *d)
{
	struct datagram *g = d->datagram;
	uint32_t buffer = d->options.receive_buffer;

	g->udp = udp_open(d->kernel, d->local.port, buffer, came, d);
	if (!g->udp) {
		d->local = (struct address){0, 0};
		return -EADDRINUSE;
	}
	if (!fast_wanted(d))
		return 0;
	d->network = &network_am;
	g->fast = fast_port_open(d->kernel, d->process, d->local.port, buffer, came, d);
	return 0;
}

/* bind_any: who sends without a port gets one. */
static int
bind_any(struct description *d)
{
	if (d->datagram->udp)
		return 0;
	if (port_bind(d, (struct address){INADDR_ANY, 0}))
		return -EAGAIN;
	return datagram_bound(d);
}

static void
join(struct datagram *g, const struct udp_name *peer)
{
	if (g->udp)
		udp_connect(g->udp, peer);
	if (g->fast)
		fast_port_connect(g->fast, peer);
}

static void
dissolve(struct description *d)
{
	d->state &= ~(unsigned)CONNECTED;
	d->remote = (struct address){0, 0};
	join(d->datagram, NULL);
}

int
datagram_connect(struct description *d, const struct address *to)
{
	struct udp_name peer;
	int node, error;

	if (!to) {
		dissolve(d);
		return 0;
	}
	node = host_node(d->kernel->host, to->ip);
	if (node < 0)
		return node;
	error = bind_any(d);
	if (error)
		return error;
	peer = (struct udp_name){(unsigned)node, to->port};
	join(d->datagram, &peer);
	d->local.ip = host_ip(d->kernel->host);
	d->remote = *to;
	d->peer_node = (unsigned)node;
	d->state |= CONNECTED;
	return 0;
}

int
datagram_shut(struct description *d, int how)
{
	if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR)
		return -EINVAL;
	if (how != SHUT_WR)
		d->state |= SHUT_READ;
	if (how != SHUT_RD)
		d->state |= SHUT_WRITE;
	description_poke(d);
	return d->state & CONNECTED ? 0 : -ENOTCONN;
}

void
datagram_progress(struct description *d)
{
	if (d->datagram->fast)
		d->network->progress(d->process);
}

void
datagram_changed(struct description *d)
{
	struct datagram *g = d->datagram;

	if (g->udp)
		udp_set_buffer(g->udp, d->options.receive_buffer);
	if (g->fast)
		fast_port_set_buffer(g->fast, d->options.receive_buffer);
}

/* The caller's memory. ----------------------------------------------------------------------------------------------
 */

/* length_of: of the vector; -EINVAL, -EFAULT. */
static int64_t
length_of(const struct description *d, const struct iovec *vector, size_t n)
{
	int64_t sum = 0;

	if (n > IOV_MAX)
		return -EMSGSIZE;
	if (n && !vector)
		return -EFAULT;
	for (size_t i = 0; i < n; i++) {
		if (vector[i].iov_len > (size_t)(SSIZE_MAX - sum))
			return -EINVAL;
		if (vector[i].iov_len && !user_valid(d->process->memory, vector[i].iov_base, vector[i].iov_len))
			return -EFAULT;
		sum += (int64_t)vector[i].iov_len;
	}
	return sum;
}

static void
gather(const struct description *d, const struct iovec *vector, size_t n, uint8_t *to)
{
	for (size_t i = 0; i < n; to += vector[i++].iov_len)
		user_fetch(d->process->memory, vector[i].iov_base, to, vector[i].iov_len);
}

static void
scatter(const struct description *d, const struct iovec *vector, size_t n, const uint8_t *from, uint64_t bytes)
{
	for (size_t i = 0; i < n && bytes > 0; i++) {
		uint64_t piece = MIN(vector[i].iov_len, bytes);

		user_store(d->process->memory, vector[i].iov_base, from, piece);
		from += piece;
		bytes -= piece;
	}
}

/* Sending. ----------------------------------------------------------------------------------------------------------
 */

/* address_for: where it goes; 0 or -errno. */
static int
address_for(const struct description *d, const struct address *to, struct udp_name *name)
{
	int node;

	if (!to && !(d->state & CONNECTED))
		return -EDESTADDRREQ;
	if (!to)
		to = &d->remote;
	if (to->port == 0)
		return -EINVAL;
	node = host_node(d->kernel->host, to->ip);
	*name = (struct udp_name){(unsigned)node, to->port};
	return MIN(node, 0);
}

/* send_fast: false: by UDP. */
static bool
send_fast(const struct description *d, struct udp_name to, const uint8_t *data, uint32_t bytes)
{
	struct fast_port *fast = d->datagram->fast;

	return fast && network_am.reaches(d->kernel->host, to.node) && fast_port_send(fast, to, data, bytes);
}

static void
transmit(struct description *d, struct udp_name to, const uint8_t *data, uint32_t bytes)
{
	struct sock_counts *counts = &d->kernel->counts;

	counts->bytes_sent += bytes;
	counts->datagrams++;
	if (send_fast(d, to, data, bytes)) {
		counts->fast_datagrams++;
		return;
	}
	kernel_system_call(d->kernel);
	udp_send(d->datagram->udp, to, data, bytes);
}

int64_t
datagram_send(struct description *d, const struct iovec *vector, size_t n, const struct address *to, int flags)
{
	int64_t length = length_of(d, vector, n);
	struct udp_name name;
	uint8_t *data;
	int error;

	if (flags & ~SEND_FLAGS)
		return -EOPNOTSUPP;
	if (length < 0 || length > UDP_MAX)
		return length < 0 ? length : -EMSGSIZE;
	error = address_for(d, to, &name);
	if (!error && d->state & SHUT_WRITE)
		error = -EPIPE;
	if (!error)
		error = -description_error(d);
	if (!error)
		error = bind_any(d);
	if (error)
		return error;
	data = g_malloc((size_t)length + 1);
	gather(d, vector, n, data);
	transmit(d, name, data, (uint32_t)length);
	g_free(data);
	return length;
}

/* Receiving. --------------------------------------------------------------------------------------------------------
 */

/* next: of either queue; *fast: of which. */
static int64_t
next(const struct datagram *g, struct udp_name *from, bool *fast)
{
	int64_t bytes = g->fast ? fast_port_next(g->fast, from) : -1;

	*fast = bytes >= 0;
	return *fast || !g->udp ? bytes : udp_next(g->udp, from);
}

static bool
something(void *arg)
{
	const struct description *d = arg;
	struct udp_name from;
	bool fast;

	return d->error || d->state & (SHUT_READ | LEAVING) || next(d->datagram, &from, &fast) >= 0;
}

/* wait_for: something; false at the deadline. */
static bool
wait_for(struct description *d, sim_time deadline)
{
	struct waiter w;
	bool there;

	if (deadline == DO_NOT_WAIT || !d->network) {
		while (!(there = something(d)))
			if (!description_block(d, "a datagram", deadline) && sim_now() >= deadline)
				return something(d);
		return there;
	}
	description_watch(d, &w);
	there = d->network->wait(d->process, something, d, NULL, 0, deadline);
	description_unwatch(d, &w);
	return there;
}

/* hand_over: the first one; its length. */
static int64_t
hand_over(struct description *d, const struct iovec *vector, size_t n, uint64_t room, struct address *from, bool keep)
{
	struct datagram *g = d->datagram;
	struct udp_name name;
	bool fast;
	int64_t length = next(g, &name, &fast);
	uint32_t bytes = (uint32_t)MIN((uint64_t)length, room);
	uint8_t *data = g_malloc(bytes + 1);

	(fast ? fast_port_peek(g->fast, data, bytes) : udp_peek(g->udp, data, bytes));
	if (!keep)
		(fast ? fast_port_drop(g->fast) : udp_drop(g->udp));
	scatter(d, vector, n, data, bytes);
	g_free(data);
	d->kernel->counts.bytes_received += bytes;
	*from = (struct address){HOST_NETWORK + name.node + 1, name.port};
	return length;
}

int64_t
datagram_receive(struct description *d, const struct iovec *vector, size_t n, struct address *from, int flags)
{
	sim_time deadline = description_deadline(d, flags & MSG_DONTWAIT, &d->options.receive_timeout);
	int64_t room = length_of(d, vector, n);
	struct udp_name name;
	bool fast;

	if (flags & ~RECV_FLAGS)
		return -EOPNOTSUPP;
	if (room < 0)
		return room;
	if (!d->network)
		kernel_system_call(d->kernel);
	datagram_progress(d);
	if (!something(d) && !wait_for(d, deadline))
		return -EAGAIN;
	if (d->error)
		return -description_error(d);
	if (next(d->datagram, &name, &fast) < 0)
		return 0;
	return hand_over(d, vector, n, (uint64_t)room, from, flags & MSG_PEEK);
}

/* What shows. -------------------------------------------------------------------------------------------------------
 */

uint32_t
datagram_next_bytes(const struct description *d)
{
	struct udp_name from;
	bool fast;

	return (uint32_t)MAX(next(d->datagram, &from, &fast), 0);
}

/* As datagram_poll() of Linux. */
unsigned
datagram_readiness(const struct description *d)
{
	struct udp_name from;
	bool fast;
	unsigned ready = POLLOUT | POLLWRNORM | (d->error ? POLLERR : 0);

	if (d->state & SHUT_READ)
		ready |= POLLRDHUP | POLLIN | POLLRDNORM;
	if (d->state & SHUT_READ && d->state & SHUT_WRITE)
		ready |= POLLHUP;
	if (next(d->datagram, &from, &fast) >= 0)
		ready |= POLLIN | POLLRDNORM;
	return ready;
}
