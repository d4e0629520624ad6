/* TCP as RFC 793 has it, seen by its users: opening, moving data, ending. */
#include "tests/sockets/tcp_rig.h"

#include <check.h>
#include <glib.h>
#include <stdlib.h>

#define PLATFORM "myrinet-ultra"
#define LIMIT    (300 * SIM_S)
#define BIG      (3 * 1000 * 1000 + 17)

static struct rig *rig;

static void
run(void (*server)(void *arg), void (*client)(void *arg))
{
	if (server)
		rig_program(rig, RIG_SERVER, server, NULL);
	rig_program(rig, RIG_CLIENT, client, NULL);
	rig_run(rig, LIMIT);
}

/* Opening. ----------------------------------------------------------------------------------------------------------
 */

static void
greet_server(void *arg)
{
	struct rig_end *e = rig_serve(rig);
	char word[6];

	(void)arg;
	ck_assert_uint_eq(tcp_remote(e->t).node, RIG_CLIENT);
	ck_assert_uint_eq(tcp_local(e->t).port, RIG_PORT);
	ck_assert_uint_eq(rig_recv(e, word, 5), 5);
	ck_assert_mem_eq(word, "hello", 5);
	ck_assert_uint_eq(rig_send(e, "world!", 6), 6);
	ck_assert_uint_eq(rig_recv(e, word, 1), 0);
	rig_leave(e, false);
}

static void
greet_client(void *arg)
{
	struct rig_end *e = rig_call(rig);
	struct kernel *k = rig->kernels[RIG_CLIENT];
	uint16_t port = tcp_local(e->t).port;
	char word[6];

	(void)arg;
	ck_assert(tcp_port_used(k, port));
	ck_assert_ptr_null(tcp_connect(k, port, (struct tcp_name){RIG_SERVER, RIG_PORT}, &rig->options, NULL, NULL));
	ck_assert_uint_eq(rig_send(e, "hello", 5), 5);
	ck_assert_uint_eq(rig_recv(e, word, 6), 6);
	ck_assert_mem_eq(word, "world!", 6);
	rig_leave(e, false);
	ck_assert(tcp_port_used(k, port)); /* TIME_WAIT */
	rig_pause(61 * SIM_S);
	ck_assert(!tcp_port_used(k, port));
}

START_TEST(greeting)
{
	rig = rig_new(PLATFORM, "", _i);
	run(greet_server, greet_client);
}
END_TEST

static void
refused_client(void *arg)
{
	struct rig_end *e = rig_begin(rig, 40000);

	(void)arg;
	ck_assert(!rig_settle(e));
	ck_assert_int_eq(tcp_error(e->t), ECONNREFUSED);
	ck_assert_uint_le(sim_now(), SIM_MS);
	rig_leave(e, false);
}

START_TEST(refusal)
{
	rig = rig_new(PLATFORM, "", RIG_ETHERNET);
	run(NULL, refused_client);
}
END_TEST

/* A backlog of one: two are set up, the third SYN is dropped and comes again a second later. */
static void
busy_server(void *arg)
{
	struct rig_listener *l = rig_listen(rig, 1);

	(void)arg;
	rig_pause(500 * SIM_MS);
	for (unsigned i = 0; i < 3; i++)
		rig_leave(rig_accept(l), false);
	rig_unlisten(l);
}

static void
crowd(void *arg)
{
	struct rig_end *e[3];

	(void)arg;
	rig_pause(SIM_MS);
	for (uint16_t i = 0; i < 3; i++)
		e[i] = rig_begin(rig, 40000 + i);
	ck_assert(rig_settle(e[0]) && rig_settle(e[1]));
	ck_assert_uint_le(sim_now(), 10 * SIM_MS);
	ck_assert(rig_settle(e[2]));
	ck_assert_uint_ge(sim_now(), SIM_S);
	ck_assert_uint_le(sim_now(), 1010 * SIM_MS);
	for (unsigned i = 0; i < 3; i++)
		rig_leave(e[i], false);
}

START_TEST(backlog)
{
	rig = rig_new(PLATFORM, "", RIG_ETHERNET);
	run(busy_server, crowd);
}
END_TEST

