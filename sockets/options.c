#include "sockets/descriptors.h"
#include "sockets/ports.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>

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

/* Options: each is an int, and has a function to read it, and one to set it or none. ------------------------------- */

static int
get_type(struct description *d)
{
	(void)d;
	return SOCK_STREAM;
}

static int
get_error(struct description *d)
{
	if (d->state & CONNECTED)
		description_learn(d);
	return description_error(d);
}

static int
get_reuse(struct description *d)
{
	return d->reuse_address;
}

static int
set_reuse(struct description *d, int value)
{
	d->reuse_address = value != 0;
	return 0;
}

static int
get_send_buffer(struct description *d)
{
	uint64_t own = d->kernel->host->params->socket_buffer * 1024;

	return (int)(d->state & CONNECTED ? d->stream.peer_ring_bytes : own);
}

static int
get_receive_buffer(struct description *d)
{
	return (int)(d->kernel->host->params->socket_buffer * 1024);
}

static int
set_buffer(struct description *d, int value)
{
	(void)d;
	(void)value;
	return 0;
}

static int
get_no_delay(struct description *d)
{
	return d->no_delay;
}

static int
set_no_delay(struct description *d, int value)
{
	d->no_delay = value != 0;
	return 0;
}

static int
get_listening(struct description *d)
{
	return (d->state & LISTENING) != 0;
}

static int
get_protocol(struct description *d)
{
	return d->protocol;
}

static int
set_protocol(struct description *d, int value)
{
	if (value != SOCK_AUTOMATIC && value != SOCK_TWO_COPY && value != SOCK_ONE_COPY)
		return -EINVAL;
	d->protocol = (enum sock_protocol)value;
	return 0;
}

struct option {
	int level, name;
	int (*get)(struct description *d);
	int (*set)(struct description *d, int value);
};

static const struct option options[] = {
        {SOL_SOCKET, SO_TYPE, get_type, NULL},
        {SOL_SOCKET, SO_ERROR, get_error, NULL},
        {SOL_SOCKET, SO_ACCEPTCONN, get_listening, NULL},
        {SOL_SOCKET, SO_REUSEADDR, get_reuse, set_reuse},
        {SOL_SOCKET, SO_SNDBUF, get_send_buffer, set_buffer},
        {SOL_SOCKET, SO_RCVBUF, get_receive_buffer, set_buffer},
        {IPPROTO_TCP, TCP_NODELAY, get_no_delay, set_no_delay},
        {SOL_NICSIM, SO_NICSIM_PROTOCOL, get_protocol, set_protocol},
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
	int number;

	if (!option || !option->set)
		return -ENOPROTOOPT;
	if (length < sizeof number)
		return -EINVAL;
	if (!value)
		return -EFAULT;
	memcpy(&number, value, sizeof number);
	return option->set(d, number);
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
	int number;

	if (!option)
		return -ENOPROTOOPT;
	if (!value || !length)
		return -EFAULT;
	if (*length > INT32_MAX)
		return -EINVAL;
	number = option->get(d);
	*length = MIN(*length, sizeof number);
	memcpy(value, &number, *length);
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
