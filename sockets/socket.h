/* Stream sockets: the core.
 *
 * Berkeley calls between processes on different hosts.  Every function takes the calling process, a descriptor of its
 * table and, for data, the address of user memory as the process knows it; it returns a result >= 0 or -errno and
 * touches neither errno nor the caller's globals.  Thin façades translate: sockets/nsock.h for workloads inside the
 * simulator, later a preload library for compiled programs.
 *
 * Descriptor -> counted open description -> connection.  Rings live in memory that the description owns, so that
 * several processes can share it (sock_spawn()).
 *
 * PROTOCOLS (docs/protocols.md).  A connection goes over the fast network of the two hosts' NICs, if they have the same
 * and a route joins them, else over the kernels' TCP; a listener takes both.  The fast network is VMMC
 * (network_vmmc.c): two-copy, one-copy and zero-copy through rings in the receiver's memory (stream.h); or Active
 * Messages (network_am.c): Fast Sockets (fast.h).
 *
 * Both ends are on different hosts: connecting to 127.x or to the own host's address gives -ENETUNREACH. */
#ifndef SOCKETS_SOCKET_H
#define SOCKETS_SOCKET_H

#include "host-lib/vmmc.h"
#include "nic-sim/machine.h"

#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/types.h>

/* How a description moves data; SO_NICSIM_PROTOCOL at level SOL_NICSIM, or the default of sock_start().  A wish that
 * the host's fast network does not know counts as SOCK_AUTOMATIC; getsockopt() on a connection tells what it has
 * become. */
enum sock_protocol {
	SOCK_AUTOMATIC, /* the best that the hosts' fast network has, TCP where there is none */
	SOCK_TWO_COPY,  /* VMMC */
	SOCK_ONE_COPY,
	SOCK_ZERO_COPY,
	SOCK_FAST, /* Active Messages: fast.h */
	SOCK_FAST_SENDER,
	SOCK_TCP /* never the fast network */
};

/* sock_start: the sockets part of every host's kernel; before any process uses sockets. The host of node i has the IPv4
 * address 10.0.0.(i + 1), unless the platform says otherwise. */
void sock_start(struct machine *machine, enum sock_protocol protocol);
/* sock_stop: gives back what sock_start() took; after sim_run(), before machine_free(). Counts are gone then. */
void sock_stop(struct machine *machine);

int sock_socket(struct process *p, int domain, int type, int protocol);
int sock_bind(struct process *p, int fd, const struct sockaddr *address, socklen_t length);
int sock_listen(struct process *p, int fd, int backlog);
int sock_accept(struct process *p, int fd, struct sockaddr *address, socklen_t *length);
int sock_connect(struct process *p, int fd, const struct sockaddr *address, socklen_t length);
int sock_accept4(struct process *p, int fd, struct sockaddr *address, socklen_t *length, int flags);
ssize_t sock_send(struct process *p, int fd, const void *data, size_t length, int flags);
ssize_t sock_recv(struct process *p, int fd, void *data, size_t length, int flags);
ssize_t sock_sendto(struct process *p, int fd, const void *data, size_t length, int flags, const struct sockaddr *to,
                    socklen_t to_length);
ssize_t sock_recvfrom(struct process *p, int fd, void *data, size_t length, int flags, struct sockaddr *from,
                      socklen_t *from_length);
/* The two that move data; vectors and all flags are theirs.  There are no control data. */
ssize_t sock_sendmsg(struct process *p, int fd, const struct msghdr *message, int flags);
ssize_t sock_recvmsg(struct process *p, int fd, struct msghdr *message, int flags);
int sock_shutdown(struct process *p, int fd, int how);
int sock_close(struct process *p, int fd);
int sock_getsockname(struct process *p, int fd, struct sockaddr *address, socklen_t *length);
int sock_getpeername(struct process *p, int fd, struct sockaddr *address, socklen_t *length);
int sock_setsockopt(struct process *p, int fd, int level, int name, const void *value, socklen_t length);
int sock_getsockopt(struct process *p, int fd, int level, int name, void *value, socklen_t *length);
/* F_GETFL, F_SETFL with O_NONBLOCK; FIONBIO and FIONREAD, whose argument is an int *. */
int sock_fcntl(struct process *p, int fd, int command, int argument);
int sock_ioctl(struct process *p, int fd, unsigned long request, void *argument);
int sock_poll(struct process *p, struct pollfd *fds, nfds_t n, int timeout_ms);
int sock_select(struct process *p, int n, fd_set *in, fd_set *out, fd_set *except, struct timeval *timeout);

/* sock_spawn: a child of `p` that runs body(arg) and ends with it; it has the same descriptors, for the same open
 * descriptions, as fork() gives them, and the same memory: *arg and what it points to are the child's until it ends.
 * Its pid, or -EAGAIN.  sock_await: waits for the end of a child, once; its pid, or -ECHILD. */
int sock_spawn(struct process *p, void (*body)(void *arg), void *arg);
int sock_await(struct process *p, int pid);

#define SOL_NICSIM         0x4E53
#define SO_NICSIM_PROTOCOL 1 /* int: enum sock_protocol */

struct sock_counts {
	uint64_t connections, bytes_sent, bytes_received;
	uint64_t bytes_copied_out, bytes_copied_in; /* by the processor: receive side, send side */
	uint64_t bytes_direct;                      /* that came straight to the user's buffer */
	uint64_t bytes_copied_back;                 /* of what did, but was not to stay there */
	uint64_t flow_control_waits, ethernet_segments;
	uint64_t datagrams, fast_datagrams; /* sent; of these, by Active Messages */
};
struct sock_counts sock_counts(const struct machine *machine);

#endif
