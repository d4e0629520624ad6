/* Platform files: what a good one gives, and the one line that a bad one costs. */
#include "nic-sim/engine.h"
#include "nic-sim/faults_script.h"
#include "nic-sim/platform.h"
#include "nic-sim/sim_time.h"

#include <check.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#define GOOD        "platforms/myrinet-pc.xml"
#define RING        "tests/platform/ring-deadlock.xml"
#define SITES       "platforms/ultra-two-sites.xml"
#define PARAMS      "platforms/myrinet-pc.params.xml"
#define COPY_PARAMS "myrinet-pc.params.xml"

static char *folder; /* for damaged copies */

/* The folder is made and removed by the process that starts the tests: one that fails leaves nothing behind. */
static void
make_folder(void)
{
	folder = g_dir_make_tmp("nicsim-platform-XXXXXX", NULL);
	ck_assert_ptr_nonnull(folder);
}

static void
remove_folder(void)
{
	GDir *dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while ((name = g_dir_read_name(dir))) {
		char *path = g_build_filename(folder, name, NULL);

		g_unlink(path);
		g_free(path);
	}
	g_dir_close(dir);
	g_rmdir(folder);
	g_free(folder);
}

static struct platform *
load(const char *path, const char *const *sets, size_t n)
{
	char *error;
	struct platform *p = platform_load(path, sets, n, &error);

	ck_assert_msg(p != NULL, "%s", error);
	ck_assert_ptr_null(error);
	return p;
}

/* copy_file: into the folder, the first `from` (if not NULL) replaced by `to`. */
static char *
copy_file(const char *path, const char *name, const char *from, const char *to)
{
	char *text, *copy = g_build_filename(folder, name, NULL), *at;
	gsize length;
	GString *changed;

	ck_assert(g_file_get_contents(path, &text, &length, NULL));
	changed = g_string_new(text);
	if (from) {
		at = strstr(text, from);
		ck_assert_msg(at != NULL, "%s does not contain %s", path, from);
		g_string_erase(changed, at - text, (gssize)strlen(from));
		g_string_insert(changed, at - text, to);
	}
	ck_assert(g_file_set_contents(copy, changed->str, (gssize)changed->len, NULL));
	g_string_free(changed, TRUE);
	g_free(text);
	return copy;
}

/* Good ones. ------------------------------------------------------------------------------------------ */

static const char *const files[] = {
        "platforms/myrinet-pc.xml",         "platforms/myrinet-pc-8.xml",       "platforms/myrinet-pc-16.xml",
        "tests/platform/ring-deadlock.xml", "platforms/myrinet-pc-fattree.xml", "platforms/myrinet-ultra.xml",
};
static const unsigned n_nodes[] = {2, 8, 16, 4, 8, 2};

static void
check_route(const struct platform *p, const struct platform_route *route)
{
	ck_assert_uint_ge(route->n_links, 2);
	for (unsigned i = 0; i < route->n_links; i++) {
		ck_assert_uint_lt(route->links[i], p->n_links);
		ck_assert_uint_eq(p->links[route->links[i]].bytes_per_s, 160000000);
		ck_assert_uint_eq(p->links[route->links[i]].latency_ps, 14760);
	}
}

START_TEST(every_file_loads)
{
	struct platform *p = load(files[_i], NULL, 0);
	unsigned n = p->n_nodes;

	ck_assert_uint_eq(n, n_nodes[_i]);
	for (unsigned from = 0; from < n; from++) {
		char *name = g_strdup_printf("%s-%u", strstr(files[_i], "ultra") ? "ultra" : "pc", from);

		ck_assert_str_eq(p->hosts[from], name);
		g_free(name);
		for (unsigned to = 0; to < n; to++)
			if (from != to)
				check_route(p, &p->routes[from * n + to]);
		ck_assert_uint_eq(p->routes[from * n + from].n_links, 0);
	}
	platform_free(p);
}
END_TEST

