#include "experiments/report.h"

#include "experiments/manifest.h"
#include "experiments/store.h"
#include "experiments/tables.h"

#include <cjson/cJSON.h>
#include <glib.h>
#include <math.h>
#include <string.h>

static void
load_table(struct report_result *result)
{
	char *error = NULL, *name = g_strconcat(result->experiment->name, ".csv", NULL);
	char *path = g_build_filename(result->folder, name, NULL);
	result->table = table_load(path, &error);
	g_free(error);
	g_free(path);
	g_free(name);
}

static void
load_results(struct report *r)
{
	char **names = experiment_names();
	r->results = g_new0(struct report_result, g_strv_length(names));
	for (unsigned i = 0; names[i] != NULL; i++) {
		char *error = NULL;
		struct experiment *e = experiment_load(names[i], r->references, &error);
		g_free(error);
		if (e == NULL || !e->in_report) {
			experiment_free(e);
			continue;
		}
		struct report_result *result = &r->results[r->n_results++];
		*result = (struct report_result){.experiment = e, .folder = store_folder(e->name)};
		result->manifest = manifest_load(result->folder);
		if (result->manifest != NULL)
			load_table(result);
	}
	g_strfreev(names);
}

static bool
has_word(const char *list, const char *word)
{
	char **words = g_strsplit_set(list, " ,", -1);
	bool found = g_strv_contains((const char *const *)words, word);
	g_strfreev(words);
	return found;
}

/* Was a parameter of any platform that was used fitted to this number? */
static bool
is_calibrated(const struct report *r, const char *id)
{
	for (unsigned i = 0; i < r->n_results; i++) {
		const cJSON *p;
		cJSON_ArrayForEach(p, manifest_item(r->results[i].manifest, "parameters"))
		{
			if (has_word(manifest_string(p, "fitted_to"), id))
				return true;
		}
	}
	return false;
}

char *
report_changes(const struct report_result *result)
{
	GString *changes = g_string_new(NULL);
	const cJSON *manifest = result->manifest, *set, *firmware = manifest_item(manifest, "firmware");
	cJSON_ArrayForEach(set, manifest_item(manifest_item(manifest, "inputs"), "overrides"))
	        g_string_append_printf(changes, "%s%s", changes->len > 0 ? " " : "", cJSON_GetStringValue(set));
	if (cJSON_IsFalse(manifest_item(firmware, "reference")))
		g_string_append_printf(changes, "%s--firmware %s", changes->len > 0 ? " " : "",
		                       manifest_string(firmware, "name"));
	return g_string_free(changes, FALSE);
}

static const char *
kind_of(const struct report *r, const struct reference *reference)
{
	if (reference->use[0] != '\0')
		return reference->use;
	return is_calibrated(r, reference->id) ? "calibrated" : "predicted";
}

/* What a rule selects from a result's table; false: nothing. */
static bool
take_value(const struct report_result *result, const struct selection *s, struct report_row *row)
{
	struct fit_coefficient coefficient;
	if (s->kind != SELECT_FIT)
		return tables_select(result->table, s, &row->simulated);
	if (!fits_select(result->experiment, result->table, s, &coefficient))
		return false;
	row->simulated = coefficient.value;
	row->half = coefficient.half;
	return true;
}

/* The rule of an experiment that says what measures this number, and its value if that has been run. */
static void
find_value(const struct report *r, struct report_row *row)
{
	for (unsigned i = 0; i < r->n_results && !row->measured; i++) {
		const struct report_result *result = &r->results[i];
		for (unsigned k = 0; k < result->experiment->n_rules && !row->measured; k++) {
			const struct reference_rule *rule = &result->experiment->rules[k];
			if (!reference_has_name(row->reference, rule->id))
				continue;
			row->rule = rule;
			row->measured = result->table != NULL && take_value(result, &rule->selection, row);
			row->result = row->measured ? result : NULL;
		}
	}
	if (row->measured)
		row->error = reference_error(row->reference, row->simulated);
}