static void
unaccepting_server(void *arg)
{
	struct rig_listener *l = rig_listen(rig, 1);

	(void)arg;
	rig_pause(10 * SIM_MS);
	rig_unlisten(l);
}

static void
unaccepted_client(void *arg)
{
	struct rig_end *e = rig_call(rig);
	char byte;

	(void)arg;
	ck_assert_uint_eq(rig_recv(e, &byte, 1), 0);
	ck_assert_int_eq(tcp_error(e->t), ECONNRESET);
	rig_leave(e, false);
}

START_TEST(listener_goes)
{
	rig = rig_new(PLATFORM, "", RIG_ETHERNET);
	run(unaccepting_server, unaccepted_client);
}
END_TEST

/* Data. -------------------------------------------------------------------------------------------------------------
 */

static void
sink(void *arg)
{
	struct rig_end *e = rig_serve(rig);
	uint8_t *data = g_malloc(BIG + 1);

	(void)arg;
	ck_assert_uint_eq(rig_recv(e, data, BIG + 1), BIG);
	ck_assert(rig_is_stream(data, 0, BIG));
	ck_assert_int_eq(tcp_error(e->t), 0);
	rig_leave(e, false);
	g_free(data);
}

static void
source(void *arg)
{
	struct rig_end *e = rig_call(rig);
	uint8_t *data = rig_stream(BIG);

	(void)arg;
	ck_assert_uint_eq(rig_send(e, data, BIG), BIG);
	rig_leave(e, false);
	g_free(data);
}

static const char *const stream_sets[] = {"", "tcp.first_sequence=4294967290", "tcp.first_sequence=4294000000",
                                          "tcp.first_sequence=2147480000"};

START_TEST(stream)
{
	rig = rig_new(PLATFORM, stream_sets[_i / RIG_NETWORKS], _i % RIG_NETWORKS);
	run(sink, source);
}
END_TEST

static const uint32_t buffers[] = {1, 700, 4096, 1 << 20};

START_TEST(stream_by_buffer)
{
	rig = rig_new(PLATFORM, "", RIG_ETHERNET);
	rig->options.receive_buffer = MAX(buffers[_i], 700);
	rig->options.send_buffer = MAX(buffers[_i] / 2, 1);
	if (_i == 0) {
		run(greet_server, greet_client);
		return;
	}
	run(sink, source);
}
END_TEST

/* Both send everything before either reads: the windows close, and open again. */
static void
both_ways(struct rig_end *e)
{
	enum { MUCH = 100000 };
	uint8_t *data = rig_stream(MUCH), *got = g_malloc(MUCH);

	ck_assert_uint_eq(rig_send(e, data, MUCH), MUCH);
	rig_fin(e);
	ck_assert_uint_eq(rig_recv(e, got, MUCH), MUCH);
	ck_assert(rig_is_stream(got, 0, MUCH));
	ck_assert_uint_eq(rig_recv(e, got, 1), 0);
	rig_leave(e, false);
	g_free(data);
	g_free(got);
}

static void
both_ways_server(void *arg)
{
	(void)arg;
	both_ways(rig_serve(rig));
}

static void
both_ways_client(void *arg)
{
	(void)arg;
	both_ways(rig_call(rig));
}

START_TEST(simultaneously)
{
	rig = rig_new(PLATFORM, "", _i);
	run(both_ways_server, both_ways_client);
}
END_TEST

/* A reader that sleeps for 20 s: the window is closed, probes ask, and nothing is lost. */
static void
sleepy_reader(void *arg)
{
	struct rig_end *e = rig_serve(rig);
	uint8_t *data = g_malloc(BIG + 1);

	(void)arg;
	rig_pause(20 * SIM_S);
	ck_assert_uint_eq(tcp_link(e->t)->ops->unread(tcp_link(e->t)), RIG_BUFFER - 1);
	ck_assert_uint_eq(rig_recv(e, data, BIG + 1), BIG);
	ck_assert(rig_is_stream(data, 0, BIG));
	rig_leave(e, false);
	g_free(data);
}

START_TEST(closed_window)
{
	rig = rig_new(PLATFORM, "", _i);
	run(sleepy_reader, source);
}
END_TEST

/* ... and the update that opens it is lost: a probe finds out. */
static unsigned
lose_updates(void *arg, struct ip_packet *p)
{
	(void)arg;
	return p->bytes > 20 || sim_now() < 20 * SIM_S || sim_now() > 20 * SIM_S + 30 * SIM_MS ? 1 : 0;
}

