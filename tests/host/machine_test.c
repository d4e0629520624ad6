/* The machine as the platform describes it: assembly, the path from a deposit to a spinning task, utilisation. */
#include "nic-sim/engine.h"
#include "nic-sim/machine.h"

#include <check.h>
#include <glib.h>
#include <string.h>
#include <unistd.h>

static struct platform *platform;
static struct machine *machine;

static void
build(const char *path, bool allow_deadlock, char **error)
{
	engine_init();
	platform = platform_load(path, NULL, 0, error);
	ck_assert_msg(platform, "%s", *error);
	machine = machine_new(platform, allow_deadlock, error);
}

static void
setup(void)
{
	char *error = NULL;

	build("myrinet-pc", false, &error);
	ck_assert_msg(machine, "%s", error);
}

static void
teardown(void)
{
	if (machine)
		machine_free(machine);
	platform_free(platform);
}

START_TEST(as_the_platform_says)
{
	ck_assert_uint_eq(machine->n_hosts, 2);
	for (unsigned i = 0; i < machine->n_hosts; i++) {
		const struct host *host = &machine->hosts[i];

		ck_assert_uint_eq(host->node, i);
		ck_assert_str_eq(host->name, platform->hosts[i]);
		ck_assert_ptr_eq(host->params, &platform->params[i]);
		ck_assert_ptr_eq(host->machine, machine);
		ck_assert_uint_eq(cpu_count(host->cpus), host->params->cpus);
	}
}
END_TEST

/* These two build their own, from another platform. */
START_TEST(a_deadlock_is_refused)
{
	char *error = NULL;

	build("tests/platform/ring-deadlock.xml", false, &error);
	ck_assert_ptr_null(machine);
	ck_assert_ptr_nonnull(strstr(error, "ring-0"));
	g_free(error);
}
END_TEST

START_TEST(a_deadlock_can_be_allowed)
{
	char *error = NULL;

	build("tests/platform/ring-deadlock.xml", true, &error);
	ck_assert_ptr_nonnull(machine);
	ck_assert_uint_eq(machine->n_hosts, 4);
}
END_TEST

/* A deposit. ------------------------------------------------------------------------------------------------------- */

#define DEPOSIT_AT   (100 * SIM_US)
#define DEPOSIT_RATE 1000000000u /* bytes/s; more than any bus of the platforms gives */

struct deposit {
	struct sim_event event;
	struct process *process;
	struct umem_range word;
	uint32_t bus_address;
	sim_time done;
};

static void
deposited(void *arg, bool ok)
{
	static const uint8_t data[] = {1, 2, 3, 4};
	struct deposit *d = arg;

	ck_assert(ok);
	d->done = sim_now();
	ck_assert(hb_dma_to_host(d->process->host->bus, d->bus_address, data, sizeof data));
}

static void
start_deposit(struct sim_event *ev)
{
	struct deposit *d = sim_event_owner(ev, struct deposit, event);
	int frame = umem_frame(d->process->memory, d->word.address);

	ck_assert_int_ge(frame, 0);
	d->bus_address = (uint32_t)frame * HB_FRAME + (uint32_t)(d->word.address % UMEM_PAGE);
	hb_dma_start(d->process->host->bus, d->bus_address, 4, DEPOSIT_RATE, deposited, d);
}

static bool
word_is_set(void *arg)
{
	const struct deposit *d = arg;

	return umem_load_be32(d->process->memory, d->word.address) == 0x01020304;
}

static void
receive(void *arg)
{
	struct deposit *d = arg;
	sim_time period = d->process->host->params->poll_period;

	ck_assert(cpu_spin(word_is_set, d, d->process->memory, &d->word, 1, SIM_NEVER));
	ck_assert_uint_gt(d->done, DEPOSIT_AT);
	ck_assert_uint_eq(sim_now(), (d->done + period - 1) / period * period);
}

START_TEST(a_deposit_ends_a_spin)
{
	struct deposit d = {.process = process_new(&machine->hosts[1], "receiver")};

	d.word = (struct umem_range){umem_alloc(d.process->memory, UMEM_PAGE) + 40, 4};
	ck_assert(umem_pin(d.process->memory, d.word.address, 4));
	sim_event_init(&d.event, SIM_RANK_NODE + 1, start_deposit);
	sim_post(&d.event, DEPOSIT_AT);
	task_start(d.process, "receiver", false, receive, &d);
	ck_assert_int_eq(sim_run(SIM_S), SIM_DONE);
}
END_TEST

/* Utilisation. ----------------------------------------------------------------------------------------------------- */

static void
write_and_read_back(void *unused)
{
	struct host_bus *bus = task_process(task_self())->host->bus;
	const uint32_t words[] = {11, 12, 13};

	(void)unused;
	hb_pio_write_wait(bus, 0x100, words, 3, 0);
	ck_assert_uint_eq(hb_pio_read_wait(bus, 0x104), 12);
	cpu_charge(CPU_USER, 10 * SIM_US);
	cpu_settle();
	cpu_block("half of the time", 2 * sim_now());
}

