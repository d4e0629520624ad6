/* Redirection as a process sees it: what goes where, how posts end, and that no other byte is touched. */
#include "host-lib/vmmc_state.h"
#include "tests/hostlib/main.h"
#include "tests/hostlib/rig.h"
#include "tests/quick_assert.h"

#include <string.h>

#define NAME   7
#define BYTES  (32 * UMEM_PAGE)
#define CANARY 0xC5
#define QUIET  (2 * SIM_MS) /* longer than anything that is sent here takes to arrive */

static struct rig_receiver receiver;
static struct machine *machine;
static uint64_t user_address;
static uint8_t *user;
static struct {
	uint32_t offset, length, packet; /* to be sent: in sends of `packet` bytes */
	bool pending, end;
} order;

/* What the sender writes at a place of the default buffer. */
static uint8_t
data_at(uint32_t place)
{
	return (uint8_t)(place * 7 % 193 + place / 4096 % 3);
}

static void
sender(void *arg)
{
	struct rig_client c;

	(void)arg;
	rig_client_open(&c, &receiver, 1, BYTES);
	for (uint32_t i = 0; i < BYTES; i++)
		c.data[i] = data_at(i);
	while (!order.end) {
		rig_pause(5 * SIM_US);
		for (uint32_t at = 0, n; order.pending && at < order.length; at += n) {
			n = order.length - at < order.packet ? order.length - at : order.packet;
			if (vmmc_send(c.v, c.address + order.offset + at, c.proxy, order.offset + at, n, NULL))
				break;
		}
		order.pending = false;
	}
}

static void
begin_send(uint32_t offset, uint32_t length, uint32_t packet)
{
	order.offset = offset;
	order.length = length;
	order.packet = packet;
	order.pending = true;
}

static void
finish_send(void)
{
	while (order.pending)
		rig_pause(10 * SIM_US);
	rig_pause(QUIET);
}

static void
send_all(uint32_t offset, uint32_t length, uint32_t packet)
{
	begin_send(offset, length, packet);
	finish_send();
}

static void
open_receiver(void)
{
	rig_receiver_open(&receiver);
	user_address = umem_alloc(receiver.process->memory, BYTES);
	user = umem_pointer(receiver.process->memory, user_address, BYTES);
}

static void
clear(void)
{
	memset(receiver.buffer, CANARY, BYTES);
	memset(user, CANARY, BYTES);
}

static void
run_with(int nic, const char *const *sets, void (*body)(void *))
{
	machine = rig_start(nic, sets);
	memset(&order, 0, sizeof order);
	receiver = (struct rig_receiver){.name = NAME, .node = VMMC_ANY_NODE, .bytes = BYTES};
	rig_program(1, "receiver", body, NULL);
	rig_program(0, "sender", sender, NULL);
	rig_run();
	rig_end();
}

static void
run(int nic, void (*body)(void *))
{
	run_with(nic, NULL, body);
}

/* Does the buffer hold the data of places [place, +n), and canaries around them? */
static void
check_run(const uint8_t *at, uint32_t place, uint32_t n, const char *what)
{
	for (uint32_t i = 0; i < n; i++)
		quick_assert_msg(at[i] == data_at(place + i), "%s: byte %u of %u", what, i, n);
}

static void
check_canaries(const uint8_t *at, uint32_t n, const char *what)
{
	for (uint32_t i = 0; i < n; i++)
		quick_assert_msg(at[i] == CANARY, "%s: byte %u of %u was written", what, i, n);
}

/* A range of the default buffer of which everything was sent, and its user buffer: each byte is in one of the two. */
static void
check_post(const struct vmmc_post_end *end, uint32_t offset, uint32_t to, uint32_t length)
{
	ck_assert_uint_le(end->first + end->taken, length);
	check_canaries(user + to, end->first, "user buffer before");
	check_run(user + to + end->first, offset + end->first, end->taken, "user buffer");
	check_canaries(user + to + end->first + end->taken, length - end->first - end->taken, "user buffer behind");
	check_run(receiver.buffer + offset, offset, end->first, "default buffer before");
	check_canaries(receiver.buffer + offset + end->first, end->taken, "default buffer");
	check_run(receiver.buffer + offset + end->first + end->taken, offset + end->first + end->taken,
	          length - end->first - end->taken, "default buffer behind");
}

