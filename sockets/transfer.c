#include "sockets/descriptors.h"
#include "sockets/user.h"
#include "sockets/wire.h"

#include <errno.h>

/* MSG_NOSIGNAL: there are no signals; MSG_MORE: a hint. */
#define SEND_FLAGS (MSG_NOSIGNAL | MSG_MORE)
#define RECV_FLAGS (MSG_NOSIGNAL | MSG_WAITALL)

/* A NIC that does not fetch a ring's worth of data in this time does not work. */
#define FETCH_LIMIT SIM_S

/* Sending. ----------------------------------------------------------------------------------------------------------
 */

struct sending {
	struct description *d;
	const uint8_t *data; /* what is left */
	uint64_t left, want;
	bool direct; /* one-copy */
};

static bool
writable(void *arg)
{
	const struct sending *w = arg;
	const struct description *d = w->d;

	return d->state & (SHUT_WRITE | PEER_CLOSED | RESET | LEAVING) || stream_room(&d->stream, w->want) ||
	       stream_end(&d->stream).flags & (WIRE_END_CLOSED | WIRE_END_RESET);
}

static void
wait_for_room(struct sending *w)
{
	struct umem_range ranges[STREAM_RANGES];

	w->d->kernel->counts.flow_control_waits++;
	stream_output(&w->d->stream, ranges);
	description_spin(w->d, writable, w, ranges, STREAM_RANGES);
}

/* direct_run: bytes that can go straight from the user's memory, from its address on; 0 if a few must go inline first,
 * *inline_bytes of them. */
static uint32_t
direct_run(const struct sending *w, uint64_t *address, uint32_t *inline_bytes)
{
	uint64_t run;

	*address = user_address(w->d->process->memory, w->data, w->left, &run);
	if (*address % 4)
		*inline_bytes = (uint32_t)(4 - *address % 4);
	else if (run <= WIRE_INLINE_MAX)
		*inline_bytes = (uint32_t)run;
	else
		return (uint32_t)MIN(run & ~3ull, UINT32_MAX & ~3u);
	return 0;
}

/* put: some of the bytes; returns how many, 0 if there is no room, -ENOBUFS. */
static int64_t
put(struct sending *w)
{
	struct stream *s = &w->d->stream;
	uint32_t inline_bytes = (uint32_t)MIN(w->left, WIRE_INLINE_MAX), room;
	uint64_t address = 0;

	w->want = w->left;
	if (w->left > WIRE_INLINE_MAX && w->direct) {
		uint32_t run = direct_run(w, &address, &inline_bytes);

		w->want = run ? run : inline_bytes;
	}
	room = stream_room(s, w->want);
	if (room == 0)
		return 0;
	if (w->want <= WIRE_INLINE_MAX) {
		stream_put_inline(s, w->data, inline_bytes);
		return inline_bytes;
	}
	if (w->direct) {
		stream_put_direct(s, address, room);
		return room;
	}
	room = stream_put_copied(s, w->data, room);
	return room ? (int64_t)room : -ENOBUFS;
}

static bool
ended(const struct sending *w)
{
	description_learn(w->d);
	return w->d->state & (RESET | SHUT_WRITE | PEER_CLOSED | LEAVING) || !w->d->stream.proxy;
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
	return (int64_t)w->left;
}

/* An error behind some bytes is for the next call. */
static int64_t
send_all(struct sending *w, uint64_t length)
{
	int64_t n = 0;

	while (w->left > 0 && !ended(w)) {
		n = put(w);
		if (n < 0)
			break;
		if (n == 0)
			wait_for_room(w);
		w->data += n;
		w->left -= (uint64_t)n;
	}
	if (w->direct && !stream_flushed(&w->d->stream, sim_now() + FETCH_LIMIT))
		description_reset(w->d, ECONNRESET);
	if (w->left < length)
		return (int64_t)(length - w->left);
	if (n < 0)
		return n;
	return length == 0 && !forbidden(w->d) ? 0 : verdict(w);
}

