/* Datagrams: which way they go, and what happens when the peer does not listen, changes, or talks nonsense. */
#include "sockets/network.h"
#include "tests/sockets/cast.h"

#include <check.h>
#include <errno.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#define PINGS    40u
#define BYTES    64u
#define OPENING  (1 * SIM_MS)
#define PATIENCE 20000 /* us */

static struct sock_counts
counts(void)
{
	return sock_counts(task_process(task_self())->host->machine);
}

static int
datagrams_on(unsigned node, uint16_t port)
{
	struct sockaddr_in here = address_of(node, port);
	struct timeval patience = {0, PATIENCE};
	int fd = ns_socket(AF_INET, SOCK_DGRAM, 0);

	ck_assert_int_eq(ns_bind(fd, (struct sockaddr *)&here, sizeof here), 0);
	ck_assert_int_eq(ns_setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
	return fd;
}

static ssize_t
send_to(int fd, unsigned node, uint16_t port, const void *data, size_t bytes)
{
	struct sockaddr_in there = address_of(node, port);

	return ns_sendto(fd, data, bytes, 0, (struct sockaddr *)&there, sizeof there);
}

/* ping: a round trip with `node`; false if no answer comes. */
static bool
ping(int fd, unsigned node, uint8_t number)
{
	uint8_t data[BYTES];
	ssize_t n;

	memset(data, number, sizeof data);
	ck_assert_int_eq(send_to(fd, node, CAST_PORT, data, sizeof data), BYTES);
	do
		n = ns_recv(fd, data, sizeof data, 0);
	while (n == BYTES && data[0] != number); /* the answer to an earlier one */
	ck_assert(n == BYTES || (n < 0 && errno == EAGAIN));
	return n == BYTES;
}

/* echo: so many datagrams, or until nobody asks. */
static void
echo(int fd, unsigned n)
{
	uint8_t data[BYTES];
	struct sockaddr_in from;

	for (unsigned i = 0; i < n; i++) {
		socklen_t length = sizeof from;
		ssize_t bytes = ns_recvfrom(fd, data, sizeof data, 0, (struct sockaddr *)&from, &length);

		if (bytes < 0)
			return;
		ns_sendto(fd, data, (size_t)bytes, 0, (struct sockaddr *)&from, length);
	}
}

static void
echo_server(void *arg)
{
	unsigned node = *(unsigned *)arg;
	int fd = datagrams_on(node, CAST_PORT);

	echo(fd, PINGS);
	ns_close(fd);
}

/* The first one leaves before the peer's endpoint is known. */
static void
fast_client(void *arg)
{
	int fd = datagrams_on(0, CAST_PORT + 1);
	sim_time began, first;

	(void)arg;
	pause_for(OPENING);
	began = sim_now();
	ck_assert(ping(fd, 1, 1));
	first = sim_now() - began;
	for (uint8_t i = 2; i < PINGS; i++)
		ck_assert(ping(fd, 1, i));
	began = sim_now();
	ck_assert(ping(fd, 1, PINGS));
	printf("round trip of %u B: the first %.0f us, the last %.1f us; %llu of %llu by Active Messages\n", BYTES,
	       sim_to_us(first), sim_to_us(sim_now() - began), (unsigned long long)counts().fast_datagrams,
	       (unsigned long long)counts().datagrams);
	ck_assert_uint_lt(2 * (sim_now() - began), first);
	ck_assert_uint_eq(counts().datagrams, 2 * PINGS);
	ck_assert_uint_ge(counts().fast_datagrams, 2 * PINGS - 4);
	ns_close(fd);
}

START_TEST(the_fast_way_is_found)
{
	unsigned there = 1;
	const struct role roles[] = {{1, echo_server, &there}, {0, fast_client, NULL}};

	play_cast("myrinet-ultra", FIRMWARE_AM, SOCK_AUTOMATIC, roles, 2);
}
END_TEST

/* Nodes without a NIC, and of another site. */
static void
slow_client(void *arg)
{
	unsigned there = *(unsigned *)arg;
	int fd = datagrams_on(0, CAST_PORT + 1);
	struct timeval patience = {1, 0};

	ns_setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	pause_for(OPENING);
	for (uint8_t i = 0; i < 3; i++)
		ck_assert(ping(fd, there, i));
	ck_assert_uint_eq(counts().fast_datagrams, 0);
	ns_close(fd);
}

static void
patient_server(void *arg)
{
	unsigned node = *(unsigned *)arg;
	int fd = datagrams_on(node, CAST_PORT);
	struct timeval patience = {1, 0};

	ns_setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	echo(fd, 3);
	ns_close(fd);
}

START_TEST(there_is_no_fast_way)
{
	unsigned there = _i ? 3 : 2;
	const struct role roles[] = {{there, patient_server, &there}, {0, slow_client, &there}};

	play_cast("ultra-two-sites", FIRMWARE_AM, SOCK_AUTOMATIC, roles, 2);
}
END_TEST

/* Who does not listen does not stop the sender: what finds no room is lost, as with UDP. */

enum { FLOOD = 300, LONG = 4000 };

static void
flooding_client(void *arg)
{
	static const uint8_t data[LONG];
	int fd = datagrams_on(0, CAST_PORT + 1);
	sim_time began;

	(void)arg;
	pause_for(OPENING);
	ck_assert(ping(fd, 1, 1));
	ck_assert(ping(fd, 1, 2));
	began = sim_now();
	for (unsigned i = 0; i < FLOOD; i++)
		ck_assert_int_eq(send_to(fd, 1, CAST_PORT, data, LONG), LONG);
	ck_assert_uint_lt(sim_now() - began, SIM_S);
	ns_close(fd);
}

static void
busy_server(void *arg)
{
	static uint8_t data[LONG];
	int fd = datagrams_on(1, CAST_PORT);
	unsigned n = 0;

	(void)arg;
	echo(fd, 2);
	pause_for(2 * SIM_S);
	while (ns_recv(fd, data, LONG, MSG_DONTWAIT) == LONG)
		n++;
	printf("%u of %u came\n", n, FLOOD);
	ck_assert_uint_gt(n, 0);
	ck_assert_uint_lt(n, FLOOD);
	ns_close(fd);
}

START_TEST(who_does_not_listen_loses_datagrams)
{
	const struct role roles[] = {{1, busy_server, NULL}, {0, flooding_client, NULL}};

	play_cast("myrinet-ultra", FIRMWARE_AM, SOCK_AUTOMATIC, roles, 2);
}
END_TEST

/* Another process takes the port over: its endpoint is another. */

static void
successor(void *arg)
{
	int fd;

	(void)arg;
	pause_for(100 * SIM_MS);
	fd = datagrams_on(1, CAST_PORT);
	echo(fd, PINGS);
	ns_close(fd);
}

static void
predecessor(void *arg)
{
	int fd = datagrams_on(1, CAST_PORT);

	(void)arg;
	echo(fd, 10);
	ns_close(fd);
}

static void
faithful_client(void *arg)
{
	int fd = datagrams_on(0, CAST_PORT + 1);
	unsigned tries = 0;

	(void)arg;
	pause_for(OPENING);
	for (uint8_t i = 0; i < 10; i++)
		ck_assert(ping(fd, 1, i));
	pause_for(50 * SIM_MS);
	while (!ping(fd, 1, (uint8_t)(100 + tries)))
		ck_assert_uint_lt(++tries, 20);
	for (uint8_t i = 10; i < 20; i++)
		ck_assert(ping(fd, 1, i));
	ns_close(fd);
}

START_TEST(a_port_gets_another_owner)
{
	const struct role roles[] = {{1, predecessor, NULL}, {1, successor, NULL}, {0, faithful_client, NULL}};

	play_cast("myrinet-ultra", FIRMWARE_AM, SOCK_AUTOMATIC, roles, 3);
}
END_TEST

/* A port that closes harms no connection between the same processes, and its place can be taken by another process'. */

static void
closing_server(void *arg)
{
	int listener = listening_on(CAST_PORT), fd = datagrams_on(1, CAST_PORT), connection;

	(void)arg;
	connection = ns_accept(listener, NULL, NULL);
	echo(fd, 5);
	ns_close(fd);
	serve(connection);
	serve(connection);
	ns_close(connection);
}

static void
client_of_a_closed_port(void *arg)
{
	int fd = datagrams_on(0, CAST_PORT + 1), connection;

	(void)arg;
	pause_for(OPENING);
	connection = connected_to(1, CAST_PORT);
	for (uint8_t i = 0; i < 5; i++)
		ck_assert(ping(fd, 1, i));
	ask(connection, 1);
	for (uint8_t i = 5; i < 8; i++)
		ck_assert(!ping(fd, 1, i));
	ask(connection, 2);
	ns_close(connection);
	ns_close(fd);
}

START_TEST(a_closed_port_harms_no_connection)
{
	const struct role roles[] = {{1, closing_server, NULL}, {0, client_of_a_closed_port, NULL}};

	play_cast("myrinet-ultra", FIRMWARE_AM, SOCK_AUTOMATIC, roles, 2);
}
END_TEST

/* Nonsense on the shadow port. */

static void
babbling_client(void *arg)
{
	static const uint32_t words[] = {0x4E534447u, 7, 1, 5001, CAST_PORT, 0, 1};
	int fd = datagrams_on(0, CAST_PORT + 1), shout = datagrams_on(0, CAST_PORT + 2);
	uint32_t wrong[G_N_ELEMENTS(words)];

	(void)arg;
	pause_for(OPENING);
	for (unsigned i = 0; i < G_N_ELEMENTS(words); i++)
		wrong[i] = htonl(words[i]);
	for (unsigned length = 0; length <= sizeof wrong; length++)
		send_to(shout, 1, shadow_port(CAST_PORT), wrong, length);
	for (uint8_t i = 0; i < PINGS; i++)
		ck_assert(ping(fd, 1, i));
	ck_assert_uint_gt(counts().fast_datagrams, PINGS);
	ns_close(shout);
	ns_close(fd);
}

START_TEST(nonsense_is_not_heard)
{
	unsigned there = 1;
	const struct role roles[] = {{1, echo_server, &there}, {0, babbling_client, NULL}};

	play_cast("myrinet-ultra", FIRMWARE_AM, SOCK_AUTOMATIC, roles, 2);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("datagrams");
	TCase *t = tcase_create("datagrams");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_test(t, the_fast_way_is_found);
	tcase_add_loop_test(t, there_is_no_fast_way, 0, 2);
	tcase_add_test(t, who_does_not_listen_loses_datagrams);
	tcase_add_test(t, a_port_gets_another_owner);
	tcase_add_test(t, a_closed_port_harms_no_connection);
	tcase_add_test(t, nonsense_is_not_heard);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
