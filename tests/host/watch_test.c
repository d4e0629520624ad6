/* Watches: which changes call whom, in which order, and what may happen meanwhile. */
#include "nic-sim/umem.h"
#include "tests/host/fake_frames.h"

#include <check.h>
#include <string.h>

enum { N = 4 };

/* A watch that writes its name into a log and then may switch another one off or on. */
struct probe {
	struct umem_watch watch;
	char name;
	struct probe *off, *on;
};

static struct host_bus bus;
static struct umem_space *space;
static uint64_t base;
static struct umem_range whole;
static struct probe probes[N];
static char called[64];

static void
changed(struct umem_watch *watch)
{
	struct probe *p = (struct probe *)watch;
	size_t n = strlen(called);

	ck_assert_uint_lt(n, sizeof called - 1);
	called[n] = p->name;
	if (p->off)
		umem_watch_off(&p->off->watch);
	if (p->on)
		umem_watch_on(&p->on->watch, space, &whole, 1, changed);
}

static void
setup(void)
{
	bus.limit = FAKE_FRAMES;
	space = umem_new(&bus, 1);
	base = umem_alloc(space, 4 * UMEM_PAGE);
	whole = (struct umem_range){base, 4 * UMEM_PAGE};
	for (unsigned i = 0; i < N; i++)
		probes[i].name = (char)('a' + i);
}

static void
watch(unsigned i, const struct umem_range *ranges, unsigned n)
{
	umem_watch_on(&probes[i].watch, space, ranges, n, changed);
}

/* expect_calls: those since the last time. */
static void
expect_calls(const char *names)
{
	ck_assert_str_eq(called, names);
	memset(called, 0, sizeof called);
}

START_TEST(only_overlapping_ranges)
{
	struct umem_range two[] = {{base + 100, 4}, {base + UMEM_PAGE, 8}};
	static const struct {
		uint64_t at, bytes;
		const char *calls;
	} rows[] = {
	        {96, 4, ""},     {97, 4, "a"},     {103, 1, "a"},    {104, 4, ""},    {0, 4096, "a"},
	        {104, 3992, ""}, {104, 3993, "a"}, {4103, 100, "a"}, {4104, 100, ""}, {0, 16384, "a"},
	};

	watch(0, two, 2);
	for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		umem_deposited(space, base + rows[i].at, rows[i].bytes);
		expect_calls(rows[i].calls);
	}
}
END_TEST

START_TEST(writes_count_and_reads_do_not)
{
	uint32_t word = 1;

	watch(0, &whole, 1);
	ck_assert(umem_write(space, base, &word, sizeof word));
	expect_calls("a");
	ck_assert(umem_read(space, base, &word, sizeof word));
	ck_assert(!umem_write(space, base + 4 * UMEM_PAGE - 2, &word, sizeof word));
	expect_calls("");
}
END_TEST

START_TEST(in_the_order_of_switching_on)
{
	watch(2, &whole, 1);
	watch(0, &whole, 1);
	watch(1, &whole, 1);
	umem_deposited(space, base, 4);
	expect_calls("cab");
	umem_watch_off(&probes[0].watch);
	umem_watch_off(&probes[0].watch);
	umem_deposited(space, base, 4);
	expect_calls("cb");
	watch(2, &whole, 1);
	umem_deposited(space, base, 4);
	expect_calls("bc");
	umem_watch_off(&probes[2].watch);
	umem_watch_off(&probes[1].watch);
	umem_deposited(space, base, 4);
	expect_calls("");
	watch(3, &whole, 1);
	umem_deposited(space, base, 4);
	expect_calls("d");
}
END_TEST

START_TEST(off_while_being_called)
{
	for (unsigned i = 0; i < N; i++)
		watch(i, &whole, 1);
	probes[0].off = &probes[0];
	probes[1].off = &probes[2];
	probes[3].off = &probes[3];
	umem_deposited(space, base, 4);
	expect_calls("abd");
	umem_deposited(space, base, 4);
	expect_calls("b");
}
END_TEST

START_TEST(on_while_being_called_waits_for_the_next_change)
{
	watch(0, &whole, 1);
	watch(1, &whole, 1);
	probes[0].on = &probes[0];
	probes[1].on = &probes[2];
	umem_deposited(space, base, 4);
	expect_calls("ab");
	probes[0].on = probes[1].on = NULL;
	umem_deposited(space, base, 4);
	expect_calls("bac");
}
END_TEST

START_TEST(the_end_of_the_space_switches_off)
{
	watch(0, &whole, 1);
	watch(1, &whole, 1);
	umem_unref(space);
	ck_assert(!probes[0].watch.on && !probes[1].watch.on);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("watch");
	TCase *t = tcase_create("watch");
	SRunner *r = srunner_create(s);

	suite_add_tcase(s, t);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, only_overlapping_ranges);
	tcase_add_test(t, writes_count_and_reads_do_not);
	tcase_add_test(t, in_the_order_of_switching_on);
	tcase_add_test(t, off_while_being_called);
	tcase_add_test(t, on_while_being_called_waits_for_the_next_change);
	tcase_add_test(t, the_end_of_the_space_switches_off);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
