#include "host-lib/firmware_image.h"

#include "firmware/vmmc/abi.h"

#include <glib.h>

static int
by_name(gconstpointer a, gconstpointer b)
{
	return g_strcmp0(*(char *const *)a, *(char *const *)b);
}

/* Appends the paths of the folder's objects. */
static bool
add_objects(GPtrArray *paths, const char *folder, char **error)
{
	GPtrArray *found = g_ptr_array_new();
	GError *why = NULL;
	GDir *dir = g_dir_open(folder, 0, &why);

	if (!dir) {
		*error = g_strdup(why->message);
		g_error_free(why);
		g_ptr_array_free(found, TRUE);
		return false;
	}
	for (const char *name = g_dir_read_name(dir); name; name = g_dir_read_name(dir))
		if (g_str_has_suffix(name, ".o"))
			g_ptr_array_add(found, g_build_filename(folder, name, NULL));
	g_dir_close(dir);
	g_ptr_array_sort(found, by_name);
	g_ptr_array_extend_and_steal(paths, found);
	return true;
}

struct lanai_image *
firmware_image(const char *lib, const char *program, char **error)
{
	GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
	struct lanai_image *image = NULL;

	if (add_objects(paths, lib, error) && add_objects(paths, program, error))
		image = lanai_image_load((const char *const *)paths->pdata, paths->len, VMMC_CODE_LIMIT, error);
	g_ptr_array_free(paths, TRUE);
	return image;
}