static struct vmmc_post *
post(uint32_t offset, uint32_t to, uint32_t length)
{
	struct vmmc_post *p;

	ck_assert_int_eq(vmmc_post(receiver.export, offset, user_address + to, length, &p), VMMC_OK);
	return p;
}

static struct vmmc_post_end
finish(struct vmmc_post *p, enum vmmc_post_result result)
{
	struct vmmc_post_end end;

	ck_assert_int_eq(vmmc_post_end(p, &end), VMMC_OK);
	ck_assert_int_eq(end.result, result);
	return end;
}

/* Whole and in part.
 * ---------------------------------------------------------------------------------------------------
 */

static void
whole(void *arg)
{
	static const uint32_t offsets[] = {0, 4, 4092, 6000}, tos[] = {0, 4, 100, 4092},
	                      lengths[] = {4, 64, 4096, 20000};
	struct vmmc_post_end end;

	(void)arg;
	open_receiver();
	for (unsigned i = 0; i < 64; i++) {
		uint32_t offset = offsets[i % 4], to = tos[i / 4 % 4], length = lengths[i / 16];
		struct vmmc_post *p;
		clear();
		p = post(offset, to, length);
		rig_pause(200 * SIM_US);
		ck_assert(vmmc_posted(p));
		send_all(offset, length, i % 3 ? length : 1000);
		ck_assert(!vmmc_posted(p));
		end = finish(p, VMMC_POST_IS_FULL);
		ck_assert_uint_eq(end.first, 0);
		ck_assert_uint_eq(end.taken, length);
		check_post(&end, offset, to, length);
		check_canaries(user, to, "below the user buffer");
		check_canaries(user + to + length, UMEM_PAGE, "above the user buffer");
	}
	order.end = true;
}

START_TEST(test_whole)
{
	run(_i, whole);
}
END_TEST

START_TEST(test_whole_by_interrupt)
{
	static const char *const sets[] = {"vmmc.translation_by_interrupt=1", NULL};

	run_with(_i, sets, whole);
}
END_TEST

/* What has come before stays where it is; what comes behind the end goes to the default buffer. */
static void
in_part(void *arg)
{
	struct vmmc_post_end end;
	struct vmmc_post *p;

	(void)arg;
	open_receiver();
	clear();
	send_all(1000, 3000, 3000);
	p = post(1000, 40, 8000);
	rig_pause(200 * SIM_US);
	send_all(4000, 7000, 7000);
	end = finish(p, VMMC_POST_IS_FULL);
	ck_assert_uint_eq(end.first, 3000);
	ck_assert_uint_eq(end.taken, 5000);
	check_post(&end, 1000, 40, 8000);
	check_run(receiver.buffer + 9000, 9000, 2000, "behind the range");
	check_canaries(receiver.buffer, 1000, "before the range");
	check_canaries(receiver.buffer + 11000, 4096, "behind the data");
	order.end = true;
}

START_TEST(test_in_part)
{
	run(_i, in_part);
}
END_TEST

static void
queued(void *arg)
{
	uint32_t n, length = 5000;
	struct vmmc_post *p[16], *more;
	struct vmmc_post_end end;

	(void)arg;
	open_receiver();
	clear();
	n = vmmc_capabilities(receiver.v)->posts;
	for (uint32_t i = 0; i < n; i++)
		p[i] = post(8 + i * length, 12 + 2 * i * length, length);
	ck_assert_int_eq(vmmc_post(receiver.export, 100000, user_address, 4, &more), VMMC_EBUSY);
	rig_pause(500 * SIM_US);
	send_all(0, 8 + n * length + 100, BYTES);
	for (uint32_t i = 0; i < n; i++) {
		end = finish(p[i], VMMC_POST_IS_FULL);
		ck_assert_uint_eq(end.taken, length);
		check_post(&end, 8 + i * length, 12 + 2 * i * length, length);
	}
	check_run(receiver.buffer, 0, 8, "before");
	check_run(receiver.buffer + 8 + n * length, 8 + n * length, 100, "behind");
	order.end = true;
}

START_TEST(test_queued)
{
	run(_i, queued);
}
END_TEST

/* Ends. --------------------------------------------------------------------------------------------------------------
 */

