#define _GNU_SOURCE /* IOV_MAX */
#include "sockets/datagram.h"
#include "sockets/descriptors.h"
#include "sockets/network.h"
#include "sockets/ports.h"
#include "sockets/user.h"

#include <errno.h>
#include <limits.h>

/* MSG_NOSIGNAL: there are no signals; MSG_MORE: a hint. */
#define SEND_FLAGS (MSG_NOSIGNAL | MSG_MORE | MSG_DONTWAIT)
#define RECV_FLAGS (MSG_NOSIGNAL | MSG_WAITALL | MSG_DONTWAIT | MSG_PEEK)

/* A NIC that does not fetch a ring's worth of data in this time does not work. */
#define FETCH_LIMIT SIM_S

/* Vectors. ----------------------------------------------------------------------------------------------------------
 */

/* Where a call stands in the user's memory. */
struct progress {
	const struct iovec *next;
	size_t n_next; /* pieces behind this one */
	uint8_t *data; /* the rest of this one */
	uint64_t left;
	uint64_t done, total;
};

/* start: 0, or -EINVAL, -EFAULT. */
static int
start(struct progress *p, const struct iovec *vector, size_t n)
{
	*p = (struct progress){.next = vector, .n_next = n};
	if (n > IOV_MAX)
		return -EINVAL;
	if (n && !vector)
		return -EFAULT;
	for (size_t i = 0; i < n; i++) {
		if (vector[i].iov_len > SSIZE_MAX - p->total)
			return -EINVAL;
		p->total += vector[i].iov_len;
	}
	return 0;
}

/* more: is there a byte to move?  Then data and left say where. */
static bool
more(struct progress *p)
{
	while (p->left == 0 && p->n_next > 0) {
		p->data = p->next->iov_base;
		p->left = p->next->iov_len;
		p->next++;
		p->n_next--;
	}
	return p->left > 0;
}

static void
moved(struct progress *p, int64_t n)
{
	p->data += n;
	p->left -= (uint64_t)n;
	p->done += (uint64_t)n;
}

/* is_valid: of the rest of this piece. */
static bool
is_valid(const struct progress *p, const struct description *d)
{
	return user_valid(d->process->memory, p->data, p->left);
}

/* Sending. ----------------------------------------------------------------------------------------------------------
 */

struct sending {
	struct description *d;
	struct progress *at;
	sim_time deadline;
};

static bool
writable(void *arg)
{
	const struct sending *w = arg;
	const struct link *l = w->d->link;

	return w->d->state & (SHUT_WRITE | PEER_CLOSED | RESET | LEAVING) || l->ops->room(l) ||
	       l->ops->end(l) & ~LINK_FIN;
}

static bool
wait_for_room(struct sending *w)
{
	if (w->deadline != DO_NOT_WAIT)
		w->d->kernel->counts.flow_control_waits++;
	return description_wait(w->d, writable, w, w->deadline);
}

/* protocol_for: a call that must not wait copies, since its buffer may be written again when it returns. */
static enum sock_protocol
protocol_for(const struct sending *w)
{
	const struct network *network = w->d->network;
	enum sock_protocol wish = network ? network->protocol(w->d->options.protocol) : SOCK_TCP;

	if (wish != SOCK_AUTOMATIC)
		return wish;
	return w->deadline != DO_NOT_WAIT && w->at->left >= w->d->kernel->host->params->one_copy_min &&
	                       (uintptr_t)w->at->data % 4 == 0
	               ? SOCK_ZERO_COPY
	               : SOCK_TWO_COPY;
}

static bool
ended(const struct sending *w)
{
	description_learn(w->d);
	return w->d->state & (RESET | SHUT_WRITE | PEER_CLOSED | LEAVING);
}

/* forbidden: even a send of nothing fails. */
static bool
forbidden(struct description *d)
{
	description_learn(d);
	return d->state & (RESET | SHUT_WRITE | LEAVING);
}

/* verdict: what send() returns on a stream that has ended.  The first send to a peer that has closed is taken, and
 * lost. */
static int64_t
verdict(const struct sending *w)
{
	struct description *d = w->d;

	if (d->state & RESET && d->error)
		return -description_error(d);
	if (d->state & (RESET | SHUT_WRITE | LEAVING))
		return -EPIPE;
	description_reset(d, EPIPE);
	return (int64_t)w->at->total;
}

