/* Children: what fork() does to descriptors, and the last close.
 *
 * A child logs nothing and meets nobody: it talks to the client. */
#include "tests/sockets/talk.h"

struct child {
	struct body_context *c;
	int listener, fd;
};

static void
said(struct body_context *c, int fd, size_t length)
{
	char text[64] = {0};

	fprintf(c->log, "said: %zu", recv_all(c, fd, text, length < sizeof text ? length : sizeof text - 1));
	fprintf(c->log, " %s\n", text);
}

static void
ended(struct body_context *c, int fd)
{
	char byte;

	outcome(c, "recv", recv(fd, &byte, 1, 0));
}

/* A server that spawns for each connection. ---------------------------------------------------------------------- */

enum { CALLERS = 3 };

static void
echo(void *arg)
{
	struct child *child = arg;
	char bytes[4096];
	ssize_t n;

	close(child->listener);
	while ((n = recv(child->fd, bytes, sizeof bytes, 0)) > 0)
		send_all(child->c, child->fd, bytes, (size_t)n);
	close(child->fd);
}

static void
spawning_server(struct body_context *c)
{
	struct child children[CALLERS];
	pid_t pids[CALLERS];
	int listener = listening(c, CALLERS);

	for (unsigned i = 0; i < CALLERS; i++) {
		children[i] = (struct child){c, listener, (int)good(c, "accept", accept(listener, NULL, NULL))};
		pids[i] = (pid_t)good(c, "spawn", ns_spawn(echo, &children[i]));
		good(c, "close", close(children[i].fd));
	}
	good(c, "close", close(listener));
	for (unsigned i = 0; i < CALLERS; i++) {
		fprintf(c->log, "own child: %d\n", ns_await(pids[i]) == pids[i]);
		outcome(c, "await again", ns_await(pids[i]));
	}
}

static void
spawning_client(struct body_context *c)
{
	static const char *const texts[CALLERS] = {"first", "the second", "a third one"};
	int fds[CALLERS];

	c->meet(c);
	for (unsigned i = 0; i < CALLERS; i++)
		fds[i] = connected(c);
	for (unsigned i = CALLERS; i-- > 0;)
		send_all(c, fds[i], texts[i], strlen(texts[i]));
	for (unsigned i = 0; i < CALLERS; i++)
		said(c, fds[i], strlen(texts[i]));
	for (unsigned i = 0; i < CALLERS; i++) {
		outcome(c, "shutdown", shutdown(fds[i], SHUT_WR));
		ended(c, fds[i]);
		good(c, "close", close(fds[i]));
	}
}

/* A close in one of them does not end it. ------------------------------------------------------------------------ */

static void
send_and_close(void *arg)
{
	struct child *child = arg;

	send_all(child->c, child->fd, "child, ", 7);
	close(child->fd);
}

static void
shared_server(struct body_context *c)
{
	struct child child = {c, -1, served(c)};
	pid_t pid = (pid_t)good(c, "spawn", ns_spawn(send_and_close, &child));

	ns_await(pid);
	send_all(c, child.fd, "parent", 6);
	c->meet(c);
	good(c, "close", close(child.fd));
}

static void
shared_client(struct body_context *c)
{
	int fd = called(c);

	said(c, fd, 13);
	polled(c, "not over", fd, POLLIN | POLLRDHUP, 20);
	c->meet(c);
	ended(c, fd);
	good(c, "close", close(fd));
}

/* The child has it last. ----------------------------------------------------------------------------------------- */

static void
answer_later(void *arg)
{
	struct child *child = arg;
	char byte;

	if (recv(child->fd, &byte, 1, 0) == 1)
		send_all(child->c, child->fd, "later", 5);
	/* and ends without a close */
}

static void
last_server(struct body_context *c)
{
	struct child child = {c, -1, served(c)};
	pid_t pid = (pid_t)good(c, "spawn", ns_spawn(answer_later, &child));

	good(c, "close", close(child.fd));
	outcome(c, "send", send(child.fd, "x", 1, MSG_NOSIGNAL));
	c->meet(c);
	ns_await(pid);
}

