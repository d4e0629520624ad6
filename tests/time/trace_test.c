/* Fingerprint and trace points. */
#include "nic-sim/calendar.h"
#include "nic-sim/trace.h"

#include <check.h>
#include <string.h>

static uint64_t
fingerprint_of(const unsigned ranks[], const uint64_t values[], unsigned n)
{
	trace_reset();
	for (unsigned i = 0; i < n; i++)
		trace_event(ranks[i], TRACE_HEAD, values[i]);
	return trace_fingerprint();
}

START_TEST(order_counts_within_a_component_only)
{
	uint64_t a = fingerprint_of((unsigned[]){1, 1, 2}, (uint64_t[]){10, 20, 30}, 3);
	uint64_t other_component_first = fingerprint_of((unsigned[]){2, 1, 1}, (uint64_t[]){30, 10, 20}, 3);
	uint64_t swapped = fingerprint_of((unsigned[]){1, 1, 2}, (uint64_t[]){20, 10, 30}, 3);
	uint64_t exchanged = fingerprint_of((unsigned[]){2, 2, 1}, (uint64_t[]){10, 20, 30}, 3);

	ck_assert_uint_eq(a, other_component_first);
	ck_assert_uint_ne(a, swapped);
	ck_assert_uint_ne(a, exchanged);
}
END_TEST

START_TEST(date_kind_and_value_count)
{
	uint64_t base, later, kind, value;

	trace_event(3, TRACE_TAIL, 1);
	base = trace_fingerprint();
	trace_reset();
	trace_event(3, TRACE_HEAD, 1);
	kind = trace_fingerprint();
	trace_reset();
	trace_event(3, TRACE_TAIL, 2);
	value = trace_fingerprint();
	trace_reset();
	calendar_advance(1);
	trace_event(3, TRACE_TAIL, 1);
	later = trace_fingerprint();
	ck_assert(base != later && base != kind && base != value);
}
END_TEST

START_TEST(recording_changes_no_fingerprint)
{
	uint64_t without, with;

	trace_event(1, TRACE_HEAD, 5);
	without = trace_fingerprint();
	trace_reset();
	trace_record(true);
	trace_point(trace_new_id(), TRACE_STAGE_CALL, 0);
	trace_event(1, TRACE_HEAD, 5);
	with = trace_fingerprint();
	ck_assert_uint_eq(without, with);
}
END_TEST

START_TEST(points_are_kept_in_order)
{
	size_t n;
	const struct trace_record *records;
	uint32_t first = trace_new_id(), second = trace_new_id();

	trace_point(first, TRACE_STAGE_CALL, 0); /* not recording yet */
	trace_record(true);
	trace_point(0, TRACE_STAGE_CALL, 0); /* no message */
	for (unsigned i = 0; i < 10000; i++) {
		calendar_advance(i);
		trace_point(i % 2 ? first : second, TRACE_STAGE_PIO, i % 3);
	}
	records = trace_records(&n);
	ck_assert_uint_eq(n, 10000);
	for (unsigned i = 0; i < n; i++)
		ck_assert(records[i].time == i && records[i].id == (i % 2 ? first : second) &&
		          records[i].stage == TRACE_STAGE_PIO && records[i].node == i % 3);
	ck_assert_str_eq(trace_stage_label(TRACE_STAGE_RETURN), "receiving call returns");
}
END_TEST

START_TEST(every_bit_of_the_payload_counts)
{
	uint8_t bytes[37];
	uint64_t before;

	memset(bytes, 0, sizeof bytes);
	before = trace_hash_bytes(1, bytes, sizeof bytes);
	ck_assert_uint_eq(before, trace_hash_bytes(1, bytes, sizeof bytes));
	ck_assert_uint_ne(before, trace_hash_bytes(2, bytes, sizeof bytes));
	ck_assert_uint_ne(before, trace_hash_bytes(1, bytes, sizeof bytes - 1));
	for (unsigned bit = 0; bit < 8 * sizeof bytes; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		ck_assert_uint_ne(before, trace_hash_bytes(1, bytes, sizeof bytes));
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("trace");
	TCase *cases = tcase_create("trace");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(cases, order_counts_within_a_component_only);
	tcase_add_test(cases, date_kind_and_value_count);
	tcase_add_test(cases, recording_changes_no_fingerprint);
	tcase_add_test(cases, points_are_kept_in_order);
	tcase_add_test(cases, every_bit_of_the_payload_counts);
	suite_add_tcase(suite, cases);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
