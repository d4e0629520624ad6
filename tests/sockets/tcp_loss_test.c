/* TCP over a network that loses, doubles and damages packets, and against peers that vanish. */
#include "tests/sockets/tcp_rig.h"

#include <check.h>
#include <glib.h>
#include <stdlib.h>

#define LIMIT (3000 * SIM_S)
#define BIG   300000

static struct rig *rig;

/* What happens to each packet, from a fixed random sequence: one in `lost` is lost, and so on; 0: none. */
struct trouble {
	unsigned lost, doubled, damaged;
	GRand *random;
	unsigned struck;
};

static bool
strikes(struct trouble *t, unsigned one_in)
{
	bool yes = one_in && g_rand_int_range(t->random, 0, (gint32)one_in) == 0;

	t->struck += yes;
	return yes;
}

static unsigned
disturb(void *arg, struct ip_packet *p)
{
	struct trouble *t = arg;

	if (strikes(t, t->damaged))
		p->data[g_rand_int_range(t->random, 0, (gint32)p->bytes)] ^= 1u << g_rand_int_range(t->random, 0, 8);
	if (strikes(t, t->lost))
		return 0;
	return strikes(t, t->doubled) ? 3 : 1;
}

/* Both ends send, so that both directions are in trouble. */
static void
exchange(struct rig_end *e)
{
	uint8_t *data = rig_stream(BIG), *got = g_malloc(BIG);
	size_t piece;

	for (size_t at = 0; at < BIG; at += piece) {
		piece = MIN(50000, BIG - at);
		ck_assert_uint_eq(rig_send(e, data + at, piece), piece);
		ck_assert_uint_eq(rig_recv(e, got + at, piece), piece);
	}
	rig_fin(e);
	ck_assert_uint_eq(rig_recv(e, got, 1), 0);
	ck_assert(rig_is_stream(got, 0, BIG));
	ck_assert_int_eq(tcp_error(e->t), 0);
	rig_leave(e, false);
	g_free(data);
	g_free(got);
}

static void
exchanging_server(void *arg)
{
	(void)arg;
	exchange(rig_serve(rig));
}

static void
exchanging_client(void *arg)
{
	(void)arg;
	exchange(rig_call(rig));
}

static const struct trouble troubles[] = {
        {.lost = 100}, {.lost = 10}, {.doubled = 10}, {.damaged = 20}, {.lost = 20, .doubled = 20, .damaged = 20}};

START_TEST(trouble)
{
	struct trouble t = troubles[_i];

	t.random = g_rand_new_with_seed(7);
	rig = rig_new("myrinet-ultra", "tcp.first_sequence=4294900000", RIG_ETHERNET);
	for (unsigned i = 0; i < RIG_HOSTS; i++)
		ip_disturb(rig->kernels[i], disturb, &t);
	rig_program(rig, RIG_SERVER, exchanging_server, NULL);
	rig_program(rig, RIG_CLIENT, exchanging_client, NULL);
	rig_run(rig, LIMIT);
	ck_assert_uint_gt(t.struck, 0);
	g_rand_free(t.random);
}
END_TEST

/* The Myrinet's own faults. */
static const char *const faults[] = {"net.drop_rate=0.02", "net.corrupt_rate=0.02", "net.duplicate_rate=0.05"};

START_TEST(myrinet_faults)
{
	rig = rig_new("myrinet-ultra", faults[_i], RIG_MYRINET);
	rig_program(rig, RIG_SERVER, exchanging_server, NULL);
	rig_program(rig, RIG_CLIENT, exchanging_client, NULL);
	rig_run(rig, LIMIT);
}
END_TEST

/* One segment of a stream is lost: duplicate acknowledgements bring it back long before the time-out. */
static unsigned
lose_one(void *arg, struct ip_packet *p)
{
	unsigned *count = arg;

	return p->bytes > 1000 && ++*count == 40 ? 0 : 1;
}

static void
sink(void *arg)
{
	struct rig_end *e = rig_serve(rig);
	uint8_t *data = g_malloc(BIG + 1);

	(void)arg;
	ck_assert_uint_eq(rig_recv(e, data, BIG + 1), BIG);
	ck_assert(rig_is_stream(data, 0, BIG));
	rig_leave(e, false);
	g_free(data);
}

static void
source(void *arg)
{
	struct rig_end *e = rig_call(rig);
	uint8_t *data = rig_stream(BIG);
	char byte;

	(void)arg;
	ck_assert_uint_eq(rig_send(e, data, BIG), BIG);
	rig_fin(e);
	ck_assert_uint_eq(rig_recv(e, &byte, 1), 0);
	ck_assert_uint_le(sim_now(), 60 * SIM_MS);
	ck_assert_uint_eq(tcp_counts(rig->kernels[RIG_CLIENT]).retransmitted, 1);
	rig_leave(e, false);
	g_free(data);
}