static void
last_client(struct body_context *c)
{
	int fd = called(c);

	c->meet(c);
	polled(c, "not over", fd, POLLIN | POLLRDHUP, 20);
	send_all(c, fd, "x", 1);
	said(c, fd, 5);
	ended(c, fd);
	good(c, "close", close(fd));
}

/* A listener of two. --------------------------------------------------------------------------------------------- */

static void
accept_one(void *arg)
{
	struct child *child = arg;
	int fd = accept(child->listener, NULL, NULL);

	close(child->listener);
	send_all(child->c, fd, "served", 6);
	close(fd);
}

static void
inherited_server(struct body_context *c)
{
	struct child child = {c, listening(c, 1), -1};
	pid_t pid = (pid_t)good(c, "spawn", ns_spawn(accept_one, &child));

	good(c, "close", close(child.listener));
	c->meet(c);
	ns_await(pid);
	c->meet(c);
}

static void
inherited_client(struct body_context *c)
{
	int fd;

	c->meet(c);
	c->meet(c);
	fd = connected(c);
	said(c, fd, 6);
	ended(c, fd);
	good(c, "close", close(fd));
	c->meet(c);
	fd = new_socket(c);
	outcome(c, "connect", connect(fd, address(c), sizeof c->address));
	good(c, "close", close(fd));
}

/* The parent ends first: its child has the listener and the connection. ----------------------------------------- */

static void
echo_and_accept(void *arg)
{
	struct child *child = arg;
	char byte;
	int fd;

	while (recv(child->fd, &byte, 1, 0) == 1)
		send_all(child->c, child->fd, &byte, 1);
	close(child->fd);
	fd = accept(child->listener, NULL, NULL);
	send_all(child->c, fd, "orphan", 6);
	close(fd);
}

static void
orphan_server(struct body_context *c)
{
	struct child *child = ns_alloc(sizeof *child);

	*child = (struct child){c, listening(c, 1), -1};
	child->fd = (int)good(c, "accept", accept(child->listener, NULL, NULL));
	good(c, "spawn", ns_spawn(echo_and_accept, child));
	c->meet(c);
}

static void
orphan_client(struct body_context *c)
{
	int fd = called(c);

	c->meet(c);
	polled(c, "the parent ends", fd, POLLIN | POLLRDHUP, 50);
	for (unsigned i = 0; i < 3; i++) {
		send_all(c, fd, "x", 1);
		said(c, fd, 1);
	}
	outcome(c, "shutdown", shutdown(fd, SHUT_WR));
	ended(c, fd);
	good(c, "close", close(fd));
	fd = connected(c);
	said(c, fd, 6);
	ended(c, fd);
	good(c, "close", close(fd));
}

/* What is the description's, both see. --------------------------------------------------------------------------- */

static void
change(void *arg)
{
	struct child *child = arg;

	fcntl(child->fd, F_SETFL, O_NONBLOCK);
	shutdown(child->fd, SHUT_WR);
}

static void
change_server(struct body_context *c)
{
	struct child child = {c, -1, served(c)};
	pid_t pid;
	char byte;

	outcome(c, "blocks", (fcntl(child.fd, F_GETFL) & O_NONBLOCK) == 0);
	pid = (pid_t)good(c, "spawn", ns_spawn(change, &child));
	ns_await(pid);
	outcome(c, "blocks", (fcntl(child.fd, F_GETFL) & O_NONBLOCK) == 0);
	outcome(c, "recv", recv(child.fd, &byte, 1, 0));
	outcome(c, "send", send(child.fd, "x", 1, MSG_NOSIGNAL));
	c->meet(c);
	good(c, "close", close(child.fd));
	outcome(c, "no child", ns_await(pid));
}

static void
change_client(struct body_context *c)
{
	int fd = called(c);

	ended(c, fd);
	c->meet(c);
	good(c, "close", close(fd));
}

const struct body TABLE(spawn)[] = {{"a child for each connection", spawning_server, spawning_client},
                                    {"closed by one of two", shared_server, shared_client},
                                    {"the child's is the last close", last_server, last_client},
                                    {"a listener of two", inherited_server, inherited_client},
                                    {"a parent that ends first", orphan_server, orphan_client},
                                    {"a change that both see", change_server, change_client},
                                    {NULL, NULL, NULL}};
