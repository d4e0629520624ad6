/* Set-ups that go wrong: guests who greet wrongly, or not, or die; servers who answer wrongly, or not; ports that
 * collide. Whatever one says, others are served, and errors are those of the application's own port. */
#include "host-lib/am.h"
#include "sockets/greeting.h"
#include "tests/sockets/cast.h"

#include <check.h>
#include <errno.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#define PLATFORM "myrinet-ultra"
/* Until servers listen: they open their NICs first. */
#define OPENING (50 * SIM_MS)
/* Longer than a guest, or an answer, may take (GUEST_PATIENCE, ANSWER_PATIENCE). */
#define PATIENCE (6 * SIM_S)
/* BREAK_GRACE, and what the connection itself takes. */
#define GRACE (300 * SIM_MS)

/* A greeting that is in order, and of nobody. */
static void
make_greeting(uint8_t bytes[GREETING_BYTES], enum greeting_kind kind, uint16_t port, unsigned node)
{
	struct greeting_message m = {.kind = kind, .port = port, .content = {{node, 3, 77, 1, 65536, UINT32_MAX}}};

	greeting_encode(&m, &network_am, bytes);
}

static void
send_whole(int fd, const uint8_t *bytes, size_t length)
{
	ck_assert_int_eq(ns_send(fd, bytes, length, MSG_NOSIGNAL), (ssize_t)length);
}

static int
plain_connection(uint16_t port)
{
	struct sockaddr_in there = address_of(0, port);
	int fd = ns_socket(AF_INET, SOCK_STREAM, 0);

	want_protocol(fd, SOCK_TCP);
	ck_assert_int_eq(ns_connect(fd, (struct sockaddr *)&there, sizeof there), 0);
	return fd;
}

/* Guests. -----------------------------------------------------------------------------------------------------------
 */

/* expect_refusal: in order, so that it can be read. */
static void
expect_refusal(int fd)
{
	uint8_t bytes[GREETING_BYTES];
	struct greeting_message m;

	ck_assert_int_eq(ns_recv(fd, bytes, sizeof bytes, MSG_WAITALL), GREETING_BYTES);
	ck_assert(greeting_decode(&m, &network_am, bytes));
	ck_assert_int_eq(m.kind, GREETING_REFUSED);
	ck_assert_int_eq(ns_recv(fd, bytes, 1, 0), 0);
}

static void
garbage(int fd)
{
	uint8_t bytes[GREETING_BYTES];

	memset(bytes, 'x', sizeof bytes);
	send_whole(fd, bytes, sizeof bytes);
	expect_refusal(fd);
}

static void
spoil(int fd, unsigned word, uint8_t value)
{
	uint8_t bytes[GREETING_BYTES];

	make_greeting(bytes, GREETING_ASKS, CAST_PORT, 1);
	bytes[4 * word + 3] = value;
	send_whole(fd, bytes, sizeof bytes);
	expect_refusal(fd);
}

static void
wrong_version(int fd)
{
	spoil(fd, 1, GREETING_VERSION + 1);
}

static void
wrong_network(int fd)
{
	spoil(fd, 2, (uint8_t)network_vmmc.number);
}

static void
wrong_kind(int fd)
{
	spoil(fd, 3, GREETING_WELCOME);
}

static void
wrong_port(int fd)
{
	spoil(fd, 4, (uint8_t)(CAST_PORT + 1));
}

static void
wrong_node(int fd)
{
	spoil(fd, 8, 0);
}

static void
half(int fd)
{
	uint8_t bytes[GREETING_BYTES];

	make_greeting(bytes, GREETING_ASKS, CAST_PORT, 1);
	send_whole(fd, bytes, GREETING_BYTES / 2);
}

static void
nothing(int fd)
{
	sim_time start = sim_now();
	uint8_t byte;

	ck_assert_int_eq(ns_recv(fd, &byte, 1, 0), -1);
	ck_assert_int_eq(errno, ECONNRESET);
	ck_assert_uint_le(sim_now() - start, PATIENCE);
}

/* Byte by byte, and then one more greeting, which nobody reads. */
static void
slow_and_too_much(int fd)
{
	uint8_t bytes[GREETING_BYTES];

	make_greeting(bytes, GREETING_ASKS, CAST_PORT + 1, 1);
	for (unsigned i = 0; i < GREETING_BYTES; i++) {
		send_whole(fd, bytes + i, 1);
		pause_for(SIM_MS);
	}
	expect_refusal(fd);
	ns_send(fd, bytes, sizeof bytes, MSG_NOSIGNAL);
}

