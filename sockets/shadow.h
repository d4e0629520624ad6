/* The shadow connection: the TCP connection that set a fast one up, and tells of its breakage.  Shared by
 * setup_shadow.c, which has the table of operations, and shadow_listen.c, which answers greetings. */
#ifndef SOCKETS_SHADOW_H
#define SOCKETS_SHADOW_H

#include "sockets/greeting.h"
#include "sockets/setup.h"
#include "sockets/tcpip/tcp.h"

/* What a connection has (description.end). */
struct shadow {
	struct description *d;
	struct tcp *tcp; /* NULL: not yet */
	struct greeting own;
	bool heard, answered;    /* the peer's FIN; that its last words have come */
	struct sim_event broken; /* the time until which last words must follow a FIN */
	struct ip_work work;     /* answers */
};

struct shadow *shadow_new(struct description *d);
/* shadow_take: the connection is `t` from now on. */
void shadow_take(struct shadow *s, struct tcp *t);

/* shadow_hear: some of a greeting, *n bytes have come so far; true once it is whole. */
bool shadow_hear(struct tcp *t, uint8_t bytes[GREETING_BYTES], uint32_t *n);
/* shadow_over: nothing more will come than is there. */
bool shadow_over(struct tcp *t);
void shadow_say(struct tcp *t, const struct network *network, const struct greeting_message *m);

/* For the table. */
int shadow_listen(struct description *listener);
void shadow_unlisten(struct description *listener);
bool shadow_acceptable(const struct description *listener);
struct description *shadow_accept(struct description *listener);

/* shadow_stop: for sock_stop(), behind tcp_stop(). */
void shadow_stop(struct kernel *k);

/* shadow_port_used: do listeners of this host listen there, too? */
bool shadow_port_used(const struct kernel *k, uint16_t port);

#define SHADOW_OPTIONS ((struct tcp_options){.send_buffer = 4096, .receive_buffer = 4096, .no_delay = true})

#endif
