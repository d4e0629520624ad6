/* The platforms of the tree: every route of every one leads where it says, in the time that its links and switches
 * take. */
#include "nic-sim/calendar.h"
#include "nic-sim/engine.h"
#include "nic-sim/fabric.h"

#include <check.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_NODES = 64, BYTES = 100, TRAILER = 2 };

static const char *const names[] = {"myrinet-pc", "myrinet-pc-8", "myrinet-pc-16", "myrinet-pc-fattree"};

struct end {
	unsigned got;
	uint8_t from;
	sim_time head;
};

static struct end ends[MAX_NODES];

static uint32_t
take(void *nic, uint32_t left, uint32_t tag)
{
	(void)tag;
	((struct end *)nic)->head = sim_now();
	return left;
}

static void
taken(void *nic, const uint8_t *data, uint32_t bytes, bool last, uint8_t residue, uint32_t tag)
{
	struct end *e = nic;

	(void)tag;
	ck_assert(last && residue == 0 && bytes == BYTES);
	e->got++;
	e->from = data[0];
}

static void
ignore(void *nic)
{
	(void)nic;
}

static void
ignore_flow(void *nic, bool sending, uint64_t rate)
{
	(void)nic, (void)sending, (void)rate;
}

static void
no_reset(void *nic, bool sending)
{
	(void)nic, (void)sending;
	ck_abort_msg("network reset");
}

static sim_time
patience(void *nic)
{
	(void)nic;
	return SIM_MS;
}

static void
check_route(struct fabric *f, const struct platform *p, unsigned from, unsigned to)
{
	const struct platform_route *route = &p->routes[from * p->n_nodes + to];
	uint8_t packet[FABRIC_MAX_HOPS + BYTES] = {0};
	unsigned hops = fabric_route(f, from, to, packet, FABRIC_MAX_HOPS), before = ends[to].got;
	sim_time start = sim_now(), way = hops * p->params[0].switch_delay;

	ck_assert_uint_eq(hops, route->n_links - 1);
	for (unsigned i = 0; i < route->n_links; i++)
		way += p->links[route->links[i]].latency_ps;
	packet[hops] = (uint8_t)from;
	ck_assert(fabric_send(f, from, packet, hops + BYTES, true, 0));
	while (calendar_step(start + 100 * SIM_US))
		;
	ck_assert_msg(ends[to].got == before + 1, "%s to %s: nothing came", p->hosts[from], p->hosts[to]);
	ck_assert_uint_eq(ends[to].from, from);
	ck_assert_uint_eq(ends[to].head, start + way);
	ck_assert_uint_ge(way, fabric_lookahead(f));
}

START_TEST(every_route_leads_there)
{
	char *error = NULL;

	engine_init();
	struct platform *p = platform_load(names[_i], NULL, 0, &error);
	ck_assert_msg(p != NULL, "%s", error);
	struct fabric *f = fabric_new(p, false, &error);
	ck_assert_msg(f != NULL, "%s", error);
	ck_assert_uint_le(p->n_nodes, MAX_NODES);
	for (unsigned i = 0; i < p->n_nodes; i++) {
		const struct fabric_port port = {.nic = &ends[i],
		                                 .take = take,
		                                 .taken = taken,
		                                 .sent = ignore,
		                                 .flow = ignore_flow,
		                                 .reset = no_reset,
		                                 .timeout = patience};

		fabric_attach(f, i, &port);
	}
	for (unsigned from = 0; from < p->n_nodes; from++)
		for (unsigned to = 0; to < p->n_nodes; to++)
			if (from != to)
				check_route(f, p, from, to);
	ck_assert_uint_eq(fabric_counts(f).delivered, (uint64_t)p->n_nodes * (p->n_nodes - 1));
	ck_assert_uint_gt(fabric_lookahead(f), 0);
	fabric_free(f);
	platform_free(p);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("routes");
	TCase *tc = tcase_create("routes");

	tcase_add_loop_test(tc, every_route_leads_there, 0, (int)G_N_ELEMENTS(names));
	suite_add_tcase(suite, tc);
	SRunner *runner = srunner_create(suite);

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
