/* docs/platforms.md contains the table of keys as platform_print_keys() prints it.
 * To bring the page up to date: test_platform_page --print, and paste. */
#include "nic-sim/platform.h"

#include <check.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#define PAGE "docs/platforms.md"

START_TEST(page_has_the_table_of_keys)
{
	char *table = NULL, *page;
	size_t length;
	FILE *out = open_memstream(&table, &length);

	platform_print_keys(out);
	fclose(out);
	ck_assert_msg(g_file_get_contents(PAGE, &page, NULL, NULL), PAGE " cannot be read");
	ck_assert_msg(strstr(page, table) != NULL,
	              PAGE " does not contain the keys of nic-sim/params.def; see the head of "
	                   "tests/platform/page_test.c");
	free(table);
	g_free(page);
}
END_TEST

int
main(int argc, char **argv)
{
	Suite *suite = suite_create("platform page");
	TCase *cases = tcase_create("page");
	SRunner *runner = srunner_create(suite);
	int failed;

	if (argc == 2 && strcmp(argv[1], "--print") == 0) {
		platform_print_keys(stdout);
		return 0;
	}
	tcase_add_test(cases, page_has_the_table_of_keys);
	suite_add_tcase(suite, cases);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