/* count_out, count_in: what the kernel's TCP moves, which knows no counts of sockets; it copies all of it. */
static void
count_out(const struct description *d, int64_t n)
{
	if (d->network)
		return;
	d->kernel->counts.bytes_sent += (uint64_t)n;
	d->kernel->counts.bytes_by_tcp += (uint64_t)n;
	d->kernel->counts.bytes_copied_in += (uint64_t)n;
}

static void
count_in(const struct description *d, int64_t n)
{
	if (d->network)
		return;
	d->kernel->counts.bytes_received += (uint64_t)n;
	d->kernel->counts.bytes_copied_out += (uint64_t)n;
}

/* send_piece: all of it, or what can be sent before an end or an error; error 0 with bytes left: the stream has ended.
 */
static int
send_piece(struct sending *w)
{
	enum sock_protocol how = protocol_for(w);
	struct link *l = w->d->link;
	int error = 0;

	while (w->at->left > 0 && !error && !ended(w)) {
		int64_t n = is_valid(w->at, w->d) ? l->ops->put(l, w->at->data, w->at->left, how) : -EFAULT;

		if (n > 0) {
			moved(w->at, n);
			count_out(w->d, n);
		} else if (n < 0)
			error = (int)n;
		else if (!wait_for_room(w))
			error = -EAGAIN;
	}
	if (how != SOCK_TWO_COPY && !l->ops->flushed(l, sim_now() + FETCH_LIMIT))
		description_reset(w->d, ECONNRESET);
	return error;
}

/* An error behind some bytes is for the next call. */
static int64_t
send_all(struct sending *w)
{
	int error = 0;

	while (more(w->at) && !error) {
		error = send_piece(w);
		if (w->at->left > 0)
			break;
	}
	if (w->at->done > 0)
		return (int64_t)w->at->done;
	if (error)
		return error;
	return w->at->total == 0 && !forbidden(w->d) ? 0 : verdict(w);
}

/* connecting: waits; 0 once it is connected, else what send() returns. */
static int
connecting(struct description *d, sim_time deadline)
{
	if (!description_settled(d, deadline))
		return -EAGAIN;
	if (d->state & CONNECTED)
		return 0;
	return d->error ? -description_error(d) : -EPIPE;
}

static ssize_t
send_on(struct description *d, struct progress *at, int flags)
{
	struct sending w = {d, at, description_deadline(d, flags & MSG_DONTWAIT, &d->options.send_timeout)};
	int64_t result;

	if (flags & ~SEND_FLAGS)
		return -EOPNOTSUPP;
	result = d->state & CONNECTED ? 0 : connecting(d, w.deadline);
	if (result < 0)
		return result;
	if (!description_enter(d, WAY_OUT, w.deadline))
		return -EAGAIN;
	description_progress(d);
	result = send_all(&w);
	description_leave(d, WAY_OUT);
	return result;
}

/* send_datagram: to where `name` says; NULL: to where the socket is connected. */
static ssize_t
send_datagram(struct description *d, const struct iovec *vector, size_t n, const struct sockaddr *name,
              socklen_t length, int flags)
{
	struct address to;
	int error = name ? address_get(&to, name, length) : 0;

	return error ? error : datagram_send(d, vector, n, name ? &to : NULL, flags);
}

/* send_bytes: by either kind of socket; only datagrams look at the address. */
static ssize_t
send_bytes(struct description *d, const void *data, size_t length, int flags, const struct sockaddr *to,
           socklen_t to_length)
{
	if (d->datagram)
		return send_datagram(d, &(struct iovec){(void *)data, length}, 1, to, to_length, flags);
	return send_on(d, &(struct progress){.data = (void *)data, .left = length, .total = length}, flags);
}

ssize_t
sock_sendto(struct process *p, int fd, const void *data, size_t length, int flags, const struct sockaddr *to,
            socklen_t to_length)
{
	int error;
	ssize_t result;
	struct description *d = descriptors_get(p, fd, &error);

	if (!d)
		return error;
	result = send_bytes(d, data, length, flags, to, to_length);
	description_release(d);
	return result;
}

ssize_t
sock_send(struct process *p, int fd, const void *data, size_t length, int flags)
{
	return sock_sendto(p, fd, data, length, flags, NULL, 0);
}