/* Nodes 0, 1 and 3, 4 have a Myrinet of their own, node 2 has no NIC. */
START_TEST(sites)
{
	struct platform *p = load(SITES, NULL, 0);

	ck_assert_uint_eq(p->n_nodes, 5);
	for (unsigned from = 0; from < 5; from++) {
		char *name = g_strdup_printf("ultra-%u", from);

		ck_assert_str_eq(p->hosts[from], name);
		ck_assert_int_eq(p->has_nic[from], from != 2);
		for (unsigned to = 0; to < 5; to++) {
			bool joined = from != 2 && to != 2 && from != to && (from < 2) == (to < 2);

			ck_assert_int_eq(platform_joined(p, from, to), joined);
			if (joined)
				check_route(p, &p->routes[from * 5 + to]);
		}
		g_free(name);
	}
	ck_assert_uint_eq(p->n_links, 8);
	platform_free(p);
}
END_TEST

START_TEST(preset_is_found_by_its_name)
{
	struct platform *p = load("myrinet-pc", NULL, 0);
	const struct params *v = &p->params[1];

	ck_assert_str_eq(p->name, "myrinet-pc");
	ck_assert_double_eq(v->lanai_mhz, 33);
	ck_assert_uint_eq(v->sram_kb, 256);
	ck_assert_uint_eq(v->pio_write, 121 * SIM_NS);
	ck_assert_uint_eq(v->dma_rate, 132000000);
	for (size_t i = 0; i < p->n_values; i++)
		ck_assert(p->values[i].value && p->values[i].source && p->values[i].sure);
	platform_free(p);
}
END_TEST

/* The burst cost was fitted so that page-sized transfers reach 110 MB/s. */
START_TEST(page_dma_reaches_its_limit)
{
	struct platform *p = load("myrinet-pc", NULL, 0);
	const struct params *v = &p->params[0];
	uint64_t bytes = 4096, bursts = bytes / v->dma_burst;
	sim_time t = v->dma_start + bursts * v->dma_burst_cost + sim_transfer_time(bytes, v->dma_rate);

	ck_assert_double_eq_tol((double)bytes / sim_to_us(t), 110.0, 0.2);
	platform_free(p);
}
END_TEST

START_TEST(set_overrides_for_all_or_one)
{
	const char *const sets[] = {"nic.lanai_mhz=66", "pc-1:host.copy_MB_s=80.5", "bus.dma_start_us=7"};
	struct platform *p = load("myrinet-pc", sets, G_N_ELEMENTS(sets));

	ck_assert_double_eq(p->params[0].lanai_mhz, 66);
	ck_assert_double_eq(p->params[1].lanai_mhz, 66);
	ck_assert_uint_eq(p->params[0].copy_rate, 50000000);
	ck_assert_uint_eq(p->params[1].copy_rate, 80500000);
	ck_assert_uint_eq(p->params[1].dma_start, 7 * SIM_US); /* outside the range, inside the bounds */
	for (size_t i = 0; i < p->n_values; i++)
		ck_assert_int_eq(p->values[i].overridden, !strcmp(p->values[i].key, "nic.lanai_mhz") ||
		                                                  !strcmp(p->values[i].key, "bus.dma_start_us"));
	platform_free(p);
}
END_TEST

/* The platform file replaces a key's whole record; a host's prop its value only. */
START_TEST(file_overrides_its_set_and_host_the_file)
{
	char *set = copy_file(PARAMS, COPY_PARAMS, NULL, NULL);
	char *path = copy_file(GOOD, "own.xml", "params.xml\"/>",
	                       "params.xml\"/><prop id=\"bus.dma_start_us\" value=\"9\"/>"
	                       "<prop id=\"bus.dma_start_us.source\" value=\"here\"/>"
	                       "<prop id=\"bus.dma_start_us.sure\" value=\"R\"/>");
	char *text, **halves;
	struct platform *p;

	ck_assert(g_file_get_contents(path, &text, NULL, NULL));
	halves = g_strsplit(text, "lat=\"20us\"/>", 2);
	g_free(text);
	text = g_strconcat(halves[0], "lat=\"20us\"><prop id=\"nic.lanai_mhz\" value=\"40\"/></cluster>", halves[1],
	                   NULL);
	ck_assert(g_file_set_contents(path, text, -1, NULL));
	p = load(path, NULL, 0);
	ck_assert_uint_eq(p->params[0].dma_start, 9 * SIM_US);
	ck_assert_double_eq(p->params[0].lanai_mhz, 40);
	for (size_t i = 0; i < p->n_values; i++)
		if (!strcmp(p->values[i].key, "bus.dma_start_us")) {
			ck_assert_str_eq(p->values[i].source, "here");
			ck_assert_ptr_null(p->values[i].range);
		}
	platform_free(p);
	g_strfreev(halves);
	g_free(text);
	g_free(path);
	g_free(set);
}
END_TEST

