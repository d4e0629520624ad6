/* Two sites, and a computer without a NIC: one client talks to all by the same calls, and one server serves all at
 * once, over the fast network where it reaches, by TCP elsewhere.
 *
 * ultra-two-sites: nodes 0, 1 (NIC) and 2 (none) in one site, 3 and 4 (NIC) in the other, 10 ms away. */
#include "tests/sockets/cast.h"

#include <check.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

/* Until all servers listen: they open their NICs first. */
#define OPENING (50 * SIM_MS)

enum { NODES = 5, BULK = 200000, PIECE = 8192 };
#define PLATFORM "ultra-two-sites"

static uint8_t
content(size_t i)
{
	return (uint8_t)(i * 11 + i / 257);
}

/* Clients send BULK bytes, and get them back; pieces of any length. */
static void
echo(int fd)
{
	uint8_t bytes[PIECE];
	ssize_t n;

	while ((n = ns_recv(fd, bytes, sizeof bytes, 0)) > 0)
		for (ssize_t done = 0; done < n;) {
			ssize_t sent = ns_send(fd, bytes + done, (size_t)(n - done), MSG_NOSIGNAL);

			ck_assert_int_gt(sent, 0);
			done += sent;
		}
	ck_assert_int_eq(n, 0);
}

static void
talk(int fd)
{
	uint8_t bytes[PIECE], back[PIECE];

	for (size_t done = 0; done < BULK; done += PIECE) {
		for (size_t i = 0; i < PIECE; i++)
			bytes[i] = content(done + i);
		ck_assert_int_eq(ns_send(fd, bytes, PIECE, MSG_NOSIGNAL), PIECE);
		ck_assert_int_eq(ns_recv(fd, back, PIECE, MSG_WAITALL), PIECE);
		ck_assert_int_eq(memcmp(bytes, back, PIECE), 0);
	}
}

/* One client, three servers. ----------------------------------------------------------------------------------------
 */

static const struct expected {
	unsigned node;
	bool fast;
} servers[] = {{0, true}, {3, false}, {2, false}};

static void
echo_server(void *arg)
{
	int listener = listening_on(CAST_PORT), fd = ns_accept(listener, NULL, NULL);

	(void)arg;
	ck_assert_int_ge(fd, 0);
	echo(fd);
	ns_close(fd);
}

static void
client_of_all(void *arg)
{
	const enum sock_protocol *fast = arg;
	int fds[G_N_ELEMENTS(servers)];

	pause_for(OPENING);
	for (unsigned i = 0; i < G_N_ELEMENTS(servers); i++) {
		fds[i] = connected_to(servers[i].node, CAST_PORT);
		ck_assert_int_eq(protocol_of(fds[i]), servers[i].fast ? *fast : SOCK_TCP);
	}
	for (unsigned i = 0; i < G_N_ELEMENTS(servers); i++)
		talk(fds[i]);
	for (unsigned i = 0; i < G_N_ELEMENTS(servers); i++)
		ck_assert_int_eq(ns_close(fds[i]), 0);
}

/* What is wished for, and what the fast network makes of it. */
static const struct {
	enum firmware firmware;
	enum sock_protocol wish, fast;
} kinds[] = {
        {FIRMWARE_AM, SOCK_AUTOMATIC, SOCK_FAST},          {FIRMWARE_AM, SOCK_FAST, SOCK_FAST},
        {FIRMWARE_AM, SOCK_FAST_SENDER, SOCK_FAST_SENDER}, {FIRMWARE_AM, SOCK_ZERO_COPY, SOCK_FAST},
        {FIRMWARE_VMMC, SOCK_AUTOMATIC, SOCK_AUTOMATIC},   {FIRMWARE_VMMC, SOCK_ONE_COPY, SOCK_ONE_COPY},
};

START_TEST(local_remote_and_plain)
{
	enum sock_protocol fast = kinds[_i].fast;
	const struct role roles[] = {
	        {0, echo_server, NULL}, {3, echo_server, NULL}, {2, echo_server, NULL}, {1, client_of_all, &fast}};

	play_cast(PLATFORM, kinds[_i].firmware, kinds[_i].wish, roles, G_N_ELEMENTS(roles));
}
END_TEST

/* One server, four clients: accept() returns whichever comes, poll() watches the listener and both kinds. -----------
 */

enum { CLIENTS = NODES - 1, QUESTIONS = 20 };

struct hall {
	enum sock_protocol fast;
	unsigned accepted, by_tcp, gone;
	struct pollfd fds[1 + CLIENTS];
};

static void
welcome(struct hall *h)
{
	struct sockaddr_in from;
	socklen_t length = sizeof from;
	int fd = ns_accept(h->fds[0].fd, (struct sockaddr *)&from, &length);
	unsigned node = ntohl(from.sin_addr.s_addr) - ntohl(address_of(0, 0).sin_addr.s_addr);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(protocol_of(fd), node == 1 ? h->fast : SOCK_TCP);
	h->by_tcp += protocol_of(fd) == SOCK_TCP;
	h->fds[1 + h->accepted++] = (struct pollfd){.fd = fd, .events = POLLIN};
}

