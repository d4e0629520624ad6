/* The main program of a suite: cases are added by add_cases(). */
#ifndef TESTS_HOSTLIB_MAIN_H
#define TESTS_HOSTLIB_MAIN_H

#include <check.h>
#include <stdlib.h>

static int
run_suite(const char *name, void (*add_cases)(TCase *cases))
{
	Suite *suite = suite_create(name);
	TCase *cases = tcase_create(name);
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(cases, 100);
	add_cases(cases);
	suite_add_tcase(suite, cases);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
