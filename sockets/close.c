#include "sockets/close.h"

#include "sockets/connect.h"
#include "sockets/descriptors.h"

#include <errno.h>

/* LINGER_ASK: far more than a round trip on the Ethernet. */
#define LINGER_ASK (200 * SIM_MS)

/* last_words: what close() says. */
static unsigned
last_words(const struct description *d)
{
	bool aborts = d->options.linger.l_onoff && d->options.linger.l_linger == 0;

	if (aborts || d->state & RESET || d->link->ops->readable(d->link))
		return LINK_RESET | (d->state & SHUT_WRITE ? LINK_FIN : 0);
	return LINK_FIN | LINK_CLOSED;
}

/* linger: SO_LINGER: until the peer's kernel has seen the last words, or the time is over.  It is asked again now and
 * then, because it does not answer when it is asked before they have come. */
static void
linger(struct description *d)
{
	sim_time deadline = sim_now() + (sim_time)d->options.linger.l_linger * SIM_S;

	for (;;) {
		sim_time again = MIN(sim_now() + LINGER_ASK, deadline);

		connect_say(d, SEGMENT_FIN_ASK);
		while (!(d->state & (ANSWERED | RESET)) && sim_now() < again)
			description_block(d, "the peer's kernel at close()", again);
		if (d->state & (ANSWERED | RESET) || sim_now() >= deadline)
			return;
	}
}

/* disconnect: an end that was never completed has no way to the peer but the Ethernet. */
static void
disconnect(struct description *d)
{
	if (d->state & CONNECTED) {
		unsigned words = last_words(d);

		d->link->ops->put_end(d->link, words);
		if (words & LINK_CLOSED && d->options.linger.l_onoff)
			linger(d);
		else
			connect_say(d, SEGMENT_FIN);
	} else if (d->peer_connection) {
		connect_say(d, SEGMENT_RST);
	}
	connect_end(d);
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
	if (d->descriptors == 0)
		connect_abandon(d);
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
	description_enter(d, WAY_OUT, SIM_NEVER);
	d->link->ops->put_end(d->link, LINK_FIN);
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
	if (d->state & CONNECTING) {
		connect_abandon(d);
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
