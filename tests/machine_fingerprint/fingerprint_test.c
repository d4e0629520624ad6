/* The whole machine does the same thing, to the picosecond, however it is simulated: cores in strict turns or running
 * ahead, idle loops executed or skipped, with and without a trace, and again. */
#include "experiments/testbed.h"
#include "host-lib/firmware_image.h"
#include "nic-sim/calendar.h"
#include "nic-sim/trace.h"
#include "tests/machine_fingerprint/exchange.h"

#include <check.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT (10 * SIM_S)

/* INSTRUCTION_WISE: the core that is behind executes one; WITHOUT_LOOKAHEAD: and never passes what happens elsewhere;
 * NEVER_AHEAD: no core does what it may have to take back; FAR_AHEAD: all do, as far as they can. */
enum way { PLAIN, AGAIN, INSTRUCTION_WISE, WITHOUT_LOOKAHEAD, NEVER_AHEAD, FAR_AHEAD, EXECUTED_IDLING, TRACED, N_WAYS };
static const char *const way_names[] = {"plainly",     "again",     "instruction by instruction", "without lookahead",
                                        "never ahead", "far ahead", "without skipping",           "traced"};

struct outcome {
	uint64_t fingerprint, executed, instructions, records;
	sim_time end;
};

struct scenario {
	const char *name, *platform;
	struct exchange exchange;
	uint64_t expected; /* fingerprint, with the parameters, the firmware and the library that are in the tree */
};

static uint32_t
short_and_long(unsigned round)
{
	static const uint32_t bytes[] = {4, 64, 128, 132, 512, 4096, 8200};

	return bytes[round % (sizeof bytes / sizeof *bytes)];
}

static uint32_t
whole_buffer(unsigned round)
{
	(void)round;
	return EXCHANGE_BYTES;
}

static bool
in_turn(unsigned round, unsigned from, unsigned to)
{
	return from == round % 2 && to == 1 - from;
}

/* Seven messages, then an answer: so nobody is more than the slots ahead. */
static bool
seven_and_answer(unsigned round, unsigned from, unsigned to)
{
	return round % 8 == 7 ? to == 0 : from == 0;
}

static bool
everybody(unsigned round, unsigned from, unsigned to)
{
	(void)round;
	return from != to;
}

static const struct scenario scenarios[] = {
        {"ping-pong", "myrinet-pc", {2, 70, 2, short_and_long, in_turn}, 0x8ffb19f2c5ae5a2b},
        {"bulk", "myrinet-pc", {2, 24, 8, whole_buffer, seven_and_answer}, 0x026157c2be91a730},
        {"all to all", "myrinet-pc-8", {4, 14, 2, short_and_long, everybody}, 0x36f47c4b87b0720f},
        {"all to all in bulk", "myrinet-pc-8", {4, 16, 2, whole_buffer, everybody}, 0x31438b5d3cac9d84},
};

static void
set_way(struct machine *machine, enum way way)
{
	if (way == INSTRUCTION_WISE || way == WITHOUT_LOOKAHEAD)
		sim_set_quantum(1);
	if (way == WITHOUT_LOOKAHEAD)
		sim_set_lookahead(0);
	if (way == NEVER_AHEAD || way == FAR_AHEAD)
		sim_set_run_ahead(way == NEVER_AHEAD ? 0 : SIM_MS);
	for (unsigned i = 0; way == EXECUTED_IDLING && i < machine->n_hosts; i++)
		lanai_set_skipping(nic_core(machine->hosts[i].nic), false);
	trace_record(way == TRACED);
}

/* In a process of its own, as SimGrid's engine demands. */
static struct outcome
simulate(const struct scenario *s, enum way way)
{
	char *error = NULL;
	struct lanai_image *image = firmware_image(FIRMWARE_IMAGE_LIB, FIRMWARE_IMAGE_VMMC, &error);
	struct testbed *t = image ? testbed_new(s->platform, NULL, 0, image, &error) : NULL;
	struct outcome o = {0};

	if (!t) {
		fprintf(stderr, "%s\n", error);
		_exit(EXIT_FAILURE);
	}
	set_way(t->machine, way);
	exchange_start(t->machine, &s->exchange);
	if (sim_run(LIMIT) != SIM_DONE)
		_exit(EXIT_FAILURE);
	o.fingerprint = trace_fingerprint();
	o.end = sim_now();
	trace_records(&o.records);
	for (unsigned i = 0; i < t->machine->n_hosts; i++) {
		struct lanai_counts counts = lanai_counts(nic_core(t->machine->hosts[i].nic));

		o.executed += counts.executed;
		o.instructions += counts.instructions;
	}
	return o;
}

static struct outcome
simulate_apart(const struct scenario *s, enum way way)
{
	struct outcome o = {0};
	int ends[2], status;
	pid_t child;

	ck_assert_int_eq(pipe(ends), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		o = simulate(s, way);
		_exit(write(ends[1], &o, sizeof o) == sizeof o ? EXIT_SUCCESS : EXIT_FAILURE);
	}
	close(ends[1]);
	ck_assert_int_eq(read(ends[0], &o, sizeof o), sizeof o);
	close(ends[0]);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(status == 0, "%s, %s: the run failed", s->name, way_names[way]);
	return o;
}

START_TEST(all_ways_are_the_same)
{
	const struct scenario *s = &scenarios[_i];
	struct outcome o[N_WAYS];

	for (unsigned way = 0; way < N_WAYS; way++) {
		o[way] = simulate_apart(s, (enum way)way);
		ck_assert_msg(o[way].end == o[PLAIN].end, "%s, %s: ends at %lu instead of %lu ps", s->name,
		              way_names[way], o[way].end, o[PLAIN].end);
		ck_assert_msg(o[way].fingerprint == o[PLAIN].fingerprint, "%s, %s: %016lx instead of %016lx", s->name,
		              way_names[way], o[way].fingerprint, o[PLAIN].fingerprint);
	}
	ck_assert_msg(
	        o[PLAIN].fingerprint == s->expected,
	        "%s: %016lx instead of %016lx: what happens has changed; if it was meant to, say so in the commit",
	        s->name, o[PLAIN].fingerprint, s->expected);
	/* The ways were different ones. */
	ck_assert_uint_gt(o[EXECUTED_IDLING].executed, o[PLAIN].executed);
	ck_assert_uint_eq(o[EXECUTED_IDLING].executed, o[EXECUTED_IDLING].instructions);
	ck_assert_uint_eq(o[PLAIN].records, 0);
	ck_assert_uint_gt(o[TRACED].records, 0);
}
END_TEST

/* So that the test above can fail. */
START_TEST(different_runs_differ)
{
	struct scenario other = scenarios[0];
	struct outcome o = simulate_apart(&scenarios[0], PLAIN);

	other.exchange.rounds -= 7;
	ck_assert_uint_ne(simulate_apart(&other, PLAIN).fingerprint, o.fingerprint);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("machine fingerprint");
	TCase *cases = tcase_create("machine fingerprint");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(cases, 60);
	tcase_add_loop_test(cases, all_ways_are_the_same, 0, sizeof scenarios / sizeof *scenarios);
	tcase_add_test(cases, different_runs_differ);
	suite_add_tcase(suite, cases);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
