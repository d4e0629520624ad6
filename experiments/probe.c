#include "experiments/probe.h"

#include "experiments/child.h"
#include "experiments/firmware_choice.h"
#include "experiments/testbed.h"
#include "host-lib/vmmc.h"
#include "nic-sim/engine.h"
#include "nic-sim/image.h"
#include "nic-sim/platform.h"

#include <cjson/cJSON.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>

#define START_LIMIT (10 * SIM_S) /* simulated; the driver gives up long before */

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

/* The hash of each firmware that any point loads, with commas. */
static bool
probe_firmware(const struct point *point, cJSON *found, char **error)
{
	GString *hashes = g_string_new(NULL);
	bool ok = true;
	for (unsigned i = 0; ok && i < N_FIRMWARES; i++) {
		const char *folder = point->firmware != NULL ? point->firmware : firmware_reference((enum firmware)i);
		if (firmware_reference((enum firmware)i) == NULL || !firmware_used(point->experiment, (enum firmware)i))
			continue;
		struct lanai_image *image = firmware_load(folder, error);
		ok = image != NULL;
		if (ok)
			g_string_append_printf(hashes, "%s%s", hashes->len > 0 ? ", " : "", image->sha256);
		lanai_image_free(image);
	}
	cJSON_AddStringToObject(found, "firmware_sha256", hashes->str);
	g_string_free(hashes, TRUE);
	return ok;
}

static enum exit_code
probe_in_child(void *arg, char **text)
{
	const struct point *point = arg;
	cJSON *found = cJSON_CreateObject();
	bool ok = probe_platform(point, found, text) && probe_firmware(point, found, text);
	if (ok) {
		char *json = cJSON_PrintUnformatted(found);
		*text = g_strdup(json);
		cJSON_free(json);
	}
	cJSON_Delete(found);
	return ok ? EXIT_DONE : EXIT_BAD_INPUT;
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

/* A start of the firmware: whether a process can open it. */
struct trial {
	struct process *process;
	enum vmmc_error opened;
};

static void
open_it(void *arg)
{
	struct trial *trial = arg;
	struct vmmc *v;
	trial->opened = vmmc_open(trial->process, &v);
}

/* What the NIC tells about a program that did not start. */
static char *
state_of_nic(struct testbed *t)
{
	char *text = NULL;
	size_t length;
	FILE *memory = open_memstream(&text, &length);
	nic_report(t->machine->hosts[0].nic, memory);
	fclose(memory);
	char *state = g_strchomp(g_strdup(text));
	free(text);
	return state;
}

static enum exit_code
try_start(struct testbed *t, char **text)
{
	struct trial trial = {.process = process_new(&t->machine->hosts[0], "trial"), .opened = VMMC_EFIRMWARE};
	task_start(trial.process, "trial", false, open_it, &trial);
	enum sim_outcome outcome = sim_run(START_LIMIT);
	if (outcome == SIM_DONE && trial.opened == VMMC_OK)
		return EXIT_DONE;
	char *state = state_of_nic(t);
	*text = g_strdup_printf("this program does not follow firmware/vmmc/abi.h: it did not announce itself ready "
	                        "and take the driver's first signal in time\n%s",
	                        state);
	g_free(state);
	return EXIT_BAD_INPUT;
}

static enum exit_code
start_in_child(void *arg, char **text)
{
	const struct point *point = arg;
	struct lanai_image *image = firmware_load(point->firmware, text);
	if (image == NULL)
		return EXIT_BAD_INPUT;
	char **sets = point_sets(point);
	struct testbed *t =
	        testbed_new(point->experiment->platform, (const char *const *)sets, g_strv_length(sets), image, text);
	g_strfreev(sets);
	enum exit_code code = t != NULL ? try_start(t, text) : EXIT_BAD_INPUT;
	testbed_free(t);
	lanai_image_free(image);
	return code;
}

enum exit_code
probe_start(const struct experiment *e, const char *firmware, const char *file, char **error)
{
	struct point point = {.experiment = e, .firmware = firmware};
	char *text;
	enum exit_code code = child_ask(start_in_child, &point, &text);
	if (code != EXIT_DONE)
		*error = g_strdup_printf("%s: %s", file, text);
	g_free(text);
	return code;
}