struct report *
report_new(const struct references *references)
{
	struct report *r = g_new0(struct report, 1);
	r->references = references;
	load_results(r);
	r->n_rows = references->n;
	r->rows = g_new0(struct report_row, r->n_rows);
	for (unsigned i = 0; i < r->n_rows; i++) {
		r->rows[i].reference = &references->list[i];
		r->rows[i].half = NAN;
		r->rows[i].kind = kind_of(r, r->rows[i].reference);
		find_value(r, &r->rows[i]);
	}
	return r;
}

void
report_free(struct report *r)
{
	if (r == NULL)
		return;
	for (unsigned i = 0; i < r->n_results; i++) {
		experiment_free(r->results[i].experiment);
		g_free(r->results[i].folder);
		cJSON_Delete(r->results[i].manifest);
		table_free(r->results[i].table);
	}
	g_free(r->results);
	g_free(r->rows);
	g_free(r);
}

static void
print_row(const struct report_row *row, FILE *out)
{
	const struct reference *f = row->reference;
	char published[32], simulated[32] = "-", error[32] = "-";
	g_snprintf(published, sizeof published, "%s%.6g %s", f->bound[0] == '>' ? "> " : "", f->value, f->unit);
	if (row->measured) {
		g_snprintf(simulated, sizeof simulated, "%.5g", row->simulated);
		g_snprintf(error, sizeof error, "%+.1f %%", 100 * row->error);
	}
	char *changes = row->result != NULL ? report_changes(row->result) : g_strdup("");
	fprintf(out, "%-11s %12s %10s %9s  %-4s %-10s %s%s%s%s\n", f->id, published, simulated, error, f->sure,
	        row->kind, f->quantity, row->rule != NULL && row->rule->partial != NULL ? " (partial)" : "",
	        *changes != '\0' ? " CHANGED: " : "", changes);
	g_free(changes);
}

void
report_print(const struct report *r, FILE *out)
{
	fprintf(out, "%-11s %12s %10s %9s  %-4s %-10s %s\n", "id", "published", "simulated", "error", "sure", "kind",
	        "quantity");
	for (unsigned i = 0; i < r->n_rows; i++)
		print_row(&r->rows[i], out);
}

static cJSON *
number_or_null(bool known, double value)
{
	return known ? cJSON_CreateNumber(value) : cJSON_CreateNull();
}

static cJSON *
row_json(const struct report_row *row)
{
	const struct reference *f = row->reference;
	cJSON *o = cJSON_CreateObject();
	cJSON_AddStringToObject(o, "id", f->id);
	cJSON_AddStringToObject(o, "quantity", f->quantity);
	cJSON_AddStringToObject(o, "unit", f->unit);
	cJSON_AddNumberToObject(o, "published", f->value);
	cJSON_AddItemToObject(o, "simulated", number_or_null(row->measured, row->simulated));
	cJSON_AddItemToObject(o, "error", number_or_null(row->measured, row->error));
	const char *coefficient = row->rule != NULL ? row->rule->selection.coefficient : NULL;
	cJSON_AddItemToObject(o, "fitted", coefficient != NULL ? cJSON_CreateString(coefficient) : cJSON_CreateNull());
	cJSON_AddItemToObject(o, "half_interval", number_or_null(isfinite(row->half), row->half));
	cJSON_AddStringToObject(o, "sure", f->sure);
	cJSON_AddStringToObject(o, "kind", row->kind);
	cJSON_AddItemToObject(o, "bound", f->bound[0] != '\0' ? cJSON_CreateString(f->bound) : cJSON_CreateNull());
	cJSON_AddBoolToObject(o, "partial", row->rule != NULL && row->rule->partial != NULL);
	char *changes = row->result != NULL ? report_changes(row->result) : g_strdup("");
	cJSON_AddItemToObject(o, "changed", *changes != '\0' ? cJSON_CreateString(changes) : cJSON_CreateNull());
	g_free(changes);
	return o;
}

void
report_print_json(const struct report *r, FILE *out)
{
	cJSON *list = cJSON_CreateArray();
	for (unsigned i = 0; i < r->n_rows; i++)
		cJSON_AddItemToArray(list, row_json(&r->rows[i]));
	char *text = cJSON_Print(list);
	fprintf(out, "%s\n", text);
	cJSON_free(text);
	cJSON_Delete(list);
}
