#include "tests/experiments/toy.h"

#include "experiments/experiment.h"
#include "experiments/results.h"

#include <glib.h>
#include <stdlib.h>

static enum exit_code
run(const struct point *point, struct results *results, char **error)
{
	double size = (double)point_number(point, "size_B");
	bool here = size == 8;
	if (here && point_is(point, "mode", "crashes"))
		abort();
	if (here && point_is(point, "mode", "fails"))
		*error = g_strdup("the toy broke");
	if (here && point_is(point, "mode", "dead"))
		*error = g_strdup("deadlock of toys");
	if (*error != NULL)
		return point_is(point, "mode", "dead") ? EXIT_DEADLOCK : EXIT_FAILED;
	results_set(results, "double_us", 2 * size);
	if (!here || !point_is(point, "mode", "silent"))
		results_set(results, "square_us", size * size);
	results->fingerprint = point->index;
	results->saturated = g_strdup("toy");
	results->utilisation = 0.5;
	if (point->breakdown) {
		results->stage_messages = 10;
		results->stage_total_ps = 123456790;
		results_stage(results, "UP", "up, and \"away\"", 123456789);
		results_stage(results, "DOWN", "down", 1);
	}
	return EXIT_DONE;
}

const struct workload toy = {
        .name = "toy",
        .doc = "doubles a number",
        .parameters =
                (const struct workload_parameter[]){
                        {"size_B", "4", 4, 1048576, 4, NULL, "size"},
                        {"mode", "works", 0, 0, 0, "works fails dead crashes silent", "what happens at 8 B"},
                        {0},
                },
        .metrics = (const struct workload_metric[]){{"double_us", "twice"}, {"square_us", "times itself"}, {0}},
        .run = run,
};

static GPtrArray *folders;

static void
remove_folders(void)
{
	for (guint i = 0; i < folders->len; i++) {
		char *arguments[] = {"rm", "-rf", folders->pdata[i], NULL};
		g_spawn_sync(NULL, arguments, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL);
	}
	g_ptr_array_free(folders, TRUE);
}

char *
toy_folder(void)
{
	if (folders == NULL) {
		folders = g_ptr_array_new_with_free_func(g_free);
		atexit(remove_folders);
	}
	char *folder = g_dir_make_tmp("nicsim-test-XXXXXX", NULL);
	g_ptr_array_add(folders, g_strdup(folder));
	return folder;
}

char *
toy_file(const char *name, const char *text)
{
	char *folder = toy_folder(), *path = g_build_filename(folder, name, NULL);
	g_file_set_contents(path, text, -1, NULL);
	g_free(folder);
	return path;
}

char *
toy_read(const char *folder, const char *name)
{
	char *path = g_build_filename(folder, name, NULL), *text = NULL;
	g_file_get_contents(path, &text, NULL, NULL);
	g_free(path);
	return text;
}

unsigned
toy_count(const char *folder)
{
	GDir *dir = g_dir_open(folder, 0, NULL);
	unsigned n = 0;
	while (dir != NULL && g_dir_read_name(dir) != NULL)
		n++;
	if (dir != NULL)
		g_dir_close(dir);
	return n;
}

char *
toy_experiment(const char *heading, const char *axes)
{
	return g_strconcat(
	        "[experiment]\ntitle = Toy\nworkload = toy\nplatform = myrinet-pc\nmetrics = double_us square_us\n",
	        heading, "[axes]\n", axes, NULL);
}
