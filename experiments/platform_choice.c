#include "experiments/platform_choice.h"

#include <glib.h>
#include <string.h>

#define SUFFIX     ".xml"
#define PARAMETERS ".params" SUFFIX /* of several platforms; not one itself */

char *
platform_path(const struct experiment *e)
{
	if (strchr(e->platform, '/') != NULL)
		return g_strdup(e->platform);
	return g_strdup_printf("%s/platforms/%s" SUFFIX, nicsim_root(), e->platform);
}

static int
compare_texts(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The platforms of the tree, separated by blanks. */
static char *
platform_names(void)
{
	char *folder = g_build_filename(nicsim_root(), "platforms", NULL);
	GDir *dir = g_dir_open(folder, 0, NULL);
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	const char *file;
	while (dir != NULL && (file = g_dir_read_name(dir)) != NULL)
		if (g_str_has_suffix(file, SUFFIX) && !g_str_has_suffix(file, PARAMETERS))
			g_ptr_array_add(names, g_strndup(file, strlen(file) - strlen(SUFFIX)));
	if (dir != NULL)
		g_dir_close(dir);
	g_free(folder);
	g_ptr_array_sort(names, compare_texts);
	g_ptr_array_add(names, NULL);
	char *all = g_strjoinv(" ", (char **)names->pdata);
	g_ptr_array_free(names, TRUE);
	return all;
}

bool
platform_there(const struct experiment *e, char **error)
{
	char *path = platform_path(e);
	bool there = g_file_test(path, G_FILE_TEST_IS_REGULAR);
	if (!there) {
		char *names = platform_names();
		*error = g_strdup_printf("%s: there is no platform '%s'; allowed: %s, or the path of a file" SUFFIX,
		                         e->platform_given, e->platform, names);
		g_free(names);
	}
	g_free(path);
	return there;
}