/* Bad ones. ------------------------------------------------------------------------------------------- */

struct damage {
	const char *file, *from, *to, *error; /* error: behind the folder's name; @ for the line of `from` */
};

static const struct damage damages[] = {
        {GOOD, "</platform>", "", "/bad.xml:17: not well-formed XML: Premature end of data in tag platform line 4"},
        {GOOD, "<platform version=\"4.1\">", "<platform version=\"9\">", "/bad.xml:@: SimGrid cannot load it: ***"},
        {GOOD, "<zone id=\"top\"", "<zoen id=\"top\"",
         "/bad.xml:15: not well-formed XML: Opening and ending tag mismatch"},
        {GOOD, "id=\"myrinet\"", "id=\"ethernet\"", "/bad.xml: there is no zone \"myrinet\""},
        {GOOD, "radical=\"0-1\"", "radical=\"0-2\"",
         "/bad.xml:@: zone computers has 3 computers, zone myrinet 2 NICs; allowed: as many of one as of the other"},
        {SITES, "id=\"computers-b\"", "id=\"computers-c\"",
         "/bad.xml:32: SimGrid cannot load it: zoneRoute dst='computers-b' does name a node"},
        {SITES, "id=\"myrinet-b\"", "id=\"myrinet-c\"",
         "/bad.xml:@: there is no zone \"computers-c\" for the NICs of zone \"myrinet-c\""},
        {SITES, "id=\"myrinet-b\" prefix=\"nic-\" suffix=\"\" radical=\"3-4\"",
         "id=\"myrinet-b\" prefix=\"nic-\" suffix=\"\" radical=\"3-5\"",
         "/bad.xml:16: zone computers-b has 2 computers, zone myrinet-b 3 NICs; allowed: as many of one as of the "
         "other"},
        {SITES, "<zoneRoute src=\"computers-a\" dst=\"computers-b\" gw_src=\"router-a\" gw_dst=\"router-b\">",
         "<zoneRoute src=\"computers-b\" dst=\"myrinet-b\" gw_src=\"router-b\" gw_dst=\"nic-3\">",
         "/bad.xml: SimGrid cannot load it"},
        {GOOD, "160MBps", "160MBqs", "/bad.xml:@: SimGrid cannot load it: unknown unit: MBqs"},
        {RING, "<link id=\"up-1\"", "<link id=\"up-0\"",
         "/bad.xml:@: SimGrid cannot load it: Link 'up-0' declared several times"},
        {RING, "<host id=\"nic-3\"", "<host id=\"nic-2\"",
         "/bad.xml:@: SimGrid cannot load it: Refusing to create a second host named 'nic-2'"},
        {RING, "<link_ctn id=\"up-0\"/><link_ctn id=\"ring-0\"/><link_ctn id=\"down-1\"",
         "<link_ctn id=\"up-0\"/><link_ctn id=\"ring-9\"/><link_ctn id=\"down-1\"",
         "/bad.xml:@: SimGrid cannot load it: Link not found: ring-9"},
        {GOOD, "160MBps", "-160MBps", "/bad.xml: "},
        {GOOD, "prefix=\"nic-\"", "prefix=\"pc-\"", "/bad.xml: SimGrid cannot load it: "},
        {GOOD, "value=\"myrinet-pc.params.xml\"", "value=\"no-such.xml\"", "/bad.xml:@: no parameter set \""},
        {GOOD, "<prop id=\"params\" value=\"myrinet-pc.params.xml\"/>", "",
         "/bad.xml: no value for host.cpu_mhz (processor clock)"},
        {GOOD, "<prop id=\"params\"", "<prop id=\"parans\"",
         "/bad.xml:@: unknown key \"parans\"; the closest known one is "},
        {GOOD, "<prop id=\"params\"", "<prop", "/bad.xml:@: <prop> needs id and value"},
        {PARAMS, "id=\"nic.lanai_mhz\"", "id=\"nic.lanai_mzh\"",
         "/myrinet-pc.params.xml:@: unknown key \"nic.lanai_mzh\"; the closest known one is nic.lanai_mhz"},
        {PARAMS, "<prop id=\"nic.lanai_mhz\" value=\"33\"", "<prop id=\"nic.lanai_mhz\" value=\"33 MHz\"",
         "/myrinet-pc.params.xml:@: nic.lanai_mhz: \"33 MHz\" is not a decimal number; allowed: 1 to 1000 MHz"},
        {PARAMS, "<prop id=\"nic.lanai_mhz\" value=\"33\"", "<prop id=\"nic.lanai_mhz\" value=\"0\"",
         "/myrinet-pc.params.xml:@: nic.lanai_mhz: \"0\" is out of bounds; allowed: 1 to 1000 MHz"},
        {PARAMS, "<prop id=\"nic.sram_KB\" value=\"256\"", "<prop id=\"nic.sram_KB\" value=\"300\"",
         "/myrinet-pc.params.xml:@: nic.sram_KB: \"300\" is not possible; allowed: a power of two, 64 to 1024 KB"},
        {PARAMS, "<prop id=\"bus.dma_burst_B\" value=\"256\"", "<prop id=\"bus.dma_burst_B\" value=\"255\"",
         "/myrinet-pc.params.xml:@: bus.dma_burst_B: \"255\" is not possible; allowed: a multiple of 4, 4 to 65536 "
         "B"},
        {PARAMS, "<prop id=\"host.copy_MB_s\" value=\"50\"", "<prop id=\"host.copy_MB_s\" value=\"60\"",
         "/myrinet-pc.params.xml:@: host.copy_MB_s: \"60\" is outside its own range; allowed: 40:57 MB/s"},
        {PARAMS, "value=\"40:57\"", "value=\"40-57\"",
         "/myrinet-pc.params.xml:@: host.copy_MB_s.range: \"40-57\" is not a range; allowed: low:high in MB/s"},
        {PARAMS, "<prop id=\"host.cpu_mhz.sure\" value=\"A\"/>", "<prop id=\"host.cpu_mhz.sure\" value=\"S\"/>",
         "/myrinet-pc.params.xml:@: host.cpu_mhz.sure: \"S\" is not a certainty; allowed: A, B, C, R"},
        {GOOD, "params.xml\"/>", "params.xml\"/><prop id=\"bus.dma_start_us\" value=\"1\"/>",
         "/bad.xml:@: bus.dma_start_us has no source: add .source"},
        {PARAMS, "<prop id=\"host.cpu_mhz.sure\" value=\"A\"/>", "<prop id=\"host.cpu_mhz\" value=\"5\"/>",
         "/myrinet-pc.params.xml:@: host.cpu_mhz is given twice"},
        {PARAMS, "id=\"host.cpus\" value=\"1\"", "id=\"host.cpus\" value=\"1.5\"",
         "/myrinet-pc.params.xml:@: host.cpus: \"1.5\" is not possible; allowed: an integer, 1 to 64"},
        {PARAMS, "id=\"vmmc.ack_every\" value=\"4\"", "id=\"vmmc.ack_every\" value=\"16\"",
         "/bad.xml: vmmc.ack_every must not exceed vmmc.window (12)"},
        {PARAMS, "<params>", "<parameters>", "/myrinet-pc.params.xml:"},
};

