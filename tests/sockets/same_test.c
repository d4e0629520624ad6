/* Every body logs the same over the operating system's sockets and over the simulator's, by every protocol. */
#include "tests/sockets/run_body.h"

#include <check.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#define PAIR(name) {native_##name##_bodies, simulated_##name##_bodies},
static const struct {
	const struct body *native, *simulated;
} tables[] = {BODY_TABLES(PAIR)};

#define MEMORY "myrinet-pc", FIRMWARE_VMMC, false
#define VMMC   "myrinet-pc", FIRMWARE_VMMC, true
#define AM     "myrinet-ultra", FIRMWARE_AM, true
static const struct way ways[] = {
        {"automatic over the memory NIC", MEMORY, SOCK_AUTOMATIC},
        {"two-copy over the memory NIC", MEMORY, SOCK_TWO_COPY},
        {"one-copy over the memory NIC", MEMORY, SOCK_ONE_COPY},
        {"zero-copy over the memory NIC", MEMORY, SOCK_ZERO_COPY},
        {"automatic over the LANai", VMMC, SOCK_AUTOMATIC},
        {"two-copy over the LANai", VMMC, SOCK_TWO_COPY},
        {"one-copy over the LANai", VMMC, SOCK_ONE_COPY},
        {"zero-copy over the LANai", VMMC, SOCK_ZERO_COPY},
        {"Fast Sockets", AM, SOCK_FAST},
        {"Fast Sockets, sender-based", AM, SOCK_FAST_SENDER},
        {"TCP over Myrinet", "myrinet-ultra", FIRMWARE_RAW, true, SOCK_AUTOMATIC},
        {"TCP over Ethernet, where nothing else is", "myrinet-ultra", FIRMWARE_NONE, false, SOCK_AUTOMATIC},
        {"TCP over Ethernet, as the program wants", "myrinet-pc", FIRMWARE_VMMC, false, SOCK_TCP},
};
enum { WAYS = G_N_ELEMENTS(ways) };

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
run_both(const struct body *body, const struct body *twin, const struct way *way)
{
	struct body_logs native = run_native(body);
	struct body_logs simulated = run_simulated(twin, way);

	ck_assert_msg(*native.client, "%s logs nothing", body->name);
	ck_assert_msg(!strstr(native.client, "bad") && !strstr(native.server, "bad"), "%s is wrong natively:\n%s%s",
	              body->name, native.client, native.server);
	compare(body->name, way->name, "client", native.client, simulated.client);
	compare(body->name, way->name, "server", native.server, simulated.server);
	free_logs(&native);
	free_logs(&simulated);
}

static int
n_bodies(const struct body *table)
{
	int n = 0;

	while (table[n].name)
		n++;
	return n;
}

START_TEST(same_logs)
{
	int body = _i / WAYS, t = 0;

	for (; body >= n_bodies(tables[t].native); t++)
		body -= n_bodies(tables[t].native);
	run_both(&tables[t].native[body], &tables[t].simulated[body], &ways[_i % WAYS]);
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

	for (unsigned i = 0; i < G_N_ELEMENTS(tables); i++)
		bodies += n_bodies(tables[i].native);
	tcase_set_timeout(cases, 100);
	tcase_add_loop_test(cases, same_logs, argc > 2 ? atoi(argv[1]) : 0, argc > 2 ? atoi(argv[2]) : bodies * WAYS);
	suite_add_tcase(suite, cases);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
