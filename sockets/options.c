#include "sockets/datagram.h"
#include "sockets/descriptors.h"
#include "sockets/network.h"
#include "sockets/ports.h"
#include "sockets/setup.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>

/* Names. ------------------------------------------------------------------------------------------------------------
 */

int
sock_getsockname(struct process *p, int fd, struct sockaddr *address, socklen_t *length)
{
	int error, result;
	struct description *d = descriptors_get(p, fd, &error);

	if (!d)
		return error;
	kernel_system_call(d->kernel);
	result = address_put(&d->local, address, length);
	description_release(d);
	return result;
}

int
sock_getpeername(struct process *p, int fd, struct sockaddr *address, socklen_t *length)
{
	int error, result;
	struct description *d = descriptors_get(p, fd, &error);

	if (!d)
		return error;
	kernel_system_call(d->kernel);
	result = description_lives(d) ? address_put(&d->remote, address, length) : -ENOTCONN;
	description_release(d);
	return result;
}

/* Options: each has a type, a function to read it, and one to set it or none. ---------------------------------------
 */

union value {
	int number;
	struct timeval time;
	struct linger linger;
};

static void
get_type(struct description *d, union value *v)
{
	v->number = d->datagram ? SOCK_DGRAM : SOCK_STREAM;
}

static void
get_error(struct description *d, union value *v)
{
	v->number = 0;
	if (d->state & CONNECTING)
		return;
	description_progress(d);
	description_learn(d);
	v->number = description_error(d);
}

static void
get_reuse(struct description *d, union value *v)
{
	v->number = d->options.reuse_address;
}

static int
set_reuse(struct description *d, const union value *v)
{
	d->options.reuse_address = v->number != 0;
	return 0;
}

/* tell: the set-up, of an option that concerns its link. */
static void
tell(struct description *d)
{
	if (d->link && d->setup->changed)
		d->setup->changed(d);
}

/* Buffers are data rings: powers of two, of whole pages, and not more than the usual net.core.rmem_max of Linux asks
 * for. */
#define BUFFER_MIN UMEM_PAGE
#define BUFFER_MAX (256u << 10)

static uint32_t
buffer_for(int wanted)
{
	uint32_t bytes = BUFFER_MIN;

	while (bytes < BUFFER_MAX && (wanted < 0 || bytes < (uint32_t)wanted))
		bytes *= 2;
	return bytes;
}

static void
get_send_buffer(struct description *d, union value *v)
{
	uint32_t asked = d->options.send_buffer ? d->options.send_buffer : d->options.receive_buffer;

	v->number = (int)(d->state & CONNECTED && d->link ? d->link->ops->send_buffer(d->link) : asked);
}

static int
set_send_buffer(struct description *d, const union value *v)
{
	d->options.send_buffer = buffer_for(v->number);
	if (d->link)
		d->link->send_limit = d->options.send_buffer;
	tell(d);
	description_poke(d);
	return 0;
}

static void
get_receive_buffer(struct description *d, union value *v)
{
	v->number = (int)(d->link ? d->link->ops->receive_buffer(d->link) : d->options.receive_buffer);
}

/* set_receive_buffer: over a fast network for links and ready areas that are made from now on. */
static int
set_receive_buffer(struct description *d, const union value *v)
{
	d->options.receive_buffer = buffer_for(v->number);
	if (d->datagram)
		datagram_changed(d);
	tell(d);
	return 0;
}

static void
get_linger(struct description *d, union value *v)
{
	v->linger = d->options.linger;
}

static int
set_linger(struct description *d, const union value *v)
{
	if (v->linger.l_onoff)
		d->options.linger = (struct linger){1, MAX(v->linger.l_linger, 0)};
	else
		d->options.linger.l_onoff = 0;
	return 0;
}

static int
set_timeout(struct timeval *timeout, struct timeval wanted)
{
	if (wanted.tv_usec < 0 || wanted.tv_usec >= G_USEC_PER_SEC)
		return -EDOM;
	*timeout = wanted;
	return 0;
}

static void
get_receive_timeout(struct description *d, union value *v)
{
	v->time = d->options.receive_timeout;
}

static int
set_receive_timeout(struct description *d, const union value *v)
{
	return set_timeout(&d->options.receive_timeout, v->time);
}

static void
get_send_timeout(struct description *d, union value *v)
{
	v->time = d->options.send_timeout;
}

static int
set_send_timeout(struct description *d, const union value *v)
{
	return set_timeout(&d->options.send_timeout, v->time);
}

static void
get_no_delay(struct description *d, union value *v)
{
	v->number = d->options.no_delay;
}

static int
set_no_delay(struct description *d, const union value *v)
{
	d->options.no_delay = v->number != 0;
	tell(d);
	return 0;
}

static void
get_listening(struct description *d, union value *v)
{
	v->number = (d->state & LISTENING) != 0;
}

/* get_protocol: of a connection: what it has become. */
static void
get_protocol(struct description *d, union value *v)
{
	enum sock_protocol wish = d->options.protocol;

	v->number = (int)(d->state & CONNECTED ? (d->network ? d->network->protocol(wish) : SOCK_TCP) : wish);
}