static void
cancelled(void *arg)
{
	struct vmmc_post_end end;
	struct vmmc_post *p;

	(void)arg;
	open_receiver();
	clear();
	p = post(0, 0, 9000);
	end = finish(p, VMMC_POST_WAS_CANCELLED);
	ck_assert_uint_eq(end.first, 9000);
	ck_assert_uint_eq(end.taken, 0);
	p = post(0, 0, 9000);
	rig_pause(200 * SIM_US);
	send_all(0, 5000, 5000);
	ck_assert(vmmc_posted(p));
	end = finish(p, VMMC_POST_WAS_CANCELLED);
	ck_assert_uint_eq(end.first, 0);
	ck_assert_uint_eq(end.taken, 5000);
	send_all(5000, 4000, 4000);
	check_post(&end, 0, 0, 9000);
	order.end = true;
}

START_TEST(test_cancelled)
{
	run(_i, cancelled);
}
END_TEST

static void
bad_posts(void *arg)
{
	uint32_t most;
	struct vmmc_post *p, *q;

	(void)arg;
	open_receiver();
	clear();
	most = vmmc_capabilities(receiver.v)->post_max;
	ck_assert_int_eq(vmmc_post(receiver.export, 0, user_address, 0, &p), VMMC_EINVAL);
	ck_assert_int_eq(vmmc_post(receiver.export, 0, user_address, most + 4, &p), VMMC_EINVAL);
	ck_assert_int_eq(vmmc_post(receiver.export, 2, user_address, 4, &p), VMMC_EALIGN);
	ck_assert_int_eq(vmmc_post(receiver.export, 0, user_address + 1, 4, &p), VMMC_EALIGN);
	ck_assert_int_eq(vmmc_post(receiver.export, 0, user_address, 6, &p), VMMC_EALIGN);
	ck_assert_int_eq(vmmc_post(receiver.export, BYTES - 4, user_address, 8, &p), VMMC_ERANGE);
	ck_assert_int_eq(vmmc_post(receiver.export, 0, user_address + 4096 * UMEM_PAGE, 8, &p), VMMC_EFAULT);
	p = post(0, 0, 4096);
	q = post(4092, 8192, 4096); /* overlaps */
	rig_pause(200 * SIM_US);
	finish(q, VMMC_POST_WAS_REFUSED);
	ck_assert(vmmc_posted(p));
	finish(p, VMMC_POST_WAS_CANCELLED);
	p = post(0, 0, most);
	send_all(0, most, most);
	finish(p, VMMC_POST_IS_FULL);
	order.end = true;
}

START_TEST(test_bad_posts)
{
	run(_i, bad_posts);
}
END_TEST

/* A process that lets the driver unpin what it has posted. */
static void
unpinned(void *arg)
{
	struct vmmc_post_end end;
	struct vmmc_post *p;

	(void)arg;
	open_receiver();
	clear();
	p = post(0, 0, 12288);
	rig_pause(200 * SIM_US);
	send_all(0, 5000, 5000);
	driver_unpin(receiver.v->driver, user_address + UMEM_PAGE, 1);
	ck_assert(!vmmc_posted(p));
	send_all(5000, 7288, 7288);
	end = finish(p, VMMC_POST_WAS_REVOKED);
	ck_assert_uint_eq(end.taken, 5000);
	check_post(&end, 0, 0, 12288);
	order.end = true;
}

START_TEST(test_unpinned)
{
	run(_i, unpinned);
}
END_TEST

static void
unexported(void *arg)
{
	struct vmmc_post_end end;
	struct vmmc_post *p;

	(void)arg;
	open_receiver();
	clear();
	p = post(0, 0, 12288);
	rig_pause(200 * SIM_US);
	send_all(0, 4096, 4096);
	vmmc_unexport(receiver.export);
	ck_assert(!vmmc_posted(p));
	end = finish(p, VMMC_POST_WAS_REVOKED);
	ck_assert_uint_eq(end.taken, 4096);
	check_canaries(receiver.buffer, BYTES, "withdrawn export");
	order.end = true;
}

START_TEST(test_unexported)
{
	run(_i, unexported);
}
END_TEST

/* Process exit with posts open and data on their way: the oracle fails the run on a byte too late, and the memory is
 * given back to others, who must not find it written. */
static void
exits(void *arg)
{
	(void)arg;
	open_receiver();
	clear();
	post(0, 0, 32768);
	post(32768, 65536, 32768);
	begin_send(0, 65536, 4096);
	rig_pause(600 * SIM_US);
	order.end = true;
}

static bool witnessed;

