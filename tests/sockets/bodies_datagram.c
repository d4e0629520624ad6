/* Datagrams.  Nobody sends before the last one was taken, so that none is lost or overtaken. */
#include "tests/sockets/talk.h"

enum { LONGEST = 65507 };

static int
new_datagrams(struct body_context *c)
{
	return (int)good(c, "socket", socket(AF_INET, SOCK_DGRAM, 0));
}

static int
datagrams_at(struct body_context *c)
{
	int fd = new_datagrams(c);

	outcome(c, "bind", bind(fd, address(c), sizeof c->address));
	return fd;
}

static void
greet(struct body_context *c, int fd)
{
	good(c, "sendto", sendto(fd, "hello", 5, 0, address(c), sizeof c->address));
}

/* greeted: by somebody, who is answered. */
static void
greeted(struct body_context *c, int fd, struct sockaddr_in *from)
{
	char text[16] = {0};
	socklen_t length = sizeof *from;

	outcome(c, "recvfrom", recvfrom(fd, text, sizeof text, 0, (struct sockaddr *)from, &length));
	fprintf(c->log, "%s from %u bytes of address, family %d, a port: %d\n", text, (unsigned)length,
	        from->sin_family == AF_INET, from->sin_port != 0);
}

/* All sizes. ----------------------------------------------------------------------------------------------------- */

static const size_t sizes[] = {0,    1,    2,    3,    4,    5,    20,   21,   27,   28,    29,    100,    1000,
                               1471, 1472, 1473, 4095, 4096, 4097, 8192, 8193, 9000, 20000, 65000, LONGEST};
enum { N_SIZES = sizeof sizes / sizeof *sizes };

static void
echo_server(struct body_context *c)
{
	int fd = datagrams_at(c);
	uint8_t *buffer = ns_alloc(LONGEST + 1);

	c->meet(c);
	for (size_t i = 0; i < 2 * N_SIZES; i++) {
		struct sockaddr_in from;
		socklen_t length = sizeof from;
		ssize_t n = recvfrom(fd, buffer, LONGEST + 1, 0, (struct sockaddr *)&from, &length);

		fprintf(c->log, "%zd bytes: %s\n", n, is_filled(buffer, sizes[i % N_SIZES], i) ? "good" : "bad");
		outcome(c, "sendto", sendto(fd, buffer, (size_t)n, 0, (struct sockaddr *)&from, length));
	}
	ns_free(buffer);
	good(c, "close", close(fd));
}

static void
echo_client(struct body_context *c)
{
	int fd = new_datagrams(c);
	uint8_t *buffer = ns_alloc(LONGEST + 8);

	c->meet(c);
	for (size_t i = 0; i < 2 * N_SIZES; i++) {
		size_t length = sizes[i % N_SIZES];
		uint8_t *at = buffer + i % 4;

		fill(at, length, i);
		outcome(c, "sendto", sendto(fd, at, length, 0, address(c), sizeof c->address));
		memset(at, 0, length);
		fprintf(c->log, "%zd bytes back: ", recv(fd, at, length + 1, 0));
		fprintf(c->log, "%s\n", is_filled(at, length, i) ? "good" : "bad");
	}
	ns_free(buffer);
	good(c, "close", close(fd));
}

/* What comes is longer than the memory for it; looks; vectors. --------------------------------------------------- */

