/* Whatever one NIC does reaches another no sooner than fabric_lookahead(): six random firmwares, each a core that looks
 * at everything it can see at every step, behave the same to the bit whether cores run ahead or alternate step by step;
 * with all kinds of faults, too.
 */
#include "nic-sim/trace.h"
#include "tests/device/fake_core.h"
#include "tests/device/net.h"

#include "nic-sim/calendar.h"
#include "nic-sim/fabric.h"
#include "nic-sim/faults_timed.h"
#include "nic-sim/host_bus.h"
#include "nic-sim/nic.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { NODES = 6, STEP = 30303, STEPS = 30000, BUFFER = 0x20000, OUT = 0x10000, N_TIMED = 150 };

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
	uint64_t seen[NODES], fingerprint, events, delivered;
	struct fault_counts injected;
};

/* How a run goes: how far cores run ahead, and what is done to them. */
struct way {
	sim_time lookahead, quantum;
	bool faults;
	unsigned seed;
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
make_agent(unsigned i, const struct params *params, uint64_t seed)
{
	struct agent *a = &agents[i];

	memset(a, 0, sizeof *a);
	a->node = i;
	a->random = seed;
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

/* Faults: all kinds together, packets by rate, the rest at random dates. ------------------- */

static void
hook_link(void *arg, unsigned channel, bool up)
{
	(void)arg;
	fabric_set_link(fabric, channel, up);
}

static void
hook_hang(void *arg, unsigned node, bool on)
{
	struct agent *a = &agents[node];

	(void)arg;
	nic_hang(a->nic, on);
	if (on)
		sim_core_park(&a->core);
	else if (a->steps < STEPS)
		sim_core_resume(&a->core, sim_now());
}

static void
hook_reset(void *arg, unsigned node, bool scramble, uint64_t seed)
{
	(void)arg;
	nic_break(agents[node].nic, scramble, seed);
	agents[node].armed = false;
}

static void
hook_slow(void *arg, unsigned node, uint32_t factor)
{
	(void)arg;
	hb_slow(agents[node].bus, factor);
}

static void
set_rates(struct params *params, unsigned seed)
{
	params->bit_error_rate = 1e-5;
	params->corrupt_rate = params->drop_rate = params->truncate_rate = 0.03;
	params->lost_tail_rate = params->duplicate_rate = 0.1;
	params->fault_seed = seed;
}

static struct timed_faults *
schedule(const struct platform *p, unsigned seed)
{
	static const struct fault_hooks hooks = {NULL, hook_link, hook_hang, hook_reset, hook_slow};
	struct timed_faults *t = timed_faults_new(NODES, p->n_links, seed, &hooks);
	struct agent dice = {.random = seed};

	for (unsigned i = 0; i < N_TIMED; i++) {
		struct fault_event e = {.action = (enum fault_action)draw(&dice, FAULT_SLOW + 1), .factor = 3000};

		e.at = (sim_time)draw(&dice, STEPS) * STEP;
		e.lasts = (sim_time)draw(&dice, 100) * 200 * SIM_NS;
		e.node = draw(&dice, NODES);
		e.scramble = draw(&dice, 2);
		if (e.action == FAULT_LINK_DOWN || e.action == FAULT_LINK_UP)
			e.channels[e.n_channels++] = draw(&dice, p->n_links);
		timed_faults_add(t, &e);
	}
	return t;
}

/* accounted: what became of every packet; those that are left are in the fabric, and it is not large. */
static void
accounted(void)
{
	struct fabric_counts c = fabric_counts(fabric);
	uint64_t over = c.delivered + c.dropped + c.bad_route + c.timeouts;

	ck_assert_uint_le(over, c.packets);
	ck_assert_uint_le(c.packets - over, 10 * NODES);
}

static struct outcome
simulate(const struct way *way)
{
	struct platform *p = net_line(3, 2);
	struct timed_faults *timed;
	struct outcome o = {0};
	char *error;

	calendar_reset();
	trace_reset();
	for (unsigned i = 0; i < NODES; i++)
		p->params[i].sram_cpu_floor = 0.5; /* ports that throttle */
	p->params[0].bit_error_rate = 1e-5;
	if (way->faults)
		set_rates(&p->params[0], way->seed);
	fabric = fabric_new(p, false, &error);
	for (unsigned i = 0; i < NODES; i++)
		make_agent(i, &p->params[i], 1000 * way->seed + i + 1);
	timed = way->faults ? schedule(p, way->seed) : NULL;
	ck_assert_uint_gt(fabric_lookahead(fabric), STEP);
	sim_set_lookahead(way->lookahead);
	sim_set_quantum(way->quantum);
	while (calendar_step(STEPS * (sim_time)STEP))
		;
	for (unsigned i = 0; i < NODES; i++)
		o.seen[i] = agents[i].seen;
	o.fingerprint = trace_fingerprint();
	o.events = calendar_fired();
	o.delivered = fabric_counts(fabric).delivered;
	o.injected = fabric_faults(fabric);
	accounted();
	if (timed) {
		timed_faults_count(timed, &o.injected);
		timed_faults_free(timed);
	}
	for (unsigned i = 0; i < NODES; i++) {
		nic_free(agents[i].nic);
		hb_free(agents[i].bus);
	}
	fabric_free(fabric);
	net_free(p);
	return o;
}

static void
same(const struct outcome *a, const struct outcome *b)
{
	for (unsigned i = 0; i < NODES; i++)
		ck_assert_msg(a->seen[i] == b->seen[i], "node %u saw something else", i);
	ck_assert_uint_eq(a->fingerprint, b->fingerprint);
	ck_assert_uint_eq(a->delivered, b->delivered);
	ck_assert_uint_eq(a->events, b->events);
	ck_assert(memcmp(&a->injected, &b->injected, sizeof a->injected) == 0);
}

START_TEST(running_ahead_changes_nothing)
{
	static const sim_time ways[][2] = {{180000, 0}, {180000, 50000}, {100000, 0}, {40000, 0}};
	unsigned seed = (unsigned)_i / 4;
	struct way way = {.lookahead = ways[_i % 4][0], .quantum = ways[_i % 4][1], .seed = seed};
	struct outcome exact = simulate(&(struct way){.quantum = 1, .seed = seed}), o = simulate(&way);

	ck_assert_uint_gt(exact.delivered, 400); /* it was a real workload */
	same(&exact, &o);
}
END_TEST

START_TEST(nor_does_it_under_fire)
{
	const struct way ways[] = {
	        {0, 1, true, 5}, {180000, 0, true, 5}, {180000, 50000, true, 5}, {40000, 0, true, 5}};
	struct outcome exact = simulate(&ways[0]), o = simulate(&ways[_i]),
	               other = simulate(&(struct way){0, 1, true, 6});

	ck_assert_uint_gt(exact.delivered, 300);
	same(&exact, &o);
	ck_assert_uint_ne(exact.fingerprint, other.fingerprint);
}
END_TEST

static void
happened(void *arg, const char *name, uint64_t n)
{
	(void)arg;
	ck_assert_msg(n > 0, "no %s", name);
}

/* Nothing that firmware does, and nothing that is done to it, harms the model (run it under a sanitizer, too). */
START_TEST(all_kinds_together)
{
	struct outcome o = simulate(&(struct way){180000, 0, true, (unsigned)_i + 1});

	ck_assert_uint_gt(o.delivered, 300);
	fault_counts_each(&o.injected, happened, NULL);
}
END_TEST

START_TEST(running_further_ahead_would)
{
	struct outcome exact = simulate(&(struct way){.quantum = 1}),
	               o = simulate(&(struct way){.lookahead = 50 * 180000});

	ck_assert_uint_ne(o.fingerprint, exact.fingerprint); /* so the test above can fail */
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("causality");
	TCase *tc = tcase_create("causality");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, running_ahead_changes_nothing, 0, 4 * 12);
	tcase_add_loop_test(tc, nor_does_it_under_fire, 0, 4);
	tcase_add_loop_test(tc, all_kinds_together, 0, 60);
	tcase_add_test(tc, running_further_ahead_would);
	suite_add_tcase(suite, tc);
	SRunner *runner = srunner_create(suite);

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