/* with_line: the expected error, with the line of the damage filled in. */
static char *
with_line(const struct damage *d)
{
	char *text, **halves = g_strsplit(d->error, "@", 2), *error;
	unsigned line = 1;

	ck_assert(g_file_get_contents(d->file, &text, NULL, NULL));
	for (const char *at = strstr(text, d->from); at > text; at--)
		line += at[-1] == '\n';
	error = halves[1] ? g_strdup_printf("%s%u%s", halves[0], line, halves[1]) : g_strdup(d->error);
	g_strfreev(halves);
	g_free(text);
	return error;
}

static void
must_fail(const char *path, const char *expected)
{
	char *error;
	const char *behind;

	ck_assert_ptr_null(platform_load(path, NULL, 0, &error));
	ck_assert_ptr_nonnull(error);
	ck_assert_msg(g_str_has_prefix(error, folder), "%s", error);
	behind = error + strlen(folder);
	ck_assert_msg(g_str_has_prefix(behind, expected), "expected %s\ngot      %s", expected, behind);
	ck_assert_ptr_null(strchr(error, '\n'));
	g_free(error);
}

START_TEST(damage_costs_one_line)
{
	const struct damage *d = &damages[_i];
	bool in_set = strcmp(d->file, PARAMS) == 0;
	char *set = copy_file(PARAMS, COPY_PARAMS, in_set ? d->from : NULL, d->to);
	char *path = copy_file(in_set ? GOOD : d->file, "bad.xml", in_set ? NULL : d->from, d->to);
	char *expected = with_line(d);

	if (strcmp(d->file, RING) == 0)
		g_free(copy_file(path, "bad.xml", "../../platforms/", ""));
	if (strcmp(d->file, SITES) == 0)
		g_free(copy_file(path, "bad.xml", "myrinet-ultra", "myrinet-pc"));

	if (strstr(d->error, "ack_every")) {
		char *small =
		        copy_file(set, COPY_PARAMS, "\"vmmc.window\" value=\"16\"", "\"vmmc.window\" value=\"12\"");

		g_free(small);
	}
	must_fail(path, expected);
	g_free(expected);
	g_free(set);
	g_free(path);
	platform_free(load(GOOD, NULL, 0)); /* nothing of the bad one was left in SimGrid */
}
END_TEST