static void
cut_server(struct body_context *c)
{
	int fd = datagrams_at(c), waiting = -1;
	struct sockaddr_in from = {0};
	char head[5] = {0}, tail[3] = {0}, all[32] = {0};
	struct iovec vector[2] = {{head, 4}, {tail, 2}};
	struct msghdr m = {.msg_iov = vector, .msg_iovlen = 2, .msg_name = &from, .msg_namelen = sizeof from};

	c->meet(c);
	await(c, fd, POLLIN);
	polled(c, "one is there", fd, ALL_EVENTS, 0);
	good(c, "ioctl", ioctl(fd, FIONREAD, &waiting));
	fprintf(c->log, "waiting: %d\n", waiting);
	outcome(c, "peek", recv(fd, all, 3, MSG_PEEK));
	outcome(c, "peek for its length", recv(fd, all, 3, MSG_PEEK | MSG_TRUNC));
	outcome(c, "recvmsg", recvmsg(fd, &m, 0));
	fprintf(c->log, "%s %s, cut: %d, name %u\n", head, tail, (m.msg_flags & MSG_TRUNC) != 0,
	        (unsigned)m.msg_namelen);
	outcome(c, "nothing more", recv(fd, all, sizeof all, MSG_DONTWAIT));
	c->meet(c);
	outcome(c, "cut", recv(fd, all, 3, 0));
	c->meet(c);
	outcome(c, "length of what is cut", recv(fd, all, 3, MSG_TRUNC));
	c->meet(c);
	outcome(c, "into nothing", recv(fd, all, 0, 0));
	outcome(c, "that took it", recv(fd, all, 1, MSG_DONTWAIT));
	c->meet(c);
	m.msg_iov[0].iov_len = 5;
	outcome(c, "recvmsg", recvmsg(fd, &m, 0));
	fprintf(c->log, "cut: %d\n", (m.msg_flags & MSG_TRUNC) != 0);
	good(c, "close", close(fd));
}

static void
cut_client(struct body_context *c)
{
	int fd = new_datagrams(c);
	struct iovec vector[3] = {{"gath", 4}, {NULL, 0}, {"ered", 4}};
	struct msghdr m = {
	        .msg_iov = vector, .msg_iovlen = 3, .msg_name = &c->address, .msg_namelen = sizeof c->address};

	c->meet(c);
	outcome(c, "sendmsg", sendmsg(fd, &m, 0));
	c->meet(c);
	greet(c, fd);
	c->meet(c);
	greet(c, fd);
	c->meet(c);
	greet(c, fd);
	c->meet(c);
	greet(c, fd);
	fprintf(c->log, "sent\n");
	good(c, "close", close(fd));
}

/* Peers. --------------------------------------------------------------------------------------------------------- */

static void
peers_server(struct body_context *c)
{
	int fd = datagrams_at(c), other;
	struct sockaddr_in from = {0}, name = {0};
	socklen_t length = sizeof name;
	char text[16] = {0};

	outcome(c, "getpeername", getpeername(fd, (struct sockaddr *)&name, &length));
	c->meet(c);
	greeted(c, fd, &from);
	outcome(c, "connect", connect(fd, (struct sockaddr *)&from, sizeof from));
	length = sizeof name;
	outcome(c, "getpeername", getpeername(fd, (struct sockaddr *)&name, &length));
	fprintf(c->log, "it: %d\n", name.sin_port == from.sin_port);
	outcome(c, "send", send(fd, "you", 3, 0));
	c->meet(c); /* a stranger sends */
	c->meet(c);
	outcome(c, "from a stranger", recv(fd, text, sizeof text, MSG_DONTWAIT));
	c->meet(c);
	outcome(c, "recv", recv(fd, text, sizeof text, 0));
	name = (struct sockaddr_in){.sin_family = AF_UNSPEC};
	outcome(c, "dissolve", connect(fd, (struct sockaddr *)&name, sizeof name));
	length = sizeof name;
	outcome(c, "getpeername", getpeername(fd, (struct sockaddr *)&name, &length));
	outcome(c, "send to nobody", send(fd, "you", 3, 0));
	c->meet(c);
	greeted(c, fd, &from);
	other = new_datagrams(c);
	outcome(c, "same port", bind(other, address(c), sizeof c->address));
	good(c, "close", close(other));
	good(c, "close", close(fd));
}

static void
peers_client(struct body_context *c)
{
	int fd = new_datagrams(c), stranger = new_datagrams(c);
	char text[16] = {0};

	c->meet(c);
	greet(c, fd);
	outcome(c, "recv", recv(fd, text, sizeof text, 0));
	fprintf(c->log, "%s\n", text);
	c->meet(c);
	for (unsigned i = 0; i < 4; i++) {
		greet(c, stranger);
		polled(c, "some time", fd, POLLIN, 20);
	}
	c->meet(c);
	c->meet(c);
	greet(c, fd);
	c->meet(c);
	greet(c, stranger);
	good(c, "close", close(stranger));
	good(c, "close", close(fd));
}

/* Nobody there. -------------------------------------------------------------------------------------------------- */

