/* The smallest firmware: its lamp changes every half second, and it is idle in between. */
#include "tests/firmware/lanai_mock.h"

#include <check.h>

START_TEST(lamp_changes)
{
	struct lanai_mock *mock = lanai_mock_new("firmware/images/blink");
	lanai_mock_start(mock);
	for (uint32_t i = 1; i <= 4; i++) {
		uint32_t writes = mock->nic->writes;
		mock_advance(mock->nic, 999999);
		lanai_mock_run(mock);
		ck_assert_uint_eq(mock->nic->writes, writes);
		mock_advance(mock->nic, 1);
		lanai_mock_run(mock);
		ck_assert_uint_eq(mock->nic->regs[LANAI_LED / 4], i % 2);
		ck_assert_uint_eq(mock->nic->regs[LANAI_ISR / 4] & LANAI_ISR_TIME, 0);
	}
	ck_assert_int_eq(lanai_state(mock->core), LANAI_PARKED);
	lanai_mock_free(mock);
}
END_TEST

int
main(void)
{
	TCase *cases = tcase_create("blink");
	tcase_add_test(cases, lamp_changes);
	Suite *suite = suite_create("firmware blink");
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
