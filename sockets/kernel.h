/* The sockets part of a host's kernel: its descriptions and ports, and what it exchanges with the kernels of other
 * hosts: segments of VMMC's set-up (segment.h), and IP (ip.h).
 *
 * Daemon tasks of the kernel handle what comes, in order; what they learn they write into the descriptions concerned,
 * and poke the tasks that wait for them. */
#ifndef SOCKETS_KERNEL_H
#define SOCKETS_KERNEL_H

#include "sockets/socket.h"
#include "sockets/vmmc/segment.h"

#include <glib.h>

struct description;

struct kernel {
	struct host *host;
	enum sock_protocol protocol; /* of new descriptions */
	GQueue descriptions;         /* every living one of this host, in order of making */
	uint32_t last_connection;
	uint16_t last_port; /* that was chosen for somebody */
	struct sock_counts counts;
	/* segment.c */
	struct task *task;
	GQueue coming, inbox;
	struct segment_peer *peers; /* one a node */
	GQueue shadows;             /* shadow_listen.c */
	/* ip.c, tcp_host.c, udp.c */
	struct ip *ip;
	struct tcp_host *tcp;
	struct udp_host *udp;
};

static inline struct kernel *
kernel_of(const struct host *host)
{
	return host->kernel;
}

/* kernel_system_call: charges one to the running task. */
void kernel_system_call(const struct kernel *k);

#endif
