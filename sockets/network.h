/* A fast network: what the core knows of the user-level communication under fast sockets.
 *
 * Two exist: VMMC (network_vmmc.c, links by stream.c) and Active Messages (network_am.c, links by fast.c).  A host has
 * one, or none, since a NIC runs one firmware; a host without one, or whose peer is in another site, talks TCP
 * (sockets/tcpip/tcp.h).
 *
 * SET-UP (setup.h, docs/sockets.md).  VMMC has one of its own.  Else a listener listens on its port, for TCP, and on
 * the shadow port for the fast network (shadow_port()).  connect() to a node that the fast network reaches goes to the
 * shadow port first, by TCP; if somebody answers there, both ends exchange greetings over that connection, which stays
 * open to tell of breakage; if nobody does, or what answers does not speak this version, an ordinary TCP connection to
 * the port itself is made, and errors are as for that.  So an application never sees the shadow port.
 *
 * A greeting (greeting.h) is version, kind of network, and what the network itself wants to say (a name of the own
 * end). Who writes a network owes this: nothing that a greeting contains can harm this side (-EPROTO). */
#ifndef SOCKETS_NETWORK_H
#define SOCKETS_NETWORK_H

#include "sockets/link.h"

struct description;
struct setup;

#define GREETING_WORDS 8u /* of the network's own */

struct greeting {
	uint32_t word[GREETING_WORDS];
};

struct network {
	const char *name;
	uint32_t number; /* in greetings */
	const struct setup *setup;
	/* protocol: what a wish that may be for another network comes to here. */
	enum sock_protocol (*protocol)(enum sock_protocol wish);
	/* open: before the first socket of the process (its NIC queue, or endpoint); 0 or -errno. */
	int (*open)(struct process *p);
	/* reaches: is that node's NIC on the same network? */
	bool (*reaches)(const struct host *host, unsigned node);
	/* announced: shall the link be told of a call that is about to wait for up to so many bytes (link.expect)? */
	bool (*announced)(const struct description *d, uint64_t bytes);
	/* wait: until ready(arg), as the process' waiting strategy has it; false at the deadline.  The ranges are those
	 * that links of this network watch; other things poke the task. */
	bool (*wait)(struct process *p, bool (*ready)(void *arg), void *arg, const struct umem_range *ranges,
	             unsigned n, sim_time deadline);
	/* progress: the process takes in what has come, of its task; NULL: it comes without the process. */
	void (*progress)(struct process *p);
	/* begin: an own end for `d`, which has d->link then; by a task of the process or of the kernel; 0 or -errno. */
	int (*begin)(struct description *d, struct greeting *own);
	/* join: the peer's end is known: bytes can be sent from now on; 0 or -errno. */
	int (*join)(struct description *d, const struct greeting *peer);
};

/* network_of: of this host's NIC; NULL: none. */
const struct network *network_of(const struct host *host);
/* network_used: the same, if the process has got its way to it: a NIC serves so many processes; others talk TCP. */
const struct network *network_used(const struct process *p);
extern const struct network network_vmmc, network_am;

/* shadow_port: where the listener of an application's port is asked for the fast network: behind what kernels choose by
 * themselves (ports.h).  Several ports have the same one; none is its own. */
#define SHADOW_FIRST 61000u
uint16_t shadow_port(uint16_t port);

#endif