static void
witness(void *arg)
{
	struct process *me = task_process(task_self());
	uint8_t *memory;

	(void)arg;
	while (!order.end)
		rig_pause(10 * SIM_US);
	while (receiver.process->nic_queue)
		rig_pause(SIM_US);
	memory = umem_pointer(me->memory, umem_alloc(me->memory, BYTES), BYTES);
	memset(memory, CANARY, BYTES);
	rig_receiver_open(&(struct rig_receiver){.name = NAME + 1, .node = VMMC_ANY_NODE, .bytes = BYTES});
	rig_pause(10 * SIM_MS);
	check_canaries(memory, BYTES, "another process");
	witnessed = true;
}

START_TEST(test_exit)
{
	machine = rig_start(_i, NULL);
	memset(&order, 0, sizeof order);
	witnessed = false;
	receiver = (struct rig_receiver){.name = NAME, .node = VMMC_ANY_NODE, .bytes = BYTES};
	rig_program(1, "receiver", exits, NULL);
	rig_program(1, "witness", witness, NULL);
	rig_program(0, "sender", sender, NULL);
	rig_run();
	ck_assert(witnessed);
	rig_end();
}
END_TEST

/* Posted pages do not make room for others. */
static void
limited(void *arg)
{
	struct vmmc_post *p, *q;

	(void)arg;
	open_receiver();
	clear();
	p = post(0, 0, 3 * UMEM_PAGE);
	ck_assert_int_eq(vmmc_post(receiver.export, 16384, user_address + 8 * UMEM_PAGE, 2 * UMEM_PAGE, &q),
	                 VMMC_ENOSPC);
	send_all(0, 3 * UMEM_PAGE, 4096);
	finish(p, VMMC_POST_IS_FULL);
	q = post(16384, 8 * UMEM_PAGE, 4 * UMEM_PAGE);
	finish(q, VMMC_POST_WAS_CANCELLED);
	order.end = true;
}

START_TEST(test_limited)
{
	static const char *const sets[] = {"vmmc.pin_limit_pages=4", NULL};

	run_with(_i, sets, limited);
}
END_TEST

/* Races. -------------------------------------------------------------------------------------------------------------
 */

/* Posts and cancels at many moments of a stream. */
static void
races(void *arg)
{
	struct vmmc_post_end end;
	struct vmmc_post *p;

	(void)arg;
	open_receiver();
	for (unsigned round = 0; round < 60; round++) {
		uint32_t offset = 4 * (round * 331 % 2000), length = 16384 + 4 * round, to = 4 * (round * 7 % 50);
		clear();
		begin_send(offset, length, round % 2 ? 1500 : 7000);
		rig_pause((round * 23 % 500) * SIM_US);
		p = post(offset, to, length);
		rig_pause((round * 37 % 600) * SIM_US);
		ck_assert_int_eq(vmmc_post_end(p, &end), VMMC_OK);
		ck_assert(end.result == VMMC_POST_WAS_CANCELLED || end.result == VMMC_POST_IS_FULL);
		finish_send();
		check_post(&end, offset, to, length);
		check_canaries(receiver.buffer, offset, "before");
		check_canaries(receiver.buffer + offset + length, UMEM_PAGE, "behind");
	}
	order.end = true;
}

START_TEST(test_races)
{
	run(_i, races);
}
END_TEST

static void
add_cases(TCase *cases)
{
	tcase_add_loop_test(cases, test_whole, 0, RIG_N_NICS);
	tcase_add_loop_test(cases, test_whole_by_interrupt, 0, RIG_N_NICS);
	tcase_add_loop_test(cases, test_in_part, 0, RIG_N_NICS);
	tcase_add_loop_test(cases, test_queued, 0, RIG_N_NICS);
	tcase_add_loop_test(cases, test_cancelled, 0, RIG_N_NICS);
	tcase_add_loop_test(cases, test_bad_posts, 0, RIG_N_NICS);
	tcase_add_loop_test(cases, test_unpinned, 0, RIG_N_NICS);
	tcase_add_loop_test(cases, test_unexported, 0, RIG_N_NICS);
	tcase_add_loop_test(cases, test_exit, 0, RIG_N_NICS);
	tcase_add_loop_test(cases, test_limited, 0, RIG_N_NICS);
	tcase_add_loop_test(cases, test_races, 0, RIG_N_NICS);
}

int
main(void)
{
	return run_suite("post", add_cases);
}