START_TEST(lost_window_update)
{
	rig = rig_new(PLATFORM, "", RIG_ETHERNET);
	ip_disturb(rig->kernels[RIG_SERVER], lose_updates, NULL);
	run(sleepy_reader, source);
}
END_TEST

/* A SYN that nobody hears at first. */
static void
late_client(void *arg)
{
	struct rig_end *e = rig_begin(rig, 40000);

	(void)arg;
	ck_assert(!rig_settle(e));
	ck_assert_int_eq(tcp_error(e->t), ETIMEDOUT);
	ck_assert_uint_ge(sim_now(), 127 * SIM_S);
	ck_assert_uint_le(sim_now(), 128 * SIM_S);
	ck_assert_uint_eq(tcp_counts(rig->kernels[RIG_CLIENT]).segments_sent, 7);
	rig_leave(e, false);
}

static unsigned
lose_all(void *arg, struct ip_packet *p)
{
	(void)arg, (void)p;
	return 0;
}

START_TEST(nobody_there)
{
	rig = rig_new(PLATFORM, "", RIG_ETHERNET);
	ip_disturb(rig->kernels[RIG_CLIENT], lose_all, NULL);
	run(NULL, late_client);
}
END_TEST

/* Ending. -----------------------------------------------------------------------------------------------------------
 */

static void
half_server(void *arg)
{
	struct rig_end *e = rig_serve(rig);
	uint8_t *data = rig_stream(BIG), byte;

	(void)arg;
	ck_assert_uint_eq(rig_recv(e, &byte, 1), 1);
	ck_assert_uint_eq(rig_recv(e, &byte, 1), 0);
	ck_assert_uint_eq(tcp_link(e->t)->ops->end(tcp_link(e->t)), LINK_FIN);
	ck_assert_uint_eq(rig_send(e, data, BIG), BIG);
	rig_leave(e, false);
	g_free(data);
}

static bool
is_drained(const struct rig_end *e)
{
	return tcp_drained(e->t);
}

static void
half_client(void *arg)
{
	struct rig_end *e = rig_call(rig);
	uint8_t *data = g_malloc(BIG + 1);

	(void)arg;
	ck_assert_uint_eq(rig_send(e, "x", 1), 1);
	ck_assert(!tcp_drained(e->t));
	rig_fin(e);
	rig_await(e, is_drained);
	ck_assert_uint_eq(rig_recv(e, data, BIG + 1), BIG);
	ck_assert(rig_is_stream(data, 0, BIG));
	rig_leave(e, false);
	g_free(data);
}

START_TEST(half_close)
{
	rig = rig_new(PLATFORM, "", _i);
	run(half_server, half_client);
}
END_TEST

/* Both close at the same moment: FINs cross, and both ends go through CLOSING. */
static void
crossing(struct rig_end *e)
{
	char byte;

	while (sim_now() < 100 * SIM_MS)
		cpu_block("the moment", 100 * SIM_MS);
	rig_fin(e);
	ck_assert_uint_eq(rig_recv(e, &byte, 1), 0);
	rig_await(e, is_drained);
	ck_assert_int_eq(tcp_error(e->t), 0);
	rig_leave(e, false);
}

static void
crossing_server(void *arg)
{
	(void)arg;
	crossing(rig_serve(rig));
}

static void
crossing_client(void *arg)
{
	uint16_t port;
	struct rig_end *e = rig_call(rig);

	(void)arg;
	port = tcp_local(e->t).port;
	crossing(e);
	ck_assert(tcp_port_used(rig->kernels[RIG_SERVER], RIG_PORT));
	rig_pause(61 * SIM_S);
	ck_assert(!tcp_port_used(rig->kernels[RIG_CLIENT], port));
	ck_assert(!tcp_port_used(rig->kernels[RIG_SERVER], RIG_PORT));
}

START_TEST(crossing_fins)
{
	rig = rig_new(PLATFORM, "", RIG_ETHERNET);
	run(crossing_server, crossing_client);
}
END_TEST

