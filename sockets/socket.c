#include "sockets/datagram.h"
#include "sockets/descriptors.h"
#include "sockets/ports.h"

#include <errno.h>

static int
check_kind(int domain, int type, int protocol)
{
	if (domain != AF_INET)
		return -EAFNOSUPPORT;
	if (type != SOCK_STREAM && type != SOCK_DGRAM)
		return -ESOCKTNOSUPPORT;
	return protocol == 0 || protocol == (type == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP) ? 0 : -EPROTONOSUPPORT;
}

int
sock_socket(struct process *p, int domain, int type, int protocol)
{
	struct kernel *k = kernel_of(p->host);
	struct description *d;
	int kind = type & ~(SOCK_CLOEXEC | SOCK_NONBLOCK), error = check_kind(domain, kind, protocol);

	if (!k)
		return -ENOSYS;
	kernel_system_call(k);
	if (!error)
		error = descriptors_open(p);
	if (!error)
		error = descriptors_room(p);
	if (error)
		return error;
	d = description_new(k, p);
	d->nonblocking = type & SOCK_NONBLOCK;
	if (kind == SOCK_DGRAM)
		d->datagram = datagram_new();
	return descriptors_add(p, d);
}

int
sock_bind(struct process *p, int fd, const struct sockaddr *address, socklen_t length)
{
	struct address wanted;
	int error, result;
	struct description *d = descriptors_get(p, fd, &error);

	if (!d)
		return error;
	kernel_system_call(d->kernel);
	result = address_get(&wanted, address, length);
	if (result == 0)
		result = d->local.port ? -EINVAL : port_bind(d, wanted);
	if (result == 0 && d->datagram)
		result = datagram_bound(d);
	description_release(d);
	return result;
}
