/* An assertion for inner loops.
 *
 * Check sends its parent a message for every assertion that holds, and the parent moves all messages behind the one
 * that it takes: a million of them, one a byte, take longer than what is tested.  This one says something only when it
 * fails. */
#ifndef TESTS_QUICK_ASSERT_H
#define TESTS_QUICK_ASSERT_H

#include <check.h>

#define quick_assert_msg(condition, ...)                                                                               \
	do {                                                                                                           \
		if (!(condition))                                                                                      \
			ck_abort_msg(__VA_ARGS__);                                                                     \
	} while (0)

#endif