static void (*const guests[])(int fd) = {garbage,    wrong_version, wrong_network, wrong_kind,       wrong_port,
                                         wrong_node, half,          nothing,       slow_and_too_much};

static void
serve_one(void *arg)
{
	int listener = listening_on(CAST_PORT), fd = ns_accept(listener, NULL, NULL);

	(void)arg;
	ck_assert_int_eq(protocol_of(fd), SOCK_FAST);
	serve(fd);
	ns_close(fd);
	ns_close(listener);
}

static void
bad_guest(void *arg)
{
	void (*const *behave)(int fd) = arg;
	int fd;

	pause_for(OPENING);
	fd = plain_connection(shadow_port(CAST_PORT));
	(*behave)(fd);
	ns_close(fd);
	fd = connected_to(0, CAST_PORT);
	ck_assert_int_eq(protocol_of(fd), SOCK_FAST);
	ask(fd, 1);
	ns_close(fd);
}

START_TEST(bad_guests)
{
	void (*behave)(int fd) = guests[_i];
	const struct role roles[] = {{0, serve_one, NULL}, {1, bad_guest, &behave}};

	play_cast(PLATFORM, FIRMWARE_AM, SOCK_AUTOMATIC, roles, G_N_ELEMENTS(roles));
}
END_TEST

/* A guest that is welcome, and dies: who accepted it learns that, and nobody else suffers. */

enum { DIES_IN_ORDER, DIES_BY_RESET, DEATHS };

static void
serve_dead_and_living(void *arg)
{
	int listener = listening_on(CAST_PORT), dead = ns_accept(listener, NULL, NULL), living;
	sim_time start = sim_now();
	uint8_t byte;

	(void)arg;
	ck_assert_int_eq(protocol_of(dead), SOCK_FAST);
	ck_assert_int_eq(ns_recv(dead, &byte, 1, 0), -1);
	ck_assert_int_eq(errno, ECONNRESET);
	ck_assert_uint_le(sim_now() - start, GRACE);
	ck_assert_int_eq(ns_recv(dead, &byte, 1, 0), 0);
	ck_assert_int_eq(ns_send(dead, &byte, 1, MSG_NOSIGNAL), -1);
	ck_assert_int_eq(errno, EPIPE);
	living = ns_accept(listener, NULL, NULL);
	serve(living);
	ns_close(living);
	ns_close(dead);
	ns_close(listener);
}

