/* A process that writes what it likes into its send queue: nobody else notices but by the time that it takes. */
#include "host-lib/nic_lanai.h"
#include "host-lib/vmmc_state.h"
#include "tests/hostlib/main.h"
#include "tests/hostlib/rig.h"
#include "tests/quick_assert.h"

#include <string.h>
#include <unistd.h>

#define NAME    7
#define BYTES   (16 * UMEM_PAGE)
#define VICTIMS (DRIVER_PROCESSES - 1)
#define ROUNDS  24
#define CANARY  0xC5

static struct machine *machine;
static struct rig_receiver receivers[DRIVER_PROCESSES];
static struct {
	unsigned ended; /* victims */
	sim_time began[VICTIMS], took[VICTIMS];
	bool stop;       /* the hostile process */
	bool flooded;    /* victims wait for it */
	unsigned forged; /* descriptors that it wrote, none of them good */
} run;

/* Victims. -----------------------------------------------------------------------------------------------------------
 */

static uint8_t
value(unsigned who, unsigned round)
{
	return (uint8_t)(1 + who * 60 + round);
}

static bool
all_there(void *arg)
{
	unsigned who = *(unsigned *)arg;

	for (unsigned at = 0; at < BYTES; at += 4)
		if (receivers[who].buffer[at] != value(who, ROUNDS - 1))
			return false;
	return true;
}

/* Streams into its own receiver, and watches that nothing else appears there, nor in its own memory. */
static void
victim(void *arg)
{
	unsigned who = *(unsigned *)arg;
	struct rig_client c;
	uint64_t ticket;

	rig_client_open(&c, &receivers[who], 1, 2 * BYTES);
	memset(c.data + BYTES, CANARY, BYTES);
	while (run.flooded && run.forged < 20)
		rig_pause(10 * SIM_US);
	run.began[who] = sim_now();
	for (unsigned round = 0; round < ROUNDS; round++) {
		memset(c.data, value(who, round), BYTES);
		ck_assert_int_eq(vmmc_send(c.v, c.address, c.proxy, 0, BYTES, &ticket), VMMC_OK);
		ck_assert_int_eq(vmmc_wait_sent(c.v, ticket, SIM_NEVER), VMMC_OK);
	}
	run.took[who] = sim_now() - run.began[who];
	rig_until(all_there, &who);
	for (unsigned i = 0; i < BYTES; i++)
		quick_assert_msg(receivers[who].buffer[i] == value(who, ROUNDS - 1), "byte %u", i);
	for (unsigned i = 0; i < BYTES; i++)
		quick_assert_msg(c.data[BYTES + i] == CANARY, "byte %u", i);
	run.ended++;
}

/* The hostile process. -----------------------------------------------------------------------------------------------
 */

static void
forge(struct vmmc_nic_queue *q, const uint32_t *words, unsigned n)
{
	uint32_t slot = fw_slot(q->index, (unsigned)(q->sent % VMMC_SLOTS));

	for (sim_time deadline = sim_now() + 200 * SIM_MS; fw_read(q->nic, slot);)
		ck_assert_msg(sim_now() < deadline, "a descriptor is not taken");
	hb_pio_publish_wait(machine->hosts[0].bus, slot, words, n, 0);
	q->sent++;
	run.forged++;
}

static void
forge_send(struct vmmc_nic_queue *q, uint32_t op, uint32_t flags, uint32_t length, uint32_t proxy, uint32_t source)
{
	const uint32_t words[] = {VMMC_CONTROL(op, flags, length), proxy, source, 1};

	forge(q, words, G_N_ELEMENTS(words));
}

/* Operations, lengths, proxies and sources that are wrong each in its own way. */
static void
forge_sends(struct rig_client *c)
{
	struct vmmc_nic_queue *q = c->v->queue;
	uint32_t good = c->proxy->import.first << 12, mine = (uint32_t)c->address, n = c->v->can->out_pages;
	const uint32_t proxies[] = {good + 2, good + 1, n << 12, (n + 1) << 12, 0xFFFFFFFC, (good + (100u << 12))};
	const uint32_t sources[] = {0, 4, mine + 2, mine + 8 * UMEM_PAGE, 0xFFFFF000, 0x80000000, 0x40000000};
	const uint32_t lengths[] = {0, 2, 0xFFFFFF, 0xFFFFFE, 0xFFFFFC};

	for (uint32_t op = 5; op < 16; op++)
		forge_send(q, op, op, 4, good, mine);
	forge_send(q, 0, 1, 4, good, mine);
	for (unsigned i = 0; i < G_N_ELEMENTS(proxies); i++) {
		forge_send(q, VMMC_OP_SHORT, 0, 4, proxies[i], 0);
		forge_send(q, VMMC_OP_LONG, 1, 64, proxies[i], mine);
	}
	for (unsigned i = 0; i < G_N_ELEMENTS(sources); i++)
		forge_send(q, VMMC_OP_LONG, 1, 64, good, sources[i]);
	for (unsigned i = 0; i < G_N_ELEMENTS(lengths); i++) {
		forge_send(q, VMMC_OP_LONG, 1, lengths[i], good, mine);
		forge_send(q, VMMC_OP_SHORT, 0, lengths[i], good, 0);
	}
	forge_send(q, VMMC_OP_SHORT, 0, 132, good, 0);
	forge_send(q, VMMC_OP_SHORT, 0, 8, good + UMEM_PAGE - 4, 0); /* over a page end */
}

