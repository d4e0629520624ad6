/* Applications: ordinary programs over stream sockets, run natively or simulated from one source.
 *
 * An application is one function that every of its n programs runs, each with its rank; what they are to do stands in a
 * job, which they only read.  What a socket program cannot do by itself (compute for a given time, read a clock, meet
 * the others before the measurement) it asks its context for, so that its source includes sockets/portable.h and
 * nothing of the simulator or the operating system.  It has no writable statics, and checks its own answer:
 * app_fail(), and the run fails.
 *
 * The shape of a program: connect, app->meet(), work, app->meet(), close.  What lies between the two is measured. */
#ifndef EXPERIMENTS_APP_H
#define EXPERIMENTS_APP_H

#include "sockets/portable.h"

#include <stdbool.h>

struct app {
	unsigned rank, n; /* of n programs */
	const void *job;  /* what the application's header says */

	/* Of whoever runs it. */
	struct sockaddr_in (*address)(struct app *app, unsigned rank); /* where that program listens */
	void (*compute)(struct app *app, double us);                   /* takes so much processor time */
	void (*sleep)(struct app *app, double us);
	double (*now_us)(struct app *app); /* of one clock */
	/* meet: returns when every program has called it as often; work is over at the second time. */
	void (*meet)(struct app *app);
	/* took: one unit of work (a request, an item, a step) took so long. */
	void (*took)(struct app *app, double us);
	void (*failed)(struct app *app, const char *what); /* the first one counts */
	bool has_failed;
};

/* app_fail: this program cannot go on; `format` is printf's.  Always false, to be returned. */
bool app_fail(struct app *app, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* app_worked: if a call failed, fails with errno's text. */
bool app_worked(struct app *app, bool ok, const char *what);

/* Connections; -1 if the program has failed. */

/* app_listen: at its own address, for so many that call at the same time. */
int app_listen(struct app *app, int backlog);
int app_accept(struct app *app, int listener);
/* app_connect: to the program with that rank, also if that does not listen yet. */
int app_connect(struct app *app, unsigned rank);
/* app_link: two programs, of which the one with the higher rank calls. */
int app_link(struct app *app, int listener, unsigned other);

/* app_no_delay: what is sent leaves at once (TCP_NODELAY). */
bool app_no_delay(struct app *app, int fd);

/* app_send, app_receive: n bytes, in as many calls as it takes. */
bool app_send(struct app *app, int fd, const void *bytes, size_t n);
bool app_receive(struct app *app, int fd, void *bytes, size_t n);
/* app_ended: receives nothing but the end of the stream. */
bool app_ended(struct app *app, int fd);

/* app_byte: the byte at `at` of a stream of bytes with that key, so that each place of each message is its own. */
static inline uint8_t
app_byte(uint32_t key, uint32_t at)
{
	uint32_t x = (key * 2654435761u) ^ (at * 2246822519u);

	return (uint8_t)((x ^ x >> 15) * 2654435761u >> 24);
}
void app_fill(uint8_t *bytes, uint32_t key, uint32_t from, uint32_t n);
/* app_same: are these n bytes those from `from` on? */
bool app_same(const uint8_t *bytes, uint32_t key, uint32_t from, uint32_t n);

#endif
