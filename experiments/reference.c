#include "experiments/reference.h"

#include "experiments/experiment.h"
#include "experiments/table.h"

#include <glib.h>
#include <string.h>

static const char *const columns[] = {"id",    "quantity", "value", "unit", "sure", "bound",
                                      "upper", "use",      "work",  "note", NULL};

static bool
check_columns(const struct table *t, const char *path, char **error)
{
	bool same = t->n_columns == g_strv_length((char **)columns);
	for (unsigned i = 0; same && columns[i] != NULL; i++)
		same = strcmp(t->columns[i], columns[i]) == 0;
	if (!same) {
		char *allowed = g_strjoinv(",", (char **)columns);
		*error = g_strdup_printf("%s:1: the columns must be %s", path, allowed);
		g_free(allowed);
	}
	return same;
}

static bool
read_row(const struct table *t, unsigned row, struct reference *r)
{
	char **texts[] = {&r->id, &r->quantity, NULL, &r->unit, &r->sure, &r->bound, NULL, &r->use, &r->work, &r->note};
	for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++)
		if (texts[i] != NULL)
			*texts[i] = g_strdup(table_cell(t, row, i));
	bool bounded = r->bound[0] != '\0';
	static const char *const bounds[] = {"", ">", "range", NULL}, *const uses[] = {"", "input", "context", NULL};
	return table_number(t, row, "value", &r->value) && table_number(t, row, "upper", &r->upper) == bounded &&
	       g_strv_contains(bounds, r->bound) && g_strv_contains(uses, r->use);
}

struct references *
references_load(const char *path, char **error)
{
	struct table *t = table_load(path, error);
	if (t == NULL || !check_columns(t, path, error)) {
		table_free(t);
		return NULL;
	}
	struct references *r = g_new0(struct references, 1);
	r->list = g_new0(struct reference, t->n_rows);
	for (r->n = 0; r->n < t->n_rows; r->n++) {
		if (read_row(t, r->n, &r->list[r->n]))
			continue;
		*error = g_strdup_printf("%s:%u: value (and upper, with a bound) must be numbers, bound one of '' > "
		                         "range, use one of '' input context",
		                         path, r->n + 2);
		r->n++;
		references_free(r);
		r = NULL;
		break;
	}
	table_free(t);
	return r;
}

struct references *
references_default(char **error)
{
	char *path = g_build_filename(nicsim_root(), REFERENCE_FILE, NULL);
	struct references *r = references_load(path, error);
	g_free(path);
	return r;
}

void
references_free(struct references *r)
{
	if (r == NULL)
		return;
	for (unsigned i = 0; i < r->n; i++) {
		struct reference *f = &r->list[i];
		char *texts[] = {f->id, f->quantity, f->unit, f->sure, f->bound, f->use, f->work, f->note};
		for (unsigned k = 0; k < G_N_ELEMENTS(texts); k++)
			g_free(texts[k]);
	}
	g_free(r->list);
	g_free(r);
}

bool
reference_has_name(const struct reference *r, const char *name)
{
	size_t length = strlen(r->id);
	return strncmp(name, r->id, length) == 0 &&
	       (name[length] == '\0' || (name[length] == ':' && strcmp(name + length + 1, r->quantity) == 0));
}

const struct reference *
reference_find(const struct references *r, const char *name)
{
	for (unsigned i = 0; i < r->n; i++)
		if (reference_has_name(&r->list[i], name))
			return &r->list[i];
	return NULL;
}

double
reference_error(const struct reference *r, double simulated)
{
	if (r->bound[0] == '\0')
		return (simulated - r->value) / r->value;
	if (simulated < r->value)
		return (simulated - r->value) / r->value;
	return simulated <= r->upper ? 0 : (simulated - r->upper) / r->upper;
}
