/* What stays pinned, what it costs, and who may pin how much; translation by interrupts. */
#include "host-lib/instruction_counts.h"
#include "host-lib/translation.h"
#include "tests/hostlib/main.h"
#include "tests/hostlib/rig.h"
#include "tests/quick_assert.h"

#include <string.h>

#define NAME  7
#define BYTES (64 * UMEM_PAGE)

static struct rig_receiver receiver;
static struct machine *machine;

static void
run(int nic, const char *const *sets, void (*client)(void *))
{
	machine = rig_start(nic, sets);
	receiver = (struct rig_receiver){.name = NAME, .node = VMMC_ANY_NODE, .bytes = BYTES};
	rig_program(1, "receiver", rig_receiver, &receiver);
	rig_program(0, "client", client, NULL);
	rig_run();
	rig_end();
}

/* The table. ---------------------------------------------------------------------------------------------------------
 */

/* A word of the table as the NIC gets it. */
static uint32_t
fetch(struct host_bus *bus, uint32_t address)
{
	uint8_t b[4];

	ck_assert(hb_dma_from_host(bus, address, b, sizeof b));
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static uint32_t
walk(struct host_bus *bus, const struct translation *t, uint32_t page)
{
	uint32_t entry = fetch(bus, translation_directory(t) + page / 1024 * 4);

	return entry & TRANSLATION_VALID ? fetch(bus, (entry & ~4095u) + page % 1024 * 4) : 0;
}

START_TEST(test_table)
{
	static const uint32_t pages[] = {0, 1023, 1024, 0x10000, 0x40001, 0xFFFFF};
	struct host_bus *bus;
	struct translation *t;

	machine = rig_start(RIG_MEMORY, NULL);
	bus = machine->hosts[0].bus;
	t = translation_new(bus);
	for (unsigned i = 0; i < sizeof pages / sizeof *pages; i++)
		ck_assert(translation_set(t, pages[i], 100 + i));
	for (unsigned i = 0; i < sizeof pages / sizeof *pages; i++) {
		ck_assert_uint_eq(translation_entry(t, pages[i]), (100 + i) << 12 | TRANSLATION_VALID);
		ck_assert_uint_eq(walk(bus, t, pages[i]), (100 + i) << 12 | TRANSLATION_VALID);
	}
	ck_assert_uint_eq(walk(bus, t, 2), 0);
	ck_assert_uint_eq(walk(bus, t, 0x20000), 0);
	ck_assert_uint_eq(translation_entry(t, 0x20000), 0);
	translation_clear(t, 1024);
	translation_clear(t, 0x30000);
	ck_assert_uint_eq(walk(bus, t, 1024), 0);
	translation_free(t);
	rig_run();
	rig_end();
}
END_TEST

/* User-managed. ------------------------------------------------------------------------------------------------------
 */

static sim_time
pin_time(unsigned n)
{
	return machine->hosts[0].params->pin_base + n * machine->hosts[0].params->pin_page;
}

static sim_time
unpin_time(unsigned n)
{
	return machine->hosts[0].params->unpin_base + n * machine->hosts[0].params->unpin_page;
}

/* How long the processor is busy giving a send of one page. */
static sim_time
give(struct rig_client *c, unsigned page)
{
	sim_time start;
	uint64_t ticket;

	cpu_settle();
	start = sim_now();
	ck_assert_int_eq(vmmc_send(c->v, c->address + page * UMEM_PAGE, c->proxy, 0, UMEM_PAGE, &ticket), VMMC_OK);
	cpu_settle();
	start = sim_now() - start;
	ck_assert_int_eq(vmmc_wait_sent(c->v, ticket, SIM_NEVER), VMMC_OK);
	return start;
}

/* Limit 4: pages 0 to 3 fit; page 4 takes the place of the one used longest ago, which is page 1. */
static void
least_recently_used(void *arg)
{
	struct rig_client c;
	sim_time pinned;

	(void)arg;
	rig_client_open(&c, &receiver, 1, BYTES);
	for (unsigned page = 0; page < 4; page++)
		give(&c, page);
	pinned = give(&c, 0);
	ck_assert_uint_lt(pinned, pin_time(1));
	ck_assert_uint_ge(give(&c, 4), pinned + pin_time(1) + unpin_time(1));
	ck_assert_uint_eq(give(&c, 0), pinned);
	ck_assert_uint_eq(give(&c, 3), pinned);
	ck_assert_uint_eq(give(&c, 4), pinned);
	ck_assert_uint_eq(give(&c, 2), pinned);
	ck_assert_uint_ge(give(&c, 1), pinned + pin_time(1) + unpin_time(1));
	ck_assert_uint_ge(give(&c, 0), pinned + pin_time(1)); /* it went for page 1 */
	receiver.done = true;
}

START_TEST(test_least_recently_used)
{
	static const char *const limit[] = {"vmmc.pin_limit_pages=4", NULL};

	run(_i, limit, least_recently_used);
}
END_TEST

/* The driver trusts no library: its own limit, counts of pins, memory that is not there. */
static void
driver_limit(void *arg)
{
	struct driver_listener nobody = {0};
	struct driver_process *d;
	struct process *p = task_process(task_self());
	uint64_t at = umem_alloc(p->memory, 16 * UMEM_PAGE);

	(void)arg;
	ck_assert_int_eq(driver_open(p, &nobody, &d), VMMC_OK);
	ck_assert_int_eq(driver_pin(d, at, 3), VMMC_OK);
	ck_assert_int_eq(driver_pin(d, at, 3), VMMC_OK); /* the same pages once more */
	ck_assert_int_eq(driver_pin(d, at + 3 * UMEM_PAGE, 2), VMMC_ENOSPC);
	driver_unpin(d, at, 3);
	ck_assert_int_eq(driver_pin(d, at + 3 * UMEM_PAGE, 2), VMMC_ENOSPC); /* still pinned once */
	driver_unpin(d, at, 2);
	ck_assert_int_eq(driver_pin(d, at + 3 * UMEM_PAGE, 2), VMMC_OK);
	driver_unpin(d, at + 8 * UMEM_PAGE, 4); /* never pinned */
	driver_unpin(d, at, 16);
	ck_assert_int_eq(driver_pin(d, at + 4096 * UMEM_PAGE, 2), VMMC_EFAULT);
	ck_assert_int_eq(driver_pin(d, at, 4), VMMC_OK);
	ck_assert_int_eq(driver_pin(d, 0xFFFFF000u, 2), VMMC_EFAULT);
	driver_close(d);
	receiver.done = true;
}

START_TEST(test_driver_limit)
{
	static const char *const limit[] = {"vmmc.pin_limit_pages=4", NULL};

	run(_i, limit, driver_limit);
}
END_TEST

/* Exports are counted apart: 64 pages of them (the receiver's) under a limit of 2. */
static void
one_page(void *arg)
{
	struct rig_client c;

	(void)arg;
	rig_client_open(&c, &receiver, 1, BYTES);
	ck_assert_int_eq(rig_send(&c, 0, 0, 8 * UMEM_PAGE + 4, 9), VMMC_OK);
	rig_pause(SIM_MS);
	for (unsigned i = 0; i < 8 * UMEM_PAGE + 4; i++)
		quick_assert_msg(receiver.buffer[i] == 9, "byte %u", i);
	receiver.done = true;
}

START_TEST(test_limit_of_one)
{
	static const char *const limit[] = {"vmmc.pin_limit_pages=1", NULL};

	run(_i, limit, one_page);
}
END_TEST

/* Two tasks of a process share a limit that each would use up alone. */
static struct rig_client shared;
static unsigned n_ended;

static void
half(void *arg)
{
	unsigned own = *(unsigned *)arg;

	for (unsigned i = 0; i < 40; i++) {
		uint32_t from = (own * 32 + i % 24) * UMEM_PAGE, bytes = (1 + i % 7) * UMEM_PAGE;
		memset(shared.data + from, (int)(own + 1), bytes);
		ck_assert_int_eq(vmmc_send(shared.v, shared.address + from, shared.proxy, from, bytes, NULL), VMMC_OK);
	}
	n_ended++;
}

static void
two_tasks(void *arg)
{
	static unsigned number[2] = {0, 1};

	(void)arg;
	rig_client_open(&shared, &receiver, 1, BYTES);
	n_ended = 0;
	for (unsigned i = 0; i < 2; i++)
		task_start(shared.process, "half", false, half, &number[i]);
	while (n_ended < 2)
		rig_pause(SIM_MS);
	rig_pause(SIM_MS);
	for (unsigned own = 0; own < 2; own++)
		for (unsigned i = 0; i < 24 * UMEM_PAGE; i++)
			quick_assert_msg(receiver.buffer[own * 32 * UMEM_PAGE + i] == own + 1, "byte %u", i);
	receiver.done = true;
}

START_TEST(test_two_tasks)
{
	static const char *const limit[] = {"vmmc.pin_limit_pages=6", NULL};

	run(_i, limit, two_tasks);
}
END_TEST

/* By interrupts. -----------------------------------------------------------------------------------------------------
 */

static void
missing(void *arg)
{
	sim_time before, after;
	struct rig_client c;

	(void)arg;
	rig_client_open(&c, &receiver, 1, BYTES);
	before = cpu_times(machine->hosts[0].cpus).account[CPU_INTERRUPT];
	ck_assert_int_eq(rig_send(&c, 0, 0, 16 * UMEM_PAGE, 3), VMMC_OK);
	rig_pause(SIM_MS);
	for (unsigned i = 0; i < 16 * UMEM_PAGE; i++)
		quick_assert_msg(receiver.buffer[i] == 3, "byte %u", i);
	after = cpu_times(machine->hosts[0].cpus).account[CPU_INTERRUPT];
	ck_assert_uint_ge(after - before, machine->hosts[0].params->interrupt + pin_time(16));
	ck_assert_uint_ge(driver_counter(&machine->hosts[0], "miss_interrupts"), 1);
	ck_assert_int_eq(vmmc_send(c.v, c.address + 1024 * UMEM_PAGE, c.proxy, 0, 2 * UMEM_PAGE, NULL), VMMC_EFAULT);
	receiver.done = true;
}

START_TEST(test_by_interrupt)
{
	static const char *const by_interrupt[] = {"vmmc.translation_by_interrupt=1", NULL};

	run(_i, by_interrupt, missing);
}
END_TEST

static void
missing_again(void *arg)
{
	struct rig_client c;

	(void)arg;
	rig_client_open(&c, &receiver, 1, BYTES);
	for (unsigned round = 0; round < 3; round++)
		for (unsigned at = 0; at < BYTES; at += 8 * UMEM_PAGE)
			ck_assert_int_eq(rig_send(&c, at, at, 8 * UMEM_PAGE, (int)(round * 16 + at / UMEM_PAGE)),
			                 VMMC_OK);
	rig_pause(SIM_MS);
	for (unsigned i = 0; i < BYTES; i++)
		quick_assert_msg(receiver.buffer[i] == 32 + i / (8 * UMEM_PAGE) * 8, "byte %u", i);
	ck_assert_uint_ge(driver_counter(&machine->hosts[0], "miss_interrupts"), 3 * 8);
	receiver.done = true;
}

START_TEST(test_by_interrupt_with_a_limit)
{
	static const char *const sets[] = {"vmmc.translation_by_interrupt=1", "vmmc.pin_limit_pages=4", NULL};

	run(_i, sets, missing_again);
}
END_TEST

static void
add_cases(TCase *cases)
{
	tcase_add_test(cases, test_table);
	tcase_add_loop_test(cases, test_least_recently_used, 0, RIG_N_NICS);
	tcase_add_loop_test(cases, test_driver_limit, 0, RIG_N_NICS);
	tcase_add_loop_test(cases, test_limit_of_one, 0, RIG_N_NICS);
	tcase_add_loop_test(cases, test_two_tasks, 0, RIG_N_NICS);
	tcase_add_loop_test(cases, test_by_interrupt, 0, RIG_N_NICS);
	tcase_add_loop_test(cases, test_by_interrupt_with_a_limit, 0, RIG_N_NICS);
}

int
main(void)
{
	return run_suite("pinning", add_cases);
}