struct bad_set {
	const char *set, *error;
};

static const struct bad_set bad_sets[] = {
        {"nic.lanai_mhz", "--set nic.lanai_mhz: not of the form key=value"},
        {"nic.lanai_hz=3",
         "--set nic.lanai_hz=3: unknown key \"nic.lanai_hz\"; the closest known one is nic.lanai_mhz"},
        {"=", "--set =: unknown key \"\"; the closest known one is "},
        {"nic.lanai_mhz=", "--set nic.lanai_mhz: \"\" is not a decimal number; allowed: 1 to 1000 MHz"},
        {"nic.lanai_mhz=inf", "--set nic.lanai_mhz: \"inf\" is not a decimal number; allowed: 1 to 1000 MHz"},
        {"nic.lanai_mhz=1e999", "--set nic.lanai_mhz: \"1e999\" is not a decimal number; allowed: 1 to 1000 MHz"},
        {"nic.lanai_mhz=1001", "--set nic.lanai_mhz: \"1001\" is out of bounds; allowed: 1 to 1000 MHz"},
        {"nic.lanai_mhz.sure=A",
         "--set nic.lanai_mhz.sure=A: unknown key \"nic.lanai_mhz.sure\"; the closest known one is "},
};

START_TEST(bad_set_costs_one_line)
{
	const struct bad_set *bad = &bad_sets[_i];
	char *error = NULL;

	ck_assert(!platform_check_set(bad->set, &error));
	ck_assert_msg(g_str_has_prefix(error, bad->error), "%s", error);
	g_free(error);
	ck_assert_ptr_null(platform_load("myrinet-pc", &bad->set, 1, &error));
	ck_assert_msg(g_str_has_prefix(error, bad->error), "%s", error);
	g_free(error);
}
END_TEST