static ssize_t
send_message(struct description *d, const struct msghdr *m, int flags)
{
	struct progress at;
	int error;

	if (m->msg_controllen)
		return -EOPNOTSUPP;
	if (d->datagram)
		return send_datagram(d, m->msg_iov, m->msg_iovlen, m->msg_name, m->msg_namelen, flags);
	error = start(&at, m->msg_iov, m->msg_iovlen);
	return error ? error : send_on(d, &at, flags);
}

ssize_t
sock_sendmsg(struct process *p, int fd, const struct msghdr *message, int flags)
{
	int error;
	ssize_t result;
	struct description *d = descriptors_get(p, fd, &error);

	if (!d)
		return error;
	result = message ? send_message(d, message, flags) : -EFAULT;
	description_release(d);
	return result;
}

/* Receiving. --------------------------------------------------------------------------------------------------------
 */

struct receiving {
	struct description *d;
	struct progress *at;
	bool peek, all;
	sim_time deadline;
};

/* has_more: than this call has taken or seen. */
static bool
has_more(const struct receiving *r)
{
	const struct link *l = r->d->link;

	return r->peek ? l->ops->unread(l) > r->at->done : l->ops->readable(l);
}

static bool
readable(void *arg)
{
	const struct receiving *r = arg;
	const struct link *l = r->d->link;

	return has_more(r) || r->d->state & (SHUT_READ | RESET | LEAVING) || l->ops->end(l);
}

/* take: what is there; or an error. */
static int
take(struct receiving *r)
{
	struct link *l = r->d->link;

	while (more(r->at) && has_more(r)) {
		int64_t n;

		if (!is_valid(r->at, r->d))
			return -EFAULT;
		n = r->peek ? l->ops->peek(l, r->at->done, r->at->data, r->at->left)
		            : l->ops->take(l, r->at->data, r->at->left);
		if (n < 0) {
			description_reset(r->d, ECONNRESET);
			return -description_error(r->d);
		}
		if (!r->peek)
			count_in(r->d, n);
		moved(r->at, n);
	}
	return 0;
}

/* enough: one byte, or all; a call for none wants to know whether there is one. */
static bool
enough(const struct receiving *r)
{
	if (r->at->total == 0)
		return has_more(r);
	return r->at->done >= (r->all ? r->at->total : 1);
}

/* finished: is there nothing to come? */
static bool
finished(struct receiving *r)
{
	description_learn(r->d);
	return !has_more(r) && r->d->state & (PEER_FIN | RESET | SHUT_READ | LEAVING);
}

/* epitaph: what recv() returns then. */
static int
epitaph(struct description *d)
{
	return d->state & RESET && !(d->state & PEER_FIN) ? -description_error(d) : 0;
}

/* redirects: may what comes go straight to the caller's buffer? */
static bool
redirects(const struct receiving *r)
{
	const struct network *network = r->d->network;

	return network && !r->peek && r->deadline != DO_NOT_WAIT && network->announced(r->d, r->at->total);
}

static void
expect(struct receiving *r)
{
	struct link *l = r->d->link;

	if (more(r->at) && is_valid(r->at, r->d))
		l->ops->expect(l, r->at->data, r->at->left, r->all);
}

/* move: takes what is there, and waits for more until it is enough; 0, or why there is no more.  What has come and was
 * not taken in yet is taken in when the caller's memory stands ready for it, and only if it is needed: a receiver that
 * has fallen behind would copy twice what it could copy once. */
static int
move(struct receiving *r, bool direct)
{
	struct link *l = r->d->link;

	for (bool looked = false;; looked = true) {
		int error;

		if (direct)
			expect(r);
		error = take(r);
		if (error || enough(r))
			return error;
		if (!looked && l->ops->progress) {
			description_progress(r->d);
			continue;
		}
		if (finished(r))
			return epitaph(r->d);
		if (direct)
			l->ops->expected(l, false);
		if (r->deadline == DO_NOT_WAIT && !r->d->network)
			kernel_system_call(r->d->kernel);
		if (!description_wait(r->d, readable, r, r->deadline))
			return -EAGAIN;
	}
}

static int64_t
receive(struct receiving *r)
{
	bool direct = redirects(r);
	int error = move(r, direct);

	if (direct)
		r->d->link->ops->expected(r->d->link, true);
	return r->at->done > 0 ? (int64_t)r->at->done : error;
}

