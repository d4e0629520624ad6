/* The program as its user sees it: exit codes, one clear line for bad input, the report's JSON, and what a faster NIC
 * does. */
#include "experiments/output.h"
#include "tests/experiments/program.h"
#include "tests/experiments/toy.h"

#include <check.h>
#include <cjson/cJSON.h>
#include <glib.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static const struct {
	const char *arguments, *said;
} bad[] = {
        {"", "a verb is wanted"},
        {"fly", "there is no such verb; allowed: run sweep"},
        {"run", "exactly one argument is wanted"},
        {"run a b", "exactly one argument is wanted"},
        {"run vmmc-latency --fast", "--fast"},
        {"run no-such", "no-such: there is no such experiment; allowed: "},
        {"run no-such.exp", "no-such.exp: there is no such experiment"},
        {"run vmmc-latency --set nic.lanai_mhz=fast", "nic.lanai_mhz"},
        {"run vmmc-latency --set nic.lanai_mhz=1e9", "1 to 1000 MHz"},
        {"run vmmc-latency --set nic.lanai_ghz=1", "nic.lanai_mhz"},
        {"run vmmc-latency --set size_B=6", "a whole number from 4 to 1048576, a multiple of 4"},
        {"run vmmc-latency --set colour=red", "has no parameter"},
        {"run vmmc-latency --set nonsense", "--set nonsense: is not name=value"},
        {"run vmmc-latency --platform no-such",
         "--platform no-such: there is no platform 'no-such'; allowed: myrinet-pc "},
        {"run vmmc-latency --platform README.md", "README.md"},
        {"run vmmc-latency --firmware no-such.c", "no-such.c: there is no such firmware"},
        {"run fs-roundtrip --firmware firmware/vmmc",
         "load am, raw, none; allowed: points that load one firmware (--set)"},
        {"run vmmc-latency --jobs -1", "--jobs -1: allowed: 1 or more"},
        {"run vmmc-latency -j0", "--jobs 0: allowed: 1 or more"},
        {"run vmmc-latency -j 0", "--jobs 0: allowed: 1 or more"},
        {"run vmmc-latency --set size_B=4 --set size_B=8", "was set before, by size_B=4"},
        {"report --xml", "--xml"},
        {"list everything", "no further arguments are allowed"},
};

START_TEST(bad_input)
{
	char *line = g_strdup_printf("%s%s", bad[_i].arguments,
	                             strncmp(bad[_i].arguments, "run ", 4) == 0 ? " --out /tmp/nicsim-none/x" : "");
	ck_assert_int_eq(nicsim(line), 2);
	ck_assert_msg(strstr(err, bad[_i].said) != NULL, "%s: %s", line, err);
	ck_assert_msg(strchr(err, '\n') == err + strlen(err) - 1, "more than one line: %s", err);
	ck_assert_str_eq(out, "");
	ck_assert(!g_file_test("/tmp/nicsim-none", G_FILE_TEST_EXISTS));
	g_free(line);
}
END_TEST

START_TEST(broken_firmware)
{
	char *folder = toy_folder(), *file = g_build_filename(folder, "bad.o", NULL);
	g_file_set_contents(file, "no object at all", -1, NULL);
	char *line = g_strdup_printf("run vmmc-latency --firmware %s --out -", file);
	char *said = g_strdup_printf("nicsim: %s: not an ELF object\n", file);
	ck_assert_int_eq(nicsim(line), 2);
	ck_assert_str_eq(out, "");
	ck_assert_str_eq(err, said);
	g_free(said);
	g_free(line);
	g_free(file);
	g_free(folder);
}
END_TEST

START_TEST(firmware_without_the_contract) /* a program that does nothing, and one that breaks */
{
	static const char *const bodies[] = {"return 1;", "*(volatile int *)1 = 3;"};
	for (unsigned i = 0; i < G_N_ELEMENTS(bodies); i++) {
		char *text = g_strdup_printf("int main(void) { %s return 0; }\n", bodies[i]),
		     *file = toy_file("my.c", text);
		char *line = g_strdup_printf("run vmmc-latency --set size_B=4 --out - --firmware %s", file);
		char *said = g_strdup_printf("nicsim: %s: this program does not follow firmware/vmmc/abi.h", file);
		ck_assert_int_eq(nicsim(line), 2);
		ck_assert_str_eq(out, "");
		ck_assert_msg(g_str_has_prefix(err, said), "%s", err);
		g_free(said);
		g_free(line);
		g_free(file);
		g_free(text);
	}
}
END_TEST

