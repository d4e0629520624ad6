#include "experiments/firmware_choice.h"

#include "experiments/experiment.h"
#include "host-lib/firmware_image.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <sys/wait.h>

#define OBJECT "firmware.o"

/* Runs a program; its messages are ours.  False and *error if it could not be run or failed. */
static bool
run_program(char **arguments, const char *what, char **error)
{
	int status = 0;
	GError *why = NULL;
	if (!g_spawn_sync(NULL, arguments, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status, &why)) {
		*error = g_strdup_printf("%s: %s", what, why->message);
		g_error_free(why);
		return false;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	*error = g_strdup_printf("%s: %s failed", what, arguments[0]);
	return false;
}

static bool
compile(const char *source, const char *object, char **error)
{
	char *compiler = g_build_filename(nicsim_root(), "firmware", "lanai-cc", NULL);
	char *folder = g_path_get_dirname(source), *include = g_strconcat("-I", folder, NULL);
	bool ok = run_program((char *[]){compiler, "-c", (char *)source, "-o", (char *)object, include, NULL}, source,
	                      error);
	g_free(include);
	g_free(folder);
	g_free(compiler);
	return ok;
}

static bool
make_object(const char *file, const char *object, char **error)
{
	char *path = g_canonicalize_filename(file, NULL);
	bool ok = g_file_test(path, G_FILE_TEST_IS_REGULAR);
	if (!ok)
		*error = g_strdup_printf("%s: there is no such firmware file", file);
	else if (g_str_has_suffix(path, ".c"))
		ok = compile(path, object, error);
	else if (g_str_has_suffix(path, ".o"))
		ok = run_program((char *[]){"cp", path, (char *)object, NULL}, path, error);
	else
		ok = false;
	if (!ok && *error == NULL)
		*error = g_strdup_printf("%s: firmware is a file.c or a file.o", file);
	g_free(path);
	return ok;
}

bool
firmware_choose(const char *file, char **folder, char **error)
{
	GError *why = NULL;
	*folder = g_dir_make_tmp("nicsim-XXXXXX", &why);
	if (*folder == NULL) {
		*error = g_strdup(why->message);
		g_error_free(why);
		return false;
	}
	char *object = g_build_filename(*folder, OBJECT, NULL);
	bool ok = make_object(file, object, error);
	g_free(object);
	return ok;
}

void
firmware_forget(char *folder)
{
	if (folder == NULL)
		return;
	char *object = g_build_filename(folder, OBJECT, NULL);
	g_unlink(object);
	g_rmdir(folder);
	g_free(object);
	g_free(folder);
}

struct lanai_image *
firmware_load(const char *folder, char **error)
{
	return firmware_image(FIRMWARE_IMAGE_LIB, folder != NULL ? folder : FIRMWARE_IMAGE_VMMC, error);
}
