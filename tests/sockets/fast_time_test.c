/* Round trips and bandwidth of the link, by the papers' method: within what the parts of the path allow. */
#include "tests/hostlib/main.h"
#include "tests/sockets/fast_rig.h"

#include <stdio.h>

#define ROUNDS 20u
#define SENDS  500u

static struct {
	uint32_t bytes;
	bool in_bulk_area;
	sim_time begin, end; /* of what is measured */
} run;

static uint8_t *
buffer(struct end *end)
{
	uint64_t address =
	        run.in_bulk_area ? fast_alloc(end->process, run.bytes) : umem_alloc(end->process->memory, run.bytes);

	ck_assert_uint_ne(address, 0);
	return umem_pointer(end->process->memory, address, run.bytes);
}

static void
ping(struct end *end)
{
	uint8_t *data = buffer(end);

	for (unsigned i = 0; i < ROUNDS + 2; i++) {
		cpu_settle();
		if (i == 2)
			run.begin = sim_now();
		fast_send_all(end, data, run.bytes);
		fast_recv(end, data, run.bytes, true);
	}
	cpu_settle();
	run.end = sim_now();
}

static void
pong(struct end *end)
{
	uint8_t *data = buffer(end);

	for (unsigned i = 0; i < ROUNDS + 2; i++) {
		fast_recv(end, data, run.bytes, true);
		fast_send_all(end, data, run.bytes);
	}
}

static void
send_many(struct end *end)
{
	uint8_t *data = buffer(end);

	run.begin = sim_now();
	for (unsigned i = 0; i < SENDS; i++)
		fast_send_all(end, data, run.bytes);
	fast_recv(end, data, 1, true);
	cpu_settle();
	run.end = sim_now();
}

static void
take_many(struct end *end)
{
	uint8_t *data = buffer(end);

	for (unsigned i = 0; i < SENDS; i++)
		fast_recv(end, data, run.bytes, true);
	fast_send_all(end, data, 1);
}

struct variant {
	const char *name;
	bool posting, sender_based, in_bulk_area;
};
static const struct variant variants[] = {
        {"receiver-based, posting", true, false, false},
        {"receiver-based", false, false, false},
        {"sender-based, posting, bulk area", true, true, true},
        {"sender-based", false, true, false},
};

static void
start(const struct variant *v, uint32_t bytes, void (*first)(struct end *), void (*second)(struct end *))
{
	static const char *const no_posting[] = {"socket.receive_posting=0", NULL};
	const struct fast_rig rig = {.sets = v->posting ? NULL : no_posting, .sender_based = v->sender_based};

	run.bytes = bytes;
	run.in_bulk_area = v->in_bulk_area;
	fast_rig_run(&rig, first, second);
}

/* A round trip is longer than that of Active Messages (35.8 us for a byte), and not by more than the sockets' code and
 * what is published beside it (57.8 us). */
START_TEST(test_round_trip)
{
	const struct variant *v = &variants[_i];
	double us;

	start(v, 1, ping, pong);
	us = (double)(run.end - run.begin) / ROUNDS / SIM_US;
	printf("%s: round trip of 1 B %.1f us\n", v->name, us);
	ck_assert(us > 35.8 && us < 70);
}
END_TEST

/* Bandwidth is no more than 4 KB a slot of the sending processor and its bus (42 MB/s). */
START_TEST(test_bandwidth)
{
	const struct variant *v = &variants[_i % 4];
	uint32_t bytes = _i < 4 ? 8192 : 65536;
	double rate;

	start(v, bytes, send_many, take_many);
	rate = (double)SENDS * bytes / ((double)(run.end - run.begin) / SIM_US);
	printf("%s: %.1f MB/s in sends of %u B; %.0f %% direct\n", v->name, rate, bytes,
	       100. * (double)fast_ends[1].counts.bytes_direct / (double)fast_ends[1].counts.bytes_received);
	fflush(stdout);
	ck_assert(rate > 15 && rate < 42);
}
END_TEST

static void
add_tests(TCase *tc)
{
	tcase_add_loop_test(tc, test_round_trip, 0, 4);
	tcase_add_loop_test(tc, test_bandwidth, 0, 8);
}

int
main(void)
{
	return run_suite("fast time", add_tests);
}