static void
attend(struct hall *h, struct pollfd *p)
{
	uint8_t byte;
	ssize_t n = ns_recv(p->fd, &byte, 1, MSG_DONTWAIT);

	ck_assert_int_ge(n, 0);
	if (n > 0) {
		byte++;
		ck_assert_int_eq(ns_send(p->fd, &byte, 1, MSG_NOSIGNAL), 1);
		return;
	}
	ns_close(p->fd);
	p->fd = -1;
	h->gone++;
}

static void
hall_server(void *arg)
{
	struct hall *h = arg;

	h->fds[0] = (struct pollfd){.fd = listening_on(CAST_PORT), .events = POLLIN};
	while (h->gone < CLIENTS) {
		ck_assert_int_gt(ns_poll(h->fds, 1 + h->accepted, -1), 0);
		for (unsigned i = 1; i <= h->accepted; i++)
			if (h->fds[i].fd >= 0 && h->fds[i].revents)
				attend(h, &h->fds[i]);
		if (h->fds[0].revents)
			welcome(h);
	}
	ck_assert_int_eq(ns_close(h->fds[0].fd), 0);
}

static void
visitor(void *arg)
{
	int fd;

	(void)arg;
	pause_for(OPENING);
	fd = connected_to(0, CAST_PORT);
	for (uint8_t i = 0; i < QUESTIONS; i++)
		ask(fd, i);
	ck_assert_int_eq(ns_close(fd), 0);
}

START_TEST(server_of_both)
{
	struct hall hall = {.fast = kinds[_i].fast};
	const struct role roles[] = {{0, hall_server, &hall},
	                             {1, visitor, NULL},
	                             {2, visitor, NULL},
	                             {3, visitor, NULL},
	                             {4, visitor, NULL}};

	play_cast(PLATFORM, kinds[_i].firmware, kinds[_i].wish, roles, G_N_ELEMENTS(roles));
	ck_assert_uint_eq(hall.accepted, CLIENTS);
	ck_assert_uint_eq(hall.by_tcp, CLIENTS - 1);
}
END_TEST

/* Who wants TCP only gets it, and is asked for it. ------------------------------------------------------------------
 */

static void
tcp_server(void *arg)
{
	struct sockaddr_in here = address_of(0, CAST_PORT);
	int listener = ns_socket(AF_INET, SOCK_STREAM, 0), fd;

	(void)arg;
	want_protocol(listener, SOCK_TCP);
	ck_assert_int_eq(ns_bind(listener, (struct sockaddr *)&here, sizeof here), 0);
	ck_assert_int_eq(ns_listen(listener, 5), 0);
	fd = ns_accept(listener, NULL, NULL);
	ck_assert_int_eq(protocol_of(fd), SOCK_TCP);
	echo(fd);
	ns_close(fd);
}

static void
fast_client(void *arg)
{
	int fd;

	(void)arg;
	pause_for(OPENING);
	fd = connected_to(0, CAST_PORT);
	ck_assert_int_eq(protocol_of(fd), SOCK_TCP);
	talk(fd);
	ns_close(fd);
}

START_TEST(listener_of_tcp)
{
	const struct role roles[] = {{0, tcp_server, NULL}, {1, fast_client, NULL}};

	play_cast(PLATFORM, kinds[_i].firmware, kinds[_i].wish, roles, G_N_ELEMENTS(roles));
}
END_TEST

/* More processes than the NIC has endpoints for: those that come too late talk TCP. ---------------------------------
 */

enum { PROCESSES = 6, ENDPOINTS = 4 };

static void
server_of_one(void *arg)
{
	int listener = listening_on(*(const uint16_t *)arg), fd = ns_accept(listener, NULL, NULL);

	ck_assert_int_ge(fd, 0);
	serve(fd);
	ns_close(fd);
}

static void
client_of_many(void *arg)
{
	const uint16_t *ports = arg;
	unsigned by_tcp = 0;

	pause_for(OPENING);
	for (unsigned i = 0; i < PROCESSES; i++) {
		int fd = connected_to(0, ports[i]);

		by_tcp += protocol_of(fd) == SOCK_TCP;
		ask(fd, 1);
		ns_close(fd);
	}
	ck_assert_uint_eq(by_tcp, PROCESSES - ENDPOINTS);
}

START_TEST(too_many_processes)
{
	uint16_t ports[PROCESSES];
	struct role roles[PROCESSES + 1] = {{1, client_of_many, ports}};

	for (unsigned i = 0; i < PROCESSES; i++) {
		ports[i] = (uint16_t)(CAST_PORT + i);
		roles[1 + i] = (struct role){0, server_of_one, &ports[i]};
	}
	play_cast(PLATFORM, FIRMWARE_AM, SOCK_AUTOMATIC, roles, G_N_ELEMENTS(roles));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("sites");
	TCase *cases = tcase_create("sites");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(cases, 60);
	tcase_add_loop_test(cases, local_remote_and_plain, 0, G_N_ELEMENTS(kinds));
	tcase_add_loop_test(cases, server_of_both, 0, G_N_ELEMENTS(kinds));
	tcase_add_loop_test(cases, listener_of_tcp, 0, G_N_ELEMENTS(kinds));
	tcase_add_test(cases, too_many_processes);
	suite_add_tcase(suite, cases);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
