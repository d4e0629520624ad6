#include "sockets/close.h"

#include "sockets/connect.h"
#include "sockets/datagram.h"
#include "sockets/descriptors.h"
#include "sockets/setup.h"

#include <errno.h>

/* last_words: what close() says. */
static unsigned
last_words(const struct description *d)
{
	bool aborts = d->options.linger.l_onoff && d->options.linger.l_linger == 0;

	if (aborts || d->state & RESET || d->link->ops->readable(d->link))
		return LINK_RESET | (d->state & SHUT_WRITE ? LINK_FIN : 0);
	return LINK_FIN | LINK_CLOSED;
}

static void
disconnect(struct description *d)
{
	bool lingers = false;

	if (d->state & CONNECTED) {
		unsigned words;

		description_progress(d);
		words = last_words(d);
		d->link->ops->put_end(d->link, words);
		lingers = words & LINK_CLOSED && d->options.linger.l_onoff;
	}
	d->setup->part(d, lingers);
	d->setup->end(d);
}

void
stop_listening(struct description *d)
{
	d->state &= ~LISTENING;
	description_poke(d);
	if (d->setup)
		d->setup->unlisten(d);
	setup_by_tcp.unlisten(d);
}

void
close_description(struct description *d)
{
	if (d->link)
		disconnect(d);
	else if (d->datagram)
		datagram_free(d);
	stop_listening(d);
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
	if (d->datagram)
		return datagram_shut(d, how);
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
