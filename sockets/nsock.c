#define _GNU_SOURCE /* IOV_MAX */
#include "sockets/nsock.h"

#include "sockets/fast/fast.h"
#include "sockets/network.h"
#include "sockets/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

static struct process *
caller(void)
{
	return task_process(task_self());
}

/* outcome: as the C library says it; nothing blocks between this and the caller's look at errno. */
static ssize_t
outcome(ssize_t result)
{
	if (result >= 0)
		return result;
	errno = (int)-result;
	return -1;
}

int
ns_socket(int domain, int type, int protocol)
{
	return (int)outcome(sock_socket(caller(), domain, type, protocol));
}

int
ns_bind(int fd, const struct sockaddr *address, socklen_t length)
{
	return (int)outcome(sock_bind(caller(), fd, address, length));
}

int
ns_listen(int fd, int backlog)
{
	return (int)outcome(sock_listen(caller(), fd, backlog));
}

int
ns_accept(int fd, struct sockaddr *address, socklen_t *length)
{
	return (int)outcome(sock_accept(caller(), fd, address, length));
}

int
ns_accept4(int fd, struct sockaddr *address, socklen_t *length, int flags)
{
	return (int)outcome(sock_accept4(caller(), fd, address, length, flags));
}

int
ns_connect(int fd, const struct sockaddr *address, socklen_t length)
{
	return (int)outcome(sock_connect(caller(), fd, address, length));
}

ssize_t
ns_send(int fd, const void *data, size_t length, int flags)
{
	return outcome(sock_send(caller(), fd, data, length, flags));
}

ssize_t
ns_recv(int fd, void *data, size_t length, int flags)
{
	return outcome(sock_recv(caller(), fd, data, length, flags));
}

ssize_t
ns_sendto(int fd, const void *data, size_t length, int flags, const struct sockaddr *to, socklen_t to_length)
{
	return outcome(sock_sendto(caller(), fd, data, length, flags, to, to_length));
}

ssize_t
ns_recvfrom(int fd, void *data, size_t length, int flags, struct sockaddr *from, socklen_t *from_length)
{
	return outcome(sock_recvfrom(caller(), fd, data, length, flags, from, from_length));
}

ssize_t
ns_sendmsg(int fd, const struct msghdr *message, int flags)
{
	return outcome(sock_sendmsg(caller(), fd, message, flags));
}

ssize_t
ns_recvmsg(int fd, struct msghdr *message, int flags)
{
	return outcome(sock_recvmsg(caller(), fd, message, flags));
}

/* read_nothing: read() and readv() of no bytes do not look for data, unlike recv(). */
static ssize_t
read_nothing(int fd)
{
	int flags = sock_fcntl(caller(), fd, F_GETFL, 0);

	return outcome(flags < 0 ? flags : 0);
}

static bool
is_empty(const struct iovec *vector, int n)
{
	size_t length = 0;

	if (n < 0 || n > IOV_MAX || (n > 0 && !vector))
		return false;
	for (int i = 0; i < n; i++)
		length |= vector[i].iov_len;
	return length == 0;
}

ssize_t
ns_readv(int fd, const struct iovec *vector, int n)
{
	struct msghdr message = {.msg_iov = (struct iovec *)vector, .msg_iovlen = (size_t)n};

	return is_empty(vector, n) ? read_nothing(fd) : ns_recvmsg(fd, &message, 0);
}

ssize_t
ns_writev(int fd, const struct iovec *vector, int n)
{
	struct msghdr message = {.msg_iov = (struct iovec *)vector, .msg_iovlen = (size_t)n};

	return ns_sendmsg(fd, &message, 0);
}

ssize_t
ns_read(int fd, void *data, size_t length)
{
	return length == 0 ? read_nothing(fd) : ns_recv(fd, data, length, 0);
}

ssize_t
ns_write(int fd, const void *data, size_t length)
{
	return ns_send(fd, data, length, 0);
}

int
ns_shutdown(int fd, int how)
{
	return (int)outcome(sock_shutdown(caller(), fd, how));
}

int
ns_close(int fd)
{
	return (int)outcome(sock_close(caller(), fd));
}

int
ns_getsockname(int fd, struct sockaddr *address, socklen_t *length)
{
	return (int)outcome(sock_getsockname(caller(), fd, address, length));
}

int
ns_getpeername(int fd, struct sockaddr *address, socklen_t *length)
{
	return (int)outcome(sock_getpeername(caller(), fd, address, length));
}

int
ns_setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
	return (int)outcome(sock_setsockopt(caller(), fd, level, name, value, length));
}

int
ns_getsockopt(int fd, int level, int name, void *value, socklen_t *length)
{
	return (int)outcome(sock_getsockopt(caller(), fd, level, name, value, length));
}

int
ns_fcntl(int fd, int command, ...)
{
	va_list arguments;
	int argument;

	va_start(arguments, command);
	argument = va_arg(arguments, int);
	va_end(arguments);
	return (int)outcome(sock_fcntl(caller(), fd, command, argument));
}

int
ns_ioctl(int fd, unsigned long request, ...)
{
	va_list arguments;
	void *argument;

	va_start(arguments, request);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	return (int)outcome(sock_ioctl(caller(), fd, request, argument));
}

int
ns_poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
	return (int)outcome(sock_poll(caller(), fds, n, timeout_ms));
}

int
ns_select(int n, fd_set *in, fd_set *out, fd_set *except, struct timeval *timeout)
{
	return (int)outcome(sock_select(caller(), n, in, out, except, timeout));
}

pid_t
ns_spawn(void (*body)(void *arg), void *arg)
{
	return (pid_t)outcome(sock_spawn(caller(), body, arg));
}

pid_t
ns_await(pid_t pid)
{
	return (pid_t)outcome(sock_await(caller(), pid));
}

/* placeable: memory where senders of Active Messages can put data; 0: there is none (left). */
static uint64_t
placeable(struct process *p, size_t bytes)
{
	bool has = network_of(p->host) == &network_am && network_am.open(p) == 0;

	return has ? fast_alloc(p, bytes) : 0;
}

void *
ns_alloc(size_t bytes)
{
	struct process *p = caller();
	uint64_t address = placeable(p, bytes);

	if (address)
		memset(umem_pointer(p->memory, address, bytes), 0, bytes);
	else
		address = umem_alloc(p->memory, bytes);
	if (!address)
		errno = ENOMEM;
	return address ? umem_pointer(p->memory, address, bytes) : NULL;
}

void
ns_free(void *memory)
{
	struct process *p = caller();
	uint64_t address = umem_map(p->memory, memory);

	if (network_of(p->host) == &network_am && fast_free(p, address))
		return;
	umem_free(p->memory, address);
}
