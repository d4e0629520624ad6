/* UDP: datagrams stay whole, are cut and joined by IP, overflow a queue, are refused, and are dropped when damaged. */
#include "tests/sockets/tcp_rig.h"

#include <check.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#define PORT  53
#define LIMIT (100 * SIM_S)

static struct rig *rig;
static struct task *waiter;

static void
wake(void *arg)
{
	(void)arg;
	if (waiter)
		cpu_poke(waiter);
}

static struct udp *
open_at(unsigned host, uint16_t port, uint32_t buffer)
{
	struct udp *u = udp_open(rig->kernels[host], port, buffer, wake, NULL);

	ck_assert_ptr_nonnull(u);
	ck_assert(udp_port_used(rig->kernels[host], port));
	ck_assert_ptr_null(udp_open(rig->kernels[host], port, buffer, NULL, NULL));
	return u;
}

static int64_t
next(const struct udp *u, struct udp_name *from)
{
	while (udp_next(u, from) < 0) {
		waiter = task_self();
		cpu_block("a datagram", SIM_NEVER);
	}
	return udp_next(u, from);
}

static void
run(enum rig_network network, void (*server)(void *arg), void (*client)(void *arg))
{
	rig = rig_new("myrinet-ultra", "", network);
	rig_program(rig, RIG_SERVER, server, NULL);
	rig_program(rig, RIG_CLIENT, client, NULL);
	rig_run(rig, LIMIT);
}

static const uint32_t sizes[] = {0, 1, 1471, 1472, 1473, 2960, 8404, 8405, 40000, UDP_MAX};

static void
echo_server(void *arg)
{
	struct udp *u = open_at(RIG_SERVER, PORT, RIG_BUFFER);
	uint8_t *data = g_malloc(UDP_MAX);
	struct udp_name from;

	(void)arg;
	for (unsigned i = 0; i < G_N_ELEMENTS(sizes); i++) {
		ck_assert_int_eq(next(u, &from), sizes[i]);
		ck_assert_uint_eq(from.node, RIG_CLIENT);
		udp_peek(u, data, UDP_MAX);
		udp_drop(u);
		ck_assert(rig_is_stream(data, 0, sizes[i]));
		udp_send(u, from, data, sizes[i]);
	}
	udp_close(u);
	ck_assert(!udp_port_used(rig->kernels[RIG_SERVER], PORT));
	g_free(data);
}

static void
echo_client(void *arg)
{
	struct udp *u = open_at(RIG_CLIENT, 1000, RIG_BUFFER);
	struct udp_name to = {RIG_SERVER, PORT};
	uint8_t *data = rig_stream(UDP_MAX), *back = g_malloc(UDP_MAX);

	(void)arg;
	rig_pause(SIM_MS);
	for (unsigned i = 0; i < G_N_ELEMENTS(sizes); i++) {
		udp_send(u, to, data, sizes[i]);
		while (udp_next(u, NULL) < 0)
			rig_pause(SIM_MS);
		ck_assert_int_eq(udp_next(u, NULL), sizes[i]);
		memset(back, 0, UDP_MAX);
		udp_peek(u, back, UDP_MAX);
		ck_assert_mem_eq(back, data, sizes[i]);
		udp_drop(u);
		ck_assert_int_eq(udp_next(u, NULL), -1);
	}
	udp_close(u);
	g_free(data);
	g_free(back);
}

START_TEST(echo)
{
	run(_i, echo_server, echo_client);
}
END_TEST

/* The queue holds four of these, headers included. */
static void
flooded_server(void *arg)
{
	struct udp *u = open_at(RIG_SERVER, PORT, 4 * (100 + UDP_HEADER_BYTES));

	(void)arg;
	rig_pause(50 * SIM_MS);
	for (unsigned i = 0; i < 4; i++) {
		uint8_t number;

		ck_assert_int_eq(udp_next(u, NULL), 100);
		udp_peek(u, &number, 1);
		ck_assert_uint_eq(number, i);
		udp_drop(u);
	}
	ck_assert_int_eq(udp_next(u, NULL), -1);
	ck_assert_uint_eq(udp_counts(rig->kernels[RIG_SERVER]).overflowed, 6);
	udp_close(u);
}

static void
flooding_client(void *arg)
{
	struct udp *u = open_at(RIG_CLIENT, 1000, RIG_BUFFER);
	uint8_t data[100] = {0};

	(void)arg;
	rig_pause(SIM_MS);
	for (data[0] = 0; data[0] < 10; data[0]++)
		udp_send(u, (struct udp_name){RIG_SERVER, PORT}, data, sizeof data);
	udp_close(u);
}

START_TEST(overflow)
{
	run(RIG_ETHERNET, flooded_server, flooding_client);
}
END_TEST