/* PIO is a touch of something shared: it begins when what was computed before it is paid. */
static void
look_at_sram(struct sim_event *ev)
{
	ck_assert_uint_eq(nic_read(machine->hosts[0].nic, 0x100), sim_now() < 5 * SIM_US ? 0 : 7);
	if (sim_now() < 5 * SIM_US)
		sim_post(ev, 6 * SIM_US);
}

static void
compute_and_write(void *unused)
{
	const struct host *host = task_process(task_self())->host;
	const uint32_t word = 7;
	uint64_t before = engine_handovers();

	(void)unused;
	cpu_charge(CPU_USER, 5 * SIM_US);
	hb_pio_write_wait(host->bus, 0x100, &word, 1, 0);
	ck_assert_uint_eq(sim_now(), 5 * SIM_US + host->params->pio_write);
	ck_assert_uint_eq(cpu_settle(), 0);
	ck_assert_uint_eq(engine_handovers(), before + 1);
	cpu_block("the second look", 7 * SIM_US);
}

START_TEST(pio_pays_the_debt_first)
{
	struct sim_event look;

	sim_event_init(&look, SIM_RANK_NODE, look_at_sram);
	sim_post(&look, 4 * SIM_US);
	task_start(process_new(&machine->hosts[0], "p"), "p", false, compute_and_write, NULL);
	ck_assert_int_eq(sim_run(SIM_S), SIM_DONE);
	ck_assert_uint_eq(sim_now(), 7 * SIM_US);
}
END_TEST

static void
sum_up(void *arg, const char *name, double utilisation)
{
	double *cpu = arg;

	ck_assert(utilisation >= 0 && utilisation <= 1);
	if (!strcmp(name, "pc-0 CPU"))
		*cpu = utilisation;
	else if (strcmp(name, "pc-0 PIO"))
		ck_assert_msg(utilisation == 0, "%s has nothing to do", name);
}

START_TEST(utilisation)
{
	struct process *p = process_new(&machine->hosts[0], "p");
	const struct params *params = &platform->params[0];
	double cpu = 0, busiest;

	ck_assert_ptr_nonnull(machine_saturated(machine, &busiest));
	ck_assert(busiest == 0);
	task_start(p, "p", false, write_and_read_back, NULL);
	ck_assert_int_eq(sim_run(SIM_S), SIM_DONE);
	ck_assert_uint_eq(sim_now(), 2 * (3 * params->pio_write + params->pio_read + 10 * SIM_US));
	machine_utilisations(machine, sum_up, &cpu);
	ck_assert_double_eq(cpu, 0.5);
	ck_assert_str_eq(machine_saturated(machine, &busiest), "pc-0 CPU");
	ck_assert_double_eq(busiest, 0.5);
	ck_assert_uint_eq(cpu_times(machine->hosts[0].cpus).idle, sim_now() / 2);
	ck_assert_uint_eq(cpu_times(machine->hosts[1].cpus).idle, sim_now());
}
END_TEST

static void
spin_in_vain(void *arg)
{
	struct deposit *d = arg;

	ck_assert(!cpu_spin(word_is_set, d, d->process->memory, &d->word, 1, SIM_US));
}

START_TEST(spinning_is_no_work)
{
	struct deposit d = {.process = process_new(&machine->hosts[0], "p")};
	double busiest;

	d.word = (struct umem_range){umem_alloc(d.process->memory, 4), 4};
	task_start(d.process, "p", false, spin_in_vain, &d);
	ck_assert_int_eq(sim_run(SIM_S), SIM_DONE);
	ck_assert_uint_ge(sim_now(), SIM_US);
	machine_saturated(machine, &busiest);
	ck_assert(busiest == 0);
}
END_TEST

static void
spin_for_ever(void *arg)
{
	struct deposit *d = arg;

	cpu_spin(word_is_set, d, d->process->memory, &d->word, 1, SIM_NEVER);
}

START_TEST(a_deadlock_says_what_all_are_doing)
{
	struct deposit d = {.process = process_new(&machine->hosts[0], "p")};
	char text[8192] = "";
	FILE *file = tmpfile();

	d.word = (struct umem_range){umem_alloc(d.process->memory, 4), 4};
	task_start(d.process, "lonely", false, spin_for_ever, &d);
	dup2(fileno(file), STDERR_FILENO);
	ck_assert_int_eq(sim_run(SIM_S), SIM_DEADLOCK);
	rewind(file);
	ck_assert_uint_gt(fread(text, 1, sizeof text - 1, file), 0);
	ck_assert_ptr_nonnull(strstr(text, "pc-0: task lonely: spins (since 0.000 us)"));
	fclose(file);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("machine");
	TCase *t = tcase_create("myrinet-pc"), *ring = tcase_create("ring");
	SRunner *r = srunner_create(s);

	suite_add_tcase(s, t);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, as_the_platform_says);
	tcase_add_test(t, a_deposit_ends_a_spin);
	tcase_add_test(t, pio_pays_the_debt_first);
	tcase_add_test(t, utilisation);
	tcase_add_test(t, spinning_is_no_work);
	tcase_add_test(t, a_deadlock_says_what_all_are_doing);
	suite_add_tcase(s, ring);
	tcase_add_checked_fixture(ring, NULL, teardown);
	tcase_add_test(ring, a_deadlock_is_refused);
	tcase_add_test(ring, a_deadlock_can_be_allowed);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
