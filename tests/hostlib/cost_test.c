/* What calls cost, what the trace sees of them, and what the driver refuses at the start. */
#include "host-lib/firmware_image.h"
#include "host-lib/instruction_counts.h"
#include "nic-sim/trace.h"
#include "tests/hostlib/rig.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#define NAME  7
#define BYTES (16 * UMEM_PAGE)

static struct rig_receiver receiver;
static struct machine *machine;

struct client {
	struct process *process;
	struct vmmc *v;
	struct vmmc_proxy *proxy;
	uint64_t memory;
};

static void
client_start(struct client *c)
{
	c->process = task_process(task_self());
	c->memory = umem_alloc(c->process->memory, BYTES);
	ck_assert_int_eq(vmmc_open(c->process, &c->v), VMMC_OK);
	rig_until_set(&receiver.exported);
	ck_assert_int_eq(vmmc_import(c->v, 1, NAME, &c->proxy), VMMC_OK);
	cpu_settle();
}

static void
run(void (*client)(void *))
{
	machine = rig_start(RIG_LANAI, NULL);
	receiver = (struct rig_receiver){.name = NAME, .node = VMMC_ANY_NODE, .bytes = BYTES};
	rig_program(1, "receiver", rig_receiver, &receiver);
	rig_program(0, "client", client, NULL);
	rig_run();
	rig_end();
}

static sim_time
instructions(uint64_t n)
{
	const struct params *p = machine->hosts[0].params;

	return (sim_time)((double)n * p->cycles_per_instruction * (double)SIM_US / p->cpu_mhz);
}

/* Three words by PIO, and the library's instructions; one hand-over to the engine. */
static void
one_word(void *arg)
{
	uint64_t handovers;
	struct client c;
	sim_time start, expected;

	(void)arg;
	client_start(&c);
	expected = instructions(IC_VMMC_SHORT + IC_VMMC_SHORT_WORD) + 3 * machine->hosts[0].params->pio_write;
	handovers = engine_handovers();
	start = sim_now();
	ck_assert_int_eq(vmmc_send(c.v, c.memory, c.proxy, 0, 4, NULL), VMMC_OK);
	ck_assert_uint_eq(engine_handovers() - handovers, 1);
	ck_assert_uint_ge(sim_now() - start + SIM_NS, expected);
	ck_assert_uint_le(sim_now() - start, expected + SIM_NS);
	receiver.done = true;
}

START_TEST(test_one_word_send)
{
	run(one_word);
}
END_TEST

/* The first long send pins its pages by one call of the driver, the second finds them pinned. */
static void
pin_once(void *arg)
{
	struct client c;
	sim_time start, first, second, pins;
	uint64_t ticket;

	(void)arg;
	client_start(&c);
	pins = machine->hosts[0].params->pin_base + 16 * machine->hosts[0].params->pin_page;
	start = sim_now();
	ck_assert_int_eq(vmmc_send(c.v, c.memory, c.proxy, 0, BYTES, &ticket), VMMC_OK);
	first = sim_now() - start;
	ck_assert_int_eq(vmmc_wait_sent(c.v, ticket, SIM_NEVER), VMMC_OK);
	cpu_settle();
	start = sim_now();
	ck_assert_int_eq(vmmc_send(c.v, c.memory, c.proxy, 0, BYTES, &ticket), VMMC_OK);
	second = sim_now() - start;
	ck_assert_uint_eq(first, second + pins); /* entries of the table cost no bus time */
	ck_assert_uint_le(second, instructions(IC_VMMC_LONG + IC_PIN_CHECK + 16 * IC_PIN_CHECK_PAGE) +
	                                  3 * machine->hosts[0].params->pio_write + SIM_NS);
	receiver.done = true;
}

START_TEST(test_pages_are_pinned_once)
{
	run(pin_once);
}
END_TEST

/* Every stage of a short message that the hardware passes is marked once, in order, with the message's id. */
static void
traced(void *arg)
{
	static const enum trace_stage stages[] = {
	        TRACE_STAGE_CALL, TRACE_STAGE_PICKUP,  TRACE_STAGE_INJECT,    TRACE_STAGE_HEAD,
	        TRACE_STAGE_TAIL, TRACE_STAGE_DEPOSIT, TRACE_STAGE_DEPOSITED,
	};
	const struct trace_record *records;
	struct client c;
	size_t n, seen = 0;
	uint32_t id;

	(void)arg;
	client_start(&c);
	trace_record(true);
	ck_assert_int_eq(vmmc_send(c.v, c.memory, c.proxy, 0, 4, NULL), VMMC_OK);
	id = vmmc_last_trace(c.v);
	ck_assert_uint_ne(id, 0);
	rig_pause(SIM_MS);
	records = trace_records(&n);
	for (size_t i = 0; i < n; i++)
		if (records[i].id == id && seen < G_N_ELEMENTS(stages) && records[i].stage == stages[seen])
			seen++;
	ck_assert_uint_eq(seen, G_N_ELEMENTS(stages));
	task_set_trace(task_self(), 77);
	ck_assert_int_eq(vmmc_send(c.v, c.memory, c.proxy, 0, 4, NULL), VMMC_OK);
	ck_assert_uint_eq(vmmc_last_trace(c.v), 77);
	receiver.done = true;
}

START_TEST(test_trace)
{
	run(traced);
}
END_TEST

static void
refuse(const char *set, unsigned processes, const char *part)
{
	char *error = NULL;
	struct platform *platform;
	struct lanai_image *image = firmware_image(FIRMWARE_IMAGE_LIB, FIRMWARE_IMAGE_VMMC, &error);
	struct machine *m;

	engine_init();
	platform = platform_load("myrinet-pc", &set, set ? 1 : 0, &error);
	ck_assert_msg(platform != NULL, "%s", error);
	m = machine_new(platform, false, &error);
	ck_assert(!driver_start(m, image, processes, &error));
	ck_assert_ptr_nonnull(strstr(error, part));
	g_free(error);
	machine_free(m);
	platform_free(platform);
	lanai_image_free(image);
}

START_TEST(test_little_sram)
{
	refuse("nic.sram_KB=128", DRIVER_PROCESSES, "nic.sram_KB");
}
END_TEST

START_TEST(test_processes)
{
	refuse(NULL, 9, "processes");
}
END_TEST

START_TEST(test_no_image)
{
	char *error = NULL;

	ck_assert_ptr_null(firmware_image(FIRMWARE_IMAGE_LIB, "firmware/images/none", &error));
	ck_assert_ptr_nonnull(strstr(error, "firmware/images/none"));
	g_free(error);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("cost");
	TCase *cases = tcase_create("cost");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(cases, 60);
	tcase_add_test(cases, test_one_word_send);
	tcase_add_test(cases, test_pages_are_pinned_once);
	tcase_add_test(cases, test_trace);
	tcase_add_test(cases, test_little_sram);
	tcase_add_test(cases, test_processes);
	tcase_add_test(cases, test_no_image);
	suite_add_tcase(suite, cases);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
