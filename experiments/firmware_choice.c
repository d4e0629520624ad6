#include "experiments/firmware_choice.h"

#include "experiments/experiment.h"
#include "experiments/output.h"
#include "host-lib/firmware_image.h"

#include <glib.h>
#include <string.h>
#include <sys/wait.h>

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

/* The object of one source, or a copy of one object, in `folder`. */
static bool
make_object(const char *file, const char *folder, char **error)
{
	char *name = g_path_get_basename(file);
	name[strlen(name) - 1] = 'o';
	char *object = g_build_filename(folder, name, NULL);
	bool ok = g_str_has_suffix(file, ".c") ? compile(file, object, error)
	                                       : run_program((char *[]){"cp", (char *)file, object, NULL}, file, error);
	g_free(object);
	g_free(name);
	return ok;
}

/* The objects of all sources in a folder. */
static bool
make_objects(const char *sources, const char *folder, char **error)
{
	GDir *dir = g_dir_open(sources, 0, NULL);
	const char *name;
	bool ok = true;
	unsigned n = 0;
	while (ok && dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		if (!g_str_has_suffix(name, ".c"))
			continue;
		char *path = g_build_filename(sources, name, NULL);
		ok = make_object(path, folder, error);
		n++;
		g_free(path);
	}
	if (dir != NULL)
		g_dir_close(dir);
	if (ok && n == 0)
		*error = g_strdup_printf("%s: there is no file.c in this folder", sources);
	return ok && n > 0;
}

static bool
make_firmware(const char *file, const char *folder, char **error)
{
	char *path = g_canonicalize_filename(file, NULL);
	bool ok = false;
	if (g_file_test(path, G_FILE_TEST_IS_DIR))
		ok = make_objects(path, folder, error);
	else if (!g_file_test(path, G_FILE_TEST_IS_REGULAR))
		*error = g_strdup_printf("%s: there is no such firmware", file);
	else if (g_str_has_suffix(path, ".c") || g_str_has_suffix(path, ".o"))
		ok = make_object(path, folder, error);
	else
		*error = g_strdup_printf("%s: firmware is a file.c, a file.o or a folder of files.c", file);
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
	return make_firmware(file, *folder, error);
}

void
firmware_name_it(const char *file, const char *folder, char **text)
{
	if (folder == NULL)
		return;
	char *quoted = g_regex_escape_string(folder, -1), *pattern = g_strconcat(quoted, "/([^/:]+)\\.o\\b", NULL);
	char **parts = g_strsplit(file, "\\", -1), *literal = g_strjoinv("\\\\", parts);
	char *by = g_strconcat(literal, g_file_test(file, G_FILE_TEST_IS_DIR) ? "/\\1.c" : NULL, NULL);
	GRegex *objects = g_regex_new(pattern, 0, 0, NULL);
	char *named = g_regex_replace(objects, *text, -1, 0, by, 0, NULL);
	g_regex_unref(objects);
	g_free(by);
	g_free(literal);
	g_strfreev(parts);
	g_free(pattern);
	g_free(quoted);
	g_free(*text);
	*text = named;
}

void
firmware_forget(char *folder)
{
	if (folder == NULL)
		return;
	output_remove_folder(folder);
	g_free(folder);
}

/* Each firmware: its name, and its reference image. */
static const struct {
	const char *name, *folder;
} firmwares[N_FIRMWARES] = {[FIRMWARE_VMMC] = {"vmmc", FIRMWARE_IMAGE_VMMC},
                            [FIRMWARE_AM] = {"am", FIRMWARE_IMAGE_AM},
                            [FIRMWARE_RAW] = {"raw", FIRMWARE_IMAGE_RAW},
                            [FIRMWARE_NONE] = {"none", NULL}};

const char *
firmware_text(enum firmware firmware)
{
	return firmwares[firmware].name;
}

const char *
firmware_reference(enum firmware firmware)
{
	return firmwares[firmware].folder;
}

enum firmware
firmware_of(const struct point *point)
{
	const struct workload *w = point->experiment->workload;
	return w->firmware != NULL ? w->firmware(point) : FIRMWARE_VMMC;
}

bool
firmware_used(const struct experiment *e, enum firmware firmware)
{
	for (unsigned i = 0; i < experiment_points(e); i++) {
		const struct point p = {.experiment = e, .index = i};
		if (firmware_of(&p) == firmware)
			return true;
	}
	return false;
}

char *
firmware_names(const struct experiment *e)
{
	GString *names = g_string_new(NULL);
	for (unsigned i = 0; i < N_FIRMWARES; i++)
		if (firmware_used(e, (enum firmware)i))
			g_string_append_printf(names, "%s%s", names->len > 0 ? ", " : "",
			                       firmware_text((enum firmware)i));
	return g_string_free(names, FALSE);
}

struct lanai_image *
firmware_load(const char *folder, char **error)
{
	return firmware_image(FIRMWARE_IMAGE_LIB, folder != NULL ? folder : FIRMWARE_IMAGE_VMMC, error);
}

bool
firmware_load_for(const struct point *point, struct lanai_image **image, char **error)
{
	const char *reference = firmware_reference(firmware_of(point));
	*image = NULL;
	if (reference == NULL)
		return true;
	*image = firmware_load(point->firmware != NULL ? point->firmware : reference, error);
	return *image != NULL;
}