/* A peer that leaves with unread bytes, and one that gives up: RST, and what had come can still be read. */
static void
rude_server(void *arg)
{
	struct rig_end *e = rig_serve(rig);

	(void)arg;
	ck_assert_uint_eq(rig_send(e, "last", 4), 4);
	rig_pause(10 * SIM_MS);
	rig_leave(e, false);
	rig_pause(SIM_S);
	ck_assert_uint_eq(tcp_counts(rig->kernels[RIG_SERVER]).resets, 1);
}

static void
offended_client(void *arg)
{
	struct rig_end *e = rig_call(rig);
	char word[5];

	(void)arg;
	ck_assert_uint_eq(rig_send(e, "nobody reads this", 17), 17);
	rig_pause(20 * SIM_MS);
	ck_assert_int_eq(tcp_error(e->t), ECONNRESET);
	ck_assert_uint_eq(tcp_link(e->t)->ops->end(tcp_link(e->t)), LINK_RESET);
	ck_assert_uint_eq(rig_recv(e, word, 5), 4);
	ck_assert_int_eq(tcp_link(e->t)->ops->put(tcp_link(e->t), "lost", 4, SOCK_TCP), 4);
	rig_leave(e, false);
}

START_TEST(unread_bytes)
{
	rig = rig_new(PLATFORM, "", RIG_ETHERNET);
	run(rude_server, offended_client);
}
END_TEST

static void
leaving_server(void *arg)
{
	(void)arg;
	rig_leave(rig_serve(rig), false);
}

static void
writing_client(void *arg)
{
	struct rig_end *e = rig_call(rig);
	char byte;

	(void)arg;
	ck_assert_uint_eq(rig_recv(e, &byte, 1), 0);
	ck_assert_uint_eq(rig_send(e, "x", 1), 1); /* nobody is there any more: RST */
	rig_pause(10 * SIM_MS);
	ck_assert_int_eq(tcp_error(e->t), ECONNRESET);
	rig_leave(e, false);
}

START_TEST(write_after_close)
{
	rig = rig_new(PLATFORM, "", RIG_ETHERNET);
	run(leaving_server, writing_client);
}
END_TEST

/* What was put leaves after tcp_leave(), at the peer's pace. */
static void
patient_sink(void *arg)
{
	enum { MUCH = 60000 };
	struct rig_end *e;
	uint8_t *data = g_malloc(MUCH + 1);

	(void)arg;
	rig->options.receive_buffer = 2000;
	e = rig_serve(rig);
	rig_pause(2 * SIM_S);
	ck_assert_uint_eq(rig_recv(e, data, MUCH + 1), MUCH);
	ck_assert(rig_is_stream(data, 0, MUCH));
	rig_leave(e, false);
	g_free(data);
}

static void
hasty_source(void *arg)
{
	enum { MUCH = 60000 };
	uint8_t *data = rig_stream(MUCH);
	struct rig_end *e = rig_call(rig);

	(void)arg;
	ck_assert_uint_eq(rig_send(e, data, MUCH), MUCH);
	rig_leave(e, false);
	g_free(data);
}

START_TEST(orphan)
{
	rig = rig_new(PLATFORM, "", RIG_ETHERNET);
	run(patient_sink, hasty_source);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("TCP");
	TCase *cases = tcase_create("TCP");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(cases, 60);
	tcase_add_loop_test(cases, greeting, 0, RIG_NETWORKS);
	tcase_add_test(cases, refusal);
	tcase_add_test(cases, backlog);
	tcase_add_test(cases, listener_goes);
	tcase_add_loop_test(cases, stream, 0, RIG_NETWORKS * G_N_ELEMENTS(stream_sets));
	tcase_add_loop_test(cases, stream_by_buffer, 0, G_N_ELEMENTS(buffers));
	tcase_add_loop_test(cases, simultaneously, 0, RIG_NETWORKS);
	tcase_add_loop_test(cases, closed_window, 0, RIG_NETWORKS);
	tcase_add_test(cases, lost_window_update);
	tcase_add_test(cases, nobody_there);
	tcase_add_loop_test(cases, half_close, 0, RIG_NETWORKS);
	tcase_add_test(cases, crossing_fins);
	tcase_add_test(cases, unread_bytes);
	tcase_add_test(cases, write_after_close);
	tcase_add_test(cases, orphan);
	suite_add_tcase(suite, cases);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