/* A platform with a single host. */
START_TEST(too_few_hosts)
{
	char *folder = toy_folder(), *tree = g_get_current_dir();
	char *line =
	        g_strdup_printf("list >/dev/null; cp %s/platforms/myrinet-pc.params.xml %s; sed s/0-1/0-0/ "
	                        "%s/platforms/myrinet-pc.xml >%s/one.xml; %s run vmmc-latency --out - -p %s/one.xml",
	                        tree, folder, tree, folder, NICSIM_PROGRAM, folder);
	ck_assert_int_eq(nicsim(line), 2);
	ck_assert_msg(strstr(err, "/one.xml' has 1 host; workload 'vmmc-pingpong' needs 2") != NULL, "%s", err);
	g_free(line);
	g_free(tree);
	g_free(folder);
}
END_TEST

START_TEST(figures_are_the_same_bytes)
{
	static const char *const figures[] = {"demo.svg", "demo.png", "demo.pdf"};
	char *folders[] = {toy_folder(), toy_folder()};
	for (unsigned i = 0; i < G_N_ELEMENTS(folders); i++) {
		char *line = g_strdup_printf("run demo --set size_B=4,64 --set nic.lanai_mhz=33,66 -j2 --out %s",
		                             folders[i]);
		ck_assert_int_eq(nicsim(line), 0);
		g_usleep(1100000); /* another second, so another date */
		g_free(line);
	}
	for (unsigned i = 0; i < G_N_ELEMENTS(figures); i++) {
		char *a = g_build_filename(folders[0], figures[i], NULL),
		     *b = g_build_filename(folders[1], figures[i], NULL);
		char *sha[] = {file_sha256(a), file_sha256(b)};
		ck_assert_msg(sha[0] != NULL && g_strcmp0(sha[0], sha[1]) == 0, "%s", figures[i]);
		g_free(sha[0]);
		g_free(sha[1]);
		g_free(a);
		g_free(b);
	}
	g_free(folders[0]);
	g_free(folders[1]);
}
END_TEST

/* A tree of its own, with links to the rest, so that its out/ can be filled. */
START_TEST(report_marks_what_was_changed)
{
	char *root = toy_folder(), *tree = g_get_current_dir();
	char *line =
	        g_strdup_printf("list >/dev/null; cd %s && for f in experiments platforms plots firmware; do ln -s "
	                        "%s/$f; done; export NICSIM_ROOT=%s; %s run vmmc-latency --set nic.lanai_mhz=66 --set "
	                        "size_B=4 >/dev/null && %s report --as-is --json",
	                        root, tree, root, NICSIM_PROGRAM, NICSIM_PROGRAM);
	ck_assert_int_eq(nicsim(line), 0);
	cJSON *list = cJSON_Parse(out), *row;
	bool marked = false;
	cJSON_ArrayForEach(row, list)
	{
		const cJSON *changed = cJSON_GetObjectItemCaseSensitive(row, "changed");
		bool latency = strcmp(cJSON_GetObjectItemCaseSensitive(row, "id")->valuestring, "V2-LAT") == 0;
		ck_assert(latency ? cJSON_IsString(changed) : cJSON_IsNull(changed));
		marked = marked || (latency && strcmp(changed->valuestring, "nic.lanai_mhz=66 size_B=4") == 0);
	}
	ck_assert(marked);
	cJSON_Delete(list);
	g_free(line);
	g_free(tree);
	g_free(root);
}
END_TEST

START_TEST(full_disk)
{
	ck_assert_int_eq(nicsim("run vmmc-latency --set size_B=4 --out - >/dev/full"), 1);
	ck_assert_ptr_nonnull(strstr(err, "standard output: No space left on device"));
}
END_TEST

