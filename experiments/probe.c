#include "experiments/probe.h"

#include "experiments/child.h"
#include "experiments/firmware_choice.h"
#include "nic-sim/engine.h"
#include "nic-sim/image.h"
#include "nic-sim/platform.h"

#include <cjson/cJSON.h>
#include <glib.h>

static cJSON *
value_json(const struct param_value *v)
{
	cJSON *o = cJSON_CreateObject();
	const struct {
		const char *key, *text;
	} texts[] = {{"key", v->key},       {"value", v->value}, {"unit", v->unit},   {"doc", v->doc},
	             {"source", v->source}, {"sure", v->sure},   {"range", v->range}, {"fitted_to", v->fitted_to}};
	for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++) {
		if (texts[i].text != NULL)
			cJSON_AddStringToObject(o, texts[i].key, texts[i].text);
		else
			cJSON_AddNullToObject(o, texts[i].key);
	}
	cJSON_AddBoolToObject(o, "overridden", v->overridden);
	return o;
}

static bool
probe_platform(const struct point *point, cJSON *found, char **error)
{
	char **sets = point_sets(point);
	engine_init();
	struct platform *p =
	        platform_load(point->experiment->platform, (const char *const *)sets, g_strv_length(sets), error);
	g_strfreev(sets);
	if (p == NULL)
		return false;
	cJSON_AddStringToObject(found, "platform", p->name);
	cJSON_AddNumberToObject(found, "nodes", p->n_nodes);
	cJSON *parameters = cJSON_AddArrayToObject(found, "parameters");
	for (size_t i = 0; i < p->n_values; i++)
		cJSON_AddItemToArray(parameters, value_json(&p->values[i]));
	platform_free(p);
	return true;
}

static bool
probe_firmware(const struct point *point, cJSON *found, char **error)
{
	struct lanai_image *image = firmware_load(point->firmware, error);
	if (image == NULL)
		return false;
	cJSON_AddStringToObject(found, "firmware_sha256", image->sha256);
	lanai_image_free(image);
	return true;
}

static enum exit_code
probe_in_child(void *arg, char **text)
{
	const struct point *point = arg;
	cJSON *found = cJSON_CreateObject();
	if (!probe_platform(point, found, text) || !probe_firmware(point, found, text))
		return EXIT_BAD_INPUT;
	char *json = cJSON_PrintUnformatted(found);
	*text = g_strdup(json);
	return EXIT_DONE;
}

enum exit_code
probe(const struct experiment *e, const char *firmware, cJSON **found, char **error)
{
	struct point point = {.experiment = e, .firmware = firmware};
	char *text;
	enum exit_code code = child_ask(probe_in_child, &point, &text);
	if (code != EXIT_DONE) {
		*error = text;
		return code;
	}
	*found = cJSON_Parse(text);
	g_free(text);
	return EXIT_DONE;
}