static void
forge_post(struct vmmc_nic_queue *q, uint32_t slot, uint32_t length, uint32_t place, uint32_t user, uint32_t serial)
{
	const uint32_t words[] = {VMMC_CONTROL(VMMC_OP_POST, slot, length), place, user, serial};

	forge(q, words, G_N_ELEMENTS(words));
}

/* Redirections of what it has not exported, to what it has not pinned, and cancels of what is not there. */
static void
forge_posts(struct rig_client *c)
{
	struct vmmc_nic_queue *q = c->v->queue;
	uint32_t mine = (uint32_t)c->address;

	for (uint32_t slot = 0; slot < 16; slot++) {
		const uint32_t cancel = VMMC_CONTROL(VMMC_OP_CANCEL, slot, 0);
		forge(q, &cancel, 1);
		forge_post(q, slot, 64, mine, mine + 128, 1 + slot);    /* not exported */
		forge_post(q, slot, 64, 0, mine, 30 + slot);            /* nothing there */
		forge_post(q, slot, 64, 0xFFFFFFF0, mine, 50 + slot);   /* around the end */
		forge_post(q, slot, 0xFFFFFC, mine, mine, 70 + slot);   /* huge */
		forge_post(q, slot, 0, mine, mine, 90 + slot);          /* empty */
		forge_post(q, slot, 6, mine + 2, mine + 1, 110 + slot); /* odd */
		forge_post(q, slot, 64, mine, 0x10000000, 0);           /* no serial */
	}
}

static void
forge_noise(struct rig_client *c, unsigned n)
{
	uint32_t good = c->proxy->import.first << 12;

	for (unsigned i = 0; i < n && !run.stop; i++) {
		uint32_t words[4] = {(uint32_t)g_random_int(), (uint32_t)g_random_int(), (uint32_t)g_random_int(), 1};
		if (VMMC_CONTROL_OP(words[0]) == VMMC_OP_SHORT || VMMC_CONTROL_OP(words[0]) == VMMC_OP_LONG)
			words[1] |= (good | 1u << 24) + 1; /* whatever else it is, this proxy is wrong */
		if (!words[0])
			words[0] = 1u << 31;
		forge(c->v->queue, words, G_N_ELEMENTS(words));
	}
}

static void
hostile(void *arg)
{
	unsigned who = VICTIMS;
	uint32_t before;
	struct rig_client c;

	(void)arg;
	g_random_set_seed(1);
	rig_client_open(&c, &receivers[who], 1, 4 * UMEM_PAGE);
	ck_assert_int_eq(vmmc_send(c.v, c.address, c.proxy, 0, 4 * UMEM_PAGE, NULL), VMMC_OK); /* pins its pages */
	rig_pause(SIM_MS);
	memset(receivers[who].buffer, CANARY, BYTES);
	before = driver_counter(&machine->hosts[0], "bad_descriptor");
	forge_sends(&c);
	rig_pause(SIM_MS);
	ck_assert_uint_eq(c.v->ops->failed(c.v->queue), run.forged);
	ck_assert_uint_eq(driver_counter(&machine->hosts[0], "bad_descriptor") - before, run.forged);
	forge_posts(&c);
	forge_noise(&c, 3000);
	while (!run.stop)
		rig_pause(SIM_MS);
	rig_pause(SIM_MS);
	ck_assert_uint_eq(driver_counter(&machine->hosts[0], "posts"), 0);
	ck_assert_uint_gt(driver_counter(&machine->hosts[0], "posts_refused"), 0);
	for (unsigned i = 0; i < BYTES; i++)
		quick_assert_msg(receivers[who].buffer[i] == CANARY, "byte %u", i);
}

/* Runs. --------------------------------------------------------------------------------------------------------------
 */

static unsigned numbers[DRIVER_PROCESSES];

static void
start_with(int nic, const char *const *sets)
{
	machine = rig_start(nic, sets);
	memset(&run, 0, sizeof run);
	for (unsigned i = 0; i < DRIVER_PROCESSES; i++) {
		receivers[i] = (struct rig_receiver){.name = NAME + i, .node = VMMC_ANY_NODE, .bytes = BYTES};
		numbers[i] = i;
		rig_program(1, "receiver", rig_receiver, &receivers[i]);
	}
}