START_TEST(bad_fault_script)
{
	static const char *const sets[] = {"net.faults=1ms nic pc-0 reset; 1ms nic pc-7 hang"};
	char *error;

	ck_assert_ptr_null(platform_load(GOOD, sets, 1, &error));
	ck_assert_str_eq(error,
	                 "net.faults:1:29: no computer \"pc-7\"; allowed: a computer of the platform, pc-0 to pc-1");
	g_free(error);
}
END_TEST

/* A computer without a NIC has no faults of a NIC, and no cable; those of the other site have theirs. */
START_TEST(faults_of_sites)
{
	static const char *const nic = "net.faults=1ms nic ultra-2 hang",
	                         *const link = "net.faults=1ms link ultra-2 down",
	                         *const good = "net.faults=1ms link ultra-4 down; 1ms host ultra-2 slow 2";
	struct platform *p;
	char *error;

	ck_assert_ptr_null(platform_load(SITES, &nic, 1, &error));
	ck_assert_str_eq(error, "net.faults:1:9: no NIC in \"ultra-2\"; allowed: a computer with a NIC");
	g_free(error);
	ck_assert_ptr_null(platform_load(SITES, &link, 1, &error));
	ck_assert_str_eq(error,
	                 "net.faults:1:10: no cable at \"ultra-2\"; allowed: a computer that is joined with another");
	g_free(error);
	p = load(SITES, &good, 1);
	ck_assert_uint_eq(p->n_faults, 2);
	ck_assert_uint_eq(p->faults[0].n_channels, 2);
	ck_assert_str_eq(p->links[p->faults[0].channels[0]].name, "myrinet-b_link_4_UP");
	platform_free(p);
}
END_TEST

START_TEST(fault_script)
{
	static const char *const sets[] = {"net.faults=1ms nic pc-0 reset; 1ms link myrinet_link_0_UP down"};
	struct platform *p = load(GOOD, sets, 1);

	ck_assert_uint_eq(p->n_faults, 2);
	ck_assert_ptr_null(p->params[0].fault_script);
	platform_free(p);
}
END_TEST

START_TEST(set_of_an_unknown_computer)
{
	const char *set = "pc-9:nic.lanai_mhz=33";
	char *error;

	ck_assert(platform_check_set(set, &error));
	ck_assert_ptr_null(platform_load("myrinet-pc", &set, 1, &error));
	ck_assert_str_eq(error, "--set pc-9:nic.lanai_mhz=33: no computer \"pc-9\" in platforms/myrinet-pc.xml");
	g_free(error);
}
END_TEST

START_TEST(no_such_platform)
{
	char *error;

	ck_assert_ptr_null(platform_load("nowhere", NULL, 0, &error));
	ck_assert_str_eq(error, "no platform \"nowhere\": neither a file nor the name of one in platforms/");
	g_free(error);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("platform");
	TCase *good = tcase_create("good"), *bad = tcase_create("bad");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_unchecked_fixture(good, make_folder, remove_folder);
	tcase_add_unchecked_fixture(bad, make_folder, remove_folder);
	tcase_add_checked_fixture(good, engine_init, NULL);
	tcase_add_checked_fixture(bad, engine_init, NULL);
	tcase_add_loop_test(good, every_file_loads, 0, G_N_ELEMENTS(files));
	tcase_add_test(good, sites);
	tcase_add_test(good, preset_is_found_by_its_name);
	tcase_add_test(good, page_dma_reaches_its_limit);
	tcase_add_test(good, set_overrides_for_all_or_one);
	tcase_add_test(good, file_overrides_its_set_and_host_the_file);
	tcase_add_loop_test(bad, damage_costs_one_line, 0, G_N_ELEMENTS(damages));
	tcase_add_loop_test(bad, bad_set_costs_one_line, 0, G_N_ELEMENTS(bad_sets));
	tcase_add_test(good, fault_script);
	tcase_add_test(bad, faults_of_sites);
	tcase_add_test(bad, bad_fault_script);
	tcase_add_test(bad, set_of_an_unknown_computer);
	tcase_add_test(bad, no_such_platform);
	suite_add_tcase(suite, good);
	suite_add_tcase(suite, bad);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