/* A platform file with one parameter spoilt. */
START_TEST(bad_platform_file)
{
	char *text, *path = toy_file("spoilt.xml", ""), *folder = g_path_get_dirname(path);
	ck_assert(g_file_get_contents("platforms/myrinet-pc.params.xml", &text, NULL, NULL));
	char **halves = g_strsplit(text, "\"host.cpu_mhz\" value=\"166\"", 2);
	ck_assert_uint_eq(g_strv_length(halves), 2);
	char *spoilt = g_strjoinv("\"host.cpu_mhz\" value=\"fast\"", halves),
	     *parameters = g_build_filename(folder, "p.xml", NULL);
	g_file_set_contents(parameters, spoilt, -1, NULL);
	g_file_set_contents(path,
	                    "<platform version=\"4.1\"><zone id=\"top\" routing=\"Full\">"
	                    "<prop id=\"params\" value=\"p.xml\"/></zone></platform>",
	                    -1, NULL);
	char *line = g_strdup_printf("run vmmc-latency --out - --platform %s", path);
	ck_assert_int_eq(nicsim(line), 2);
	ck_assert_msg(strstr(err, "/p.xml:") != NULL && strstr(err, "host.cpu_mhz") != NULL &&
	                      strstr(err, "1 to 10000 MHz") != NULL,
	              "%s", err);
	ck_assert_str_eq(out, "");
	g_free(line);
	g_free(parameters);
	g_free(spoilt);
	g_strfreev(halves);
	g_free(text);
	g_free(folder);
	g_free(path);
}
END_TEST

START_TEST(own_firmware) /* the reference sources, by way of --firmware: the same image, so the same results */
{
	ck_assert_int_eq(nicsim("run vmmc-latency --set size_B=4 --out -"), 0);
	char *reference = g_strdup(out);
	ck_assert_int_eq(nicsim("run vmmc-latency --set size_B=4 --out - --firmware firmware/vmmc"), 0);
	ck_assert_str_eq(out, reference);
	g_free(reference);
}
END_TEST

/* Killed at some moment, a run leaves nothing or all of it. */
START_TEST(killed)
{
	char *parent = toy_folder(), *folder = g_build_filename(parent, "out", NULL);
	char *arguments[] = {NICSIM_PROGRAM, "run", "vmmc-latency", "--out", folder, NULL};
	GPid pid;
	ck_assert(g_spawn_async(NULL, arguments, NULL, G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL, NULL,
	                        NULL, &pid, NULL));
	g_usleep((gulong)(_i + 1) * 150000);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	char *csv = toy_read(folder, "vmmc-latency.csv"), *manifest = toy_read(folder, "manifest.json");
	ck_assert(csv == NULL || g_str_has_suffix(csv, "\n"));
	if (manifest != NULL) {
		cJSON *json = cJSON_Parse(manifest);
		ck_assert_ptr_nonnull(json);
		ck_assert_ptr_nonnull(csv);
		cJSON_Delete(json);
	}
	g_free(manifest);
	g_free(csv);
	g_free(folder);
	g_free(parent);
}
END_TEST

/* The metric in the last row of a table of one or more points. */
static double
last_value(void)
{
	char **lines = g_strsplit(g_strstrip(out), "\n", -1);
	char *last = lines[g_strv_length(lines) - 1];
	char **cells = g_strsplit(last, ",", -1);
	double value = g_ascii_strtod(cells[1], NULL);
	g_strfreev(cells);
	g_strfreev(lines);
	return value;
}

START_TEST(a_faster_lanai_is_faster)
{
	ck_assert_int_eq(nicsim("run demo --set size_B=4 --out -"), 0);
	char *first = g_strdup(out);
	double slow = last_value();
	ck_assert_int_eq(nicsim("run demo --set size_B=4 --out -"), 0);
	ck_assert_str_eq(out, first); /* the same bytes again, but for the white space that last_value() took */
	ck_assert_int_eq(nicsim("run demo --set size_B=4 --set nic.lanai_mhz=66 --out -"), 0);
	double fast = last_value();
	ck_assert_msg(fast > 1 && fast < 0.9 * slow, "%g us at 33 MHz, %g us at 66 MHz", slow, fast);
	g_free(first);
}
END_TEST