static int
set_protocol(struct description *d, const union value *v)
{
	if (v->number < SOCK_AUTOMATIC || v->number > SOCK_TCP)
		return -EINVAL;
	d->options.protocol = (enum sock_protocol)v->number;
	return 0;
}

struct option {
	int level, name;
	socklen_t size;
	void (*get)(struct description *d, union value *v);
	int (*set)(struct description *d, const union value *v);
};

static const struct option options[] = {
        {SOL_SOCKET, SO_TYPE, sizeof(int), get_type, NULL},
        {SOL_SOCKET, SO_ERROR, sizeof(int), get_error, NULL},
        {SOL_SOCKET, SO_ACCEPTCONN, sizeof(int), get_listening, NULL},
        {SOL_SOCKET, SO_REUSEADDR, sizeof(int), get_reuse, set_reuse},
        {SOL_SOCKET, SO_SNDBUF, sizeof(int), get_send_buffer, set_send_buffer},
        {SOL_SOCKET, SO_RCVBUF, sizeof(int), get_receive_buffer, set_receive_buffer},
        {SOL_SOCKET, SO_LINGER, sizeof(struct linger), get_linger, set_linger},
        {SOL_SOCKET, SO_RCVTIMEO, sizeof(struct timeval), get_receive_timeout, set_receive_timeout},
        {SOL_SOCKET, SO_SNDTIMEO, sizeof(struct timeval), get_send_timeout, set_send_timeout},
        {IPPROTO_TCP, TCP_NODELAY, sizeof(int), get_no_delay, set_no_delay},
        {SOL_NICSIM, SO_NICSIM_PROTOCOL, sizeof(int), get_protocol, set_protocol},
};

static const struct option *
find_option(int level, int name)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(options); i++)
		if (options[i].level == level && options[i].name == name)
			return &options[i];
	return NULL;
}

static int
set_option(struct description *d, const struct option *option, const void *value, socklen_t length)
{
	union value v;

	if (length < sizeof v.number)
		return -EINVAL;
	if (!value)
		return -EFAULT;
	if (!option || !option->set)
		return -ENOPROTOOPT;
	if (length < option->size)
		return -EINVAL;
	memcpy(&v, value, option->size);
	return option->set(d, &v);
}

int
sock_setsockopt(struct process *p, int fd, int level, int name, const void *value, socklen_t length)
{
	int error, result;
	struct description *d = descriptors_get(p, fd, &error);

	if (!d)
		return error;
	kernel_system_call(d->kernel);
	result = set_option(d, find_option(level, name), value, length);
	description_release(d);
	return result;
}

static int
get_option(struct description *d, const struct option *option, void *value, socklen_t *length)
{
	union value v = {0};

	if (!length)
		return -EFAULT;
	if (*length > INT32_MAX)
		return -EINVAL;
	if (!option)
		return -ENOPROTOOPT;
	if (!value && *length)
		return -EFAULT;
	option->get(d, &v);
	*length = MIN(*length, option->size);
	memcpy(value, &v, *length);
	return 0;
}

int
sock_getsockopt(struct process *p, int fd, int level, int name, void *value, socklen_t *length)
{
	int error, result;
	struct description *d = descriptors_get(p, fd, &error);

	if (!d)
		return error;
	kernel_system_call(d->kernel);
	result = get_option(d, find_option(level, name), value, length);
	description_release(d);
	return result;
}

/* Modes. ------------------------------------------------------------------------------------------------------------
 */

static int
control(struct description *d, int command, int argument)
{
	switch (command) {
	case F_GETFL:
		return O_RDWR | (d->nonblocking ? O_NONBLOCK : 0);
	case F_SETFL:
		d->nonblocking = argument & O_NONBLOCK;
		return 0;
	default:
		return -EINVAL;
	}
}

int
sock_fcntl(struct process *p, int fd, int command, int argument)
{
	int error, result;
	struct description *d = descriptors_get(p, fd, &error);

	if (!d)
		return error;
	kernel_system_call(d->kernel);
	result = control(d, command, argument);
	description_release(d);
	return result;
}

static int
io_control(struct description *d, unsigned long request, int *argument)
{
	if (request != FIONBIO && request != FIONREAD)
		return -ENOTTY;
	if (!argument)
		return -EFAULT;
	if (request == FIONBIO) {
		d->nonblocking = *argument != 0;
		return 0;
	}
	if (d->state & LISTENING)
		return -EINVAL;
	description_progress(d);
	if (d->datagram)
		*argument = (int)datagram_next_bytes(d);
	else
		*argument = (int)(d->link ? d->link->ops->unread(d->link) : 0);
	return 0;
}

int
sock_ioctl(struct process *p, int fd, unsigned long request, void *argument)
{
	int error, result;
	struct description *d = descriptors_get(p, fd, &error);

	if (!d)
		return error;
	kernel_system_call(d->kernel);
	result = io_control(d, request, argument);
	description_release(d);
	return result;
}