static void
dying_guest(void *arg)
{
	const int *death = arg;
	const struct linger at_once = {1, 0};
	uint8_t bytes[GREETING_BYTES];
	struct greeting_message m;
	int fd;

	pause_for(OPENING);
	fd = plain_connection(shadow_port(CAST_PORT));
	make_greeting(bytes, GREETING_ASKS, CAST_PORT, 1);
	send_whole(fd, bytes, sizeof bytes);
	ck_assert_int_eq(ns_recv(fd, bytes, sizeof bytes, MSG_WAITALL), GREETING_BYTES);
	ck_assert(greeting_decode(&m, &network_am, bytes) && m.kind == GREETING_WELCOME);
	if (*death == DIES_BY_RESET)
		ck_assert_int_eq(ns_setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
	ns_close(fd);
	fd = connected_to(0, CAST_PORT);
	ask(fd, 1);
	ns_close(fd);
}

START_TEST(dying_guests)
{
	int death = _i;
	const struct role roles[] = {{0, serve_dead_and_living, NULL}, {1, dying_guest, &death}};

	play_cast(PLATFORM, FIRMWARE_AM, SOCK_AUTOMATIC, roles, G_N_ELEMENTS(roles));
}
END_TEST

/* More who say nothing than there is room for: others come by TCP meanwhile, and by the fast network later. */

enum { MUTE = 40 };

static void
serve_two(void *arg)
{
	int listener = listening_on(CAST_PORT);

	(void)arg;
	for (unsigned i = 0; i < 2; i++) {
		int fd = ns_accept(listener, NULL, NULL);

		ck_assert_int_eq(protocol_of(fd), i == 0 ? SOCK_TCP : SOCK_FAST);
		serve(fd);
		ns_close(fd);
	}
	ns_close(listener);
}

static void
many_guests(void *arg)
{
	int mute[MUTE], fd;

	(void)arg;
	pause_for(OPENING);
	for (unsigned i = 0; i < MUTE; i++)
		mute[i] = plain_connection(shadow_port(CAST_PORT));
	for (unsigned i = 0; i < 2; i++) {
		fd = connected_to(0, CAST_PORT);
		ask(fd, 1);
		ns_close(fd);
		pause_for(PATIENCE);
	}
	for (unsigned i = 0; i < MUTE; i++)
		ns_close(mute[i]);
}

START_TEST(mute_guests)
{
	const struct role roles[] = {{0, serve_two, NULL}, {1, many_guests, NULL}};

	play_cast(PLATFORM, FIRMWARE_AM, SOCK_AUTOMATIC, roles, G_N_ELEMENTS(roles));
}
END_TEST

/* A listener that closes while guests wait, and while one is being heard. */

static void
short_server(void *arg)
{
	int listener = listening_on(CAST_PORT);

	(void)arg;
	pause_for(2 * OPENING);
	ns_close(listener);
}

static void
late_guests(void *arg)
{
	int mute, fd;

	(void)arg;
	pause_for(OPENING);
	mute = plain_connection(shadow_port(CAST_PORT));
	half(mute);
	pause_for(3 * OPENING);
	ck_assert_int_eq(try_connect(0, CAST_PORT, &fd), ECONNREFUSED);
	ns_close(mute);
}

START_TEST(listener_closes)
{
	const struct role roles[] = {{0, short_server, NULL}, {1, late_guests, NULL}};

	play_cast(PLATFORM, FIRMWARE_AM, SOCK_AUTOMATIC, roles, G_N_ELEMENTS(roles));
}
END_TEST

/* Hosts. ------------------------------------------------------------------------------------------------------------
 */

static void
answer_garbage(int fd)
{
	uint8_t bytes[GREETING_BYTES];

	memset(bytes, 'x', sizeof bytes);
	send_whole(fd, bytes, sizeof bytes);
}

static void
answer_wrong_version(int fd)
{
	uint8_t bytes[GREETING_BYTES];

	make_greeting(bytes, GREETING_WELCOME, CAST_PORT, 0);
	bytes[7]++;
	send_whole(fd, bytes, sizeof bytes);
}

static void
answer_wrong_node(int fd)
{
	uint8_t bytes[GREETING_BYTES];

	make_greeting(bytes, GREETING_WELCOME, CAST_PORT, 1);
	send_whole(fd, bytes, sizeof bytes);
}

static void
answer_half(int fd)
{
	uint8_t bytes[GREETING_BYTES];

	make_greeting(bytes, GREETING_WELCOME, CAST_PORT, 0);
	send_whole(fd, bytes, GREETING_BYTES / 2);
}

static void
answer_wait_and_die(int fd)
{
	uint8_t bytes[GREETING_BYTES];

	make_greeting(bytes, GREETING_WAIT, CAST_PORT, 0);
	send_whole(fd, bytes, sizeof bytes);
	pause_for(OPENING);
}

static void
answer_reset(int fd)
{
	const struct linger at_once = {1, 0};

	ck_assert_int_eq(ns_setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
}

static void
answer_nothing(int fd)
{
	(void)fd;
	pause_for(2 * PATIENCE);
}

static void (*const hosts[])(int fd) = {answer_garbage,      answer_wrong_version, answer_wrong_node, answer_half,
                                        answer_wait_and_die, answer_reset,         answer_nothing};

static int
plain_listener(uint16_t port)
{
	struct sockaddr_in here = address_of(0, port);
	int fd = ns_socket(AF_INET, SOCK_STREAM, 0);

	want_protocol(fd, SOCK_TCP);
	ck_assert_int_eq(ns_bind(fd, (struct sockaddr *)&here, sizeof here), 0);
	ck_assert_int_eq(ns_listen(fd, 5), 0);
	return fd;
}

static void
bad_host(void *arg)
{
	void (*const *behave)(int fd) = arg;
	int listener = plain_listener(shadow_port(CAST_PORT)), fd = ns_accept(listener, NULL, NULL);

	(*behave)(fd);
	ns_close(fd);
	ns_close(listener);
}

static void
tcp_server(void *arg)
{
	int listener = plain_listener(CAST_PORT), fd = ns_accept(listener, NULL, NULL);

	(void)arg;
	serve(fd);
	ns_close(fd);
	ns_close(listener);
}

static void
served_client(void *arg)
{
	int fd;

	(void)arg;
	pause_for(OPENING);
	fd = connected_to(0, CAST_PORT);
	ck_assert_int_eq(protocol_of(fd), SOCK_TCP);
	ask(fd, 1);
	ns_close(fd);
}

static void
refused_client(void *arg)
{
	int fd;

	(void)arg;
	pause_for(OPENING);
	ck_assert_int_eq(try_connect(0, CAST_PORT, &fd), ECONNREFUSED);
}

START_TEST(bad_hosts)
{
	void (*behave)(int fd) = hosts[_i];
	const struct role roles[] = {{0, bad_host, &behave}, {0, tcp_server, NULL}, {1, served_client, NULL}};

	play_cast(PLATFORM, FIRMWARE_AM, SOCK_AUTOMATIC, roles, G_N_ELEMENTS(roles));
}
END_TEST

START_TEST(bad_hosts_alone)
{
	void (*behave)(int fd) = hosts[_i];
	const struct role roles[] = {{0, bad_host, &behave}, {1, refused_client, NULL}};

	play_cast(PLATFORM, FIRMWARE_AM, SOCK_AUTOMATIC, roles, G_N_ELEMENTS(roles));
}
END_TEST

/* Ports. ------------------------------------------------------------------------------------------------------------
 */

static int
try_listen(uint16_t port)
{
	struct sockaddr_in here = address_of(0, port);
	int fd = ns_socket(AF_INET, SOCK_STREAM, 0);

	return ns_bind(fd, (struct sockaddr *)&here, sizeof here) || ns_listen(fd, 1) ? errno : 0;
}

/* A shadow port is one for all applications' ports that have it; else it is as taken as any. */
static void
port_server(void *arg)
{
	static const uint16_t twin = CAST_PORT + (UINT16_MAX - SHADOW_FIRST + 1);
	int first = listening_on(CAST_PORT), second = listening_on(twin), fd;

	(void)arg;
	ck_assert_uint_eq(shadow_port(CAST_PORT), shadow_port(twin));
	ck_assert_int_eq(try_listen(shadow_port(CAST_PORT)), EADDRINUSE);
	ck_assert_int_eq(try_listen(shadow_port(CAST_PORT + 1)), 0);
	ck_assert_int_eq(try_listen(CAST_PORT + 1), EADDRINUSE);
	fd = ns_accept(second, NULL, NULL);
	ck_assert_int_eq(protocol_of(fd), SOCK_FAST);
	serve(fd);
	ns_close(fd);
	ns_close(second);
	fd = ns_accept(first, NULL, NULL);
	ck_assert_int_eq(protocol_of(fd), SOCK_FAST);
	serve(fd);
	ns_close(fd);
	ns_close(first);
	pause_for(SIM_MS);
	ck_assert_int_eq(try_listen(shadow_port(CAST_PORT)), 0);
}

static void
port_client(void *arg)
{
	static const uint16_t ports[] = {CAST_PORT + (UINT16_MAX - SHADOW_FIRST + 1), CAST_PORT};

	(void)arg;
	pause_for(OPENING);
	for (unsigned i = 0; i < G_N_ELEMENTS(ports); i++) {
		int fd = connected_to(0, ports[i]);

		ask(fd, 1);
		ns_close(fd);
	}
}

START_TEST(ports)
{
	const struct role roles[] = {{0, port_server, NULL}, {1, port_client, NULL}};

	play_cast(PLATFORM, FIRMWARE_AM, SOCK_AUTOMATIC, roles, G_N_ELEMENTS(roles));
	for (unsigned port = 1; port <= UINT16_MAX; port++)
		ck_assert(shadow_port((uint16_t)port) != port && shadow_port((uint16_t)port) >= SHADOW_FIRST);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("set-up");
	TCase *cases = tcase_create("set-up");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(cases, 60);
	tcase_add_loop_test(cases, bad_guests, 0, G_N_ELEMENTS(guests));
	tcase_add_loop_test(cases, dying_guests, 0, DEATHS);
	tcase_add_test(cases, mute_guests);
	tcase_add_test(cases, listener_closes);
	tcase_add_loop_test(cases, bad_hosts, 0, G_N_ELEMENTS(hosts));
	tcase_add_loop_test(cases, bad_hosts_alone, 0, G_N_ELEMENTS(hosts));
	tcase_add_test(cases, ports);
	suite_add_tcase(suite, cases);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
