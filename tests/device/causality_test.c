/* Whatever one NIC does reaches another no sooner than fabric_lookahead(): six random firmwares, each a core that looks
 * at everything it can see at every step, behave the same to the bit whether cores run ahead or alternate step by step.
 */
#include "nic-sim/trace.h"
#include "tests/device/fake_core.h"
#include "tests/device/net.h"

#include "nic-sim/calendar.h"
#include "nic-sim/fabric.h"
#include "nic-sim/host_bus.h"
#include "nic-sim/nic.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { NODES = 6, STEP = 30303, STEPS = 30000, BUFFER = 0x20000, OUT = 0x10000 };

struct agent {
	struct sim_core core;
	unsigned node, steps;
	uint64_t random, seen; /* seen: hash of every value that it read */
	struct lanai_core *lanai;
	struct nic *nic;
	struct host_bus *bus;
	bool armed;
	uint8_t pages[2 * HB_FRAME];
};

struct outcome {
	uint64_t seen[NODES], fingerprint, events, delivered, timeouts;
};

static struct agent agents[NODES];
static struct fabric *fabric;

static uint32_t
draw(struct agent *a, uint32_t n)
{
	a->random = a->random * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(a->random >> 33) % n;
}

static uint32_t
see(struct agent *a, uint32_t offset)
{
	uint32_t value = fake_read(a->lanai, offset);

	a->seen = (a->seen ^ value) * 0x9e3779b97f4a7c15ull;
	return value;
}

static void
send_packet(struct agent *a)
{
	unsigned to = (a->node + 1 + draw(a, NODES - 1)) % NODES;
	uint32_t words = draw(a, 16) ? 1 + draw(a, 30) : 1 + draw(a, 1000);
	uint8_t route[FABRIC_MAX_HOPS];
	unsigned hops = fabric_route(fabric, a->node, to, route, sizeof route);

	for (unsigned i = 0; i < hops; i++)
		fake_write(a->lanai, LANAI_SB, route[i]);
	fake_write(a->lanai, LANAI_SMP, OUT);
	fake_write(a->lanai, draw(a, 4) ? LANAI_SMLT : LANAI_SML, OUT + 4 * (words - 1));
}

static void
step(struct agent *a)
{
	uint32_t isr = see(a, LANAI_ISR);

	see(a, LANAI_RMP);
	see(a, LANAI_DMA_CTR);
	if (isr & (LANAI_ISR_RECV | LANAI_ISR_BUFF | LANAI_ISR_NRES))
		a->armed = false;
	fake_write(a->lanai, LANAI_ISR, isr & ~(uint32_t)LANAI_ISR_HOST_SIG);
	if (!a->armed && draw(a, 10) == 0) {
		a->armed = true;
		fake_write(a->lanai, LANAI_RMP, BUFFER);
		fake_write(a->lanai, LANAI_RML, BUFFER + 4 * draw(a, draw(a, 4) ? 1200 : 20));
	}
	if (isr & LANAI_ISR_SEND_RDY && draw(a, 30) == 0)
		send_packet(a);
	else if (!(isr & LANAI_ISR_SEND_RDY) && draw(a, 8) == 0)
		fake_write(a->lanai, LANAI_ST, 0);
	if (draw(a, 300) == 0) {
		fake_write(a->lanai, LANAI_LAR, OUT);
		fake_write(a->lanai, LANAI_DMA_DIR, draw(a, 2));
		fake_write(a->lanai, LANAI_DMA_CTR, 4 + draw(a, 4000));
	}
}

static void
run(struct sim_core *core)
{
	struct agent *a = sim_event_owner(core, struct agent, core);

	while (core->clock < sim_core_limit()) {
		sim_core_now(core->clock);
		step(a);
		core->clock += STEP + a->node;
		if (++a->steps == STEPS) {
			sim_core_park(core);
			return;
		}
	}
}

static void
make_agent(unsigned i, const struct params *params)
{
	struct agent *a = &agents[i];

	memset(a, 0, sizeof *a);
	a->node = i;
	a->random = i + 1;
	a->nic = nic_new(i, params, fabric);
	a->bus = hb_new(i, params);
	a->lanai = nic_core(a->nic);
	hb_attach_nic(a->bus, a->nic);
	nic_attach_bus(a->nic, a->bus);
	for (unsigned k = 0; k < 2; k++)
		hb_frame_map(a->bus, (unsigned)hb_frame_alloc(a->bus, a->pages + k * HB_FRAME, NULL, 0), true);
	sim_core_init(&a->core, SIM_RANK_NODE + i, run);
	sim_core_resume(&a->core, 0);
}

static struct outcome
simulate(sim_time lookahead, sim_time quantum)
{
	struct platform *p = net_line(3, 2);
	struct outcome o = {0};
	char *error;

	calendar_reset();
	trace_reset();
	for (unsigned i = 0; i < NODES; i++)
		p->params[i].sram_cpu_floor = 0.5; /* ports that throttle */
	p->params[0].bit_error_rate = 1e-5;
	fabric = fabric_new(p, false, &error);
	for (unsigned i = 0; i < NODES; i++)
		make_agent(i, &p->params[i]);
	ck_assert_uint_gt(fabric_lookahead(fabric), STEP);
	sim_set_lookahead(lookahead);
	sim_set_quantum(quantum);
	while (calendar_step(STEPS * (sim_time)STEP))
		;
	for (unsigned i = 0; i < NODES; i++)
		o.seen[i] = agents[i].seen;
	o.fingerprint = trace_fingerprint();
	o.events = calendar_fired();
	o.delivered = fabric_counts(fabric).delivered;
	for (unsigned i = 0; i < NODES; i++) {
		nic_free(agents[i].nic);
		hb_free(agents[i].bus);
	}
	fabric_free(fabric);
	net_free(p);
	return o;
}

START_TEST(running_ahead_changes_nothing)
{
	static const struct {
		sim_time lookahead, quantum;
	} ways[] = {{180000, 0}, {180000, 50000}, {100000, 0}, {40000, 0}};
	struct outcome exact = simulate(0, 1), o = simulate(ways[_i].lookahead, ways[_i].quantum);

	ck_assert_uint_gt(exact.delivered, 500); /* it was a real workload */
	for (unsigned i = 0; i < NODES; i++)
		ck_assert_msg(o.seen[i] == exact.seen[i], "node %u saw something else", i);
	ck_assert_uint_eq(o.fingerprint, exact.fingerprint);
	ck_assert_uint_eq(o.delivered, exact.delivered);
	ck_assert_uint_eq(o.events, exact.events);
}
END_TEST

START_TEST(running_further_ahead_would)
{
	struct outcome exact = simulate(0, 1), o = simulate(50 * 180000, 0);

	ck_assert_uint_ne(o.fingerprint, exact.fingerprint); /* so the test above can fail */
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("causality");
	TCase *tc = tcase_create("causality");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, running_ahead_changes_nothing, 0, 4);
	tcase_add_test(tc, running_further_ahead_would);
	suite_add_tcase(suite, tc);
	SRunner *runner = srunner_create(suite);

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
