/* Process memory: arena, foreign pages, access across pages, frames and pins. */
#include "nic-sim/umem.h"
#include "tests/host/fake_frames.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static struct host_bus bus;
static struct umem_space *space;

static void
setup(void)
{
	bus = (struct host_bus){.limit = FAKE_FRAMES};
	space = umem_new(&bus, 1);
}

/* Whatever a test did, the end of the space gives every frame back. */
static void
teardown(void)
{
	umem_unref(space);
	ck_assert_uint_eq(fake_frames_used(&bus), 0);
}

START_TEST(arena_gives_the_lowest_free_pages)
{
	uint64_t a = umem_alloc(space, 1), b = umem_alloc(space, 3 * UMEM_PAGE), c = umem_alloc(space, UMEM_PAGE + 1);

	ck_assert_uint_eq(a, UMEM_ARENA);
	ck_assert_uint_eq(b, UMEM_ARENA + UMEM_PAGE);
	ck_assert_uint_eq(c, UMEM_ARENA + 4 * UMEM_PAGE);
	umem_free(space, b);
	ck_assert_uint_eq(umem_alloc(space, 4 * UMEM_PAGE), c + 2 * UMEM_PAGE);
	ck_assert_uint_eq(umem_alloc(space, 2 * UMEM_PAGE), b);
	ck_assert_uint_eq(umem_alloc(space, 1), b + 2 * UMEM_PAGE);
}
END_TEST

START_TEST(arena_can_be_full)
{
	uint64_t all = umem_alloc(space, UMEM_ARENA_BYTES);

	ck_assert_uint_eq(all, UMEM_ARENA);
	ck_assert_uint_eq(umem_alloc(space, 1), 0);
	umem_free(space, all);
	ck_assert_uint_eq(umem_alloc(space, 0), 0);
	ck_assert_uint_eq(umem_alloc(space, UMEM_ARENA_BYTES + 1), 0);
	ck_assert_uint_eq(umem_alloc(space, UINT64_MAX), 0);
	ck_assert_uint_eq(umem_alloc(space, 1), UMEM_ARENA);
}
END_TEST

START_TEST(memory_is_zeroed_also_the_second_time)
{
	uint64_t a = umem_alloc(space, 2 * UMEM_PAGE);
	uint8_t *p = umem_pointer(space, a, 2 * UMEM_PAGE);

	memset(p, 0xAA, 2 * UMEM_PAGE);
	umem_free(space, a);
	ck_assert_uint_eq(umem_alloc(space, 2 * UMEM_PAGE), a);
	for (unsigned i = 0; i < 2 * UMEM_PAGE; i++)
		ck_assert_uint_eq(p[i], 0);
}
END_TEST

START_TEST(free_ignores_what_is_no_allocation)
{
	uint64_t a = umem_alloc(space, 2 * UMEM_PAGE);

	umem_free(space, 0);
	umem_free(space, a + 4);
	umem_free(space, a + UMEM_PAGE);
	umem_free(space, UMEM_FOREIGN);
	ck_assert_ptr_nonnull(umem_pointer(space, a, 2 * UMEM_PAGE));
	umem_free(space, a);
	umem_free(space, a);
	ck_assert_ptr_null(umem_pointer(space, a, 1));
}
END_TEST

START_TEST(pointer_only_for_what_is_allocated)
{
	uint64_t a = umem_alloc(space, UMEM_PAGE), b = umem_alloc(space, UMEM_PAGE);

	ck_assert_ptr_nonnull(umem_pointer(space, a, 2 * UMEM_PAGE));
	ck_assert_ptr_null(umem_pointer(space, a, 2 * UMEM_PAGE + 1));
	ck_assert_ptr_null(umem_pointer(space, b, UINT64_MAX));
	ck_assert_ptr_null(umem_pointer(space, UMEM_ARENA - 1, 2));
	umem_free(space, a);
	ck_assert_ptr_null(umem_pointer(space, a + UMEM_PAGE - 1, 2));
	ck_assert_ptr_nonnull(umem_pointer(space, b, UMEM_PAGE));
}
END_TEST

START_TEST(access_at_page_edges)
{
	uint64_t a = umem_alloc(space, 2 * UMEM_PAGE);
	uint8_t out[8] = {1, 2, 3, 4, 5, 6, 7, 8}, in[8];

	for (uint64_t at = a + UMEM_PAGE - 9; at <= a + UMEM_PAGE + 1; at++) {
		ck_assert(umem_write(space, at, out, sizeof out));
		ck_assert(umem_read(space, at, in, sizeof in));
		ck_assert_mem_eq(in, out, sizeof out);
		ck_assert_uint_eq(umem_load_be32(space, at + 1), 0x02030405);
	}
	ck_assert(umem_write(space, a + 2 * UMEM_PAGE - 8, out, sizeof out));
}
END_TEST