static void
start(int nic)
{
	start_with(nic, NULL);
}

static void
conduct(void *arg)
{
	unsigned n = *(unsigned *)arg;

	while (run.ended < n)
		rig_pause(SIM_MS);
	run.stop = true;
	rig_pause(30 * SIM_MS);
	for (unsigned i = 0; i < DRIVER_PROCESSES; i++)
		receivers[i].done = true;
}

static void
go_until(unsigned victims, unsigned ended)
{
	for (unsigned i = 0; i < victims; i++)
		rig_program(0, "victim", victim, &numbers[i]);
	rig_program(1, "conductor", conduct, &ended);
	rig_run();
	rig_end();
}

static void
go(unsigned victims)
{
	go_until(victims, victims);
}

START_TEST(test_many_processes)
{
	start(_i);
	go(VICTIMS);
}
END_TEST

START_TEST(test_forged_descriptors)
{
	start(RIG_LANAI);
	rig_program(0, "hostile", hostile, NULL);
	go(VICTIMS);
}
END_TEST

/* A queue that is never empty of nonsense, written by a processor of its own: a victim keeps its share of the bus and
 * of the NIC, which is half. */
static void
flood(void *arg)
{
	struct rig_client c;

	(void)arg;
	rig_client_open(&c, &receivers[VICTIMS], 1, 4 * UMEM_PAGE);
	while (!run.stop)
		forge_send(c.v->queue, VMMC_OP_LONG, 1, 64, 0xFFFFFFFC, 0);
}

static sim_time
time_of_one(bool flooded)
{
	static const char *const two_processors[] = {"host.cpus=2", NULL};

	start_with(RIG_LANAI, two_processors);
	run.flooded = flooded;
	if (flooded)
		rig_program(0, "flood", flood, NULL);
	go(1);
	return run.took[0];
}

/* Each in a process of its own, because there is one engine a process: the first time comes through a pipe. */
START_TEST(test_flood)
{
	sim_time alone, flooded;
	int pipe_ends[2];

	ck_assert_int_eq(pipe(pipe_ends), 0);
	if (check_fork() == 0) {
		alone = time_of_one(false);
		ck_assert_int_eq(write(pipe_ends[1], &alone, sizeof alone), sizeof alone);
		exit(EXIT_SUCCESS);
	}
	ck_assert_int_eq(read(pipe_ends[0], &alone, sizeof alone), sizeof alone);
	flooded = time_of_one(true);
	printf("hostile: a stream takes %.0f us alone, %.0f us beside a flood of %u forged descriptors\n",
	       sim_to_us(alone), sim_to_us(flooded), run.forged);
	ck_assert_uint_gt(run.forged, 100);
	ck_assert_msg(flooded < 3 * alone, "%.0f us alone, %.0f us beside a flood of %u descriptors", sim_to_us(alone),
	              sim_to_us(flooded), run.forged);
}
END_TEST

/* A proxy of a buffer that was withdrawn, used by hand: the receiver's NIC refuses, whoever has the frames now. */
static void
stale(void *arg)
{
	struct rig_client c;
	uint32_t proxy, dropped, before;

	(void)arg;
	rig_client_open(&c, &receivers[VICTIMS], 1, 4 * UMEM_PAGE);
	proxy = c.proxy->import.first << 12;
	before = driver_counter(&machine->hosts[1], "drop_protection");
	vmmc_unexport(receivers[VICTIMS].export);
	rig_pause(2 * SIM_MS);
	ck_assert_int_eq(vmmc_send(c.v, c.address, c.proxy, 0, 4, NULL), VMMC_ESTALE);
	for (unsigned i = 0; i < 100; i++)
		forge_send(c.v->queue, VMMC_OP_SHORT, 0, 8, proxy + 4 * i, 0xDEADBEEF);
	rig_pause(5 * SIM_MS);
	dropped = driver_counter(&machine->hosts[1], "drop_protection");
	ck_assert_uint_eq(dropped - before, 100);
	run.ended++;
}

START_TEST(test_stale_import)
{
	start(RIG_LANAI);
	rig_program(0, "stale", stale, NULL);
	go_until(2, 3);
}
END_TEST

static void
add_cases(TCase *cases)
{
	tcase_add_loop_test(cases, test_many_processes, 0, RIG_N_NICS);
	tcase_add_test(cases, test_forged_descriptors);
	tcase_add_test(cases, test_flood);
	tcase_add_test(cases, test_stale_import);
}

int
main(void)
{
	return run_suite("hostile", add_cases);
}
