#include "tests/experiments/program.h"

#include <check.h>
#include <glib.h>
#include <sys/wait.h>

char *out, *err;

int
nicsim(const char *arguments)
{
	char *line = g_strdup_printf("sh -c '%s %s'", NICSIM_PROGRAM, arguments);
	int status = 0;
	g_clear_pointer(&out, g_free);
	g_clear_pointer(&err, g_free);
	ck_assert(g_spawn_command_line_sync(line, &out, &err, &status, NULL));
	g_free(line);
	ck_assert_msg(WIFEXITED(status), "%s", err);
	return WEXITSTATUS(status);
}
