/* A set-up: how two ends agree on being connected, and how one tells the other, beside the data, that it is over.
 *
 * Three exist.  Each is a file behind this table, and connect.c, accept.c and close.c know no more of them:
 *
 *   setup_by_segments  VMMC: segments of its own between the kernels (segment.c), areas exported beforehand
 *   setup_by_shadow    other fast networks: greetings over a TCP connection to the shadow port (network.h)
 *   setup_by_tcp       none: the connection is the kernel's TCP's
 *
 * A connection has one of them (description.setup).  A listener serves TCP, and that of its host's fast network
 * (description.setup of a listener), each with what it keeps for that in the description's `ear` and `tcp_ear`.
 *
 * Everything is called by tasks of the process, accepted connections are made by tasks of the kernel. */
#ifndef SOCKETS_SETUP_H
#define SOCKETS_SETUP_H

#include "sockets/description.h"

/* ask: nobody listens there in this way, but perhaps for TCP. */
#define SETUP_FALLS_BACK (-1)

struct setup {
	/* begin: what needs no answer of the peer; d->link is there then; 0 or -errno. */
	int (*begin)(struct description *d);
	/* ask: until both ends have agreed; 0, an errno, SETUP_FALLS_BACK.  Ends early with ECONNABORTED if
	 * setup_decided(). */
	int (*ask)(struct description *d);

	/* listen: up to listener->places may wait for accept() from now on; also with another number; 0 or -errno. */
	int (*listen)(struct description *listener);
	/* unlisten: nobody can connect any more; those who wait are refused.  No effect on what does not listen. */
	void (*unlisten)(struct description *listener);
	/* acceptable: only looks. */
	bool (*acceptable)(const struct description *listener);
	/* accept: the first one that is complete, with one reference; NULL if there is none. */
	struct description *(*accept)(struct description *listener);
	/* complete: by the caller of accept(); 0 or -errno, and the caller lets `d` go. */
	int (*complete)(struct description *listener, struct description *d);

	/* changed: an option that concerns the link has been set; NULL: none does. */
	void (*changed)(struct description *d);

	/* learned: the peer's last words are there (description_learn()); NULL: that is all the same to it. */
	void (*learned)(struct description *d);

	/* part: close(): the peer is told beside the data, whose last words have been put if `d` is CONNECTED;
	 * `lingers`: waits until the peer has got all, as SO_LINGER says. */
	void (*part)(struct description *d, bool lingers);
	/* end: gives back what the set-up and the link have; d->link is NULL then. */
	void (*end)(struct description *d);
};

extern const struct setup setup_by_segments, setup_by_shadow, setup_by_tcp;

/* setup_accepted: a new end for who has asked for listener's port, not CONNECTED yet; in nobody's queue. */
struct description *setup_accepted(struct description *listener, const struct setup *setup, unsigned node,
                                   uint16_t port);
/* setup_decided: connect() is over, whatever comes. */
bool setup_decided(const struct description *d);

#endif
