#include "sockets/connect.h"

#include "sockets/descriptors.h"
#include "sockets/ports.h"

#include <errno.h>

/* An unanswered SYN is sent again after 1, 2, 4... s, seven in all: 127 s (Linux' tcp_syn_retries = 6). */
#define SYN_PATIENCE SIM_S
#define SYN_TRIES    7

/* BREAK_GRACE: end words leave before the FIN segment and take microseconds; a retransmission on the fast network takes
 * milliseconds. */
#define BREAK_GRACE (200 * SIM_MS)

void
connect_begin(struct description *d, const struct area *area)
{
	if (++d->kernel->last_connection == 0)
		d->kernel->last_connection = 1;
	d->connection = d->kernel->last_connection;
	stream_start(&d->stream, area, &d->kernel->counts);
	d->link = &d->stream.link;
	d->link->send_limit = d->options.send_buffer;
}

void
connect_end(struct description *d)
{
	d->connection = d->peer_connection = 0;
	d->link->ops->stop(d->link);
	d->link = NULL;
}

void
connect_say(const struct description *d, enum segment_kind kind)
{
	struct segment s = {
	        .kind = kind,
	        .from_port = d->local.port,
	        .to_port = d->remote.port,
	        .to = d->peer_connection,
	        .from = d->connection,
	        .name = d->stream.area.name,
	        .ring_bytes = d->stream.area.ring_bytes,
	};

	segment_send(d->kernel, d->peer_node, &s);
}

static void
answer(struct kernel *k, const struct segment *s, enum segment_kind kind)
{
	struct segment back = {
	        .kind = kind, .from_port = s->to_port, .to_port = s->from_port, .to = s->from, .from = s->to};

	segment_send(k, s->node, &back);
}

void
connect_refuse(struct kernel *k, const struct segment *s)
{
	answer(k, s, SEGMENT_RST);
}

/* link_broken: there is no way to the peer any more; who waits learns it (description_learn()). */
static void
link_broken(void *arg)
{
	struct description *d = arg;

	d->stream.broken = true;
	description_poke(d);
}

int
connect_import(struct description *d)
{
	struct vmmc_proxy *proxy = NULL;
	enum vmmc_error error = vmmc_import(d->process->nic_queue, d->peer_node, d->peer_area, &proxy);

	d->stream.proxy = proxy;
	if (error == VMMC_OK) {
		vmmc_on_broken(proxy, link_broken, d);
		return 0;
	}
	if (error == VMMC_ENAME) {
		d->state |= PEER_CLOSED;
		return 0;
	}
	connect_say(d, SEGMENT_RST);
	return error == VMMC_EDOWN ? -ETIMEDOUT : error == VMMC_EFIRMWARE ? -ENETDOWN : -ENOBUFS;
}

/* The kernel. -------------------------------------------------------------------------------------------------------
 */

void
connect_on_syn_ack(struct kernel *k, const struct segment *s)
{
	struct description *d = kernel_connection(k, s->to);

	if (!d || !(d->state & CONNECTING)) {
		connect_refuse(k, s);
		return;
	}
	if (d->state & ACKNOWLEDGED)
		return;
	d->peer_connection = s->from;
	d->peer_area = s->name;
	d->stream.peer_ring_bytes = s->ring_bytes;
	d->state |= ACKNOWLEDGED;
	description_poke(d);
	connect_say(d, SEGMENT_ACK);
}

void
connect_on_fin(struct kernel *k, const struct segment *s)
{
	struct description *d = kernel_connection(k, s->to);

	if (d && !sim_posted(&d->broken))
		sim_post(&d->broken, sim_now() + BREAK_GRACE);
}

void
connect_on_fin_ask(struct kernel *k, const struct segment *s)
{
	struct description *d = kernel_connection(k, s->to);

	connect_on_fin(k, s);
	if (!d || d->link->ops->end(d->link))
		answer(k, s, SEGMENT_FIN_ACK);
}

void
connect_on_fin_ack(struct kernel *k, const struct segment *s)
{
	struct description *d = kernel_connection(k, s->to);

	if (!d)
		return;
	d->state |= ANSWERED;
	description_poke(d);
}

void
connect_on_rst(struct kernel *k, const struct segment *s)
{
	struct description *d = kernel_connection(k, s->to);

	if (d && !accept_forget(d))
		description_reset(d, d->state & ACKNOWLEDGED ? ECONNRESET : ECONNREFUSED);
}

/* The caller. -------------------------------------------------------------------------------------------------------
 */

static bool
decided(const struct description *d)
{
	return d->state & (ACKNOWLEDGED | RESET | LEAVING | ABANDONED);
}

/* ask: SYN until something comes back. */
static int
ask(struct description *d)
{
	for (unsigned i = 0; i < SYN_TRIES && !decided(d); i++) {
		sim_time deadline = sim_now() + (SYN_PATIENCE << i);

		connect_say(d, SEGMENT_SYN);
		while (!decided(d) && sim_now() < deadline)
			description_block(d, "an answer to connect()", deadline);
	}
	if (d->state & RESET)
		return description_error(d);
	if (d->state & ACKNOWLEDGED)
		return 0;
	return d->state & (LEAVING | ABANDONED) ? ECONNABORTED : ETIMEDOUT;
}

/* set_up: by the caller of connect(), or by a task of its own; how it ended is in the description. */
static void
set_up(struct description *d)
{
	int error = ask(d);

	if (!error)
		error = -connect_import(d);
	if (!error && d->state & ABANDONED) {
		connect_say(d, SEGMENT_RST);
		error = ECONNABORTED;
	}
	if (error) {
		connect_end(d);
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
		connect_end(d);
	forget(d);
	return error ? -error : -ECONNABORTED;
}

/* begin: everything that needs no answer. */
static int
begin(struct description *d, struct address to)
{
	struct kernel *k = d->kernel;
	int node = host_node(k->host, to.ip);
	struct area area;

	if (node < 0)
		return node;
	if (d->local.port == 0 && port_bind(d, (struct address){host_ip(k->host), 0}))
		return -EADDRNOTAVAIL;
	if (!area_make(&area, d->process->nic_queue, d->process->memory, d->options.receive_buffer))
		return -ENOBUFS;
	d->local.ip = host_ip(k->host);
	d->remote = to;
	d->peer_node = (unsigned)node;
	d->error = 0;
	d->state |= CONNECTING | UNTOLD;
	connect_begin(d, &area);
	return 0;
}

static int
connect_to(struct description *d, const struct sockaddr *address, socklen_t length)
{
	sim_time deadline = description_deadline(d, false, &d->options.send_timeout);
	struct address to;
	int error;

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
	kernel_system_call(d->kernel);
	result = address ? connect_to(d, address, length) : -EFAULT;
	description_release(d);
	return result;
}
