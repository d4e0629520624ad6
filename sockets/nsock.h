/* The façade for workloads inside the simulator: the calls of <sys/socket.h> with an ns_ in front, for the running
 * task's process, with errno set (last: actors share one operating-system thread).
 *
 * A program that is to run both natively and simulated includes sockets/portable.h instead. */
#ifndef SOCKETS_NSOCK_H
#define SOCKETS_NSOCK_H

#include <poll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

int ns_socket(int domain, int type, int protocol);
int ns_bind(int fd, const struct sockaddr *address, socklen_t length);
int ns_listen(int fd, int backlog);
int ns_accept(int fd, struct sockaddr *address, socklen_t *length);
int ns_connect(int fd, const struct sockaddr *address, socklen_t length);
int ns_accept4(int fd, struct sockaddr *address, socklen_t *length, int flags);
ssize_t ns_send(int fd, const void *data, size_t length, int flags);
ssize_t ns_recv(int fd, void *data, size_t length, int flags);
ssize_t ns_sendto(int fd, const void *data, size_t length, int flags, const struct sockaddr *to, socklen_t to_length);
ssize_t ns_recvfrom(int fd, void *data, size_t length, int flags, struct sockaddr *from, socklen_t *from_length);
ssize_t ns_read(int fd, void *data, size_t length);
ssize_t ns_write(int fd, const void *data, size_t length);
ssize_t ns_readv(int fd, const struct iovec *vector, int n);
ssize_t ns_writev(int fd, const struct iovec *vector, int n);
ssize_t ns_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t ns_recvmsg(int fd, struct msghdr *message, int flags);
int ns_shutdown(int fd, int how);
int ns_close(int fd);
int ns_getsockname(int fd, struct sockaddr *address, socklen_t *length);
int ns_getpeername(int fd, struct sockaddr *address, socklen_t *length);
int ns_setsockopt(int fd, int level, int name, const void *value, socklen_t length);
int ns_getsockopt(int fd, int level, int name, void *value, socklen_t *length);
/* ns_fcntl, ns_ioctl: the third argument is an int, and an int *. */
int ns_fcntl(int fd, int command, ...);
int ns_ioctl(int fd, unsigned long request, ...);
int ns_poll(struct pollfd *fds, nfds_t n, int timeout_ms);
int ns_select(int n, fd_set *in, fd_set *out, fd_set *except, struct timeval *timeout);

/* ns_spawn: fork() as far as descriptors go: a child that runs body(arg) and ends when that returns.  Its pid, or -1.
 * Memory is shared, unlike fork()'s: leave *arg alone until the child has ended.  ns_await: waits for that; -1: pid is
 * no child of this process, or was awaited before. */
pid_t ns_spawn(void (*body)(void *arg), void *arg);
pid_t ns_await(pid_t pid);

/* Memory that the NIC can move without a copy: of the process' arena, page aligned, zeroed; where the NIC has Active
 * Messages, of the area in which senders can place data, as long as there is some (socket.bulk_KB). */
void *ns_alloc(size_t bytes);
void ns_free(void *p);

#endif