START_TEST(unmapped_access_touches_nothing)
{
	uint64_t a = umem_alloc(space, UMEM_PAGE);
	uint8_t out[8] = {1, 2, 3, 4, 5, 6, 7, 8}, in[8] = {0};

	ck_assert(!umem_write(space, a + UMEM_PAGE - 4, out, sizeof out));
	ck_assert_uint_eq(umem_load_be32(space, a + UMEM_PAGE - 4), 0);
	ck_assert(!umem_read(space, a + UMEM_PAGE - 4, in, sizeof in));
	ck_assert_uint_eq(in[0], 0);
	ck_assert(!umem_read(space, 0, in, 1));
	ck_assert(!umem_read(space, UMEM_FOREIGN, in, 1));
	ck_assert(!umem_read(space, UMEM_ARENA + UMEM_ARENA_BYTES - 4, in, 8));
	ck_assert(!umem_read(space, UINT64_MAX - 2, in, 8));
	ck_assert_uint_eq(umem_load_be32(space, a + UMEM_PAGE), 0);
}
END_TEST

/* pages: n pages of the program at a real address of which nothing is known. */
static uint8_t *
pages(unsigned n)
{
	return mmap(NULL, n * UMEM_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

START_TEST(foreign_pages_keep_their_offset)
{
	uint8_t *p = pages(2);
	uint64_t second = umem_map(space, p + UMEM_PAGE + 100), first = umem_map(space, p + 4095);

	ck_assert_uint_eq(second, UMEM_FOREIGN + 100);
	ck_assert_uint_eq(first, UMEM_FOREIGN + UMEM_PAGE + 4095);
	ck_assert_uint_eq(umem_map(space, p + UMEM_PAGE + 7), UMEM_FOREIGN + 7);
	ck_assert_uint_eq(umem_map(space, NULL), 0);
	ck_assert(umem_write(space, second, "text", 4));
	ck_assert_mem_eq(p + UMEM_PAGE + 100, "text", 4);
	p[4095] = 9;
	uint8_t in = 0;

	ck_assert(umem_read(space, first, &in, 1));
	ck_assert_uint_eq(in, 9);
}
END_TEST

START_TEST(arena_memory_maps_to_its_own_address)
{
	uint64_t a = umem_alloc(space, 2 * UMEM_PAGE);
	uint8_t *p = umem_pointer(space, a, 2 * UMEM_PAGE);

	ck_assert_uint_eq(umem_map(space, p + 4097), a + 4097);
}
END_TEST

START_TEST(access_runs_over_consecutive_foreign_pages)
{
	uint8_t *p = pages(3), out[UMEM_PAGE] = {0}, in[UMEM_PAGE] = {0};
	uint64_t a;

	for (unsigned i = 0; i < sizeof out; i++)
		out[i] = (uint8_t)(i * 7);
	a = umem_map(space, p);
	ck_assert_uint_eq(umem_map(space, p + 2 * UMEM_PAGE), a + UMEM_PAGE);
	ck_assert(umem_write(space, a + 50, out, sizeof out));
	ck_assert_mem_eq(p + 50, out, UMEM_PAGE - 50);
	ck_assert_mem_eq(p + 2 * UMEM_PAGE, out + UMEM_PAGE - 50, 50);
	ck_assert(umem_read(space, a + 50, in, sizeof in));
	ck_assert_mem_eq(in, out, sizeof out);
	ck_assert(!umem_write(space, a + UMEM_PAGE + 1, out, sizeof out));
	ck_assert_uint_eq(p[2 * UMEM_PAGE + 100], 0);
}
END_TEST

/* One buffer's life at a real address; what it sees of simulated addresses, folded into one number. */
static uint64_t
addresses_seen(uint8_t *p)
{
	struct host_bus own = {.limit = FAKE_FRAMES};
	struct umem_space *s = umem_new(&own, 1);
	uint64_t seen = umem_alloc(s, 10000), address;

	for (unsigned i = 0; i < 40; i++) {
		address = umem_map(s, p + i * 1237);
		umem_pin(s, address, 100);
		seen = seen * 31 + address + (unsigned)umem_frame(s, address);
		if (i % 3 == 0)
			umem_unpin(s, address, 100);
	}
	umem_unref(s);
	return seen;
}

START_TEST(the_real_heap_does_not_show)
{
	uint8_t *p = pages(64);
	uint64_t here = addresses_seen(p);

	ck_assert_uint_eq(addresses_seen(p + UMEM_PAGE), here);
	ck_assert_uint_eq(addresses_seen(p + 33 * UMEM_PAGE), here);
	ck_assert_uint_eq(addresses_seen(pages(64)), here);
}
END_TEST

START_TEST(pins_are_counted)
{
	uint64_t a = umem_alloc(space, 3 * UMEM_PAGE);
	unsigned frame;

	ck_assert(umem_pin(space, a + 100, UMEM_PAGE));
	ck_assert(umem_pin(space, a + UMEM_PAGE, 4));
	frame = (unsigned)umem_frame(space, a + UMEM_PAGE);
	ck_assert_uint_eq(fake_frames_used(&bus), 2);
	ck_assert(hb_frame_mapped(&bus, frame));
	umem_unpin(space, a + 100, UMEM_PAGE);
	ck_assert_uint_eq(fake_frames_used(&bus), 1);
	ck_assert(hb_frame_mapped(&bus, frame));
	umem_unpin(space, a + UMEM_PAGE, 4);
	ck_assert(!hb_frame_mapped(&bus, frame));
	umem_unpin(space, a + UMEM_PAGE, 4);
	ck_assert_uint_eq(fake_frames_used(&bus), 0);
}
END_TEST

START_TEST(frames_back_the_page)
{
	uint64_t a = umem_alloc(space, UMEM_PAGE);
	int frame = umem_frame(space, a + 77);

	ck_assert_int_eq(frame, 0);
	ck_assert_uint_eq(bus.frames[0].page_address, a);
	ck_assert(!hb_frame_mapped(&bus, 0));
	bus.frames[0].memory[5] = 0x42;
	ck_assert_uint_eq(umem_load_be32(space, a + 4), 0x00420000);
	ck_assert_int_eq(umem_frame(space, a + UMEM_PAGE), -1);
	ck_assert_int_eq(umem_frame(space, 12), -1);
}
END_TEST

START_TEST(pin_is_all_or_nothing)
{
	uint64_t a = umem_alloc(space, 8 * UMEM_PAGE);

	bus.limit = 4;
	ck_assert(!umem_pin(space, a, 5 * UMEM_PAGE));
	ck_assert_uint_eq(fake_frames_used(&bus), 0);
	ck_assert(umem_pin(space, a, 4 * UMEM_PAGE));
	ck_assert(!umem_pin(space, a + 7 * UMEM_PAGE, 2 * UMEM_PAGE));
	ck_assert_uint_eq(fake_frames_used(&bus), 4);
}
END_TEST

START_TEST(freed_while_pinned)
{
	uint64_t a = umem_alloc(space, 2 * UMEM_PAGE);

	ck_assert(umem_pin(space, a, 4));
	ck_assert_int_ge(umem_frame(space, a + UMEM_PAGE), 0);
	umem_free(space, a);
	ck_assert_uint_eq(fake_frames_used(&bus), 1);
	ck_assert(hb_frame_mapped(&bus, 0));
	ck_assert_uint_eq(umem_alloc(space, UMEM_PAGE), a);
	ck_assert_int_eq(umem_frame(space, a), 0);
	umem_free(space, a);
	umem_unpin(space, a, 4);
	ck_assert_uint_eq(fake_frames_used(&bus), 0);
}
END_TEST

START_TEST(the_last_reference_counts)
{
	uint64_t a = umem_alloc(space, 1);

	ck_assert_ptr_eq(umem_ref(space), space);
	umem_unref(space);
	ck_assert_ptr_nonnull(umem_pointer(space, a, 1));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("umem");
	TCase *t = tcase_create("umem");
	SRunner *r = srunner_create(s);

	suite_add_tcase(s, t);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, arena_gives_the_lowest_free_pages);
	tcase_add_test(t, arena_can_be_full);
	tcase_add_test(t, memory_is_zeroed_also_the_second_time);
	tcase_add_test(t, free_ignores_what_is_no_allocation);
	tcase_add_test(t, pointer_only_for_what_is_allocated);
	tcase_add_test(t, access_at_page_edges);
	tcase_add_test(t, unmapped_access_touches_nothing);
	tcase_add_test(t, foreign_pages_keep_their_offset);
	tcase_add_test(t, arena_memory_maps_to_its_own_address);
	tcase_add_test(t, access_runs_over_consecutive_foreign_pages);
	tcase_add_test(t, the_real_heap_does_not_show);
	tcase_add_test(t, pins_are_counted);
	tcase_add_test(t, frames_back_the_page);
	tcase_add_test(t, pin_is_all_or_nothing);
	tcase_add_test(t, freed_while_pinned);
	tcase_add_test(t, the_last_reference_counts);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
