#include "experiments/results.h"

#include <cjson/cJSON.h>
#include <glib.h>
#include <inttypes.h>
#include <string.h>

void
results_set(struct results *r, const char *metric, double value)
{
	g_assert(r->n_metrics < RESULTS_METRICS);
	r->metrics[r->n_metrics].name = g_strdup(metric);
	r->metrics[r->n_metrics++].value = value;
}

bool
results_get(const struct results *r, const char *metric, double *value)
{
	for (unsigned i = 0; i < r->n_metrics; i++) {
		if (strcmp(r->metrics[i].name, metric) == 0) {
			*value = r->metrics[i].value;
			return true;
		}
	}
	return false;
}

void
results_stage(struct results *r, const char *name, const char *label, uint64_t sum_ps)
{
	g_assert(r->n_stages < RESULTS_STAGES);
	r->stages[r->n_stages++] =
	        (struct results_stage){.name = g_strdup(name), .label = g_strdup(label), .sum_ps = sum_ps};
}

void
results_clear(struct results *r)
{
	for (unsigned i = 0; i < r->n_metrics; i++)
		g_free(r->metrics[i].name);
	for (unsigned i = 0; i < r->n_stages; i++) {
		g_free(r->stages[i].name);
		g_free(r->stages[i].label);
	}
	g_free(r->saturated);
	*r = (struct results){0};
}

/* 64-bit numbers travel as text, since JSON's are doubles. */
static void
add_u64(cJSON *object, const char *key, uint64_t value)
{
	char text[24];
	g_snprintf(text, sizeof text, "%" PRIu64, value);
	cJSON_AddStringToObject(object, key, text);
}

static uint64_t
get_u64(const cJSON *object, const char *key)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
	return text == NULL ? 0 : g_ascii_strtoull(text, NULL, 10);
}

static char *
get_text(const cJSON *object, const char *key)
{
	return g_strdup(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key)));
}

static void
add_text(cJSON *object, const char *key, const char *text)
{
	if (text != NULL)
		cJSON_AddStringToObject(object, key, text);
}

char *
results_text(const struct results *r)
{
	cJSON *root = cJSON_CreateObject();
	cJSON *metrics = cJSON_AddObjectToObject(root, "metrics");
	for (unsigned i = 0; i < r->n_metrics; i++)
		cJSON_AddNumberToObject(metrics, r->metrics[i].name, r->metrics[i].value);
	add_u64(root, "fingerprint", r->fingerprint);
	add_text(root, "saturated", r->saturated);
	cJSON_AddNumberToObject(root, "utilisation", r->utilisation);
	add_u64(root, "stage_messages", r->stage_messages);
	add_u64(root, "stage_total_ps", r->stage_total_ps);
	cJSON *stages = cJSON_AddArrayToObject(root, "stages");
	for (unsigned i = 0; i < r->n_stages; i++) {
		cJSON *stage = cJSON_CreateObject();
		add_text(stage, "name", r->stages[i].name);
		add_text(stage, "label", r->stages[i].label);
		add_u64(stage, "sum_ps", r->stages[i].sum_ps);
		cJSON_AddItemToArray(stages, stage);
	}
	char *json = cJSON_PrintUnformatted(root);
	char *text = g_strdup(json);
	cJSON_free(json);
	cJSON_Delete(root);
	return text;
}

bool
results_parse(struct results *r, const char *text)
{
	cJSON *root = cJSON_Parse(text);
	const cJSON *metrics = cJSON_GetObjectItemCaseSensitive(root, "metrics"), *item;
	bool ok = cJSON_IsObject(metrics);
	cJSON_ArrayForEach(item, metrics) results_set(r, item->string, item->valuedouble);
	r->fingerprint = get_u64(root, "fingerprint");
	r->saturated = get_text(root, "saturated");
	const cJSON *utilisation = cJSON_GetObjectItemCaseSensitive(root, "utilisation");
	r->utilisation = cJSON_IsNumber(utilisation) ? utilisation->valuedouble : 0;
	r->stage_messages = get_u64(root, "stage_messages");
	r->stage_total_ps = get_u64(root, "stage_total_ps");
	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(root, "stages"))
	{
		char *name = get_text(item, "name"), *label = get_text(item, "label");
		results_stage(r, name, label, get_u64(item, "sum_ps"));
		g_free(name);
		g_free(label);
	}
	cJSON_Delete(root);
	return ok;
}