static bool
goes_direct(const struct description *d, const void *data, uint64_t length)
{
	if (d->protocol == SOCK_AUTOMATIC)
		return length >= d->kernel->host->params->one_copy_min && (uintptr_t)data % 4 == 0;
	return d->protocol == SOCK_ONE_COPY;
}

static ssize_t
send_on(struct description *d, const void *data, size_t length, int flags)
{
	struct sending w = {.d = d, .data = data, .left = length, .direct = goes_direct(d, data, length)};
	int64_t result;

	if (flags & ~SEND_FLAGS)
		return -EOPNOTSUPP;
	if (!(d->state & CONNECTED))
		return -EPIPE;
	if (length && !user_valid(d->process->memory, data, length))
		return -EFAULT;
	description_enter(d, WAY_OUT);
	result = send_all(&w, length);
	description_leave(d, WAY_OUT);
	return (ssize_t)result;
}

ssize_t
sock_send(struct process *p, int fd, const void *data, size_t length, int flags)
{
	int error;
	ssize_t result;
	struct description *d = descriptors_get(p, fd, &error);

	if (!d)
		return error;
	result = send_on(d, data, length, flags);
	description_release(d);
	return result;
}

/* Receiving. --------------------------------------------------------------------------------------------------------
 */

static bool
readable(void *arg)
{
	const struct description *d = arg;

	return stream_readable(&d->stream) || d->state & (SHUT_READ | RESET | LEAVING) || stream_end(&d->stream).flags;
}

static void
wait_for_data(struct description *d)
{
	struct umem_range ranges[STREAM_RANGES];

	stream_input(&d->stream, ranges);
	description_spin(d, readable, d, ranges, STREAM_RANGES);
}

/* take: what is there, up to `length`; -errno if the peer has deposited nonsense. */
static int64_t
take(struct description *d, uint8_t *data, uint64_t length)
{
	uint64_t done = 0;

	while (done < length && stream_readable(&d->stream)) {
		int64_t n = stream_take(&d->stream, data + done, length - done);

		if (n < 0) {
			description_reset(d, ECONNRESET);
			return done ? (int64_t)done : -description_error(d);
		}
		done += (uint64_t)n;
	}
	return (int64_t)done;
}

/* finished: is there nothing to come? */
static bool
finished(struct description *d)
{
	description_learn(d);
	return !stream_readable(&d->stream) && d->state & (PEER_FIN | RESET | SHUT_READ | LEAVING);
}

/* epitaph: what recv() returns then. */
static int64_t
epitaph(struct description *d)
{
	return d->state & RESET && !(d->state & PEER_FIN) ? -description_error(d) : 0;
}

static int64_t
receive(struct description *d, uint8_t *data, uint64_t length, bool all)
{
	uint64_t done = 0;

	while (done < length) {
		int64_t n = take(d, data + done, length - done);

		if (n < 0)
			return n;
		done += (uint64_t)n;
		if (done == length || (done && !all))
			break;
		if (finished(d))
			return done ? (int64_t)done : epitaph(d);
		wait_for_data(d);
	}
	return (int64_t)done;
}

static ssize_t
receive_on(struct description *d, void *data, size_t length, int flags)
{
	int64_t result;

	if (flags & ~RECV_FLAGS)
		return -EOPNOTSUPP;
	if (!(d->state & CONNECTED))
		return -ENOTCONN;
	if (length && !user_valid(d->process->memory, data, length))
		return -EFAULT;
	description_enter(d, WAY_IN);
	result = receive(d, data, length, flags & MSG_WAITALL);
	description_leave(d, WAY_IN);
	return (ssize_t)result;
}

ssize_t
sock_recv(struct process *p, int fd, void *data, size_t length, int flags)
{
	int error;
	ssize_t result;
	struct description *d = descriptors_get(p, fd, &error);

	if (!d)
		return error;
	result = receive_on(d, data, length, flags);
	description_release(d);
	return result;
}