/* unconnected: waits while it is being connected; 1 once it is connected, else what recv() returns. */
static int
unconnected(struct description *d, sim_time deadline)
{
	if (!description_settled(d, deadline))
		return -EAGAIN;
	if (d->state & CONNECTED)
		return 1;
	if (d->state & LISTENING)
		return -ENOTCONN;
	if (d->error)
		return -description_error(d);
	return d->state & RESET ? 0 : -ENOTCONN;
}

static ssize_t
receive_on(struct description *d, struct progress *at, int flags)
{
	struct receiving r = {.d = d,
	                      .at = at,
	                      .peek = flags & MSG_PEEK,
	                      .all = flags & MSG_WAITALL,
	                      .deadline = description_deadline(d, flags & MSG_DONTWAIT, &d->options.receive_timeout)};
	int64_t result;

	if (flags & ~RECV_FLAGS)
		return -EOPNOTSUPP;
	result = d->state & CONNECTED ? 1 : unconnected(d, r.deadline);
	if (result <= 0)
		return result;
	if (!description_enter(d, WAY_IN, r.deadline))
		return -EAGAIN;
	result = receive(&r);
	description_leave(d, WAY_IN);
	return result;
}

/* receive_datagram: into the message's memory; its name and flags tell of what came. */
static ssize_t
receive_datagram(struct description *d, struct msghdr *m, int flags)
{
	struct address from = {0, 0};
	int64_t length = datagram_receive(d, m->msg_iov, m->msg_iovlen, &from, flags);
	size_t room = 0;

	if (length < 0)
		return length;
	for (size_t i = 0; i < m->msg_iovlen; i++)
		room += m->msg_iov[i].iov_len;
	m->msg_flags = (uint64_t)length > room ? MSG_TRUNC : 0;
	if (m->msg_name)
		address_put(&from, m->msg_name, &m->msg_namelen);
	else
		m->msg_namelen = 0;
	return flags & MSG_TRUNC ? length : (ssize_t)MIN((uint64_t)length, room);
}

static ssize_t
receive_stream(struct description *d, struct msghdr *m, int flags)
{
	struct progress at;
	ssize_t result = start(&at, m->msg_iov, m->msg_iovlen);

	if (result == 0)
		result = receive_on(d, &at, flags);
	if (result < 0)
		return result;
	m->msg_namelen = 0;
	m->msg_flags = 0;
	return result;
}

ssize_t
sock_recvmsg(struct process *p, int fd, struct msghdr *message, int flags)
{
	int error;
	ssize_t result = -EFAULT;
	struct description *d = descriptors_get(p, fd, &error);

	if (!d)
		return error;
	if (message)
		result = d->datagram ? receive_datagram(d, message, flags) : receive_stream(d, message, flags);
	description_release(d);
	if (result >= 0)
		message->msg_controllen = 0;
	return result;
}

static ssize_t
receive_datagram_from(struct description *d, void *data, size_t length, int flags, struct sockaddr *from,
                      socklen_t *from_length)
{
	struct iovec all = {data, length};
	struct msghdr m = {.msg_iov = &all, .msg_iovlen = 1, .msg_name = from};
	ssize_t result;

	if (from && (!from_length || *from_length > INT32_MAX))
		return from_length ? -EINVAL : -EFAULT;
	if (from)
		m.msg_namelen = *from_length;
	result = receive_datagram(d, &m, flags);
	if (result >= 0 && from)
		*from_length = m.msg_namelen;
	return result;
}

/* Who sends to a stream is known: no address is given. */
static ssize_t
receive_stream_bytes(struct description *d, void *data, size_t length, int flags, socklen_t *from_length)
{
	ssize_t result = receive_on(d, &(struct progress){.data = data, .left = length, .total = length}, flags);

	if (result >= 0 && from_length)
		*from_length = 0;
	return result;
}

ssize_t
sock_recvfrom(struct process *p, int fd, void *data, size_t length, int flags, struct sockaddr *from,
              socklen_t *from_length)
{
	int error;
	ssize_t result;
	struct description *d = descriptors_get(p, fd, &error);

	if (!d)
		return error;
	if (d->datagram)
		result = receive_datagram_from(d, data, length, flags, from, from_length);
	else
		result = receive_stream_bytes(d, data, length, flags, from_length);
	description_release(d);
	return result;
}

ssize_t
sock_recv(struct process *p, int fd, void *data, size_t length, int flags)
{
	return sock_recvfrom(p, fd, data, length, flags, NULL, NULL);
}
