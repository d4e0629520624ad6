/* Two hosts whose kernels talk TCP/IP, and programs that use sockets/tcpip/tcp.h and udp.h directly, as descriptions
 * do: for tests of both without sockets above them. */
#ifndef TESTS_SOCKETS_TCP_RIG_H
#define TESTS_SOCKETS_TCP_RIG_H

#include "nic-sim/engine.h"
#include "nic-sim/image.h"
#include "nic-sim/machine.h"
#include "sockets/tcpip/tcp.h"
#include "sockets/tcpip/udp.h"

#include <errno.h>

#define RIG_PORT   5000
#define RIG_BUFFER 65536u

enum { RIG_SERVER, RIG_CLIENT, RIG_HOSTS };
enum rig_network { RIG_ETHERNET, RIG_MYRINET, RIG_NETWORKS };

struct rig {
	struct platform *platform;
	struct machine *machine;
	struct lanai_image *image; /* Myrinet only */
	struct kernel *kernels[RIG_HOSTS];
	struct tcp_options options; /* of new ends */
};

/* rig_new: `sets` "key=value key=value..." or "".  Fails the test if the platform cannot be loaded. */
struct rig *rig_new(const char *platform, const char *sets, enum rig_network network);
void rig_program(struct rig *r, unsigned host, void (*body)(void *arg), void *arg);
/* rig_run: until all programs have ended, which must be before `limit`; then frees everything. */
void rig_run(struct rig *r, sim_time limit);
void rig_pause(sim_time t);

/* An end as a description has it: who waits for it is woken. */
struct rig_end {
	struct rig *rig;
	struct tcp *t;
	struct task *task; /* that waits; NULL: none */
};

struct rig_listener {
	struct rig *rig;
	struct tcp_listener *l;
	struct task *task;
};

struct rig_end *rig_begin(struct rig *r, uint16_t port); /* of the client: does not wait */
bool rig_settle(struct rig_end *e);                      /* until the set-up has ended: is it open? */
struct rig_end *rig_call(struct rig *r);                 /* both, from a port of its own; must succeed */
struct rig_listener *rig_listen(struct rig *r, unsigned backlog);
struct rig_end *rig_accept(struct rig_listener *l);
struct rig_end *rig_serve(struct rig *r); /* listens, and accepts one */
void rig_unlisten(struct rig_listener *l);

/* Both wait until all is moved, or the connection or the stream has ended; how many. */
size_t rig_send(struct rig_end *e, const void *data, size_t bytes);
size_t rig_recv(struct rig_end *e, void *data, size_t bytes);
size_t rig_recv_some(struct rig_end *e, void *data, size_t bytes);
void rig_fin(struct rig_end *e);
void rig_leave(struct rig_end *e, bool reset);
void rig_await(struct rig_end *e, bool (*ready)(const struct rig_end *e));

/* rig_content: byte number i of the test's stream, and whether these are its bytes from `at` on. */
uint8_t rig_content(size_t i);
uint8_t *rig_stream(size_t bytes);
bool rig_is_stream(const uint8_t *data, size_t at, size_t bytes);

#endif
