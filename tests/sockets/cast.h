/* A cast: programs on the hosts of a platform, for tests of who gets connected to whom, and how.
 *
 * Programs use the façade (sockets/nsock.h).  Each case is one simulation, in a process of its own (Check's fork mode).
 */
#ifndef TESTS_SOCKETS_CAST_H
#define TESTS_SOCKETS_CAST_H

#include "experiments/firmware_choice.h"
#include "nic-sim/machine.h"
#include "sockets/nsock.h"
#include "sockets/socket.h"

#include <netinet/in.h>

#define CAST_PORT 5000

struct role {
	unsigned node;
	void (*play)(void *arg);
	void *arg;
};

/* play_cast: runs the programs to their end, which must come, with `protocol` as the default. */
void play_cast(const char *platform, enum firmware firmware, enum sock_protocol protocol, const struct role *roles,
               unsigned n);

struct sockaddr_in address_of(unsigned node, uint16_t port);
void pause_for(sim_time t);
/* listening_on, connected_to: descriptors; must succeed.  try_connect: 0, or errno; *fd is closed then. */
int listening_on(uint16_t port);
int connected_to(unsigned node, uint16_t port);
int try_connect(unsigned node, uint16_t port, int *fd);
/* protocol_of: what a connection has become. */
enum sock_protocol protocol_of(int fd);
void want_protocol(int fd, enum sock_protocol protocol);
/* ask, serve: a byte there, the next one back. */
void ask(int fd, uint8_t byte);
void serve(int fd);

#endif
