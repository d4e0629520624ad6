/* The blocking PIO calls: each takes exactly the time of the bus, costs one hand-over, and loses nobody's wake. */
#include "nic-sim/engine.h"
#include "tests/device/board.h"

#include <check.h>
#include <stdlib.h>

static sim_time after_write, after_publish, after_read, after_wake;
static uint32_t value;
static struct sim_thread *writer;
static uint64_t handovers;

static void
write_and_read(void *arg)
{
	static const uint32_t words[] = {5, 6, 7};

	(void)arg;
	writer = sim_thread_self();
	hb_pio_write_wait(boards[0].bus, 0x200, words, 3, 0);
	after_write = sim_now();
	hb_pio_publish_wait(boards[0].bus, 0x300, words, 3, 0);
	after_publish = sim_now();
	value = hb_pio_read_wait(boards[0].bus, 0x304);
	after_read = sim_now();
	handovers = engine_handovers();
	sim_block("the wake that came during the write");
	after_wake = sim_now();
}

static void
wake_early(void *arg)
{
	(void)arg;
	sim_wake(writer);
}

START_TEST(calls_take_the_time_of_the_bus)
{
	char *error;
	sim_time write = 3 * (sim_time)NET_PIO_WRITE;

	engine_init();
	struct platform *p = platform_load("myrinet-pc", NULL, 0, &error);
	ck_assert_ptr_nonnull(p);
	board_set_up(NULL);
	sim_thread_start(p->hosts[0], "writer", false, write_and_read, NULL);
	sim_thread_start(p->hosts[0], "waker", false, wake_early, NULL); /* while the first call waits */
	ck_assert_int_eq(sim_run(SIM_S), SIM_DONE);
	ck_assert_uint_eq(after_write, write);
	ck_assert_uint_eq(after_publish, 2 * write);
	ck_assert_uint_eq(after_read, 2 * write + NET_PIO_READ);
	ck_assert_uint_eq(after_wake, after_read);
	ck_assert_uint_eq(value, 6);
	ck_assert_uint_le(handovers, 7); /* two starts, three calls, one early wake */
	platform_free(p);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("blocking PIO");
	TCase *tc = tcase_create("blocking PIO");

	tcase_add_test(tc, calls_take_the_time_of_the_bus);
	suite_add_tcase(suite, tc);
	SRunner *runner = srunner_create(suite);

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