START_TEST(fast_retransmit)
{
	unsigned count = 0;

	rig = rig_new("myrinet-ultra", "", RIG_ETHERNET);
	ip_disturb(rig->kernels[RIG_CLIENT], lose_one, &count);
	rig_program(rig, RIG_SERVER, sink, NULL);
	rig_program(rig, RIG_CLIENT, source, NULL);
	rig_run(rig, LIMIT);
	ck_assert_uint_gt(count, 40);
}
END_TEST

/* A peer that vanishes. ---------------------------------------------------------------------------------------------
 */

static bool vanished;

static unsigned
vanish(void *arg, struct ip_packet *p)
{
	(void)arg, (void)p;
	return vanished ? 0 : 1;
}

static void
vanishing_server(void *arg)
{
	struct rig_end *e = rig_serve(rig);
	char byte;

	(void)arg;
	ck_assert_uint_eq(rig_recv(e, &byte, 1), 1);
	vanished = true;
	rig_pause(500 * SIM_S);
	rig_leave(e, true);
}

/* Time-outs double up to a minute, until the peer is given up. */
static void
left_client(void *arg)
{
	struct rig_end *e = rig_call(rig);
	sim_time start;
	char byte;

	(void)arg;
	ck_assert_uint_eq(rig_send(e, "x", 1), 1);
	rig_pause(SIM_S);
	start = sim_now();
	ck_assert_uint_eq(rig_send(e, "y", 1), 1);
	ck_assert_uint_eq(rig_recv(e, &byte, 1), 0);
	ck_assert_int_eq(tcp_error(e->t), ETIMEDOUT);
	ck_assert_uint_eq(tcp_link(e->t)->ops->end(tcp_link(e->t)), LINK_SILENT);
	ck_assert_uint_ge(sim_now() - start, 480 * SIM_S);
	ck_assert_uint_le(sim_now() - start, 540 * SIM_S);
	ck_assert_uint_ge(tcp_counts(rig->kernels[RIG_CLIENT]).retransmitted, 10);
	ck_assert_uint_le(tcp_counts(rig->kernels[RIG_CLIENT]).retransmitted, 20);
	rig_leave(e, false);
}

START_TEST(peer_vanishes)
{
	rig = rig_new("myrinet-ultra", "", RIG_ETHERNET);
	vanished = false;
	for (unsigned i = 0; i < RIG_HOSTS; i++)
		ip_disturb(rig->kernels[i], vanish, NULL);
	rig_program(rig, RIG_SERVER, vanishing_server, NULL);
	rig_program(rig, RIG_CLIENT, left_client, NULL);
	rig_run(rig, LIMIT);
}
END_TEST

/* A peer that forgets everything (here: whose end is reset while nothing gets through) refuses what comes later. */
static void
forgetful_server(void *arg)
{
	struct rig_end *e = rig_serve(rig);
	char byte;

	(void)arg;
	ck_assert_uint_eq(rig_recv(e, &byte, 1), 1);
	vanished = true;
	rig_leave(e, true);
	rig_pause(SIM_S);
	vanished = false;
}

static void
reminding_client(void *arg)
{
	struct rig_end *e = rig_call(rig);
	char byte;

	(void)arg;
	ck_assert_uint_eq(rig_send(e, "x", 1), 1);
	ck_assert_uint_eq(rig_recv(e, &byte, 1), 0);
	ck_assert_int_eq(tcp_error(e->t), ECONNRESET);
	ck_assert_uint_ge(sim_now(), SIM_S);
	rig_leave(e, false);
}

START_TEST(peer_forgets)
{
	rig = rig_new("myrinet-ultra", "", RIG_ETHERNET);
	vanished = false;
	for (unsigned i = 0; i < RIG_HOSTS; i++)
		ip_disturb(rig->kernels[i], vanish, NULL);
	rig_program(rig, RIG_SERVER, forgetful_server, NULL);
	rig_program(rig, RIG_CLIENT, reminding_client, NULL);
	rig_run(rig, LIMIT);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("TCP in trouble");
	TCase *cases = tcase_create("TCP in trouble");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(cases, 60);
	tcase_add_loop_test(cases, trouble, 0, G_N_ELEMENTS(troubles));
	tcase_add_loop_test(cases, myrinet_faults, 0, G_N_ELEMENTS(faults));
	tcase_add_test(cases, fast_retransmit);
	tcase_add_test(cases, peer_vanishes);
	tcase_add_test(cases, peer_forgets);
	suite_add_tcase(suite, cases);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
