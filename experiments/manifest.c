#include "experiments/manifest.h"

#include "experiments/firmware_choice.h"
#include "experiments/output.h"
#include "experiments/units.h"

#include <cjson/cJSON.h>
#include <glib.h>
#include <inttypes.h>
#include <string.h>

static void
add_hex(cJSON *object, const char *key, uint64_t value)
{
	char text[24];
	g_snprintf(text, sizeof text, "%016" PRIx64, value);
	cJSON_AddStringToObject(object, key, text);
}

static void
add_versions(cJSON *root)
{
	cJSON *versions = cJSON_AddObjectToObject(root, "versions");
	cJSON_AddStringToObject(versions, "nicsim", NICSIM_VERSION);
	cJSON_AddStringToObject(versions, "simgrid", NICSIM_SIMGRID_VERSION);
	cJSON_AddStringToObject(versions, "compiler", NICSIM_COMPILER);
	char *glib = g_strdup_printf("%u.%u.%u", glib_major_version, glib_minor_version, glib_micro_version);
	cJSON_AddStringToObject(versions, "glib", glib);
	g_free(glib);
}

static void
add_unit(cJSON *units, const char *name)
{
	char *unit = unit_of(name);
	cJSON_AddStringToObject(units, name, unit);
	g_free(unit);
}

static void
add_units(cJSON *root, const struct experiment *e)
{
	cJSON *units = cJSON_AddObjectToObject(root, "units");
	for (unsigned i = 0; i < e->n_axes; i++)
		add_unit(units, e->axes[i].name);
	for (unsigned i = 0; e->metrics[i] != NULL; i++)
		add_unit(units, e->metrics[i]);
}

/* The workload's parameters: fixed values, and lists for axes. */
static void
add_workload(cJSON *root, const struct experiment *e)
{
	cJSON *w = cJSON_AddObjectToObject(root, "workload");
	cJSON_AddStringToObject(w, "name", e->workload->name);
	cJSON *fixed = cJSON_AddObjectToObject(w, "fixed");
	struct point first = {.experiment = e};
	for (const struct workload_parameter *p = e->workload->parameters; p->name != NULL; p++) {
		bool axis = false;
		for (unsigned i = 0; i < e->n_axes; i++)
			axis = axis || strcmp(e->axes[i].name, p->name) == 0;
		if (!axis)
			cJSON_AddStringToObject(fixed, p->name, point_text(&first, p->name));
	}
	cJSON *axes = cJSON_AddObjectToObject(root, "axes");
	for (unsigned i = 0; i < e->n_axes; i++)
		cJSON_AddItemToObject(
		        axes, e->axes[i].name,
		        cJSON_CreateStringArray((const char *const *)e->axes[i].values, (int)e->axes[i].n));
}

static void
add_series(cJSON *root, const struct experiment *e)
{
	cJSON *list = e->n_series > 0 ? cJSON_AddObjectToObject(root, "series") : NULL;
	for (unsigned i = 0; i < e->n_series; i++) {
		const struct series *s = &e->series[i];
		cJSON *o = cJSON_AddObjectToObject(list, s->name);
		cJSON_AddStringToObject(o, "legend", s->legend);
		cJSON_AddItemToObject(
		        o, "settings",
		        cJSON_CreateStringArray((const char *const *)s->settings, (int)g_strv_length(s->settings)));
	}
}

static uint64_t
mix(uint64_t hash, uint64_t value)
{
	return (hash ^ value) * 0x100000001b3ull; /* FNV-1a, over words */
}

static void
add_sums(cJSON *root, const struct manifest_facts *f)
{
	const struct experiment *e = f->experiment;
	cJSON *sums = e->sums != NULL ? cJSON_AddObjectToObject(root, "sums") : NULL;
	for (unsigned k = 0; sums != NULL && e->sums[k] != NULL; k++) {
		double value, sum = 0;
		for (unsigned i = 0; i < experiment_points(e); i++)
			if (results_get(&f->results[i], e->sums[k], &value))
				sum += value;
		cJSON_AddNumberToObject(sums, e->sums[k], sum);
	}
}