START_TEST(says_what_it_is_doing)
{
	nicsim("run vmmc-latency --set series=one-way --set rounds=100000 --set size_B=1048576 --set limit_ms=4000000 "
	       "--out - & running=$!; "
	       "sleep 1; kill -USR1 $running; sleep 0.5; kill $running");
	ck_assert_msg(strstr(err, "running: vmmc-latency series=one-way size_B=1048576") != NULL, "%s", err);
	ck_assert_msg(strstr(err, "asked by SIGUSR1") != NULL, "%s", err);
}
END_TEST

START_TEST(time_limit)
{
	ck_assert_int_eq(nicsim("run vmmc-latency --set series=one-way --set size_B=1048576 --set limit_ms=5 --out -"),
	                 4);
	ck_assert_msg(
	        g_str_has_prefix(
	                err,
	                "nicsim: point vmmc-latency series=one-way size_B=1048576: the simulated-time limit of 5 ms is "
	                "over"),
	        "%s", err); /* the cause first, then who waits for what */
	ck_assert_ptr_nonnull(strstr(err, "  pair on pc-0: waits for "));
	ck_assert_str_eq(out, "");
}
END_TEST

START_TEST(report_as_json)
{
	static const char *const texts[] = {"id", "quantity", "unit", "sure", "kind"};
	static const char *const kinds[] = {"input", "calibrated", "predicted", "context", NULL};
	ck_assert_int_eq(nicsim("report --json --as-is"), 0);
	cJSON *list = cJSON_Parse(out), *row;
	ck_assert(cJSON_IsArray(list));
	bool latency = false;
	cJSON_ArrayForEach(row, list)
	{
		for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++)
			ck_assert_msg(cJSON_IsString(cJSON_GetObjectItemCaseSensitive(row, texts[i])), "%s", texts[i]);
		const cJSON *simulated = cJSON_GetObjectItemCaseSensitive(row, "simulated"),
		            *error = cJSON_GetObjectItemCaseSensitive(row, "error");
		const cJSON *bound = cJSON_GetObjectItemCaseSensitive(row, "bound"),
		            *id = cJSON_GetObjectItemCaseSensitive(row, "id");
		ck_assert(cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(row, "published")));
		ck_assert(cJSON_IsNumber(simulated) || cJSON_IsNull(simulated));
		ck_assert_int_eq(cJSON_IsNumber(simulated), cJSON_IsNumber(error));
		ck_assert(cJSON_IsNull(bound) || cJSON_IsString(bound));
		ck_assert(cJSON_IsBool(cJSON_GetObjectItemCaseSensitive(row, "partial")));
		ck_assert(g_strv_contains(kinds, cJSON_GetObjectItemCaseSensitive(row, "kind")->valuestring));
		if (strcmp(id->valuestring, "V2-LAT") == 0)
			latency = true;
	}
	ck_assert(latency);
	cJSON_Delete(list);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("program");
	TCase *all = tcase_create("all");
	tcase_set_timeout(all, 60);
	tcase_add_loop_test(all, bad_input, 0, G_N_ELEMENTS(bad));
	tcase_add_test(all, broken_firmware);
	tcase_add_test(all, firmware_without_the_contract);
	tcase_add_test(all, bad_platform_file);
	tcase_add_test(all, too_few_hosts);
	tcase_add_test(all, figures_are_the_same_bytes);
	tcase_add_test(all, report_marks_what_was_changed);
	tcase_add_test(all, own_firmware);
	tcase_add_loop_test(all, killed, 0, 6);
	tcase_add_test(all, full_disk);
	tcase_add_test(all, a_faster_lanai_is_faster);
	tcase_add_test(all, says_what_it_is_doing);
	tcase_add_test(all, time_limit);
	tcase_add_test(all, report_as_json);
	suite_add_tcase(suite, all);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