static void
refused_server(struct body_context *c)
{
	c->meet(c);
	c->meet(c);
	fprintf(c->log, "never there\n");
}

static void
refused_client(struct body_context *c)
{
	int fd = new_datagrams(c);
	char text[16];

	c->meet(c);
	greet(c, fd);
	polled(c, "not connected, not told", fd, POLLIN, 50);
	outcome(c, "connect", connect(fd, address(c), sizeof c->address));
	outcome(c, "send", send(fd, "hello", 5, 0));
	await(c, fd, POLLIN);
	polled(c, "refused", fd, ALL_EVENTS, 0);
	outcome(c, "recv", recv(fd, text, sizeof text, 0));
	polled(c, "told", fd, ALL_EVENTS, 0);
	outcome(c, "send", send(fd, "hello", 5, 0));
	await(c, fd, POLLIN);
	pending(c, fd);
	outcome(c, "send", send(fd, "hello", 5, 0));
	await(c, fd, POLLIN);
	outcome(c, "send after a refusal", send(fd, "hello", 5, 0));
	c->meet(c);
	good(c, "close", close(fd));
}

/* Mistakes, options, ends. --------------------------------------------------------------------------------------- */

static void
mistakes_server(struct body_context *c)
{
	int fd = datagrams_at(c), listener = new_socket(c), type = 0;
	socklen_t length = sizeof type;
	char byte;

	outcome(c, "a stream's port", bind(listener, address(c), sizeof c->address));
	outcome(c, "listen", listen(listener, 1));
	outcome(c, "bind again", bind(fd, address(c), sizeof c->address));
	outcome(c, "listen to datagrams", listen(fd, 1));
	outcome(c, "accept datagrams", accept(fd, NULL, NULL));
	good(c, "getsockopt", getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length));
	fprintf(c->log, "type of datagrams: %d\n", type == SOCK_DGRAM);
	polled(c, "fresh", fd, ALL_EVENTS, 0);
	outcome(c, "nothing there", recv(fd, &byte, 1, MSG_DONTWAIT));
	outcome(c, "shutdown", shutdown(fd, SHUT_RDWR));
	polled(c, "shut", fd, ALL_EVENTS, 0);
	good(c, "close", close(listener));
	good(c, "close", close(fd));
	c->meet(c);
}

static void
mistakes_client(struct body_context *c)
{
	int fd = new_datagrams(c);
	uint8_t *buffer = ns_alloc(LONGEST + 1);
	struct sockaddr_in nowhere = c->address;
	struct timeval soon = {0, 20000};
	char byte;

	nowhere.sin_port = 0;
	outcome(c, "too long", sendto(fd, buffer, LONGEST + 1, 0, address(c), sizeof c->address));
	outcome(c, "to nobody", send(fd, "x", 1, 0));
	outcome(c, "to no port", sendto(fd, "x", 1, 0, (struct sockaddr *)&nowhere, sizeof nowhere));
	outcome(c, "short address", sendto(fd, "x", 1, 0, address(c), 4));
	nowhere.sin_family = AF_INET6;
	outcome(c, "protocol", socket(AF_INET, SOCK_DGRAM, IPPROTO_TCP));
	good(c, "setsockopt", setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon));
	outcome(c, "time-out", recv(fd, &byte, 1, 0));
	outcome(c, "connect", connect(fd, address(c), sizeof c->address));
	outcome(c, "shutdown", shutdown(fd, SHUT_WR));
	outcome(c, "send", send(fd, "x", 1, MSG_NOSIGNAL));
	outcome(c, "shutdown", shutdown(fd, SHUT_RD));
	outcome(c, "recv", recv(fd, &byte, 1, 0));
	polled(c, "shut", fd, ALL_EVENTS, 0);
	ns_free(buffer);
	good(c, "close", close(fd));
	c->meet(c);
}

const struct body TABLE(datagram)[] = {{"datagrams of all sizes", echo_server, echo_client},
                                       {"datagrams cut and looked at", cut_server, cut_client},
                                       {"datagrams of peers and strangers", peers_server, peers_client},
                                       {"datagrams refused", refused_server, refused_client},
                                       {"mistakes with datagrams", mistakes_server, mistakes_client},
                                       {NULL, NULL, NULL}};
