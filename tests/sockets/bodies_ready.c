/* poll() and select(), and what they wait for: set-up without waiting, ends, many descriptors. */
#include "tests/sockets/talk.h"

/* States, as poll() shows them. ---------------------------------------------------------------------------------- */

static void
states_server(struct body_context *c)
{
	int listener = new_socket(c), fd;

	polled(c, "fresh", listener, ALL_EVENTS, 0);
	good(c, "bind", bind(listener, address(c), sizeof c->address));
	polled(c, "bound", listener, ALL_EVENTS, 0);
	good(c, "listen", listen(listener, 1));
	polled(c, "listening", listener, ALL_EVENTS, 0);
	polled(c, "listening, time-out", listener, ALL_EVENTS, 10);
	c->meet(c);
	polled(c, "connection waits", listener, ALL_EVENTS, -1);
	fd = (int)good(c, "accept", accept(listener, NULL, NULL));
	polled(c, "accepted all", listener, ALL_EVENTS, 0);
	polled(c, "connected", fd, ALL_EVENTS, 0);
	polled(c, "nothing to read", fd, POLLIN, 0);
	polled(c, "nothing to read, time-out", fd, POLLIN | POLLRDHUP | POLLPRI, 10);
	polled(c, "asked for nothing", fd, 0, 0);
	c->meet(c);
	polled(c, "data", fd, POLLIN, -1);
	polled(c, "data", fd, ALL_EVENTS, 0);
	c->meet(c);
	await(c, fd, POLLRDHUP);
	polled(c, "data and end", fd, ALL_EVENTS, 0);
	outcome(c, "recv", recv(fd, &listener, 4, MSG_WAITALL));
	polled(c, "end", fd, ALL_EVENTS, 0);
	c->meet(c);
	outcome(c, "shutdown", shutdown(fd, SHUT_WR));
	polled(c, "both ended", fd, ALL_EVENTS, 0);
	polled(c, "both ended, asked for nothing", fd, 0, 0);
	good(c, "close", close(fd));
	polled(c, "closed", fd, ALL_EVENTS, 0);
	polled(c, "negative", -7, ALL_EVENTS, 0);
}

static void
states_client(struct body_context *c)
{
	int fd = called(c);

	c->meet(c);
	send_all(c, fd, "data", 4);
	c->meet(c);
	outcome(c, "shutdown", shutdown(fd, SHUT_WR));
	polled(c, "shut for writing", fd, POLLOUT, 0);
	c->meet(c);
	await(c, fd, POLLRDHUP);
	polled(c, "both ended", fd, ALL_EVENTS, 0);
	outcome(c, "shutdown", shutdown(fd, SHUT_RD));
	polled(c, "shut for reading, too", fd, ALL_EVENTS, 0);
	good(c, "close", close(fd));
}

static void
shut_read_server(struct body_context *c)
{
	int fd = served(c);

	outcome(c, "shutdown", shutdown(fd, SHUT_RD));
	polled(c, "shut for reading", fd, ALL_EVENTS, 0);
	outcome(c, "recv", recv(fd, &fd, 1, 0));
	outcome(c, "shutdown", shutdown(fd, SHUT_RDWR));
	polled(c, "shut for both", fd, ALL_EVENTS, 0);
	outcome(c, "send", send(fd, "x", 1, MSG_NOSIGNAL));
	c->meet(c);
	good(c, "close", close(fd));
}

static void
shut_read_client(struct body_context *c)
{
	int fd = called(c);

	outcome(c, "recv", recv(fd, &fd, 1, 0));
	c->meet(c);
}

/* Set-up without waiting. ---------------------------------------------------------------------------------------- */

