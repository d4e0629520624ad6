/* One source, two kinds of sockets: with NICSIM_NATIVE defined the names below are the operating system's, else the
 * simulator's.  Test bodies and application workloads include this and nothing of either; they have no writable
 * statics, so that many of them share one image. */
#ifndef SOCKETS_PORTABLE_H
#define SOCKETS_PORTABLE_H

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#ifdef NICSIM_NATIVE
#include <stdlib.h>
#include <sys/wait.h>
#define ns_alloc(bytes) aligned_alloc(4096, ((bytes) + 4095) / 4096 * 4096)
#define ns_free         free
#define ns_await(pid)   waitpid(pid, NULL, 0)

static inline pid_t
ns_spawn(void (*body)(void *arg), void *arg)
{
	pid_t child = fork();

	if (child == 0) {
		body(arg);
		_exit(0);
	}
	return child;
}
#else
#include "sockets/nsock.h"
#define socket      ns_socket
#define bind        ns_bind
#define listen      ns_listen
#define accept      ns_accept
#define accept4     ns_accept4
#define connect     ns_connect
#define send        ns_send
#define recv        ns_recv
#define sendto      ns_sendto
#define recvfrom    ns_recvfrom
#define read        ns_read
#define write       ns_write
#define readv       ns_readv
#define writev      ns_writev
#define sendmsg     ns_sendmsg
#define recvmsg     ns_recvmsg
#define shutdown    ns_shutdown
#define close       ns_close
#define getsockname ns_getsockname
#define getpeername ns_getpeername
#define setsockopt  ns_setsockopt
#define getsockopt  ns_getsockopt
#define fcntl       ns_fcntl
#define ioctl       ns_ioctl
#define poll        ns_poll
#define select      ns_select
#endif

#endif
