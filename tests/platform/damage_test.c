/* Random damage to a platform file: it still loads, or costs one error line; the process never falls over. */
#include "nic-sim/engine.h"
#include "nic-sim/platform.h"

#include <check.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PLATFORM "platforms/myrinet-pc.xml"
#define PARAMS   "platforms/myrinet-pc.params.xml"

enum { N_MUTANTS = 300, MAX_CHANGES = 4 };

enum end { END_LOADED = 0, END_ONE_LINE = 10, END_BAD_REPORT = 11 };

static const char *const fragments[] = {
        "\"",
        "<",
        ">",
        "/>",
        "&",
        "=",
        "-1",
        "1e308",
        "nan",
        "0-999999",
        "<prop id=\"nic.lanai_mhz\" value=\"-\"/>",
        "<!--",
        "]]>",
        "</zone>",
        "<zone id=\"z\" routing=\"Star\"/>",
        "\xff",
        "routing=\"None\"",
        " id=\"top\"",
        "us",
        "%s",
};

static GRand *dice;

static void
change(GString *text)
{
	gsize at = (gsize)g_rand_int_range(dice, 0, (gint32)text->len), other;
	const char *fragment = fragments[g_rand_int_range(dice, 0, G_N_ELEMENTS(fragments))];
	gssize length = g_rand_int_range(dice, 1, 40);

	switch (g_rand_int_range(dice, 0, 4)) {
	case 0:
		text->str[at] = (char)g_rand_int_range(dice, 1, 256);
		break;
	case 1:
		g_string_erase(text, (gssize)at, MIN(length, (gssize)(text->len - at)));
		break;
	case 2:
		g_string_insert(text, (gssize)at, fragment);
		break;
	default:
		other = (gsize)g_rand_int_range(dice, 0, (gint32)text->len);
		length = MIN(length, (gssize)(text->len - at));
		for (char *piece = g_strndup(text->str + at, (gsize)length); piece; g_free(piece), piece = NULL)
			g_string_insert(text, (gssize)other, piece);
	}
}

static GString *
contents(const char *path)
{
	char *text;
	GString *string;

	ck_assert(g_file_get_contents(path, &text, NULL, NULL));
	string = g_string_new(text);
	g_free(text);
	return string;
}

/* write_mutant: one of the two files damaged, the other as it is. */
static void
write_mutant(const char *folder)
{
	const char *const originals[] = {PLATFORM, PARAMS};
	unsigned damaged = (unsigned)g_rand_int_range(dice, 0, 3) == 0; /* the platform file twice as often */

	for (unsigned i = 0; i < G_N_ELEMENTS(originals); i++) {
		GString *text = contents(originals[i]);
		char *name = g_path_get_basename(originals[i]), *path = g_build_filename(folder, name, NULL);

		if (i == damaged)
			for (int n = g_rand_int_range(dice, 1, MAX_CHANGES + 1); n > 0; n--)
				change(text);
		ck_assert(g_file_set_contents(path, text->str, (gssize)text->len, NULL));
		g_string_free(text, TRUE);
		g_free(name);
		g_free(path);
	}
}

static int
try_loading(const char *folder)
{
	char *path = g_build_filename(folder, "myrinet-pc.xml", NULL), *error;

	engine_init();
	if (platform_load(path, NULL, 0, &error))
		return END_LOADED;
	return error && *error && !strchr(error, '\n') ? END_ONE_LINE : END_BAD_REPORT;
}

START_TEST(damage_never_kills)
{
	char *folder = g_dir_make_tmp("nicsim-damage-XXXXXX", NULL);
	unsigned ends[2] = {0, 0};

	dice = g_rand_new_with_seed(1998);
	for (int i = 0; i < N_MUTANTS; i++) {
		int status;
		pid_t child;

		write_mutant(folder);
		child = fork();
		ck_assert_int_ge(child, 0);
		if (child == 0)
			_exit(try_loading(folder));
		ck_assert_int_eq(waitpid(child, &status, 0), child);
		ck_assert_msg(WIFEXITED(status), "mutant %d in %s killed the process: signal %d", i, folder,
		              WTERMSIG(status));
		ck_assert_msg(WEXITSTATUS(status) == END_LOADED || WEXITSTATUS(status) == END_ONE_LINE,
		              "mutant %d in %s: exit %d", i, folder, WEXITSTATUS(status));
		ends[WEXITSTATUS(status) == END_ONE_LINE]++;
	}
	ck_assert_uint_gt(ends[0], N_MUTANTS / 20); /* or the damage is too coarse to reach anything */
	ck_assert_uint_gt(ends[1], N_MUTANTS / 4);
	for (const char *const *name = (const char *const[]){"myrinet-pc.xml", "myrinet-pc.params.xml", NULL}; *name;
	     name++) {
		char *path = g_build_filename(folder, *name, NULL);

		g_unlink(path);
		g_free(path);
	}
	g_rmdir(folder);
	g_free(folder);
	g_rand_free(dice);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("platform damage");
	TCase *cases = tcase_create("damage");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(cases, damage_never_kills);
	tcase_set_timeout(cases, 100);
	suite_add_tcase(suite, cases);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
