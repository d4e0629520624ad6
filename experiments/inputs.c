#include "experiments/inputs.h"

#include "experiments/firmware_choice.h"
#include "experiments/output.h"
#include "experiments/platform_choice.h"
#include "host-lib/firmware_image.h"

#include <cjson/cJSON.h>
#include <glib.h>
#include <string.h>

static void
add_file(GChecksum *sum, const char *path)
{
	char *sha = file_sha256(path);
	g_checksum_update(sum, (const guchar *)(sha != NULL ? sha : "none"), -1);
	g_free(sha);
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* All files in a folder with that ending, by name. */
static void
add_folder(GChecksum *sum, const char *folder, const char *ending)
{
	GDir *dir = g_dir_open(folder, 0, NULL);
	GPtrArray *files = g_ptr_array_new_with_free_func(g_free);
	const char *name;
	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL)
		if (g_str_has_suffix(name, ending))
			g_ptr_array_add(files, g_build_filename(folder, name, NULL));
	if (dir != NULL)
		g_dir_close(dir);
	g_ptr_array_sort(files, compare_names);
	for (guint i = 0; i < files->len; i++)
		add_file(sum, files->pdata[i]);
	g_ptr_array_free(files, TRUE);
}

/* The platform file and all XML beside it, since platforms share parameter files. */
static void
add_platform(GChecksum *sum, const char *path)
{
	add_file(sum, path);
	char *folder = g_path_get_dirname(path);
	add_folder(sum, folder, ".xml");
	g_free(folder);
}

static void
add_plots(GChecksum *sum, char *const *plots)
{
	for (unsigned i = 0; plots != NULL && plots[i] != NULL; i++) {
		char *path = g_strdup_printf("%s/plots/%s.gp", nicsim_root(), plots[i]);
		add_file(sum, path);
		g_free(path);
	}
	char *style = g_build_filename(nicsim_root(), "plots", "style.gp", NULL);
	add_file(sum, style);
	g_free(style);
}

/* Ends `sum`, enters it under `name` and adds it to `all`. */
static void
enter(cJSON *inputs, GChecksum *all, const char *name, GChecksum *sum)
{
	const char *text = g_checksum_get_string(sum);
	cJSON_AddStringToObject(inputs, name, text);
	g_checksum_update(all, (const guchar *)text, -1);
	g_checksum_free(sum);
}

static GChecksum *
sum_of(char *const *paths)
{
	GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
	for (unsigned i = 0; paths[i] != NULL; i++)
		add_file(sum, paths[i]);
	return sum;
}

/* The running program; hashed once, since it is large. */
static GChecksum *
program_sum(void)
{
	static char *sha;
	if (sha == NULL)
		sha = file_sha256("/proc/self/exe");
	GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
	g_checksum_update(sum, (const guchar *)(sha != NULL ? sha : "none"), -1);
	return sum;
}

/* The run-time, and --firmware, or what the points load. */
static GChecksum *
firmware_sum(const struct experiment *e, const char *firmware)
{
	GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
	char *lib = g_build_filename(nicsim_root(), FIRMWARE_IMAGE_LIB, NULL);
	add_folder(sum, lib, ".o");
	if (firmware != NULL)
		add_folder(sum, firmware, ".o");
	for (unsigned i = 0; firmware == NULL && i < N_FIRMWARES; i++) {
		const char *reference = firmware_reference((enum firmware)i);
		char *folder = g_build_filename(nicsim_root(), reference, NULL);
		if (reference != NULL && firmware_used(e, (enum firmware)i))
			add_folder(sum, folder, ".o");
		g_free(folder);
	}
	g_free(lib);
	return sum;
}

cJSON *
inputs_of(const struct experiment *e, const char *firmware)
{
	cJSON *inputs = cJSON_CreateObject();
	GChecksum *all = g_checksum_new(G_CHECKSUM_SHA256);
	char *platform = platform_path(e),
	     *references = g_build_filename(nicsim_root(), "experiments", "reference", "published.csv", NULL);
	GChecksum *platform_sum = g_checksum_new(G_CHECKSUM_SHA256), *plots_sum = g_checksum_new(G_CHECKSUM_SHA256);
	add_platform(platform_sum, platform);
	add_plots(plots_sum, e->plots);
	enter(inputs, all, "experiment", sum_of((char *[]){e->path, NULL}));
	enter(inputs, all, "references", sum_of((char *[]){references, NULL}));
	enter(inputs, all, "platform", platform_sum);
	enter(inputs, all, "program", program_sum());
	enter(inputs, all, "firmware", firmware_sum(e, firmware));
	enter(inputs, all, "plots", plots_sum);
	cJSON *overrides = cJSON_AddArrayToObject(inputs, "overrides");
	for (unsigned i = 0; e->overrides[i] != NULL; i++) {
		cJSON_AddItemToArray(overrides, cJSON_CreateString(e->overrides[i]));
		g_checksum_update(all, (const guchar *)e->overrides[i], -1);
	}
	cJSON_AddStringToObject(inputs, "hash", g_checksum_get_string(all));
	g_checksum_free(all);
	g_free(platform);
	g_free(references);
	return inputs;
}