/* Only a connected port learns of refusals, and only of its peer's. */
static void
refused_client(void *arg)
{
	struct udp *connected = open_at(RIG_CLIENT, 1000, RIG_BUFFER), *other = open_at(RIG_CLIENT, 1001, RIG_BUFFER);
	const struct udp_name peer = {RIG_SERVER, PORT};

	(void)arg;
	udp_connect(connected, &peer);
	udp_send(connected, peer, (const uint8_t *)"?", 1);
	udp_send(other, peer, (const uint8_t *)"?", 1);
	rig_pause(10 * SIM_MS);
	ck_assert_int_eq(udp_error(connected), ECONNREFUSED);
	ck_assert_int_eq(udp_error(connected), 0);
	ck_assert_int_eq(udp_error(other), 0);
	ck_assert_uint_eq(udp_counts(rig->kernels[RIG_SERVER]).refused, 2);
	udp_send(connected, (struct udp_name){RIG_SERVER, PORT + 1}, (const uint8_t *)"?", 1);
	rig_pause(10 * SIM_MS);
	ck_assert_int_eq(udp_error(connected), 0);
	udp_close(connected);
	udp_close(other);
}

static void
nothing(void *arg)
{
	(void)arg;
}

START_TEST(refusal)
{
	run(RIG_ETHERNET, nothing, refused_client);
}
END_TEST

/* A connected port takes its peer's datagrams only. */
static void
choosy_server(void *arg)
{
	struct udp *u = open_at(RIG_SERVER, PORT, RIG_BUFFER);
	const struct udp_name peer = {RIG_CLIENT, 1001};
	struct udp_name from;

	(void)arg;
	udp_connect(u, &peer);
	ck_assert_int_eq(next(u, &from), 2);
	ck_assert_uint_eq(from.port, 1001);
	udp_drop(u);
	ck_assert_int_eq(udp_next(u, NULL), -1);
	udp_close(u);
}

static void
two_ports_client(void *arg)
{
	struct udp *a = open_at(RIG_CLIENT, 1000, RIG_BUFFER), *b = open_at(RIG_CLIENT, 1001, RIG_BUFFER);
	const struct udp_name peer = {RIG_SERVER, PORT};

	(void)arg;
	rig_pause(SIM_MS);
	udp_send(a, peer, (const uint8_t *)"?", 1);
	udp_send(b, peer, (const uint8_t *)"!!", 2);
	udp_close(a);
	udp_close(b);
}

START_TEST(choice)
{
	run(RIG_ETHERNET, choosy_server, two_ports_client);
}
END_TEST

/* Of two datagrams in pieces the first loses a piece, the second has one damaged; a third one comes whole, each piece
 * of it twice. */
static unsigned
meddle(void *arg, struct ip_packet *p)
{
	unsigned *piece = arg;

	switch ((*piece)++) {
	case 1:
		return 0;
	case 4:
		p->data[700] ^= 1;
		return 1;
	default:
		return *piece > 6 ? 2 : 1;
	}
}

static void
lucky_server(void *arg)
{
	struct udp *u = open_at(RIG_SERVER, PORT, RIG_BUFFER);
	uint8_t *data = g_malloc(4000);

	(void)arg;
	ck_assert_int_eq(next(u, NULL), 4000);
	udp_peek(u, data, 4000);
	ck_assert(rig_is_stream(data, 0, 4000));
	udp_drop(u);
	ck_assert_int_eq(udp_next(u, NULL), -1);
	ck_assert_uint_eq(udp_counts(rig->kernels[RIG_SERVER]).damaged, 1);
	ck_assert_uint_eq(udp_counts(rig->kernels[RIG_SERVER]).received, 1);
	udp_close(u);
	g_free(data);
}

static void
meddled_client(void *arg)
{
	struct udp *u = open_at(RIG_CLIENT, 1000, RIG_BUFFER);
	uint8_t *data = rig_stream(4000);
	unsigned piece = 0;

	(void)arg;
	ip_disturb(rig->kernels[RIG_CLIENT], meddle, &piece);
	rig_pause(SIM_MS);
	for (unsigned i = 0; i < 3; i++)
		udp_send(u, (struct udp_name){RIG_SERVER, PORT}, data, 4000);
	ip_disturb(rig->kernels[RIG_CLIENT], NULL, NULL);
	udp_close(u);
	g_free(data);
}

START_TEST(pieces)
{
	run(RIG_ETHERNET, lucky_server, meddled_client);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("UDP");
	TCase *cases = tcase_create("UDP");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(cases, 60);
	tcase_add_loop_test(cases, echo, 0, RIG_NETWORKS);
	tcase_add_test(cases, overflow);
	tcase_add_test(cases, refusal);
	tcase_add_test(cases, choice);
	tcase_add_test(cases, pieces);
	suite_add_tcase(suite, cases);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
