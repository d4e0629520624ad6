#include "sockets/close.h"

#include "sockets/connect.h"
#include "sockets/descriptors.h"
#include "sockets/wire.h"

#include <errno.h>

/* last_words: what the end words say at close(). */
static uint32_t
last_words(const struct description *d)
{
	if (d->state & RESET || stream_readable(&d->stream))
		return WIRE_END_RESET | (d->state & SHUT_WRITE ? WIRE_END_FIN : 0);
	return WIRE_END_FIN | WIRE_END_CLOSED;
}

/* disconnect: an end that was never completed has no way to deposit end words. */
static void
disconnect(struct description *d)
{
	if (d->state & CONNECTED) {
		stream_put_end(&d->stream, last_words(d));
		connect_say(d, SEGMENT_FIN);
	} else if (d->peer_connection) {
		connect_say(d, SEGMENT_RST);
	}
	d->connection = 0;
	stream_stop(&d->stream);
}

static void
stop_listening(struct description *d)
{
	struct description *waiting;
	struct area *area;

	d->state &= ~LISTENING;
	description_poke(d);
	while ((waiting = g_queue_pop_head(&d->queue)))
		description_release(waiting);
	while ((area = g_queue_pop_head(&d->ready))) {
		area_unmake(area);
		g_free(area);
	}
}

void
close_description(struct description *d)
{
	stop_listening(d);
	if (d->connection)
		disconnect(d);
	description_free(d);
}

int
sock_close(struct process *p, int fd)
{
	int error;
	struct description *d = descriptors_take(p, fd, &error);

	if (!d)
		return -EBADF;
	kernel_system_call(d->kernel);
	description_release(d);
	return 0;
}

/* shutdown(). -------------------------------------------------------------------------------------------------------
 */

/* stop_sending: calls that are at work see the bit and leave; then the stream's length is known. */
static void
stop_sending(struct description *d)
{
	if (d->state & SHUT_WRITE)
		return;
	d->state |= SHUT_WRITE;
	description_poke(d);
	description_enter(d, WAY_OUT);
	stream_put_end(&d->stream, WIRE_END_FIN);
	description_leave(d, WAY_OUT);
}

/* shut_early: fails, and takes effect on the connection to come all the same, as in Linux. */
static int
shut_early(struct description *d, int how)
{
	if (how != SHUT_WR)
		d->state |= SHUT_READ;
	if (how != SHUT_RD)
		d->state |= SHUT_WRITE;
	return -ENOTCONN;
}

static int
shut(struct description *d, int how)
{
	if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR)
		return -EINVAL;
	if (d->state & LISTENING && how != SHUT_WR) {
		stop_listening(d);
		return 0;
	}
	if (!description_lives(d))
		return shut_early(d, how);
	if (how != SHUT_WR) {
		d->state |= SHUT_READ;
		description_poke(d);
	}
	if (how != SHUT_RD)
		stop_sending(d);
	return 0;
}

int
sock_shutdown(struct process *p, int fd, int how)
{
	int error, result;
	struct description *d = descriptors_get(p, fd, &error);

	if (!d)
		return error;
	kernel_system_call(d->kernel);
	result = shut(d, how);
	description_release(d);
	return result;
}