static void
connect_server(struct body_context *c)
{
	int listener = new_socket(c), fd;
	struct sockaddr_in name;
	socklen_t length = sizeof name;

	good(c, "bind", bind(listener, address(c), sizeof c->address));
	good(c, "listen", listen(listener, 3));
	set_nonblocking(c, listener, true);
	outcome(c, "accept", accept(listener, NULL, NULL));
	c->meet(c);
	await(c, listener, POLLIN);
	fd = (int)good(c, "accept", accept(listener, (struct sockaddr *)&name, &length));
	fprintf(c->log, "non-blocking: %d\n", (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
	outcome(c, "accept", accept(listener, NULL, NULL));
	send_all(c, fd, "hello", 5);
	good(c, "close", close(fd));
	c->meet(c);
	await(c, listener, POLLIN);
	outcome(c, "accept4 of nonsense", accept4(listener, NULL, NULL, 12345));
	fd = (int)good(c, "accept4", accept4(listener, NULL, NULL, SOCK_NONBLOCK));
	fprintf(c->log, "non-blocking: %d\n", (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
	outcome(c, "recv", recv(fd, &name, 1, 0));
	c->meet(c);
	good(c, "close", close(fd));
	good(c, "close", close(listener));
}

static void
connect_client(struct body_context *c)
{
	int fd = (int)good(c, "socket", socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
	char text[6] = "";

	c->meet(c);
	outcome(c, "connect", connect(fd, address(c), sizeof c->address));
	polled(c, "connected", fd, POLLOUT, -1);
	pending(c, fd);
	outcome(c, "connect tells", connect(fd, address(c), sizeof c->address));
	outcome(c, "connect again", connect(fd, address(c), sizeof c->address));
	set_nonblocking(c, fd, false);
	outcome(c, "recv", recv(fd, text, 5, MSG_WAITALL));
	fprintf(c->log, "%s\n", text);
	good(c, "close", close(fd));
	c->meet(c);
	fd = connected(c);
	c->meet(c);
	good(c, "close", close(fd));
}

static void
refused_server(struct body_context *c)
{
	c->meet(c);
}

/* One that connect() itself tells, one that SO_ERROR tells, one that send and recv tell. */
static void
refused_client(struct body_context *c)
{
	int fd = (int)good(c, "socket", socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
	char byte;

	outcome(c, "connect", connect(fd, address(c), sizeof c->address));
	polled(c, "refused", fd, ALL_EVENTS, -1);
	outcome(c, "connect tells", connect(fd, address(c), sizeof c->address));
	polled(c, "told", fd, ALL_EVENTS, 0);
	outcome(c, "connect", connect(fd, address(c), sizeof c->address));
	polled(c, "refused", fd, POLLOUT, -1);
	pending(c, fd);
	pending(c, fd);
	polled(c, "taken", fd, ALL_EVENTS, 0);
	outcome(c, "recv", recv(fd, &byte, 1, 0));
	outcome(c, "send", send(fd, &byte, 1, MSG_NOSIGNAL));
	outcome(c, "connect tells", connect(fd, address(c), sizeof c->address));
	outcome(c, "connect", connect(fd, address(c), sizeof c->address));
	polled(c, "refused", fd, POLLIN, -1);
	outcome(c, "recv", recv(fd, &byte, 1, 0));
	outcome(c, "recv", recv(fd, &byte, 1, 0));
	outcome(c, "getpeername", getpeername(fd, (struct sockaddr *)&(struct sockaddr_in){0}, &(socklen_t){16}));
	good(c, "close", close(fd));
	c->meet(c);
}

/* The queue of a listener is full: the next connection stays under way until there is room. */
static void
queue_server(struct body_context *c)
{
	int listener = listening(c, 0), fd;

	c->meet(c);
	for (unsigned i = 0; i < 2; i++) {
		fd = (int)good(c, "accept", accept(listener, NULL, NULL));
		send_all(c, fd, "x", 1);
		good(c, "close", close(fd));
	}
	c->meet(c);
	good(c, "close", close(listener));
}

static void
under_way(struct body_context *c, int fd)
{
	char byte;

	outcome(c, "connect", connect(fd, address(c), sizeof c->address));
	outcome(c, "connect again", connect(fd, address(c), sizeof c->address));
	polled(c, "under way", fd, ALL_EVENTS, 0);
	polled(c, "under way, time-out", fd, ALL_EVENTS, 10);
	pending(c, fd);
	outcome(c, "recv", recv(fd, &byte, 1, 0));
	outcome(c, "send", send(fd, &byte, 1, MSG_NOSIGNAL));
	outcome(c, "listen", listen(fd, 1));
	outcome(c, "getpeername", getpeername(fd, (struct sockaddr *)&(struct sockaddr_in){0}, &(socklen_t){16}));
}

/* given_up: by shutdown(), by close(), and by a time-out, which gives up waiting only. */
static void
given_up(struct body_context *c)
{
	struct timeval t = {0, 20000};
	int fd = new_socket(c);

	good(c, "setsockopt", setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t));
	outcome(c, "connect with a time-out", connect(fd, address(c), sizeof c->address));
	outcome(c, "connect again", connect(fd, address(c), sizeof c->address));
	outcome(c, "shutdown", shutdown(fd, SHUT_RDWR));
	polled(c, "shut down", fd, ALL_EVENTS, 0);
	pending(c, fd);
	polled(c, "fresh", fd, ALL_EVENTS, 0);
	outcome(c, "connect with a time-out", connect(fd, address(c), sizeof c->address));
	outcome(c, "close", close(fd));
}

static void
queue_client(struct body_context *c)
{
	int first, second = (int)good(c, "socket", socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
	char byte;

	c->meet(c);
	first = connected(c);
	under_way(c, second);
	given_up(c);
	c->meet(c);
	polled(c, "connected", second, POLLOUT, -1);
	outcome(c, "connect", connect(second, address(c), sizeof c->address));
	outcome(c, "connect", connect(second, address(c), sizeof c->address));
	await(c, second, POLLIN);
	outcome(c, "recv", recv(second, &byte, 1, 0));
	outcome(c, "recv", recv(first, &byte, 1, 0));
	c->meet(c);
	good(c, "close", close(first));
	good(c, "close", close(second));
}

/* A backlog of n takes n + 1, as in Linux. */
static void
backlog_server(struct body_context *c)
{
	int listener = listening(c, 2);

	c->meet(c);
	for (unsigned i = 0; i < 3; i++)
		good(c, "close", close((int)good(c, "accept", accept(listener, NULL, NULL))));
	c->meet(c);
	good(c, "close", close(listener));
}

static void
backlog_client(struct body_context *c)
{
	int fds[4];

	c->meet(c);
	for (unsigned i = 0; i < 4; i++) {
		fds[i] = (int)good(c, "socket", socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
		outcome(c, "connect", connect(fds[i], address(c), sizeof c->address));
		if (i < 3)
			polled(c, "connected", fds[i], POLLOUT, -1);
		else
			polled(c, "under way", fds[i], POLLOUT, 100);
	}
	good(c, "close", close(fds[3]));
	c->meet(c);
	for (unsigned i = 0; i < 3; i++)
		good(c, "close", close(fds[i]));
	c->meet(c);
}

/* Many. ---------------------------------------------------------------------------------------------------------- */

enum { CROWD = 6, ROUNDS = 5, MESSAGE = 3000 };

/* An echo server of many clients in one loop that never waits but in poll(): entry 0 listens. */
struct echo {
	struct pollfd fds[1 + CROWD];
	unsigned n, accepted;
	size_t echoed;
};

static void
echo_some(struct body_context *c, struct echo *e, struct pollfd *p)
{
	uint8_t bytes[1000];
	ssize_t n = recv(p->fd, bytes, sizeof bytes, 0);

	if (n > 0) {
		e->echoed += (size_t)n;
		set_nonblocking(c, p->fd, false);
		send_all(c, p->fd, bytes, (size_t)n);
		set_nonblocking(c, p->fd, true);
	} else if (n == 0) {
		good(c, "close", close(p->fd));
		p->fd = -1;
		e->n--;
	} else if (errno != EAGAIN) {
		outcome(c, "recv", n);
	}
}

static void
serve(struct body_context *c, struct echo *e)
{
	good(c, "poll", poll(e->fds, 1 + e->accepted, -1));
	if (e->fds[0].revents & POLLIN) {
		int fd = (int)good(c, "accept", accept(e->fds[0].fd, NULL, NULL));
		set_nonblocking(c, fd, true);
		e->fds[++e->accepted] = (struct pollfd){.fd = fd, .events = POLLIN};
	}
	for (unsigned i = 1; i <= e->accepted; i++)
		if (e->fds[i].revents)
			echo_some(c, e, &e->fds[i]);
}

static void
event_loop_server(struct body_context *c)
{
	struct echo e = {.fds[0] = {.fd = listening(c, CROWD), .events = POLLIN}, .n = CROWD};

	while (e.n > 0)
		serve(c, &e);
	fprintf(c->log, "accepted %u, echoed %zu\n", e.accepted, e.echoed);
	polled(c, "listener", e.fds[0].fd, ALL_EVENTS, 0);
	good(c, "close", close(e.fds[0].fd));
}

static void
event_loop_client(struct body_context *c)
{
	int fds[CROWD];
	uint8_t out[MESSAGE], in[MESSAGE];

	c->meet(c);
	for (unsigned i = 0; i < CROWD; i++)
		fds[i] = connected(c);
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned i = 0; i < CROWD; i++) {
			fill(out, MESSAGE, i + round);
			send_all(c, fds[i], out, MESSAGE - i);
		}
		for (unsigned i = CROWD; i-- > 0;) {
			fprintf(c->log, "%zu ", recv_all(c, fds[i], in, MESSAGE - i));
			fprintf(c->log, "%s\n", is_filled(in, MESSAGE - i, i + round) ? "good" : "bad");
		}
	}
	for (unsigned i = 0; i < CROWD; i++)
		good(c, "close", close(fds[i]));
}

/* Sets of mixed readiness: [0] data, [1] nothing, [2] reset, [3] half-closed by the peer. */
enum { MIXED = 4 };

static void
mixed_client(struct body_context *c)
{
	struct linger abort = {1, 0};
	int fds[MIXED];

	c->meet(c);
	for (unsigned i = 0; i < MIXED; i++)
		fds[i] = connected(c);
	c->meet(c);
	send_all(c, fds[0], "data", 4);
	outcome(c, "setsockopt", setsockopt(fds[2], SOL_SOCKET, SO_LINGER, &abort, sizeof abort));
	outcome(c, "close", close(fds[2]));
	outcome(c, "shutdown", shutdown(fds[3], SHUT_WR));
	c->meet(c);
	c->meet(c);
	for (unsigned i = 0; i < MIXED; i++)
		if (i != 2)
			good(c, "close", close(fds[i]));
}

static void
poll_mixed(struct body_context *c, const int *fds, int listener, int closed)
{
	struct pollfd p[] = {
	        {fds[0], POLLIN, -1}, {fds[1], POLLIN, -1},   {fds[2], POLLIN | POLLRDHUP, -1},
	        {fds[3], POLLIN, -1}, {listener, POLLIN, -1}, {closed, POLLIN, -1},
	        {-1, POLLIN, -1},     {fds[0], POLLOUT, -1},
	};
	struct pollfd *many = calloc(1025, sizeof *many);
	struct pollfd *volatile nowhere = NULL; /* volatile: compilers complain, as they should */

	outcome(c, "poll of many", poll(p, sizeof p / sizeof *p, -1));
	for (unsigned i = 0; i < sizeof p / sizeof *p; i++) {
		fprintf(c->log, "entry %u:", i);
		log_events(c, p[i].revents);
	}
	outcome(c, "poll of those without news", poll(&p[1], 1, 10));
	outcome(c, "poll of nothing", poll(NULL, 0, 10));
	outcome(c, "poll of nowhere", poll(nowhere, 1, 0));
	outcome(c, "poll of too many", poll(many, 1025, 0));
	free(many);
}

static int
all_of(const int *fds, int listener, fd_set *set)
{
	int most = listener;

	FD_ZERO(set);
	FD_SET(listener, set);
	for (unsigned i = 0; i < MIXED; i++) {
		FD_SET(fds[i], set);
		most = fds[i] > most ? fds[i] : most;
	}
	return most + 1;
}

static void
log_set(struct body_context *c, const char *name, const fd_set *set, const int *fds, int listener)
{
	fprintf(c->log, "%s:", name);
	for (unsigned i = 0; i < MIXED; i++)
		if (FD_ISSET(fds[i], set))
			fprintf(c->log, " %u", i);
	fprintf(c->log, "%s\n", FD_ISSET(listener, set) ? " listener" : "");
}

static void
select_mixed(struct body_context *c, const int *fds, int listener)
{
	fd_set in, out, except;
	int n = all_of(fds, listener, &in);

	all_of(fds, listener, &out);
	all_of(fds, listener, &except);
	outcome(c, "select", select(n, &in, &out, &except, NULL));
	log_set(c, "in", &in, fds, listener);
	log_set(c, "out", &out, fds, listener);
	log_set(c, "except", &except, fds, listener);
	all_of(fds, listener, &in);
	outcome(c, "select in", select(n, &in, NULL, NULL, &(struct timeval){5, 0}));
	log_set(c, "in", &in, fds, listener);
}

static void
refused_select(struct body_context *c, int quiet, int closed)
{
	struct timeval t = {0, 20000};
	fd_set set;

	FD_ZERO(&set);
	FD_SET(quiet, &set);
	outcome(c, "select, time-out", select(quiet + 1, &set, NULL, NULL, &t));
	fprintf(c->log, "left %ld s %ld us, %s\n", (long)t.tv_sec, (long)t.tv_usec,
	        FD_ISSET(quiet, &set) ? "still set" : "cleared");
	outcome(c, "select, no time", select(quiet + 1, &set, NULL, NULL, &t));
	outcome(c, "select of nothing", select(0, NULL, NULL, NULL, &(struct timeval){0, 10000}));
	FD_SET(quiet, &set);
	outcome(c, "select, beyond n", select(quiet, &set, NULL, NULL, &(struct timeval){0, 0}));
	outcome(c, "select, negative n", select(-1, &set, NULL, NULL, &(struct timeval){0, 0}));
	outcome(c, "select, negative time", select(quiet + 1, &set, NULL, NULL, &(struct timeval){-1, 0}));
	FD_ZERO(&set);
	FD_SET(closed, &set);
	outcome(c, "select of closed", select(closed + 1, &set, NULL, NULL, &(struct timeval){0, 0}));
}

static void
mixed_server(struct body_context *c)
{
	int listener = listening(c, MIXED), fds[MIXED], closed = new_socket(c);

	for (unsigned i = 0; i < MIXED; i++)
		fds[i] = (int)good(c, "accept", accept(listener, NULL, NULL));
	good(c, "close", close(closed));
	c->meet(c);
	c->meet(c);
	await(c, fds[0], POLLIN);
	await(c, fds[2], POLLIN);
	await(c, fds[3], POLLIN);
	poll_mixed(c, fds, listener, closed);
	select_mixed(c, fds, listener);
	refused_select(c, fds[1], closed);
	pending(c, fds[2]);
	polled(c, "reset, and told", fds[2], ALL_EVENTS, 0);
	outcome(c, "recv", recv(fds[2], &closed, 1, 0));
	outcome(c, "send", send(fds[2], "x", 1, MSG_NOSIGNAL));
	c->meet(c);
	for (unsigned i = 0; i < MIXED; i++)
		good(c, "close", close(fds[i]));
	good(c, "close", close(listener));
}

const struct body TABLE(ready)[] = {{"states", states_server, states_client},
                                    {"shut for reading", shut_read_server, shut_read_client},
                                    {"connect without waiting", connect_server, connect_client},
                                    {"refused without waiting", refused_server, refused_client},
                                    {"full queue", queue_server, queue_client},
                                    {"backlog", backlog_server, backlog_client},
                                    {"event loop", event_loop_server, event_loop_client},
                                    {"mixed readiness", mixed_server, mixed_client},
                                    {NULL, NULL, NULL}};