static void
add_points(cJSON *root, const struct manifest_facts *f)
{
	uint64_t all = 0xcbf29ce484222325ull;
	cJSON *points = cJSON_AddArrayToObject(root, "points");
	for (unsigned i = 0; i < experiment_points(f->experiment); i++) {
		struct point p = {.experiment = f->experiment, .index = i};
		const struct results *r = &f->results[i];
		cJSON *point = cJSON_CreateObject();
		for (unsigned k = 0; k < f->experiment->n_axes; k++)
			cJSON_AddStringToObject(point, f->experiment->axes[k].name,
			                        point_text(&p, f->experiment->axes[k].name));
		add_hex(point, "fingerprint", r->fingerprint);
		if (r->saturated != NULL)
			cJSON_AddStringToObject(point, "saturated", r->saturated);
		cJSON_AddNumberToObject(point, "utilisation", r->utilisation);
		cJSON_AddItemToArray(points, point);
		all = mix(all, r->fingerprint);
	}
	add_hex(root, "fingerprint", all);
}

/* The seed of the random faults is a platform parameter; said again, since it is what one looks for. */
static void
add_seed(cJSON *root, const cJSON *parameters)
{
	const cJSON *p;
	cJSON_ArrayForEach(p, parameters) if (strcmp(manifest_string(p, "key"), "net.fault_seed") == 0)
	        cJSON_AddStringToObject(root, "seed", manifest_string(p, "value"));
}

static void
add_firmware(cJSON *root, const struct manifest_facts *f)
{
	cJSON *firmware = cJSON_AddObjectToObject(root, "firmware");
	char *names = firmware_names(f->experiment);
	char *name =
	        f->firmware != NULL ? g_path_get_basename(f->firmware) : g_strdup_printf("%s, reference image", names);
	cJSON_AddStringToObject(firmware, "name", name);
	cJSON_AddBoolToObject(firmware, "reference", f->firmware == NULL);
	cJSON_AddStringToObject(firmware, "sha256", manifest_string(f->probed, "firmware_sha256"));
	g_free(name);
	g_free(names);
}

char *
manifest_text(const struct manifest_facts *f)
{
	cJSON *root = cJSON_CreateObject();
	const struct experiment *e = f->experiment;
	cJSON_AddStringToObject(root, "experiment", e->name);
	cJSON_AddStringToObject(root, "title", e->title);
	cJSON_AddStringToObject(root, "text", e->text);
	if (e->figure != NULL)
		cJSON_AddStringToObject(root, "figure", e->figure);
	cJSON_AddStringToObject(root, "platform", manifest_string(f->probed, "platform"));
	add_seed(root, manifest_item(f->probed, "parameters"));
	add_versions(root);
	add_firmware(root, f);
	add_workload(root, e);
	add_series(root, e);
	add_units(root, e);
	add_sums(root, f);
	add_points(root, f);
	cJSON_AddItemToObject(root, "parameters", cJSON_Duplicate(manifest_item(f->probed, "parameters"), 1));
	cJSON_AddItemToObject(root, "inputs", cJSON_Duplicate(f->inputs, 1));
	cJSON *outputs = cJSON_AddObjectToObject(root, "outputs");
	for (unsigned i = 0; f->outputs[i] != NULL; i += 2)
		cJSON_AddStringToObject(outputs, f->outputs[i], f->outputs[i + 1]);
	char *json = cJSON_Print(root);
	char *text = g_strconcat(json, "\n", NULL);
	cJSON_free(json);
	cJSON_Delete(root);
	return text;
}

cJSON *
manifest_load(const char *folder)
{
	char *path = g_build_filename(folder, OUTPUT_LAST, NULL), *text = NULL;
	cJSON *root = g_file_get_contents(path, &text, NULL, NULL) ? cJSON_Parse(text) : NULL;
	g_free(text);
	g_free(path);
	return root;
}

const cJSON *
manifest_item(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

const char *
manifest_string(const cJSON *object, const char *key)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
	return text != NULL ? text : "";
}

char *
manifest_sums(const cJSON *manifest)
{
	GString *text = g_string_new(NULL);
	const cJSON *sum;
	cJSON_ArrayForEach(sum, manifest_item(manifest, "sums"))
	        g_string_append_printf(text, "%s%s %.15g", text->len > 0 ? ", " : "", sum->string, sum->valuedouble);
	return g_string_free(text, FALSE);
}
