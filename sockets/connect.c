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

void
connect_refuse(struct kernel *k, const struct segment *s)
{
	struct segment reset = {
	        .kind = SEGMENT_RST, .from_port = s->to_port, .to_port = s->from_port, .to = s->from, .from = s->to};

	segment_send(k, s->node, &reset);
}

int
connect_import(struct description *d)
{
	struct vmmc_proxy *proxy = NULL;
	enum vmmc_error error = vmmc_import(d->process->nic_queue, d->peer_node, d->peer_area, &proxy);

	d->stream.proxy = proxy;
	if (error == VMMC_OK || error == VMMC_ENAME)
		return 0;
	connect_say(d, SEGMENT_RST);
	return -ENOBUFS;
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

	if (d)
		sim_post(&d->broken, sim_now() + BREAK_GRACE);
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
	return d->state & (ACKNOWLEDGED | RESET | LEAVING);
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
		return -description_error(d);
	if (d->state & ACKNOWLEDGED)
		return 0;
	return d->state & LEAVING ? -ECONNABORTED : -ETIMEDOUT;
}

/* forget: as if connect() had not been called. */
static void
forget(struct description *d)
{
	d->connection = d->peer_connection = 0;
	d->state &= ~(CONNECTING | ACKNOWLEDGED | RESET);
	d->remote = (struct address){0, 0};
	if (d->chosen_port)
		d->local = (struct address){0, 0};
	stream_stop(&d->stream);
}

static int
establish(struct description *d)
{
	uint32_t ring = (uint32_t)d->kernel->host->params->socket_buffer * 1024;
	struct area area;
	int error;

	if (!area_make(&area, d->process->nic_queue, d->process->memory, ring))
		return -ENOBUFS;
	connect_begin(d, &area);
	error = ask(d);
	if (!error)
		error = connect_import(d);
	if (error) {
		forget(d);
		return error;
	}
	d->state = (d->state & ~CONNECTING) | CONNECTED;
	d->kernel->counts.connections++;
	return 0;
}

static int
may_connect(const struct description *d)
{
	if (d->state & (CONNECTED | LISTENING))
		return -EISCONN;
	return d->state & CONNECTING ? -EALREADY : 0;
}

static int
connect_to(struct description *d, struct address to)
{
	struct kernel *k = d->kernel;
	int node = host_node(k->host, to.ip), error = may_connect(d);

	if (!error && node < 0)
		error = node;
	if (!error && d->local.port == 0)
		error = port_bind(d, (struct address){host_ip(k->host), 0}) ? -EADDRNOTAVAIL : 0;
	if (error)
		return error;
	d->local.ip = host_ip(k->host);
	d->remote = to;
	d->peer_node = (unsigned)node;
	d->state |= CONNECTING;
	error = establish(d);
	d->state &= ~CONNECTING;
	return error;
}

int
sock_connect(struct process *p, int fd, const struct sockaddr *address, socklen_t length)
{
	struct address to;
	int error, result;
	struct description *d = descriptors_get(p, fd, &error);

	if (!d)
		return error;
	kernel_system_call(d->kernel);
	result = address_get(&to, address, length);
	if (result == 0)
		result = connect_to(d, to);
	description_release(d);
	return result;
}
