/* Every body logs the same over the operating system's sockets and over the simulator's, by every protocol. */
#include "tests/sockets/run_body.h"

#include <check.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

enum { WAYS = 8 }; /* protocols, over the memory NIC and over the firmware */
static const char *const protocols[] = {"automatic", "two-copy", "one-copy", "zero-copy"};

static void
compare(const char *body, const char *way, const char *program, const char *native, const char *simulated)
{
	gchar **a = g_strsplit(native, "\n", -1), **b = g_strsplit(simulated, "\n", -1);
	unsigned i = 0;

	while (a[i] && g_strcmp0(a[i], b[i]) == 0)
		i++;
	ck_assert_msg(!a[i] && !b[i], "%s, %s, %s, line %u: native \"%s\", simulated \"%s\"", body, way, program, i + 1,
	              a[i] ? a[i] : "(the end)", b[i] ? b[i] : "(the end)");
	g_strfreev(a);
	g_strfreev(b);
}

static void
free_logs(struct body_logs *logs)
{
	g_free(logs->server);
	g_free(logs->client);
}

static void
run_both(unsigned i, bool lanai, enum sock_protocol protocol)
{
	struct body_logs native = run_native(&native_bodies[i]);
	struct body_logs simulated = run_simulated(&simulated_bodies[i], lanai, protocol);
	char *way = g_strdup_printf("%s over %s", protocols[protocol], lanai ? "the LANai" : "the memory NIC");

	ck_assert_msg(*native.client, "%s logs nothing", native_bodies[i].name);
	ck_assert_msg(!strstr(native.client, "bad") && !strstr(native.server, "bad"), "%s is wrong natively",
	              native_bodies[i].name);
	compare(native_bodies[i].name, way, "client", native.client, simulated.client);
	compare(native_bodies[i].name, way, "server", native.server, simulated.server);
	g_free(way);
	free_logs(&native);
	free_logs(&simulated);
}

START_TEST(same_logs)
{
	run_both((unsigned)_i / WAYS, _i / 4 % 2, (enum sock_protocol)(_i % 4));
}
END_TEST

/* same_test [FIRST END]: of the cases only these. */
int
main(int argc, char **argv)
{
	Suite *suite = suite_create("same");
	TCase *cases = tcase_create("same");
	SRunner *runner = srunner_create(suite);
	int bodies = 0, failed;

	while (native_bodies[bodies].name)
		bodies++;
	tcase_set_timeout(cases, 100);
	tcase_add_loop_test(cases, same_logs, argc > 2 ? atoi(argv[1]) : 0, argc > 2 ? atoi(argv[2]) : bodies * WAYS);
	suite_add_tcase(suite, cases);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
