/* The book about a stream tells lost, repeated, reordered and wrong bytes apart, however the stream is cut into pieces.
 */
#include "experiments/stream_check.h"

#include <check.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTH = 8 * 1000 + 5, CHUNK = 800 };

static uint8_t *stream;

static void
set_up(void)
{
	stream = g_malloc(LENGTH);
	stream_fill(stream, 0, LENGTH);
}

static void
tear_down(void)
{
	g_free(stream);
}

/* Takes the bytes in pieces of `piece` bytes. */
static struct stream_faults
book(const uint8_t *bytes, size_t n, size_t piece)
{
	struct stream_check c;
	check_begin(&c, LENGTH);
	for (size_t at = 0; at < n; at += piece)
		check_take(&c, bytes + at, MIN(piece, n - at));
	return check_end(&c);
}

static void
expect(struct stream_faults f, uint64_t wrong, uint64_t lost, uint64_t repeated, uint64_t reordered)
{
	ck_assert_uint_eq(f.wrong, wrong);
	ck_assert_uint_eq(f.lost, lost);
	ck_assert_uint_eq(f.repeated, repeated);
	ck_assert_uint_eq(f.reordered, reordered);
}

START_TEST(whole)
{
	for (size_t piece = 1; piece < 40; piece++)
		expect(book(stream, LENGTH, piece), 0, 0, 0, 0);
	expect(book(stream, LENGTH, LENGTH), 0, 0, 0, 0);
}
END_TEST

START_TEST(filled_in_pieces) /* the same bytes, however they are asked for */
{
	uint8_t *again = g_malloc0(LENGTH);
	for (size_t at = 0; at < LENGTH; at += 13)
		stream_fill(again + at, at, MIN(13, LENGTH - at));
	ck_assert_mem_eq(again, stream, LENGTH);
	g_free(again);
}
END_TEST

START_TEST(wrong)
{
	stream[0] ^= 1;
	stream[77] ^= 0x80;
	stream[78] ^= 0x80;
	stream[LENGTH - 1] ^= 1; /* in the last word, which is short */
	expect(book(stream, LENGTH, 100), 4, 0, 0, 0);
}
END_TEST

START_TEST(lost_at_the_end)
{
	expect(book(stream, LENGTH - 5 - CHUNK, 100), 0, CHUNK + 5, 0, 0);
}
END_TEST

START_TEST(old_data_in_its_place) /* a chunk of a ring that never came: what was there before is there still */
{
	memcpy(stream + 3 * CHUNK, stream + CHUNK, CHUNK);
	expect(book(stream, LENGTH, 100), 0, CHUNK, CHUNK, 0);
}
END_TEST

START_TEST(swapped)
{
	uint8_t chunk[CHUNK];
	memcpy(chunk, stream + CHUNK, CHUNK);
	memcpy(stream + CHUNK, stream + 2 * CHUNK, CHUNK);
	memcpy(stream + 2 * CHUNK, chunk, CHUNK);
	expect(book(stream, LENGTH, 100), 0, 0, 0, 2 * CHUNK);
}
END_TEST

START_TEST(sent_twice) /* all that follows stands at another place, and there is more than there should be */
{
	uint8_t *more = g_malloc(LENGTH + CHUNK);
	memcpy(more, stream, 2 * CHUNK);
	memcpy(more + 2 * CHUNK, stream + CHUNK, LENGTH - CHUNK);
	struct stream_faults f = book(more, LENGTH + CHUNK, 100);
	ck_assert_uint_ge(f.repeated, CHUNK);
	ck_assert_uint_gt(f.reordered, 0);
	g_free(more);
}
END_TEST

START_TEST(a_hole) /* bytes left out: what follows comes early, the end does not come */
{
	memmove(stream + CHUNK, stream + 2 * CHUNK, LENGTH - 2 * CHUNK);
	struct stream_faults f = book(stream, LENGTH - CHUNK, 100);
	ck_assert_uint_ge(f.lost, CHUNK);
	ck_assert_uint_gt(f.reordered, 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("stream check");
	TCase *all = tcase_create("all");
	tcase_add_checked_fixture(all, set_up, tear_down);
	tcase_add_test(all, whole);
	tcase_add_test(all, filled_in_pieces);
	tcase_add_test(all, wrong);
	tcase_add_test(all, lost_at_the_end);
	tcase_add_test(all, old_data_in_its_place);
	tcase_add_test(all, swapped);
	tcase_add_test(all, sent_twice);
	tcase_add_test(all, a_hole);
	suite_add_tcase(suite, all);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
